/*
 * What a bulk change wrote to a lead, and taking it back; see
 * crm_lead_undo.h.  A table says which fields stand or fall together.
 */

#include "crm_lead_undo.h"


#define CRM_UNDO_FOLLOWERS  8


/* `keys' must still hold what was written; the followers come with them */
typedef struct {
    unsigned  key[5];
    unsigned  nkeys;
    unsigned  follower[CRM_UNDO_FOLLOWERS];
    unsigned  nfollowers;
} crm_undo_group_t;


enum { CRM_UNDO_PLACE, CRM_UNDO_TEAM };

static const crm_undo_group_t  crm_undo_groups[] = {
    [CRM_UNDO_PLACE] = {
        { CRM_LEAD_STATE, CRM_LEAD_ACTIVE, CRM_LEAD_STAGE_ID,
          CRM_LEAD_CLOSED_AT, CRM_LEAD_LOST_REASON_ID }, 5,
        { CRM_LEAD_PROBABILITY, CRM_LEAD_PROBABILITY_MODE,
          CRM_LEAD_STAGE_CHANGED_AT, CRM_LEAD_STAGE_TIMES, CRM_LEAD_RANK }, 5
    },
    [CRM_UNDO_TEAM] = { { CRM_LEAD_TEAM_ID }, 1, { 0 }, 0 },
    { { CRM_LEAD_USER_ID }, 1, { CRM_LEAD_ASSIGNED_AT }, 1 },
    { { CRM_LEAD_TAG_IDS }, 1, { 0 }, 0 },
    { { CRM_LEAD_PRIORITY }, 1, { 0 }, 0 },

    /* what only a merge writes (crm_lead_unmerge.c) */

    { { CRM_LEAD_TYPE }, 1, { 0 }, 0 },
    { { CRM_LEAD_CONVERTED_AT }, 1, { 0 }, 0 },
    { { CRM_LEAD_STREET, CRM_LEAD_CITY, CRM_LEAD_REGION,
        CRM_LEAD_POSTAL_CODE, CRM_LEAD_COUNTRY }, 5, { 0 }, 0 },
    { { CRM_LEAD_CONTACT_ID }, 1, { 0 }, 0 },
    { { CRM_LEAD_CONTACT_NAME }, 1, { 0 }, 0 },
    { { CRM_LEAD_COMPANY_NAME }, 1, { 0 }, 0 },
    { { CRM_LEAD_JOB_TITLE }, 1, { 0 }, 0 },
    { { CRM_LEAD_EMAIL }, 1, { 0 }, 0 },
    { { CRM_LEAD_PHONE }, 1, { 0 }, 0 },
    { { CRM_LEAD_WEBSITE }, 1, { 0 }, 0 },
    { { CRM_LEAD_DESCRIPTION }, 1, { 0 }, 0 },
    { { CRM_LEAD_EXPECTED_REVENUE }, 1, { 0 }, 0 },
    { { CRM_LEAD_RECURRING_REVENUE }, 1, { 0 }, 0 },
    { { CRM_LEAD_RECURRING_MONTHS }, 1, { 0 }, 0 },
    { { CRM_LEAD_EXPECTED_CLOSE }, 1, { 0 }, 0 },
    { { CRM_LEAD_SOURCE }, 1, { 0 }, 0 },
    { { CRM_LEAD_MEDIUM }, 1, { 0 }, 0 },
    { { CRM_LEAD_CAMPAIGN }, 1, { 0 }, 0 },
    { { CRM_LEAD_REFERRED_BY }, 1, { 0 }, 0 },
    { { CRM_LEAD_COLOR }, 1, { 0 }, 0 }
};

#define CRM_UNDO_GROUPS                                                       \
    (sizeof(crm_undo_groups) / sizeof(crm_undo_groups[0]))


typedef struct {
    crm_record_t  *was;
    crm_record_t  *is;
} crm_undo_t;


static void
crm_undo_note(crm_undo_t *u, const crm_record_t *old,
    const crm_record_t *lead, const unsigned *field, unsigned n)
{
    unsigned  i, k;

    for (i = 0; i < n; i++) {
        k = field[i];

        if (!crm_value_eq(lead->entity->fields[k].type, &old->v[k],
                          &lead->v[k]))
        {
            u->was->v[k] = old->v[k];
            u->is->v[k] = lead->v[k];
        }
    }
}


int
crm_lead_undo_text(crm_arena_t *a, const crm_record_t *old,
    const crm_record_t *lead, crm_str_t *text)
{
    size_t                   i;
    crm_str_t                was, is;
    crm_undo_t               u;
    const crm_undo_group_t  *g;

    u.was = crm_record_new(a, lead->entity);
    u.is = crm_record_new(a, lead->entity);

    if (u.was == NULL || u.is == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < CRM_UNDO_GROUPS; i++) {
        g = &crm_undo_groups[i];

        crm_undo_note(&u, old, lead, g->key, g->nkeys);
        crm_undo_note(&u, old, lead, g->follower, g->nfollowers);
    }

    if (crm_record_pack(a, u.was, &was) != CRM_OK
        || crm_record_pack(a, u.is, &is) != CRM_OK)
    {
        return CRM_ERROR;
    }

    *text = crm_arena_printf(a, "%.*s\n%.*s", (int) was.len, was.data,
                             (int) is.len, is.data);

    return text->data != NULL ? CRM_OK : CRM_ERROR;
}


