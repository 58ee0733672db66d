/*
 * Bulk changes as jobs, and taking one back (crm_job.h, crm_bulk.h).
 *
 * A slice takes the next ids behind the cursor, reads which of them have a
 * mark already (their commit was applied by a run that died before it could
 * save), changes the others and saves.  Every commit proves that the job is
 * still this run's, so none can follow after another run has read the marks.
 */

#include "crm_bitmap.h"
#include "crm_bulk.h"


#define CRM_BULK_SLICE    100           /* records */
#define CRM_BULK_SAID     1000          /* failures that a result lists */


static ngx_int_t crm_bulk_slice_chunk(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_marks(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_marked(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_end(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_last(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_ask(crm_flow_t *f);
static ngx_int_t crm_bulk_slice_said(crm_flow_t *f);


const crm_job_kind_t  crm_bulk_job = {
    .name = crm_string("bulk"),
    .slice = crm_bulk_slice,
    .undoable = 1
};

const crm_job_kind_t  crm_bulk_final_job = {
    .name = crm_string("bulk_final"),
    .slice = crm_bulk_slice
};

const crm_job_kind_t  crm_bulk_undo_job = {
    .name = crm_string("undo"),
    .slice = crm_bulk_slice
};


/* the job whose marks and bitmaps are read: the one to undo, or itself */

static int64_t
crm_bulk_source(crm_job_t *job)
{
    json_t  *of = json_object_get(job->params, "of");

    return of != NULL ? json_integer_value(of) : job->id;
}


static int64_t
crm_bulk_cursor(const crm_job_t *job)
{
    int64_t  id;

    return crm_str_int(&job->cursor, &id) == CRM_OK ? id : 0;
}


static int
crm_bulk_item_cmp(const void *one, const void *two)
{
    const crm_bulk_item_t  *a = one, *b = two;

    return (a->id > b->id) - (a->id < b->id);
}


/* the next of a list of ids, each once */

static ngx_int_t
crm_bulk_take_list(crm_flow_t *f, crm_bulk_t *b, json_t *ids)
{
    size_t       i;
    int64_t      id, last;
    ngx_uint_t   n;

    last = crm_bulk_cursor(crm_job(f));
    b->item = crm_arena_calloc(&f->arena, (json_array_size(ids) + 1)
                                          * sizeof(crm_bulk_item_t));
    if (b->item == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < json_array_size(ids); i++) {
        id = json_integer_value(json_array_get(ids, i));

        if (id > last) {
            b->item[n++].id = id;
        }
    }

    qsort(b->item, n, sizeof(crm_bulk_item_t), crm_bulk_item_cmp);

    for (b->n = 0, i = 0; i < n && b->n < CRM_BULK_SLICE; i++) {
        if (b->n == 0 || b->item[b->n - 1].id != b->item[i].id) {
            b->item[b->n++].id = b->item[i].id;
        }
    }

    return NGX_OK;
}


/* the kind's own action, or the one that was asked for */

static const crm_bulk_action_t *
crm_bulk_action_of(const crm_job_t *job)
{
    ngx_uint_t  i;

    static const crm_bulk_action_t *const  own[] = {
        &crm_bulk_undo_action, &crm_stage_action, &crm_reason_action
    };

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i]->kind == job->kind) {
            return own[i];
        }
    }

    return crm_bulk_action(json_string_value(json_object_get(job->params,
                                                             "action")));
}


static ngx_int_t
crm_bulk_prepare(crm_flow_t *f, crm_bulk_t *b)
{
    ngx_int_t    rc;
    json_t      *params;
    crm_job_t   *job = crm_job(f);

    b->job = job;
    b->job_id = job->id;

    b->action = crm_bulk_action_of(job);

    if (f->user == NULL || b->action == NULL) {
        (void) crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
        return NGX_DECLINED;
    }

    params = json_object_get(job->params, "params");

    rc = crm_bulk_params(f, b, json_is_object(params) ? params : NULL);

    if (rc == NGX_OK && json_is_true(json_object_get(job->params, "loose"))) {
        b->filter = crm_arena_calloc(&f->arena, sizeof(crm_query_t));

        rc = b->filter != NULL
             ? crm_bulk_query(f, json_object_get(job->params, "filter"),
                              b->filter)
             : NGX_ERROR;
    }

    if (rc != NGX_ERROR && f->answer.faults.n > 0) {
        (void) crm_flow_problem(f, CRM_P_VALIDATION, NULL);
        return NGX_DECLINED;
    }

    return rc;
}


static int64_t
crm_bulk_chunk(const crm_job_t *job)
{
    return (crm_bulk_cursor(job) + 1) >> CRM_BITMAP_SHIFT;
}


static void
crm_bulk_ask_chunk(crm_flow_t *f, crm_bulk_t *b)
{
    int64_t      chunk;
    json_t      *id;
    crm_job_t   *job = b->job;
    crm_str_t    none = crm_null_string;

    chunk = crm_bulk_chunk(job);

    if (b->action->facet == NULL) {
        crm_flow_call(f, "HGET",
                      crm_flow_key(f, "job:%lld:b",
                                   (long long) crm_bulk_source(job)),
                      crm_arena_printf(&f->arena, "%lld", (long long) chunk),
                      none, none);
        return;
    }

    id = json_object_get(job->params, "id");

    crm_flow_call(f, "GET",
                  crm_flow_key(f, "l:f:%s:%lld:%lld", b->action->facet,
                               (long long) json_integer_value(id),
                               (long long) chunk),
                  none, none, none);
    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lead"), none, none);
}


ngx_int_t
crm_bulk_slice(crm_flow_t *f)
{
    json_t      *ids;
    ngx_int_t    rc;
    crm_job_t   *job = crm_job(f);
    crm_bulk_t  *b;

    b = crm_arena_calloc(&f->arena, sizeof(crm_bulk_t));
    if (b == NULL) {
        return NGX_ERROR;
    }

    f->data = b;

    rc = crm_bulk_prepare(f, b);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    ids = json_object_get(job->params, "ids");

    if (json_is_array(ids)) {
        if (crm_bulk_take_list(f, b, ids) != NGX_OK) {
            return NGX_ERROR;
        }

        return b->n > 0 ? crm_bulk_slice_marks(f) : crm_bulk_slice_last(f);
    }

    if (b->action->facet == NULL
        && crm_bulk_chunk(job) >= json_integer_value(
                                  json_object_get(job->params, "chunks")))
    {
        return crm_bulk_slice_last(f);
    }

    crm_bulk_ask_chunk(f, b);

    return crm_flow_wait(f, crm_bulk_slice_chunk);
}


static ngx_int_t
crm_bulk_slice_chunk(crm_flow_t *f)
{
    int64_t       id, end, last;
    unsigned      chunk;
    crm_str_t     cursor;
    crm_bulk_t   *b = f->data;
    crm_bitmap_t  bits;

    id = crm_bulk_cursor(crm_job(f));
    chunk = (id + 1) >> CRM_BITMAP_SHIFT;
    end = ((int64_t) (chunk + 1) << CRM_BITMAP_SHIFT) - 1;

    b->item = crm_arena_calloc(&f->arena, CRM_BULK_SLICE
                                          * sizeof(crm_bulk_item_t));

    if (b->item == NULL
        || crm_bitmap_init(&bits, &f->arena, end) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (crm_reply_is_string(&f->reply[0])) {
        crm_bitmap_or(&bits, chunk, &f->reply[0].str);
    }

    while (b->n < CRM_BULK_SLICE) {
        id = crm_bitmap_next(&bits, id, 0);

        if (id == 0) {
            break;
        }

        b->item[b->n++].id = id;
    }

    if (b->n > 0) {
        return crm_bulk_slice_marks(f);
    }

    if (b->action->facet != NULL
        && (crm_str_int(&f->reply[1].str, &last) != CRM_OK || last <= end))
    {
        return crm_bulk_slice_last(f);
    }

    cursor = crm_arena_printf(&f->arena, "%lld", (long long) end);

    return crm_job_save(f, NULL, &cursor);
}


/* ---- marks: what was done before, and what it was ----------------------- */

static void
crm_bulk_ask_marks(crm_flow_t *f, crm_bulk_t *b, int64_t job)
{
    ngx_uint_t  i;
    crm_str_t   none = crm_null_string;

    for (i = 0; i < b->n; i++) {
        crm_flow_call(f, "HGET", crm_bulk_mark_key(f, job, b->item[i].id),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) b->item[i].id),
                      none, none);
    }
}


static ngx_int_t
crm_bulk_slice_marks(crm_flow_t *f)
{
    crm_bulk_t  *b = f->data;

    if (b->action->facet != NULL) {
        return crm_bulk_run(f, crm_bulk_slice_end);
    }

    crm_bulk_ask_marks(f, b, b->job_id);

    if (b->action == &crm_bulk_undo_action) {
        crm_bulk_ask_marks(f, b, crm_bulk_source(b->job));
    }

    return crm_flow_wait(f, crm_bulk_slice_marked);
}


static ngx_int_t
crm_bulk_slice_marked(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_bulk_t       *b = f->data;
    crm_bulk_item_t  *item;

    for (i = 0; i < b->n; i++) {
        item = &b->item[i];

        if (crm_reply_is_string(&f->reply[i])) {
            item->finished = 1;
            item->status = 200;
            continue;
        }

        if (b->action != &crm_bulk_undo_action) {
            continue;
        }

        /* what the job did not change is not meant */

        if (!crm_reply_is_string(&f->reply[b->n + i])) {
            item->finished = 1;
            item->skipped = 1;
            continue;
        }

        if (crm_arena_dup(&f->arena, &item->text,
                          f->reply[b->n + i].str.data,
                          f->reply[b->n + i].str.len)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_bulk_run(f, crm_bulk_slice_end);
}


/* ---- the end of a slice, and of the job --------------------------------- */

/* a failure is listed in the job's result */

static ngx_int_t
crm_bulk_slice_count(crm_flow_t *f, crm_bulk_t *b, crm_bulk_item_t *item,
    crm_str_t key, crm_ops_t *ops)
{
    crm_out_t  out;
    crm_str_t  text, none = crm_null_string;

    if (item->skipped) {
        return NGX_OK;
    }

    if (item->problem == CRM_P_NONE) {
        b->job->done++;
        return NGX_OK;
    }

    b->job->failed++;

    crm_out_init(&out, &f->arena, 64);
    crm_bulk_item_json(&out, item);

    if (crm_out_join(&out, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_ops_put(ops, "RPUSH", key, text, none, none);

    return NGX_OK;
}


static ngx_int_t
crm_bulk_slice_end(crm_flow_t *f)
{
    crm_ops_t         ops;
    crm_str_t         key, cursor, none = crm_null_string;
    ngx_uint_t        i, stopped = 0;
    crm_bulk_t       *b = f->data;
    crm_bulk_item_t  *item;

    crm_ops_init(&ops, &f->arena);

    key = crm_flow_key(f, "job:%lld:f", (long long) b->job_id);

    for (i = 0; i < b->n; i++) {
        item = &b->item[i];

        /* the store was away: from what was saved last, past the marks; a
           record that cannot be read fails by itself */

        if (item->status == 503) {
            return crm_flow_problem(f, CRM_P_STORE_UNAVAILABLE, NULL);
        }

        if (item->problem == CRM_P_CONFLICT) {
            stopped = 1;

        } else if (crm_bulk_slice_count(f, b, item, key, &ops) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (stopped) {
        return crm_job_stopped(f);
    }

    if (ops.nwrites > 0) {
        crm_ops_put(&ops, "LTRIM", key, crm_str("0"),
                    crm_arena_printf(&f->arena, "%d", CRM_BULK_SAID - 1),
                    none);
        crm_ops_put(&ops, "PEXPIREAT", key,
                    crm_arena_printf(&f->arena, "%lld",
                                     (long long) (f->now + 7 * CRM_DAY_MS)),
                    none, none);
    }

    cursor = crm_arena_printf(&f->arena, "%lld",
                              (long long) b->item[b->n - 1].id);

    return crm_job_save(f, &ops, &cursor);
}


static ngx_int_t
crm_bulk_slice_last(crm_flow_t *f)
{
    crm_bulk_t  *b = f->data;

    return b->action->mails ? crm_bulk_mail_collect(f, crm_bulk_slice_ask)
                            : crm_bulk_slice_ask(f);
}


static ngx_int_t
crm_bulk_slice_ask(crm_flow_t *f)
{
    crm_str_t    none = crm_null_string;
    crm_bulk_t  *b = f->data;

    crm_flow_call(f, "LRANGE",
                  crm_flow_key(f, "job:%lld:f", (long long) b->job_id),
                  crm_str("0"), crm_str("-1"), none);

    if (b->action->close != NULL) {
        b->action->ask(f, b);
    }

    return crm_flow_wait(f, crm_bulk_slice_said);
}


static ngx_int_t
crm_bulk_slice_said(crm_flow_t *f)
{
    uint32_t     i;
    crm_out_t    out;
    crm_ops_t    ops;
    crm_str_t    result, again = crm_string("0");
    ngx_int_t    rc;
    crm_job_t   *job = crm_job(f);
    crm_bulk_t  *b = f->data;

    if (!crm_reply_is_array(&f->reply[0])) {
        return NGX_ERROR;
    }

    job->total = job->done + job->failed;

    crm_out_init(&out, &f->arena, 1024);

    crm_out_lit(&out, "{\"succeeded\":");
    crm_out_int(&out, job->done);
    crm_out_lit(&out, ",\"failed\":");
    crm_out_int(&out, job->failed);
    crm_out_lit(&out, ",\"results\":[");

    for (i = 0; i < f->reply[0].n; i++) {
        if (i > 0) {
            crm_out_char(&out, ',');
        }

        crm_out_str(&out, &f->reply[0].item[i].str);
    }

    crm_out_char(&out, ']');

    if (b->action->mails) {
        crm_out_char(&out, ',');
        crm_bulk_mail_json(&out, &b->recipients);
    }

    crm_out_char(&out, '}');

    if (crm_out_join(&out, &result) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_ops_init(&ops, &f->arena);

    if (b->action->close != NULL) {
        rc = b->action->close(f, b, &ops);

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? crm_job_save(f, NULL, &again) : rc;
        }
    }

    return crm_job_finish(f, &ops, &result);
}
