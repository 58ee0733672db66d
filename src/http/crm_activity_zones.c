/*
 * The job that carries a changed time zone to the days of meetings and the due
 * summaries of leads (api.md, "Changing what many records depend on";
 * design.md, "Time").
 *
 * Walks all activities by id: what is planned meanwhile has a higher one, and
 * knows the new zone already.
 */

#include "crm_activity_zones.h"
#include "crm_activity.h"
#include "crm_scan.h"
#include "crm_write.h"


#define CRM_ZONES_BATCH  100        /* activities of a slice */


/* a lead with an activity of somebody whose zone has changed */
typedef struct {
    int64_t         id;
    crm_record_t   *old;
    crm_record_t  **activity;
    ngx_uint_t      n;
    unsigned        moved:1;        /* one of them has another day */
} crm_zones_lead_t;

typedef struct {
    int64_t            first;           /* ids of this slice */
    int64_t            last;
    ngx_uint_t         end;
    crm_zones_lead_t   lead[CRM_ZONES_BATCH];
    ngx_uint_t         nleads;
    ngx_uint_t        *of;              /* lead of each activity asked for */
    int64_t           *id;
    ngx_uint_t         n;
    int64_t            loose[CRM_ZONES_BATCH];  /* meetings without a lead */
    ngx_uint_t         nloose;
} crm_zones_t;


static ngx_int_t crm_zones_slice(crm_flow_t *f);
static ngx_int_t crm_zones_taken(crm_flow_t *f);
static ngx_int_t crm_zones_leads(crm_flow_t *f);
static ngx_int_t crm_zones_activities(crm_flow_t *f);
static ngx_int_t crm_zones_save(crm_flow_t *f, crm_ops_t *ops);


const crm_job_kind_t  crm_zones_job = {
    .name = crm_string("time_zone"),
    .slice = crm_zones_slice,
    .carries = 1
};


ngx_uint_t
crm_zones_carries(const crm_record_t *old, const crm_record_t *rec)
{
    unsigned  field;

    switch (rec->entity->kind) {

    case CRM_KIND_USER:
        field = CRM_USER_TIMEZONE;
        break;

    case CRM_KIND_SETTINGS:
        field = CRM_SETTINGS_TIMEZONE;
        break;

    default:
        return 0;
    }

    return !crm_str_eq(&old->v[field].str, &rec->v[field].str);
}


ngx_int_t
crm_zones_carry(crm_flow_t *f, const crm_record_t *rec,
    const crm_reply_t *asked, crm_ops_t *ops)
{
    crm_str_t  params;

    params = crm_arena_printf(&f->arena, "{\"user_id\":%lld,\"conf\":%lld}",
                              rec->entity->kind == CRM_KIND_USER
                              ? (long long) crm_record_id(rec) : 0LL,
                              (long long) f->conf->version + 1);

    return params.data != NULL
           && crm_job_create(f, &crm_zones_job, params, -1, asked, ops)
              != NULL
           ? NGX_OK : NGX_ERROR;
}


static int64_t
crm_zones_param(crm_flow_t *f, const char *name)
{
    return json_integer_value(json_object_get(crm_job(f)->params, name));
}


static ngx_int_t
crm_zones_slice(crm_flow_t *f)
{
    int64_t       id;
    crm_str_t     argv[6], none = crm_null_string;
    crm_zones_t  *z;

    /* a snapshot from before the change would find nothing to do */

    if (f->conf->version < crm_zones_param(f, "conf")) {
        return crm_flow_retry(f);
    }

    z = crm_arena_calloc(&f->arena, sizeof(crm_zones_t));
    if (z == NULL) {
        return NGX_ERROR;
    }

    f->data = z;

    if (crm_str_int(&crm_job(f)->cursor, &z->first) != CRM_OK) {
        z->first = 0;
    }

    z->first++;
    z->last = z->first + CRM_ZONES_BATCH - 1;

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:activity"), none,
                  none);

    argv[0] = crm_str("HMGET");
    argv[2] = crm_str("lead");
    argv[3] = crm_str("user");
    argv[4] = crm_str("outcome");
    argv[5] = crm_entities[CRM_KIND_ACTIVITY].fields[CRM_ACTIVITY_START_AT]
                  .stored;

    for (id = z->first; id <= z->last; id++) {
        argv[1] = crm_activity_hash_key(&f->arena, &f->tenant->prefix, id);
        crm_flow_cmd(f, 6, argv);
    }

    return crm_flow_wait(f, crm_zones_taken);
}


