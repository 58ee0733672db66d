/*
 * Taking a merge back; see crm_lead_merge.h.
 *
 * What it needs stands in a string of its own, which expires: lines of text,
 * the first the instant, two that undo the survivor's change
 * (crm_lead_undo.h), then the losers as they were, packed.  It belongs to the
 * tombstones of the merge, and goes with them.
 */

#include "crm_change.h"
#include "crm_dup.h"
#include "crm_lead_merge.h"
#include "crm_lead_undo.h"


crm_str_t
crm_lead_unmerge_key(crm_arena_t *a, const crm_str_t *prefix, int64_t merge)
{
    return crm_change_key(a, prefix, "unmerge", merge);
}


int
crm_lead_unmerge_text(const crm_rule_t *rule, const crm_merge_t *m,
    const crm_record_t *survivor, crm_str_t *text)
{
    unsigned   i;
    crm_out_t  out;
    crm_str_t  line;

    if (crm_lead_undo_text(rule->arena, m->rec[0], survivor, &line)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    crm_out_init(&out, rule->arena, 4096);
    crm_out_int(&out, rule->now);
    crm_out_char(&out, '\n');
    crm_out_str(&out, &line);

    for (i = 1; i < m->n; i++) {
        if (crm_record_pack(rule->arena, m->rec[i], &line) != CRM_OK) {
            return CRM_ERROR;
        }

        crm_out_char(&out, '\n');
        crm_out_str(&out, &line);
    }

    return crm_out_join(&out, text);
}


int
crm_lead_unmerge_parse(crm_arena_t *a, const crm_str_t *text,
    crm_unmerge_t *u)
{
    int        rc;
    crm_str_t  rest = *text, line, is;

    line = crm_str_part(&rest, '\n');
    u->undo = crm_str_part(&rest, '\n');
    is = crm_str_part(&rest, '\n');

    if (crm_str_int(&line, &u->at) != CRM_OK || is.len == 0) {
        return CRM_DECLINED;
    }

    u->undo.len += 1 + is.len;          /* they are one behind the other */
    u->n = 0;
    u->loser = crm_arena_alloc(a, CRM_MERGE_MAX * sizeof(crm_record_t *));

    if (u->loser == NULL) {
        return CRM_ERROR;
    }

    while (u->n < CRM_MERGE_MAX && rest.len > 0) {
        line = crm_str_part(&rest, '\n');
        rc = crm_record_unpack(a, &crm_entities[CRM_KIND_LEAD], &line,
                               &u->loser[u->n++]);
        if (rc != CRM_OK) {
            return rc;
        }
    }

    return u->n > 0 ? CRM_OK : CRM_DECLINED;
}


crm_problem_t
crm_lead_unmerge(const crm_rule_t *rule, const crm_record_t *now,
    const crm_unmerge_t *u, crm_record_t **lead)
{
    int            kept;
    crm_problem_t  problem;

    problem = crm_lead_undo(rule, now, &u->undo, lead, &kept);

    return problem == CRM_P_CHANGED_SINCE ? CRM_P_NONE : problem;
}


/* references of the configuration that are gone meanwhile */

static void
crm_revived_refs(const crm_rule_t *rule, crm_record_t *lead)
{
    unsigned            i, k, n;
    crm_ids_t          *ids;
    crm_value_t        *v;
    const crm_field_t  *f;

    for (i = 0; i < lead->entity->nfields; i++) {
        f = &lead->entity->fields[i];
        v = &lead->v[i];

        if (!v->set || f->ref >= CRM_CONF_KINDS || i == CRM_CREATED_BY
            || i == CRM_UPDATED_BY)
        {
            continue;
        }

        if (f->type == CRM_T_ID && !crm_input_refers(rule->conf, f, v)) {
            crm_value_clear(v);
            continue;
        }

        if (f->type != CRM_T_IDS) {
            continue;
        }

        ids = &v->ids;

        for (n = 0, k = 0; k < ids->n; k++) {
            if (crm_conf_find(rule->conf, f->ref, ids->id[k]) != NULL) {
                ids->id[n++] = ids->id[k];
            }
        }

        ids->n = n;

        if (n == 0) {
            crm_value_clear(v);
        }
    }
}


/* its stage may be gone, another team's, or (no longer) a won stage */

static int
crm_revived_stage(const crm_rule_t *rule, crm_record_t *lead)
{
    int64_t              team, state;
    crm_value_t         *v = lead->v;
    const crm_record_t  *stage;

    team = v[CRM_LEAD_TEAM_ID].num;
    state = v[CRM_LEAD_STATE].num;

    stage = crm_conf_find(rule->conf, CRM_KIND_STAGE,
                          v[CRM_LEAD_STAGE_ID].num);

    if (stage == NULL || !crm_stage_fits(stage, team)) {
        stage = crm_stage_for(rule->conf, 0, team, state);
    }

    if (stage == NULL) {
        crm_value_clear(&v[CRM_LEAD_STAGE_ID]);
        return CRM_OK;
    }

    if (v[CRM_LEAD_STAGE_ID].num == crm_record_id(stage)
        && crm_stage_suits(stage, team, state))
    {
        crm_lead_settle(lead, stage);
        return CRM_OK;
    }

    return crm_lead_enter(rule, lead, stage);
}


crm_record_t *
crm_lead_revived(const crm_rule_t *rule, const crm_record_t *was,
    const crm_record_t *tombstone, unsigned contact)
{
    crm_record_t  *lead;

    lead = crm_record_copy(rule->arena, was);
    if (lead == NULL) {
        return NULL;
    }

    lead->v[CRM_VERSION] = tombstone->v[CRM_VERSION];
    lead->v[CRM_LEAD_MESSAGES] = tombstone->v[CRM_LEAD_MESSAGES];
    lead->v[CRM_LEAD_ACTIVITIES] = tombstone->v[CRM_LEAD_ACTIVITIES];
    crm_value_clear(&lead->v[CRM_LEAD_DUE]);

    if (!contact) {
        crm_value_clear(&lead->v[CRM_LEAD_CONTACT_ID]);
    }

    crm_revived_refs(rule, lead);

    if (crm_revived_stage(rule, lead) != CRM_OK
        || crm_dup_keep_prune(rule->arena, was, lead) != CRM_OK)
    {
        return NULL;
    }

    (void) crm_lead_touch(rule, tombstone, lead);

    return lead;
}
