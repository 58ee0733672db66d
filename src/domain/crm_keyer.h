/*
 * Keys and members put together byte by byte.
 *
 * Every write emits some fifty of them twice; printf would be most of the
 * work.  The caller says how many bytes may follow the prefix.
 */

#ifndef CRM_KEYER_H
#define CRM_KEYER_H

#include "crm_bitmap.h"
#include "crm_index.h"


#define CRM_KEYER_INT  21       /* bytes of any integer */


typedef struct {
    u_char  *start;
    u_char  *pos;
} crm_keyer_t;


static inline int
crm_keyer_init(crm_keyer_t *k, crm_arena_t *a, const crm_str_t *prefix,
    size_t room)
{
    k->start = crm_arena_bytes(a, prefix->len + room);

    if (k->start == NULL) {
        return CRM_ERROR;
    }

    memcpy(k->start, prefix->data, prefix->len);
    k->pos = k->start + prefix->len;

    return CRM_OK;
}


static inline void
crm_keyer_bytes(crm_keyer_t *k, const void *data, size_t len)
{
    if (len != 0) {
        memcpy(k->pos, data, len);
        k->pos += len;
    }
}


static inline void
crm_keyer_str(crm_keyer_t *k, const crm_str_t *s)
{
    crm_keyer_bytes(k, s->data, s->len);
}


#define crm_keyer_lit(k, text)  crm_keyer_bytes(k, text, sizeof(text) - 1)


static inline void
crm_keyer_char(crm_keyer_t *k, u_char c)
{
    *k->pos++ = c;
}


static inline void
crm_keyer_int(crm_keyer_t *k, int64_t value)
{
    k->pos = crm_int_print(k->pos, value);
}


static inline crm_str_t
crm_keyer_done(const crm_keyer_t *k)
{
    crm_str_t  s;

    s.data = k->start;
    s.len = (size_t) (k->pos - k->start);

    return s;
}

#endif /* CRM_KEYER_H */
