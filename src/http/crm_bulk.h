/*
 * Bulk changes of leads: one action over many records (api.md, section 3).
 *
 * A record is one operation (crm_lead_op.h), a flow below the one that owns
 * the bulk: a request (crm_bulk.c) or a slice of a job (crm_bulk_job.c).
 * With every record's commit goes a mark under the job, in bounded pieces
 * that expire: that it was done, and what it held before.
 */

#ifndef CRM_BULK_H
#define CRM_BULK_H

#include "crm_children.h"
#include "crm_job_int.h"
#include "crm_lead_op.h"
#include "crm_query.h"
#include "crm_recipients.h"
#include "crm_scan.h"


#define CRM_BULK_MAX    1000            /* answered at once */


typedef struct crm_bulk_s  crm_bulk_t;

/* an action; the hooks are those of crm_lead_op_t */
typedef struct {
    crm_str_t              name;
    const crm_entity_t    *params;
    crm_op_t               op;
    const crm_job_kind_t  *kind;
    unsigned               manager:1;   /* nobody else may */
    unsigned               mails:1;     /* the result names the addresses */
    unsigned               serial:1;    /* one record after another */

    /* a record by other steps than an operation's (f->owner is the child);
       NULL: an operation with the hooks below */
    ngx_int_t            (*start)(crm_flow_t *f);

    /* a job of its own kind, over the leads with this value (params.id) of a
       facet as they are found; NULL: over ids that were fixed before */
    const char            *facet;

    /*
     * More for the last commit of the job, from the replies (behind the
     * first) to what `ask' has queued; NGX_DECLINED: from the first record
     * again.  May be NULL.
     */
    void                 (*ask)(crm_flow_t *f, crm_bulk_t *b);
    ngx_int_t            (*close)(crm_flow_t *f, crm_bulk_t *b,
                                  crm_ops_t *ops);

    /* the operation's input from the params; NULL: the params themselves */
    ngx_int_t            (*input)(crm_flow_t *f, crm_bulk_t *b);
    ngx_int_t            (*amend)(crm_flow_t *f, crm_lead_op_t *o);
    crm_problem_t        (*apply)(crm_flow_t *f, crm_lead_op_t *o,
                                  const crm_rule_t *rule);
} crm_bulk_action_t;

/* one record, and what came of it */
typedef struct {
    int64_t                id;
    crm_str_t              text;        /* what an undo takes back */
    crm_str_t              email;       /* it was sent to */
    ngx_uint_t             status;
    crm_problem_t          problem;
    unsigned               skipped:1;   /* not meant after all */
    unsigned               merged:1;    /* into another one, by this bulk */
    unsigned               finished:1;
} crm_bulk_item_t;

struct crm_bulk_s {
    crm_children_t            children; /* one for each item */
    const crm_bulk_action_t  *action;
    crm_input_t               params;
    crm_input_t               input;
    crm_query_t              *filter;   /* must match; NULL: said already */
    crm_record_t             *job_rec;  /* of a request */
    crm_job_t                *job;      /* NULL: a request */
    int64_t                   job_id;
    crm_recipients_t          recipients;
    crm_step_pt               collected;        /* crm_bulk_mail.c */
    int64_t                   piece;    /* of marks, that is read next */
    crm_bulk_item_t          *item;
    ngx_uint_t                n;
    ngx_uint_t                turn;     /* crm_bulk_convert.c: of the users */
    unsigned                  turned:1; /* it is known */
};

/* POST /leads/bulk: the flow's data until the bulk runs */
typedef struct {
    crm_scan_t                scan;     /* first: the engine's own */
    crm_bulk_t               *bulk;
    json_t                   *ids;      /* borrowed; or */
    json_t                   *filter;
    int64_t                   count;    /* of what the filter found */
    crm_step_pt               next;     /* crm_bulk_again.c */
    unsigned                  resumed:1;
} crm_bulk_request_t;

/* of a child */
#define crm_bulk_of(child)    ((crm_bulk_t *) (child)->of)
#define crm_bulk_item(child)  (&crm_bulk_of(child)->item[(child)->number])


