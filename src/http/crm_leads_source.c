/*
 * The sorted sets that hold leads in the order of a query.
 *
 * The narrowest ones that exist: a user's, a team's, a column's; where there
 * is none in this order, those of all leads by type and state.
 */

#include "crm_lead.h"
#include "crm_leads_plan.h"


#define CRM_LEADS_OWNERS  8     /* users or teams that are merged */
#define CRM_LEADS_SCOPES  16    /* of a column */


static const int64_t  crm_leads_everything[] = { CRM_BOARD_ALL };


static const struct {
    unsigned      field;
    const char   *letter;
} crm_leads_sorts[] = {
    { CRM_CREATED_AT, "c" },
    { CRM_UPDATED_AT, "u" },
    { CRM_LEAD_EXPECTED_REVENUE, "r" },
    { CRM_LEAD_EXPECTED_CLOSE, "e" },
    { CRM_LEAD_PROBABILITY, "p" },
    { CRM_LEAD_NAME, "n" }
};

#define CRM_LEADS_SORTS                                                       \
    (sizeof(crm_leads_sorts) / sizeof(crm_leads_sorts[0]))


static crm_str_t
crm_leads_sort_key(crm_flow_t *f, int64_t type, int64_t active,
    const char *letter)
{
    return crm_flow_key(f, "l:s:%c%c:%s", type == CRM_TYPE_LEAD ? 'l' : 'o',
                        active ? '1' : '0', letter);
}


void
crm_leads_segments(crm_leads_plan_t *p, crm_term_t *term, const char *letter,
    int64_t low, int64_t high)
{
    ngx_uint_t  i, k;

    for (i = 0; i < p->types.n; i++) {
        for (k = 0; k < p->actives.n; k++) {
            crm_term_range(term, crm_leads_sort_key(p->flow, p->types.id[i],
                                                    p->actives.id[k], letter),
                           low, high);
        }
    }
}


/* l:u:{user}:{t}{a}, l:t:{team}:{t}{a} */

