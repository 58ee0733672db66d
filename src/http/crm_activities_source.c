/*
 * The sorted sets of crm_activity_index.c that a list of activities is made
 * from.
 *
 * An assignee's days are cut at today where the assignee is, so that states
 * need no look at the records; over many assignees at today anywhere, and the
 * records decide.
 */

#include "crm_activities_int.h"
#include "crm_auth.h"
#include "crm_time.h"


#define CRM_ACTS_OWNERS  50     /* users, types or teams that are merged */


/* days of the scope: those below today and so on */
typedef struct {
    int64_t              first;         /* the earliest today */
    int64_t              last;          /* the latest */
} crm_acts_today_t;


static crm_acts_today_t
crm_acts_today(crm_flow_t *f, const crm_activity_scope_t *scope)
{
    int64_t           day;
    crm_acts_today_t  today;

    if (scope->what == 'u') {
        day = crm_zone_date(crm_conf_user_zone(f->conf, scope->id), f->now);
        today.first = day;
        today.last = day;
        return today;
    }

    /* on Earth it is never more than three days at once */

    day = f->now / CRM_DAY_MS - (f->now % CRM_DAY_MS < 0);
    today.first = day - 1;
    today.last = day + 1;

    return today;
}


/* days that hold all of the states asked for, and more only between them */

static void
crm_acts_bounds(crm_flow_t *f, crm_acts_t *acts,
    const crm_activity_scope_t *scope, crm_source_t *s)
{
    unsigned          open = acts->states & CRM_ACTS_OPEN;
    crm_acts_today_t  today;

    if (open == CRM_ACTS_OPEN) {
        return;
    }

    today = crm_acts_today(f, scope);
    acts->inexact |= today.first != today.last
                     || open == (CRM_ACTS_OPEN & ~(1 << CRM_ACT_TODAY));

    if (!(open & (1 << CRM_ACT_PLANNED))) {
        s->high = open & (1 << CRM_ACT_TODAY) ? today.last + 1 : today.last;
    }

    if (!(open & (1 << CRM_ACT_OVERDUE))) {
        s->low = open & (1 << CRM_ACT_TODAY) ? today.first : today.first + 1;
    }
}


static void
crm_acts_range(const crm_acts_t *acts, crm_source_t *s)
{
    const crm_filter_t  *range;

    range = crm_query_filter(&acts->scan.query, CRM_ACTIVITY_DUE_DATE);

    if (range != NULL && range->range) {
        s->low = ngx_max(s->low, range->low);
        s->high = ngx_min(s->high, range->high);
    }
}


/* every segment of a scope that holds one of the states */

static ngx_int_t
crm_acts_scope(crm_flow_t *f, crm_acts_t *acts, u_char what, int64_t id,
    int64_t type)
{
    ngx_uint_t     i;
    crm_str_t      key;
    crm_source_t  *s;

    static const struct {
        crm_activity_segment_t  segment;
        unsigned                states;
    } segments[] = {
        { CRM_SEGMENT_OPEN, CRM_ACTS_OPEN },
        { CRM_SEGMENT_DONE, 1 << CRM_ACT_DONE },
        { CRM_SEGMENT_CANCELLED, 1 << CRM_ACT_CANCELLED }
    };

    const crm_activity_scope_t  scope = { what, id, type };

    for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {

        if (!(acts->states & segments[i].states)) {
            continue;
        }

        if (crm_activity_key(&f->arena, &f->tenant->prefix,
                             segments[i].segment, &scope, &key)
            != CRM_OK
            || crm_scan_source(f, &acts->scan, key, 0) != NGX_OK)
        {
            return NGX_ERROR;
        }

        s = &acts->scan.source[acts->scan.nsources - 1];

        if (segments[i].segment == CRM_SEGMENT_OPEN) {
            crm_acts_bounds(f, acts, &scope, s);
        }

        crm_acts_range(acts, s);
    }

    return NGX_OK;
}


/* all of one record, also while it is archived */

