/* the records of a bulk change, a few at a time; see crm_bulk.h */

#include "crm_auth.h"
#include "crm_bulk.h"
#include "crm_lead_undo.h"
#include "crm_respond.h"
#include "crm_time.h"


/* marks are of use for a day after the end of the job */
#define CRM_BULK_KEEP   (2 * CRM_DAY_MS)


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
    crm_bulk_item_t  *item = crm_bulk_item((crm_child_t *) o->of);

    text = crm_str("-");

    if (item->email.len > 0) {
        text = item->email;

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
    crm_bulk_t  *b = crm_bulk_of((crm_child_t *) o->of);

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
    crm_bulk_t    *b = crm_bulk_of((crm_child_t *) o->of);
    crm_record_t  *seen;

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


static ngx_int_t
crm_bulk_one(crm_flow_t *f)
{
    crm_bulk_t     *b;
    crm_child_t    *child = f->owner;
    crm_lead_op_t  *o;

    b = crm_bulk_of(child);

    if (b->action->start != NULL) {
        return b->action->start(f);
    }

    o = crm_arena_calloc(&f->arena, sizeof(crm_lead_op_t));
    if (o == NULL) {
        return NGX_ERROR;
    }

    f->data = o;

    o->op = b->action->op;
    o->id = crm_bulk_item(child)->id;
    o->input = b->input;
    o->quiet = 1;
    o->job_id = b->job_id;
    o->of = child;
    o->amend = crm_bulk_amend;
    o->apply = b->action->apply;
    o->extend = crm_bulk_extend;
    o->stop_tag = CRM_JOB_TAG;

    return crm_lead_op_start(f);
}


/* ---- the row of records ------------------------------------------------- */

static void
crm_bulk_note(crm_children_t *c, crm_child_t *child)
{
    crm_bulk_t       *b = (crm_bulk_t *) c;
    crm_answer_t     *answer = &child->flow.answer;
    crm_bulk_item_t  *item = crm_bulk_item(child);

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


/* done by an earlier run of the job, or with another record */

static ngx_uint_t
crm_bulk_skip(crm_children_t *c, ngx_uint_t number)
{
    return ((crm_bulk_t *) c)->item[number].finished;
}


ngx_int_t
crm_bulk_run(crm_flow_t *f, crm_step_pt ended)
{
    crm_bulk_t      *b = f->data;
    crm_children_t  *c = &b->children;

    c->parent = f;
    c->n = b->n;
    c->width = b->action->serial ? 1 : CRM_CHILDREN;
    c->first = crm_bulk_one;
    c->skip = crm_bulk_skip;
    c->note = crm_bulk_note;
    c->ended = ended;

    return crm_children_run(f);
}
