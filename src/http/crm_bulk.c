/*
 * POST /leads/bulk: one action over up to 1000 records at once, or over
 * everything that a filter finds (api.md, section 3).
 *
 * Up to 1000 are done below the request, under a job that has ended already,
 * so that they can be undone; more become a job with the bitmaps of the ids,
 * fixed here (crm_bulk_job.c).
 */

#include "crm_auth.h"
#include "crm_bulk.h"
#include "crm_handlers.h"
#include "crm_idem.h"
#include "crm_leads_plan.h"
#include "crm_respond.h"
#include "crm_time.h"


#define CRM_BULK_DEADLINE  60000        /* milliseconds, of the whole */


static ngx_int_t crm_bulk_choose(crm_flow_t *f);
static ngx_int_t crm_bulk_select(crm_flow_t *f);
static ngx_int_t crm_bulk_selected(crm_flow_t *f);
static ngx_int_t crm_bulk_ask(crm_flow_t *f);
static ngx_int_t crm_bulk_begin(crm_flow_t *f);
static ngx_int_t crm_bulk_begun(crm_flow_t *f);
static ngx_int_t crm_bulk_end(crm_flow_t *f);
static ngx_int_t crm_bulk_answer(crm_flow_t *f);


/* ---- the body ----------------------------------------------------------- */

static void
crm_bulk_fault(crm_flow_t *f, const char *name, crm_fault_code_t code,
    const char *message)
{
    crm_str_t  field;

    field.data = (u_char *) name;
    field.len = ngx_strlen(name);

    crm_fault(&f->answer.faults, &field, code, message);
}


static ngx_uint_t
crm_bulk_ids_valid(json_t *ids)
{
    size_t   i;
    json_t  *id;

    json_array_foreach(ids, i, id) {
        if (!json_is_integer(id) || json_integer_value(id) < 1) {
            return 0;
        }
    }

    return i > 0;
}


static void
crm_bulk_check_which(crm_flow_t *f, crm_bulk_request_t *r)
{
    if ((r->ids == NULL) == (r->filter == NULL)) {
        crm_bulk_fault(f, "ids", r->ids == NULL ? CRM_FAULT_REQUIRED
                                                : CRM_FAULT_INVALID,
                       "either ids or a filter");
        return;
    }

    if (r->filter != NULL) {
        if (!json_is_object(r->filter)) {
            crm_bulk_fault(f, "filter", CRM_FAULT_INVALID,
                           "must be an object");
        }

        return;
    }

    if (json_array_size(r->ids) > CRM_BULK_MAX) {
        crm_bulk_fault(f, "ids", CRM_FAULT_TOO_LONG,
                       "must be a list of 1 to 1000 ids");

    } else if (!json_is_array(r->ids) || !crm_bulk_ids_valid(r->ids)) {
        crm_bulk_fault(f, "ids", CRM_FAULT_INVALID,
                       "must be a list of 1 to 1000 ids");
    }
}


static ngx_int_t
crm_bulk_check(crm_flow_t *f, json_t *body, crm_bulk_request_t *r)
{
    size_t       i;
    json_t      *value, *action, *params;
    const char  *key;

    static const char *const  names[] = { "action", "ids", "filter",
                                          "params" };

    json_object_foreach(body, key, value) {

        for (i = 0; i < 4 && ngx_strcmp(key, names[i]) != 0; i++) {
            /* void */
        }

        if (i == 4) {
            crm_bulk_fault(f, key, CRM_FAULT_UNKNOWN_FIELD,
                           "there is no such field");
        }
    }

    action = json_object_get(body, "action");
    r->ids = json_object_get(body, "ids");
    r->filter = json_object_get(body, "filter");
    params = json_object_get(body, "params");

    if (json_is_null(r->ids)) {
        r->ids = NULL;
    }

    if (json_is_null(r->filter)) {
        r->filter = NULL;
    }

    if (json_is_null(params)) {
        params = NULL;
    }

    crm_bulk_check_which(f, r);

    r->bulk->action = crm_bulk_action(json_string_value(action));

    if (r->bulk->action == NULL) {
        crm_bulk_fault(f, "action", action == NULL || json_is_null(action)
                                    ? CRM_FAULT_REQUIRED : CRM_FAULT_INVALID,
                       "no action of that name");
        return NGX_OK;
    }

    if (params != NULL && !json_is_object(params)) {
        crm_bulk_fault(f, "params", CRM_FAULT_INVALID, "must be an object");
        return NGX_OK;
    }

    return crm_bulk_params(f, r->bulk, params);
}


