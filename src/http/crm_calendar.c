/*
 * GET /calendar (api.md, section 4): the meetings that overlap a span.
 *
 * Timed ones stand in P a:m by their start; as none is longer than
 * CRM_MEETING_MAX, those that overlap start at most so long before the span.
 * All-day ones are what is due on a day of the span and of a type that is a
 * meeting: sorted sets by type.  The order is by start (all-day: midnight UTC
 * of the day), then id; the sets are read side by side from the cursor on, and
 * what is not surely before everything that is unread waits for the next turn.
 */

#include "crm_activity_op.h"
#include "crm_auth.h"
#include "crm_calendar.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_scan.h"
#include "crm_time.h"


#define CRM_CALENDAR_SPAN   (400 * CRM_DAY_MS)
#define CRM_CALENDAR_READ   256         /* of one set at a time */
#define CRM_CALENDAR_SLICE  100         /* records loaded at a time */
#define CRM_CALENDAR_LOOKS  2000        /* records looked at for one page */


/* one sorted set, with what is left of its range */
typedef struct {
    crm_str_t        key;
    int64_t          low;
    int64_t          high;
    int64_t          from;              /* score that is read from */
    int64_t          offset;            /* entries from it on that are behind */
    unsigned         timed:1;           /* scores are instants, not days */
    unsigned         done:1;
} crm_calendar_set_t;

typedef struct {
    int64_t          start;
    int64_t          id;
    unsigned         timed;
} crm_calendar_item_t;

typedef struct {
    int64_t               from;
    int64_t               to;
    crm_query_t           query;
    crm_list_t            list;
    crm_calendar_set_t   *set;
    ngx_uint_t            nsets;
    crm_calendar_item_t  *item;
    ngx_uint_t            nitems;
    ngx_uint_t            next;         /* item to load */
    ngx_uint_t            asked;
    ngx_uint_t            looked;       /* records of all turns */
    size_t                bytes;        /* of those */
    crm_calendar_item_t   last;         /* looked at; id 0: none */
    crm_record_t         *slice[CRM_CALENDAR_SLICE];
    ngx_uint_t            nslice;
} crm_calendar_t;


static ngx_int_t crm_calendar_turn(crm_flow_t *f);
static ngx_int_t crm_calendar_read(crm_flow_t *f);
static ngx_int_t crm_calendar_load(crm_flow_t *f);
static ngx_int_t crm_calendar_loaded(crm_flow_t *f);
static ngx_int_t crm_calendar_included(crm_flow_t *f);


/* ---- the query ---------------------------------------------------------- */

static ngx_int_t
crm_calendar_instant(crm_flow_t *f, const char *name, int64_t *ms)
{
    crm_str_t  *text;

    text = crm_param_get(&crm_request(f)->params, name);

    return text != NULL && crm_instant_parse(text, ms) == CRM_OK
           ? NGX_OK : crm_query_bad(f, name);
}


