/*
 * GET /calendar.ics?token=... (api.md, section 4): a user's own activities for
 * calendar programs.
 *
 * Those programs send no Authorization header, so the route is public to
 * crm_auth.c and this file proves the tenant, the token and the user.  What
 * is shown is bounded: see crm_feed_parts.  Entries are written in slices, so
 * that libical holds up nobody.
 */

#include "crm_activity_op.h"
#include "crm_auth.h"
#include "crm_calendar.h"
#include "crm_conf_load.h"
#include "crm_digest.h"
#include "crm_handlers.h"
#include "crm_ics.h"
#include "crm_respond.h"
#include "crm_scan.h"
#include "crm_time.h"


#define CRM_FEED_SLICE      50
#define CRM_FEED_BYTES      (16 << 20)      /* notes can be long */
#define CRM_FEED_CANCELLED  (30 * CRM_DAY_MS)
#define CRM_FEED_FAR        CRM_INT_MAX     /* days: no end */


/* what is read of each segment: due days around today, the nearest ones */

static const struct {
    crm_activity_segment_t  segment;
    int64_t                 low;
    int64_t                 high;
    ngx_uint_t              desc;
    ngx_uint_t              limit;
} crm_feed_parts[] = {
    { CRM_SEGMENT_OPEN, -30, CRM_FEED_FAR, 0, 1500 },
    { CRM_SEGMENT_OPEN, -CRM_FEED_FAR, -31, 1, 500 },
    { CRM_SEGMENT_HELD, -30, CRM_FEED_FAR, 0, 500 },
    { CRM_SEGMENT_DONE, -90, CRM_FEED_FAR, 1, 1000 },
    { CRM_SEGMENT_CANCELLED, -90, CRM_FEED_FAR, 0, 1000 }
};

#define CRM_FEED_PARTS  (sizeof(crm_feed_parts) / sizeof(crm_feed_parts[0]))


typedef struct {
    int64_t         user;
    int64_t        *id;             /* newest first */
    ngx_uint_t      n;
    ngx_uint_t      next;
    ngx_uint_t      asked;          /* of the slice */
    crm_record_t   *slice[CRM_FEED_SLICE];
    ngx_uint_t      nslice;
} crm_feed_t;


static ngx_int_t crm_feed_proven(crm_flow_t *f);
static ngx_int_t crm_feed_user(crm_flow_t *f);
static ngx_int_t crm_feed_listed(crm_flow_t *f);
static ngx_int_t crm_feed_load(crm_flow_t *f);
static ngx_int_t crm_feed_loaded(crm_flow_t *f);
static ngx_int_t crm_feed_named(crm_flow_t *f);


ngx_int_t
crm_calendar_feed(crm_flow_t *f)
{
    u_char          field[CRM_SHA256_TEXT + 2];
    crm_str_t       argv[5], *token;
    crm_request_t  *q = crm_request(f);

    if (crm_params_parse(&f->arena, (crm_str_t *) &q->args, &q->params)
        != CRM_OK)
    {
        q->params.n = 0;
    }

    token = crm_param_get(&q->params, "token");

    field[0] = 'c';
    field[1] = ':';
    (void) crm_sha256_text(field + 2, token ? (char *) token->data : "",
                           token ? token->len : 0);

    argv[0] = crm_str("HMGET");
    argv[1] = f->tenant->root;
    argv[2] = crm_str("state");
    argv[3] = crm_str("conf");
    argv[4].data = field;
    argv[4].len = sizeof(field);

    crm_flow_cmd(f, 5, argv);

    f->data = crm_arena_calloc(&f->arena, sizeof(crm_feed_t));

    return f->data != NULL ? crm_flow_wait(f, crm_feed_proven) : NGX_ERROR;
}


