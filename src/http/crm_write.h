/*
 * What every write of a resource does alike: rule, input, commit, answer.
 */

#ifndef CRM_WRITE_H
#define CRM_WRITE_H

#include "crm_lead.h"
#include "crm_request.h"


/* rule for the flow's caller and time; faults go into the answer */
void crm_write_rule(crm_flow_t *f, crm_rule_t *rule);

/*
 * The body against an entity and the snapshot that it refers to; no query
 * parameter may be left.  NGX_OK: *input is filled and without a fault;
 * NGX_DECLINED: the answer is prepared (400, 415, 422), the step returns
 * NGX_OK; NGX_ERROR.
 */
ngx_int_t crm_write_input(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_mode_t mode, int nobody, crm_input_t *input);

/* as above, but NGX_OK also with faults: for who can find more of them, so
   that all are reported at once; ends with crm_answer_faults() */
ngx_int_t crm_write_collect(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_mode_t mode, int nobody, crm_input_t *input);

/* as crm_write_input() where the body may be left out; a user_id that is null
   is noted as present: nobody */
ngx_int_t crm_write_action(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_t *input);

/* ends the flow with what a rule came to; *problem is no CRM_P_NONE */
ngx_int_t crm_write_refused(crm_flow_t *f, crm_problem_t problem);

/* the same for a hook, which ends with NGX_DECLINED */
ngx_int_t crm_write_declined(crm_flow_t *f, crm_problem_t problem);

/* 412 unless the version is one that If-Match names; NGX_OK or DECLINED */
ngx_int_t crm_write_match(crm_flow_t *f, const crm_record_t *rec);

/*
 * Sends the commit (with the idempotency record of a POST) and ends the flow
 * with the prepared answer; a failed check begins the flow anew.
 */
ngx_int_t crm_write_commit(crm_flow_t *f, crm_ops_t *ops);

/* ends the flow of a POST that only looks with the prepared answer, which is
   kept where the request has an Idempotency-Key */
ngx_int_t crm_write_nothing(crm_flow_t *f);

/* the same where the idempotency record is among the writes already */
ngx_int_t crm_write_send(crm_flow_t *f, crm_ops_t *ops);

/* the record as the answer: status, ETag; 201 also Location */
void crm_write_answer(crm_flow_t *f, ngx_uint_t status,
    const crm_record_t *rec, const crm_mask_t *mask);

/* the reply to HGETALL of a hash entity; NGX_DECLINED: there is none */
ngx_int_t crm_read_record(crm_flow_t *f, const crm_entity_t *entity,
    int64_t id, const crm_reply_t *reply, crm_record_t **rec);

#endif /* CRM_WRITE_H */
