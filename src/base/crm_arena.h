/*
 * Bump allocator: everything that one piece of work needs, released at once.
 *
 * Blocks come from malloc(); a free list keeps a bounded number of standard
 * blocks, so that steady traffic never calls malloc().  An arena belongs to
 * one thread at a time; the free list is the thread's own.
 */

#ifndef CRM_ARENA_H
#define CRM_ARENA_H

#include "crm_str.h"


#define CRM_ARENA_BLOCK  8192


typedef struct crm_arena_block_s  crm_arena_block_t;

typedef struct {
    crm_arena_block_t  *block;       /* the one being filled, newest first */
    u_char             *pos;
    u_char             *end;
    size_t              used;        /* bytes handed out, for statistics */
} crm_arena_t;


/* an empty arena holds no block until the first allocation */
void crm_arena_init(crm_arena_t *a);

/* 16-byte aligned, uninitialised; NULL when out of memory */
void *crm_arena_alloc(crm_arena_t *a, size_t size);

/* as above, zeroed */
void *crm_arena_calloc(crm_arena_t *a, size_t size);

/* byte-aligned, for text */
u_char *crm_arena_bytes(crm_arena_t *a, size_t size);

/* copy of len bytes; CRM_ERROR when out of memory */
int crm_arena_dup(crm_arena_t *a, crm_str_t *dst, const void *data,
    size_t len);

/* a number in decimal digits; data is NULL and len 0 when out of memory */
crm_str_t crm_arena_int(crm_arena_t *a, int64_t value);

/*
 * printf into the arena; only for constant formats.  The result is not
 * NUL-terminated; data is NULL and len 0 when out of memory.
 */
crm_str_t crm_arena_printf(crm_arena_t *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* gives every block back; the arena is empty and usable again */
void crm_arena_reset(crm_arena_t *a);

/* releases the free list of the calling thread; at exit */
void crm_arena_release_free(void);

#endif /* CRM_ARENA_H */