extern const crm_job_kind_t  crm_bulk_job;
extern const crm_job_kind_t  crm_bulk_final_job;    /* cannot be undone */
extern const crm_job_kind_t  crm_bulk_undo_job;
extern const crm_job_kind_t  crm_stage_job;
extern const crm_job_kind_t  crm_reason_job;
extern const crm_bulk_action_t  crm_bulk_undo_action;
extern const crm_bulk_action_t  crm_stage_action;
extern const crm_bulk_action_t  crm_reason_action;


/* first step of every slice of the kinds above */
ngx_int_t crm_bulk_slice(crm_flow_t *f);


/* ---- crm_bulk_actions.c -------------------------------------------------- */

/* by name, for everybody to ask for; NULL: there is none */
const crm_bulk_action_t *crm_bulk_action(const char *name);

/* b->action's params and input from JSON (NULL: {}); faults go to the
   answer */
ngx_int_t crm_bulk_params(crm_flow_t *f, crm_bulk_t *b, json_t *params);


/* ---- crm_bulk_run.c ------------------------------------------------------ */

/* every item that is not finished, then `ended'; f->data is the bulk */
ngx_int_t crm_bulk_run(crm_flow_t *f, crm_step_pt ended);

/* records whose marks are in one hash, as a power of two */
#define CRM_BULK_PIECE  9

/* hash of marks that a record's is in: what an undo takes back, the address
   that was written to, or "-" */
crm_str_t crm_bulk_mark_key(crm_flow_t *f, int64_t job, int64_t id);

/* the mark of a record, for the commit that changes it */
void crm_bulk_mark_put(crm_flow_t *f, crm_bulk_t *b, crm_ops_t *ops,
    int64_t id, crm_str_t text);

/* {"id":7,"status":409,"code":"is_won"} */
void crm_bulk_item_json(crm_out_t *out, const crm_bulk_item_t *item);


/* ---- crm_bulk_filter.c --------------------------------------------------- */

/* the query of a filter in JSON, as GET /leads would have it; faults go to
   the answer: NGX_DECLINED */
ngx_int_t crm_bulk_query(crm_flow_t *f, json_t *filter, crm_query_t *query);


/* ---- crm_bulk_again.c ---------------------------------------------------- */

/*
 * Step of a request with an Idempotency-Key: where a copy of it has begun and
 * came to no end, r->resumed, and the bulk has that one's job and records;
 * then `next'.
 */
ngx_int_t crm_bulk_again(crm_flow_t *f, crm_step_pt next);

/* params of the request's job, which its slices or a copy of it read: the
   text of an object */
ngx_int_t crm_bulk_job_params(crm_flow_t *f, crm_bulk_request_t *r,
    crm_str_t *text);


/* ---- crm_bulk_convert.c -------------------------------------------------- */

/* `start' of the action convert */
ngx_int_t crm_bulk_convert_start(crm_flow_t *f);


/* ---- crm_bulk_mail.c ----------------------------------------------------- */

/* reads the addresses of a job's marks into b->recipients, then `next' */
ngx_int_t crm_bulk_mail_collect(crm_flow_t *f, crm_step_pt next);

/* the addresses of records that were done before, in a copy of the request;
   then `next' */
ngx_int_t crm_bulk_mail_recall(crm_flow_t *f, crm_step_pt next);

/* "recipients":[...] and, where they are not all, "recipients_truncated" */
void crm_bulk_mail_json(crm_out_t *out, const crm_recipients_t *r);


/* ---- crm_carry.c --------------------------------------------------------- */

/* whether a change of a stage is one of its leads, too */
ngx_uint_t crm_stage_carries(const crm_record_t *old,
    const crm_record_t *stage);

/* adds the job that carries it to them; `asked' as for crm_job_create() */
ngx_int_t crm_stage_carry(crm_flow_t *f, const crm_record_t *stage,
    const crm_reply_t *asked, crm_ops_t *ops);

#endif /* CRM_BULK_H */
