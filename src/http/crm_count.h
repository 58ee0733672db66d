/*
 * How many records refer to something: counted, and in the commit that would
 * leave them dangling proven to be none.
 *
 * Each count is a command now and a check of the commit later, so that others
 * may write all the time.
 */

#ifndef CRM_COUNT_H
#define CRM_COUNT_H

#include "crm_request.h"


typedef struct {
    crm_check_type_t  type;
    crm_str_t         key;
    crm_str_t         field;
    crm_str_t         value;
} crm_count_t;

typedef struct {
    crm_flow_t       *flow;
    crm_count_t      *count;
    ngx_uint_t        n;
    ngx_uint_t        cap;
    unsigned          failed:1;
} crm_counts_t;


void crm_counts_init(crm_counts_t *counts, crm_flow_t *f);

/* members of a sorted set: all, or with scores between two bounds of ZCOUNT;
   one reply */
void crm_count_members(crm_counts_t *counts, crm_str_t key);
void crm_count_scores(crm_counts_t *counts, crm_str_t key, crm_str_t low,
    crm_str_t high);

/* bits of a bitmap by ids of a kind, all of its chunks; returns how many
   replies these are */
ngx_uint_t crm_count_bits(crm_counts_t *counts, crm_str_t bitmap,
    crm_kind_t ids);

/* that there are none, as checks of the commit: one that fails begins the
   flow anew */
ngx_int_t crm_counts_check(const crm_counts_t *counts, crm_ops_t *ops);

/* how many of each kind refer to it: NGX_OK where none does, else NGX_DECLINED
   with 409 and "counts": {"leads": 3, "stages": 1} */
ngx_int_t crm_counts_in_use(crm_flow_t *f, const int64_t *counts);

#endif /* CRM_COUNT_H */
