/* GET /duplicates: what crm_dup_groups.c (which groups) and
   crm_dup_group.c (what one of them is) share */

#ifndef CRM_DUP_GROUPS_H
#define CRM_DUP_GROUPS_H

#include "crm_dup_http.h"


#define CRM_DUP_GROUP_BATCH  50         /* looked at in one round */
#define CRM_DUP_GROUP_LEADS  1000       /* their records, of one round */
#define CRM_DUP_GROUP_LOOKS  2000       /* records, of one answer */


typedef struct {
    crm_record_t     *lead;
    crm_dup_texts_t   texts;
} crm_dup_member_t;

/* one key */
typedef struct {
    unsigned           rule;            /* number in the snapshot */
    int64_t            score;           /* size and hash, see the commit's
                                           ZGROUP */
    int64_t            hash;            /* of the key */
    int64_t           *id;
    ngx_uint_t         n;               /* members */
    crm_dup_member_t  *member;          /* those with the key indeed, open */
    ngx_uint_t         nmembers;
    crm_str_t         *key;             /* by rule: of all members; empty */
    ngx_uint_t         shown;           /* at another of its keys: 0 */
    crm_record_t     **lead;            /* shown */
    ngx_uint_t         nleads;
} crm_dup_group_t;


/*
 * The members, from the replies to HGETALL in the order of group->id: whose
 * keys are equal, and which keys all of them have in common.
 */
ngx_int_t crm_dup_group_take(crm_flow_t *f, crm_dup_group_t *group,
    const crm_reply_t *replies);

/* queues the sizes of the other keys' groups; takes them: whether this is the
   first of the keys that the same records have */
void crm_dup_group_ask(crm_flow_t *f, crm_dup_group_t *group,
    ngx_uint_t *asked);
const crm_reply_t *crm_dup_group_compare(crm_flow_t *f,
    crm_dup_group_t *group, const crm_reply_t *reply);

/* what the caller may see and has not dismissed: two or more, or none */
ngx_int_t crm_dup_group_show(crm_flow_t *f, crm_dup_group_t *group);

/* 1: the other one has the same leads, and is now part of this one */
ngx_uint_t crm_dup_group_join(crm_flow_t *f, crm_dup_group_t *g,
    const crm_dup_group_t *other);

void crm_dup_group_json(crm_flow_t *f, const crm_view_t *view,
    crm_out_t *out, const crm_dup_group_t *group);

#endif /* CRM_DUP_GROUPS_H */
