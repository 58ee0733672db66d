/*
 * Leads and opportunities: the rules of semantics.md as pure functions.
 *
 * A rule takes records, the configuration and the time, and returns a new
 * record or a problem; it changes nothing that it was given.  Every function
 * that returns crm_problem_t answers CRM_P_NONE when *lead is the new record,
 * CRM_P_VALIDATION when rule->faults has entries, CRM_P_INTERNAL when out of
 * memory, or the conflict.
 */

#ifndef CRM_LEAD_H
#define CRM_LEAD_H

#include "crm_index.h"
#include "crm_input.h"


/* what a rule may look at */
typedef struct {
    crm_arena_t       *arena;
    crm_str_t          prefix;          /* of the tenant's keys */
    const crm_conf_t  *conf;
    int64_t            now;             /* instant */
    int64_t            actor;           /* user id; 0: nobody (mail) */
    crm_faults_t      *faults;
    unsigned           taken;           /* 1 << kind: the id of the new record
                                           was taken from the counter before */
} crm_rule_t;

/* a column of the board: where a record lands, and its present first rank */
typedef struct {
    int64_t            type;            /* CRM_TYPE_* */
    int64_t            stage;
    unsigned           empty;           /* no rank there */
    int64_t            top;             /* the lowest rank there */
} crm_column_t;

/* model.md, 4: new records go first - step, between two is the middle */
#define CRM_RANK_STEP  (1LL << 24)

/* which check of a commit failed: crm_check_t.tag */
enum {
    CRM_FAILED_NONE = 0,
    CRM_FAILED_CONF,            /* the configuration is another one */
    CRM_FAILED_ID,              /* the id was given to another record */
    CRM_FAILED_VERSION,         /* changed or deleted meanwhile */
    CRM_FAILED_RANK,            /* moved within its column */
    CRM_FAILED_MESSAGES,        /* got a message */
    CRM_FAILED_ACTIVITIES,      /* an activity of it changed */
    CRM_FAILED_CONTACT,         /* the contact named is gone */
    CRM_FAILED_PARENT,          /* the parent named is no company now */
    CRM_FAILED_MAIL,            /* the Message-ID is on record */
    CRM_FAILED_MAX
};

/* contacts whose leads are in one sorted set, P l:c:{contact >> 6} */
#define CRM_CONTACT_SHIFT  6

/* messages of a lead have the ids lead << CRM_MESSAGE_SHIFT + count */
#define CRM_MESSAGE_SHIFT  20


/*
 * The column in which a creation (old NULL) or a patch would put the record
 * at the top; CRM_DECLINED where it stays where it is.  Only type and stage
 * are filled: the caller reads the rest from Redis.
 */
int crm_lead_column(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_column_t *column);

/*
 * Contact and its company (each may be NULL) fill what is empty.  The caller
 * has run crm_input_refs() and proved that the contact exists; afterwards it
 * sets the id.
 */
crm_problem_t crm_lead_create(const crm_rule_t *rule,
    const crm_input_t *input, const crm_record_t *contact,
    const crm_record_t *company, const crm_column_t *column,
    crm_record_t **lead);

/* contact: the one that the patch names, else NULL.  Version and time stay
   as they are: crm_lead_touch(). */
crm_problem_t crm_lead_update(const crm_rule_t *rule,
    const crm_record_t *old, const crm_input_t *input,
    const crm_record_t *contact, const crm_record_t *company,
    const crm_column_t *column, crm_record_t **lead);

/* parts of both, in place: an id or none (0); the user, and when; what a
   contact and its company (each may be NULL) fill */
void crm_lead_put_id(crm_record_t *lead, unsigned field, int64_t id);
void crm_lead_assign(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead, int64_t user);
void crm_lead_fill(crm_record_t *lead, const crm_record_t *contact,
    const crm_record_t *company);

/* to a stage and rank; faults on stage_id where the stage does not fit */
crm_problem_t crm_lead_move(const crm_rule_t *rule, const crm_record_t *old,
    int64_t stage, int64_t rank, crm_record_t **lead);

/* the column that won() enters, for its top rank; CRM_P_NO_WON_STAGE */
crm_problem_t crm_lead_won_column(const crm_rule_t *rule,
    const crm_record_t *old, crm_column_t *column);
crm_problem_t crm_lead_won(const crm_rule_t *rule, const crm_record_t *old,
    const crm_column_t *column, crm_record_t **lead);

/* reason: 0 for none; the caller knows that it exists, or creates it in the
   same commit */
crm_problem_t crm_lead_lost(const crm_rule_t *rule, const crm_record_t *old,
    int64_t reason, crm_record_t **lead);
crm_problem_t crm_lead_restore(const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t **lead);
crm_problem_t crm_lead_archive(const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t **lead);

/*
 * Puts the lead into the stage, in place: state, active, closed_at, reason,
 * probability, stage_changed_at, stage_times (not the rank).  For jobs that
 * carry a changed stage to its records the stage may be the one it is in.
 */
int crm_lead_enter(const crm_rule_t *rule, crm_record_t *lead,
    const crm_record_t *stage);

/* adds the visit to the present stage, which ends now, to stage_times */
int crm_lead_add_time(crm_arena_t *a, crm_record_t *lead, int64_t now);

/* the probability that state, mode and stage (may be NULL) ask for; a manual
   one of an open record stays */
void crm_lead_settle(crm_record_t *lead, const crm_record_t *stage);

/* the lowest rank of a column minus a step, or 0 in an empty one */
int64_t crm_rank_top(const crm_column_t *column);

/*
 * Rank between two neighbours (either may be missing).  CRM_DECLINED when
 * there is no gap: the caller relabels a window (crm_rank_spread).
 */
