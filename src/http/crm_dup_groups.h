/* GET /duplicates: what crm_dup_groups.c (which groups), crm_dup_group.c
   (what one of them is) and crm_dup_part.c (what else it is) share */

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
    unsigned           brief:1;         /* read by crm_dup_read_ask() */
    ngx_uint_t         shown;           /* at another of its keys: 0 */
    crm_record_t     **lead;            /* shown */
    ngx_uint_t         nleads;
} crm_dup_group_t;

/* another key of what is shown of a group */
typedef struct {
    crm_dup_group_t   *of;
    crm_str_t          key;
    crm_dup_group_t    group;
} crm_dup_part_t;

typedef struct {
    crm_dup_part_t    *part;
    ngx_uint_t         n;
} crm_dup_parts_t;


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

void crm_dup_group_json(crm_flow_t *f, const crm_view_t *view,
    crm_out_t *out, const crm_dup_group_t *group);


/* ---- crm_dup_part.c ------------------------------------------------------ */

/* queues the look-ups of the other keys of a group's shown records */
ngx_int_t crm_dup_part_ask(crm_flow_t *f, crm_dup_group_t *g,
    crm_dup_parts_t *parts);

/* takes the replies and queues `asked' reads of their records; of too many the
   last ones are left out, parts->n is less */
ngx_int_t crm_dup_part_ids(crm_flow_t *f, crm_dup_parts_t *parts,
    ngx_uint_t *asked);

/* takes those: no group where an earlier one shows the same, else all of the
   keys by which it is shown */
ngx_int_t crm_dup_part_take(crm_flow_t *f, crm_dup_parts_t *parts);

#endif /* CRM_DUP_GROUPS_H */
