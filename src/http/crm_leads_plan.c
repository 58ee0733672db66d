/*
 * The plan for a query about leads: who and what it is about, the groups of
 * its order, and whether the sorted sets say it all; see crm_leads_plan.h
 */

#include "crm_auth.h"
#include "crm_lead.h"
#include "crm_leads_plan.h"


static ngx_int_t crm_leads_groups(crm_leads_plan_t *p);
static void crm_leads_choose(crm_leads_plan_t *p);


ngx_int_t
crm_leads_admit(crm_flow_t *f, crm_record_t *lead)
{
    if (lead->v[CRM_LEAD_MERGED_INTO].set || !crm_may_see(f, lead)) {
        return NGX_DECLINED;
    }

    return crm_lead_view(&f->arena, lead, f->conf, f->now) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* of what is asked for, the caller's own and nobody's */

static void
crm_leads_own(crm_flow_t *f, crm_id_set_t *set)
{
    int64_t     me = crm_record_id(f->user);
    ngx_uint_t  i, n;

    if (set->all) {
        set->id[0] = me;
        set->id[1] = 0;
        set->n = 2;
        set->all = 0;
        return;
    }

    for (n = 0, i = 0; i < set->n; i++) {
        if (set->id[i] == me || set->id[i] == 0) {
            set->id[n++] = set->id[i];
        }
    }

    set->n = n;
}


ngx_int_t
crm_leads_ids(crm_flow_t *f, const crm_query_t *query, unsigned field,
    crm_id_set_t *set)
{
    ngx_uint_t           i, k;
    const crm_filter_t  *filter;

    filter = crm_query_filter(query, field);

    set->n = 0;
    set->all = filter == NULL;
    set->id = crm_arena_alloc(&f->arena, ((filter ? filter->n : 0) + 2)
                                         * sizeof(int64_t));
    if (set->id == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; filter != NULL && i < filter->n; i++) {

        for (k = 0; k < set->n && set->id[k] != filter->num[i]; k++) {
            /* void */
        }

        if (k == set->n) {
            set->id[set->n++] = filter->num[i];
        }
    }

    if (filter != NULL && filter->none) {
        set->id[set->n++] = 0;
    }

    if (field == CRM_LEAD_USER_ID && !crm_sees_all(f)) {
        crm_leads_own(f, set);
    }

    return NGX_OK;
}


static ngx_int_t
crm_leads_sets(crm_leads_plan_t *p)
{
    ngx_uint_t   i;
    crm_flow_t  *f = p->flow;

    struct {
        unsigned       field;
        crm_id_set_t  *set;
    } wanted[] = {
        { CRM_LEAD_TYPE, &p->types },
        { CRM_LEAD_ACTIVE, &p->actives },
        { CRM_LEAD_USER_ID, &p->users },
        { CRM_LEAD_TEAM_ID, &p->teams },
        { CRM_LEAD_STAGE_ID, &p->stages }
    };

    for (i = 0; i < 5; i++) {
        if (crm_leads_ids(f, p->query, wanted[i].field, wanted[i].set)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* types and active have two values, 0 and 1 */

        if (i < 2 && wanted[i].set->all) {
            wanted[i].set->id[0] = 0;
            wanted[i].set->id[1] = 1;
            wanted[i].set->n = 2;
        }

        if (!wanted[i].set->all && wanted[i].set->n == 0) {
            p->scan->empty = 1;
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_leads_plan_init(crm_flow_t *f, crm_scan_t *scan, crm_leads_plan_t *p)
{
    ngx_memzero(p, sizeof(crm_leads_plan_t));

    p->flow = f;
    p->scan = scan;
    p->query = &scan->query;

    return crm_leads_sets(p);
}


ngx_int_t
crm_leads_plan(crm_flow_t *f, crm_scan_t *scan)
{
    crm_leads_plan_t  p;

    scan->part = "l";
    scan->kind = CRM_KIND_LEAD;
    scan->admit = crm_leads_admit;

    if (crm_leads_plan_init(f, scan, &p) != NGX_OK) {
        return NGX_ERROR;
    }

    if (scan->empty) {
        return NGX_OK;
    }

    if (crm_leads_sources(&p) != NGX_OK
        || crm_leads_terms(&p) != NGX_OK
        || crm_leads_groups(&p) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_leads_total(&p);
    crm_leads_choose(&p);

    return NGX_OK;
}


/* ---- groups ------------------------------------------------------------ */

static crm_group_t *
crm_leads_group(crm_leads_plan_t *p)
{
    return &p->scan->group[p->scan->ngroups++];
}


static ngx_int_t
crm_leads_priorities(crm_leads_plan_t *p)
{
    int64_t             i, value, max;
    crm_group_t        *group;
    const crm_field_t  *field;

    field = &p->query->entity->fields[CRM_LEAD_PRIORITY];
    max = field->max;

    for (i = 0; i <= max; i++) {
        value = p->query->desc ? max - i : i;

        group = crm_leads_group(p);
        group->score = value;
        group->set = 1;
        group->term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 1);

        if (group->term == NULL) {
            return NGX_ERROR;
        }

        crm_term_key(group->term, crm_flow_key(p->flow, "l:f:prio:%lld",
                                               (long long) value));
    }

    return NGX_OK;
}


/* those without a value come last; a range of values leaves them out */

static ngx_int_t
crm_leads_unset(crm_leads_plan_t *p)
{
    ngx_uint_t           exact;
    int64_t              low, high;
    crm_group_t         *group;
    const crm_filter_t  *filter;

    static int64_t             zero = 0;
    static const crm_id_set_t  archived = { &zero, 1, 0 };

    filter = crm_query_filter(p->query, p->query->sort);

    if ((filter != NULL && filter->range)
        || (p->query->sort == CRM_LEAD_NEXT_ACTIVITY
            && crm_leads_due(p, &low, &high, &exact) == NGX_OK))
    {
        return NGX_OK;
    }

    if (p->query->sort == CRM_LEAD_RANK) {

        if (p->actives.n == 1 && p->actives.id[0] == 1) {
            return NGX_OK;
        }

        group = crm_leads_group(p);
        group->term = crm_leads_segment_term(p, &archived);

        return group->term != NULL ? NGX_OK : NGX_ERROR;
    }

    group = crm_leads_group(p);

    if (p->query->sort == CRM_LEAD_NEXT_ACTIVITY) {
        return NGX_OK;                  /* no bitmap: seen at the record */
    }

    group->term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 1);
    if (group->term == NULL) {
        return NGX_ERROR;
    }

    crm_term_key(group->term,
                 crm_flow_key(p->flow, "l:f:%s:none",
                              p->query->sort == CRM_LEAD_EXPECTED_REVENUE
                              ? "revenue" : "close"));

    return NGX_OK;
}


static ngx_int_t
crm_leads_groups(crm_leads_plan_t *p)
{
    crm_group_t  *group;

    p->scan->group = crm_arena_calloc(&p->flow->arena,
                                      8 * sizeof(crm_group_t));
    if (p->scan->group == NULL) {
        return NGX_ERROR;
    }

    switch (p->query->sort) {

    case CRM_ID:
        p->scan->by_groups = 1;
        group = crm_leads_group(p);
        group->set = 1;
        group->by_id = 1;
        return NGX_OK;

    case CRM_LEAD_PRIORITY:
        p->scan->by_groups = 1;
        return crm_leads_priorities(p);

    case CRM_LEAD_EXPECTED_REVENUE:
    case CRM_LEAD_EXPECTED_CLOSE:
    case CRM_LEAD_NEXT_ACTIVITY:
    case CRM_LEAD_RANK:
        return crm_leads_unset(p);

    default:
        return NGX_OK;
    }
}


/* ---- walk or bitmaps --------------------------------------------------- */

static void
crm_leads_choose(crm_leads_plan_t *p)
{
    unsigned             i;
    ngx_uint_t           held;
    const crm_filter_t  *filter;

    held = p->query->words.n == 0
           && (p->users.all || p->by_user)
           && !(p->query->total && p->scan->ngroups > 0)
           && !(p->scan->count != NULL && p->scan->loose);

    for (i = 0; i < p->query->nfilters; i++) {
        filter = &p->query->filter[i];

        switch (filter->field) {

        case CRM_LEAD_TYPE:
        case CRM_LEAD_USER_ID:
            break;

        case CRM_LEAD_ACTIVE:
            held &= !p->by_stage || filter->n == 1 || p->scan->ngroups > 0;
            break;

        case CRM_LEAD_TEAM_ID:
            held &= p->by_team;
            break;

        case CRM_LEAD_STAGE_ID:
            held &= p->by_stage;
            break;

        default:
            held &= (filter->range && filter->field == p->query->sort)
                    || (filter->field == CRM_LEAD_ACTIVITY_STATE
                        && p->query->sort == CRM_LEAD_NEXT_ACTIVITY
                        && !filter->none);
        }
    }

    p->scan->use_bits = !held;
}