static ngx_int_t
crm_leads_owner_sources(crm_leads_plan_t *p, u_char what,
    const crm_id_set_t *owners)
{
    ngx_uint_t  i, k, n;
    crm_str_t   key;

    for (n = 0; n < owners->n; n++) {
        for (i = 0; i < p->types.n; i++) {
            for (k = 0; k < p->actives.n; k++) {
                key = crm_flow_key(p->flow, "l:%c:%lld:%c%c", what,
                                   (long long) owners->id[n],
                                   p->types.id[i] == CRM_TYPE_LEAD
                                   ? 'l' : 'o',
                                   p->actives.id[k] ? '1' : '0');

                if (crm_scan_source(p->flow, p->scan, key, 0) != NGX_OK) {
                    return NGX_ERROR;
                }
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_leads_sort_sources(crm_leads_plan_t *p)
{
    ngx_uint_t  i, k, n;
    crm_str_t   key;

    for (n = 0; n < CRM_LEADS_SORTS; n++) {
        if (crm_leads_sorts[n].field == p->query->sort) {
            break;
        }
    }

    if (n == CRM_LEADS_SORTS) {
        return NGX_OK;                  /* id and priority: groups */
    }

    for (i = 0; i < p->types.n; i++) {
        for (k = 0; k < p->actives.n; k++) {
            key = crm_leads_sort_key(p->flow, p->types.id[i],
                                     p->actives.id[k],
                                     crm_leads_sorts[n].letter);

            if (crm_scan_source(p->flow, p->scan, key,
                                p->query->sort == CRM_LEAD_NAME)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* users and teams whose columns are merged: those asked for, if few */

static void
crm_leads_scopes(crm_leads_plan_t *p, crm_id_set_t *users,
    crm_id_set_t *teams)
{
    users->n = 1;
    users->id = (int64_t *) crm_leads_everything;
    *teams = *users;

    if (!p->users.all && p->users.n <= CRM_LEADS_SCOPES) {
        *users = p->users;
        p->by_user = 1;
    }

    if (!p->teams.all && p->teams.n * users->n <= CRM_LEADS_SCOPES) {
        *teams = p->teams;
        p->by_team = 1;
    }
}


ngx_int_t
crm_leads_stages(crm_leads_plan_t *p, crm_id_set_t *stages)
{
    unsigned                i;
    const crm_conf_list_t  *list = &p->flow->conf->list[CRM_KIND_STAGE];

    if (!p->stages.all) {
        *stages = p->stages;
        return NGX_OK;
    }

    stages->n = 0;
    stages->id = crm_arena_alloc(&p->flow->arena,
                                 (list->n + 1) * sizeof(int64_t));
    if (stages->id == NULL) {
        return NGX_ERROR;
    }

    stages->id[stages->n++] = 0;

    for (i = 0; i < list->n; i++) {
        stages->id[stages->n++] = crm_record_id(list->rec[i]);
    }

    return NGX_OK;
}


ngx_int_t
crm_leads_column_scopes(crm_leads_plan_t *p, crm_leads_columns_t *columns)
{
    if (crm_leads_stages(p, &columns->stages) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_leads_scopes(p, &columns->users, &columns->teams);

    return NGX_OK;
}


/* l:b: or l:d: of each type, stage and scope */

static ngx_int_t
crm_leads_column_sources(crm_leads_plan_t *p, const char *what,
    const crm_id_set_t *stages, const crm_id_set_t *users,
    const crm_id_set_t *teams)
{
    crm_str_t    key;
    ngx_uint_t   i, n, u, t;
    crm_flow_t  *f = p->flow;

    for (i = 0; i < p->types.n * stages->n; i++) {
        for (n = 0; n < users->n * teams->n; n++) {
            u = n / teams->n;
            t = n % teams->n;

            if (crm_lead_board_key(&f->arena, &f->tenant->prefix, what,
                                   p->types.id[i / stages->n],
                                   stages->id[i % stages->n], teams->id[t],
                                   users->id[u], &key)
                != CRM_OK
                || crm_scan_source(f, p->scan, key, 0) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_leads_columns(crm_leads_plan_t *p, const char *what)
{
    crm_leads_columns_t  c;

    if (crm_leads_column_scopes(p, &c) != NGX_OK) {
        return NGX_ERROR;
    }

    p->by_stage = 1;

    /* archived ones are in no column */

    if (p->actives.n == 1 && p->actives.id[0] == 0) {
        return NGX_OK;
    }

    if (p->types.n * c.stages.n * c.users.n * c.teams.n > CRM_SCAN_SOURCES) {
        p->by_user = 0;
        p->by_team = 0;
        c.users.n = 1;
        c.users.id = (int64_t *) crm_leads_everything;
        c.teams = c.users;
    }

    return crm_leads_column_sources(p, what, &c.stages, &c.users, &c.teams);
}


ngx_int_t
crm_leads_due(crm_leads_plan_t *p, int64_t *low, int64_t *high,
    ngx_uint_t *exact)
{
    unsigned             i, states;
    const crm_filter_t  *filter;

    *low = INT64_MIN;
    *high = INT64_MAX;
    *exact = 1;

    filter = crm_query_filter(p->query, CRM_LEAD_ACTIVITY_STATE);

    if (filter == NULL || filter->none) {
        return NGX_DECLINED;
    }

    for (states = 0, i = 0; i < filter->n; i++) {
        states |= 1 << filter->num[i];
    }

    if (!(states & (1 << CRM_ACT_PLANNED))) {
        *high = p->flow->now + 1;
        *exact = states == ((1 << CRM_ACT_OVERDUE) | (1 << CRM_ACT_TODAY));

    } else if (states == (1 << CRM_ACT_PLANNED)) {
        *low = p->flow->now + 1;

    } else if (states != 7) {
        *exact = 0;
    }

    return NGX_OK;
}


static void
crm_leads_bounds(crm_leads_plan_t *p)
{
    int64_t              low, high;
    ngx_uint_t           i, exact;
    const crm_filter_t  *filter;

    filter = crm_query_filter(p->query, p->query->sort);

    if (filter != NULL && filter->range) {
        low = filter->low;
        high = filter->high;

    } else if (p->query->sort != CRM_LEAD_NEXT_ACTIVITY
               || crm_leads_due(p, &low, &high, &exact) != NGX_OK)
    {
        return;
    }

    for (i = 0; i < p->scan->nsources; i++) {
        p->scan->source[i].low = low;
        p->scan->source[i].high = high;
    }
}


ngx_int_t
crm_leads_sources(crm_leads_plan_t *p)
{
    ngx_int_t  rc;

    if (p->query->sort == CRM_LEAD_RANK) {
        rc = crm_leads_columns(p, "b");

    } else if (p->query->sort == CRM_LEAD_NEXT_ACTIVITY) {
        rc = crm_leads_columns(p, "d");

    } else if (p->query->sort == CRM_CREATED_AT
               && !p->users.all && p->users.n <= CRM_LEADS_OWNERS)
    {
        p->by_user = 1;
        rc = crm_leads_owner_sources(p, 'u', &p->users);

    } else if (p->query->sort == CRM_CREATED_AT
               && !p->teams.all && p->teams.n <= CRM_LEADS_OWNERS)
    {
        p->by_team = 1;
        rc = crm_leads_owner_sources(p, 't', &p->teams);

    } else {
        rc = crm_leads_sort_sources(p);
    }

    if (rc == NGX_OK) {
        crm_leads_bounds(p);
    }

    return rc;
}
