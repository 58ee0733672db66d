/*
 * What a merge makes of its records; see crm_lead_merge.h.
 *
 * The contract says: open if any is open, and the survivor's stage.  The
 * state machine says: won means in a won stage.  Where the survivor's stage
 * does not go with the state, an open record goes to its team's first stage
 * and a won one to the won stage that it would enter.
 */

#include <stdlib.h>

#include "crm_change.h"
#include "crm_lead_merge.h"


/* take the first non-empty value, in order of creation; the contact before
   the texts that it fills */

static const unsigned  crm_merge_single[] = {
    CRM_LEAD_CONTACT_ID, CRM_LEAD_CONTACT_NAME, CRM_LEAD_COMPANY_NAME,
    CRM_LEAD_JOB_TITLE, CRM_LEAD_EMAIL, CRM_LEAD_PHONE, CRM_LEAD_WEBSITE,
    CRM_LEAD_EXPECTED_REVENUE, CRM_LEAD_RECURRING_REVENUE,
    CRM_LEAD_RECURRING_MONTHS, CRM_LEAD_EXPECTED_CLOSE, CRM_LEAD_SOURCE,
    CRM_LEAD_MEDIUM, CRM_LEAD_CAMPAIGN, CRM_LEAD_REFERRED_BY,
    CRM_LEAD_COLOR, CRM_LEAD_CONVERTED_AT
};


typedef struct {
    int64_t              type;
    int64_t              state;
    int64_t              team;
    int64_t              user;
    const crm_record_t  *stage;         /* NULL: there is none at all */
} crm_merge_place_t;


static int
crm_merge_cmp(const void *one, const void *two)
{
    const crm_record_t *const  *a = one, *const *b = two;
    int64_t                     x, y;

    x = (*a)->v[CRM_CREATED_AT].num;
    y = (*b)->v[CRM_CREATED_AT].num;

    if (x == y) {
        x = crm_record_id(*a);
        y = crm_record_id(*b);
    }

    return (x > y) - (x < y);
}


void
crm_lead_merge_sort(crm_record_t **rec, unsigned n)
{
    qsort(rec, n, sizeof(crm_record_t *), crm_merge_cmp);
}


static int
crm_merge_empty(const crm_record_t *rec, unsigned field)
{
    const crm_value_t  *v = &rec->v[field];

    return !v->set || (rec->entity->fields[field].type == CRM_T_MONEY
                       && v->num == 0);
}


/* NULL: all are empty */

static const crm_value_t *
crm_merge_first(const crm_merge_t *m, unsigned field)
{
    unsigned  i;

    for (i = 0; i < m->n; i++) {
        if (!crm_merge_empty(m->rec[i], field)) {
            return &m->rec[i]->v[field];
        }
    }

    return NULL;
}


static const crm_record_t *
crm_merge_in_state(const crm_merge_t *m, int64_t state)
{
    unsigned  i;

    for (i = 0; i < m->n; i++) {
        if (m->rec[i]->v[CRM_LEAD_STATE].num == state) {
            return m->rec[i];
        }
    }

    return NULL;
}


/* ---- the place ---------------------------------------------------------- */

static void
crm_merge_place(const crm_rule_t *rule, const crm_merge_t *m,
    crm_merge_place_t *place)
{
    unsigned            i;
    const crm_value_t  *team, *user;

    place->type = CRM_TYPE_LEAD;

    for (i = 0; i < m->n; i++) {
        if (m->rec[i]->v[CRM_LEAD_TYPE].num == CRM_TYPE_OPPORTUNITY) {
            place->type = CRM_TYPE_OPPORTUNITY;
        }
    }

    place->state = crm_merge_in_state(m, CRM_STATE_OPEN) ? CRM_STATE_OPEN
                   : crm_merge_in_state(m, CRM_STATE_WON) ? CRM_STATE_WON
                                                          : CRM_STATE_LOST;

    team = crm_merge_first(m, CRM_LEAD_TEAM_ID);
    user = crm_merge_first(m, CRM_LEAD_USER_ID);

    place->team = m->has_team ? m->team : team != NULL ? team->num : 0;
    place->user = m->has_user ? m->user : user != NULL ? user->num : 0;
    place->stage = crm_stage_for(rule->conf,
                                 m->rec[0]->v[CRM_LEAD_STAGE_ID].num,
                                 place->team, place->state);
}