static ngx_int_t
crm_feed_proven(crm_flow_t *f)
{
    int64_t             conf;
    crm_feed_t         *feed = f->data;
    const crm_reply_t  *root = &f->reply[0];

    if (!crm_reply_is_array(root) || root->n != 3) {
        return crm_flow_error(f);
    }

    if (crm_auth_state(f, &root->item[0].str) != NGX_OK) {
        return NGX_OK;
    }

    if (crm_str_int(&root->item[2].str, &feed->user) != CRM_OK) {
        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    if (f->conf != NULL) {
        crm_conf_release(f->conf);
    }

    f->conf = crm_tenant_conf(f->tenant);

    if (f->conf != NULL
        && crm_str_int(&root->item[1].str, &conf) == CRM_OK
        && conf == f->conf->version)
    {
        return crm_feed_user(f);
    }

    return crm_conf_load_begin(f, crm_feed_user);
}


/* the token is good; now the user, and the query */

static ngx_int_t
crm_feed_user(crm_flow_t *f)
{
    int64_t                today;
    ngx_uint_t             i;
    crm_str_t              key;
    crm_feed_t            *feed = f->data;
    crm_param_t           *param;
    crm_activity_scope_t   scope = { 'u', feed->user, 0 };

    static const crm_str_t  token = crm_string("token");

    f->user = crm_conf_find(f->conf, CRM_KIND_USER, feed->user);

    if (f->user == NULL || !f->user->v[CRM_USER_ACTIVE].num
        || f->user->v[CRM_USER_ROLE].num == CRM_ROLE_MAIL_GATEWAY)
    {
        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    f->role = f->user->v[CRM_USER_ROLE].num;

    param = crm_param_unknown(&crm_request(f)->params);

    if (param != NULL) {
        return crm_answer_bad_param(f, &param->name, &token, 1);
    }

    today = crm_zone_date(crm_conf_user_zone(f->conf, feed->user), f->now);

    for (i = 0; i < CRM_FEED_PARTS; i++) {

        if (crm_activity_key(&f->arena, &f->tenant->prefix,
                             crm_feed_parts[i].segment, &scope, &key)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        crm_calendar_range(f, key, today + crm_feed_parts[i].low,
                           today + crm_feed_parts[i].high,
                           crm_feed_parts[i].desc, 0,
                           crm_feed_parts[i].limit);
    }

    return crm_flow_wait(f, crm_feed_listed);
}


static int
crm_feed_newest(const void *one, const void *two)
{
    int64_t  a = *(const int64_t *) one, b = *(const int64_t *) two;

    return (a < b) - (a > b);
}


/* one activity may be in two replies: it changed while they were read */

static ngx_int_t
crm_feed_listed(crm_flow_t *f)
{
    size_t       size;
    ngx_uint_t   i, k, n;
    crm_out_t   *out;
    crm_feed_t  *feed = f->data;

    for (size = 1, i = 0; i < f->nreply; i++) {
        size += f->reply[i].n;
    }

    feed->id = crm_arena_alloc(&f->arena, size * sizeof(int64_t));
    if (feed->id == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < f->nreply; i++) {
        for (k = 0; k + 1 < f->reply[i].n; k += 2) {
            feed->id[n++] = crm_walk_id(&f->reply[i].item[k].str);
        }
    }

    ngx_qsort(feed->id, n, sizeof(int64_t), crm_feed_newest);

    for (i = 0; i < n; i++) {
        if (feed->n == 0 || feed->id[feed->n - 1] != feed->id[i]) {
            feed->id[feed->n++] = feed->id[i];
        }
    }

    out = crm_answer_json(f, NGX_HTTP_OK);

    if (crm_ics_open(out, &f->conf->settings
                              ->v[CRM_SETTINGS_COMPANY_NAME].str)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    return crm_feed_load(f);
}


/* the tag is of what the feed says, not of its length alone */

static ngx_int_t
crm_feed_end(crm_flow_t *f)
{
    uint64_t      hash;
    crm_chunk_t  *chunk;
    crm_out_t    *out = &f->answer.body;

    if (crm_ics_close(out) != CRM_OK) {
        return NGX_ERROR;
    }

    for (hash = 0, chunk = out->first; chunk != NULL; chunk = chunk->next) {
        hash = hash * 31 + crm_hash64(chunk->start,
                                      chunk->last - chunk->start);
    }

    f->answer.content_type = crm_str("text/calendar; charset=utf-8");
    f->answer.cache_control = crm_str("private");
    f->answer.etag = crm_arena_printf(&f->arena, "\"%016llx\"",
                                      (unsigned long long) hash);

    return NGX_OK;
}


static ngx_int_t
crm_feed_load(crm_flow_t *f)
{
    crm_feed_t  *feed = f->data;

    if (feed->next == feed->n
        || crm_out_size(&f->answer.body) > CRM_FEED_BYTES)
    {
        return crm_feed_end(f);
    }

    feed->asked = ngx_min(feed->n - feed->next, CRM_FEED_SLICE);
    feed->nslice = 0;

    while (feed->nslice < feed->asked) {
        crm_calendar_ask(f, feed->id[feed->next + feed->nslice++]);
    }

    return crm_flow_wait(f, crm_feed_loaded);
}


/* libical writes noughts for a year that it holds for impossible: what is put
   off to the end of time is in the lists alone */

static ngx_uint_t
crm_feed_shows(crm_flow_t *f, const crm_record_t *activity)
{
    crm_feed_t         *feed = f->data;
    const crm_value_t  *v = activity->v;

    if (v[CRM_ACTIVITY_USER_ID].num != feed->user
        || v[CRM_ACTIVITY_DUE_DATE].num < crm_date_from_civil(1900, 1, 1)
        || v[CRM_ACTIVITY_DUE_DATE].num >= crm_date_from_civil(3000, 1, 1))
    {
        return 0;
    }

    switch (v[CRM_ACTIVITY_OUTCOME].num) {

    case CRM_OUTCOME_CANCELLED:
        return v[CRM_UPDATED_AT].num > f->now - CRM_FEED_CANCELLED;

    case CRM_OUTCOME_DONE:
        return crm_calendar_is_meeting(f->conf, activity);

    default:
        return !v[CRM_ACTIVITY_HELD].num
               || crm_calendar_is_meeting(f->conf, activity);
    }
}


/* a record's name is for who may see the record; the assignee need not */

static void
crm_feed_ask_name(crm_flow_t *f, const crm_record_t *activity)
{
    crm_str_t           key, field, none = crm_null_string;
    const crm_value_t  *v = activity->v;
    const crm_field_t  *name;

    if (v[CRM_ACTIVITY_LEAD_ID].set) {
        key = crm_lead_key(&f->arena, &f->tenant->prefix,
                           v[CRM_ACTIVITY_LEAD_ID].num);
        name = &crm_entities[CRM_KIND_LEAD].fields[CRM_LEAD_NAME];

    } else {
        key = crm_flow_key(f, "contact:%lld",
                           (long long) v[CRM_ACTIVITY_CONTACT_ID].num);
        name = &crm_entities[CRM_KIND_CONTACT].fields[CRM_CONTACT_NAME];
    }

    field = name->stored;

    crm_flow_call(f, "HGET", key, field, none, none);
}


static ngx_int_t
crm_feed_loaded(crm_flow_t *f)
{
    ngx_int_t      rc;
    ngx_uint_t     i, n;
    crm_feed_t    *feed = f->data;
    crm_record_t  *activity;

    for (n = 0, i = 0; i < feed->asked; i++) {
        rc = crm_calendar_take(f, feed->id[feed->next + i], &f->reply[i],
                               &activity);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_OK && crm_feed_shows(f, activity)) {
            feed->slice[n++] = activity;
        }
    }

    feed->next += feed->asked;
    feed->nslice = n;

    for (i = 0; i < n; i++) {
        crm_feed_ask_name(f, feed->slice[i]);
    }

    return n > 0 ? crm_flow_wait(f, crm_feed_named) : crm_feed_load(f);
}


static ngx_int_t
crm_feed_named(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_feed_t       *feed = f->data;
    crm_ics_entry_t   entry;

    for (i = 0; i < feed->nslice; i++) {
        entry.activity = feed->slice[i];
        entry.type = crm_conf_find(f->conf, CRM_KIND_ACTIVITY_TYPE,
                                   entry.activity->v[CRM_ACTIVITY_OF_TYPE]
                                       .num);
        entry.slug = f->tenant->slug;
        entry.record = (crm_str_t) crm_null_string;

        if (crm_activity_writable(f, entry.activity)) {
            entry.record = f->reply[i].str;
        }

        if (crm_ics_entry(&f->answer.body, &entry) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    return crm_feed_load(f);
}
