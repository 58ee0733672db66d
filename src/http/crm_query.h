/*
 * The query string of a list (api.md, "Lists"): filters, order, page.
 *
 * What a list may be asked comes from the entity's table (CRM_F_FILTER,
 * CRM_F_RANGE, CRM_F_SORT, CRM_F_WORDS).  Knows no Redis key: how records are
 * found is the planners' business, whether one matches is crm_query_match.c.
 */

#ifndef CRM_QUERY_H
#define CRM_QUERY_H

#include "crm_include.h"
#include "crm_cursor.h"


#define CRM_LIMIT_MAX      1000
#define CRM_LIMIT_DEFAULT  50
#define CRM_VALUES_MAX     1000     /* of one filter */


/* one condition; all of a query must hold */
typedef struct {
    unsigned             field;
    unsigned             none:1;        /* unset ones match */
    unsigned             range:1;       /* low <= value < high */
    unsigned             n;             /* otherwise any of n values */
    int64_t              low;
    int64_t              high;
    int64_t             *num;           /* numeric types, ids of lists */
    crm_str_t           *str;           /* folded; a phone's digits */
} crm_filter_t;

typedef struct {
    const crm_entity_t  *entity;
    crm_filter_t        *filter;
    unsigned             nfilters;
    crm_strs_t           words;         /* of q, folded; n is 0 without */
    crm_str_t            q;             /* as sent */
    unsigned             sort;          /* field */
    unsigned             desc:1;
    unsigned             total:1;
    ngx_uint_t           limit;
    crm_str_t            cursor;        /* empty: first page */
    uint64_t             hash;          /* what a cursor is bound to */
    crm_view_t           view;
} crm_query_t;

/* where a record stands in the order of a query */
typedef struct {
    int64_t              id;
    int64_t              score;
    crm_str_t            text;          /* of texts: folded */
    unsigned             set;           /* unset ones come last */
} crm_sort_key_t;


/*
 * NGX_OK; NGX_DECLINED: 400 is prepared, the step returns NGX_OK; NGX_ERROR.
 * params may be the request's own or made from a body.
 */
ngx_int_t crm_query_parse(crm_flow_t *f, crm_params_t *params,
    const crm_entity_t *entity, crm_query_t *query);

/* the filter on a field, or NULL */
crm_filter_t *crm_query_filter(const crm_query_t *query, unsigned field);

/* names of the filters, q among them; returns how many */
#define CRM_QUERY_NAMES  (1 + 3 * 128)      /* at most: a mask has 128 bits */
ngx_uint_t crm_query_filters(crm_flow_t *f, const crm_query_t *query,
    crm_str_t *name);

/* 400 that names the nearest parameter; returns NGX_DECLINED */
ngx_int_t crm_query_unknown(crm_flow_t *f, const crm_query_t *query,
    const crm_str_t *param);

/* whether q searches records of the kind */
ngx_uint_t crm_query_has_words(const crm_entity_t *entity);

/* whether records may lack a value: `none' asks for those */
ngx_uint_t crm_query_unset(const crm_field_t *field);

/* one of the values, as text, for the filter; NGX_DECLINED on a bad one */
ngx_int_t crm_query_value(crm_flow_t *f, const crm_field_t *field,
    crm_str_t *text, int64_t *num, crm_str_t *str);

/* fills query->hash from entity, order and parameters; the board makes the
   cursors of its columns with it */
ngx_int_t crm_query_hash(crm_flow_t *f, crm_query_t *query,
    const crm_params_t *params);

/* the parameter is not valid; returns NGX_DECLINED */
ngx_int_t crm_query_bad(crm_flow_t *f, const char *name);


/* ---- crm_query_match.c ------------------------------------------------- */

/* every filter holds, q apart; computed fields are filled */
ngx_uint_t crm_query_match(crm_flow_t *f, const crm_query_t *query,
    const crm_record_t *rec);

/* a record has every word of q */
ngx_uint_t crm_query_match_words(crm_flow_t *f, const crm_query_t *query,
    const crm_record_t *rec);

/* place of a record in the order; CRM_ERROR: out of memory */
int crm_sort_key(crm_arena_t *a, const crm_query_t *query,
    const crm_record_t *rec, crm_sort_key_t *key);

/* <0, 0, >0 in the order of the query */
int crm_sort_key_cmp(const crm_query_t *query, const crm_sort_key_t *a,
    const crm_sort_key_t *b);

/* the cursor behind a place, and back; NGX_DECLINED: 400 is prepared */
ngx_int_t crm_sort_key_cursor(crm_flow_t *f, const crm_query_t *query,
    const crm_sort_key_t *key, crm_str_t *cursor);
ngx_int_t crm_sort_key_decode(crm_flow_t *f, const crm_query_t *query,
    crm_sort_key_t *key);

#endif /* CRM_QUERY_H */