int
crm_lead_merge_column(const crm_rule_t *rule, const crm_merge_t *m,
    crm_column_t *column)
{
    crm_merge_place_t   place;
    const crm_value_t  *v = m->rec[0]->v;

    crm_merge_place(rule, m, &place);

    column->type = place.type;
    column->stage = place.stage != NULL ? crm_record_id(place.stage) : 0;
    column->empty = 1;
    column->top = 0;

    return column->type == v[CRM_LEAD_TYPE].num
           && column->stage == v[CRM_LEAD_STAGE_ID].num ? CRM_DECLINED
                                                        : CRM_OK;
}


/* the state as one of another record made it; the survivor's own stays as it
   is */

static void
crm_merge_state(const crm_merge_t *m, const crm_merge_place_t *place,
    crm_record_t *lead)
{
    unsigned            i, active;
    crm_value_t        *v = lead->v;
    const crm_value_t  *reason;

    for (active = 0, i = 0; i < m->n; i++) {
        active |= m->rec[i]->v[CRM_LEAD_ACTIVE].num != 0;
    }

    crm_value_set_num(&v[CRM_LEAD_ACTIVE], active);

    if (place->state == CRM_STATE_LOST) {
        reason = crm_merge_first(m, CRM_LEAD_LOST_REASON_ID);

        if (reason != NULL) {
            v[CRM_LEAD_LOST_REASON_ID] = *reason;
        }

        return;
    }

    crm_value_clear(&v[CRM_LEAD_LOST_REASON_ID]);

    if (v[CRM_LEAD_STATE].num == place->state) {
        return;
    }

    crm_value_set_num(&v[CRM_LEAD_STATE], place->state);
    crm_value_clear(&v[CRM_LEAD_CLOSED_AT]);

    if (place->state == CRM_STATE_WON) {
        v[CRM_LEAD_CLOSED_AT] =
            crm_merge_in_state(m, CRM_STATE_WON)->v[CRM_LEAD_CLOSED_AT];
        return;
    }

    crm_value_set_num(&v[CRM_LEAD_PROBABILITY_MODE], CRM_MODE_AUTO);
}


