/*
 * The index entries of a lead, and its sort keys (keys.md).
 *
 * A pure function of the record: the commit writes the difference of two
 * results, the checker compares the union over all leads with what Redis
 * holds.  Every board column appears in four scopes, so that what a manager
 * or salesperson opens is one exact key.
 */

#include "crm_lead.h"
#include "crm_lead_merge.h"
#include "crm_money.h"
#include "crm_row.h"
#include "crm_team_index.h"
#include "crm_text.h"
#include "crm_time.h"
#include "crm_words.h"


#define CRM_BOARD_ROOM     (8 + 4 * (CRM_KEYER_INT + 3))


static const u_char     crm_type_letters[] = { 'l', 'o' };
static const crm_str_t  crm_lead_none = crm_string("none");


static void crm_lead_ix_merged(crm_ix_list_t *list,
    const crm_record_t *lead);
static void crm_lead_ix_sorts(crm_ixr_t *x);
static void crm_lead_ix_facets(crm_ixr_t *x);
static void crm_lead_ix_source(crm_ixr_t *x);
static void crm_lead_ix_owner(crm_ixr_t *x, u_char what, int64_t id);
static void crm_lead_ix_contact(crm_ixr_t *x);
static void crm_lead_ix_reason(crm_ixr_t *x);
static void crm_lead_ix_board(crm_ixr_t *x);


void
crm_lead_index(crm_ix_list_t *list, const crm_record_t *lead)
{
    crm_lead_index_plain(list, lead);
    crm_lead_index_words(list, lead);
}


void
crm_lead_index_plain(crm_ix_list_t *list, const crm_record_t *lead)
{
    u_char     type_active[2];
    crm_ixr_t  x;
    crm_str_t  segment;

    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        crm_lead_ix_merged(list, lead);
        return;
    }

    type_active[0] = crm_type_letters[lead->v[CRM_LEAD_TYPE].num];
    type_active[1] = lead->v[CRM_LEAD_ACTIVE].num ? '1' : '0';

    segment.data = type_active;
    segment.len = 2;

    if (crm_ixr_init(&x, list, "l", lead, segment) != CRM_OK) {
        return;
    }

    crm_lead_ix_sorts(&x);
    crm_lead_ix_facets(&x);
    crm_lead_ix_source(&x);
    crm_lead_ix_owner(&x, 'u', x.v[CRM_LEAD_USER_ID].num);
    crm_lead_ix_owner(&x, 't', x.v[CRM_LEAD_TEAM_ID].num);
    crm_lead_ix_contact(&x);
    crm_lead_ix_reason(&x);
    crm_lead_ix_board(&x);
    crm_row_index(&x);
    crm_team_ix_lead(&x);
}


/* all that there is of a tombstone: where it went */

static void
crm_lead_ix_merged(crm_ix_list_t *list, const crm_record_t *lead)
{
    int64_t    survivor = lead->v[CRM_LEAD_MERGED_INTO].num;
    crm_ixr_t  x;
    crm_str_t  key;

    key = crm_lead_merged_key(list->arena, &list->prefix, survivor);

    if (key.data == NULL
        || crm_ixr_init(&x, list, "l", lead, crm_str("")) != CRM_OK)
    {
        list->failed = 1;
        return;
    }

    crm_ix_zset(list, key, x.id10, survivor);
}


void
crm_lead_index_words(crm_ix_list_t *list, const crm_record_t *lead)
{
    if (!lead->v[CRM_LEAD_MERGED_INTO].set) {
        crm_words_index(list, "l", lead);
    }
}


static void
crm_lead_ix_sorts(crm_ixr_t *x)
{
    crm_keyer_t         k;
    const crm_value_t  *closed = &x->v[CRM_LEAD_CLOSED_AT];

    crm_ixr_sort(x, 'c', &x->v[CRM_CREATED_AT]);
    crm_ixr_sort(x, 'u', &x->v[CRM_UPDATED_AT]);
    crm_ixr_sort(x, 'r', &x->v[CRM_LEAD_EXPECTED_REVENUE]);
    crm_ixr_sort(x, 'm', &x->v[CRM_LEAD_RECURRING_REVENUE]);
    crm_ixr_sort(x, 'e', &x->v[CRM_LEAD_EXPECTED_CLOSE]);
    crm_ixr_sort(x, 'p', &x->v[CRM_LEAD_PROBABILITY]);
    crm_ixr_name(x, &x->v[CRM_LEAD_NAME].str);

    if (!closed->set || crm_ixr_key(x, &k, 16) != CRM_OK) {
        return;
    }

    crm_keyer_lit(&k, "s:closed:");
    crm_keyer_str(&k, &crm_words_lead_state.word[x->v[CRM_LEAD_STATE].num]);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10, closed->num);
}


