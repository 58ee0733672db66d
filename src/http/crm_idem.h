/*
 * Idempotency-Key (api.md, "Idempotency").
 *
 * The answer to a POST is stored by the same commit that does its work, under
 * a key made of user, route and header; the commit's check that this key is
 * free makes two copies of one request do the work once.
 */

#ifndef CRM_IDEM_H
#define CRM_IDEM_H

#include "crm_request.h"


/*
 * Queues the look-up and sets f->idem_key where the request has the header
 * (the caller is known by then).  NGX_DECLINED: the header or the body is
 * refused, the problem is set.
 */
ngx_int_t crm_idem_look_up(crm_flow_t *f);

/* the same for a body that is no JSON, whose handler knows its mark: it has
   parsed the body elsewhere */
ngx_int_t crm_idem_ask(crm_flow_t *f, const crm_str_t *mark);

/* the key lies below this prefix: in the hash slot of what is written.  The
   look-up chooses the tenant's, or without one that of the registry. */
void crm_idem_home(crm_flow_t *f, crm_str_t prefix);

/* NGX_OK: the reply held an outcome, *rc is what the step returns;
   NGX_DECLINED: nothing is stored, go on */
ngx_int_t crm_idem_replay(crm_flow_t *f, const crm_reply_t *reply,
    ngx_int_t *rc);

/* adds check and write to a commit whose answer is prepared in f->answer */
void crm_idem_commit(crm_flow_t *f, crm_ops_t *ops);

/* the key is taken and the work begins: for what is more than one commit */
void crm_idem_claim(crm_flow_t *f, crm_ops_t *ops);

/* the outcome under a key that was claimed */
void crm_idem_store(crm_flow_t *f, crm_ops_t *ops);

/* beside a claim: the job under which its work is done.  A claim ends soon
   should its worker die; a copy that comes then goes on with the job. */
void crm_idem_store_job(crm_flow_t *f, crm_ops_t *ops, int64_t id);

/* queues the look-up of that job */
void crm_idem_ask_job(crm_flow_t *f);

/* NGX_DECLINED: there is none; NGX_DONE: it is of a request with another
   body, the problem is set */
ngx_int_t crm_idem_take_job(crm_flow_t *f, const crm_reply_t *reply,
    int64_t *id);

/* a part of the work gets a key of its own below the request's */
void crm_idem_part(crm_flow_t *f, crm_flow_t *part, ngx_uint_t number);

/* f's outcome is that of another part of the whole, too, which f has done
   with its own */
void crm_idem_store_part(crm_flow_t *f, crm_flow_t *whole, ngx_uint_t number,
    crm_ops_t *ops);

/* id and version of a replayed record of a batch into f->answer: such a
   record stores them as Location and ETag */
void crm_idem_result(crm_flow_t *f);

/* tag of the check: it fails when a copy of the request was faster */
#define CRM_IDEM_TAG  1000

#endif /* CRM_IDEM_H */
