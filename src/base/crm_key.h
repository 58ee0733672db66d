/*
 * Redis key names (design.md, "Redis"): crm:{slug}:rest.
 */

#ifndef CRM_KEY_H
#define CRM_KEY_H

#include "crm_arena.h"


#define CRM_SLUG_MAX  63


/* [a-z0-9][a-z0-9-]{0,62}; anything else could inject a hash tag */
int crm_slug_valid(const crm_str_t *slug);

/* CRC16 (XMODEM) of the hash tag, & 16383, as CLUSTER KEYSLOT */
unsigned crm_key_slot(const crm_str_t *key);

/* "crm:{slug}:" in the arena; the start of every key of the tenant */
int crm_key_prefix(crm_arena_t *a, const crm_str_t *slug, crm_str_t *prefix);

#endif /* CRM_KEY_H */
