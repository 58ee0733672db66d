/*
 * Rules of the configuration kinds: what one line of a table cannot say.
 */

#ifndef CRM_CONFIG_H
#define CRM_CONFIG_H

#include "crm_lead.h"


/*
 * Checks `rec`, about to replace `old` (NULL: creation), against the other
 * records of the snapshot and fills defaults that depend on them.  Faults go
 * to rule->faults; CRM_P_NONE, CRM_P_VALIDATION, CRM_P_INTERNAL or a
 * conflict.
 */
crm_problem_t crm_config_check(const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t *rec);

/*
 * How many other configuration records refer to one, by kind:
 * counts[kind].  A record's references to itself do not count.
 */
void crm_config_references(const crm_conf_t *conf, crm_kind_t kind,
    int64_t id, unsigned counts[CRM_CONF_KINDS]);

/*
 * Checks and writes that turn old (NULL: creation) into rec (NULL:
 * deletion), of a configuration kind; rec has its id and version.
 */
int crm_config_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec);

#endif /* CRM_CONFIG_H */
