/*
 * One write to one lead: read, decide, commit, and again when somebody else
 * was faster.
 *
 * The same for a request of its own, for a record of a batch and for a job:
 * the rules stand in src/domain, this file fetches what they ask for.
 */

#ifndef CRM_LEAD_OP_H
#define CRM_LEAD_OP_H

#include "crm_write.h"


typedef enum {
    CRM_OP_CREATE = 0,
    CRM_OP_PATCH,
    CRM_OP_DELETE,
    CRM_OP_MOVE,
    CRM_OP_WON,
    CRM_OP_LOST,
    CRM_OP_RESTORE,
    CRM_OP_ARCHIVE,
    CRM_OP_OTHER,               /* what `apply' says */
    CRM_OP_MAX
} crm_op_t;

typedef struct crm_lead_op_s    crm_lead_op_t;
typedef struct crm_lead_acts_s  crm_lead_acts_t;    /* crm_lead_acts.c */
typedef struct crm_lead_orders_s  crm_lead_orders_t;    /* crm_lead_orders.c */

#define CRM_OP_TOPS  24

/* the first rank of a column, asked for before it is known to matter */
typedef struct {
    int64_t               type;
    int64_t               stage;
    ngx_uint_t            reply;
} crm_op_top_t;

/* what stands around the place that a move names */
typedef struct {
    int64_t               id;           /* of the neighbour; 0: none named */
    ngx_uint_t            after;        /* named by after_id */
    ngx_uint_t            reply;
    int64_t               rank;
} crm_op_place_t;

struct crm_lead_op_s {
    crm_op_t              op;
    int64_t               id;           /* not of a creation */
    crm_input_t           input;
    int64_t               expected;     /* version; 0: any */
    unsigned              use_header:1; /* If-Match of the request */
    unsigned              quiet:1;      /* no body in the answer */
    unsigned              has_column:1;
    unsigned              topped:1;     /* its first rank is read */
    unsigned              found:1;      /* the lead and the contact were looked
                                           up, not named: if they are gone
                                           meanwhile, look again */

    crm_record_t         *old;
    crm_record_t         *lead;         /* as it will be; NULL: deleted */
    crm_record_t         *message;
    crm_record_t         *activity;     /* scheduled by the same commit */
    crm_record_t         *contact;
    crm_record_t         *company;      /* the contact's */
    crm_record_t         *reason;       /* created by the name given */
    int64_t               reason_id;
    crm_column_t          column;
    crm_op_top_t          top[CRM_OP_TOPS];
    ngx_uint_t            ntops;
    crm_op_place_t        place;
    ngx_uint_t            contact_reply;        /* 0: not asked for */
    ngx_uint_t            counter_reply;        /* ids of lost reasons */
    ngx_uint_t            idem_reply;           /* of a batch record */
    ngx_uint_t            take_reply;           /* the id, of a creation */
    int64_t               taken;                /* see crm_take.h; 0: none */
    ngx_uint_t            acts_reply;           /* the lead's activities */
    ngx_uint_t            mids_reply;           /* its mails, of a deletion */
    const crm_reply_t    *mids;
    const crm_reply_t    *tomb_mids;            /* of each tombstone */
    crm_lead_acts_t      *acts;
    ngx_uint_t            orders_reply;         /* the lead's orders */
    crm_lead_orders_t    *orders;
    ngx_uint_t            tombs_reply;          /* of a deletion */
    ngx_uint_t            ntombs;
    int64_t              *tomb_id;
    crm_record_t        **tomb;                 /* they go with the lead */
    crm_ops_t             ops;

    void                 *window;       /* of crm_lead_place.c */
    crm_record_t        **neighbour;    /* those that are relabelled */

    int64_t               job_id;       /* its messages name it; 0: none */
    int                   stop_tag;     /* a check that ends the operation
                                           with 409 when it fails; 0: none */
    void                 *of;           /* what the hooks below need */

    /*
     * The record is there and may be seen: what else must hold, and what the
     * input is for this record.  NGX_DECLINED: the problem is set.  May be
     * NULL.
     */
    ngx_int_t           (*amend)(crm_flow_t *f, crm_lead_op_t *o);

    /* the rule of CRM_OP_OTHER: fills o->lead, may fill o->message and
       o->activity */
    crm_problem_t       (*apply)(crm_flow_t *f, crm_lead_op_t *o,
                                 const crm_rule_t *rule);

    /* fills o->message once the record and its id are there; may be NULL */
    ngx_int_t           (*compose)(crm_flow_t *f, crm_lead_op_t *o,
                                   const crm_rule_t *rule);

    /* the answer, where it is not the lead; may be NULL */
    ngx_int_t           (*answer)(crm_flow_t *f, crm_lead_op_t *o);

