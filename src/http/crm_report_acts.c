/*
 * GET /reports/activities: done, overdue, planned by user or type (api.md,
 * section 9), as counts of the sorted sets that lists of activities have.
 *
 * What is overdue depends on the assignee's day.  A user's own sets are
 * counted against theirs; those of a type against the tenant's, and then
 * corrected for each user who has another day just now.
 */

#include "crm_activity.h"
#include "crm_csv.h"
#include "crm_handlers.h"
#include "crm_report.h"
#include "crm_respond.h"


#define CRM_ACTS_BATCH    1000          /* counts in one round trip */
#define CRM_ACTS_QUARTER  900000        /* milliseconds */


typedef enum {
    CRM_ACTS_DONE = 0,
    CRM_ACTS_OVERDUE,
    CRM_ACTS_PLANNED,
    CRM_ACTS_FIGURES
} crm_acts_figure_t;

typedef struct {
    int64_t               id;
    int64_t               n[CRM_ACTS_FIGURES];
} crm_acts_group_t;

/* one count: added to a figure, and taken from another (itself: from none) */
typedef struct {
    crm_activity_scope_t  scope;
    crm_acts_group_t     *group;
    crm_acts_figure_t     to;
    crm_acts_figure_t     from;
    int64_t               low;          /* low <= day < high */
    int64_t               high;
} crm_acts_count_t;

typedef struct {
    crm_query_t           query;
    crm_kind_t            kind;         /* of the groups */
    crm_id_set_t          users;
    crm_id_set_t          types;
    int64_t               low;          /* due days asked for */
    int64_t               high;
    crm_acts_group_t     *group;
    ngx_uint_t            ngroups;
    crm_acts_count_t     *count;
    ngx_uint_t            ncounts;
    ngx_uint_t            asked;
    ngx_uint_t            taken;
    unsigned              csv:1;
} crm_acts_t;


static ngx_int_t crm_acts_ask(crm_flow_t *f);
static ngx_int_t crm_acts_take(crm_flow_t *f);
static ngx_int_t crm_acts_write(crm_flow_t *f, crm_acts_t *acts);


static const crm_str_t  crm_acts_params[] = {
    crm_string("group_by"), crm_string("user_id"), crm_string("type_id"),
    crm_string("due_date_from"), crm_string("due_date_to")
};

#define CRM_ACTS_PARAMS                                                       \
    (sizeof(crm_acts_params) / sizeof(crm_acts_params[0]))


/* ---- what is asked ------------------------------------------------------ */

