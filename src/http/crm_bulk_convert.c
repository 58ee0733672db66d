/*
 * The bulk action `convert': each record is a conversion (crm_conversion.h),
 * one after another, so that users take turns in the order of the records and
 * duplicates meet what was merged before.
 *
 * Records that are duplicates of one another: those found among the ones that
 * the bulk is about, and what it has made of them.  One that was merged into
 * another is done with it.
 */

#include "crm_actions.h"
#include "crm_bitmap.h"
#include "crm_bulk.h"
#include "crm_bulk_actions.h"
#include "crm_conversion.h"
#include "crm_idem.h"


#define CRM_BULK_CHOSEN  40             /* matches looked at, best first */


static ngx_int_t crm_bulk_convert_turn(crm_flow_t *f);
static ngx_int_t crm_bulk_convert_run(crm_flow_t *f);
static ngx_int_t crm_bulk_convert_selected(crm_flow_t *f);


static const crm_bulk_t *
crm_bulk_convert_of(const crm_conversion_t *c)
{
    return crm_bulk_of((const crm_child_t *) c->of);
}


static const crm_value_t *
crm_bulk_convert_param(const crm_bulk_t *b, unsigned param)
{
    return &b->params.values->v[param];
}


/* whose turn it is; what already has a user, by itself or by what is merged
   with it, keeps it unless forced; what had its turn keeps what came of it */

static void
crm_bulk_convert_amend(crm_conversion_t *c)
{
    unsigned           i, taken;
    const crm_ids_t   *users;
    const crm_bulk_t  *b = crm_bulk_convert_of(c);

    users = &crm_bulk_convert_param(b, CRM_BULK_CONVERT_USER_IDS)->ids;

    for (taken = 0, i = 0; i < c->g.m.n; i++) {
        taken |= c->g.m.rec[i]->v[CRM_LEAD_USER_ID].set;

        if (!crm_lead_convertible(c->g.m.rec[i])) {
            return;
        }
    }

    if (users->n > 0
        && (!taken || crm_bulk_convert_param(b, CRM_BULK_CONVERT_FORCE)->num))
    {
        c->to.has_user = 1;
        c->to.user = users->id[b->turn % users->n];
    }
}


/* all that are merged are done: marked so and, for a copy of the request that
   comes after a crash, with this outcome */

static void
crm_bulk_convert_done(crm_flow_t *f, crm_bulk_t *b, crm_conversion_t *c)
{
    int64_t       id;
    unsigned      i;
    ngx_uint_t    k;
    crm_child_t  *child = f->owner;

    for (i = 0; i < c->g.m.n; i++) {
        id = crm_record_id(c->g.m.rec[i]);

        crm_bulk_mark_put(f, b, &c->g.ops, id, crm_str("-"));

        for (k = 0; k < b->n; k++) {
            if (b->item[k].id == id && k != child->number) {
                crm_idem_store_part(f, b->children.parent, k, &c->g.ops);
            }
        }
    }
}


/* the turn goes on with the commit, that of a job in its hash */

static ngx_int_t
crm_bulk_convert_extend(crm_flow_t *f, crm_conversion_t *c)
{
    crm_str_t    key, none = crm_null_string;
    crm_bulk_t  *b = crm_bulk_of((crm_child_t *) c->of);

    crm_bulk_convert_done(f, b, c);

    if (b->job == NULL) {
        return NGX_OK;
    }

    key = crm_job_key(&f->arena, &f->tenant->prefix, b->job_id);
    crm_job_mine(b->job, &c->g.ops, key);

    if (c->to.has_user) {
        crm_ops_put(&c->g.ops, "HSET", key, crm_str("turn"),
                    crm_arena_printf(&f->arena, "%lu",
                                     (unsigned long) b->turn + 1),
                    none);
    }

    return NGX_OK;
}


static void
crm_bulk_convert_after(crm_conversion_t *c)
{
    unsigned     i;
    ngx_uint_t   k;
    crm_bulk_t  *b = crm_bulk_of((crm_child_t *) c->of);

    b->turn += c->to.has_user;

    for (i = 0; c->g.m.n > 1 && i < c->g.m.n; i++) {
        for (k = 0; k < b->n; k++) {
            if (b->item[k].id == crm_record_id(c->g.m.rec[i])) {
                b->item[k].merged = 1;
            }
        }
    }
}


/* ---- which duplicates --------------------------------------------------- */

static ngx_uint_t
crm_bulk_convert_listed(const crm_bulk_t *b, int64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < b->n; i++) {
        if (b->item[i].id == id) {
            return 1;
        }
    }

    return 0;
}


/* a job has the ids that it is about in bitmaps */

