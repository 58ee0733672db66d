/*
 * Sets of ids as bitmaps in chunks of 2^15 (keys.md): the worker combines
 * what Redis holds per facet and value.
 *
 * A chunk that is NULL is empty.  Bits are in Redis' order: bit 0 is the
 * highest of the first byte.
 */

#ifndef CRM_BITMAP_H
#define CRM_BITMAP_H

#include "crm_arena.h"


/* one key for so many ids: 2^15 */
#define CRM_BITMAP_SHIFT  15
#define CRM_BITMAP_MASK   ((1 << CRM_BITMAP_SHIFT) - 1)
#define CRM_BITMAP_BYTES  (1 << (CRM_BITMAP_SHIFT - 3))


typedef struct {
    crm_arena_t  *arena;
    unsigned      n;            /* chunks */
    uint64_t    **chunk;
    unsigned      failed:1;     /* out of memory */
} crm_bitmap_t;


/* empty, for ids up to last */
int crm_bitmap_init(crm_bitmap_t *b, crm_arena_t *a, int64_t last);

/* adds an id; one beyond the last is ignored */
void crm_bitmap_set(crm_bitmap_t *b, int64_t id);

/* adds a string of Redis; longer ones are cut to the chunk */
void crm_bitmap_or(crm_bitmap_t *b, unsigned chunk, const crm_str_t *bits);

/* adds what is in the other */
void crm_bitmap_add(crm_bitmap_t *b, const crm_bitmap_t *other);

/* keeps what is also in the other */
void crm_bitmap_and(crm_bitmap_t *b, const crm_bitmap_t *other);

/* the same for n ids from `first' on, whole multiples of 64 within a chunk;
   the others are left alone */
void crm_bitmap_and_range(crm_bitmap_t *b, const crm_bitmap_t *other,
    int64_t first, unsigned n);

int crm_bitmap_has(const crm_bitmap_t *b, int64_t id);

int64_t crm_bitmap_count(const crm_bitmap_t *b);

/*
 * The first id above `from` (desc: below), or 0.  From 0 upward the lowest,
 * from INT64_MAX downward the highest.
 */
int64_t crm_bitmap_next(const crm_bitmap_t *b, int64_t from, int desc);

#endif /* CRM_BITMAP_H */
