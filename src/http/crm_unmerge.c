/*
 * POST /leads/{id}/unmerge: the losers of a merge come back as they were, with
 * what moved from them and is still there, in one commit.
 *
 * A loser may have survived merges of its own: its tombstones go back to it,
 * with their messages and activities.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_merge.h"
#include "crm_respond.h"


typedef struct {
    crm_family_t    *family;            /* first: crm_lead_family.c */
    crm_input_t      input;
    int64_t          merge;
    crm_unmerge_t    u;
    crm_record_t    *lead;              /* the survivor as it will be */
    crm_record_t    *message;
    crm_record_t   **back;              /* by loser */
    crm_record_t   **tomb;              /* theirs */
    crm_record_t   **moved;             /* activities of one lead */
    ngx_uint_t       nmoved;
    crm_ops_t        ops;
} crm_unmerging_t;


static ngx_int_t crm_unmerge_load(crm_flow_t *f);
static ngx_int_t crm_unmerge_loaded(crm_flow_t *f);
static ngx_int_t crm_unmerge_pick(crm_flow_t *f);
static ngx_int_t crm_unmerge_read(crm_flow_t *f);
static ngx_int_t crm_unmerge_decide(crm_flow_t *f);


ngx_int_t
crm_lead_unmerge_handler(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_request_t    *q = crm_request(f);
    crm_unmerging_t  *g;

    g = crm_arena_calloc(&f->arena, sizeof(crm_unmerging_t));
    if (g == NULL) {
        return NGX_ERROR;
    }

    f->data = g;

    rc = crm_write_action(f, &crm_action_unmerge, &g->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    g->family = crm_family_new(f, &q->id[0], 1);
    if (g->family == NULL) {
        return NGX_ERROR;
    }

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix,
                                          q->id[0]),
                          crm_unmerge_load);
}


static ngx_int_t
crm_unmerge_load(crm_flow_t *f)
{
    crm_unmerging_t  *g = f->data;

    crm_family_ask(f, g->family);

    return crm_flow_wait(f, crm_unmerge_loaded);
}


