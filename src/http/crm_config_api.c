/*
 * Configuration kinds over HTTP: create, read, patch, delete by the tables
 * (api.md, section 2).  What one kind has of its own stands in
 * src/domain/crm_config.c.
 */

#include "crm_activity.h"
#include "crm_activity_zones.h"
#include "crm_auth.h"
#include "crm_bulk.h"
#include "crm_change.h"
#include "crm_config.h"
#include "crm_handlers.h"
#include "crm_keyer.h"
#include "crm_respond.h"
#include "crm_route.h"
#include "crm_write.h"


typedef struct {
    crm_input_t    input;
    crm_record_t  *old;
    crm_record_t  *rec;
    crm_str_t      kinds[2];        /* names of the counts of in_use */
} crm_config_t;


static ngx_int_t crm_config_create_id(crm_flow_t *f);
static ngx_int_t crm_config_save(crm_flow_t *f);
static ngx_int_t crm_config_amounts(crm_flow_t *f);
static ngx_int_t crm_config_delete_counted(crm_flow_t *f);
static ngx_int_t crm_config_read_used(crm_flow_t *f);


static const crm_entity_t *
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


/* the record named in the path; settings have no id in theirs */

static crm_record_t *
crm_config_named(crm_flow_t *f)
{
    crm_request_t  *q = crm_request(f);

    return crm_conf_find(f->conf, q->route->kind,
                         q->route->kind == CRM_KIND_SETTINGS ? 1 : q->id[0]);
}


static ngx_int_t
crm_config_no_params(crm_flow_t *f)
{
    crm_param_t  *param;

    param = crm_param_unknown(&crm_request(f)->params);

    if (param == NULL) {
        return NGX_OK;
    }

    (void) crm_answer_bad_param(f, &param->name, NULL, 1);

    return NGX_DECLINED;
}


ngx_int_t
crm_config_read(crm_flow_t *f)
{
    crm_kind_t     kind = crm_request(f)->route->kind;
    crm_record_t  *rec;

    if (crm_config_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (kind == CRM_KIND_LOST_REASON) {
        crm_flow_call(f, "HGET", crm_flow_key(f, "count:lost_reason"),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) crm_record_id(rec)),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);

        return crm_flow_wait(f, crm_config_read_used);
    }

    crm_write_answer(f, NGX_HTTP_OK, rec, crm_config_mask(f, kind));

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

    crm_write_answer(f, NGX_HTTP_OK, rec, NULL);
    crm_answer_etag(f, crm_record_version(rec), used + 1);

    return NGX_OK;
}


