/* Slugs of tenants, which stand in the names of their keys: crm:{slug}:rest. */

#ifndef CRM_SLUG_H
#define CRM_SLUG_H

#include "crm_str.h"


#define CRM_SLUG_MAX  63


/* [a-z0-9][a-z0-9-]{0,62}; anything else could inject a hash tag */
int crm_slug_valid(const crm_str_t *slug);

#endif /* CRM_SLUG_H */
