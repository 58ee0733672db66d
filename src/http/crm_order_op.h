/*
 * One write to one order: read, decide, commit, and again when somebody else
 * was faster.
 *
 * An order of a lead may change that lead (its revenue, its log), and whose
 * the order is follows from it: both go in one commit.
 */

#ifndef CRM_ORDER_OP_H
#define CRM_ORDER_OP_H

#include "crm_order.h"
#include "crm_write.h"


typedef struct crm_order_op_s  crm_order_op_t;

struct crm_order_op_s {
    /* what the handler says */

    int64_t               id;           /* 0: creation */
    crm_input_t           input;        /* of a creation, a patch */
    crm_order_action_t    action;
    unsigned              acts:1;       /* it is an action: reads the lead */

    /* everything is read and may be seen: fills rec (NULL: deleted), may
       fill lead and message.  NGX_DECLINED: the answer is prepared. */
    ngx_int_t           (*decide)(crm_flow_t *f, crm_order_op_t *o,
        const crm_rule_t *rule);

    /* prepares the answer */
    ngx_int_t           (*answer)(crm_flow_t *f, crm_order_op_t *o);

    /* what was read */

    int64_t               last;         /* id given before a creation */
    crm_record_t         *old;          /* NULL: creation */
    crm_record_t         *old_lead;     /* named by the body, or of an action */
    ngx_uint_t            lead_reply;   /* 0: not asked for */
    ngx_uint_t            contact_reply;

    /* what is to be */

    crm_record_t         *rec;
    crm_record_t         *lead;
    crm_record_t         *message;
    unsigned              unchanged:1;  /* nothing to write */

    crm_ops_t             ops;
};


/* a new operation in f->data, without parameters beside it; NGX_DECLINED:
   the answer is prepared */
ngx_int_t crm_order_begin(crm_flow_t *f, crm_order_op_t **o);

/* runs the operation in f->data; f->answer is its outcome */
ngx_int_t crm_order_op_start(crm_flow_t *f);

/* the caller may see it: theirs by its lead, nobody's, or any */
ngx_uint_t crm_order_visible(crm_flow_t *f, const crm_record_t *order);


#endif /* CRM_ORDER_OP_H */
