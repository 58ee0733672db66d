/*
 * A lead becomes an opportunity, in one commit with the duplicates that are
 * merged into it and the customer that is made; see crm_conversion.h.
 *
 * Two conversions of one lead meet in its version; two that would make the
 * same customer meet in the counters of contacts, which must be what they
 * were before anybody looked for one.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_conversion.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_conversion_load(crm_flow_t *f);
static ngx_int_t crm_conversion_loaded(crm_flow_t *f);
static ngx_int_t crm_conversion_found(crm_flow_t *f);
static ngx_int_t crm_conversion_selected(crm_flow_t *f);
static ngx_int_t crm_conversion_family(crm_flow_t *f, const int64_t *id,
    ngx_uint_t n);
static ngx_int_t crm_conversion_family_loaded(crm_flow_t *f);
static ngx_int_t crm_conversion_merge(crm_flow_t *f);
static ngx_int_t crm_conversion_top(crm_flow_t *f);
static ngx_int_t crm_conversion_decide(crm_flow_t *f);
static ngx_int_t crm_conversion_committed(crm_flow_t *f);


ngx_int_t
crm_conversion_start(crm_flow_t *f)
{
    crm_conversion_t  *c = f->data;

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix,
                                          c->id),
                          crm_conversion_load);
}


static ngx_int_t
crm_conversion_load(crm_flow_t *f)
{
    crm_str_t          none = crm_null_string;
    crm_conversion_t  *c = f->data;

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             c->id),
                  none, none, none);
    crm_flow_call(f, "HMGET", f->tenant->root, crm_str("id:contact"),
                  crm_str("late:contact"), none);

    if (c->contact_id != 0) {
        crm_flow_call(f, "HGETALL",
                      crm_contact_key(&f->arena, &f->tenant->prefix,
                                      c->contact_id),
                      none, none, none);
    }

    if (f->idem_key.len > 0 && c->quiet) {
        c->idem_reply = c->contact_id != 0 ? 3 : 2;
        crm_flow_call(f, "GET", f->idem_key, none, none, none);
    }

    return crm_flow_wait(f, crm_conversion_loaded);
}


/* the contact that is named */

static ngx_int_t
crm_conversion_named(crm_flow_t *f, crm_conversion_t *c)
{
    ngx_int_t  rc;

    if (c->contact_id == 0) {
        return NGX_OK;
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT], c->contact_id,
                         &f->reply[2], &c->contact);

    if (rc == NGX_DECLINED) {
        crm_fault(&f->answer.faults, &crm_conversion_contact_name,
                  CRM_FAULT_NOT_FOUND, "there is no such record");
        (void) crm_answer_faults(f);
    }

    return rc;
}


static ngx_int_t
crm_conversion_allowed(crm_flow_t *f, crm_conversion_t *c)
{
    ngx_int_t  rc;

    rc = crm_lead_visible(f, c->lead);

    if (rc == NGX_OK) {
        rc = crm_conversion_named(f, c);
    }

    if (rc == NGX_OK && c->use_header) {
        rc = crm_write_match(f, c->lead);
    }

    if (rc == NGX_OK && !crm_lead_convertible(c->lead)) {
        (void) crm_flow_problem(f, CRM_P_NOT_CONVERTIBLE, NULL);
        rc = NGX_DECLINED;
    }

    return rc;
}


static ngx_int_t
crm_conversion_loaded(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_conversion_t  *c = f->data;

    /* done before a crash, or by a copy of the request */

    if (c->idem_reply != 0
        && crm_idem_replay(f, &f->reply[c->idem_reply], &rc) == NGX_OK)
    {
        crm_idem_result(f);
        return NGX_OK;
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], c->id,
                         &f->reply[0], &c->lead);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (!crm_reply_is_array(&f->reply[1]) || f->reply[1].n != 2) {
        return NGX_ERROR;
    }

    c->counter = f->reply[1].item[0].str;
    c->late = f->reply[1].item[1].str;

    rc = rc == NGX_OK ? crm_conversion_allowed(f, c) : rc;

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (c->merge && !c->given) {
        c->find.lead = c->lead;
        c->find.self = c->id;

        return crm_dup_find(f, &c->find, 1, crm_conversion_found);
    }

    return crm_conversion_family(f, c->with.id, c->merge ? c->with.n : 0);
}


