/*
 * Activities: the rules of semantics.md as pure functions.
 *
 * As crm_lead.h: records, configuration and time go in, a new record or a
 * problem comes out.  An activity belongs to a lead or to a contact; the text
 * CRM_LEAD_DUE of the lead follows from its open ones (crm_activity_due), so
 * that every write of an activity is one commit with its lead.
 */

#ifndef CRM_ACTIVITY_H
#define CRM_ACTIVITY_H

#include "crm_lead.h"


/* the longest meeting (issue 3); a span of the calendar is looked up from so
   much before it on */
#define CRM_MEETING_MAX  (31 * CRM_DAY_MS)

/* open activities of one record, so that whatever touches all of them is
   bounded */
#define CRM_ACTIVITIES_MAX  1000

/* records whose activities are in one sorted set, P a:l:{lead >> 6} */
#define CRM_ACTIVITY_SHIFT  6


/*
 * An activity of a type with nothing given: its default summary and note,
 * for this user (0: nobody), due on this day.  The caller sets the record it
 * belongs to (crm_activity_place) and the id.  NULL: out of memory.
 */
crm_record_t *crm_activity_new(const crm_rule_t *rule,
    const crm_record_t *type, int64_t user, int64_t day);

/* `count' days, weeks or months (CRM_UNIT_*) after a day */
int64_t crm_activity_delay(int64_t day, int64_t count, int64_t unit);

/*
 * From a body (parsed with CRM_ACTIVITY_USER_ID as `nobody') with all
 * defaults; that exactly one of lead_id and contact_id is named is the
 * caller's business.
 */
crm_problem_t crm_activity_create(const crm_rule_t *rule,
    const crm_input_t *input, crm_record_t **activity);

/* a patch: CRM_P_ALREADY_DONE, CRM_P_ALREADY_CANCELLED where it has ended;
   *touched says whether anything differs */
crm_problem_t crm_activity_update(const crm_rule_t *rule,
    const crm_record_t *old, const crm_input_t *input,
    crm_record_t **activity, int *touched);

/* an open meeting whose assignee's zone is another now: a copy with the day
   that its start has there, or itself where it has the same; NULL: out of
   memory */
crm_record_t *crm_activity_rezoned(const crm_rule_t *rule,
    crm_record_t *activity);

/* CRM_P_ALREADY_DONE, CRM_P_ALREADY_CANCELLED, CRM_P_NONE where it is open */
crm_problem_t crm_activity_ended(const crm_record_t *activity);

crm_problem_t crm_activity_done(const crm_rule_t *rule,
    const crm_record_t *old, crm_str_t feedback, crm_record_t **activity);
crm_problem_t crm_activity_cancel(const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t **activity);

/* the message of a completion: kind activity, the feedback as body, type and
   summary as subject, and what was done as `changes' */
crm_record_t *crm_activity_message(const crm_rule_t *rule,
    crm_record_t *lead, const crm_record_t *activity);

/* what follows a completed one as an activity of this next type, unsaved and
   without an id, on the same record */
crm_record_t *crm_activity_next(const crm_rule_t *rule,
    const crm_record_t *done, const crm_record_t *type);

/* what its type suggests (ids; n is 0 where it does not), or triggers (the
   type, or NULL) */
const crm_ids_t *crm_activity_suggested(const crm_conf_t *conf,
    const crm_record_t *done);
const crm_record_t *crm_activity_triggered(const crm_conf_t *conf,
    const crm_record_t *done);

/* copies what lists need to know of the lead (NULL: a contact's), in place */
void crm_activity_place(crm_record_t *activity, const crm_record_t *lead);

/* whether crm_activity_place() would change an activity of this lead */
int crm_activity_placed(const crm_record_t *activity,
    const crm_record_t *lead);


/* ---- time --------------------------------------------------------------- */

/* today where the user is; 0: where the tenant is */
int64_t crm_activity_today(const crm_rule_t *rule, int64_t user);

/* CRM_ACT_* at an instant */
int crm_activity_state(const crm_record_t *activity, const crm_conf_t *conf,
    int64_t now);

