/*
 * POST /leads/merge: many records into one, in one commit.
 *
 * Messages stay in the lists that they are in: a reader joins the lists of a
 * record and its tombstones (crm_messages.c), so that thousands of them cost a
 * merge nothing, whatever their size, and taking it back nothing either.  The
 * price is paid by a reader of merged records: one LRANGE per list.  Renaming
 * would do for one loser only, rewriting costs as many bytes as there are.
 * Activities and orders are rewritten (crm_lead_family.c), as their lists
 * know their lead.  Tombstones of the losers are pointed to the new survivor,
 * so that every chain is one hop.
 *
 * Every record is checked by its version and its counts of messages and
 * activities: merges that overlap happen one after another.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_merge.h"
#include "crm_respond.h"


static ngx_int_t crm_merge_load(crm_flow_t *f);
static ngx_int_t crm_merge_loaded(crm_flow_t *f);
static ngx_int_t crm_merge_top(crm_flow_t *f);
static ngx_int_t crm_merge_decide(crm_flow_t *f);


static const crm_str_t *
crm_merge_ids_name(void)
{
    return &crm_action_merge.fields[CRM_MERGE_IDS].name;
}


/* two or more, each once */

static void
crm_merge_check_ids(crm_flow_t *f, crm_merging_t *g)
{
    json_t           *sent;
    const crm_ids_t  *ids = &g->input.values->v[CRM_MERGE_IDS].ids;

    sent = json_object_get(crm_request(f)->body, "ids");

    if (crm_mask_has(&g->input.refused, CRM_MERGE_IDS)
        || !json_is_array(sent) || json_array_size(sent) == 0)
    {
        return;
    }

    if (json_array_size(sent) != ids->n) {
        crm_fault(&f->answer.faults, crm_merge_ids_name(), CRM_FAULT_INVALID,
                  "names a record twice");

    } else if (ids->n < 2) {
        crm_fault(&f->answer.faults, crm_merge_ids_name(), CRM_FAULT_INVALID,
                  "at least two are needed");
    }
}


ngx_int_t
crm_leads_merge(crm_flow_t *f)
{
    int64_t         id;
    unsigned        i;
    ngx_int_t       rc;
    crm_merging_t  *g;
    crm_value_t    *v;

    g = crm_arena_calloc(&f->arena, sizeof(crm_merging_t));
    if (g == NULL) {
        return NGX_ERROR;
    }

    f->data = g;

    rc = crm_write_collect(f, &crm_action_merge, CRM_INPUT_CREATE,
                           CRM_MERGE_USER_ID, &g->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_merge_check_ids(f, g);

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    v = g->input.values->v;

    g->dry = v[CRM_MERGE_DRY_RUN].num != 0;
    g->m.has_team = v[CRM_MERGE_TEAM_ID].set;
    g->m.team = v[CRM_MERGE_TEAM_ID].num;
    g->m.has_user = crm_mask_has(&g->input.present, CRM_MERGE_USER_ID);
    g->m.user = v[CRM_MERGE_USER_ID].num;

    g->family = crm_family_new(f, v[CRM_MERGE_IDS].ids.id,
                               v[CRM_MERGE_IDS].ids.n);
    if (g->family == NULL) {
        return NGX_ERROR;
    }

    for (id = g->family->lead.id[0], i = 1; i < g->family->lead.n; i++) {
        id = ngx_min(id, g->family->lead.id[i]);
    }

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix, id),
                          crm_merge_load);
}


static ngx_int_t
crm_merge_load(crm_flow_t *f)
{
    crm_merging_t  *g = f->data;

    crm_family_ask(f, g->family);

    return crm_flow_wait(f, crm_merge_loaded);
}


