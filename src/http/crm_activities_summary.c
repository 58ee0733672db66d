/* GET /activities/summary: the figures of the top menu (api.md, section 4) */

#include "crm_activity.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_text.h"


typedef struct {
    int64_t  user;
    int64_t  today;
} crm_acts_summary_t;


static ngx_int_t crm_acts_counted(crm_flow_t *f);


/* user_id=me, or another's for who sees all; NGX_DECLINED: answered */

static ngx_int_t
crm_acts_summary_user(crm_flow_t *f, int64_t *user)
{
    crm_str_t     *value, digits;
    crm_param_t   *param;
    crm_params_t  *params = &crm_request(f)->params;

    static const crm_str_t  name = crm_string("user_id");

    value = crm_param_get(params, "user_id");
    param = crm_param_unknown(params);

    if (param != NULL) {
        (void) crm_answer_bad_param(f, &param->name,
                                    crm_str_nearest(&param->name, &name, 1),
                                    1);
        return NGX_DECLINED;
    }

    *user = crm_record_id(f->user);

    if (value == NULL || crm_str_is(value, "me")) {
        return NGX_OK;
    }

    if (crm_text_digits(&f->arena, value, &digits) != CRM_OK) {
        return NGX_ERROR;
    }

    if (crm_str_int(&digits, user) != CRM_OK || *user <= 0) {
        (void) crm_answer_bad_param(f, &name, NULL, 0);
        return NGX_DECLINED;
    }

    if (*user == crm_record_id(f->user)) {
        return NGX_OK;
    }

    if (!crm_sees_all(f)) {
        (void) crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
        return NGX_DECLINED;
    }

    if (crm_conf_find(f->conf, CRM_KIND_USER, *user) == NULL) {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* below today, and through today: the rest is planned */

static ngx_int_t
crm_acts_count(crm_flow_t *f, const crm_acts_summary_t *s, int64_t type)
{
    crm_str_t  key, before, today, none = crm_null_string;

    const crm_activity_scope_t  scope = { 'u', s->user, type };

    if (crm_activity_key(&f->arena, &f->tenant->prefix, CRM_SEGMENT_OPEN,
                         &scope, &key)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    today = crm_arena_printf(&f->arena, "%lld", (long long) s->today);
    before = crm_arena_printf(&f->arena, "(%lld", (long long) s->today);

    crm_flow_call(f, "ZCOUNT", key, crm_str("-inf"), before, none);
    crm_flow_call(f, "ZCOUNT", key, today, today, none);
    crm_flow_call(f, "ZCARD", key, none, none, none);

    return NGX_OK;
}


ngx_int_t
crm_activities_summary(crm_flow_t *f)
{
    unsigned                i;
    ngx_int_t               rc;
    crm_str_t               none = crm_null_string;
    const crm_zone_t       *zone;
    crm_acts_summary_t     *s;
    const crm_conf_list_t  *types = &f->conf->list[CRM_KIND_ACTIVITY_TYPE];

    s = crm_arena_calloc(&f->arena, sizeof(crm_acts_summary_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    f->data = s;

    rc = crm_acts_summary_user(f, &s->user);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    zone = crm_conf_user_zone(f->conf, s->user);
    s->today = crm_zone_date(zone, f->now);

    crm_flow_call(f, "ZCOUNT",
                  crm_activity_done_key(&f->arena, &f->tenant->prefix,
                                        s->user),
                  crm_arena_printf(&f->arena, "%lld", (long long)
                                   crm_zone_day_start(zone, s->today)),
                  crm_str("+inf"), none);

    rc = crm_acts_count(f, s, 0);

    for (i = 0; rc == NGX_OK && i < types->n; i++) {
        rc = crm_acts_count(f, s, crm_record_id(types->rec[i]));
    }

    return rc == NGX_OK ? crm_flow_wait(f, crm_acts_counted) : rc;
}


static void
crm_acts_figures(crm_out_t *out, const crm_reply_t *reply)
{
    crm_out_lit(out, "\"overdue\":");
    crm_out_int(out, reply[0].num);
    crm_out_lit(out, ",\"today\":");
    crm_out_int(out, reply[1].num);
    crm_out_lit(out, ",\"planned\":");
    crm_out_int(out, reply[2].num - reply[0].num - reply[1].num);
}


static ngx_int_t
crm_acts_counted(crm_flow_t *f)
{
    unsigned                i, n;
    crm_out_t              *out;
    const crm_reply_t      *reply;
    const crm_conf_list_t  *types = &f->conf->list[CRM_KIND_ACTIVITY_TYPE];

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_char(out, '{');
    crm_acts_figures(out, &f->reply[1]);
    crm_out_lit(out, ",\"done_today\":");
    crm_out_int(out, f->reply[0].num);
    crm_out_lit(out, ",\"by_type\":[");

    for (n = 0, i = 0; i < types->n && 6 + 3 * i < f->nreply; i++) {
        reply = &f->reply[4 + 3 * i];

        if (reply[2].num == 0) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"type_id\":");
        crm_out_int(out, crm_record_id(types->rec[i]));
        crm_out_char(out, ',');
        crm_acts_figures(out, reply);
        crm_out_char(out, '}');
    }

    crm_out_lit(out, "]}");

    return NGX_OK;
}
