/*
 * The index entries of a lead, and its sort keys (keys.md).
 *
 * A pure function of the record: the commit writes the difference of two
 * results, the checker compares the union over all leads with what Redis
 * holds.  Every board column appears in four scopes, so that what a manager
 * or salesperson opens is one exact key.
 */

#include "crm_keyer.h"
#include "crm_lead.h"
#include "crm_money.h"
#include "crm_text.h"
#include "crm_time.h"
#include "crm_words.h"


#define CRM_BOARD_ROOM  (8 + 4 * (CRM_KEYER_INT + 3))
#define CRM_CONTACT_SHIFT  6        /* contacts of one bucket of leads */


/* what all entries of one record share */

typedef struct {
    crm_ix_list_t       *list;
    const crm_value_t   *v;
    int64_t              id;
    crm_str_t            id10;
    u_char               segment[2];    /* type and active: "o1" */
} crm_lead_ix_t;


static u_char  crm_type_letters[] = { 'l', 'o' };


static void crm_lead_ix_sorts(crm_lead_ix_t *x);
static void crm_lead_ix_name(crm_lead_ix_t *x);
static void crm_lead_ix_facets(crm_lead_ix_t *x);
static void crm_lead_ix_source(crm_lead_ix_t *x);
static void crm_lead_ix_owner(crm_lead_ix_t *x, const char *what,
    int64_t id);
static void crm_lead_ix_contact(crm_lead_ix_t *x);
static void crm_lead_ix_reason(crm_lead_ix_t *x);
static void crm_lead_ix_board(crm_lead_ix_t *x);


void
crm_lead_index(crm_ix_list_t *list, const crm_record_t *lead)
{
    crm_lead_index_plain(list, lead);
    crm_lead_index_words(list, lead);
}


void
crm_lead_index_plain(crm_ix_list_t *list, const crm_record_t *lead)
{
    u_char         *p;
    crm_lead_ix_t   x;

    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        return;
    }

    p = crm_arena_bytes(list->arena, CRM_KEYER_INT);

    if (p == NULL) {
        list->failed = 1;
        return;
    }

    x.list = list;
    x.v = lead->v;
    x.id = crm_record_id(lead);
    x.id10.data = p;
    x.id10.len = (size_t) (crm_id10_print(p, x.id) - p);
    x.segment[0] = crm_type_letters[lead->v[CRM_LEAD_TYPE].num];
    x.segment[1] = lead->v[CRM_LEAD_ACTIVE].num ? '1' : '0';

    crm_lead_ix_sorts(&x);
    crm_lead_ix_name(&x);
    crm_lead_ix_facets(&x);
    crm_lead_ix_source(&x);
    crm_lead_ix_owner(&x, "l:u:", x.v[CRM_LEAD_USER_ID].num);
    crm_lead_ix_owner(&x, "l:t:", x.v[CRM_LEAD_TEAM_ID].num);
    crm_lead_ix_contact(&x);
    crm_lead_ix_reason(&x);
    crm_lead_ix_board(&x);
}


void
crm_lead_index_words(crm_ix_list_t *list, const crm_record_t *lead)
{
    unsigned            i, n;
    crm_str_t           folded[CRM_LEAD_NFIELDS];
    const crm_value_t  *phone;
    const crm_field_t  *f;

    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        return;
    }

    for (n = 0, i = 0; i < lead->entity->nfields; i++) {
        f = &lead->entity->fields[i];

        if (!(f->flags & CRM_F_WORDS) || !lead->v[i].set
            || f->type == CRM_T_PHONE)
        {
            continue;
        }

        if (crm_text_fold(list->arena, &lead->v[i].str, &folded[n++])
            != CRM_OK)
        {
            list->failed = 1;
            return;
        }
    }

    phone = &lead->v[CRM_LEAD_PHONE];

    crm_words_index(list, "l", crm_record_id(lead), folded, n,
                    phone->set ? &phone->str : NULL);
}


static int
crm_lead_ix_key(crm_lead_ix_t *x, crm_keyer_t *k, size_t room)
{
    if (crm_keyer_init(k, x->list->arena, &x->list->prefix, room) != CRM_OK) {
        x->list->failed = 1;
        return CRM_ERROR;
    }

    return CRM_OK;
}


