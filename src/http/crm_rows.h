/*
 * Reading the rows of all leads (crm_row.h): for whatever adds them up.
 *
 *     rows = calloc; rows->filter, rows->take, rows->data
 *     return crm_rows_read(f, rows, next);
 *
 * Some strings at a time, on the connection for long work, so that neither
 * Redis nor the worker is held up: a million leads are some 510 reads of
 * 98 KB.  What changes meanwhile is seen or not.
 *
 * Teams' cards and other figures that no counter has can be made of it:
 * crm_row_filter_*() says which leads, crm_figures_*() adds.
 */

#ifndef CRM_ROWS_H
#define CRM_ROWS_H

#include "crm_bitmap.h"
#include "crm_flow.h"
#include "crm_row.h"


#define CRM_ROWS_STRINGS  8     /* read in one round trip */


typedef struct crm_rows_s  crm_rows_t;

struct crm_rows_s {
    /* what the caller says */

    const crm_row_filter_t  *filter;
    const crm_bitmap_t      *bits;      /* these ids alone; NULL: all */
    int64_t                  next;      /* string to begin with */
    int64_t                  last;      /* highest id */
    ngx_uint_t               limit;     /* strings to read; 0: all of them */
    void                    *data;

    /* every row that the filter lets pass */
    void                   (*take)(crm_rows_t *rows, int64_t id,
                                   const crm_row_t *row);

    /*
     * More to read with each string, and the replies once its rows were
     * taken; `ask' says how many there will be.  May be NULL.
     */
    ngx_uint_t             (*ask)(crm_flow_t *f, crm_rows_t *rows,
                                  int64_t string);
    ngx_int_t              (*taken)(crm_flow_t *f, crm_rows_t *rows,
                                    int64_t string, const crm_reply_t *reply);

    /* the reader's own; next > last / CRM_ROWS: that was all */

    ngx_uint_t               read;
    int64_t                  string[CRM_ROWS_STRINGS];
    ngx_uint_t               more[CRM_ROWS_STRINGS];
    ngx_uint_t               n;
    crm_step_pt              done;
    void                    *owner;     /* f->data of the caller */
};


/* f->data is as it was when `done' runs */
ngx_int_t crm_rows_read(crm_flow_t *f, crm_rows_t *rows, crm_step_pt done);

#endif /* CRM_ROWS_H */