/* ---- duplicates --------------------------------------------------------- */

static ngx_int_t
crm_conversion_found(crm_flow_t *f)
{
    crm_conversion_t  *c = f->data;

    return c->select != NULL ? c->select(f, c, crm_conversion_selected)
                             : crm_conversion_selected(f);
}


/* best first, as many as one merge takes */

static ngx_int_t
crm_conversion_selected(crm_flow_t *f)
{
    int64_t            id[CRM_MERGE_MAX];
    ngx_uint_t         i, n;
    crm_conversion_t  *c = f->data;

    n = ngx_min(c->find.n, CRM_MERGE_MAX - 1);

    for (i = 0; i < n; i++) {
        id[i] = crm_record_id(c->find.match[i].lead);
    }

    if (n == 0 && c->use_header) {
        crm_fault(&f->answer.faults,
                  &crm_action_convert.fields[CRM_CONVERT_DUPLICATE_IDS].name,
                  CRM_FAULT_REQUIRED, "there is none that was found");
        return crm_answer_faults(f);
    }

    return crm_conversion_family(f, id, n);
}


static ngx_int_t
crm_conversion_family(crm_flow_t *f, const int64_t *id, ngx_uint_t n)
{
    int64_t            all[CRM_MERGE_MAX];
    ngx_uint_t         i, k;
    crm_conversion_t  *c = f->data;

    all[0] = c->id;

    for (k = 1, i = 0; i < n; i++) {
        if (id[i] != c->id) {
            all[k++] = id[i];
        }
    }

    c->g.family = crm_family_new(f, all, k);
    if (c->g.family == NULL) {
        return NGX_ERROR;
    }

    crm_family_ask(f, c->g.family);

    return crm_flow_wait(f, crm_conversion_family_loaded);
}


