/* writes of activities; see crm_activity_op.h */

#include "crm_activity_op.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_respond.h"
#include "crm_scan.h"
#include "crm_take.h"


static ngx_int_t crm_activity_op_found(crm_flow_t *f);
static ngx_int_t crm_activity_op_load(crm_flow_t *f);
static ngx_int_t crm_activity_op_loaded(crm_flow_t *f);
static ngx_int_t crm_activity_op_others(crm_flow_t *f);
static ngx_int_t crm_activity_op_decide(crm_flow_t *f);
static ngx_int_t crm_activity_op_committed(crm_flow_t *f);


/* ---- who may ------------------------------------------------------------ */

ngx_uint_t
crm_activity_writable(crm_flow_t *f, const crm_record_t *activity)
{
    const crm_value_t  *v = activity->v;

    if (crm_sees_all(f) || !v[CRM_ACTIVITY_LEAD_ID].set) {
        return 1;
    }

    return !v[CRM_ACTIVITY_OWNER].set
           || v[CRM_ACTIVITY_OWNER].num == crm_record_id(f->user);
}


ngx_uint_t
crm_activity_visible(crm_flow_t *f, const crm_record_t *activity)
{
    return crm_activity_writable(f, activity)
           || activity->v[CRM_ACTIVITY_USER_ID].num
              == crm_record_id(f->user);
}


/* ---- the answer --------------------------------------------------------- */

uint64_t
crm_activity_moment(const crm_record_t *activity)
{
    return 1 + (uint64_t) activity->v[CRM_ACTIVITY_STATE].num;
}


void
crm_activity_json(crm_flow_t *f, crm_out_t *out, crm_record_t *activity)
{
    crm_activity_view(activity, f->conf, f->now);
    crm_record_json(out, activity, NULL);
}


void
crm_activity_answer(crm_flow_t *f, ngx_uint_t status, crm_record_t *activity)
{
    crm_activity_view(activity, f->conf, f->now);
    crm_write_answer(f, status, activity, NULL);
    crm_answer_etag(f, crm_record_version(activity),
                    crm_activity_moment(activity));
}


/* ---- reading ------------------------------------------------------------ */

static void
crm_activity_op_read(crm_flow_t *f, crm_str_t key)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL", key, none, none, none);
}


ngx_int_t
crm_activity_op_start(crm_flow_t *f)
{
    crm_activity_op_t  *o = f->data;

    if (o->id == 0) {
        return crm_gate_enter(f, crm_change_key(&f->arena,
                                                &f->tenant->prefix,
                                                o->lead_id ? "lead"
                                                           : "contact",
                                                o->lead_id ? o->lead_id
                                                           : o->contact_id),
                              crm_activity_op_load);
    }

    crm_activity_op_read(f, crm_activity_hash_key(&f->arena,
                                                  &f->tenant->prefix,
                                                  o->id));

    return crm_flow_wait(f, crm_activity_op_found);
}


/* faults of the body come before what is hidden or not there */

static ngx_int_t
crm_activity_op_hidden(crm_flow_t *f)
{
    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
}


static ngx_int_t
crm_activity_op_found(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_str_t           key;
    crm_activity_op_t  *o = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY], o->id,
                         &f->reply[0], &o->old);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED || !crm_activity_visible(f, o->old)) {
        return crm_activity_op_hidden(f);
    }

    o->lead_id = o->old->v[CRM_ACTIVITY_LEAD_ID].num;
    o->contact_id = o->old->v[CRM_ACTIVITY_CONTACT_ID].num;

    key = o->lead_id ? crm_lead_key(&f->arena, &f->tenant->prefix, o->lead_id)
                     : crm_activity_hash_key(&f->arena, &f->tenant->prefix,
                                             o->id);

    return crm_gate_enter(f, key, crm_activity_op_load);
}


/* id counter, the record, its open activities, and the one that is meant */

static ngx_int_t
crm_activity_op_load(crm_flow_t *f)
{
    int64_t             id;
    crm_str_t           none = crm_null_string;
    crm_kind_t          kind;
    crm_arena_t        *a = &f->arena;
    crm_activity_op_t  *o = f->data;

    kind = o->lead_id ? CRM_KIND_LEAD : CRM_KIND_CONTACT;
    id = o->lead_id ? o->lead_id : o->contact_id;

    o->takes = o->id == 0 && f->answer.faults.n == 0
               && crm_take_ask(f, CRM_KIND_ACTIVITY);

    if (!o->takes) {
        crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:activity"),
                      none, none);
    }

    crm_activity_op_read(f, crm_change_key(a, &f->tenant->prefix,
                                           kind == CRM_KIND_LEAD ? "lead"
                                                                 : "contact",
                                           id));
    crm_flow_call(f, "ZRANGEBYSCORE",
                  crm_activity_bucket(a, &f->tenant->prefix, kind, id, 0),
                  crm_arena_printf(a, "%lld", (long long)
                              crm_activity_score(id, CRM_ACTIVITY_FIRST)),
                  crm_arena_printf(a, "(%lld", (long long)
                              crm_activity_score(id, CRM_ACTIVITY_LAST)),
                  none);

    if (o->id != 0) {
        crm_activity_op_read(f, crm_activity_hash_key(a, &f->tenant->prefix,
                                                      o->id));
    }

    return crm_flow_wait(f, crm_activity_op_loaded);
}


