/*
 * Writes of activities: read the record and what it has, decide, and commit
 * both together.
 *
 * Every write of an activity of a lead is a write of the lead, whose due
 * summary follows from its activities: so they are serialised by it.
 */

#ifndef CRM_ACTIVITY_OP_H
#define CRM_ACTIVITY_OP_H

#include "crm_activity.h"
#include "crm_write.h"


typedef struct crm_activity_op_s  crm_activity_op_t;

struct crm_activity_op_s {
    /* what the handler says */

    int64_t               id;           /* of an activity; 0: creation */
    int64_t               lead_id;      /* of a creation: one of these */
    int64_t               contact_id;
    crm_input_t           input;
    crm_str_t             lead_field;   /* the body's name of it; empty: the
                                           path names it */

    /* everything is read and may be seen: fills rec (NULL: deleted), added,
       message.  NGX_OK; NGX_DECLINED: the answer is prepared. */
    ngx_int_t           (*decide)(crm_flow_t *f, crm_activity_op_t *o,
        const crm_rule_t *rule);

    /* ids are given, the commit is made but not sent: prepares the answer */
    ngx_int_t           (*answer)(crm_flow_t *f, crm_activity_op_t *o);

    void                 *data;

    /* what was read */

    crm_record_t         *old;          /* NULL: creation */
    crm_record_t         *old_lead;     /* NULL: a contact's */
    crm_record_t         *contact;
    crm_record_t        **other;        /* the lead's other open ones */
    int64_t              *other_id;
    ngx_uint_t            nothers;
    ngx_uint_t            nopen;
    int64_t               seen;         /* last id given; 0: not read */
    int64_t               taken;        /* see crm_take.h; 0: none */
    unsigned              takes:1;

    /* what is to be */

    crm_record_t         *rec;
    crm_record_t         *lead;
    crm_record_t         *message;
    crm_record_t        **added;        /* new ones, of crm_activity_new() or
                                           _create(), in order of their ids */
    ngx_uint_t            nadded;
    unsigned              unchanged:1;  /* nothing to write */

    crm_ops_t             ops;
};


/* a new operation in f->data, without parameters beside it; NGX_DECLINED:
   the answer is prepared */
ngx_int_t crm_activity_begin(crm_flow_t *f, crm_activity_op_t **o);

/* runs the operation in f->data; f->answer is its outcome */
ngx_int_t crm_activity_op_start(crm_flow_t *f);

/* the activity as an answer: state, ETag, Location for 201 */
void crm_activity_answer(crm_flow_t *f, ngx_uint_t status,
    crm_record_t *activity);

/* with its state, as JSON */
void crm_activity_json(crm_flow_t *f, crm_out_t *out,
    crm_record_t *activity);

/* part of an ETag: what the clock changes */
uint64_t crm_activity_moment(const crm_record_t *activity);

/* the caller may see it: theirs, on a record that they may see */
ngx_uint_t crm_activity_visible(crm_flow_t *f, const crm_record_t *activity);

/* the caller may write the record that it is on; *activity as loaded */
ngx_uint_t crm_activity_writable(crm_flow_t *f,
    const crm_record_t *activity);

#endif /* CRM_ACTIVITY_OP_H */
