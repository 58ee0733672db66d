/*
 * The message on the thread pool: what nginx has read of it becomes memory of
 * the task, the rest is read in the thread from the temporary file; see
 * crm_inbound.h.
 */

#include "crm_inbound.h"


typedef struct {
    off_t                 file;         /* place in the file */
    size_t                at;           /* place in the message */
    size_t                len;
} crm_inbound_piece_t;

typedef struct {
    crm_inbound_task_t    inbound;
    crm_str_t             raw;          /* malloc() */
    crm_str_t             locale;       /* behind the pieces */
    int                   fd;           /* own; -1: all is in memory */
    ngx_uint_t            npieces;
    crm_inbound_piece_t   piece[];
} crm_inbound_work_t;


static void
crm_inbound_release(crm_task_t *task)
{
    crm_inbound_work_t  *w = (crm_inbound_work_t *) task;

    if (w->fd != -1) {
        (void) close(w->fd);
    }

    crm_arena_reset(&w->inbound.arena);
    free(w->raw.data);
    free(w);
}


static ngx_int_t
crm_inbound_load(crm_inbound_work_t *w)
{
    size_t                done;
    ssize_t               n;
    ngx_uint_t            i;
    crm_inbound_piece_t  *p;

    for (i = 0; i < w->npieces; i++) {
        p = &w->piece[i];

        for (done = 0; done < p->len; done += (size_t) n) {
            n = pread(w->fd, w->raw.data + p->at + done, p->len - done,
                      p->file + (off_t) done);

            if (n <= 0) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* in the thread */

static void
crm_inbound_run(crm_task_t *task)
{
    crm_inbound_work_t  *w = (crm_inbound_work_t *) task;
    crm_inbound_task_t  *t = &w->inbound;

    t->rc = CRM_ERROR;

    if (crm_inbound_load(w) == NGX_OK) {
        (void) crm_sha256_text(t->mark, w->raw.data, w->raw.len);

        t->rc = crm_mail_parse(&t->arena, &w->raw, &w->locale, &t->mail);
    }

    free(w->raw.data);
    w->raw.data = NULL;
}


static crm_inbound_work_t *
crm_inbound_create(ngx_uint_t pieces, size_t size, const crm_str_t *locale)
{
    crm_inbound_work_t  *w;

    w = calloc(1, sizeof(crm_inbound_work_t)
                  + pieces * sizeof(crm_inbound_piece_t) + locale->len);
    if (w == NULL) {
        return NULL;
    }

    w->fd = -1;
    w->inbound.task.run = crm_inbound_run;
    w->inbound.task.release = crm_inbound_release;
    crm_arena_init(&w->inbound.arena);

    w->locale.data = (u_char *) &w->piece[pieces];
    w->locale.len = locale->len;
    ngx_memcpy(w->locale.data, locale->data, locale->len);

    w->raw.len = size;
    w->raw.data = malloc(size + 1);

    if (w->raw.data == NULL) {
        free(w);
        return NULL;
    }

    return w;
}


static ngx_int_t
crm_inbound_take(crm_inbound_work_t *w, ngx_chain_t *cl)
{
    size_t                at, n;
    ngx_buf_t            *b;
    crm_inbound_piece_t  *p;

    for (at = 0; cl != NULL; cl = cl->next) {
        b = cl->buf;
        n = ngx_buf_size(b);

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(w->raw.data + at, b->pos, n);

        } else if (n > 0) {

            /* one request has one temporary file; nginx closes its own
               descriptor when the client goes */

            if (w->fd == -1) {
                w->fd = dup(b->file->fd);

                if (w->fd == -1) {
                    return NGX_ERROR;
                }
            }

            p = &w->piece[w->npieces++];
            p->file = b->file_pos;
            p->at = at;
            p->len = n;
        }

        at += n;
    }

    return NGX_OK;
}


ngx_int_t
crm_inbound_task(crm_request_t *q, crm_inbound_task_t **task)
{
    off_t                size;
    ngx_uint_t           n;
    crm_flow_t          *f = &q->flow;
    ngx_chain_t         *cl, *bufs;
    crm_inbound_work_t  *w;

    bufs = q->r->request_body != NULL ? q->r->request_body->bufs : NULL;

    for (size = 0, n = 0, cl = bufs; cl != NULL; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
        n++;
    }

    if (size > (off_t) q->conf->mail_limit) {
        (void) crm_flow_problem(f, CRM_P_TOO_LARGE, NULL);
        return NGX_DECLINED;
    }

    w = crm_inbound_create(n, (size_t) size,
                      &f->conf->settings->v[CRM_SETTINGS_LOCALE].str);
    if (w == NULL) {
        return NGX_ERROR;
    }

    if (crm_inbound_take(w, bufs) != NGX_OK) {
        crm_inbound_release(&w->inbound.task);
        return NGX_ERROR;
    }

    *task = &w->inbound;

    return NGX_OK;
}