ngx_int_t
crm_leads_bulk(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_request_t       *q = crm_request(f);
    crm_bulk_request_t  *r;

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_body_parse(q, 0);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    r = crm_arena_calloc(&f->arena, sizeof(crm_bulk_request_t));
    if (r == NULL) {
        return NGX_ERROR;
    }

    r->bulk = crm_arena_calloc(&f->arena, sizeof(crm_bulk_t));
    if (r->bulk == NULL) {
        return NGX_ERROR;
    }

    f->data = r;

    if (crm_bulk_check(f, q->body, r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    if (!crm_sees_all(f) && (r->filter != NULL || r->bulk->action->manager)) {
        return crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
    }

    f->deadline = ngx_current_msec + CRM_BULK_DEADLINE;

    return f->idem_key.len > 0 ? crm_bulk_again(f, crm_bulk_choose)
                               : crm_bulk_choose(f);
}


/* ---- which records ------------------------------------------------------ */

static ngx_int_t
crm_bulk_choose(crm_flow_t *f)
{
    crm_bulk_request_t  *r = f->data;

    if (r->resumed) {
        return crm_bulk_begin(f);
    }

    return r->filter != NULL ? crm_bulk_select(f) : crm_bulk_ask(f);
}


static ngx_int_t
crm_bulk_select(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_bulk_request_t  *r = f->data;

    rc = crm_bulk_query(f, r->filter, &r->scan.query);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? crm_answer_faults(f) : rc;
    }

    r->scan.query.sort = CRM_ID;
    r->scan.query.desc = 0;

    if (crm_leads_plan(f, &r->scan) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->scan.empty) {
        return crm_bulk_ask(f);
    }

    r->scan.use_bits = 1;
    r->scan.gathered = crm_bulk_selected;

    return crm_scan_start(f);
}


static ngx_int_t
crm_bulk_selected(crm_flow_t *f)
{
    crm_bulk_request_t  *r = f->data;

    r->count = crm_bitmap_count(&r->scan.bits);

    return crm_bulk_ask(f);
}


static ngx_int_t
crm_bulk_items(crm_flow_t *f, crm_bulk_request_t *r)
{
    int64_t      id;
    ngx_uint_t   i;
    crm_bulk_t  *b = r->bulk;

    b->n = r->ids != NULL ? json_array_size(r->ids) : (ngx_uint_t) r->count;
    b->item = crm_arena_calloc(&f->arena,
                               (b->n + 1) * sizeof(crm_bulk_item_t));
    if (b->item == NULL) {
        return NGX_ERROR;
    }

    for (id = 0, i = 0; i < b->n; i++) {
        id = r->ids != NULL
             ? json_integer_value(json_array_get(r->ids, i))
             : crm_bitmap_next(&r->scan.bits, id, 0);

        b->item[i].id = id;
    }

    if (r->scan.loose) {
        b->filter = &r->scan.query;
    }

    return NGX_OK;
}


/* ---- the job ------------------------------------------------------------ */

static ngx_int_t
crm_bulk_ask(crm_flow_t *f)
{
    crm_bulk_request_t  *r = f->data;

    crm_job_ask(f, r->bulk->action->kind);

    return crm_flow_wait(f, crm_bulk_begin);
}


/* everything that was found, fixed with the job */

static ngx_int_t
crm_bulk_later(crm_flow_t *f, crm_bulk_request_t *r)
{
    unsigned        i;
    crm_ops_t       ops;
    crm_str_t       text, key, bits, none = crm_null_string;
    crm_record_t   *job;
    crm_bitmap_t   *b = &r->scan.bits;

    if (crm_bulk_job_params(f, r, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_ops_init(&ops, &f->arena);

    job = crm_job_create(f, r->bulk->action->kind, text,
                         r->scan.loose ? -1 : r->count, &f->reply[0], &ops);
    if (job == NULL) {
        return NGX_ERROR;
    }

    key = crm_flow_key(f, "job:%lld:b", (long long) crm_record_id(job));

    for (i = 0; i < b->n; i++) {
        if (b->chunk[i] == NULL) {
            continue;
        }

        bits.data = (u_char *) b->chunk[i];
        bits.len = CRM_BITMAP_BYTES;

        crm_ops_put(&ops, "HSET", key,
                    crm_arena_printf(&f->arena, "%u", i), bits, none);
    }

    crm_ops_put(&ops, "PEXPIREAT", key,
                crm_arena_printf(&f->arena, "%lld",
                                 (long long) (f->now + 7 * CRM_DAY_MS)),
                none, none);

    return crm_job_submit(f, &ops, job);
}


/* the records of a new request, and the job under which they are done */

static ngx_int_t
crm_bulk_new_job(crm_flow_t *f, crm_bulk_request_t *r, crm_ops_t *ops)
{
    crm_str_t    text;
    crm_bulk_t  *b = r->bulk;

    if (crm_bulk_items(f, r) != NGX_OK
        || crm_bulk_job_params(f, r, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    b->job_rec = crm_job_create_ended(f, b->action->kind, text, b->n,
                                      &f->reply[0], ops);
    if (b->job_rec == NULL) {
        return NGX_ERROR;
    }

    b->job_id = crm_record_id(b->job_rec);

    if (f->idem_key.len > 0) {
        crm_idem_store_job(f, ops, b->job_id);
    }

    return NGX_OK;
}


static ngx_int_t
crm_bulk_begin(crm_flow_t *f)
{
    crm_ops_t            ops;
    crm_bulk_request_t  *r = f->data;

    if (r->count > CRM_BULK_MAX) {
        return crm_bulk_later(f, r);
    }

    crm_ops_init(&ops, &f->arena);

    if (r->resumed) {
        crm_children_check(f, &ops);

    } else if (crm_bulk_new_job(f, r, &ops) != NGX_OK) {
        return NGX_ERROR;
    }

    f->data = r->bulk;

    if (f->idem_key.len > 0) {
        crm_idem_claim(f, &ops);
    }

    crm_ops_counters_first(&ops);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_bulk_begun);
}


static ngx_int_t
crm_bulk_begun(crm_flow_t *f)
{
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        return crm_bulk_run(f, crm_bulk_end);

    case NGX_DECLINED:
        return crm_flow_retry(f);       /* an id taken, or a copy's claim */

    default:
        return NGX_ERROR;
    }
}


/* ---- the answer --------------------------------------------------------- */

/* addresses that were written to */

static ngx_int_t
crm_bulk_recipients(crm_flow_t *f, crm_bulk_t *b)
{
    ngx_uint_t        i;
    crm_bulk_item_t  *item;

    if (crm_recipients_init(&b->recipients, &f->arena, b->n) != CRM_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < b->n; i++) {
        item = &b->item[i];

        if (item->email.len > 0 && item->problem == CRM_P_NONE
            && crm_recipients_add(&b->recipients, &item->email) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_bulk_stored(crm_flow_t *f)
{
    (void) f;

    return NGX_OK;
}


/* {"succeeded":2,"failed":0,"results":[...] */

static void
crm_bulk_results(crm_bulk_t *b, crm_out_t *out, ngx_uint_t *succeeded,
    ngx_uint_t *failed)
{
    ngx_uint_t        i, n;
    crm_bulk_item_t  *item;

    for (*succeeded = 0, *failed = 0, i = 0; i < b->n; i++) {
        item = &b->item[i];

        if (!item->skipped) {
            *succeeded += item->problem == CRM_P_NONE;
            *failed += item->problem != CRM_P_NONE;
        }
    }

    crm_out_lit(out, "{\"succeeded\":");
    crm_out_int(out, *succeeded);
    crm_out_lit(out, ",\"failed\":");
    crm_out_int(out, *failed);
    crm_out_lit(out, ",\"results\":[");

    for (n = 0, i = 0; i < b->n; i++) {
        if (b->item[i].skipped) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_bulk_item_json(out, &b->item[i]);
    }

    crm_out_char(out, ']');
}


static ngx_int_t
crm_bulk_end(crm_flow_t *f)
{
    crm_bulk_t  *b = f->data;

    return b->action->mails ? crm_bulk_mail_recall(f, crm_bulk_answer)
                            : crm_bulk_answer(f);
}


static ngx_int_t
crm_bulk_answer(crm_flow_t *f)
{
    crm_ops_t    ops;
    crm_out_t   *out;
    ngx_uint_t   succeeded, failed;
    crm_bulk_t  *b = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_bulk_results(b, out, &succeeded, &failed);

    if (b->action->mails) {
        if (crm_bulk_recipients(f, b) != NGX_OK) {
            return NGX_ERROR;
        }

        crm_out_char(out, ',');
        crm_bulk_mail_json(out, &b->recipients);
    }

    crm_out_lit(out, ",\"job_id\":");
    crm_out_int(out, b->job_id);
    crm_out_char(out, '}');

    crm_ops_init(&ops, &f->arena);
    crm_children_check(f, &ops);
    crm_job_tally(f, b->job_rec, succeeded, failed, &ops);

    if (f->idem_key.len > 0) {
        crm_idem_store(f, &ops);
    }

    if (ops.failed || out->failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_bulk_stored);
}
