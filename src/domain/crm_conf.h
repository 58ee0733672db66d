/*
 * A tenant's configuration as one immutable snapshot.
 *
 * Users, teams, stages and the other configuration kinds are few and change
 * rarely; every worker keeps them in memory and every request proves, in the
 * same round trip as its reads, that its snapshot is the present one (the
 * tenant's `conf` counter).  A commit that depends on it checks the counter
 * again.  So domain functions see one consistent configuration.
 */

#ifndef CRM_CONF_H
#define CRM_CONF_H

#include "crm_fields.h"
#include "crm_zone.h"


/* records of one configuration kind, sorted by id */
typedef struct {
    crm_record_t  **rec;
    unsigned        n;
} crm_conf_list_t;

typedef struct {
    int64_t           version;      /* the tenant's `conf` counter */
    crm_arena_t       arena;        /* everything below */
    unsigned          refs;         /* the cache and each running request */
    crm_conf_list_t   list[CRM_CONF_KINDS];
    crm_record_t     *settings;
    const crm_zone_t *zone;         /* the tenant's */
    crm_record_t    **stages;       /* by sequence, then id */
    struct crm_dup_rule_s  *dup;    /* duplicate rules (crm_dup.h) */
    unsigned          ndup;
} crm_conf_t;


/* NULL when there is no such record */
crm_record_t *crm_conf_find(const crm_conf_t *conf, crm_kind_t kind,
    int64_t id);

/* the record of the kind whose text field `field`, folded, equals folded;
   NULL if none.  For unique names. */
crm_record_t *crm_conf_find_folded(crm_arena_t *a, const crm_conf_t *conf,
    crm_kind_t kind, unsigned field, const crm_str_t *folded);

/* fills what derives from the lists: settings, zone, ordered stages; the
   lists must be sorted by id */
int crm_conf_finish(crm_conf_t *conf);

/* the user's own zone or the tenant's; never NULL */
const crm_zone_t *crm_conf_user_zone(const crm_conf_t *conf, int64_t user);


/* ---- stages (semantics.md, "Stages, probability, won, lost") ------------- */

/* shared, or the team's own */
int crm_stage_fits(const crm_record_t *stage, int64_t team);

/* lowest sequence among the unfolded stages that fit, else among all that
   fit; won stages only where there is nothing else.  NULL: no stage. */
crm_record_t *crm_stage_first(const crm_conf_t *conf, int64_t team);

/* the won stage with the next higher sequence than `from` (may be NULL),
   else the last won stage that fits; NULL: no won stage */
crm_record_t *crm_stage_won(const crm_conf_t *conf, int64_t team,
    const crm_record_t *from);

/* whether a record of this team and state (CRM_STATE_*) may be in the stage:
   won ones are in won stages and no open one is, a lost one is anywhere */
int crm_stage_suits(const crm_record_t *stage, int64_t team, int64_t state);

/* the stage of this id where it is there and suits, else the won one behind it
   for what is won, else the first one; NULL: no stage fits the team */
crm_record_t *crm_stage_for(const crm_conf_t *conf, int64_t id, int64_t team,
    int64_t state);

/* the team a new record of this user goes to: the first (sequence, then id)
   active one where they are member or leader, else the first active one,
   else 0 */
int64_t crm_team_default(const crm_conf_t *conf, int64_t user);

#endif /* CRM_CONF_H */
