/* what takes long with a tenant, as jobs: its deletion, its check */

#include "crm_check.h"
#include "crm_respond.h"
#include "crm_tenants.h"
#include "crm_tenants_delete.h"
#include "crm_write.h"


typedef struct {
    crm_str_t              slug;
    const crm_job_kind_t  *kind;
    ngx_uint_t             repair;
} crm_tenants_job_t;


static ngx_int_t crm_tenants_job_seen(crm_flow_t *f);
static ngx_int_t crm_tenants_hidden(crm_flow_t *f);
static ngx_int_t crm_tenants_job_create(crm_flow_t *f);


static ngx_int_t
crm_tenants_job(crm_flow_t *f, const crm_job_kind_t *kind,
    ngx_uint_t repair)
{
    ngx_int_t           rc;
    crm_tenants_job_t  *j;

    j = crm_arena_calloc(&f->arena, sizeof(crm_tenants_job_t));
    if (j == NULL) {
        return NGX_ERROR;
    }

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &j->slug);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    j->kind = kind;
    j->repair = repair;
    f->data = j;

    crm_tenants_ask(f, &j->slug);
    crm_job_ask(f, kind);

    return crm_flow_wait(f, crm_tenants_job_seen);
}


ngx_int_t
crm_operator_delete(crm_flow_t *f)
{
    return crm_tenants_job(f, &crm_tenant_delete_job, 0);
}


ngx_int_t
crm_operator_check(crm_flow_t *f)
{
    ngx_int_t    rc;
    crm_input_t  input;

    rc = crm_write_action(f, &crm_tenant_check_entity, &input);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_tenants_job(f, &crm_check_job, input.values->v[0].num);
}


static ngx_int_t
crm_tenants_job_seen(crm_flow_t *f)
{
    crm_ops_t           ops;
    crm_str_t           root, none = crm_null_string;
    crm_tenant_seen_t   seen;
    crm_tenants_job_t  *j = f->data;

    if (crm_tenants_take(f, &j->slug, f->reply, &seen) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!seen.registered
        || (j->kind == &crm_check_job
            && seen.rec->v[CRM_TENANT_STATE].num > CRM_TENANT_SUSPENDED))
    {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    if (j->kind == &crm_check_job
        || seen.rec->v[CRM_TENANT_STATE].num == CRM_TENANT_DELETING)
    {
        crm_flow_shift(f, CRM_TENANTS_ASK_N);
        return crm_tenants_job_create(f);
    }

    if (crm_write_match(f, seen.rec) != NGX_OK) {
        return NGX_OK;
    }

    /* a new `conf' refuses what other requests are about to write */

    root = crm_tenants_key(f, &j->slug, "tenant");

    crm_ops_init(&ops, &f->arena);

    crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, root, crm_str("state"),
                  seen.state);
    crm_ops_put(&ops, "HINCRBY", root, crm_str("conf"), crm_str("1"), none);
    crm_ops_put(&ops, "HSET", root, crm_str("state"), crm_str("deleting"),
                none);

    crm_flow_commit(f, &ops);
    crm_job_ask(f, j->kind);

    return crm_flow_wait(f, crm_tenants_hidden);
}


static ngx_int_t
crm_tenants_hidden(crm_flow_t *f)
{
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        crm_flow_shift(f, 1);
        return crm_tenants_job_create(f);

    case NGX_DECLINED:
        return crm_flow_retry(f);

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
crm_tenants_job_create(crm_flow_t *f)
{
    crm_ops_t           ops;
    crm_str_t           params;
    crm_record_t       *job;
    crm_tenants_job_t  *j = f->data;

    params = crm_arena_printf(&f->arena, "{\"tenant\":\"%.*s\",\"repair\":%s}",
                              (int) j->slug.len, j->slug.data,
                              j->repair ? "true" : "false");

    crm_ops_init(&ops, &f->arena);

    job = crm_job_create(f, j->kind, params, -1, &f->reply[0], &ops);

    return crm_job_submit(f, &ops, job);
}