static ngx_int_t
crm_bulk_convert_select(crm_flow_t *f, crm_conversion_t *c, crm_step_pt next)
{
    int64_t            id;
    crm_str_t          none = crm_null_string;
    ngx_uint_t         i;
    const crm_bulk_t  *b = crm_bulk_convert_of(c);

    c->next = next;
    f->nreply = 0;

    if (b->job == NULL) {
        return crm_bulk_convert_selected(f);
    }

    for (i = 0; i < c->find.n && i < CRM_BULK_CHOSEN; i++) {
        id = crm_record_id(c->find.match[i].lead);

        crm_flow_call(f, "HGET",
                      crm_flow_key(f, "job:%lld:b", (long long) b->job_id),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) (id >> CRM_BITMAP_SHIFT)),
                      none, none);
    }

    return i > 0 ? crm_flow_wait(f, crm_bulk_convert_selected)
                 : crm_bulk_convert_selected(f);
}


static ngx_uint_t
crm_bulk_convert_bit(const crm_reply_t *reply, int64_t id)
{
    size_t  at = (size_t) (id & CRM_BITMAP_MASK) >> 3;

    return crm_reply_is_string(reply) && at < reply->str.len
           && (reply->str.data[at] & (0x80 >> (id & 7)));
}


/* converted a moment ago, by this bulk: one of its records still */

static ngx_uint_t
crm_bulk_convert_made(const crm_bulk_t *b, const crm_record_t *lead)
{
    ngx_uint_t  i;

    for (i = 0; i < b->n; i++) {
        if (b->item[i].id == crm_record_id(lead)) {
            return b->item[i].finished && b->item[i].problem == CRM_P_NONE
                   && lead->v[CRM_LEAD_STATE].num == CRM_STATE_OPEN
                   && lead->v[CRM_LEAD_ACTIVE].num;
        }
    }

    return 0;
}


static ngx_int_t
crm_bulk_convert_selected(crm_flow_t *f)
{
    int64_t              id;
    ngx_uint_t           i, n;
    crm_conversion_t    *c = f->data;
    const crm_bulk_t    *b = crm_bulk_convert_of(c);
    const crm_record_t  *lead;

    for (n = 0, i = 0; i < c->find.n && i < CRM_BULK_CHOSEN; i++) {
        lead = c->find.match[i].lead;
        id = crm_record_id(lead);

        if (crm_bulk_convert_made(b, lead)
            || (crm_lead_convertible(lead)
                && (i < f->nreply ? crm_bulk_convert_bit(&f->reply[i], id)
                                  : crm_bulk_convert_listed(b, id))))
        {
            c->find.match[n++] = c->find.match[i];
        }
    }

    c->find.n = n;

    return c->next(f);
}


/* ---- one record --------------------------------------------------------- */

ngx_int_t
crm_bulk_convert_start(crm_flow_t *f)
{
    crm_str_t     none = crm_null_string;
    crm_bulk_t   *b;
    crm_child_t  *child = f->owner;

    b = crm_bulk_of(child);

    if (crm_bulk_item(child)->merged) {
        f->answer.status = NGX_HTTP_OK;
        return NGX_OK;
    }

    if (b->job == NULL || b->turned) {
        return crm_bulk_convert_run(f);
    }

    crm_flow_call(f, "HGET", crm_job_key(&f->arena, &f->tenant->prefix,
                                         b->job_id),
                  crm_str("turn"), none, none);

    return crm_flow_wait(f, crm_bulk_convert_turn);
}


static ngx_int_t
crm_bulk_convert_turn(crm_flow_t *f)
{
    int64_t      turn;
    crm_bulk_t  *b = crm_bulk_of((crm_child_t *) f->owner);

    b->turned = 1;

    if (crm_str_int(&f->reply[0].str, &turn) == CRM_OK) {
        b->turn = (ngx_uint_t) turn;
    }

    return crm_bulk_convert_run(f);
}


static ngx_int_t
crm_bulk_convert_run(crm_flow_t *f)
{
    crm_bulk_t         *b;
    crm_child_t        *child = f->owner;
    crm_conversion_t   *c;
    const crm_value_t  *team, *customer;

    b = crm_bulk_of(child);

    c = crm_arena_calloc(&f->arena, sizeof(crm_conversion_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    team = crm_bulk_convert_param(b, CRM_BULK_CONVERT_TEAM_ID);
    customer = crm_bulk_convert_param(b, CRM_BULK_CONVERT_CUSTOMER);

    c->id = crm_bulk_item(child)->id;
    c->quiet = 1;
    c->merge = crm_bulk_convert_param(b, CRM_BULK_CONVERT_DEDUPE)->num != 0;
    c->customer = customer->set && customer->num == 1 ? CRM_CUSTOMER_NONE
                                                      : CRM_CUSTOMER_PROPOSED;
    c->to.has_team = team->set;
    c->to.team = team->num;
    c->job_id = b->job_id;
    c->stop_tag = CRM_JOB_TAG;
    c->of = child;
    c->find.whole = 1;
    c->select = crm_bulk_convert_select;
    c->amend = crm_bulk_convert_amend;
    c->extend = crm_bulk_convert_extend;
    c->after = crm_bulk_convert_after;

    return crm_conversion_start(f);
}
