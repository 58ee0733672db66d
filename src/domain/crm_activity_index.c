/*
 * The keys of activities, their index entries, and their part of a commit.
 *
 *   P activity:{id}                 hash   fields
 *   P a:{o,h,d,x}                   zset   id10 / due day: open, held (open,
 *                                          the lead is not active), done,
 *                                          cancelled; and by scope:
 *     :u{user} :u{user}:y{type}            of an assignee (0: nobody)
 *     :y{type}                             of a type
 *     :t{team}                             on the leads of a team (0: none)
 *     :w{user}                             on the leads of this user, assigned
 *                                          to others; :w0 on leads of nobody,
 *                                          and on contacts
 *     :t{team}:u{user}                     open: of an assignee in a team
 *     :t{team}:w{user}                     open: on leads of a user in a team
 *   P a:d:t{team}:{due day}         hash   open: {assignee}:{user of the lead}
 *                                          / how many
 *   P a:m, :u{user}, :t{team}       zset   id10 / start_at: what has one,
 *                                          cancelled ones apart
 *   P a:done:{user}                 zset   id10 / done_at, by who completed
 *   P a:l:{lead >> 6}               zset   id10 / lead id and due day, open
 *   P a:c:{contact >> 6}                   and held; a:k, a:e: the others
 *
 * Days, so that a changed time zone changes no key: an assignee's overdue ones
 * are those below today there.
 */

#include "crm_activity.h"
#include "crm_change.h"
#include "crm_index_record.h"


#define CRM_ACTIVITY_ROOM  (8 + 2 * (CRM_KEYER_INT + 2))


static const u_char  crm_activity_letters[CRM_SEGMENTS]
    = { 'o', 'h', 'd', 'x' };


static int
crm_activity_scope_key(crm_arena_t *a, const crm_str_t *prefix,
    u_char letter, const crm_activity_scope_t *scope, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_ACTIVITY_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "a:");
    crm_keyer_char(&k, letter);

    if (scope->what != 0) {
        crm_keyer_char(&k, ':');
        crm_keyer_char(&k, scope->what);
        crm_keyer_int(&k, scope->id);
    }

    if (scope->what == 'u' && scope->type != 0) {
        crm_keyer_lit(&k, ":y");
        crm_keyer_int(&k, scope->type);
    }

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


int
crm_activity_key(crm_arena_t *a, const crm_str_t *prefix,
    crm_activity_segment_t segment, const crm_activity_scope_t *scope,
    crm_str_t *key)
{
    return crm_activity_scope_key(a, prefix, crm_activity_letters[segment],
                                  scope, key);
}


int
crm_activity_meetings_key(crm_arena_t *a, const crm_str_t *prefix,
    const crm_activity_scope_t *scope, crm_str_t *key)
{
    return crm_activity_scope_key(a, prefix, 'm', scope, key);
}


int
crm_activity_team_key(crm_arena_t *a, const crm_str_t *prefix, int64_t team,
    u_char what, int64_t user, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_ACTIVITY_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "a:o:t");
    crm_keyer_int(&k, team);
    crm_keyer_char(&k, ':');
    crm_keyer_char(&k, what);
    crm_keyer_int(&k, user);

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


int
crm_activity_day_key(crm_arena_t *a, const crm_str_t *prefix, int64_t team,
    int64_t day, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_ACTIVITY_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "a:d:t");
    crm_keyer_int(&k, team);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, day);

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


crm_str_t
crm_activity_bucket(crm_arena_t *a, const crm_str_t *prefix, crm_kind_t kind,
    int64_t id, unsigned ended)
{
    static const char  *names[2][2] = { { "a:l", "a:k" }, { "a:c", "a:e" } };

    return crm_change_key(a, prefix,
                          names[kind != CRM_KIND_LEAD][ended != 0],
                          id >> CRM_ACTIVITY_SHIFT);
}


/* exact as a double up to 2^31 records; ids beyond are only asked for, their
   buckets are empty */

int64_t
crm_activity_score(int64_t id, int64_t day)
{
    return (int64_t) ((uint64_t) id << 22) + day - CRM_ACTIVITY_FIRST;
}


crm_str_t
crm_activity_done_key(crm_arena_t *a, const crm_str_t *prefix, int64_t user)
{
    return crm_change_key(a, prefix, "a:done", user);
}


crm_str_t
crm_activity_hash_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id)
{
    return crm_change_key(a, prefix, "activity", id);
}


static crm_activity_segment_t
crm_activity_segment(const crm_record_t *activity)
{
    switch (activity->v[CRM_ACTIVITY_OUTCOME].num) {

    case CRM_OUTCOME_DONE:
        return CRM_SEGMENT_DONE;

    case CRM_OUTCOME_CANCELLED:
        return CRM_SEGMENT_CANCELLED;

    default:
        return activity->v[CRM_ACTIVITY_HELD].num ? CRM_SEGMENT_HELD
                                                  : CRM_SEGMENT_OPEN;
    }
}


static void
crm_activity_ix_key(crm_ixr_t *x, crm_str_t key, int64_t score)
{
    if (key.data == NULL) {
        x->list->failed = 1;
        return;
    }

    crm_ix_zset(x->list, key, x->id10, score);
}


static void
crm_activity_ix_scope(crm_ixr_t *x, u_char letter, int64_t score,
    u_char what, int64_t id, int64_t type)
{
    crm_str_t  key = crm_null_string;

    const crm_activity_scope_t  scope = { what, id, type };

    (void) crm_activity_scope_key(x->list->arena, &x->list->prefix, letter,
                                  &scope, &key);

    crm_activity_ix_key(x, key, score);
}