static ngx_int_t
crm_conversion_family_loaded(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_record_t      *lead;
    crm_conversion_t  *c = f->data;

    if (crm_family_take(f, c->g.family, f->reply) != NGX_OK) {
        return NGX_ERROR;
    }

    /* changed since it was looked at */

    lead = c->g.family->lead.rec[0];

    if (lead == NULL || crm_record_version(lead)
                        != crm_record_version(c->lead))
    {
        return crm_flow_retry(f);
    }

    rc = crm_merge_visible(f, c->g.family,
                  &crm_action_convert.fields[CRM_CONVERT_DUPLICATE_IDS].name);

    if (rc == NGX_OK) {
        rc = crm_merge_begin(f, &c->g);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_family_load(f, c->g.family, crm_conversion_merge);
}


/* team and user are those that a merge is given, too */

static ngx_int_t
crm_conversion_merge(crm_flow_t *f)
{
    crm_rule_t         rule;
    crm_conversion_t  *c = f->data;

    if (c->amend != NULL) {
        c->amend(c);
    }

    crm_write_rule(f, &rule);

    if (c->g.m.n == 1) {
        c->g.survivor = c->g.m.rec[0];

    } else {
        c->g.m.has_team = c->to.has_team;
        c->g.m.team = c->to.team;
        c->g.m.has_user = c->to.has_user;
        c->g.m.user = c->to.user;

        if (crm_merge_make(&c->g, &rule) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_conversion_contact(f, crm_conversion_top);
}


/* ---- the commit --------------------------------------------------------- */

static ngx_int_t
crm_conversion_top(crm_flow_t *f)
{
    crm_rule_t         rule;
    crm_conversion_t  *c = f->data;

    crm_write_rule(f, &rule);

    f->nreply = 0;

    if (crm_lead_convert_column(&rule, c->g.m.rec[0], c->g.survivor, &c->to,
                                &c->g.column)
        != CRM_OK)
    {
        return crm_conversion_decide(f);
    }

    c->g.has_column = 1;
    crm_column_ask(f, c->g.column.type, c->g.column.stage);

    return crm_flow_wait(f, crm_conversion_decide);
}


/* the merge's message comes before that of the conversion */

static ngx_int_t
crm_conversion_log(crm_flow_t *f, crm_conversion_t *c,
    const crm_rule_t *rule)
{
    crm_str_t  text, none = crm_null_string;

    if (c->g.m.n > 1) {

        if (crm_record_pack(&f->arena, c->g.message, &text) != CRM_OK) {
            return NGX_ERROR;
        }

        crm_ops_put(&c->g.ops, "LPUSH",
                    crm_lead_messages_key(&f->arena, &f->tenant->prefix,
                                          crm_record_id(c->g.survivor)),
                    text, none, none);
    }

    if (crm_lead_log(rule, c->g.survivor, c->opportunity, crm_str(""),
                     &c->message)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (c->job_id != 0 && c->message != NULL) {
        crm_value_set_num(&c->message->v[CRM_MESSAGE_JOB_ID], c->job_id);
    }

    return NGX_OK;
}


/* activities and orders know the record as it will be */

static ngx_int_t
crm_conversion_write(crm_flow_t *f, crm_conversion_t *c,
    const crm_rule_t *rule)
{
    crm_record_t  *old = c->g.m.rec[0];

    crm_conversion_contact_ids(f, c);

    c->to.contact = c->contact;
    c->to.company = c->company;

    if (crm_lead_convert(rule, c->g.survivor, &c->to,
                         c->g.has_column ? &c->g.column : NULL,
                         &c->opportunity)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_lead_touch(rule, old, c->opportunity);

    if (crm_conversion_log(f, c, rule) != NGX_OK) {
        return NGX_ERROR;
    }

    if (c->g.m.n > 1) {
        if (crm_merge_write(f, &c->g, rule) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        c->g.survivor = c->opportunity;

        if (crm_merge_move(f, &c->g) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_lead_commit(&c->g.ops, rule, old, c->opportunity, c->message)
           == CRM_OK
           && crm_conversion_contact_write(f, c, rule) == NGX_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_conversion_answer(crm_flow_t *f, crm_conversion_t *c)
{
    crm_record_t  *shown;

    if (c->quiet) {
        f->answer.status = NGX_HTTP_OK;
        f->answer.id = crm_record_id(c->opportunity);
        f->answer.version = crm_record_version(c->opportunity);
        f->answer.location = crm_arena_printf(&f->arena, "%lld",
                                              (long long) f->answer.id);
        f->answer.etag = crm_arena_printf(&f->arena, "%lld",
                                          (long long) f->answer.version);
        return NGX_OK;
    }

    if (c->g.m.n > 1) {
        return crm_merge_answer(f, c->opportunity,
                                crm_record_id(c->g.message));
    }

    shown = crm_record_copy(&f->arena, c->opportunity);

    return shown != NULL ? crm_lead_answer(f, NGX_HTTP_OK, shown)
                         : NGX_ERROR;
}


static ngx_int_t
crm_conversion_decide(crm_flow_t *f)
{
    crm_rule_t         rule;
    crm_conversion_t  *c = f->data;

    if (f->nreply > 0) {
        crm_column_take(&f->reply[0], &c->g.column);
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&c->g.ops, &f->arena);

    if (crm_conversion_write(f, c, &rule) != NGX_OK
        || crm_conversion_answer(f, c) != NGX_OK
        || (c->extend != NULL && c->extend(f, c) != NGX_OK))
    {
        return NGX_ERROR;
    }

    crm_idem_commit(f, &c->g.ops);
    crm_ops_counters_first(&c->g.ops);

    if (c->g.ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &c->g.ops);

    return crm_flow_wait(f, crm_conversion_committed);
}


static ngx_int_t
crm_conversion_committed(crm_flow_t *f)
{
    int                tag;
    crm_str_t          current;
    ngx_uint_t         failed;
    crm_conversion_t  *c = f->data;

    switch (crm_commit_reply(&f->reply[0], &failed, &current)) {

    case NGX_OK:
        if (c->after != NULL) {
            c->after(c);
        }

        return NGX_OK;

    case NGX_DECLINED:
        break;

    default:
        return NGX_ERROR;
    }

    tag = failed < c->g.ops.nchecks ? c->g.ops.checks[failed].tag : 0;

    if (c->stop_tag != 0 && tag == c->stop_tag) {
        return crm_flow_problem(f, CRM_P_CONFLICT, NULL);
    }

    return crm_flow_retry(f);
}