static ngx_int_t
crm_acts_known(crm_flow_t *f, crm_params_t *params, crm_params_t *rest)
{
    ngx_uint_t    i, k;
    crm_param_t  *param;

    rest->n = 0;
    rest->param = crm_arena_calloc(&f->arena, (params->n + 1)
                                              * sizeof(crm_param_t));
    if (rest->param == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < params->n; i++) {
        param = &params->param[i];

        for (k = 0; k < CRM_ACTS_PARAMS; k++) {
            if (crm_str_eq(&param->name, &crm_acts_params[k])) {
                break;
            }
        }

        if (k == CRM_ACTS_PARAMS) {
            (void) crm_answer_bad_param(f, &param->name,
                                        crm_str_nearest(&param->name,
                                                          crm_acts_params,
                                                          CRM_ACTS_PARAMS),
                                        1);
            return NGX_DECLINED;
        }

        if (k > 0) {
            rest->param[rest->n++] = *param;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_acts_parse(crm_flow_t *f, crm_acts_t *acts)
{
    ngx_int_t             rc;
    crm_str_t            *group_by;
    crm_params_t         *params = &crm_request(f)->params, rest;
    const crm_filter_t   *due;

    rc = crm_acts_known(f, params, &rest);
    if (rc != NGX_OK) {
        return rc;
    }

    group_by = crm_param_get(params, "group_by");

    if (group_by != NULL && rest.n + 1 < params->n) {
        return crm_query_bad(f, "group_by");            /* given twice */
    }

    if (group_by == NULL || crm_str_is(group_by, "user")) {
        acts->kind = CRM_KIND_USER;

    } else if (crm_str_is(group_by, "type")) {
        acts->kind = CRM_KIND_ACTIVITY_TYPE;

    } else {
        return crm_query_bad(f, "group_by");
    }

    rc = crm_query_parse(f, &rest, &crm_entities[CRM_KIND_ACTIVITY],
                         &acts->query);
    if (rc != NGX_OK) {
        return rc;
    }

    due = crm_query_filter(&acts->query, CRM_ACTIVITY_DUE_DATE);

    acts->low = due != NULL ? due->low : INT64_MIN;
    acts->high = due != NULL ? due->high : INT64_MAX;

    return crm_leads_ids(f, &acts->query, CRM_ACTIVITY_USER_ID, &acts->users)
           == NGX_OK
           ? crm_leads_ids(f, &acts->query, CRM_ACTIVITY_OF_TYPE,
                           &acts->types)
           : NGX_ERROR;
}


/* ---- what is counted ---------------------------------------------------- */

static void
crm_acts_add(crm_acts_t *acts, crm_acts_group_t *group,
    const crm_activity_scope_t *scope, crm_acts_figure_t to,
    crm_acts_figure_t from, int64_t low, int64_t high)
{
    crm_acts_count_t  *count = &acts->count[acts->ncounts];

    count->low = ngx_max(low, acts->low);
    count->high = ngx_min(high, acts->high);

    if (count->low >= count->high) {
        return;
    }

    count->scope = *scope;
    count->group = group;
    count->to = to;
    count->from = from;

    acts->ncounts++;
}


static void
crm_acts_scope(crm_acts_t *acts, crm_acts_group_t *group, u_char what,
    int64_t id, int64_t type, int64_t today)
{
    const crm_activity_scope_t  scope = { what, id, type };

    crm_acts_add(acts, group, &scope, CRM_ACTS_DONE, CRM_ACTS_DONE,
                 INT64_MIN, INT64_MAX);
    crm_acts_add(acts, group, &scope, CRM_ACTS_OVERDUE, CRM_ACTS_OVERDUE,
                 INT64_MIN, today);
    crm_acts_add(acts, group, &scope, CRM_ACTS_PLANNED, CRM_ACTS_PLANNED,
                 today, INT64_MAX);
}


static int64_t
crm_acts_today(crm_flow_t *f, int64_t user)
{
    return crm_zone_date(crm_conf_user_zone(f->conf, user), f->now);
}


/* a user whose day is not the tenant's */

static void
crm_acts_correct(crm_flow_t *f, crm_acts_t *acts, crm_acts_group_t *group,
    int64_t user, int64_t tenants)
{
    int64_t  today = crm_acts_today(f, user);

    const crm_activity_scope_t  scope = { 'u', user, group->id };

    if (today > tenants) {
        crm_acts_add(acts, group, &scope, CRM_ACTS_OVERDUE, CRM_ACTS_PLANNED,
                     tenants, today);

    } else if (today < tenants) {
        crm_acts_add(acts, group, &scope, CRM_ACTS_PLANNED, CRM_ACTS_OVERDUE,
                     today, tenants);
    }
}


static void
crm_acts_by_user(crm_flow_t *f, crm_acts_t *acts, crm_acts_group_t *group)
{
    int64_t     today = crm_acts_today(f, group->id);
    ngx_uint_t  i;

    if (acts->types.all) {
        crm_acts_scope(acts, group, 'u', group->id, 0, today);
    }

    for (i = 0; i < acts->types.n; i++) {
        crm_acts_scope(acts, group, 'u', group->id, acts->types.id[i], today);
    }
}


static void
crm_acts_by_type(crm_flow_t *f, crm_acts_t *acts, crm_acts_group_t *group)
{
    int64_t                 tenants = crm_zone_date(f->conf->zone, f->now);
    ngx_uint_t              i;
    const crm_conf_list_t  *users = &f->conf->list[CRM_KIND_USER];

    for (i = 0; i < acts->users.n; i++) {
        crm_acts_scope(acts, group, 'u', acts->users.id[i], group->id,
                       crm_acts_today(f, acts->users.id[i]));
    }

    if (!acts->users.all) {
        return;
    }

    crm_acts_scope(acts, group, 'y', group->id, 0, tenants);

    for (i = 0; i < users->n; i++) {
        crm_acts_correct(f, acts, group, crm_record_id(users->rec[i]),
                         tenants);
    }
}


static ngx_uint_t
crm_acts_meant(const crm_id_set_t *set, int64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < set->n; i++) {
        if (set->id[i] == id) {
            return 1;
        }
    }

    return set->all;
}


static ngx_int_t
crm_acts_plan(crm_flow_t *f, crm_acts_t *acts)
{
    int64_t                 id;
    ngx_uint_t              i, other, each;
    crm_acts_group_t       *group;
    const crm_id_set_t     *set;
    const crm_conf_list_t  *list = &f->conf->list[acts->kind];

    set = acts->kind == CRM_KIND_USER ? &acts->users : &acts->types;

    other = acts->kind == CRM_KIND_USER ? acts->types.n
                                        : ngx_max(acts->users.n,
                                          f->conf->list[CRM_KIND_USER].n);
    each = 3 * (other + 1);

    acts->group = crm_arena_calloc(&f->arena, (list->n + 1)
                                              * sizeof(crm_acts_group_t));
    acts->count = crm_arena_alloc(&f->arena, (list->n + 1) * each
                                             * sizeof(crm_acts_count_t));

    if (acts->group == NULL || acts->count == NULL) {
        return NGX_ERROR;
    }

    /* nobody's come last */

    for (i = 0; i <= list->n; i++) {
        id = i < list->n ? crm_record_id(list->rec[i]) : 0;

        if (!crm_acts_meant(set, id)) {
            continue;
        }

        group = &acts->group[acts->ngroups++];
        group->id = id;

        if (acts->kind == CRM_KIND_USER) {
            crm_acts_by_user(f, acts, group);

        } else if (id != 0) {
            crm_acts_by_type(f, acts, group);
        }
    }

    return NGX_OK;
}


/* ---- counting ----------------------------------------------------------- */

ngx_int_t
crm_report_activities(crm_flow_t *f)
{
    ngx_int_t    rc;
    crm_acts_t  *acts;

    acts = crm_arena_calloc(&f->arena, sizeof(crm_acts_t));
    if (acts == NULL) {
        return NGX_ERROR;
    }

    f->data = acts;
    acts->csv = crm_csv_wanted(crm_request(f));

    rc = crm_acts_parse(f, acts);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_acts_plan(f, acts) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_acts_ask(f);
}


static ngx_int_t
crm_acts_ask(crm_flow_t *f)
{
    crm_str_t          key, none = crm_null_string;
    ngx_uint_t         end;
    crm_acts_t        *acts = f->data;
    crm_acts_count_t  *count;

    end = ngx_min(acts->asked + CRM_ACTS_BATCH, acts->ncounts);

    for ( /* void */ ; acts->asked < end; acts->asked++) {
        count = &acts->count[acts->asked];

        if (crm_activity_key(&f->arena, &f->tenant->prefix,
                             count->to == CRM_ACTS_DONE ? CRM_SEGMENT_DONE
                                                        : CRM_SEGMENT_OPEN,
                             &count->scope, &key)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        crm_flow_call(f, "ZCOUNT", key, crm_walk_low(f, count->low),
                      crm_walk_high(f, count->high), none);
    }

    /* nothing can match, and the caller is proven already */

    return f->batch != NULL ? crm_flow_wait(f, crm_acts_take)
                            : crm_acts_write(f, acts);
}


static ngx_int_t
crm_acts_take(crm_flow_t *f)
{
    int64_t            n;
    ngx_uint_t         i;
    crm_acts_t        *acts = f->data;
    crm_acts_count_t  *count;

    for (i = 0; acts->taken < acts->asked; i++, acts->taken++) {
        count = &acts->count[acts->taken];
        n = f->reply[i].num;

        count->group->n[count->to] += n;

        if (count->from != count->to) {
            count->group->n[count->from] -= n;
        }
    }

    return acts->asked < acts->ncounts ? crm_acts_ask(f)
                                       : crm_acts_write(f, acts);
}


/* ---- the answer --------------------------------------------------------- */

static void
crm_acts_json(crm_flow_t *f, const crm_acts_t *acts, crm_out_t *out,
    const crm_acts_group_t *group)
{
    crm_out_lit(out, "{\"group\":");
    crm_report_group(f, out, acts->kind, group->id, 0);
    crm_out_lit(out, ",\"done\":");
    crm_out_int(out, group->n[CRM_ACTS_DONE]);
    crm_out_lit(out, ",\"overdue\":");
    crm_out_int(out, group->n[CRM_ACTS_OVERDUE]);
    crm_out_lit(out, ",\"planned\":");
    crm_out_int(out, group->n[CRM_ACTS_PLANNED]);
    crm_out_char(out, '}');
}


static void
crm_acts_csv(crm_flow_t *f, const crm_acts_t *acts, crm_out_t *out,
    const crm_acts_group_t *group)
{
    ngx_uint_t  i;

    crm_report_group(f, out, acts->kind, group->id, 1);

    for (i = 0; i < CRM_ACTS_FIGURES; i++) {
        crm_out_char(out, ',');
        crm_out_int(out, group->n[i]);
    }

    crm_out_lit(out, "\r\n");
}


/* groups that have any */

static ngx_int_t
crm_acts_write(crm_flow_t *f, crm_acts_t *acts)
{
    crm_out_t               *out;
    ngx_uint_t               i, n;
    const crm_acts_group_t  *group;

    /* a day begins at a full quarter of an hour wherever one is */

    crm_report_tag(f, acts->csv, f->now / CRM_ACTS_QUARTER);

    out = crm_report_open(f, acts->csv);

    if (acts->csv) {
        crm_out_lit(out, "id,name,done,overdue,planned\r\n");
    } else {
        crm_out_lit(out, "{\"data\":[");
    }

    for (n = 0, i = 0; i < acts->ngroups; i++) {
        group = &acts->group[i];

        if ((group->n[CRM_ACTS_DONE] | group->n[CRM_ACTS_OVERDUE]
             | group->n[CRM_ACTS_PLANNED])
            == 0)
        {
            continue;
        }

        if (acts->csv) {
            crm_acts_csv(f, acts, out, group);
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_acts_json(f, acts, out, group);
    }

    if (!acts->csv) {
        crm_out_lit(out, "],\"next_cursor\":null}");
    }

    return NGX_OK;
}