static ngx_int_t
crm_acts_bucket(crm_flow_t *f, crm_acts_t *acts, crm_kind_t kind, int64_t id)
{
    unsigned       ended, states;
    crm_source_t  *s;

    acts->by_record = 1;
    acts->covered = 1;

    states = acts->states & CRM_ACTS_OPEN;
    acts->inexact = states != 0 && states != CRM_ACTS_OPEN;

    states = acts->states & ~CRM_ACTS_OPEN;
    acts->inexact |= states != 0 && (states & (states - 1)) == 0;
    acts->inexact |= crm_query_filter(&acts->scan.query,
                                      CRM_ACTIVITY_DUE_DATE) != NULL;

    for (ended = 0; ended < 2; ended++) {

        if (!(acts->states & (ended ? ~CRM_ACTS_OPEN : CRM_ACTS_OPEN))) {
            continue;
        }

        if (crm_scan_source(f, &acts->scan,
                            crm_activity_bucket(&f->arena,
                                                &f->tenant->prefix, kind, id,
                                                ended), 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        s = &acts->scan.source[acts->scan.nsources - 1];
        s->low = crm_activity_score(id, CRM_ACTIVITY_FIRST);
        s->high = crm_activity_score(id, CRM_ACTIVITY_LAST);
    }

    return NGX_OK;
}


/* me is an id, too: a scope must not be read twice */

static ngx_uint_t
crm_acts_said(const crm_filter_t *filter, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (filter->num[i] == filter->num[n]) {
            return 1;
        }
    }

    return 0;
}


/* the values of a filter as scopes, if they are few; NGX_DECLINED */

static ngx_int_t
crm_acts_scopes(crm_flow_t *f, crm_acts_t *acts, unsigned field, u_char what)
{
    unsigned             i;
    const crm_filter_t  *filter, *type;

    filter = crm_query_filter(&acts->scan.query, field);

    if (filter == NULL || filter->n + filter->none > CRM_ACTS_OWNERS) {
        return NGX_DECLINED;
    }

    acts->covered++;

    type = what == 'u' ? crm_query_filter(&acts->scan.query,
                                          CRM_ACTIVITY_OF_TYPE) : NULL;

    if (type != NULL && (type->n != 1 || type->none)) {
        type = NULL;
    }

    acts->covered += type != NULL;

    for (i = 0; i < filter->n + filter->none; i++) {

        if (i < filter->n && crm_acts_said(filter, i)) {
            continue;
        }

        if (crm_acts_scope(f, acts, what, i < filter->n ? filter->num[i] : 0,
                           type != NULL ? type->num[0] : 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what a salesperson may see: theirs, and those on their records */

static ngx_int_t
crm_acts_own(crm_flow_t *f, crm_acts_t *acts)
{
    int64_t              me = crm_record_id(f->user);
    const crm_filter_t  *users;

    users = crm_query_filter(&acts->scan.query, CRM_ACTIVITY_USER_ID);

    if (users != NULL && users->n == 1 && !users->none
        && users->num[0] == me)
    {
        return crm_acts_scopes(f, acts, CRM_ACTIVITY_USER_ID, 'u');
    }

    acts->twice = 1;

    if (crm_acts_scope(f, acts, 'u', me, 0) != NGX_OK
        || crm_acts_scope(f, acts, 'w', me, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return crm_acts_scope(f, acts, 'w', 0, 0);
}


/* everybody's, each by their own today */

static ngx_int_t
crm_acts_everybody(crm_flow_t *f, crm_acts_t *acts)
{
    unsigned                i, n;
    const crm_conf_list_t  *users = &f->conf->list[CRM_KIND_USER];

    n = users->n + 1;

    if ((acts->states & CRM_ACTS_OPEN) == CRM_ACTS_OPEN
        || !(acts->states & CRM_ACTS_OPEN)
        || n * 3 > CRM_SCAN_SOURCES)
    {
        return crm_acts_scope(f, acts, 0, 0, 0);
    }

    for (i = 0; i < n; i++) {
        if (crm_acts_scope(f, acts, 'u',
                           i < users->n ? crm_record_id(users->rec[i]) : 0, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* users that are active, or that are not, as the filter says; with both
   values it says nothing */

static ngx_int_t
crm_acts_user_active(crm_flow_t *f, crm_acts_t *acts)
{
    unsigned                i;
    int64_t                 active;
    crm_record_t           *user;
    const crm_filter_t     *filter;
    const crm_conf_list_t  *users = &f->conf->list[CRM_KIND_USER];

    filter = crm_query_filter(&acts->scan.query, CRM_ACTIVITY_USER_ACTIVE);

    if (filter == NULL || filter->n != 1
        || (users->n + 1) * 3 > CRM_SCAN_SOURCES)
    {
        return NGX_DECLINED;
    }

    acts->covered++;

    for (i = 0; i <= users->n; i++) {
        user = i < users->n ? users->rec[i] : NULL;
        active = user == NULL || user->v[CRM_USER_ACTIVE].num;

        if (active == filter->num[0]
            && crm_acts_scope(f, acts, 'u', user ? crm_record_id(user) : 0,
                              0)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_acts_find(crm_flow_t *f, crm_acts_t *acts)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    const crm_filter_t  *filter;

    static const struct {
        unsigned    field;
        crm_kind_t  kind;
    } records[] = {
        { CRM_ACTIVITY_LEAD_ID, CRM_KIND_LEAD },
        { CRM_ACTIVITY_CONTACT_ID, CRM_KIND_CONTACT }
    };

    static const struct {
        unsigned    field;
        u_char      what;
    } scopes[] = {
        { CRM_ACTIVITY_USER_ID, 'u' },
        { CRM_ACTIVITY_OF_TYPE, 'y' },
        { CRM_ACTIVITY_TEAM, 't' }
    };

    for (i = 0; i < 2; i++) {
        filter = crm_query_filter(&acts->scan.query, records[i].field);

        if (filter != NULL && filter->n == 1 && !filter->none) {
            return crm_acts_bucket(f, acts, records[i].kind, filter->num[0]);
        }
    }

    if (!crm_sees_all(f)) {
        return crm_acts_own(f, acts);
    }

    rc = NGX_DECLINED;

    for (i = 0; rc == NGX_DECLINED && i < 3; i++) {
        rc = crm_acts_scopes(f, acts, scopes[i].field, scopes[i].what);
    }

    if (rc == NGX_DECLINED) {
        rc = crm_acts_user_active(f, acts);
    }

    return rc == NGX_DECLINED ? crm_acts_everybody(f, acts) : rc;
}


/* the sources hold exactly what is asked for; of ids some may be nobody's */

static ngx_uint_t
crm_acts_exact(const crm_acts_t *acts)
{
    const crm_filter_t  *range;

    range = crm_query_filter(&acts->scan.query, CRM_ACTIVITY_DUE_DATE);

    return !acts->twice && !acts->inexact
           && crm_query_filter(&acts->scan.query, CRM_ID) == NULL
           && acts->covered + 1 + (range != NULL)
              == acts->scan.query.nfilters;
}


static ngx_int_t
crm_acts_ids(crm_flow_t *f, crm_acts_t *acts)
{
    unsigned             i;
    crm_term_t          *term;
    const crm_filter_t  *filter;

    filter = crm_query_filter(&acts->scan.query, CRM_ID);

    if (filter == NULL) {
        return NGX_OK;
    }

    term = crm_term_new(f, &acts->scan, CRM_TERM_IDS, 0);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < filter->n; i++) {
        crm_bitmap_set(&term->bits, filter->num[i]);
    }

    crm_scan_add(&acts->scan, term);
    acts->scan.use_bits = 1;

    return NGX_OK;
}


ngx_int_t
crm_acts_sources(crm_flow_t *f, crm_acts_t *acts)
{
    if (crm_acts_find(f, acts) != NGX_OK || crm_acts_ids(f, acts) != NGX_OK) {
        return NGX_ERROR;
    }

    acts->scan.loose = !crm_acts_exact(acts);
    crm_acts_total(acts);
    acts->scan.empty = acts->scan.nsources == 0;

    return NGX_OK;
}
