/* what every write does alike; see crm_write.h */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_idem.h"
#include "crm_respond.h"
#include "crm_write.h"


static ngx_int_t crm_write_keep(crm_flow_t *f);
static ngx_int_t crm_write_committed(crm_flow_t *f);


void
crm_write_rule(crm_flow_t *f, crm_rule_t *rule)
{
    rule->arena = &f->arena;
    rule->prefix = f->tenant->prefix;
    rule->conf = f->conf;
    rule->now = f->now;
    rule->actor = f->user != NULL && f->role != CRM_ROLE_MAIL_GATEWAY
                  ? crm_record_id(f->user) : 0;
    rule->faults = &f->answer.faults;
    rule->taken = 0;
}


static ngx_int_t
crm_write_parse(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_mode_t mode, int nobody, ngx_uint_t optional,
    crm_input_t *input)
{
    ngx_int_t       rc;
    json_t         *empty;
    crm_request_t  *q = crm_request(f);

    rc = crm_answer_no_params(f);
    if (rc != NGX_OK) {
        return rc;
    }

    /* that of an action may be left out, whoever reads it; so may one of
       which nothing is required */

    optional |= (entity->kind == CRM_KIND_NONE && mode == CRM_INPUT_CREATE)
                || mode == CRM_INPUT_CHECK;

    rc = crm_body_parse(q, optional);
    if (rc != NGX_OK) {
        return rc;
    }

    empty = q->body == NULL ? json_object() : NULL;

    rc = crm_input_parse(&f->arena, entity, q->body ? q->body : empty, mode,
                         nobody, input, &f->answer.faults);

    json_decref(empty);

    if (rc != CRM_OK) {
        return NGX_ERROR;
    }

    crm_action_check(input->values, &f->answer.faults);
    crm_input_refs(f->conf, input, &f->answer.faults);

    return NGX_OK;
}


static ngx_int_t
crm_write_parsed(crm_flow_t *f, ngx_int_t rc)
{
    if (rc == NGX_OK && f->answer.faults.n > 0) {
        (void) crm_answer_faults(f);
        return NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
crm_write_collect(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_mode_t mode, int nobody, crm_input_t *input)
{
    return crm_write_parse(f, entity, mode, nobody, 0, input);
}


ngx_int_t
crm_write_input(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_mode_t mode, int nobody, crm_input_t *input)
{
    return crm_write_parsed(f, crm_write_parse(f, entity, mode, nobody, 0,
                                               input));
}


ngx_int_t
crm_write_action(crm_flow_t *f, const crm_entity_t *entity,
    crm_input_t *input)
{
    static const crm_str_t  user = crm_string("user_id");

    return crm_write_parsed(f, crm_write_parse(f, entity, CRM_INPUT_CREATE,
                                               crm_field_find(entity, &user,
                                                              0),
                                               1, input));
}


ngx_int_t
crm_write_refused(crm_flow_t *f, crm_problem_t problem)
{
    if (problem == CRM_P_VALIDATION) {
        return crm_answer_faults(f);
    }

    return crm_flow_problem(f, problem, NULL);
}


ngx_int_t
crm_write_declined(crm_flow_t *f, crm_problem_t problem)
{
    (void) crm_write_refused(f, problem);

    return NGX_DECLINED;
}


ngx_int_t
crm_write_match(crm_flow_t *f, const crm_record_t *rec)
{
    if (crm_request_if_match(crm_request(f), crm_record_version(rec))
        == NGX_OK)
    {
        return NGX_OK;
    }

    (void) crm_flow_problem(f, CRM_P_PRECONDITION_FAILED, NULL);

    return NGX_DECLINED;
}


ngx_int_t
crm_write_commit(crm_flow_t *f, crm_ops_t *ops)
{
    crm_idem_commit(f, ops);

    return crm_write_send(f, ops);
}


/* not before the caller is proven: it may be the first read of the flow */

ngx_int_t
crm_write_nothing(crm_flow_t *f)
{
    return f->idem_key.len > 0 ? crm_auth_prove(f, crm_write_keep) : NGX_OK;
}


static ngx_int_t
crm_write_keep(crm_flow_t *f)
{
    crm_ops_t  ops;

    crm_ops_init(&ops, &f->arena);

    return crm_write_commit(f, &ops);
}


ngx_int_t
crm_write_send(crm_flow_t *f, crm_ops_t *ops)
{
    if (ops->failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, ops);

    return crm_flow_wait(f, crm_write_committed);
}


static ngx_int_t
crm_write_committed(crm_flow_t *f)
{
    crm_str_t   current;
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, &current)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        return crm_flow_retry(f);

    default:
        return NGX_ERROR;
    }
}


void
crm_write_answer(crm_flow_t *f, ngx_uint_t status, const crm_record_t *rec,
    const crm_mask_t *mask)
{
    crm_out_t           *out;
    const crm_entity_t  *entity = rec->entity;

    out = crm_answer_json(f, status);
    crm_record_json(out, rec, mask);

    crm_answer_etag(f, crm_record_version(rec), 0);
    f->answer.id = crm_record_id(rec);

    if (status == NGX_HTTP_CREATED) {
        crm_answer_location(f, "/%.*s/%lld", (int) entity->plural.len,
                            entity->plural.data,
                            (long long) crm_record_id(rec));
    }
}


ngx_int_t
crm_read_record(crm_flow_t *f, const crm_entity_t *entity, int64_t id,
    const crm_reply_t *reply, crm_record_t **rec)
{
    int          rc;
    crm_str_t    slug, *pairs;
    ngx_uint_t   i;

    if (!crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    if (reply->n == 0) {
        return NGX_DECLINED;
    }

    pairs = crm_arena_alloc(&f->arena, reply->n * sizeof(crm_str_t));
    if (pairs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        pairs[i] = reply->item[i].str;
    }

    rc = crm_record_load(&f->arena, entity, id, pairs, reply->n, rec);

    if (rc == CRM_DECLINED) {
        slug = f->tenant ? f->tenant->slug : crm_str("");

        ngx_log_error(NGX_LOG_ERR, f->worker->log, 0,
                      "crm: %*s %L of tenant \"%*s\" cannot be read",
                      entity->name.len, entity->name.data, id,
                      slug.len, slug.data);
    }

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}