/* it is due in the zone that has changed */

static ngx_uint_t
crm_zones_meant(crm_flow_t *f, int64_t user)
{
    int64_t              changed = crm_zones_param(f, "user_id");
    const crm_record_t  *rec;

    if (changed != 0) {
        return user == changed;
    }

    rec = user != 0 ? crm_conf_find(f->conf, CRM_KIND_USER, user) : NULL;

    return rec == NULL || !rec->v[CRM_USER_TIMEZONE].set;
}


static void
crm_zones_add(crm_flow_t *f, crm_zones_t *z, int64_t id,
    const crm_reply_t *reply)
{
    int64_t     lead, user;
    ngx_uint_t  i;

    if (!crm_reply_is_array(reply) || reply->n != 4
        || !crm_str_is(&reply->item[2].str, "open"))
    {
        return;
    }

    if (crm_str_int(&reply->item[1].str, &user) != CRM_OK) {
        user = 0;
    }

    if (!crm_zones_meant(f, user)) {
        return;
    }

    if (crm_str_int(&reply->item[0].str, &lead) != CRM_OK) {

        if (crm_reply_is_string(&reply->item[3])) {
            z->loose[z->nloose++] = id;
        }

        return;
    }

    for (i = 0; i < z->nleads; i++) {
        if (z->lead[i].id == lead) {
            return;
        }
    }

    z->lead[z->nleads++].id = lead;
}


static ngx_int_t
crm_zones_taken(crm_flow_t *f)
{
    int64_t       last, id;
    ngx_uint_t    i;
    crm_str_t     none = crm_null_string;
    crm_zones_t  *z = f->data;

    if (crm_str_int(&f->reply[0].str, &last) != CRM_OK) {
        last = 0;
    }

    z->end = z->last >= last;

    for (i = 1; i < f->nreply; i++) {
        crm_zones_add(f, z, z->first + i - 1, &f->reply[i]);
    }

    if (z->nleads == 0) {
        return crm_zones_leads(f);
    }

    for (i = 0; i < z->nleads; i++) {
        id = z->lead[i].id;

        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix, id),
                      none, none, none);
        crm_flow_call(f, "ZRANGEBYSCORE",
                      crm_activity_bucket(&f->arena, &f->tenant->prefix,
                                          CRM_KIND_LEAD, id, 0),
                      crm_arena_printf(&f->arena, "%lld", (long long)
                           crm_activity_score(id, CRM_ACTIVITY_FIRST)),
                      crm_arena_printf(&f->arena, "(%lld", (long long)
                           crm_activity_score(id, CRM_ACTIVITY_LAST)),
                      none);
    }

    return crm_flow_wait(f, crm_zones_leads);
}


static ngx_int_t
crm_zones_leads(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          i, k, n;
    crm_str_t           none = crm_null_string;
    crm_zones_t        *z = f->data;
    crm_zones_lead_t   *lead;
    const crm_reply_t  *ids;

    for (n = 0, i = 0; i < z->nleads; i++) {
        n += f->reply[2 * i + 1].n;
    }

    z->of = crm_arena_alloc(&f->arena, (n + 1) * sizeof(ngx_uint_t));
    z->id = crm_arena_alloc(&f->arena, (n + 1) * sizeof(int64_t));

    if (z->of == NULL || z->id == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < z->nleads; i++) {
        lead = &z->lead[i];
        ids = &f->reply[2 * i + 1];

        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], lead->id,
                             &f->reply[2 * i], &lead->old);

        if (rc == NGX_ERROR) {
            return rc;
        }

        lead->activity = crm_arena_calloc(&f->arena, (ids->n + 1)
                                                 * sizeof(crm_record_t *));
        if (lead->activity == NULL) {
            return NGX_ERROR;
        }

        for (k = 0; rc == NGX_OK && k < ids->n; k++) {
            z->of[z->n] = i;
            z->id[z->n] = crm_walk_id(&ids->item[k].str);

            crm_flow_call(f, "HGETALL",
                          crm_activity_hash_key(&f->arena,
                                                &f->tenant->prefix,
                                                z->id[z->n++]),
                          none, none, none);
        }
    }

    for (i = 0; i < z->nloose; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_activity_hash_key(&f->arena, &f->tenant->prefix,
                                            z->loose[i]),
                      none, none, none);
    }

    return z->n + z->nloose > 0 ? crm_flow_wait(f, crm_zones_activities)
                                : crm_zones_save(f, NULL);
}


