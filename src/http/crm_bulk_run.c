/* the records of a bulk change, a few at a time; see crm_bulk.h */

#include "crm_auth.h"
#include "crm_bulk.h"
#include "crm_conf_load.h"
#include "crm_idem.h"
#include "crm_lead_undo.h"
#include "crm_respond.h"
#include "crm_time.h"


/* marks are of use for a day after the end of the job */
#define CRM_BULK_KEEP   (2 * CRM_DAY_MS)


static void crm_bulk_finished(crm_flow_t *f);
static ngx_int_t crm_bulk_first(crm_flow_t *f);
static ngx_int_t crm_bulk_one(crm_flow_t *f);


crm_str_t
crm_bulk_mark_key(crm_flow_t *f, int64_t job, int64_t id)
{
    return crm_flow_key(f, "job:%lld:u:%lld", (long long) job,
                        (long long) (id >> CRM_BULK_PIECE));
}


void
crm_bulk_item_json(crm_out_t *out, const crm_bulk_item_t *item)
{
    crm_out_lit(out, "{\"id\":");
    crm_out_int(out, item->id);
    crm_out_lit(out, ",\"status\":");
    crm_out_int(out, item->status);
    crm_out_lit(out, ",\"code\":");

    if (item->problem != CRM_P_NONE) {
        crm_out_json(out, &crm_problems[item->problem].code);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_char(out, '}');
}


/* ---- one record --------------------------------------------------------- */

void
crm_bulk_mark_put(crm_flow_t *f, crm_bulk_t *b, crm_ops_t *ops, int64_t id,
    crm_str_t text)
{
    crm_str_t  key, none = crm_null_string;

    key = crm_bulk_mark_key(f, b->job_id, id);

    crm_ops_put(ops, "HSET", key,
                crm_arena_printf(&f->arena, "%lld", (long long) id), text,
                none);
    crm_ops_put(ops, "PEXPIREAT", key,
                crm_arena_printf(&f->arena, "%lld",
                                 (long long) (f->now + CRM_BULK_KEEP)),
                none, none);
}


static ngx_int_t
crm_bulk_mark(crm_flow_t *f, crm_bulk_t *b, crm_lead_op_t *o)
{
    crm_str_t         text;
    crm_bulk_slot_t  *slot = o->of;

    text = crm_str("-");

    if (slot->item->email.len > 0) {
        text = slot->item->email;

    } else if (o->lead != NULL
        && crm_lead_undo_text(&f->arena, o->old, o->lead, &text) != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_bulk_mark_put(f, b, &o->ops, o->id, text);

    return NGX_OK;
}


/*
 * The mark goes with the change, and all of it only while the job is this
 * run's.  What is done over a facet may be done twice: the second time
 * changes nothing.
 */

static ngx_int_t
crm_bulk_extend(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_bulk_slot_t  *slot = o->of;
    crm_bulk_t       *b = slot->bulk;

    if (b->action->facet == NULL && crm_bulk_mark(f, b, o) != NGX_OK) {
        return NGX_ERROR;
    }

    if (b->job != NULL) {
        crm_job_mine(b->job, &o->ops,
                     crm_job_key(&f->arena, &f->tenant->prefix, b->job_id));
    }

    return o->ops.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
crm_bulk_amend(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_record_t     *seen;
    crm_bulk_slot_t  *slot = o->of;
    crm_bulk_t       *b = slot->bulk;

    if (b->filter != NULL) {
        seen = crm_record_copy(&f->arena, o->old);

        if (seen == NULL
            || crm_lead_view(&f->arena, seen, f->conf, f->now) != CRM_OK)
        {
            return NGX_ERROR;
        }

        if (!crm_query_match(f, b->filter, seen)
            || !crm_query_match_words(f, b->filter, seen))
        {
            (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
            return NGX_DECLINED;
        }
    }

    return b->action->amend != NULL ? b->action->amend(f, o) : NGX_OK;
}


/* a retry begins here with a fresh snapshot */

static ngx_int_t
crm_bulk_first(crm_flow_t *f)
{
    if (f->attempts == 0) {
        return crm_bulk_one(f);
    }

    return crm_conf_load_begin(f, crm_bulk_one);
}


static ngx_int_t
crm_bulk_one(crm_flow_t *f)
{
    crm_lead_op_t    *o;
    crm_bulk_slot_t  *slot = f->owner;
    crm_bulk_t       *b = slot->bulk;

    if (b->action->start != NULL) {
        return b->action->start(f);
    }

    o = crm_arena_calloc(&f->arena, sizeof(crm_lead_op_t));
    if (o == NULL) {
        return NGX_ERROR;
    }

    f->data = o;

    o->op = b->action->op;
    o->id = slot->item->id;
    o->input = b->input;
    o->quiet = 1;
    o->job_id = b->job_id;
    o->of = slot;
    o->amend = crm_bulk_amend;
    o->apply = b->action->apply;
    o->extend = crm_bulk_extend;
    o->stop_tag = CRM_JOB_TAG;

    return crm_lead_op_start(f);
}


/* ---- the row of records ------------------------------------------------- */

static void
crm_bulk_launch(crm_bulk_t *b, crm_bulk_slot_t *slot)
{
    crm_flow_t  *f = &slot->flow, *parent = b->flow;

    ngx_memzero(slot, sizeof(crm_bulk_slot_t));

    slot->bulk = b;
    slot->number = b->next;
    slot->item = &b->item[b->next++];
    slot->busy = 1;

    b->running++;

    crm_flow_init(f, parent->worker, crm_bulk_finished, slot);

    f->redis = parent->worker->bulk;
    f->deadline = parent->deadline;
    f->tenant = crm_tenant_get(parent->worker->tenants,
                               &parent->tenant->slug);
    f->conf = parent->conf;
    f->conf->refs++;
    f->user = parent->user;
    f->role = parent->role;

    if (b->job == NULL) {
        crm_idem_part(parent, f, slot->number);
    }

    crm_flow_start(f, crm_bulk_first);
}


static void
crm_bulk_note(crm_bulk_t *b, crm_bulk_slot_t *slot)
{
    crm_answer_t     *answer = &slot->flow.answer;
    crm_bulk_item_t  *item = slot->item;

    item->finished = 1;
    item->status = answer->status;

    if (answer->problem != CRM_P_NONE) {
        item->problem = answer->problem;
        item->skipped = b->filter != NULL
                        && answer->problem == CRM_P_NOT_FOUND;

    } else if (item->problem != CRM_P_NONE) {
        item->status = crm_problems[item->problem].status;
    }
}


static void
crm_bulk_finished(crm_flow_t *f)
{
    crm_bulk_slot_t  *slot = f->owner;
    crm_bulk_t       *b = slot->bulk;

    crm_bulk_note(b, slot);

    slot->busy = 0;
    b->running--;

    /* the flow that ends is still on the stack: its memory goes when the
       slot is used again, or with the owner */

    if (!b->starting) {
        crm_flow_resume(b->flow, crm_bulk_run);
    }
}


/* the owner is gone: what was sent is done, what was not is not */

static void
crm_bulk_detach(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_bulk_t  *b = f->data;

    for (i = 0; i < CRM_BULK_WIDTH; i++) {
        if (b->slot[i].bulk != NULL) {
            crm_flow_destroy(&b->slot[i].flow);
            b->slot[i].bulk = NULL;
        }
    }
}


static crm_bulk_item_t *
crm_bulk_next(crm_bulk_t *b)
{
    while (b->next < b->n && b->item[b->next].finished) {
        b->next++;
    }

    return b->next < b->n ? &b->item[b->next] : NULL;
}


ngx_int_t
crm_bulk_run(crm_flow_t *f)
{
    ngx_uint_t   i, width;
    crm_bulk_t  *b = f->data;

    f->detach = crm_bulk_detach;

    b->starting = 1;

    width = b->action->serial ? 1 : CRM_BULK_WIDTH;

    for (i = 0; i < width && crm_bulk_next(b) != NULL; i++) {

        while (!b->slot[i].busy && crm_bulk_next(b) != NULL) {
            if (b->slot[i].bulk != NULL) {
                crm_flow_destroy(&b->slot[i].flow);
            }

            crm_bulk_launch(b, &b->slot[i]);
        }
    }

    b->starting = 0;

    return b->running > 0 ? CRM_WAIT : b->ended(f);
}
