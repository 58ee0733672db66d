/*
 * Lists of activities (api.md, section 4): the query, who may see them, the
 * page.  Where they are found is in crm_activities_source.c.
 */

#include "crm_activities_int.h"
#include "crm_activity_op.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_acts_seen(crm_flow_t *f);
static ngx_int_t crm_acts_plan(crm_flow_t *f, crm_acts_t *acts);


/* ---- the page ----------------------------------------------------------- */

static ngx_int_t
crm_acts_admit(crm_flow_t *f, crm_record_t *activity)
{
    crm_acts_t  *acts = f->data;

    /* one that stands in two sources comes twice in a row */

    if (acts->twice && acts->scan.mode != CRM_SCAN_BY_FEW
        && acts->last == crm_record_id(activity))
    {
        return NGX_DECLINED;
    }

    acts->last = crm_record_id(activity);
    crm_activity_view(activity, f->conf, f->now);

    return acts->by_record || crm_activity_visible(f, activity)
           ? NGX_OK : NGX_DECLINED;
}


/* in front of those of the query string: of two on a record the path's counts */

static ngx_int_t
crm_acts_add_filter(crm_flow_t *f, crm_query_t *query, unsigned field,
    const int64_t *num, ngx_uint_t n)
{
    crm_filter_t  *filter;

    filter = crm_arena_calloc(&f->arena, (query->nfilters + 1)
                                         * sizeof(crm_filter_t));
    if (filter == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(filter + 1, query->filter,
               query->nfilters++ * sizeof(crm_filter_t));
    query->filter = filter;

    filter->field = field;
    filter->n = n;
    filter->num = crm_arena_alloc(&f->arena, n * sizeof(int64_t));

    if (filter->num == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(filter->num, num, n * sizeof(int64_t));

    return NGX_OK;
}


/* the states asked for; without a filter the open ones */

static ngx_int_t
crm_acts_states(crm_flow_t *f, crm_acts_t *acts)
{
    ngx_uint_t           i;
    crm_query_t         *query = &acts->scan.query;
    const crm_filter_t  *filter;

    static const int64_t  open[] = {
        CRM_ACT_OVERDUE, CRM_ACT_TODAY, CRM_ACT_PLANNED
    };

    filter = crm_query_filter(query, CRM_ACTIVITY_STATE);

    for (i = 0; filter != NULL && i < filter->n; i++) {
        acts->states |= 1 << filter->num[i];
    }

    if (filter != NULL || crm_query_filter(query, CRM_ID) != NULL) {
        acts->states = filter != NULL ? acts->states : 0x1f;
        return NGX_OK;
    }

    acts->states = CRM_ACTS_OPEN;

    return crm_acts_add_filter(f, query, CRM_ACTIVITY_STATE, open, 3);
}


static ngx_int_t
crm_acts_parse(crm_flow_t *f, crm_acts_t *acts)
{
    ngx_int_t      rc;
    unsigned       field;
    crm_query_t   *query = &acts->scan.query;
    crm_params_t  *params = &crm_request(f)->params;

    rc = crm_query_parse(f, params, &crm_entities[CRM_KIND_ACTIVITY], query);
    if (rc != NGX_OK) {
        return rc;
    }

    query->sort = CRM_ACTIVITY_DUE_DATE;

    if (acts->record != 0) {
        field = acts->kind == CRM_KIND_LEAD ? CRM_ACTIVITY_LEAD_ID
                                            : CRM_ACTIVITY_CONTACT_ID;

        if (crm_acts_add_filter(f, query, field, &acts->record, 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* a cursor belongs to one record's list */

        query->hash = query->hash * 31 + (uint64_t) acts->record * 2
                      + (acts->kind == CRM_KIND_LEAD);
    }

    if (query->cursor.len > 0) {
        rc = crm_sort_key_decode(f, query, &acts->scan.after);
        acts->scan.begun = 1;
    }

    return rc == NGX_OK ? crm_acts_states(f, acts) : rc;
}


/* ---- whose list it is --------------------------------------------------- */

/* a record that the path names must be there; one that a filter names must
   not be hidden (api.md, "Authentication") */

static ngx_int_t
crm_acts_look(crm_flow_t *f, crm_acts_t *acts)
{
    ngx_uint_t           i;
    crm_str_t            none = crm_null_string;
    const crm_filter_t  *filter;

    if (acts->record != 0 && acts->kind == CRM_KIND_CONTACT) {
        crm_flow_call(f, "HGETALL", crm_flow_key(f, "contact:%lld",
                                                 (long long) acts->record),
                      none, none, none);
        return crm_flow_wait(f, crm_acts_seen);
    }

    filter = crm_query_filter(&acts->scan.query, CRM_ACTIVITY_LEAD_ID);

    if (filter == NULL || filter->n == 0
        || (acts->record == 0 && crm_sees_all(f)))
    {
        return crm_acts_plan(f, acts);
    }

    for (i = 0; i < filter->n; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   filter->num[i]),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_acts_seen);
}


static ngx_int_t
crm_acts_seen(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    crm_acts_t          *acts = f->data;
    crm_record_t        *rec;
    const crm_entity_t  *entity;

    entity = &crm_entities[acts->record != 0 ? acts->kind : CRM_KIND_LEAD];

    for (i = 0; i < f->nreply; i++) {
        rc = crm_read_record(f, entity, 1, &f->reply[i], &rec);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED
            || (acts->record == 0 && rec->v[CRM_LEAD_MERGED_INTO].set))
        {
            return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        }

        rc = entity->kind == CRM_KIND_LEAD ? crm_lead_readable(f, rec)
                                           : NGX_OK;

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? NGX_OK : rc;
        }
    }

    return crm_acts_plan(f, acts);
}


static ngx_int_t
crm_acts_plan(crm_flow_t *f, crm_acts_t *acts)
{
    crm_scan_t  *scan = &acts->scan;

    scan->part = "a";
    scan->kind = CRM_KIND_ACTIVITY;
    scan->admit = crm_acts_admit;

    if (crm_acts_sources(f, acts) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_scan_start(f);
}


static ngx_int_t
crm_acts_list(crm_flow_t *f, crm_kind_t kind)
{
    ngx_int_t    rc;
    crm_acts_t  *acts;

    acts = crm_arena_calloc(&f->arena, sizeof(crm_acts_t));
    if (acts == NULL) {
        return NGX_ERROR;
    }

    f->data = acts;

    acts->kind = kind;
    acts->record = kind != CRM_KIND_NONE ? crm_request(f)->id[0] : 0;

    rc = crm_acts_parse(f, acts);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_acts_look(f, acts);
}


ngx_int_t
crm_activities_list(crm_flow_t *f)
{
    return crm_acts_list(f, CRM_KIND_NONE);
}


ngx_int_t
crm_activities_of_lead(crm_flow_t *f)
{
    return crm_acts_list(f, CRM_KIND_LEAD);
}


ngx_int_t
crm_activities_of_contact(crm_flow_t *f)
{
    return crm_acts_list(f, CRM_KIND_CONTACT);
}
