/*
 * What an operation on a lead does to its activities: lost cancels the open
 * ones, a deletion takes all of them, and what lists know of the lead (its
 * user, its team, whether it is active) goes with it (semantics.md).
 *
 * Knows no operation: what differs between the old and the new lead decides.
 */

#include "crm_activity_op.h"
#include "crm_lead_op.h"
#include "crm_scan.h"


struct crm_lead_acts_s {
    int64_t        *id;
    ngx_uint_t      nopen;          /* the first ones; the others have ended */
    ngx_uint_t      nended;
    crm_record_t  **rec;
    ngx_uint_t      n;
    crm_step_pt     next;
};


static ngx_int_t crm_lead_acts_loaded(crm_flow_t *f);


void
crm_lead_acts_ids(crm_flow_t *f, int64_t lead)
{
    unsigned      ended;
    crm_str_t     none = crm_null_string;
    crm_arena_t  *a = &f->arena;

    for (ended = 0; ended < 2; ended++) {
        crm_flow_call(f, "ZRANGEBYSCORE",
                      crm_activity_bucket(a, &f->tenant->prefix,
                                          CRM_KIND_LEAD, lead, ended),
                      crm_arena_printf(a, "%lld", (long long)
                           crm_activity_score(lead, CRM_ACTIVITY_FIRST)),
                      crm_arena_printf(a, "(%lld", (long long)
                           crm_activity_score(lead, CRM_ACTIVITY_LAST)),
                      none);
    }
}


void
crm_lead_acts_ask(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n)
{
    o->acts_reply = *n;
    crm_lead_acts_ids(f, o->id);

    *n += 2;
}


ngx_int_t
crm_lead_acts_take(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_uint_t          i, n;
    crm_lead_acts_t    *acts;
    const crm_reply_t  *open = &f->reply[o->acts_reply];
    const crm_reply_t  *ended = open + 1;

    o->acts = NULL;

    if (open->n + ended->n == 0) {
        return NGX_OK;
    }

    acts = crm_arena_calloc(&f->arena, sizeof(crm_lead_acts_t));
    if (acts == NULL) {
        return NGX_ERROR;
    }

    n = open->n + ended->n;
    acts->id = crm_arena_alloc(&f->arena, n * sizeof(int64_t));
    acts->rec = crm_arena_alloc(&f->arena, n * sizeof(crm_record_t *));

    if (acts->id == NULL || acts->rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < open->n; i++) {
        acts->id[i] = crm_walk_id(&open->item[i].str);
    }

    for (i = 0; i < ended->n; i++) {
        acts->id[open->n + i] = crm_walk_id(&ended->item[i].str);
    }

    acts->nopen = open->n;
    acts->nended = ended->n;
    o->acts = acts;

    return NGX_OK;
}