/* named by a body: a lead that may not be seen is none, and not one of
   those that are lacking either (api.md, roles) */

static ngx_int_t
crm_activity_op_no_record(crm_flow_t *f, crm_activity_op_t *o)
{
    if (o->id == 0 && o->lead_field.len > 0
        && (o->contact_id != 0 || crm_sees_all(f)))
    {
        crm_fault(&f->answer.faults, &o->lead_field, CRM_FAULT_NOT_FOUND,
                  "there is no such record");
    }

    return crm_activity_op_hidden(f);
}


/* from the beginning; NGX_DECLINED: that has ended already, or it is too late
   for it */

static ngx_int_t
crm_activity_op_anew(crm_flow_t *f)
{
    ngx_int_t  rc;

    rc = crm_flow_retry(f);

    return rc == NGX_OK ? NGX_DECLINED : rc;
}


/* NGX_DECLINED: the answer is prepared */

static ngx_int_t
crm_activity_op_record(crm_flow_t *f, crm_activity_op_t *o)
{
    ngx_int_t  rc;

    if (o->lead_id == 0) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT],
                             o->contact_id, &f->reply[1], &o->contact);

        if (rc == NGX_DECLINED) {
            return crm_activity_op_no_record(f, o) == NGX_OK ? NGX_DECLINED
                                                             : NGX_ERROR;
        }

        return rc;
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], o->lead_id,
                         &f->reply[1], &o->old_lead);

    if (rc == NGX_ERROR) {
        return rc;
    }

    /* the assignee's own may be on a lead that they may not see */

    if (rc == NGX_DECLINED
        || (o->id == 0 && !o->old_lead->v[CRM_LEAD_MERGED_INTO].set
            && !crm_may_see(f, o->old_lead)))
    {
        return crm_activity_op_no_record(f, o) == NGX_OK ? NGX_DECLINED
                                                         : NGX_ERROR;
    }

    if (f->answer.faults.n > 0 && o->id == 0) {
        return NGX_OK;                  /* told before the lead's state */
    }

    /* the activity has gone to the survivor since it was read */

    if (o->old_lead->v[CRM_LEAD_MERGED_INTO].set) {
        return o->id != 0 ? crm_activity_op_anew(f)
                          : crm_lead_visible(f, o->old_lead);
    }

    return NGX_OK;
}


static ngx_int_t
crm_activity_op_again(crm_flow_t *f, crm_activity_op_t *o)
{
    ngx_int_t  rc;

    if (o->id == 0) {
        return NGX_OK;
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY], o->id,
                         &f->reply[3], &o->old);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED || !crm_activity_visible(f, o->old)) {
        (void) crm_activity_op_hidden(f);
        return NGX_DECLINED;
    }

    if (o->old->v[CRM_ACTIVITY_LEAD_ID].num != o->lead_id) {
        return crm_activity_op_anew(f);
    }

    return NGX_OK;
}


static ngx_int_t
crm_activity_op_loaded(crm_flow_t *f)
{
    int64_t             id;
    ngx_int_t           rc;
    ngx_uint_t          i, n;
    const crm_reply_t  *open = &f->reply[2];
    crm_activity_op_t  *o = f->data;

    o->taken = o->takes ? crm_take_id(f, CRM_KIND_ACTIVITY, &f->reply[0]) : 0;

    if (o->takes || crm_str_int(&f->reply[0].str, &o->seen) != CRM_OK) {
        o->seen = 0;
    }

    rc = crm_activity_op_record(f, o);

    if (rc == NGX_OK) {
        rc = crm_activity_op_again(f, o);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->nopen = open->n;

    /* a creation adds to the summary; only what ends asks for the others */

    if (o->id == 0 || o->lead_id == 0) {
        return crm_activity_op_decide(f);
    }

    o->other = crm_arena_calloc(&f->arena, (open->n + 1)
                                           * sizeof(crm_record_t *));
    o->other_id = crm_arena_calloc(&f->arena, (open->n + 1)
                                              * sizeof(int64_t));
    if (o->other == NULL || o->other_id == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < open->n; i++) {
        id = crm_walk_id(&open->item[i].str);

        if (id != o->id && id > 0) {
            o->other_id[n++] = id;
            crm_activity_op_read(f, crm_activity_hash_key(&f->arena,
                                                        &f->tenant->prefix,
                                                        id));
        }
    }

    return n > 0 ? crm_flow_wait(f, crm_activity_op_others)
                 : crm_activity_op_decide(f);
}


static ngx_int_t
crm_activity_op_others(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    crm_activity_op_t  *o = f->data;

    for (o->nothers = 0, i = 0; i < f->nreply; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY],
                             o->other_id[i], &f->reply[i],
                             &o->other[o->nothers]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        o->nothers += rc == NGX_OK;
    }

    return crm_activity_op_decide(f);
}