static void
crm_lead_ix_facets(crm_ixr_t *x)
{
    const crm_value_t  *v = x->v;

    crm_ixr_bit(x, "f:ta", &x->segment);
    crm_ixr_bit(x, "f:state",
                &crm_words_lead_state.word[v[CRM_LEAD_STATE].num]);
    crm_ixr_bit_number(x, "f:stage", v[CRM_LEAD_STAGE_ID].num);
    crm_ixr_bit_number(x, "f:team", v[CRM_LEAD_TEAM_ID].num);
    crm_ixr_bit_number(x, "f:user", v[CRM_LEAD_USER_ID].num);
    crm_ixr_bit_number(x, "f:prio", v[CRM_LEAD_PRIORITY].num);
    crm_ixr_bit_number(x, "f:reason", v[CRM_LEAD_LOST_REASON_ID].num);
    crm_ixr_bit_ids(x, "f:tag", &v[CRM_LEAD_TAG_IDS].ids);
    crm_ixr_bit(x, "f:country", v[CRM_LEAD_COUNTRY].set
                                ? &v[CRM_LEAD_COUNTRY].str : &crm_lead_none);

    if (!v[CRM_LEAD_CONTACT_ID].set) {
        crm_ixr_bit_number(x, "f:contact", 0);
    }

    /* these have no entry in the sorts */

    if (!v[CRM_LEAD_EXPECTED_REVENUE].set) {
        crm_ixr_bit(x, "f:revenue", &crm_lead_none);
    }

    if (!v[CRM_LEAD_EXPECTED_CLOSE].set) {
        crm_ixr_bit(x, "f:close", &crm_lead_none);
    }
}


/* a source with the name "none" has no bitmap: `source=none' asks for unset
   ones, so that nobody can ask for it */

static void
crm_lead_ix_source(crm_ixr_t *x)
{
    crm_str_t           folded;
    const crm_value_t  *source = &x->v[CRM_LEAD_SOURCE];

    if (!source->set) {
        crm_ixr_bit(x, "f:source", &crm_lead_none);
        return;
    }

    if (crm_text_fold(x->list->arena, &source->str, &folded) != CRM_OK) {
        x->list->failed = 1;
        return;
    }

    if (!crm_str_eq(&folded, &crm_lead_none)) {
        crm_ixr_bit(x, "f:source", &folded);
    }
}


/* l:u:{user}:{t}{a}, l:t:{team}:{t}{a} */

static void
crm_lead_ix_owner(crm_ixr_t *x, u_char what, int64_t id)
{
    crm_keyer_t  k;

    if (crm_ixr_key(x, &k, 5 + CRM_KEYER_INT) != CRM_OK) {
        return;
    }

    crm_keyer_char(&k, what);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, id);
    crm_keyer_char(&k, ':');
    crm_keyer_str(&k, &x->segment);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10,
                x->v[CRM_CREATED_AT].num);
}


static void
crm_lead_ix_contact(crm_ixr_t *x)
{
    crm_keyer_t         k;
    const crm_value_t  *contact = &x->v[CRM_LEAD_CONTACT_ID];

    if (!contact->set
        || crm_ixr_key(x, &k, 2 + CRM_KEYER_INT) != CRM_OK)
    {
        return;
    }

    crm_keyer_lit(&k, "c:");
    crm_keyer_int(&k, contact->num >> CRM_CONTACT_SHIFT);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10, contact->num);
}


/* the reason's `used` */

static void
crm_lead_ix_reason(crm_ixr_t *x)
{
    crm_str_t           field;
    crm_keyer_t         k;
    const crm_value_t  *reason = &x->v[CRM_LEAD_LOST_REASON_ID];

    if (!reason->set) {
        return;
    }

    if (crm_keyer_init(&k, x->list->arena, &x->list->prefix,
                       17 + CRM_KEYER_INT)
        != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    crm_keyer_lit(&k, "count:lost_reason");

    field.data = k.pos;
    field.len = (size_t) (crm_int_print(k.pos, reason->num) - k.pos);

    crm_ix_count(x->list, crm_keyer_done(&k), field, 1);
}


static void
crm_lead_board_print(crm_keyer_t *k, const char *what, int64_t type,
    int64_t stage, int64_t team, int64_t user)
{
    crm_keyer_lit(k, "l:");
    crm_keyer_bytes(k, what, strlen(what));
    crm_keyer_char(k, ':');
    crm_keyer_char(k, crm_type_letters[type]);
    crm_keyer_char(k, ':');
    crm_keyer_int(k, stage);

    if (team != CRM_BOARD_ALL) {
        crm_keyer_lit(k, ":t");
        crm_keyer_int(k, team);
    }

    if (user != CRM_BOARD_ALL) {
        crm_keyer_lit(k, ":u");
        crm_keyer_int(k, user);
    }
}


int
crm_lead_board_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *what, int64_t type, int64_t stage, int64_t team,
    int64_t user, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_BOARD_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_lead_board_print(&k, what, type, stage, team, user);
    *key = crm_keyer_done(&k);

    return CRM_OK;
}