ngx_int_t
crm_config_create(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_rule_t           rule;
    crm_problem_t        problem;
    crm_config_t        *c;
    const crm_entity_t  *entity = crm_config_entity(f);

    c = crm_arena_calloc(&f->arena, sizeof(crm_config_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    rc = crm_write_collect(f, entity, CRM_INPUT_CREATE, -1, &c->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

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

    if (crm_config_commit(&ops, &rule, NULL, c->rec) != CRM_OK) {
        return NGX_ERROR;
    }

    if (kind == CRM_KIND_LOST_REASON) {
        crm_value_set_num(&c->rec->v[CRM_LOST_REASON_USED], 0);
    }

    crm_write_answer(f, NGX_HTTP_CREATED, c->rec, NULL);

    return crm_write_commit(f, &ops);
}


ngx_int_t
crm_config_patch(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_config_t        *c;
    const crm_entity_t  *entity = crm_config_entity(f);

    c = crm_arena_calloc(&f->arena, sizeof(crm_config_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    rc = crm_write_collect(f, entity, CRM_INPUT_PATCH, -1, &c->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    c->old = crm_config_named(f);

    if (c->old == NULL) {
        return f->answer.faults.n > 0
               ? crm_answer_faults(f)
               : crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (entity->kind == CRM_KIND_LOST_REASON) {
        crm_flow_call(f, "HGET", crm_flow_key(f, "count:lost_reason"),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) crm_record_id(c->old)),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);

        return crm_flow_wait(f, crm_config_save);
    }

    if (entity->kind == CRM_KIND_STAGE) {
        crm_job_ask(f, &crm_stage_job);
        return crm_flow_wait(f, crm_config_save);
    }

    if (crm_mask_has(&c->input.present, CRM_SETTINGS_CURRENCY)
        && entity->kind == CRM_KIND_SETTINGS
        && !crm_str_eq(&c->old->v[CRM_SETTINGS_CURRENCY].str,
                       &c->input.values->v[CRM_SETTINGS_CURRENCY].str))
    {
        return crm_config_amounts(f);
    }

    if (entity->kind == CRM_KIND_SETTINGS || entity->kind == CRM_KIND_USER) {
        crm_job_ask(f, &crm_zones_job);
        return crm_flow_wait(f, crm_config_save);
    }

    return crm_config_save(f);
}


/* the currency changes only while no amounts exist (api.md, section 2) */

static ngx_int_t
crm_config_amounts(crm_flow_t *f)
{
    ngx_uint_t  i;

    static const char  *segments[] = { "o1", "o0", "l1", "l0" };

    for (i = 0; i < 4; i++) {
        crm_flow_call(f, "ZCARD", crm_flow_key(f, "l:s:%s:r", segments[i]),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
    }

    crm_job_ask(f, &crm_zones_job);

    return crm_flow_wait(f, crm_config_save);
}


static ngx_int_t
crm_config_save(crm_flow_t *f)
{
    int64_t        used;
    ngx_uint_t     i;
    crm_ops_t      ops;
    crm_rule_t     rule;
    crm_problem_t  problem;
    crm_config_t  *c = f->data;
    crm_kind_t     kind = c->input.entity->kind;

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

    /* the last reply is of crm_job_ask() */

    for (i = 0; kind == CRM_KIND_SETTINGS && i + 1 < f->nreply; i++) {
        if (f->reply[i].num != 0) {
            problem = CRM_P_CURRENCY_IN_USE;
        }
    }

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    if (!crm_change_touch(&rule, c->old, c->rec, NULL)) {
        crm_write_answer(f, NGX_HTTP_OK, c->old, NULL);
        return NGX_OK;
    }

    crm_ops_init(&ops, &f->arena);

    if (crm_config_commit(&ops, &rule, c->old, c->rec) != CRM_OK) {
        return NGX_ERROR;
    }

    if (kind == CRM_KIND_STAGE && crm_stage_carries(c->old, c->rec)
        && crm_stage_carry(f, c->rec, &f->reply[0], &ops) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (crm_zones_carries(c->old, c->rec)
        && crm_zones_carry(f, c->rec, &f->reply[f->nreply - 1], &ops)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_OK, c->rec, NULL);

    return crm_write_commit(f, &ops);
}


/* ---- deletion: refused with counts while others refer to it ---------------- */

/* bitmaps that hold the records which refer to a kind (keys.md) */

static const struct {
    crm_kind_t   kind;
    const char  *bitmap;
    crm_kind_t   ids;               /* whose ids the bits are */
} crm_config_facets[] = {
    { CRM_KIND_STAGE, "l:f:stage", CRM_KIND_LEAD },
    { CRM_KIND_TEAM, "l:f:team", CRM_KIND_LEAD },
    { CRM_KIND_LOST_REASON, "l:f:reason", CRM_KIND_LEAD },
    { CRM_KIND_TAG, "l:f:tag", CRM_KIND_LEAD },
    { CRM_KIND_TAG, "c:tag", CRM_KIND_CONTACT },
};

#define CRM_CONFIG_FACETS                                                     \
    (sizeof(crm_config_facets) / sizeof(crm_config_facets[0]))


static int64_t
crm_config_chunks(crm_flow_t *f, crm_kind_t ids)
{
    return (f->tenant->last_id[ids] >> CRM_CHUNK_SHIFT) + 1;
}


/* of a type, in any state */

static void
crm_config_count_activities(crm_flow_t *f, int64_t type)
{
    ngx_uint_t  i;
    crm_str_t   key, none = crm_null_string;

    const crm_activity_scope_t  scope = { 'y', type, 0 };

    for (i = 0; i < CRM_SEGMENTS; i++) {
        if (crm_activity_key(&f->arena, &f->tenant->prefix, i, &scope, &key)
            == CRM_OK)
        {
            crm_flow_call(f, "ZCARD", key, none, none, none);
        }
    }
}


ngx_int_t
crm_config_delete(crm_flow_t *f)
{
    int64_t          chunk;
    ngx_uint_t       i;
    crm_kind_t       kind = crm_request(f)->route->kind;
    crm_record_t    *rec;
    const crm_str_t  none = crm_null_string;

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (crm_write_match(f, rec) != NGX_OK) {
        return NGX_OK;
    }

    for (i = 0; i < CRM_CONFIG_FACETS; i++) {

        if (crm_config_facets[i].kind != kind) {
            continue;
        }

        for (chunk = 0;
             chunk < crm_config_chunks(f, crm_config_facets[i].ids);
             chunk++)
        {
            crm_flow_call(f, "BITCOUNT",
                          crm_flow_key(f, "%s:%lld:%lld",
                                       crm_config_facets[i].bitmap,
                                       (long long) crm_record_id(rec),
                                       (long long) chunk),
                          none, none, none);
        }
    }

    if (kind == CRM_KIND_ACTIVITY_TYPE) {
        crm_config_count_activities(f, crm_record_id(rec));
    }

    /* the counts above are those of this state of `writes` */

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("writes"), none, none);

    f->data = (void *) (uintptr_t) crm_config_chunks(f, CRM_KIND_LEAD);

    return crm_flow_wait(f, crm_config_delete_counted);
}


/* 409 with "counts": {"leads": 3, "stages": 1} */

static ngx_int_t
crm_config_in_use(crm_flow_t *f, const unsigned *config, int64_t leads,
    int64_t contacts, int64_t activities)
{
    size_t        n;
    ngx_uint_t    i;
    crm_kind_t    k;
    crm_out_t     out;

    const struct {
        crm_kind_t  kind;
        int64_t     count;
    } records[] = {
        { CRM_KIND_LEAD, leads }, { CRM_KIND_CONTACT, contacts },
        { CRM_KIND_ACTIVITY, activities }
    };

    crm_out_init(&out, &f->arena, 256);
    crm_out_lit(&out, "\"counts\":{");

    for (i = 0; i < 3; i++) {
        if (records[i].count > 0) {
            crm_out_json(&out, &crm_entities[records[i].kind].plural);
            crm_out_char(&out, ':');
            crm_out_int(&out, records[i].count);
            crm_out_char(&out, ',');
        }
    }

    for (k = 0; k < CRM_CONF_KINDS; k++) {
        if (config[k] > 0) {
            crm_out_json(&out, &crm_entities[k].plural);
            crm_out_char(&out, ':');
            crm_out_int(&out, config[k]);
            crm_out_char(&out, ',');
        }
    }

    if (crm_out_join(&out, &f->answer.members) != CRM_OK) {
        return NGX_ERROR;
    }

    f->answer.members.data[f->answer.members.len - 1] = '}';

    /* names in JSON are snake_case, those of routes are not */

    for (n = 0; n < f->answer.members.len; n++) {
        if (f->answer.members.data[n] == '-') {
            f->answer.members.data[n] = '_';
        }
    }

    return crm_flow_problem(f, CRM_P_IN_USE, NULL);
}


static ngx_int_t
crm_config_delete_counted(crm_flow_t *f)
{
    int64_t        leads, contacts, activities;
    unsigned       config[CRM_CONF_KINDS], used;
    crm_ops_t      ops;
    crm_kind_t     k;
    ngx_uint_t     i, chunks;
    crm_rule_t     rule;
    crm_record_t  *rec;

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_retry(f);
    }

    chunks = (uintptr_t) f->data;

    leads = 0;
    contacts = 0;
    activities = 0;

    for (i = 0; i + 1 < f->nreply; i++) {
        if (rec->entity->kind == CRM_KIND_ACTIVITY_TYPE) {
            activities += f->reply[i].num;

        } else if (i < chunks) {
            leads += f->reply[i].num;

        } else {
            contacts += f->reply[i].num;
        }
    }

    crm_config_references(f->conf, rec->entity->kind, crm_record_id(rec),
                          config);

    for (used = 0, k = 0; k < CRM_CONF_KINDS; k++) {
        used += config[k];
    }

    if (used > 0 || leads > 0 || contacts > 0 || activities > 0) {
        return crm_config_in_use(f, config, leads, contacts, activities);
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    crm_change_check(&ops, CRM_CHECK_FIELD_EQ, f->tenant->root,
                     crm_str("writes"), f->reply[f->nreply - 1].str,
                     CRM_FAILED_VERSION);

    if (crm_config_commit(&ops, &rule, rec, NULL) != CRM_OK) {
        return NGX_ERROR;
    }

    (void) crm_answer_nothing(f);

    return crm_write_commit(f, &ops);
}
