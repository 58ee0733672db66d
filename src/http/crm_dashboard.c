/*
 * GET /teams/dashboard and /teams/{id}/dashboard (api.md, section 8).
 *
 * A salesperson's cards count what they may see: their own records and
 * nobody's.  What one team's adds is about all of its members, and therefore
 * a manager's.
 */

#include "crm_activity.h"
#include "crm_cards.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_scan.h"
#include "crm_time.h"


#define CRM_DASHBOARD_WEEKS  12
#define CRM_WEEK             7

/* replies of a week, of a member */
enum { CRM_WEEK_NEW, CRM_WEEK_NEW_ARCHIVED, CRM_WEEK_WON, CRM_WEEK_REPLIES };
enum { CRM_MEMBER_OPEN, CRM_MEMBER_OVERDUE, CRM_MEMBER_WON,
       CRM_MEMBER_REPLIES };


#define CRM_DASHBOARD_COUNTS  (CRM_DASHBOARD_WEEKS * CRM_WEEK_REPLIES)


typedef struct {
    crm_query_t       query;
    crm_list_page_t   page;
    crm_cards_t       cards;
} crm_dashboard_t;

typedef struct {
    crm_record_t     *team;
    crm_cards_t       cards;
    int64_t           monday;           /* of the first week */
    int64_t          *member;
    ngx_uint_t        nmembers;
} crm_dashboard_team_t;


static ngx_int_t crm_dashboard_taken(crm_flow_t *f);
static ngx_int_t crm_dashboard_team_taken(crm_flow_t *f);


/* ---- all teams ---------------------------------------------------------- */

/* a card has exactly its members: there is nothing to choose */

static ngx_int_t
crm_dashboard_params(crm_flow_t *f, crm_dashboard_t *d)
{
    ngx_uint_t     i;
    crm_params_t  *params = &crm_request(f)->params;

    for (i = 0; i < params->n; i++) {
        if (crm_str_is(&params->param[i].name, "fields")
            || crm_str_is(&params->param[i].name, "include"))
        {
            (void) crm_answer_bad_param(f, &params->param[i].name, NULL, 1);
            return NGX_DECLINED;
        }
    }

    return crm_query_parse(f, params, &crm_entities[CRM_KIND_TEAM],
                           &d->query);
}