crm_problem_t
crm_lead_acts_add(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule,
    crm_record_t *activity)
{
    if (o->acts != NULL && o->acts->nopen >= CRM_ACTIVITIES_MAX) {
        return CRM_P_TOO_MANY;
    }

    crm_value_set_num(&activity->v[CRM_ID],
                      crm_tenant_next_id(f->tenant, CRM_KIND_ACTIVITY, 0));
    crm_activity_place(activity, o->lead);

    o->activity = activity;

    return crm_activity_due_add(rule, o->lead, activity) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


/* ---- what differs ------------------------------------------------------- */

static ngx_uint_t
crm_lead_acts_lost(const crm_lead_op_t *o)
{
    return o->lead != NULL
           && o->lead->v[CRM_LEAD_STATE].num == CRM_STATE_LOST
           && o->old->v[CRM_LEAD_STATE].num != CRM_STATE_LOST;
}


static ngx_uint_t
crm_lead_acts_found(const crm_lead_op_t *o)
{
    return o->lead != NULL && o->old->v[CRM_LEAD_STATE].num == CRM_STATE_LOST
           && o->lead->v[CRM_LEAD_STATE].num != CRM_STATE_LOST;
}


static ngx_uint_t
crm_lead_acts_differ(const crm_lead_op_t *o, unsigned field)
{
    return o->lead->v[field].num != o->old->v[field].num;
}


/* how many of acts->id must be read, from the first on */

static ngx_uint_t
crm_lead_acts_needed(const crm_lead_op_t *o)
{
    const crm_lead_acts_t  *acts = o->acts;

    if (o->lead == NULL || crm_lead_acts_found(o)
        || crm_lead_acts_differ(o, CRM_LEAD_USER_ID)
        || crm_lead_acts_differ(o, CRM_LEAD_TEAM_ID))
    {
        return acts->nopen + acts->nended;
    }

    return crm_lead_acts_lost(o) || crm_lead_acts_differ(o, CRM_LEAD_ACTIVE)
           ? acts->nopen : 0;
}


ngx_int_t
crm_lead_acts_load(crm_flow_t *f, crm_step_pt next)
{
    ngx_uint_t      i, n;
    crm_str_t       none = crm_null_string;
    crm_lead_op_t  *o = f->data;

    n = o->acts != NULL ? crm_lead_acts_needed(o) : 0;

    if (n == 0) {
        return next(f);
    }

    for (i = 0; i < n; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_activity_hash_key(&f->arena, &f->tenant->prefix,
                                            o->acts->id[i]),
                      none, none, none);
    }

    o->acts->next = next;

    return crm_flow_wait(f, crm_lead_acts_loaded);
}


static ngx_int_t
crm_lead_acts_loaded(crm_flow_t *f)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    crm_lead_op_t    *o = f->data;
    crm_lead_acts_t  *acts = o->acts;

    for (acts->n = 0, i = 0; i < f->nreply; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY],
                             acts->id[i], &f->reply[i], &acts->rec[acts->n]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        acts->n += rc == NGX_OK;
    }

    return acts->next(f);
}


/* ---- writes ------------------------------------------------------------- */

static ngx_int_t
crm_lead_acts_change(crm_lead_op_t *o, const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t **rec)
{
    *rec = NULL;

    if (o->lead == NULL) {
        return crm_activity_commit(&o->ops, rule, old, NULL) == CRM_OK
               ? NGX_OK : NGX_ERROR;
    }

    if (crm_lead_acts_lost(o)
        && old->v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_OPEN)
    {
        if (crm_activity_cancel(rule, old, rec) != CRM_P_NONE) {
            return NGX_ERROR;
        }

    } else {
        *rec = crm_record_copy(rule->arena, old);

        if (*rec == NULL) {
            return NGX_ERROR;
        }

        if (crm_activity_placed(old, o->lead)) {
            return NGX_OK;
        }
    }

    crm_activity_place(*rec, o->lead);

    return crm_activity_commit(&o->ops, rule, old, *rec) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_lead_acts_commit(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    ngx_uint_t        i;
    crm_record_t    **rec;
    crm_lead_acts_t  *acts = o->acts;

    if (acts == NULL || acts->n == 0) {
        return NGX_OK;
    }

    rec = crm_arena_alloc(&f->arena, acts->n * sizeof(crm_record_t *));
    if (rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < acts->n; i++) {
        if (crm_lead_acts_change(o, rule, acts->rec[i], &rec[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (!crm_lead_acts_lost(o)) {
        return NGX_OK;
    }

    return crm_activity_due(rule, o->lead, rec, acts->n) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* those that the same commit cancelled which closed the lead */

void
crm_lead_acts_cancelled(crm_flow_t *f, crm_lead_op_t *o, crm_out_t *out)
{
    ngx_uint_t         i, n;
    crm_value_t       *v;
    crm_lead_acts_t   *acts = o->acts;

    crm_out_lit(out, ",\"cancelled_activities\":[");

    for (n = 0, i = 0; acts != NULL && i < acts->n; i++) {
        v = acts->rec[i]->v;

        if (v[CRM_ACTIVITY_OUTCOME].num != CRM_OUTCOME_CANCELLED
            || v[CRM_UPDATED_AT].num != o->old->v[CRM_LEAD_CLOSED_AT].num)
        {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_activity_json(f, out, acts->rec[i]);
    }

    crm_out_char(out, ']');
}
