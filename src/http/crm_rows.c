/* reading the rows of all leads; see crm_rows.h */

#include "crm_rows.h"


static ngx_int_t crm_rows_ask(crm_flow_t *f);
static ngx_int_t crm_rows_taken(crm_flow_t *f);


/* the next string with any of the ids; -1: there is none */

static int64_t
crm_rows_next(crm_rows_t *rows)
{
    int64_t  id, end;

    end = rows->last / CRM_ROWS;

    if (rows->bits != NULL && rows->next <= end) {
        id = crm_bitmap_next(rows->bits,
                             ngx_max(rows->next * CRM_ROWS - 1, 0), 0);

        rows->next = id != 0 ? id / CRM_ROWS : end + 1;
    }

    return rows->next <= end ? rows->next++ : -1;
}


static ngx_int_t
crm_rows_end(crm_flow_t *f, crm_rows_t *rows)
{
    f->data = rows->owner;

    return rows->done(f);
}


static ngx_int_t
crm_rows_ask(crm_flow_t *f)
{
    int64_t      string;
    crm_str_t    none = crm_null_string;
    ngx_uint_t   i;
    crm_rows_t  *rows = f->data;

    for (rows->n = 0; rows->n < CRM_ROWS_STRINGS; rows->n++) {

        if (rows->limit != 0 && rows->read == rows->limit) {
            break;
        }

        string = crm_rows_next(rows);

        if (string < 0) {
            break;
        }

        rows->string[rows->n] = string;
        rows->read++;

        crm_flow_call(f, "GET", crm_flow_key(f, "l:x:%lld",
                                             (long long) string),
                      none, none, none);
    }

    if (rows->n == 0) {
        return crm_rows_end(f, rows);
    }

    for (i = 0; i < rows->n; i++) {
        rows->more[i] = rows->ask != NULL ? rows->ask(f, rows,
                                                      rows->string[i])
                                          : 0;
    }

    return crm_flow_wait(f, crm_rows_taken);
}


static void
crm_rows_take(crm_rows_t *rows, int64_t string, const crm_str_t *text)
{
    size_t     i, n;
    int64_t    id;
    crm_row_t  row;

    n = ngx_min(text->len / CRM_ROW_SIZE, CRM_ROWS);

    for (i = 0; i < n; i++) {
        id = string * CRM_ROWS + (int64_t) i;

        if (rows->bits != NULL && !crm_bitmap_has(rows->bits, id)) {
            continue;
        }

        if (crm_row_read(text->data + i * CRM_ROW_SIZE, &row) == CRM_OK
            && crm_row_match(rows->filter, &row))
        {
            rows->take(rows, id, &row);
        }
    }
}


static ngx_int_t
crm_rows_taken(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_rows_t         *rows = f->data;
    const crm_reply_t  *more = &f->reply[rows->n];

    for (i = 0; i < rows->n; i++) {

        if (crm_reply_is_string(&f->reply[i])) {
            crm_rows_take(rows, rows->string[i], &f->reply[i].str);
        }

        if (rows->taken != NULL
            && rows->taken(f, rows, rows->string[i], more) != NGX_OK)
        {
            return NGX_ERROR;
        }

        more += rows->more[i];
    }

    crm_flow_forget(f);

    return crm_rows_ask(f);
}


ngx_int_t
crm_rows_read(crm_flow_t *f, crm_rows_t *rows, crm_step_pt done)
{
    rows->owner = f->data;
    rows->done = done;
    rows->read = 0;

    f->data = rows;

    /* what was queued before goes where it was meant to go */

    if (f->redis != f->worker->bulk) {
        f->redis = f->worker->bulk;

        if (f->batch != NULL) {
            return crm_flow_wait(f, crm_rows_ask);
        }
    }

    return crm_rows_ask(f);
}