static ngx_int_t
crm_unmerge_loaded(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_unmerging_t  *g = f->data;

    if (crm_family_take(f, g->family, f->reply) != NGX_OK) {
        return NGX_ERROR;
    }

    if (g->family->lead.rec[0] == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    rc = crm_lead_visible(f, g->family->lead.rec[0]);

    if (rc == NGX_OK) {
        rc = crm_write_match(f, g->family->lead.rec[0]);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_family_load(f, g->family, crm_unmerge_pick);
}


/* what was never a merge of this record is no reference at all; one that was
   taken back, or is too old, is a conflict */

static ngx_int_t
crm_unmerge_none(crm_flow_t *f, crm_unmerging_t *g)
{
    const crm_value_t   *v = &g->input.values->v[CRM_UNMERGE_MERGE_ID];
    const crm_record_t  *lead = g->family->lead.rec[0];

    if (v->set
        && (v->num >> CRM_MESSAGE_SHIFT != crm_record_id(lead)
            || (v->num & ((1 << CRM_MESSAGE_SHIFT) - 1))
               > lead->v[CRM_LEAD_MESSAGES].num))
    {
        crm_fault(&f->answer.faults,
                  &crm_action_unmerge.fields[CRM_UNMERGE_MERGE_ID].name,
                  CRM_FAULT_NOT_FOUND, "is no merge of this record");
        return crm_answer_faults(f);
    }

    return crm_flow_problem(f, CRM_P_NOT_UNMERGEABLE, NULL);
}


/* the merge that is meant: the one named, else the last; and what is known
   of it */

static ngx_int_t
crm_unmerge_pick(crm_flow_t *f)
{
    int64_t             id, lead;
    crm_str_t           none = crm_null_string;
    ngx_uint_t          i;
    crm_record_t       *tomb;
    crm_unmerging_t    *g = f->data;
    const crm_value_t  *given;

    lead = crm_record_id(g->family->lead.rec[0]);
    given = &g->input.values->v[CRM_UNMERGE_MERGE_ID];

    for (i = 0; i < g->family->tomb.n; i++) {
        tomb = g->family->tomb.rec[i];

        if (tomb == NULL || tomb->v[CRM_LEAD_MERGED_BY].num != lead) {
            continue;
        }

        id = tomb->v[CRM_LEAD_MERGE_ID].num;

        if (given->set ? id == given->num : id > g->merge) {
            g->merge = id;
        }
    }

    if (g->merge == 0) {
        return crm_unmerge_none(f, g);
    }

    crm_flow_call(f, "GET", crm_lead_unmerge_key(&f->arena,
                                                 &f->tenant->prefix,
                                                 g->merge),
                  none, none, none);

    return crm_flow_wait(f, crm_unmerge_read);
}


/* whether the contacts of the losers are still there */

static ngx_int_t
crm_unmerge_read(crm_flow_t *f)
{
    int               rc;
    unsigned          i;
    crm_str_t         none = crm_null_string;
    crm_unmerging_t  *g = f->data;

    if (!crm_reply_is_string(&f->reply[0])) {
        return crm_unmerge_none(f, g);
    }

    rc = crm_lead_unmerge_parse(&f->arena, &f->reply[0].str, &g->u);

    if (rc != CRM_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < g->u.n; i++) {
        crm_flow_call(f, "EXISTS",
                      crm_change_key(&f->arena, &f->tenant->prefix,
                                     "contact",
                                     g->u.loser[i]->v[CRM_LEAD_CONTACT_ID]
                                     .num),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_unmerge_decide);
}


/* ---- who goes where ----------------------------------------------------- */

static crm_record_t *
crm_unmerge_tomb(crm_unmerging_t *g, int64_t id)
{
    ngx_uint_t          i;
    crm_family_part_t  *tomb = &g->family->tomb;

    for (i = 0; i < tomb->n; i++) {
        if (tomb->id[i] == id && tomb->rec[i] != NULL) {
            return tomb->rec[i];
        }
    }

    return NULL;
}


/* the loser that the tombstone `id' belongs to, or is; NULL: none of them */

static crm_record_t *
crm_unmerge_home(crm_unmerging_t *g, int64_t id)
{
    unsigned       i;
    ngx_uint_t     hops;
    crm_record_t  *tomb;

    for (hops = 0; hops <= g->family->tomb.n; hops++) {

        for (i = 0; i < g->u.n; i++) {
            if (crm_record_id(g->u.loser[i]) == id) {
                return g->back[i];
            }
        }

        tomb = crm_unmerge_tomb(g, id);

        if (tomb == NULL) {
            return NULL;
        }

        id = tomb->v[CRM_LEAD_MERGED_BY].num;
    }

    return NULL;
}


static ngx_int_t
crm_unmerge_losers(crm_flow_t *f, crm_unmerging_t *g, const crm_rule_t *rule)
{
    unsigned  i;

    g->back = crm_arena_calloc(&f->arena, g->u.n * sizeof(crm_record_t *));
    g->tomb = crm_arena_calloc(&f->arena, g->u.n * sizeof(crm_record_t *));

    if (g->back == NULL || g->tomb == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < g->u.n; i++) {
        g->tomb[i] = crm_unmerge_tomb(g, crm_record_id(g->u.loser[i]));

        if (g->tomb[i] == NULL) {
            return NGX_ERROR;
        }

        g->back[i] = crm_lead_revived(rule, g->u.loser[i], g->tomb[i],
                                      f->reply[i].num == 1);

        if (g->back[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* the activities whose home is `home' (NULL: those that stay), and the due
   summary that follows from them */

static ngx_int_t
crm_unmerge_acts(crm_flow_t *f, crm_unmerging_t *g, const crm_rule_t *rule,
    crm_record_t *home)
{
    int64_t        from;
    ngx_uint_t     i;
    crm_record_t  *act, *lead;

    lead = home != NULL ? home : g->lead;
    g->nmoved = 0;

    for (i = 0; i < g->family->act.n; i++) {
        act = g->family->act.rec[i];
        from = act != NULL ? act->v[CRM_ACTIVITY_QUOTED_FROM].num : 0;

        if (act == NULL || crm_unmerge_home(g, from) != home) {
            continue;
        }

        if (from == crm_record_id(lead)) {
            from = 0;
        }

        if (crm_family_move(f, g->family, &g->ops, act, lead, from,
                            &g->moved[g->nmoved++])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_activity_due(rule, lead, g->moved, g->nmoved) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* orders that went to another lead since have no name of where they were */

static ngx_int_t
crm_unmerge_orders(crm_flow_t *f, crm_unmerging_t *g)
{
    int64_t             from;
    ngx_uint_t          i;
    crm_record_t       *rec, *home;
    crm_family_part_t  *order = &g->family->order;

    for (i = 0; i < order->n; i++) {
        rec = order->rec[i];

        if (rec == NULL) {
            continue;
        }

        from = rec->v[CRM_ORDER_QUOTED_FROM].num;
        home = crm_unmerge_home(g, from);
        home = home != NULL ? home : g->lead;

        if (crm_family_move_order(f, &g->ops, rec, home,
                                  from == crm_record_id(home) ? 0 : from)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_unmerge_tombs(crm_unmerging_t *g, const crm_rule_t *rule)
{
    ngx_uint_t     i;
    crm_record_t  *tomb, *home, *moved;

    for (i = 0; i < g->family->tomb.n; i++) {
        tomb = g->family->tomb.rec[i];
        home = tomb != NULL ? crm_unmerge_home(g, crm_record_id(tomb))
                            : NULL;

        if (home == NULL || crm_record_id(home) == crm_record_id(tomb)) {
            continue;
        }

        moved = crm_lead_tombstone_moved(rule, tomb, crm_record_id(home));

        if (moved == NULL
            || crm_lead_commit(&g->ops, rule, tomb, moved, NULL) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* ---- the survivor, the commit ------------------------------------------- */

static ngx_int_t
crm_unmerge_survivor(crm_flow_t *f, crm_unmerging_t *g,
    const crm_rule_t *rule)
{
    unsigned             i;
    crm_out_t            out;
    crm_str_t            note;
    const crm_record_t  *old = g->family->lead.rec[0];

    if (crm_lead_unmerge(rule, old, &g->u, &g->lead) != CRM_P_NONE) {
        return NGX_ERROR;
    }

    crm_out_init(&out, &f->arena, 256);
    crm_out_lit(&out, "Separated from this record:");

    for (i = 0; i < g->u.n; i++) {
        crm_out_char(&out, '\n');
        crm_out_str(&out, &g->u.loser[i]->v[CRM_LEAD_NAME].str);
        crm_out_lit(&out, " (#");
        crm_out_int(&out, crm_record_id(g->u.loser[i]));
        crm_out_char(&out, ')');
    }

    if (crm_out_join(&out, &note) != CRM_OK) {
        return NGX_ERROR;
    }

    /* always a new version: it has lost its tombstones */

    if (!crm_lead_touch(rule, old, g->lead)) {
        crm_value_set_num(&g->lead->v[CRM_VERSION],
                          crm_record_version(old) + 1);
        crm_value_set_num(&g->lead->v[CRM_UPDATED_AT], rule->now);
    }

    return crm_lead_log(rule, old, g->lead, note, &g->message) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_unmerge_write(crm_flow_t *f, crm_unmerging_t *g, const crm_rule_t *rule)
{
    unsigned   i;
    crm_str_t  none = crm_null_string;

    g->moved = crm_arena_alloc(&f->arena, (g->family->act.n + 1)
                                          * sizeof(crm_record_t *));

    if (g->moved == NULL
        || crm_unmerge_losers(f, g, rule) != NGX_OK
        || crm_unmerge_survivor(f, g, rule) != NGX_OK
        || crm_unmerge_acts(f, g, rule, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < g->u.n; i++) {
        if (crm_unmerge_acts(f, g, rule, g->back[i]) != NGX_OK
            || crm_lead_commit(&g->ops, rule, g->tomb[i], g->back[i], NULL)
               != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    crm_ops_put(&g->ops, "DEL",
                crm_lead_unmerge_key(&f->arena, &f->tenant->prefix,
                                     g->merge),
                none, none, none);

    return crm_unmerge_tombs(g, rule) == NGX_OK
           && crm_unmerge_orders(f, g) == NGX_OK
           && crm_family_moved(g->family, &g->ops) == NGX_OK
           && crm_lead_commit(&g->ops, rule, g->family->lead.rec[0], g->lead,
                              g->message)
              == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* ,"restored_ids":[...]: those that the caller may see */

static void
crm_unmerge_restored(crm_flow_t *f, crm_unmerging_t *g)
{
    unsigned    i, n;
    crm_out_t  *out = &f->answer.body;

    out->chunk->last--;                 /* the closing brace */
    crm_out_lit(out, ",\"restored_ids\":[");

    for (n = 0, i = 0; i < g->u.n; i++) {

        if (!crm_may_see(f, g->back[i])) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_out_int(out, crm_record_id(g->back[i]));
    }

    crm_out_lit(out, "]}");
}


static ngx_int_t
crm_unmerge_decide(crm_flow_t *f)
{
    crm_rule_t        rule;
    crm_unmerging_t  *g = f->data;

    crm_write_rule(f, &rule);
    crm_ops_init(&g->ops, &f->arena);

    if (crm_unmerge_write(f, g, &rule) != NGX_OK
        || crm_merge_answer(f, g->lead, g->merge) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_unmerge_restored(f, g);
    crm_ops_counters_first(&g->ops);

    return crm_write_commit(f, &g->ops);
}
