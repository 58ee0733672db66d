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
 * Queues the look-up and sets q->idem_key where the request has the header
 * (the caller is known by then).  NGX_DECLINED: the header or the body is
 * refused, the problem is set.
 */
ngx_int_t crm_idem_look_up(crm_flow_t *f);

/* NGX_OK: the reply held an outcome, *rc is what the step returns;
   NGX_DECLINED: nothing is stored, go on */
ngx_int_t crm_idem_replay(crm_flow_t *f, const crm_reply_t *reply,
    ngx_int_t *rc);

/* adds check and write to a commit whose answer is prepared in f->answer */
void crm_idem_commit(crm_flow_t *f, crm_ops_t *ops);

/* tag of the check: it fails when a copy of the request was faster */
#define CRM_IDEM_TAG  1000

#endif /* CRM_IDEM_H */