static int
crm_merge_enter(const crm_rule_t *rule, const crm_merge_place_t *place,
    crm_record_t *lead)
{
    int64_t       id;
    crm_value_t  *v = lead->v;

    if (place->stage == NULL) {
        crm_value_clear(&v[CRM_LEAD_STAGE_ID]);
        return CRM_OK;
    }

    id = crm_record_id(place->stage);

    if (v[CRM_LEAD_STAGE_ID].num == id) {
        crm_lead_settle(lead, place->stage);
        return CRM_OK;
    }

    if (place->state != CRM_STATE_LOST) {
        return crm_lead_enter(rule, lead, place->stage);
    }

    /* a lost record does not win by a stage that a merge puts it into */

    if (crm_lead_add_time(rule->arena, lead, rule->now) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_value_set_num(&v[CRM_LEAD_STAGE_ID], id);
    crm_value_set_num(&v[CRM_LEAD_STAGE_CHANGED_AT], rule->now);

    return CRM_OK;
}


static void
crm_merge_owner(const crm_rule_t *rule, const crm_merge_place_t *place,
    crm_record_t *lead)
{
    crm_lead_put_id(lead, CRM_LEAD_TEAM_ID, place->team);

    if (lead->v[CRM_LEAD_USER_ID].num != place->user) {
        crm_lead_assign(rule, NULL, lead, place->user);
    }
}


/* ---- the fields --------------------------------------------------------- */

static unsigned
crm_merge_address_filled(const crm_record_t *rec)
{
    unsigned  i, n;

    for (n = 0, i = CRM_LEAD_STREET; i <= CRM_LEAD_COUNTRY; i++) {
        n += rec->v[i].set != 0;
    }

    return n;
}


static void
crm_merge_address(const crm_merge_t *m, crm_record_t *lead)
{
    unsigned             i, n, most;
    const crm_record_t  *best = m->rec[0];

    most = crm_merge_address_filled(best);

    for (i = 1; i < m->n; i++) {
        n = crm_merge_address_filled(m->rec[i]);

        if (n > most) {
            most = n;
            best = m->rec[i];
        }
    }

    for (i = CRM_LEAD_STREET; i <= CRM_LEAD_COUNTRY; i++) {
        lead->v[i] = best->v[i];
    }
}


static int
crm_merge_tags(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead)
{
    unsigned          i, k, n;
    crm_ids_t         all;
    const crm_ids_t  *tags;

    for (n = 0, i = 0; i < m->n; i++) {
        n += m->rec[i]->v[CRM_LEAD_TAG_IDS].ids.n;
    }

    if (n == 0) {
        return CRM_OK;
    }

    all.n = 0;
    all.id = crm_arena_alloc(rule->arena, n * sizeof(int64_t));

    if (all.id == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < m->n; i++) {
        tags = &m->rec[i]->v[CRM_LEAD_TAG_IDS].ids;

        for (k = 0; k < tags->n; k++) {
            if (!crm_ids_has(&all, tags->id[k])) {
                all.id[all.n++] = tags->id[k];
            }
        }
    }

    lead->v[CRM_LEAD_TAG_IDS].set = 1;
    lead->v[CRM_LEAD_TAG_IDS].ids = all;

    return CRM_OK;
}


static int
crm_merge_described(const crm_merge_t *m, unsigned i,
    const u_char *described)
{
    unsigned            k;
    const crm_value_t  *v = &m->rec[i]->v[CRM_LEAD_DESCRIPTION];

    for (k = 0; k < i; k++) {
        if (described[k]
            && crm_str_eq(&m->rec[k]->v[CRM_LEAD_DESCRIPTION].str, &v->str))
        {
            return 1;
        }
    }

    return 0;
}


/* the same text once; one that would make it longer than a description may
   be is left to the log */

static int
crm_merge_descriptions(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead, u_char *described)
{
    unsigned            i;
    size_t              gap;
    crm_out_t           out;
    crm_str_t           text;
    const crm_value_t  *v;

    crm_out_init(&out, rule->arena, 256);

    for (i = 0; i < m->n; i++) {
        v = &m->rec[i]->v[CRM_LEAD_DESCRIPTION];

        if (!v->set) {
            continue;
        }

        described[i] = crm_merge_described(m, i, described);
        gap = crm_out_size(&out) > 0 ? 2 : 0;

        if (described[i]
            || crm_out_size(&out) + gap + v->str.len > CRM_LONG_MAX)
        {
            continue;
        }

        if (gap > 0) {
            crm_out_lit(&out, "\n\n");
        }

        crm_out_str(&out, &v->str);
        described[i] = 1;
    }

    if (crm_out_join(&out, &text) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_value_set_str(&lead->v[CRM_LEAD_DESCRIPTION], text);

    return CRM_OK;
}


static int
crm_merge_fields(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead, u_char *described)
{
    size_t              i;
    int64_t             priority;
    const crm_value_t  *v;

    for (i = 0; i < sizeof(crm_merge_single) / sizeof(unsigned); i++) {
        v = crm_merge_first(m, crm_merge_single[i]);

        if (v != NULL) {
            lead->v[crm_merge_single[i]] = *v;
        }
    }

    for (priority = 0, i = 0; i < m->n; i++) {
        v = &m->rec[i]->v[CRM_LEAD_PRIORITY];
        priority = v->num > priority ? v->num : priority;
    }

    crm_value_set_num(&lead->v[CRM_LEAD_PRIORITY], priority);
    crm_merge_address(m, lead);

    return crm_merge_tags(rule, m, lead) == CRM_OK
           && crm_merge_descriptions(rule, m, lead, described) == CRM_OK
           ? CRM_OK : CRM_ERROR;
}


/* that of all open activities, from those of the records */

static int
crm_merge_due(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead)
{
    unsigned            i;
    crm_due_t           due, other;
    crm_str_t           text = crm_null_string;
    const crm_value_t  *v;

    for (i = 0; i < m->n; i++) {
        v = &m->rec[i]->v[CRM_LEAD_DUE];

        if (!v->set || crm_due_parse(&v->str, &other) != CRM_OK) {
            continue;
        }

        if (text.data == NULL) {
            due = other;
        } else {
            crm_due_join(&due, &other);
        }

        if (crm_due_print(rule->arena, &due, &text) != CRM_OK) {
            return CRM_ERROR;
        }
    }

    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVITIES],
                      lead->v[CRM_LEAD_ACTIVITIES].num + 1);
    crm_value_set_str(&lead->v[CRM_LEAD_DUE], text);

    return CRM_OK;
}