static ngx_int_t
crm_calendar_query(crm_flow_t *f, crm_calendar_t *c)
{
    unsigned       i;
    ngx_int_t      rc;
    uint64_t       hash[3];
    crm_param_t   *param;
    crm_params_t   rest, *params = &crm_request(f)->params;

    if (crm_param_get(params, "sort") != NULL) {
        return crm_query_bad(f, "sort");
    }

    if (crm_calendar_instant(f, "from", &c->from) != NGX_OK
        || crm_calendar_instant(f, "to", &c->to) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (c->to <= c->from || c->to - c->from > CRM_CALENDAR_SPAN) {
        return crm_query_bad(f, "to");
    }

    rest.n = 0;
    rest.param = crm_arena_alloc(&f->arena, (params->n + 1)
                                            * sizeof(crm_param_t));
    if (rest.param == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < params->n; i++) {
        param = &params->param[i];

        if (!crm_str_is(&param->name, "from")
            && !crm_str_is(&param->name, "to"))
        {
            rest.param[rest.n++] = *param;
        }
    }

    rc = crm_query_parse(f, &rest, &crm_entities[CRM_KIND_ACTIVITY],
                         &c->query);

    hash[0] = c->query.hash;
    hash[1] = c->from;
    hash[2] = c->to;

    c->query.hash = crm_hash64(hash, sizeof(hash));

    return rc;
}


/* ---- the sets ----------------------------------------------------------- */

static crm_calendar_set_t *
crm_calendar_set(crm_calendar_t *c, ngx_uint_t timed)
{
    crm_calendar_set_t  *set = &c->set[c->nsets++];

    set->timed = timed;

    if (timed) {
        set->low = c->from - CRM_MEETING_MAX;
        set->high = c->to - 1;

    } else {

        /* no zone is a day away from UTC */

        set->low = c->from / CRM_DAY_MS - 2;
        set->high = c->to / CRM_DAY_MS + 1;
    }

    return set;
}


/* one user's, one team's; or everybody's: zeroed */

static void
crm_calendar_scope(crm_calendar_t *c, crm_activity_scope_t *scope)
{
    crm_filter_t  *user, *team;

    user = crm_query_filter(&c->query, CRM_ACTIVITY_USER_ID);
    team = crm_query_filter(&c->query, CRM_ACTIVITY_TEAM);

    if (user != NULL && user->n == 1 && !user->none) {
        scope->what = 'u';
        scope->id = user->num[0];

    } else if (team != NULL && team->n + team->none == 1) {
        scope->what = 't';
        scope->id = team->n > 0 ? team->num[0] : 0;
    }
}


static ngx_int_t
crm_calendar_sets(crm_flow_t *f, crm_calendar_t *c)
{
    unsigned                i;
    crm_record_t           *type;
    const crm_conf_list_t  *types;
    crm_activity_scope_t    scope = { 0, 0, 0 };
    crm_activity_segment_t  segment;

    types = &f->conf->list[CRM_KIND_ACTIVITY_TYPE];

    crm_calendar_scope(c, &scope);

    c->set = crm_arena_calloc(&f->arena, (1 + CRM_SEGMENTS * types->n)
                                         * sizeof(crm_calendar_set_t));
    if (c->set == NULL) {
        return NGX_ERROR;
    }

    if (crm_activity_meetings_key(&f->arena, &f->tenant->prefix, &scope,
                                  &crm_calendar_set(c, 1)->key)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < types->n; i++) {
        type = types->rec[i];

        if (type->v[CRM_ACTIVITY_TYPE_CATEGORY].num != CRM_CATEGORY_MEETING) {
            continue;
        }

        if (scope.what == 'u') {
            scope.type = crm_record_id(type);

        } else {
            scope.what = 'y';
            scope.id = crm_record_id(type);
        }

        for (segment = 0; segment < CRM_SEGMENT_CANCELLED; segment++) {
            if (crm_activity_key(&f->arena, &f->tenant->prefix, segment,
                                 &scope, &crm_calendar_set(c, 0)->key)
                != CRM_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_calendar_list(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_cursor_t     cursor;
    crm_calendar_t  *c;

    c = crm_arena_calloc(&f->arena, sizeof(crm_calendar_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    rc = crm_calendar_query(f, c);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_calendar_sets(f, c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (c->query.cursor.len > 0) {

        if (crm_cursor_decode(&f->arena, c->query.hash, &c->query.cursor,
                              &cursor)
            != CRM_OK)
        {
            return crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        }

        c->last.start = cursor.score;
        c->last.id = cursor.id;
    }

    crm_list_open(f, &c->list, &c->query);

    return crm_calendar_turn(f);
}


/* ---- turns: sets, then records ------------------------------------------ */

static int
crm_calendar_cmp(const void *one, const void *two)
{
    const crm_calendar_item_t  *a = one, *b = two;

    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }

    return (a->id > b->id) - (a->id < b->id);
}


/* the next stretch of every set, from what was looked at last */

static ngx_int_t
crm_calendar_turn(crm_flow_t *f)
{
    int64_t              from, start;
    ngx_uint_t           i;
    crm_calendar_t      *c = f->data;
    crm_calendar_set_t  *set;

    start = c->last.start;

    for (i = 0; i < c->nsets; i++) {
        set = &c->set[i];
        from = set->low;

        if (c->last.id != 0) {
            from = set->timed ? start
                              : start / CRM_DAY_MS - (start % CRM_DAY_MS < 0);
            from = ngx_max(from, set->low);
        }

        if (from != set->from) {
            set->from = from;
            set->offset = 0;
        }

        crm_calendar_range(f, set->key, from, set->high, 0, set->offset,
                           CRM_CALENDAR_READ);
    }

    return crm_flow_wait(f, crm_calendar_read);
}


/* items of one reply that come after the last; *horizon sinks to the last one
   read where more may follow */

static ngx_int_t
crm_calendar_collect(crm_calendar_t *c, crm_calendar_set_t *set,
    const crm_reply_t *reply, crm_calendar_item_t *horizon)
{
    int64_t              score;
    ngx_uint_t           i;
    crm_calendar_item_t  item;

    ngx_memzero(&item, sizeof(crm_calendar_item_t));
    item.timed = set->timed;

    for (i = 0; i + 1 < reply->n; i += 2) {

        if (crm_str_int(&reply->item[i + 1].str, &score) != CRM_OK) {
            return NGX_ERROR;
        }

        item.id = crm_walk_id(&reply->item[i].str);
        item.start = set->timed ? score : score * CRM_DAY_MS;

        if (c->last.id == 0 || crm_calendar_cmp(&item, &c->last) > 0) {
            c->item[c->nitems++] = item;

        } else {
            set->offset++;
        }
    }

    set->done = reply->n / 2 < CRM_CALENDAR_READ;

    if (!set->done && crm_calendar_cmp(&item, horizon) < 0) {
        *horizon = item;
    }

    return NGX_OK;
}


static ngx_int_t
crm_calendar_read(crm_flow_t *f)
{
    ngx_uint_t            i, n;
    crm_calendar_t       *c = f->data;
    crm_calendar_item_t   horizon = { INT64_MAX, INT64_MAX, 0 };

    c->item = crm_arena_alloc(&f->arena, (c->nsets * CRM_CALENDAR_READ + 1)
                                         * sizeof(crm_calendar_item_t));
    if (c->item == NULL) {
        return NGX_ERROR;
    }

    c->nitems = 0;
    c->next = 0;

    for (i = 0; i < c->nsets; i++) {
        if (crm_calendar_collect(c, &c->set[i], &f->reply[i], &horizon)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_qsort(c->item, c->nitems, sizeof(crm_calendar_item_t),
              crm_calendar_cmp);

    /* one that was done while the sets were read is in two of them */

    for (n = 0, i = 0; i < c->nitems; i++) {

        if (crm_calendar_cmp(&c->item[i], &horizon) > 0) {
            break;
        }

        if (n == 0 || crm_calendar_cmp(&c->item[n - 1], &c->item[i]) != 0
            || c->item[n - 1].timed != c->item[i].timed)
        {
            c->item[n++] = c->item[i];
        }
    }

    c->nitems = n;

    return crm_calendar_load(f);
}


static ngx_uint_t
crm_calendar_more(const crm_calendar_t *c)
{
    ngx_uint_t  i;

    for (i = 0; i < c->nsets; i++) {
        if (!c->set[i].done) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
crm_calendar_end(crm_flow_t *f, ngx_uint_t more)
{
    crm_str_t        text = crm_null_string;
    crm_cursor_t     cursor;
    crm_calendar_t  *c = f->data;

    if (more) {
        ngx_memzero(&cursor, sizeof(crm_cursor_t));
        cursor.score = c->last.start;
        cursor.id = c->last.id;

        if (crm_cursor_encode(&f->arena, c->query.hash, &cursor, &text)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    crm_list_end(&c->list, &text, c->list.n,
                 more || c->query.cursor.len > 0);

    return NGX_OK;
}


static ngx_int_t
crm_calendar_load(crm_flow_t *f)
{
    ngx_uint_t       more;
    crm_calendar_t  *c = f->data;

    more = crm_calendar_more(c);

    if (c->list.n == c->query.limit || c->looked >= CRM_CALENDAR_LOOKS
        || c->bytes >= CRM_LIST_BYTES)
    {
        return crm_calendar_end(f, more || c->next < c->nitems);
    }

    if (c->next == c->nitems) {
        return more ? crm_calendar_turn(f) : crm_calendar_end(f, 0);
    }

    c->asked = ngx_min(c->nitems - c->next, CRM_CALENDAR_SLICE);
    c->asked = ngx_min(c->asked, crm_list_room(c->bytes, c->looked));

    for (c->nslice = 0; c->nslice < c->asked; c->nslice++) {
        crm_calendar_ask(f, c->item[c->next + c->nslice].id);
    }

    return crm_flow_wait(f, crm_calendar_loaded);
}


static ngx_uint_t
crm_calendar_overlaps(crm_flow_t *f, const crm_calendar_t *c,
    const crm_calendar_item_t *item, const crm_record_t *activity)
{
    int64_t             day;
    const crm_zone_t   *zone;
    const crm_value_t  *v = activity->v;

    if (v[CRM_ACTIVITY_START_AT].set != item->timed) {
        return 0;
    }

    if (item->timed) {
        return v[CRM_ACTIVITY_START_AT].num < c->to
               && v[CRM_ACTIVITY_END_AT].num > c->from;
    }

    day = v[CRM_ACTIVITY_DUE_DATE].num;
    zone = crm_conf_user_zone(f->conf, v[CRM_ACTIVITY_USER_ID].num);

    return crm_zone_day_start(zone, day) < c->to
           && crm_zone_day_start(zone, day + 1) > c->from;
}


static ngx_uint_t
crm_calendar_shows(crm_flow_t *f, crm_calendar_t *c,
    const crm_calendar_item_t *item, crm_record_t *activity)
{
    if (!crm_calendar_overlaps(f, c, item, activity)
        || activity->v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_CANCELLED
        || !crm_activity_visible(f, activity))
    {
        return 0;
    }

    crm_activity_view(activity, f->conf, f->now);

    return crm_query_match(f, &c->query, activity);
}


static ngx_int_t
crm_calendar_loaded(crm_flow_t *f)
{
    ngx_int_t             rc;
    ngx_uint_t            i, n;
    crm_record_t         *activity;
    crm_calendar_t       *c = f->data;
    crm_calendar_item_t  *item;

    for (n = 0, i = 0;
         i < c->asked && c->list.n + n < c->query.limit;
         i++)
    {
        item = &c->item[c->next + i];
        rc = crm_calendar_take(f, item->id, &f->reply[i], &activity);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_OK && crm_calendar_shows(f, c, item, activity)) {
            c->slice[n++] = activity;
        }

        c->last = *item;
        c->bytes += crm_list_bytes(&f->reply[i]);
    }

    c->next += i;
    c->looked += i;
    c->nslice = n;

    if (crm_view_look_up(f, &c->query.view, c->slice, n) > 0) {
        return crm_flow_wait(f, crm_calendar_included);
    }

    for (i = 0; i < n; i++) {
        crm_list_add(f, &c->list, c->slice[i]);
    }

    return crm_calendar_load(f);
}


static ngx_int_t
crm_calendar_included(crm_flow_t *f)
{
    ngx_uint_t       i;
    crm_calendar_t  *c = f->data;

    if (crm_view_looked_up(f, &c->query.view) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < c->nslice; i++) {
        crm_list_add(f, &c->list, c->slice[i]);
    }

    return crm_calendar_load(f);
}
