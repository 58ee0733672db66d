/*
 * Merging records into one, and taking a merge back (semantics.md, "Merge").
 *
 * As crm_lead.h: pure functions over records.  The record that was created
 * earliest survives; the others become tombstones, which keep an id, a name,
 * and where they went.  Messages and activities are the caller's business.
 */

#ifndef CRM_LEAD_MERGE_H
#define CRM_LEAD_MERGE_H

#include "crm_lead.h"
#include "crm_time.h"


#define CRM_MERGE_MAX     20            /* records of one merge */

/* records that may be merged into one in all, over any number of merges: a
   merge of it in turn points all of them elsewhere in one commit, and its
   messages are read from as many lists */
#define CRM_MERGED_MAX    200

#define CRM_UNMERGE_TIME  (30 * CRM_DAY_MS)

/* tombstones of 2^6 survivors are in one sorted set, P l:m:{survivor >> 6} */
#define CRM_MERGED_SHIFT  6


typedef struct {
    crm_record_t   **rec;               /* the survivor first */
    unsigned         n;
    unsigned         has_team:1;        /* given, and overrides */
    unsigned         has_user:1;
    int64_t          team;              /* 0: none */
    int64_t          user;              /* 0: nobody */
} crm_merge_t;


/* in order of creation */
void crm_lead_merge_sort(crm_record_t **rec, unsigned n);

/* the column whose top the survivor enters, without its ranks; CRM_DECLINED
   where it keeps its place */
int crm_lead_merge_column(const crm_rule_t *rule, const crm_merge_t *m,
    crm_column_t *column);

/*
 * The survivor as it will be, touched, with the due summary of all of them,
 * and the message that keeps what was lost.  The id of the message is that of
 * the merge.
 */
crm_problem_t crm_lead_merge(const crm_rule_t *rule, const crm_merge_t *m,
    const crm_column_t *column, crm_record_t **survivor,
    crm_record_t **message);

/* what is left of a record; NULL: out of memory */
crm_record_t *crm_lead_tombstone(const crm_rule_t *rule,
    const crm_record_t *old, int64_t survivor, int64_t merge);

/* a tombstone that points elsewhere, since its survivor has moved */
crm_record_t *crm_lead_tombstone_moved(const crm_rule_t *rule,
    const crm_record_t *old, int64_t survivor);

/* crm_lead_merge_log.c: the log message of the merge m, whose survivor is to
   be `lead'; described[i]: the description of m->rec[i] is in its own */
int crm_lead_merge_log(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead, const u_char *described, crm_record_t **message);

/* P l:m:{survivor >> 6}: id10 / survivor */
crm_str_t crm_lead_merged_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t survivor);


/* ---- crm_lead_unmerge.c ------------------------------------------------- */

/* P unmerge:{merge}, what taking back needs; a string that expires */
crm_str_t crm_lead_unmerge_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t merge);

typedef struct {
    int64_t          at;                /* instant of the merge */
    crm_str_t        undo;              /* of the survivor: crm_lead_undo.h */
    crm_record_t   **loser;             /* as they were */
    unsigned         n;
} crm_unmerge_t;

int crm_lead_unmerge_text(const crm_rule_t *rule, const crm_merge_t *m,
    const crm_record_t *survivor, crm_str_t *text);

/* CRM_DECLINED on what crm_lead_unmerge_text() never wrote */
int crm_lead_unmerge_parse(crm_arena_t *a, const crm_str_t *text,
    crm_unmerge_t *u);

/* the survivor without what the merge wrote and nobody has changed since,
   not touched */
crm_problem_t crm_lead_unmerge(const crm_rule_t *rule,
    const crm_record_t *now, const crm_unmerge_t *u, crm_record_t **lead);

/*
 * A loser as it was, in the place of its tombstone; what it refers to and
 * does not exist any more is left out (contact: whether that is there).  Due
 * summary and count of activities are those of no activity.
 */
crm_record_t *crm_lead_revived(const crm_rule_t *rule,
    const crm_record_t *was, const crm_record_t *tombstone,
    unsigned contact);

#endif /* CRM_LEAD_MERGE_H */
