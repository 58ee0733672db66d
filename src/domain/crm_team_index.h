/*
 * Figures of teams: the counters behind the cards (api.md, section 8).
 *
 *   P t:{what}:{team >> 5}[:{part}]            hash   {team}:{figure} / sum
 *   P t:{what}:{team >> 5}:u{user}[:{part}]           the same of one user's
 *                                                     records (0: nobody's)
 *   P t:w:{team}, t:w:{team}:u{user}           zset   id10 / closed_at: active
 *                                                     won opportunities
 *
 * Some teams share a hash, so that the cards of very many are few commands;
 * who may see but their own records reads theirs and nobody's.
 *
 * What depends on the day is kept by day, and by spans of days, so that the
 * sum of all days before any other is a few fields of three hashes:
 *
 *   e6        n{day >> 6}, r{day >> 6}
 *   e3:{day >> 6}    n{day >> 3} ...    of the 8 spans within one of those
 *   e0:{day >> 3}    n{day} ...         of the 8 days within one of those
 *
 * The first is bounded: days before 1970 count as its first, which is over,
 * days from 2149 on as its last, which is to come.  What was won since an
 * instant is kept by day of UTC, and by quarter of an hour: no month of any
 * zone begins between those.
 */

#ifndef CRM_TEAM_INDEX_H
#define CRM_TEAM_INDEX_H

#include "crm_index_record.h"


#define CRM_TEAM_IX_SHIFT   5           /* teams that share a hash */
#define CRM_TEAM_IX_GROUP   (1 << CRM_TEAM_IX_SHIFT)

#define CRM_TEAM_IX_SPANS   3
#define CRM_TEAM_IX_DAYS    5           /* days of one hash of won ones */
#define CRM_QUARTER_MS      (15 * 60 * 1000LL)

#define CRM_TEAM_IX_ALL     (-1)        /* of any user */
#define CRM_TEAM_IX_WHOLE   INT64_MIN   /* in one part */


/* "g" as it is now, "e6", "e3", "e0" by expected close, "d" by day of winning,
   "q" by quarter of an hour */
int crm_team_ix_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *what, int64_t group, int64_t user, int64_t part,
    crm_str_t *key);

int crm_team_ix_won_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t team, int64_t user, crm_str_t *key);

/* one of the hashes by expected close, and which of its spans are before a
   day */
typedef struct {
    const char  *what;
    int64_t      part;
    int64_t      below;
} crm_team_ix_span_t;

void crm_team_ix_before(int64_t day,
    crm_team_ix_span_t spans[CRM_TEAM_IX_SPANS]);

/* the entries of a lead that is in a team and no tombstone, of an order */
void crm_team_ix_lead(crm_ixr_t *x);
void crm_team_ix_order(crm_ixr_t *x);

#endif /* CRM_TEAM_INDEX_H */