/* l:s:{t}{a}:{letter}, l:s:closed:{state} */

static void
crm_lead_ix_sort(crm_lead_ix_t *x, u_char letter, const crm_value_t *v)
{
    crm_keyer_t  k;

    if (!v->set || crm_lead_ix_key(x, &k, 16) != CRM_OK) {
        return;
    }

    crm_keyer_lit(&k, "l:s:");
    crm_keyer_bytes(&k, x->segment, 2);
    crm_keyer_char(&k, ':');
    crm_keyer_char(&k, letter);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10, v->num);
}


static void
crm_lead_ix_sorts(crm_lead_ix_t *x)
{
    crm_keyer_t         k;
    const crm_value_t  *closed = &x->v[CRM_LEAD_CLOSED_AT];

    crm_lead_ix_sort(x, 'c', &x->v[CRM_CREATED_AT]);
    crm_lead_ix_sort(x, 'u', &x->v[CRM_UPDATED_AT]);
    crm_lead_ix_sort(x, 'r', &x->v[CRM_LEAD_EXPECTED_REVENUE]);
    crm_lead_ix_sort(x, 'e', &x->v[CRM_LEAD_EXPECTED_CLOSE]);
    crm_lead_ix_sort(x, 'p', &x->v[CRM_LEAD_PROBABILITY]);

    if (!closed->set || crm_lead_ix_key(x, &k, 32) != CRM_OK) {
        return;
    }

    crm_keyer_lit(&k, "l:s:closed:");
    crm_keyer_str(&k, &crm_words_lead_state.word[x->v[CRM_LEAD_STATE].num]);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10, closed->num);
}


/* l:s:{t}{a}:n, by the bytes of the folded name */

static void
crm_lead_ix_name(crm_lead_ix_t *x)
{
    crm_str_t    folded, key;
    crm_keyer_t  k;

    if (crm_lead_ix_key(x, &k, 16) != CRM_OK) {
        return;
    }

    crm_keyer_lit(&k, "l:s:");
    crm_keyer_bytes(&k, x->segment, 2);
    crm_keyer_lit(&k, ":n");
    key = crm_keyer_done(&k);

    if (crm_text_fold(x->list->arena, &x->v[CRM_LEAD_NAME].str, &folded)
        != CRM_OK
        || crm_keyer_init(&k, x->list->arena, &folded, 1 + CRM_KEYER_INT)
           != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    crm_keyer_char(&k, CRM_WORDS_END);
    crm_keyer_str(&k, &x->id10);

    crm_ix_zset(x->list, key, crm_keyer_done(&k), 0);
}


/* l:f:{facet}:{value}:{chunk} */

static void
crm_lead_ix_facet(crm_lead_ix_t *x, const char *facet,
    const crm_str_t *value)
{
    size_t       len;
    crm_keyer_t  k;

    len = strlen(facet);

    if (crm_lead_ix_key(x, &k, 6 + len + value->len + CRM_KEYER_INT)
        != CRM_OK)
    {
        return;
    }

    crm_keyer_lit(&k, "l:f:");
    crm_keyer_bytes(&k, facet, len);
    crm_keyer_char(&k, ':');
    crm_keyer_str(&k, value);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, x->id >> CRM_CHUNK_SHIFT);

    crm_ix_bit(x->list, crm_keyer_done(&k), x->id & CRM_CHUNK_MASK);
}


static void
crm_lead_ix_number(crm_lead_ix_t *x, const char *facet, int64_t value)
{
    u_char     buf[CRM_KEYER_INT];
    crm_str_t  text;

    text.data = buf;
    text.len = (size_t) (crm_int_print(buf, value) - buf);

    crm_lead_ix_facet(x, facet, &text);
}