/* reads an activity, and moves a meeting to its day; *rec is NULL where there
   is none */

static ngx_int_t
crm_zones_take(crm_flow_t *f, crm_ops_t *ops, const crm_rule_t *rule,
    int64_t id, const crm_reply_t *reply, crm_record_t **rec, ngx_uint_t *moved)
{
    ngx_int_t      rc;
    crm_record_t  *old;

    *moved = 0;
    *rec = NULL;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY], id, reply, &old);

    if (rc != NGX_OK) {
        return rc == NGX_ERROR ? rc : NGX_OK;
    }

    *rec = old;

    if (old->v[CRM_ACTIVITY_OUTCOME].num != CRM_OUTCOME_OPEN
        || !crm_zones_meant(f, old->v[CRM_ACTIVITY_USER_ID].num))
    {
        return NGX_OK;
    }

    *rec = crm_activity_rezoned(rule, old);
    *moved = *rec != old;

    return *rec != NULL
           && (!*moved || crm_activity_commit(ops, rule, old, *rec) == CRM_OK)
           ? NGX_OK : NGX_ERROR;
}


/* a lead whose activities were carried, or whose due days are others now */

static ngx_int_t
crm_zones_lead(crm_flow_t *f, crm_ops_t *ops, const crm_rule_t *rule,
    const crm_zones_lead_t *lead)
{
    crm_record_t  *new;

    if (lead->old == NULL || lead->n == 0) {
        return NGX_OK;
    }

    new = crm_record_copy(&f->arena, lead->old);

    if (new == NULL
        || crm_activity_due(rule, new, lead->activity, lead->n) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (!lead->moved && crm_str_eq(&new->v[CRM_LEAD_DUE].str,
                                   &lead->old->v[CRM_LEAD_DUE].str))
    {
        return NGX_OK;
    }

    crm_job(f)->done++;

    return crm_lead_commit(ops, rule, lead->old, new, NULL) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_zones_activities(crm_flow_t *f)
{
    int64_t            id;
    ngx_uint_t         i, moved;
    crm_ops_t          ops;
    crm_rule_t         rule;
    crm_zones_t       *z = f->data;
    crm_record_t      *new;
    crm_zones_lead_t  *lead;

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    for (i = 0; i < f->nreply; i++) {
        id = i < z->n ? z->id[i] : z->loose[i - z->n];

        if (crm_zones_take(f, &ops, &rule, id, &f->reply[i], &new, &moved)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (i >= z->n) {
            crm_job(f)->done += moved;
            continue;
        }

        lead = &z->lead[z->of[i]];
        lead->activity[lead->n] = new;
        lead->n += new != NULL;
        lead->moved |= moved;
    }

    for (i = 0; i < z->nleads; i++) {
        if (crm_zones_lead(f, &ops, &rule, &z->lead[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    crm_ops_counters_first(&ops);

    return crm_zones_save(f, &ops);
}


static ngx_int_t
crm_zones_save(crm_flow_t *f, crm_ops_t *ops)
{
    crm_str_t     text;
    crm_zones_t  *z = f->data;

    if (z->end) {
        text = crm_str("{}");
        return crm_job_finish(f, ops, &text);
    }

    text = crm_arena_printf(&f->arena, "%lld", (long long) z->last);

    return crm_job_save(f, ops, &text);
}