/* one of the keys of the scope; data is NULL where memory is out */

static crm_str_t
crm_lead_ix_board_key(crm_ixr_t *x, const char *what, int64_t team,
    int64_t user)
{
    crm_str_t  key = crm_null_string;

    if (crm_lead_board_key(x->list->arena, &x->list->prefix, what,
                           x->v[CRM_LEAD_TYPE].num,
                           x->v[CRM_LEAD_STAGE_ID].num, team, user, &key)
        != CRM_OK)
    {
        x->list->failed = 1;
    }

    return key;
}


static void
crm_lead_ix_scope(crm_ixr_t *x, int64_t team, int64_t user,
    const crm_due_t *due)
{
    crm_str_t  key;

    key = crm_lead_ix_board_key(x, "b", team, user);
    crm_ix_zset(x->list, key, x->id10, x->v[CRM_LEAD_RANK].num);

    key = crm_lead_ix_board_key(x, "g", team, user);
    crm_ix_count(x->list, key, crm_str("n"), 1);
    crm_ix_count(x->list, key, crm_str("r"),
                 x->v[CRM_LEAD_EXPECTED_REVENUE].num);
    crm_ix_count(x->list, key, crm_str("w"),
                 crm_money_weighted(x->v[CRM_LEAD_EXPECTED_REVENUE].num,
                                    x->v[CRM_LEAD_PROBABILITY].num));

    if (due == NULL) {
        return;
    }

    key = crm_lead_ix_board_key(x, "d", team, user);
    crm_ix_zset(x->list, key, x->id10, due->start);

    if (due->end - due->start == CRM_DAY_MS) {
        return;
    }

    /* the end of the day is not 24 hours after its start */

    key = crm_lead_ix_board_key(x, "o", team, user);
    crm_ix_zset(x->list, key, x->id10, due->end);

    key = crm_lead_ix_board_key(x, "ot", team, user);
    crm_ix_zset(x->list, key, x->id10, due->start);
}


static void
crm_lead_ix_board(crm_ixr_t *x)
{
    int64_t            team, user;
    crm_due_t          due, *open;
    const crm_value_t  *v = x->v;

    if (!v[CRM_LEAD_ACTIVE].num) {
        return;
    }

    team = v[CRM_LEAD_TEAM_ID].num;
    user = v[CRM_LEAD_USER_ID].num;

    open = v[CRM_LEAD_DUE].set
           && crm_due_parse(&v[CRM_LEAD_DUE].str, &due) == CRM_OK
           ? &due : NULL;

    crm_lead_ix_scope(x, CRM_BOARD_ALL, CRM_BOARD_ALL, open);
    crm_lead_ix_scope(x, team, CRM_BOARD_ALL, open);
    crm_lead_ix_scope(x, CRM_BOARD_ALL, user, open);
    crm_lead_ix_scope(x, team, user, open);
}


int
crm_lead_sort_key(crm_arena_t *a, const crm_record_t *lead, unsigned field,
    int64_t *score, crm_str_t *text)
{
    crm_due_t           due;
    const crm_value_t  *v = &lead->v[field];

    if (field == CRM_LEAD_NAME) {
        return crm_text_fold(a, &v->str, text);
    }

    if (field == CRM_LEAD_NEXT_ACTIVITY) {
        v = &lead->v[CRM_LEAD_DUE];

        if (!v->set || !lead->v[CRM_LEAD_ACTIVE].num
            || crm_due_parse(&v->str, &due) != CRM_OK)
        {
            return CRM_DECLINED;
        }

        *score = due.start;
        return CRM_OK;
    }

    if (!v->set || lead->entity->fields[field].type >= CRM_T_NUMERIC_MAX) {
        return CRM_DECLINED;
    }

    *score = v->num;

    return CRM_OK;
}
