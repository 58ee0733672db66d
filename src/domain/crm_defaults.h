/*
 * What a new tenant begins with (api.md, section 2, "Default data"; the
 * duplicate rules of section 7).
 */

#ifndef CRM_DEFAULTS_H
#define CRM_DEFAULTS_H

#include "crm_conf.h"


/* what whoever creates a tenant says about it */
typedef struct {
    crm_str_t  company_name;
    crm_str_t  currency;
    crm_str_t  timezone;
    crm_str_t  locale;
    crm_str_t  admin_name;
    crm_str_t  admin_email;
} crm_new_tenant_t;


/*
 * The configuration records of a new tenant, of every kind, with ids from 1,
 * version 1 and `now` as their instants.  The admin is user 1.
 */
int crm_defaults(crm_arena_t *a, const crm_new_tenant_t *tenant, int64_t now,
    crm_conf_list_t list[CRM_CONF_KINDS]);

#endif /* CRM_DEFAULTS_H */
