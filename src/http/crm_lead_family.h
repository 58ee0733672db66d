/*
 * Several leads at once with all that hangs on them: their activities, their
 * orders, and the tombstones that point to them.  For merges and what takes
 * them back, where records change places in one commit.
 */

#ifndef CRM_LEAD_FAMILY_H
#define CRM_LEAD_FAMILY_H

#include "crm_activity.h"
#include "crm_lead_merge.h"
#include "crm_order.h"
#include "crm_write.h"


/* activities, open or ended, and orders that one commit moves */
#define CRM_FAMILY_ACTS  10000


typedef struct {
    int64_t         *id;
    crm_record_t   **rec;               /* NULL where there is none */
    ngx_uint_t       n;
} crm_family_part_t;

typedef struct {
    crm_family_part_t   lead;
    crm_family_part_t   act;
    crm_family_part_t   order;
    crm_family_part_t   tomb;

    ngx_uint_t          part;           /* being read */
    ngx_uint_t          read;           /* of it */
    ngx_uint_t          asked;
    crm_step_pt         next;

    /* moves of this commit, from crm_family_move() */
    crm_ix_list_t       was;
    crm_ix_list_t       is;
} crm_family_t;


/* of n leads; NULL: out of memory */
crm_family_t *crm_family_new(crm_flow_t *f, const int64_t *id, ngx_uint_t n);

/* queues the look at the leads; crm_family_replies() are for it */
void crm_family_ask(crm_flow_t *f, crm_family_t *family);

#define crm_family_replies(family)  (5 * (family)->lead.n)

/*
 * Takes the replies, which begin at `replies'; then crm_family_load() reads
 * activities, orders and tombstones, unless there are too many.
 */
ngx_int_t crm_family_take(crm_flow_t *f, crm_family_t *family,
    const crm_reply_t *replies);

/* `next' runs when everything is read */
ngx_int_t crm_family_load(crm_flow_t *f, crm_family_t *family,
    crm_step_pt next);

/*
 * An activity goes to another lead, or to the same one whose team, user or
 * state has changed; from: the lead that it is named after (0: none).  No
 * check of its own: whoever writes an activity of a lead writes the lead.
 */
ngx_int_t crm_family_move(crm_flow_t *f, crm_family_t *family,
    crm_ops_t *ops, const crm_record_t *act, const crm_record_t *lead,
    int64_t from, crm_record_t **moved);

/* the same of an order, with its check */
ngx_int_t crm_family_move_order(crm_flow_t *f, crm_ops_t *ops,
    const crm_record_t *order, const crm_record_t *lead, int64_t from);

/* the index entries of all activities that moved, in few commands */
ngx_int_t crm_family_moved(crm_family_t *family, crm_ops_t *ops);

#endif /* CRM_LEAD_FAMILY_H */
