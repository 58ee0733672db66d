/* addresses, each once; see crm_recipients.h */

#include "crm_digest.h"
#include "crm_recipients.h"
#include "crm_text.h"


int
crm_recipients_init(crm_recipients_t *r, crm_arena_t *a, size_t max)
{
    uint32_t  size;

    if (max > CRM_RECIPIENTS_MAX) {
        max = CRM_RECIPIENTS_MAX;
    }

    /* at most half full, so that a run of slots is short */

    for (size = 16; size < 2 * max; size *= 2) { /* void */ }

    memset(r, 0, sizeof(crm_recipients_t));

    r->arena = a;
    r->max = (unsigned) max;
    r->mask = size - 1;
    r->address = crm_arena_alloc(a, (max + 1) * sizeof(crm_str_t));
    r->folded = crm_arena_alloc(a, (max + 1) * sizeof(crm_str_t));
    r->slot = crm_arena_calloc(a, size * sizeof(uint32_t));

    return r->address != NULL && r->folded != NULL && r->slot != NULL
           ? CRM_OK : CRM_ERROR;
}


int
crm_recipients_add(crm_recipients_t *r, const crm_str_t *address)
{
    uint32_t   i;
    crm_str_t  folded;

    if (crm_text_fold(r->arena, address, &folded) != CRM_OK) {
        return CRM_ERROR;
    }

    i = (uint32_t) crm_hash64(folded.data, folded.len) & r->mask;

    while (r->slot[i] != 0) {
        if (crm_str_eq(&r->folded[r->slot[i] - 1], &folded)) {
            return CRM_OK;
        }

        i = (i + 1) & r->mask;
    }

    if (r->n == r->max) {
        r->truncated = 1;
        return CRM_OK;
    }

    if (crm_arena_dup(r->arena, &r->address[r->n], address->data,
                      address->len)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    r->folded[r->n++] = folded;
    r->slot[i] = r->n;

    return CRM_OK;
}