/* ---- the commit --------------------------------------------------------- */

/* ids, the record that they are on */

static void
crm_activity_op_place(crm_flow_t *f, crm_activity_op_t *o)
{
    ngx_uint_t     i;
    crm_record_t  *rec;

    for (i = 0; i < o->nadded; i++) {
        rec = o->added[i];

        crm_value_set_num(&rec->v[CRM_ID],
                          crm_take_or_next(f, CRM_KIND_ACTIVITY, o->taken,
                                           o->seen));
        crm_activity_place(rec, o->lead);

        if (o->lead == NULL) {
            crm_value_set_num(&rec->v[CRM_ACTIVITY_CONTACT_ID],
                              o->contact_id);
        }
    }
}


static ngx_int_t
crm_activity_op_due(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    ngx_uint_t      i, n;
    crm_record_t  **all;

    if (o->id == 0) {
        for (i = 0; i < o->nadded; i++) {
            if (crm_activity_due_add(rule, o->lead, o->added[i]) != CRM_OK) {
                return NGX_ERROR;
            }
        }

        return NGX_OK;
    }

    all = crm_arena_alloc(&f->arena, (o->nothers + o->nadded + 1)
                                     * sizeof(crm_record_t *));
    if (all == NULL) {
        return NGX_ERROR;
    }

    n = 0;
    all[n++] = o->rec;

    for (i = 0; i < o->nothers; i++) {
        all[n++] = o->other[i];
    }

    for (i = 0; i < o->nadded; i++) {
        all[n++] = o->added[i];
    }

    return crm_activity_due(rule, o->lead, all, n) == CRM_OK ? NGX_OK
                                                             : NGX_ERROR;
}


static ngx_int_t
crm_activity_op_write(crm_flow_t *f, crm_activity_op_t *o, crm_rule_t *rule)
{
    ngx_uint_t  i;

    /* one was taken: several follow one another */

    if (o->nadded != 1) {
        o->taken = 0;
    }

    crm_take_rule(rule, CRM_KIND_ACTIVITY, o->taken);
    crm_activity_op_place(f, o);

    if (o->lead != NULL
        && (crm_activity_op_due(f, o, rule) != NGX_OK
            || crm_lead_commit(&o->ops, rule, o->old_lead, o->lead,
                               o->message)
               != CRM_OK))
    {
        return NGX_ERROR;
    }

    if (o->old != NULL
        && crm_activity_commit(&o->ops, rule, o->old, o->rec) != CRM_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < o->nadded; i++) {
        if (crm_activity_commit(&o->ops, rule, NULL, o->added[i]) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_activity_op_decide(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_rule_t          rule;
    crm_activity_op_t  *o = f->data;

    crm_write_rule(f, &rule);
    crm_ops_init(&o->ops, &f->arena);

    if (o->old_lead != NULL) {
        o->lead = crm_record_copy(&f->arena, o->old_lead);

        if (o->lead == NULL) {
            return NGX_ERROR;
        }
    }

    rc = o->decide(f, o, &rule);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (o->id == 0 && o->nopen + o->nadded > CRM_ACTIVITIES_MAX) {
        return crm_flow_problem(f, CRM_P_TOO_MANY,
                                "the record has too many open activities");
    }

    if (o->unchanged) {
        return o->answer(f, o);
    }

    if (crm_activity_op_write(f, o, &rule) != NGX_OK
        || o->answer(f, o) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_idem_commit(f, &o->ops);
    crm_ops_counters_first(&o->ops);

    if (o->ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &o->ops);

    return crm_flow_wait(f, crm_activity_op_committed);
}


static ngx_int_t
crm_activity_op_committed(crm_flow_t *f)
{
    crm_str_t           current;
    ngx_uint_t          failed;
    crm_activity_op_t  *o = f->data;

    switch (crm_commit_reply(&f->reply[0], &failed, &current)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        break;

    default:
        return NGX_ERROR;
    }

    if (failed < o->ops.nchecks
        && o->ops.checks[failed].tag == CRM_FAILED_ID)
    {
        crm_tenant_seen_id(f->tenant, CRM_KIND_ACTIVITY, &current);
    }

    return crm_flow_retry(f);
}
