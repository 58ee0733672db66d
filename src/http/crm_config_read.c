/*
 * GET of one object of configuration: fields, include, how often a lost reason
 * is used, how a duplicate rule fares.
 */

#include "crm_config_http.h"
#include "crm_digest.h"
#include "crm_dup_job.h"
#include "crm_handlers.h"
#include "crm_include.h"
#include "crm_respond.h"
#include "crm_route.h"
#include "crm_write.h"


static ngx_int_t crm_config_read_used(crm_flow_t *f);
static ngx_int_t crm_config_read_health(crm_flow_t *f);
static void crm_config_read_answer(crm_flow_t *f, const crm_view_t *view,
    const crm_record_t *rec, uint64_t part);


const crm_entity_t *
crm_config_entity(crm_flow_t *f)
{
    return &crm_entities[crm_request(f)->route->kind];
}


/* who may only pick users sees no more than a picker needs (api.md, roles) */

const crm_mask_t *
crm_config_mask(crm_flow_t *f, crm_kind_t kind)
{
    static const crm_mask_t  picker = {
        { 1ULL << CRM_USER_ID | 1ULL << CRM_USER_NAME
          | 1ULL << CRM_USER_ACTIVE, 0 }
    };

    return kind == CRM_KIND_USER && f->role == CRM_ROLE_SALESPERSON
           ? &picker : NULL;
}


crm_record_t *
crm_config_named(crm_flow_t *f)
{
    crm_request_t  *q = crm_request(f);

    return crm_conf_find(f->conf, q->route->kind,
                         q->route->kind == CRM_KIND_SETTINGS ? 1 : q->id[0]);
}


ngx_int_t
crm_config_read(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_view_t    *view;
    crm_record_t  *rec;

    view = crm_arena_alloc(&f->arena, sizeof(crm_view_t));
    if (view == NULL) {
        return NGX_ERROR;
    }

    rc = crm_view_parse(f, crm_config_entity(f), view);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (rec->entity->kind == CRM_KIND_LOST_REASON) {
        f->data = view;

        crm_flow_call(f, "HGET", crm_flow_key(f, "count:lost_reason"),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) crm_record_id(rec)),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);

        return crm_flow_wait(f, crm_config_read_used);
    }

    if (rec->entity->kind == CRM_KIND_DUPLICATE_RULE) {
        f->data = view;
        (void) crm_dup_health_ask(f, rec);

        return crm_flow_wait(f, crm_config_read_health);
    }

    crm_config_read_answer(f, view, rec, 0);

    return NGX_OK;
}


static ngx_int_t
crm_config_read_used(crm_flow_t *f)
{
    int64_t        used;
    crm_record_t  *rec;

    rec = crm_config_named(f);
    rec = rec ? crm_record_copy(&f->arena, rec) : NULL;

    if (rec == NULL) {
        return NGX_ERROR;
    }

    if (crm_str_int(&f->reply[0].str, &used) != CRM_OK) {
        used = 0;
    }

    crm_value_set_num(&rec->v[CRM_LOST_REASON_USED], used);

    crm_config_read_answer(f, f->data, rec, used + 1);

    return NGX_OK;
}


static ngx_int_t
crm_config_read_health(crm_flow_t *f)
{
    crm_record_t     *rec;
    const crm_str_t  *health;

    if (crm_dup_health_outdated(f, f->nreply)) {
        return crm_flow_retry(f);
    }

    rec = crm_config_named(f);
    rec = rec ? crm_dup_health_take(f, rec, f->reply, f->nreply) : NULL;

    if (rec == NULL) {
        return NGX_ERROR;
    }

    health = &rec->v[CRM_DUPLICATE_RULE_HEALTH].str;

    crm_config_read_answer(f, f->data, rec,
                           health->len ? crm_hash64(health->data, health->len)
                                       : 0);

    return NGX_OK;
}


static void
crm_config_read_answer(crm_flow_t *f, const crm_view_t *view,
    const crm_record_t *rec, uint64_t part)
{
    crm_view_json(f, view, crm_answer_json(f, NGX_HTTP_OK), rec);
    crm_answer_etag(f, crm_record_version(rec),
                    part ^ crm_view_hash(f, view, rec));
}
