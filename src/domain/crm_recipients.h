/* Addresses, each once whatever its case, in the order they came. */

#ifndef CRM_RECIPIENTS_H
#define CRM_RECIPIENTS_H

#include "crm_arena.h"


/* how many one answer names: a few MB */
#define CRM_RECIPIENTS_MAX  50000


typedef struct {
    crm_arena_t  *arena;
    crm_str_t    *address;      /* as it came first */
    crm_str_t    *folded;
    uint32_t     *slot;         /* number + 1 by hash; 0: free */
    uint32_t      mask;         /* of the hash */
    unsigned      n;
    unsigned      max;
    unsigned      truncated:1;  /* there was one more */
} crm_recipients_t;


/* for up to max, at most CRM_RECIPIENTS_MAX */
int crm_recipients_init(crm_recipients_t *r, crm_arena_t *a, size_t max);

/* the bytes are copied; CRM_OK also where there is no room for it */
int crm_recipients_add(crm_recipients_t *r, const crm_str_t *address);

#endif /* CRM_RECIPIENTS_H */