static int
crm_undo_parse(crm_arena_t *a, const crm_entity_t *entity,
    const crm_str_t *text, crm_undo_t *u)
{
    crm_str_t  was, is = *text;

    was = crm_str_part(&is, '\n');

    return crm_record_unpack(a, entity, &was, &u->was) == CRM_OK
           && crm_record_unpack(a, entity, &is, &u->is) == CRM_OK
           ? CRM_OK : CRM_ERROR;
}


static int
crm_undo_wrote(const crm_undo_t *u, unsigned k)
{
    return !crm_value_eq(u->is->entity->fields[k].type, &u->was->v[k],
                         &u->is->v[k]);
}


static int
crm_undo_holds(const crm_undo_t *u, const crm_record_t *now, unsigned k)
{
    return crm_value_eq(now->entity->fields[k].type, &u->is->v[k],
                        &now->v[k]);
}


/* what an old value refers to is still there */

static int
crm_undo_refers(const crm_rule_t *rule, const crm_undo_t *u, unsigned k)
{
    const crm_field_t  *f = &u->was->entity->fields[k];

    return !u->was->v[k].set || f->ref >= CRM_CONF_KINDS
           || crm_input_refers(rule->conf, f, &u->was->v[k]);
}


/* CRM_OK: restored; CRM_AGAIN: nothing was written; CRM_DECLINED: changed */

static int
crm_undo_group(const crm_rule_t *rule, const crm_undo_t *u,
    const crm_undo_group_t *g, const crm_record_t *now, crm_record_t *lead)
{
    unsigned  i, k, wrote;

    for (wrote = 0, i = 0; i < g->nkeys; i++) {
        k = g->key[i];

        if (!crm_undo_wrote(u, k)) {
            continue;
        }

        wrote = 1;

        if (!crm_undo_holds(u, now, k) || !crm_undo_refers(rule, u, k)) {
            return CRM_DECLINED;
        }
    }

    if (!wrote) {
        return CRM_AGAIN;
    }

    for (i = 0; i < g->nkeys; i++) {
        k = g->key[i];

        if (crm_undo_wrote(u, k)) {
            lead->v[k] = u->was->v[k];
        }
    }

    for (i = 0; i < g->nfollowers; i++) {
        k = g->follower[i];

        if (crm_undo_wrote(u, k)
            && (k == CRM_LEAD_RANK || crm_undo_holds(u, now, k)))
        {
            lead->v[k] = u->was->v[k];
        }
    }

    return CRM_OK;
}


/* stage, team and state go together as the state machine wants them */

static int
crm_undo_fits(const crm_rule_t *rule, const crm_record_t *lead)
{
    const crm_record_t  *stage;

    if (!lead->v[CRM_LEAD_STAGE_ID].set) {
        return 1;
    }

    stage = crm_conf_find(rule->conf, CRM_KIND_STAGE,
                          lead->v[CRM_LEAD_STAGE_ID].num);

    return stage != NULL
           && crm_stage_suits(stage, lead->v[CRM_LEAD_TEAM_ID].num,
                              lead->v[CRM_LEAD_STATE].num);
}


/* the groups of place and team are taken back */

static void
crm_undo_back(const crm_record_t *now, crm_record_t *lead)
{
    unsigned                 i, n;
    const crm_undo_group_t  *g;

    for (n = CRM_UNDO_PLACE; n <= CRM_UNDO_TEAM; n++) {
        g = &crm_undo_groups[n];

        for (i = 0; i < g->nkeys; i++) {
            lead->v[g->key[i]] = now->v[g->key[i]];
        }

        for (i = 0; i < g->nfollowers; i++) {
            lead->v[g->follower[i]] = now->v[g->follower[i]];
        }
    }
}


crm_problem_t
crm_lead_undo(const crm_rule_t *rule, const crm_record_t *now,
    const crm_str_t *text, crm_record_t **lead, int *kept)
{
    int           rc[CRM_UNDO_GROUPS];
    size_t        i, restored;
    crm_undo_t    u;

    *lead = crm_record_copy(rule->arena, now);

    if (*lead == NULL
        || crm_undo_parse(rule->arena, now->entity, text, &u) != CRM_OK)
    {
        return CRM_P_INTERNAL;
    }

    for (i = 0; i < CRM_UNDO_GROUPS; i++) {
        rc[i] = crm_undo_group(rule, &u, &crm_undo_groups[i], now, *lead);
    }

    if ((rc[CRM_UNDO_PLACE] == CRM_OK || rc[CRM_UNDO_TEAM] == CRM_OK)
        && !crm_undo_fits(rule, *lead))
    {
        crm_undo_back(now, *lead);
        rc[CRM_UNDO_PLACE] = rc[CRM_UNDO_TEAM] = CRM_DECLINED;
    }

    if (rc[CRM_UNDO_PLACE] == CRM_OK) {
        crm_lead_settle(*lead, crm_conf_find(rule->conf, CRM_KIND_STAGE,
                                     (*lead)->v[CRM_LEAD_STAGE_ID].num));
    }

    for (*kept = 0, restored = 0, i = 0; i < CRM_UNDO_GROUPS; i++) {
        *kept |= rc[i] == CRM_DECLINED;
        restored += rc[i] == CRM_OK;
    }

    return restored == 0 && *kept ? CRM_P_CHANGED_SINCE : CRM_P_NONE;
}
