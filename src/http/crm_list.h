/* The envelope of every list: data, next_cursor, total. */

#ifndef CRM_LIST_H
#define CRM_LIST_H

#include "crm_query.h"


/* of records read for one page: behind them it ends, and the list goes on */
#define CRM_LIST_BYTES  (4 * 1024 * 1024)

#define CRM_LIST_FIRST  100             /* records read before their size is
                                           known */


typedef struct {
    crm_out_t           *out;
    const crm_query_t   *query;
    ngx_uint_t           n;         /* objects written */
} crm_list_t;


/* how many more are likely to be within that, of n with so many bytes; 1 or
   more */
ngx_uint_t crm_list_room(size_t bytes, ngx_uint_t n);

/* bytes of one of them, from the reply to HGETALL */
size_t crm_list_bytes(const crm_reply_t *reply);

/* {"data":[ */
void crm_list_open(crm_flow_t *f, crm_list_t *list,
    const crm_query_t *query);

void crm_list_add(crm_flow_t *f, crm_list_t *list, const crm_record_t *rec);

/*
 * last: place of the last record looked at where more may follow, NULL at the
 * end of the list.  total: shown where it was asked for; `least' names it
 * total_at_least.
 */
ngx_int_t crm_list_close(crm_flow_t *f, crm_list_t *list,
    const crm_sort_key_t *last, int64_t total, ngx_uint_t least);

/* the same with a ready cursor; empty: the end */
void crm_list_end(crm_list_t *list, const crm_str_t *cursor, int64_t total,
    ngx_uint_t least);

/* a page of records in memory, cut out of those that match */
typedef struct {
    crm_record_t       **rec;
    ngx_uint_t           n;
    crm_sort_key_t       last;      /* place of the last one */
    unsigned             more:1;    /* others follow */
    int64_t              total;
} crm_list_page_t;

/* NGX_DECLINED: the cursor is none of this query, 400 is prepared */
ngx_int_t crm_list_page(crm_flow_t *f, crm_query_t *query,
    crm_record_t **rec, ngx_uint_t n, crm_list_page_t *page);

/* the whole answer over records in memory, in any order: filters, order,
   page, exact total */
ngx_int_t crm_list_memory(crm_flow_t *f, crm_query_t *query,
    crm_record_t **rec, ngx_uint_t n);

#endif /* CRM_LIST_H */