static void
crm_activity_ix_due(crm_ixr_t *x, u_char letter)
{
    int64_t             day, user, owner, type;
    const crm_value_t  *v = x->v;

    day = v[CRM_ACTIVITY_DUE_DATE].num;
    user = v[CRM_ACTIVITY_USER_ID].num;
    owner = v[CRM_ACTIVITY_OWNER].num;
    type = v[CRM_ACTIVITY_OF_TYPE].num;

    crm_activity_ix_scope(x, letter, day, 0, 0, 0);
    crm_activity_ix_scope(x, letter, day, 'u', user, 0);
    crm_activity_ix_scope(x, letter, day, 'u', user, type);
    crm_activity_ix_scope(x, letter, day, 'y', type, 0);
    crm_activity_ix_scope(x, letter, day, 't', v[CRM_ACTIVITY_TEAM].num, 0);

    if (owner == 0 || owner != user) {
        crm_activity_ix_scope(x, letter, day, 'w', owner, 0);
    }
}


/* for the cards of teams */

static void
crm_activity_ix_team(crm_ixr_t *x)
{
    unsigned            i;
    crm_str_t           key, field;
    crm_arena_t        *a = x->list->arena;
    const crm_value_t  *v = x->v;
    const int64_t       team = v[CRM_ACTIVITY_TEAM].num;
    const int64_t       day = v[CRM_ACTIVITY_DUE_DATE].num;
    const int64_t       user = v[CRM_ACTIVITY_USER_ID].num;
    const int64_t       owner = v[CRM_ACTIVITY_OWNER].num;

    if (team == 0) {
        return;
    }

    for (i = 0; i < 2; i++) {
        key.data = NULL;
        (void) crm_activity_team_key(a, &x->list->prefix, team,
                                     i == 0 ? 'u' : 'w',
                                     i == 0 ? user : owner, &key);
        crm_activity_ix_key(x, key, day);
    }

    field = crm_arena_printf(a, "%lld:%lld", (long long) user,
                             (long long) owner);

    if (field.data == NULL
        || crm_activity_day_key(a, &x->list->prefix, team, day, &key)
           != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    crm_ix_count(x->list, key, field, 1);
}


static void
crm_activity_ix_meeting(crm_ixr_t *x)
{
    const crm_value_t  *v = x->v, *start = &v[CRM_ACTIVITY_START_AT];

    if (!start->set
        || v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_CANCELLED)
    {
        return;
    }

    crm_activity_ix_scope(x, 'm', start->num, 0, 0, 0);
    crm_activity_ix_scope(x, 'm', start->num, 'u',
                          v[CRM_ACTIVITY_USER_ID].num, 0);
    crm_activity_ix_scope(x, 'm', start->num, 't',
                          v[CRM_ACTIVITY_TEAM].num, 0);
}


void
crm_activity_index(crm_ix_list_t *list, const crm_record_t *activity)
{
    crm_ixr_t                x;
    crm_kind_t               kind;
    crm_arena_t             *a = list->arena;
    const crm_value_t       *v = activity->v, *of;
    crm_activity_segment_t   segment = crm_activity_segment(activity);

    if (crm_ixr_init(&x, list, "a", activity, crm_str("")) != CRM_OK) {
        return;
    }

    crm_activity_ix_due(&x, crm_activity_letters[segment]);
    crm_activity_ix_meeting(&x);

    if (segment == CRM_SEGMENT_OPEN) {
        crm_activity_ix_team(&x);
    }

    kind = v[CRM_ACTIVITY_LEAD_ID].set ? CRM_KIND_LEAD : CRM_KIND_CONTACT;
    of = &v[v[CRM_ACTIVITY_LEAD_ID].set ? CRM_ACTIVITY_LEAD_ID
                                        : CRM_ACTIVITY_CONTACT_ID];

    crm_activity_ix_key(&x,
                        crm_activity_bucket(a, &list->prefix, kind, of->num,
                                            v[CRM_ACTIVITY_OUTCOME].num
                                            != CRM_OUTCOME_OPEN),
                        crm_activity_score(of->num,
                                           v[CRM_ACTIVITY_DUE_DATE].num));

    if (v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_DONE) {
        crm_activity_ix_key(&x,
                            crm_activity_done_key(a, &list->prefix,
                                                  v[CRM_ACTIVITY_DONE_BY].num),
                            v[CRM_ACTIVITY_DONE_AT].num);
    }
}


static void
crm_activity_checks(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *activity)
{
    crm_change_conf(ops, rule);

    if (old != NULL) {
        crm_change_same(ops, key, old, CRM_VERSION, CRM_FAILED_VERSION);
        return;
    }

    crm_change_id_free(ops, rule, key, activity);
    crm_change_contact(ops, rule, NULL, activity, CRM_ACTIVITY_CONTACT_ID);
}


int
crm_activity_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *activity)
{
    crm_str_t            key;
    const crm_record_t  *any = activity ? activity : old;

    key = crm_activity_hash_key(ops->arena, &rule->prefix,
                                crm_record_id(any));
    if (key.data == NULL) {
        return CRM_ERROR;
    }

    crm_activity_checks(ops, rule, key, old, activity);

    /* with a lead, its commit counts */

    return crm_change_write(ops, rule, key, old, activity,
                            crm_activity_index,
                            !any->v[CRM_ACTIVITY_LEAD_ID].set);
}