ngx_int_t
crm_dashboard_handler(crm_flow_t *f)
{
    ngx_int_t               rc;
    crm_dashboard_t        *d;
    const crm_conf_list_t  *teams = &f->conf->list[CRM_KIND_TEAM];

    d = crm_arena_calloc(&f->arena, sizeof(crm_dashboard_t));
    if (d == NULL) {
        return NGX_ERROR;
    }

    f->data = d;

    rc = crm_dashboard_params(f, d);

    if (rc == NGX_OK) {
        rc = crm_list_page(f, &d->query, teams->rec, teams->n, &d->page);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (d->page.n == 0) {
        return crm_dashboard_taken(f);
    }

    if (crm_cards_ask(f, &d->cards, d->page.rec, d->page.n) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_flow_wait(f, crm_dashboard_taken);
}


static ngx_int_t
crm_dashboard_taken(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_list_t        list;
    crm_dashboard_t  *d = f->data;

    if (crm_cards_take(f, &d->cards) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_list_open(f, &list, &d->query);

    for (i = 0; i < d->cards.n; i++) {
        if (i > 0) {
            crm_out_char(list.out, ',');
        }

        crm_out_char(list.out, '{');
        crm_card_json(list.out, &d->cards.card[i]);
        crm_out_char(list.out, '}');
    }

    return crm_list_close(f, &list, d->page.more ? &d->page.last : NULL,
                          d->page.total, 0);
}


/* ---- one team ----------------------------------------------------------- */

/* leader and members, in the order of their ids */

static ngx_int_t
crm_dashboard_members(crm_flow_t *f, crm_dashboard_team_t *d)
{
    ngx_uint_t        i, k, n;
    const crm_ids_t  *ids = &d->team->v[CRM_TEAM_MEMBER_IDS].ids;
    const int64_t     leader = d->team->v[CRM_TEAM_USER_ID].num;

    d->member = crm_arena_alloc(&f->arena, (ids->n + 1) * sizeof(int64_t));
    if (d->member == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    if (leader != 0 && !crm_ids_has(ids, leader)) {
        d->member[n++] = leader;
    }

    for (i = 0; i < ids->n; i++) {

        for (k = n++; k > 0 && d->member[k - 1] > ids->id[i]; k--) {
            d->member[k] = d->member[k - 1];
        }

        d->member[k] = ids->id[i];
    }

    d->nmembers = n;

    return NGX_OK;
}


static void
crm_dashboard_count(crm_flow_t *f, crm_str_t key, int64_t from, int64_t to)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "ZCOUNT", key, crm_walk_low(f, from),
                  crm_walk_high(f, to), none);
}


/* by creation, of whatever became of them; by winning */

static ngx_int_t
crm_dashboard_ask_weeks(crm_flow_t *f, crm_dashboard_team_t *d)
{
    int64_t     from, to, id = crm_record_id(d->team);
    crm_str_t   won;
    ngx_uint_t  i;

    if (crm_team_ix_won_key(&f->arena, &f->tenant->prefix, id,
                            CRM_TEAM_IX_ALL, &won)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    to = crm_zone_day_start(f->conf->zone, d->monday);

    crm_flow_multi(f);

    for (i = 0; i < CRM_DASHBOARD_WEEKS; i++) {
        from = to;
        to = crm_zone_day_start(f->conf->zone,
                                d->monday + (i + 1) * CRM_WEEK);

        crm_dashboard_count(f, crm_flow_key(f, "l:t:%lld:o1", (long long) id),
                            from, to);
        crm_dashboard_count(f, crm_flow_key(f, "l:t:%lld:o0", (long long) id),
                            from, to);
        crm_dashboard_count(f, won, from, to);
    }

    crm_flow_exec(f);

    return NGX_OK;
}


static ngx_int_t
crm_dashboard_ask_members(crm_flow_t *f, crm_dashboard_team_t *d)
{
    int64_t       user, id = crm_record_id(d->team);
    crm_str_t     open, overdue, won, field, none = crm_null_string;
    ngx_uint_t    i;
    crm_arena_t  *a = &f->arena;

    field = crm_arena_printf(a, "%lld:n", (long long) id);

    for (i = 0; i < d->nmembers; i++) {
        user = d->member[i];

        if (crm_team_ix_key(a, &f->tenant->prefix, "g",
                            id >> CRM_TEAM_IX_SHIFT, user, CRM_TEAM_IX_WHOLE,
                            &open)
            != CRM_OK
            || crm_activity_team_key(a, &f->tenant->prefix, id, 'u', user,
                                     &overdue)
               != CRM_OK
            || crm_team_ix_won_key(a, &f->tenant->prefix, id, user, &won)
               != CRM_OK)
        {
            return NGX_ERROR;
        }

        crm_flow_call(f, "HGET", open, field, none, none);
        crm_dashboard_count(f, overdue, INT64_MIN,
                            crm_zone_date(crm_conf_user_zone(f->conf, user),
                                          f->now));
        crm_dashboard_count(f, won, d->cards.clock.month, INT64_MAX);
    }

    return NGX_OK;
}


ngx_int_t
crm_dashboard_team_handler(crm_flow_t *f)
{
    int64_t                today;
    crm_param_t           *param;
    crm_dashboard_team_t  *d;

    param = crm_param_unknown(&crm_request(f)->params);

    if (param != NULL) {
        return crm_answer_bad_param(f, &param->name, NULL, 1);
    }

    d = crm_arena_calloc(&f->arena, sizeof(crm_dashboard_team_t));
    if (d == NULL) {
        return NGX_ERROR;
    }

    f->data = d;
    d->team = crm_conf_find(f->conf, CRM_KIND_TEAM, crm_request(f)->id[0]);

    if (d->team == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (crm_cards_ask(f, &d->cards, &d->team, 1) != NGX_OK
        || crm_dashboard_members(f, d) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* 1970-01-01 was a Thursday */

    today = d->cards.clock.today;
    d->monday = today - (today + 3) % CRM_WEEK
                - (CRM_DASHBOARD_WEEKS - 1) * CRM_WEEK;

    if (crm_dashboard_ask_weeks(f, d) != NGX_OK
        || crm_dashboard_ask_members(f, d) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return crm_flow_wait(f, crm_dashboard_team_taken);
}


static void
crm_dashboard_weeks(crm_out_t *out, const crm_dashboard_team_t *d,
    const crm_reply_t *reply)
{
    u_char      date[CRM_DATE_LEN];
    ngx_uint_t  i;

    crm_out_lit(out, ",\"weeks\":[");

    for (i = 0; i < CRM_DASHBOARD_WEEKS; i++, reply += CRM_WEEK_REPLIES) {
        crm_date_print(date, d->monday + i * CRM_WEEK);

        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"start\":\"");
        crm_out_bytes(out, date, CRM_DATE_LEN);
        crm_out_lit(out, "\",\"new\":");
        crm_out_int(out, reply[CRM_WEEK_NEW].num
                         + reply[CRM_WEEK_NEW_ARCHIVED].num);
        crm_out_lit(out, ",\"won\":");
        crm_out_int(out, reply[CRM_WEEK_WON].num);
        crm_out_char(out, '}');
    }

    crm_out_char(out, ']');
}


static void
crm_dashboard_members_json(crm_out_t *out, const crm_dashboard_team_t *d,
    const crm_reply_t *reply)
{
    int64_t     open;
    ngx_uint_t  i;

    crm_out_lit(out, ",\"members\":[");

    for (i = 0; i < d->nmembers; i++, reply += CRM_MEMBER_REPLIES) {

        if (!crm_reply_is_string(&reply[CRM_MEMBER_OPEN])
            || crm_str_int(&reply[CRM_MEMBER_OPEN].str, &open) != CRM_OK)
        {
            open = 0;
        }

        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"user_id\":");
        crm_out_int(out, d->member[i]);
        crm_out_lit(out, ",\"open_opportunities\":");
        crm_out_int(out, open);
        crm_out_lit(out, ",\"overdue_activities\":");
        crm_out_int(out, reply[CRM_MEMBER_OVERDUE].num);
        crm_out_lit(out, ",\"won_this_month\":");
        crm_out_int(out, reply[CRM_MEMBER_WON].num);
        crm_out_char(out, '}');
    }

    crm_out_char(out, ']');
}


static ngx_int_t
crm_dashboard_team_taken(crm_flow_t *f)
{
    crm_out_t             *out;
    const crm_reply_t     *reply;
    crm_dashboard_team_t  *d = f->data;

    reply = &f->reply[crm_cards_replies(&d->cards)
                      + CRM_FLOW_MULTI_N(CRM_DASHBOARD_COUNTS)];

    if (crm_cards_take(f, &d->cards) != NGX_OK
        || reply[-1].n != CRM_DASHBOARD_COUNTS)
    {
        return NGX_ERROR;
    }

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_char(out, '{');
    crm_card_json(out, d->cards.card);
    crm_dashboard_weeks(out, d, reply[-1].item);
    crm_dashboard_members_json(out, d, reply);
    crm_out_char(out, '}');

    return NGX_OK;
}