    /* more writes for the same commit; may be NULL */
    ngx_int_t           (*extend)(crm_flow_t *f, crm_lead_op_t *o);

    /* adds to the answer once the commit is done; may be NULL */
    ngx_int_t           (*after)(crm_flow_t *f, crm_lead_op_t *o);
};


/*
 * Runs the operation in f->data.  The input is parsed and without a fault,
 * f->conf, f->user and f->role are set.  Ends with f->answer: the lead (or
 * 204), status, id, version; or a problem.
 */
ngx_int_t crm_lead_op_start(crm_flow_t *f);

/* the lead as an answer: computed fields, ETag, Location for 201 */
ngx_int_t crm_lead_answer(crm_flow_t *f, ngx_uint_t status,
    crm_record_t *lead);

/* a lead that is loaded and may be seen; else 404 is prepared: NGX_DECLINED.
   A tombstone's 409 (404 where its survivor may not be seen) needs another
   look: CRM_WAIT, which the step returns. */
ngx_int_t crm_lead_visible(crm_flow_t *f, const crm_record_t *lead);

/* the same for a GET below /leads/{id}: 301 to where the survivor has it */
ngx_int_t crm_lead_readable(crm_flow_t *f, const crm_record_t *lead);

/* the lowest rank of a column: asks, takes the reply */
void crm_column_ask(crm_flow_t *f, int64_t type, int64_t stage);
void crm_column_take(const crm_reply_t *reply, crm_column_t *column);

/* crm_lead_place.c: the rank of a move beside a neighbour, relabelling a few
   records where the gap is used up; then crm_lead_op_decide() */
ngx_int_t crm_lead_place_find(crm_flow_t *f);

/* crm_lead_columns.c: for `after`: the figures of the columns that a move left
   and entered; which they are goes into f->answer, for a replay, and from
   there they are read again */
ngx_int_t crm_lead_columns(crm_flow_t *f, crm_lead_op_t *o);
ngx_int_t crm_lead_columns_keep(crm_flow_t *f, crm_lead_op_t *o);
ngx_int_t crm_lead_columns_again(crm_flow_t *f, const crm_str_t *columns);

/* If-Match, or the version that a batch names; else 412 is prepared */
ngx_int_t crm_lead_op_match(crm_flow_t *f, crm_lead_op_t *o);

ngx_int_t crm_lead_op_decide(crm_flow_t *f);
ngx_int_t crm_lead_op_commit(crm_flow_t *f);


/* ---- crm_lead_acts.c: the lead's activities ----------------------------- */

/* queues the look at the ids of what a lead has: open ones, ended ones */
void crm_lead_acts_ids(crm_flow_t *f, int64_t lead);

/* the same for the operation's lead; counts replies */
void crm_lead_acts_ask(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n);

/* takes the replies */
ngx_int_t crm_lead_acts_take(crm_flow_t *f, crm_lead_op_t *o);

/* one more for the lead as it will be: its id, its place, the due summary */
crm_problem_t crm_lead_acts_add(crm_flow_t *f, crm_lead_op_t *o,
    const crm_rule_t *rule, crm_record_t *activity);

/* reads those that the change from o->old to o->lead touches, then `next' */
ngx_int_t crm_lead_acts_load(crm_flow_t *f, crm_step_pt next);

/* their writes; before crm_lead_commit(), as the lead's due summary changes */
ngx_int_t crm_lead_acts_commit(crm_flow_t *f, crm_lead_op_t *o,
    const crm_rule_t *rule);

/* ,"cancelled_activities":[...] of a restored lead */
void crm_lead_acts_cancelled(crm_flow_t *f, crm_lead_op_t *o,
    crm_out_t *out);

/* ---- crm_lead_tombs.c: tombstones go with their survivor ---------------- */

/* queues the look at the ids */
void crm_lead_tombs_ask(crm_flow_t *f, int64_t id);
ngx_int_t crm_lead_tombs_take(crm_flow_t *f, crm_lead_op_t *o);

/* step: reads them, then commits */
ngx_int_t crm_lead_tombs_load(crm_flow_t *f);
ngx_int_t crm_lead_tombs_commit(crm_lead_op_t *o, const crm_rule_t *rule);


/* ---- crm_lead_mids.c: its mails by Message-ID --------------------------- */

void crm_lead_mids_ask(crm_flow_t *f, int64_t lead);

/* their removal; the reply to the former */
ngx_int_t crm_lead_mids_commit(crm_lead_op_t *o, const crm_rule_t *rule,
    int64_t lead, const crm_reply_t *reply);

#endif /* CRM_LEAD_OP_H */