ngx_int_t
crm_merge_visible(crm_flow_t *f, const crm_family_t *family,
    const crm_str_t *name)
{
    ngx_uint_t           i;
    const crm_record_t  *lead, *merged;

    for (merged = NULL, i = 0; i < family->lead.n; i++) {
        lead = family->lead.rec[i];

        if (lead != NULL && lead->v[CRM_LEAD_MERGED_INTO].set) {
            merged = lead;
            continue;
        }

        if (lead != NULL && crm_may_see(f, lead)) {
            continue;
        }

        if (!crm_sees_all(f)) {
            (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
            return NGX_DECLINED;
        }

        crm_fault(&f->answer.faults, name, CRM_FAULT_NOT_FOUND,
                  "there is no such record");
        (void) crm_answer_faults(f);
        return NGX_DECLINED;
    }

    return merged != NULL ? crm_lead_visible(f, merged) : NGX_OK;
}


ngx_int_t
crm_merge_begin(crm_flow_t *f, crm_merging_t *g)
{
    ngx_uint_t     i;
    crm_family_t  *family = g->family;

    g->m.n = family->lead.n;
    g->m.rec = crm_arena_alloc(&f->arena, g->m.n * sizeof(crm_record_t *));

    if (g->m.rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < g->m.n; i++) {
        g->m.rec[i] = family->lead.rec[i];
    }

    crm_lead_merge_sort(g->m.rec, g->m.n);

    if (family->tomb.n + g->m.n - 1 > CRM_MERGED_MAX) {
        (void) crm_flow_problem(f, CRM_P_TOO_MANY_MERGED, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_merge_loaded(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_merging_t  *g = f->data;

    if (crm_family_take(f, g->family, f->reply) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = crm_merge_visible(f, g->family, crm_merge_ids_name());

    if (rc == NGX_OK) {
        rc = crm_merge_begin(f, g);
    }

    if (rc == NGX_OK) {
        rc = crm_write_match(f, g->m.rec[0]);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_family_load(f, g->family, crm_merge_top);
}


/* ---- the column that the survivor enters -------------------------------- */

static ngx_int_t
crm_merge_top(crm_flow_t *f)
{
    crm_rule_t      rule;
    crm_merging_t  *g = f->data;

    crm_write_rule(f, &rule);

    if (crm_lead_merge_column(&rule, &g->m, &g->column) != CRM_OK) {
        f->nreply = 0;
        return crm_merge_decide(f);
    }

    g->has_column = 1;
    crm_column_ask(f, g->column.type, g->column.stage);

    return crm_flow_wait(f, crm_merge_decide);
}


/* ---- the commit --------------------------------------------------------- */

/* the lead that it is named after: where it was first */

static int64_t
crm_merge_from(const crm_merging_t *g, const crm_value_t *from,
    const crm_value_t *lead)
{
    if (from->set) {
        return from->num;
    }

    return lead->num == crm_record_id(g->survivor) ? 0 : lead->num;
}


ngx_int_t
crm_merge_move(crm_flow_t *f, crm_merging_t *g)
{
    ngx_uint_t          i;
    crm_record_t       *rec, *moved;
    crm_family_part_t  *act = &g->family->act, *order = &g->family->order;

    for (i = 0; i < act->n; i++) {
        rec = act->rec[i];

        if (rec != NULL
            && crm_family_move(f, g->family, &g->ops, rec, g->survivor,
                               crm_merge_from(g,
                                        &rec->v[CRM_ACTIVITY_QUOTED_FROM],
                                        &rec->v[CRM_ACTIVITY_LEAD_ID]),
                               &moved)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < order->n; i++) {
        rec = order->rec[i];

        if (rec != NULL
            && crm_family_move_order(f, &g->ops, rec, g->survivor,
                                     crm_merge_from(g,
                                             &rec->v[CRM_ORDER_QUOTED_FROM],
                                             &rec->v[CRM_ORDER_LEAD_ID]))
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_family_moved(g->family, &g->ops);
}


static ngx_int_t
crm_merge_losers(crm_merging_t *g, const crm_rule_t *rule)
{
    int64_t        id = crm_record_id(g->survivor);
    ngx_uint_t     i;
    crm_record_t  *old, *tomb;

    for (i = 1; i < g->m.n; i++) {
        tomb = crm_lead_tombstone(rule, g->m.rec[i], id,
                                  crm_record_id(g->message));

        if (tomb == NULL
            || crm_lead_commit(&g->ops, rule, g->m.rec[i], tomb, NULL)
               != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < g->family->tomb.n; i++) {
        old = g->family->tomb.rec[i];

        if (old == NULL || old->v[CRM_LEAD_MERGED_INTO].num == id) {
            continue;
        }

        tomb = crm_lead_tombstone_moved(rule, old, id);

        if (tomb == NULL
            || crm_lead_commit(&g->ops, rule, old, tomb, NULL) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_merge_remember(crm_flow_t *f, crm_merging_t *g, const crm_rule_t *rule)
{
    crm_str_t  argv[5];

    argv[0] = crm_str("SET");
    argv[1] = crm_lead_unmerge_key(&f->arena, &f->tenant->prefix,
                                   crm_record_id(g->message));
    argv[3] = crm_str("PX");
    argv[4] = crm_arena_printf(&f->arena, "%lld",
                               (long long) CRM_UNMERGE_TIME);

    if (argv[1].data == NULL
        || crm_lead_unmerge_text(rule, &g->m, g->survivor, &argv[2])
           != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_ops_write(&g->ops, 5, argv);

    return NGX_OK;
}


ngx_int_t
crm_merge_make(crm_merging_t *g, const crm_rule_t *rule)
{
    return crm_lead_merge(rule, &g->m, g->has_column ? &g->column : NULL,
                          &g->survivor, &g->message)
           == CRM_P_NONE ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_merge_write(crm_flow_t *f, crm_merging_t *g, const crm_rule_t *rule)
{
    return crm_merge_move(f, g) == NGX_OK
           && crm_merge_losers(g, rule) == NGX_OK
           && crm_merge_remember(f, g, rule) == NGX_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_merge_answer(crm_flow_t *f, crm_record_t *lead, int64_t merge)
{
    crm_out_t     *out = &f->answer.body;
    crm_record_t  *shown;

    shown = crm_record_copy(&f->arena, lead);

    if (shown == NULL || crm_lead_answer(f, NGX_HTTP_OK, shown) != NGX_OK) {
        return NGX_ERROR;
    }

    out->chunk->last--;                 /* the closing brace */
    crm_out_lit(out, ",\"merge_id\":");
    crm_out_int(out, merge);
    crm_out_char(out, '}');

    return NGX_OK;
}


static ngx_int_t
crm_merge_decide(crm_flow_t *f)
{
    crm_rule_t      rule;
    crm_merging_t  *g = f->data;

    if (f->nreply > 0) {
        crm_column_take(&f->reply[0], &g->column);
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&g->ops, &f->arena);

    if (crm_merge_make(g, &rule) != NGX_OK
        || crm_merge_write(f, g, &rule) != NGX_OK
        || crm_lead_commit(&g->ops, &rule, g->m.rec[0], g->survivor,
                           g->message)
           != CRM_OK
        || crm_merge_answer(f, g->survivor, crm_record_id(g->message))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (g->dry) {
        return crm_write_nothing(f);
    }

    crm_ops_counters_first(&g->ops);

    return crm_write_commit(f, &g->ops);
}