static void
crm_lead_ix_facets(crm_lead_ix_t *x)
{
    unsigned            i;
    crm_str_t           segment;
    const crm_ids_t    *tags = &x->v[CRM_LEAD_TAG_IDS].ids;

    static const crm_str_t  none = crm_string("none");

    segment.len = 2;
    segment.data = x->segment;

    crm_lead_ix_facet(x, "ta", &segment);
    crm_lead_ix_facet(x, "state",
                      &crm_words_lead_state.word[x->v[CRM_LEAD_STATE].num]);
    crm_lead_ix_number(x, "stage", x->v[CRM_LEAD_STAGE_ID].num);
    crm_lead_ix_number(x, "team", x->v[CRM_LEAD_TEAM_ID].num);
    crm_lead_ix_number(x, "user", x->v[CRM_LEAD_USER_ID].num);
    crm_lead_ix_number(x, "prio", x->v[CRM_LEAD_PRIORITY].num);
    crm_lead_ix_number(x, "reason", x->v[CRM_LEAD_LOST_REASON_ID].num);
    crm_lead_ix_facet(x, "country", x->v[CRM_LEAD_COUNTRY].set
                                    ? &x->v[CRM_LEAD_COUNTRY].str : &none);

    for (i = 0; i < tags->n; i++) {
        crm_lead_ix_number(x, "tag", tags->id[i]);
    }

    if (tags->n == 0) {
        crm_lead_ix_number(x, "tag", 0);
    }

    /* no entry in the sorts */

    if (!x->v[CRM_LEAD_EXPECTED_REVENUE].set) {
        crm_lead_ix_facet(x, "revenue", &none);
    }

    if (!x->v[CRM_LEAD_EXPECTED_CLOSE].set) {
        crm_lead_ix_facet(x, "close", &none);
    }
}


/* a source with the name "none" has no bitmap: `source=none' asks for unset
   ones, so that nobody can ask for it */

static void
crm_lead_ix_source(crm_lead_ix_t *x)
{
    crm_str_t  folded;

    static const crm_str_t  none = crm_string("none");

    if (!x->v[CRM_LEAD_SOURCE].set) {
        crm_lead_ix_facet(x, "source", &none);
        return;
    }

    if (crm_text_fold(x->list->arena, &x->v[CRM_LEAD_SOURCE].str, &folded)
        != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    if (!crm_str_eq(&folded, &none)) {
        crm_lead_ix_facet(x, "source", &folded);
    }
}


/* l:u:{user}:{t}{a}, l:t:{team}:{t}{a} */

static void
crm_lead_ix_owner(crm_lead_ix_t *x, const char *what, int64_t id)
{
    crm_keyer_t  k;

    if (crm_lead_ix_key(x, &k, 8 + CRM_KEYER_INT) != CRM_OK) {
        return;
    }

    crm_keyer_bytes(&k, what, 4);
    crm_keyer_int(&k, id);
    crm_keyer_char(&k, ':');
    crm_keyer_bytes(&k, x->segment, 2);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10,
                x->v[CRM_CREATED_AT].num);
}


static void
crm_lead_ix_contact(crm_lead_ix_t *x)
{
    crm_keyer_t         k;
    const crm_value_t  *contact = &x->v[CRM_LEAD_CONTACT_ID];

    if (!contact->set
        || crm_lead_ix_key(x, &k, 4 + CRM_KEYER_INT) != CRM_OK)
    {
        return;
    }

    crm_keyer_lit(&k, "l:c:");
    crm_keyer_int(&k, contact->num >> CRM_CONTACT_SHIFT);

    crm_ix_zset(x->list, crm_keyer_done(&k), x->id10, contact->num);
}


/* the reason's `used` */

static void
crm_lead_ix_reason(crm_lead_ix_t *x)
{
    crm_str_t           field;
    crm_keyer_t         k;
    const crm_value_t  *reason = &x->v[CRM_LEAD_LOST_REASON_ID];

    if (!reason->set || crm_lead_ix_key(x, &k, 20 + CRM_KEYER_INT) != CRM_OK) {
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
crm_lead_ix_board_key(crm_lead_ix_t *x, const char *what, int64_t team,
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
crm_lead_ix_scope(crm_lead_ix_t *x, int64_t team, int64_t user,
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
crm_lead_ix_board(crm_lead_ix_t *x)
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