/* fills CRM_ACTIVITY_STATE and _USER_ACTIVE, in place */
void crm_activity_view(crm_record_t *activity, const crm_conf_t *conf,
    int64_t now);

/* CRM_LEAD_DUE from all activities of a lead, in place; ended ones and NULL
   are passed over.  Counts the write in CRM_LEAD_ACTIVITIES. */
int crm_activity_due(const crm_rule_t *rule, crm_record_t *lead,
    crm_record_t *const *activities, unsigned n);

/* the same text where one open activity is added to those it was made of */
int crm_activity_due_add(const crm_rule_t *rule, crm_record_t *lead,
    const crm_record_t *activity);


/* ---- keys (crm_activity_index.c) ---------------------------------------- */

/*
 * Where an activity stands: open, held (open, but the lead is not active, so
 * that it does not count as due), done, cancelled.
 */
typedef enum {
    CRM_SEGMENT_OPEN = 0,
    CRM_SEGMENT_HELD,
    CRM_SEGMENT_DONE,
    CRM_SEGMENT_CANCELLED,
    CRM_SEGMENTS
} crm_activity_segment_t;

/*
 * Sorted sets with the due day as score, one for each segment and scope:
 * P a:{o,h,d,x} and behind it nothing (all), ":u{user}", ":u{user}:y{type}",
 * ":y{type}", ":t{team of the lead}"; the id is 0 for none.  ":w{user}" are
 * those on leads of this user that are assigned to somebody else; ":w0" those
 * on leads of nobody and on contacts.
 */
typedef struct {
    u_char   what;              /* 0, 'u', 'y', 't', 'w' */
    int64_t  id;
    int64_t  type;              /* of 'u' only; 0: any */
} crm_activity_scope_t;

int crm_activity_key(crm_arena_t *a, const crm_str_t *prefix,
    crm_activity_segment_t segment, const crm_activity_scope_t *scope,
    crm_str_t *key);

/*
 * Of a team's leads only what is open: P a:o:t{team}:u{assignee} and
 * a:o:t{team}:w{user of the lead}, sorted sets as above (what: 'u', 'w'); and
 * P a:d:t{team}:{due day}, a hash of "{assignee}:{user of the lead}" / how
 * many, for the days that are over where some assignees are.
 */
int crm_activity_team_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t team, u_char what, int64_t user, crm_str_t *key);
int crm_activity_day_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t team, int64_t day, crm_str_t *key);

/* P a:m, a:m:u{user}, a:m:t{team}: open, held and done ones with a start,
   which is the score in milliseconds; what as above */
int crm_activity_meetings_key(crm_arena_t *a, const crm_str_t *prefix,
    const crm_activity_scope_t *scope, crm_str_t *key);

/*
 * P a:l:{lead >> 6}, a:c:{contact >> 6}: the open and held activities of a
 * record, and with `ended' P a:k: and a:e: the others, by the score of record
 * and due day.  All of one record lie from the score of CRM_ACTIVITY_FIRST on
 * below that of CRM_ACTIVITY_LAST.
 */
crm_str_t crm_activity_bucket(crm_arena_t *a, const crm_str_t *prefix,
    crm_kind_t kind, int64_t id, unsigned ended);
int64_t crm_activity_score(int64_t id, int64_t day);

#define CRM_ACTIVITY_FIRST  (-(1LL << 20))
#define CRM_ACTIVITY_LAST   ((1LL << 22) - (1LL << 20))

/* P a:done:{user} by done_at: what this user completed */
crm_str_t crm_activity_done_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t user);

/* P activity:{id} */
crm_str_t crm_activity_hash_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t id);

/* every index entry of the activity */
void crm_activity_index(crm_ix_list_t *list, const crm_record_t *activity);

/*
 * Checks (CRM_FAILED_*) and writes that turn old (NULL: creation) into
 * activity (NULL: deletion); the lead's part is crm_lead_commit().  No writes
 * where nothing differs.  Counters are not in order: crm_ops_counters_first().
 */
int crm_activity_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *activity);

#endif /* CRM_ACTIVITY_H */
