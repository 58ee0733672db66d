/*
 * Candidates become a page: loaded, matched, shown with what they include.
 */

#include "crm_dup_http.h"
#include "crm_scan.h"
#include "crm_write.h"


static ngx_int_t crm_scan_loaded(crm_flow_t *f);
static ngx_uint_t crm_scan_more(const crm_scan_t *scan);
static ngx_int_t crm_scan_counted(crm_flow_t *f);
static ngx_int_t crm_scan_included(crm_flow_t *f);


ngx_int_t
crm_scan_load(crm_flow_t *f)
{
    ngx_uint_t        i, n, last;
    crm_scan_t       *scan = f->data;
    crm_candidate_t  *c;

    n = ngx_min(crm_scan_wanted(scan),
                crm_list_room(scan->bytes, scan->loaded));
    last = ngx_min(scan->next + n, scan->ncandidates);

    for (n = 0, i = scan->next; i < last; i++) {
        c = &scan->candidate[i];

        if (!c->loaded) {
            crm_flow_call(f, "HGETALL",
                          crm_scan_record_key(f, scan, c->key.id),
                          (crm_str_t) crm_null_string,
                          (crm_str_t) crm_null_string,
                          (crm_str_t) crm_null_string);
            n++;
        }
    }

    scan->last_load = last;
    scan->loaded += n;

    if (n > 0) {
        return crm_flow_wait(f, crm_scan_loaded);
    }

    f->nreply = 0;

    return crm_scan_loaded(f);
}


/* shown, unless it has changed or the indexes proposed too much */

ngx_int_t
crm_scan_admit(crm_flow_t *f, crm_scan_t *scan, crm_candidate_t *c)
{
    ngx_int_t       rc;
    crm_sort_key_t  key;

    if (c->rec == NULL) {
        return NGX_DECLINED;
    }

    rc = scan->admit != NULL ? scan->admit(f, c->rec) : NGX_OK;
    if (rc != NGX_OK) {
        return rc;
    }

    if (!crm_query_match(f, &scan->query, c->rec)
        || !crm_query_match_words(f, &scan->query, c->rec))
    {
        return NGX_DECLINED;
    }

    if (crm_sort_key(&f->arena, &scan->query, c->rec, &key) != CRM_OK) {
        return NGX_ERROR;
    }

    return key.set == c->key.set ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
crm_scan_take(crm_flow_t *f, crm_scan_t *scan, crm_candidate_t *c,
    const crm_reply_t *reply)
{
    ngx_int_t  rc;

    scan->bytes += crm_list_bytes(reply);

    rc = crm_read_record(f, scan->query.entity, c->key.id, reply, &c->rec);
    c->loaded = 1;

    return rc == NGX_DECLINED ? NGX_OK : rc;
}


static ngx_uint_t
crm_scan_full(const crm_scan_t *scan)
{
    return scan->n == scan->query.limit || scan->bytes >= CRM_LIST_BYTES;
}


static ngx_int_t
crm_scan_loaded(crm_flow_t *f)
{
    ngx_int_t         rc;
    ngx_uint_t        reply;
    crm_scan_t       *scan = f->data;
    crm_candidate_t  *c;

    for (reply = 0; scan->next < scan->last_load; /* void */ ) {

        if (scan->n == scan->query.limit) {
            return crm_scan_finish(f, 1);
        }

        c = &scan->candidate[scan->next];

        if (!c->loaded
            && crm_scan_take(f, scan, c, &f->reply[reply++]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        rc = crm_scan_admit(f, scan, c);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            scan->rec[scan->n++] = c->rec;
        }

        scan->mark = c->key;
        scan->next++;
    }

    if (crm_scan_full(scan)) {
        return crm_scan_finish(f, crm_scan_more(scan));
    }

    return crm_scan_go_on(f);
}


/* whether anything may follow a full page */

static ngx_uint_t
crm_scan_more(const crm_scan_t *scan)
{
    ngx_uint_t           i;
    const crm_source_t  *s;

    if (scan->next < scan->ncandidates) {
        return 1;
    }

    switch (scan->mode) {

    case CRM_SCAN_BY_FEW:
        return 0;

    case CRM_SCAN_BY_GROUPS:
        return crm_bitmap_next(&scan->group_bits, scan->after.id,
                               scan->query.desc) != 0
               || scan->at_group + 1 < scan->ngroups;

    default:
        break;
    }

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (s->pos < s->n || !s->done) {
            return 1;
        }
    }

    return scan->ngroups > 0;
}


ngx_int_t
crm_scan_finish(crm_flow_t *f, ngx_uint_t more)
{
    crm_scan_t  *scan = f->data;

    scan->more = more ? 1 : 0;

    return scan->query.view.duplicates
           ? crm_dup_count(f, &scan->query.view, scan->rec, scan->n,
                           crm_scan_counted)
           : crm_scan_counted(f);
}


static ngx_int_t
crm_scan_counted(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    if (crm_view_look_up(f, &scan->query.view, scan->rec, scan->n) > 0) {
        return crm_flow_wait(f, crm_scan_included);
    }

    return crm_scan_answer(f);
}


static ngx_int_t
crm_scan_included(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    if (crm_view_looked_up(f, &scan->query.view) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_scan_answer(f);
}


ngx_int_t
crm_scan_answer(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    /* what a page shows is there, and all there is if it begins and ends the
       list; what may follow need not be there */

    if (!scan->counted) {
        scan->total = scan->n;
        scan->counted = !scan->more && scan->query.cursor.len == 0;
    }

    crm_list_open(f, &scan->list, &scan->query);

    for (i = 0; i < scan->n; i++) {
        crm_list_add(f, &scan->list, scan->rec[i]);
    }

    if (scan->scope.len > 0) {
        scan->mark.text = scan->scope;
    }

    return crm_list_close(f, &scan->list, scan->more ? &scan->mark : NULL,
                          scan->total, !scan->counted);
}