crm_problem_t
crm_lead_merge(const crm_rule_t *rule, const crm_merge_t *m,
    const crm_column_t *column, crm_record_t **survivor,
    crm_record_t **message)
{
    u_char              described[CRM_MERGE_MAX];
    crm_record_t       *lead;
    crm_merge_place_t   place;

    lead = crm_record_copy(rule->arena, m->rec[0]);
    if (lead == NULL) {
        return CRM_P_INTERNAL;
    }

    memset(described, 0, sizeof(described));

    crm_merge_place(rule, m, &place);
    crm_merge_owner(rule, &place, lead);
    crm_merge_state(m, &place, lead);
    crm_value_set_num(&lead->v[CRM_LEAD_TYPE], place.type);

    if (column != NULL) {
        crm_value_set_num(&lead->v[CRM_LEAD_RANK], crm_rank_top(column));
    }

    if (crm_merge_fields(rule, m, lead, described) != CRM_OK
        || crm_merge_enter(rule, &place, lead) != CRM_OK
        || crm_merge_due(rule, m, lead) != CRM_OK)
    {
        return CRM_P_INTERNAL;
    }

    (void) crm_lead_touch(rule, m->rec[0], lead);

    if (crm_lead_merge_log(rule, m, lead, described, message) != CRM_OK) {
        return CRM_P_INTERNAL;
    }

    *survivor = lead;

    return CRM_P_NONE;
}


/* ---- what is left of the others ----------------------------------------- */

crm_record_t *
crm_lead_tombstone(const crm_rule_t *rule, const crm_record_t *old,
    int64_t survivor, int64_t merge)
{
    size_t         i;
    crm_record_t  *rec;

    static const unsigned  kept[] = {
        CRM_ID, CRM_VERSION, CRM_CREATED_AT, CRM_UPDATED_AT, CRM_CREATED_BY,
        CRM_UPDATED_BY, CRM_LEAD_NAME, CRM_LEAD_TYPE, CRM_LEAD_MESSAGES,
        CRM_LEAD_ACTIVITIES
    };

    rec = crm_record_new(rule->arena, old->entity);
    if (rec == NULL) {
        return NULL;
    }

    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        rec->v[kept[i]] = old->v[kept[i]];
    }

    crm_value_set_num(&rec->v[CRM_LEAD_ACTIVITIES],
                      old->v[CRM_LEAD_ACTIVITIES].num + 1);
    crm_value_set_num(&rec->v[CRM_LEAD_MERGED_INTO], survivor);
    crm_value_set_num(&rec->v[CRM_LEAD_MERGED_BY], survivor);
    crm_value_set_num(&rec->v[CRM_LEAD_MERGE_ID], merge);

    (void) crm_lead_touch(rule, old, rec);

    return rec;
}


crm_record_t *
crm_lead_tombstone_moved(const crm_rule_t *rule, const crm_record_t *old,
    int64_t survivor)
{
    crm_record_t  *rec;

    rec = crm_record_copy(rule->arena, old);

    if (rec != NULL) {
        crm_value_set_num(&rec->v[CRM_LEAD_MERGED_INTO], survivor);
        (void) crm_lead_touch(rule, old, rec);
    }

    return rec;
}


crm_str_t
crm_lead_merged_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t survivor)
{
    return crm_change_key(a, prefix, "l:m", survivor >> CRM_MERGED_SHIFT);
}
