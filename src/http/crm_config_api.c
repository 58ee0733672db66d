/*
 * Configuration kinds over HTTP: create and patch by the tables (api.md,
 * section 2); reading is in crm_config_read.c, deletion in
 * crm_config_delete.c.  What one kind has of its own stands in
 * src/domain/crm_config.c.
 */

#include "crm_activity_zones.h"
#include "crm_bulk.h"
#include "crm_change.h"
#include "crm_config.h"
#include "crm_config_http.h"
#include "crm_dup_job.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_route.h"
#include "crm_write.h"


typedef struct {
    crm_input_t    input;
    crm_record_t  *old;
    crm_record_t  *rec;
} crm_config_t;


static ngx_int_t crm_config_create_id(crm_flow_t *f);
static ngx_int_t crm_config_save(crm_flow_t *f);


/* NGX_DECLINED: the answer says what is wrong with the body */

static ngx_int_t
crm_config_collect(crm_flow_t *f, crm_input_mode_t mode)
{
    crm_config_t  *c;

    c = crm_arena_calloc(&f->arena, sizeof(crm_config_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    return crm_write_collect(f, crm_config_entity(f), mode, -1, &c->input);
}


ngx_int_t
crm_config_create(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_rule_t           rule;
    crm_problem_t        problem;
    crm_config_t        *c;
    const crm_entity_t  *entity = crm_config_entity(f);

    rc = crm_config_collect(f, CRM_INPUT_CREATE);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    c = f->data;

    c->rec = crm_input_create(&f->arena, &c->input);
    if (c->rec == NULL) {
        return NGX_ERROR;
    }

    crm_write_rule(f, &rule);

    problem = crm_config_check(&rule, NULL, c->rec);

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    crm_flow_call(f, "HGET", f->tenant->root,
                  crm_arena_printf(&f->arena, "id:%.*s",
                                   (int) entity->name.len, entity->name.data),
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string);
    crm_job_ask(f, &crm_dup_job);

    return crm_flow_wait(f, crm_config_create_id);
}


static ngx_int_t
crm_config_create_id(crm_flow_t *f)
{
    int64_t        seen;
    crm_ops_t      ops;
    crm_rule_t     rule;
    crm_config_t  *c = f->data;
    crm_kind_t     kind = c->rec->entity->kind;

    if (crm_str_int(&f->reply[0].str, &seen) != CRM_OK) {
        seen = 0;
    }

    crm_write_rule(f, &rule);

    crm_value_set_num(&c->rec->v[CRM_ID],
                      crm_tenant_next_id(f->tenant, kind, seen));
    crm_change_created(&rule, c->rec);

    crm_ops_init(&ops, &f->arena);

    if (crm_config_commit(&ops, &rule, NULL, c->rec) != CRM_OK
        || crm_dup_carry(f, NULL, c->rec, &f->reply[1], &ops) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (kind == CRM_KIND_LOST_REASON) {
        crm_value_set_num(&c->rec->v[CRM_LOST_REASON_USED], 0);
    }

    crm_write_answer(f, NGX_HTTP_CREATED, c->rec, NULL);

    return crm_write_commit(f, &ops);
}


/* the currency changes only while no amounts exist (api.md, section 2) */

static void
crm_config_amounts(crm_flow_t *f, const crm_config_t *c)
{
    ngx_uint_t      i;
    const unsigned  currency = CRM_SETTINGS_CURRENCY;

    static const char  *amounts[] = {
        "l:s:o1:r", "l:s:o0:r", "l:s:l1:r", "l:s:l0:r", "l:s:o1:m",
        "l:s:o0:m", "l:s:l1:m", "l:s:l0:m", "o:s:draft:t", "o:s:sent:t",
        "o:s:sale:t", "o:s:cancelled:t"
    };

    if (!crm_mask_has(&c->input.present, currency)
        || crm_str_eq(&c->old->v[currency].str,
                      &c->input.values->v[currency].str))
    {
        return;
    }

    for (i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        crm_flow_call(f, "ZCARD", crm_flow_key(f, "%s", amounts[i]),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
    }
}


/* what else must be known before the change: 1 where it was asked for */

static ngx_uint_t
crm_config_patch_ask(crm_flow_t *f, crm_config_t *c)
{
    switch (c->input.entity->kind) {

    case CRM_KIND_LOST_REASON:
        crm_flow_call(f, "HGET", crm_flow_key(f, "count:lost_reason"),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) crm_record_id(c->old)),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
        return 1;

    case CRM_KIND_STAGE:
        crm_job_ask(f, &crm_stage_job);
        return 1;

    case CRM_KIND_DUPLICATE_RULE:
        (void) crm_dup_health_ask(f, c->old);
        crm_job_ask(f, &crm_dup_job);
        return 1;

    case CRM_KIND_SETTINGS:
        crm_config_amounts(f, c);
        crm_job_ask(f, &crm_zones_job);
        return 1;

    case CRM_KIND_USER:
        crm_job_ask(f, &crm_zones_job);
        return 1;

    default:
        return 0;
    }
}


ngx_int_t
crm_config_patch(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_config_t  *c;

    rc = crm_config_collect(f, CRM_INPUT_PATCH);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    c = f->data;

    c->old = crm_config_named(f);

    if (c->old == NULL) {
        return f->answer.faults.n > 0
               ? crm_answer_faults(f)
               : crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    return crm_config_patch_ask(f, c) ? crm_flow_wait(f, crm_config_save)
                                      : crm_config_save(f);
}


/* computed fields of what is there, which a patch may repeat */

static ngx_int_t
crm_config_computed(crm_flow_t *f, crm_config_t *c)
{
    int64_t     used;
    crm_kind_t  kind = c->input.entity->kind;

    if (kind == CRM_KIND_LOST_REASON) {
        if (crm_str_int(&f->reply[0].str, &used) != CRM_OK) {
            used = 0;
        }

        c->old = crm_record_copy(&f->arena, c->old);
        if (c->old == NULL) {
            return NGX_ERROR;
        }

        crm_value_set_num(&c->old->v[CRM_LOST_REASON_USED], used);
    }

    if (kind == CRM_KIND_DUPLICATE_RULE) {
        c->old = crm_dup_health_take(f, c->old, f->reply, f->nreply - 1);
    }

    return c->old != NULL ? NGX_OK : NGX_ERROR;
}


/* the replies to crm_config_amounts(), the last one is of crm_job_ask(); none
   may come before the commit either */

static crm_problem_t
crm_config_no_amounts(crm_flow_t *f, crm_ops_t *ops, crm_problem_t problem)
{
    ngx_uint_t  i;

    for (i = 0; i + 1 < f->nreply; i++) {
        if (f->reply[i].num != 0) {
            return CRM_P_CURRENCY_IN_USE;
        }
    }

    if (f->nreply > 1) {
        crm_change_check(ops, CRM_CHECK_FIELD_EQ, f->tenant->root,
                         crm_str("writes"),
                         crm_arena_printf(&f->arena, "%lld",
                                          (long long) f->writes),
                         CRM_FAILED_VERSION);
    }

    return problem;
}


/* jobs that carry the change to the records; most kinds have nothing to carry,
   and have asked for nothing */

static ngx_int_t
crm_config_carry(crm_flow_t *f, const crm_config_t *c, crm_ops_t *ops)
{
    const crm_reply_t  *job;

    job = f->nreply > 0 ? &f->reply[f->nreply - 1] : NULL;

    if (c->rec->entity->kind == CRM_KIND_STAGE
        && crm_stage_carries(c->old, c->rec)
        && crm_stage_carry(f, c->rec, job, ops) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (crm_zones_carries(c->old, c->rec)
        && crm_zones_carry(f, c->rec, job, ops) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return crm_dup_carry(f, c->old, c->rec, job, ops);
}


static ngx_int_t
crm_config_save(crm_flow_t *f)
{
    crm_ops_t      ops;
    crm_rule_t     rule;
    crm_problem_t  problem;
    crm_config_t  *c = f->data;
    crm_kind_t     kind = c->input.entity->kind;

    if (crm_config_computed(f, c) != NGX_OK) {
        return NGX_ERROR;
    }

    c->rec = crm_input_apply(&f->arena, &c->input, c->old,
                             &f->answer.faults);
    if (c->rec == NULL) {
        return NGX_ERROR;
    }

    crm_write_rule(f, &rule);

    problem = crm_config_check(&rule, c->old, c->rec);

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    if (crm_write_match(f, c->old) != NGX_OK) {
        return NGX_OK;
    }

    crm_ops_init(&ops, &f->arena);

    if (kind == CRM_KIND_SETTINGS) {
        problem = crm_config_no_amounts(f, &ops, problem);
    }

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    if (!crm_change_touch(&rule, c->old, c->rec, NULL)) {
        crm_write_answer(f, NGX_HTTP_OK, c->old, NULL);
        return NGX_OK;
    }

    if (crm_config_commit(&ops, &rule, c->old, c->rec) != CRM_OK) {
        return NGX_ERROR;
    }

    if (crm_config_carry(f, c, &ops) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_OK, c->rec, NULL);

    return crm_write_commit(f, &ops);
}