int crm_rank_between(const int64_t *before, const int64_t *after,
    int64_t *rank);

/* n even ranks strictly between low and high (missing: open end) into ranks;
   CRM_DECLINED where the mean gap would be below 16 */
int crm_rank_spread(const int64_t *low, const int64_t *high, unsigned n,
    int64_t *ranks);


/* ---- activities that are due --------------------------------------------- */

/* the text of CRM_LEAD_DUE, "start,end,id,type,day,user": earliest start and
   end of the due day of any open activity, and the next activity */
typedef struct {
    int64_t            start;           /* instant */
    int64_t            end;             /* instant */
    int64_t            id;
    int64_t            type;
    int64_t            day;             /* date */
    int64_t            user;            /* 0: nobody */
} crm_due_t;

/* CRM_DECLINED on what crm_due_print() never wrote */
int crm_due_parse(const crm_str_t *text, crm_due_t *due);
int crm_due_print(crm_arena_t *a, const crm_due_t *due, crm_str_t *text);

/* both together, in the first */
void crm_due_join(crm_due_t *due, const crm_due_t *other);

/* CRM_ACT_* at an instant */
int crm_due_state(const crm_due_t *due, int64_t now);

/* the JSON of next_activity into p (CRM_DUE_JSON_MAX bytes are enough);
   returns the end */
#define CRM_DUE_JSON_MAX  160
u_char *crm_due_json(u_char *p, const crm_due_t *due);


/* ---- what follows from a record ------------------------------------------ */

/* whether an open record has been in the stage (0: none) for too long */
int crm_lead_rotten(const crm_conf_t *conf, int64_t stage, int64_t since,
    int64_t now);

/* fills rotting, activity_state and next_activity as of `now`; in place.  An
   archived record has no activity state. */
int crm_lead_view(crm_arena_t *a, crm_record_t *lead, const crm_conf_t *conf,
    int64_t now);

/* seconds per stage as of `now`, the present visit included, as the JSON
   array of include=stage_times: [{"stage_id":1,"seconds":2}] */
void crm_lead_stage_times(crm_out_t *out, const crm_record_t *lead,
    int64_t now);

/*
 * The ready-to-send start of the board card: every CRM_F_CARD field that
 * needs no clock, as JSON without the closing brace, behind a short header
 * with what the rest needs: "stage;stage_changed_at;due;{...".  `stage` is 0
 * unless the record is open (nothing else rots), `due` is the text of
 * CRM_LEAD_DUE, empty unless the record is active.
 */
int crm_lead_card(crm_arena_t *a, const crm_record_t *lead, crm_str_t *card);

/* the whole card as of now, from the stored text; CRM_DECLINED if malformed */
int crm_lead_card_json(crm_out_t *out, const crm_str_t *card,
    const crm_conf_t *conf, int64_t now);

/* every index entry of the lead (keys.md) but its duplicate keys
   (crm_dup_index()); of a tombstone where it went.  The second emits those of
   the words searched by q, the first all others. */
void crm_lead_index_plain(crm_ix_list_t *list, const crm_record_t *lead);
void crm_lead_index_words(crm_ix_list_t *list, const crm_record_t *lead);
void crm_lead_index(crm_ix_list_t *list, const crm_record_t *lead);

/*
 * Key of a board column: what is "b" (ranks), "g" (figures), "d" (start of
 * the due day), and for due days that have no 24 hours "o" (end) and "ot"
 * (start).  team and user: CRM_BOARD_ALL, or an id, or 0 for none.
 */
#define CRM_BOARD_ALL  (-1)
int crm_lead_board_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *what, int64_t type, int64_t stage, int64_t team,
    int64_t user, crm_str_t *key);

/* sort key of a lead for a sort field: score, or folded text for name;
   CRM_LEAD_RANK is the position, CRM_LEAD_NEXT_ACTIVITY the start of the due
   day.  CRM_DECLINED when unset. */
int crm_lead_sort_key(crm_arena_t *a, const crm_record_t *lead,
    unsigned field, int64_t *score, crm_str_t *text);


/* ---- writing ------------------------------------------------------------- */

/* P lead:{id} and the list of its messages */
crm_str_t crm_lead_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id);
crm_str_t crm_lead_messages_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t id);

/* version + 1, updated_at, updated_by, if any field but rank, messages, due,
   activities and kept differs; otherwise nothing.  Returns whether it did. */
int crm_lead_touch(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead);

/* tracked differences as the JSON array of a log message; text->len is 0
   when nothing tracked changed (old NULL: creation writes none) */
int crm_lead_changes(crm_arena_t *a, const crm_record_t *old,
    const crm_record_t *lead, crm_str_t *changes);

/* next message of the lead: id = lead id * 2^20 + count, counts up
   CRM_LEAD_MESSAGES in *lead; NULL when out of memory */
crm_record_t *crm_message_new(const crm_rule_t *rule, crm_record_t *lead,
    int kind, crm_str_t body);

/* the log message of a change, with a note (may be empty); *message is NULL
   where there is neither a tracked change nor a note */
int crm_lead_log(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead, crm_str_t note, crm_record_t **message);

/*
 * Checks and writes that turn old (NULL: creation) into lead (NULL:
 * deletion): version, id counter, conf counter, hash fields, card, index
 * differences, message (may be NULL), board counter.  A difference in rank
 * or messages alone does not raise the version; the caller has set version
 * and updated_at otherwise (crm_lead_touch).  No writes where nothing
 * differs.
 */
int crm_lead_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t *lead, crm_record_t *message);

#endif /* CRM_LEAD_H */
