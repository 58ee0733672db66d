/*
 * Bump allocator: blocks, and the free list of standard blocks.
 *
 * Owns where memory comes from; must not know what it is for.  Under
 * AddressSanitizer every allocation is a malloc() of its own and no block is
 * used twice, so that overflows and uses after a reset are seen.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crm_arena.h"


#if defined(__SANITIZE_ADDRESS__)
#define CRM_ARENA_ASAN  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRM_ARENA_ASAN  1
#endif
#endif


#ifndef CRM_ARENA_ASAN
#define CRM_ARENA_ASAN  0
#endif

#define CRM_ARENA_FREE_MAX  1024
#define CRM_ARENA_LARGE     2048      /* from here on: a block of its own */


struct crm_arena_block_s {
    crm_arena_block_t  *next;
    size_t              size;         /* with this header */
};


static void *crm_arena_alloc_large(crm_arena_t *a, size_t size);
static u_char *crm_arena_alloc_block(crm_arena_t *a, size_t size);


/* of the thread, so that tasks on nginx's thread pool need no lock */
static _Thread_local crm_arena_block_t  *crm_arena_free_list;
static _Thread_local unsigned            crm_arena_nfree;


void
crm_arena_init(crm_arena_t *a)
{
    a->block = NULL;
    a->pos = NULL;
    a->end = NULL;
    a->used = 0;
}


/*
 * An exact fit goes the long way too: the comparison then also tells an empty
 * arena, for every size.
 */

void *
crm_arena_alloc(crm_arena_t *a, size_t size)
{
    u_char     *p;
    uintptr_t   pos;

    pos = ((uintptr_t) a->pos + 15) & ~(uintptr_t) 15;

    if (pos < (uintptr_t) a->end && size < (uintptr_t) a->end - pos) {
        p = (u_char *) pos;
        a->pos = p + size;
        a->used += size;
        return p;
    }

    return crm_arena_alloc_block(a, size);
}


void *
crm_arena_calloc(crm_arena_t *a, size_t size)
{
    void  *p;

    p = crm_arena_alloc(a, size);

    if (p != NULL) {
        memset(p, 0, size);
    }

    return p;
}


u_char *
crm_arena_bytes(crm_arena_t *a, size_t size)
{
    u_char  *p;

    if (size < (uintptr_t) a->end - (uintptr_t) a->pos) {
        p = a->pos;
        a->pos += size;
        a->used += size;
        return p;
    }

    return crm_arena_alloc_block(a, size);
}


int
crm_arena_dup(crm_arena_t *a, crm_str_t *dst, const void *data, size_t len)
{
    u_char  *p;

    p = crm_arena_bytes(a, len);

    if (p == NULL) {
        return CRM_ERROR;
    }

    if (len != 0) {
        memcpy(p, data, len);
    }

    dst->len = len;
    dst->data = p;

    return CRM_OK;
}


crm_str_t
crm_arena_int(crm_arena_t *a, int64_t value)
{
    size_t     len;
    u_char     digits[21];
    crm_str_t  s = crm_null_string;

    len = (size_t) (crm_int_print(digits, value) - digits);

    (void) crm_arena_dup(a, &s, digits, len);

    return s;
}


/* tries the room in the block first: only what does not fit is printed twice */

crm_str_t
crm_arena_printf(crm_arena_t *a, const char *fmt, ...)
{
    int        n;
    size_t     room;
    va_list    args, again;
    crm_str_t  s = crm_null_string;

    room = (size_t) ((uintptr_t) a->end - (uintptr_t) a->pos);

    va_start(args, fmt);
    va_copy(again, args);

    n = vsnprintf(room != 0 ? (char *) a->pos : NULL, room, fmt, args);

    if (n >= 0 && (size_t) n < room) {
        s.data = a->pos;
        a->pos += n;
        a->used += (size_t) n;

    } else if (n >= 0) {
        s.data = crm_arena_bytes(a, (size_t) n + 1);

        if (s.data != NULL) {
            (void) vsnprintf((char *) s.data, (size_t) n + 1, fmt, again);
        }
    }

    va_end(again);
    va_end(args);

    if (s.data != NULL) {
        s.len = (size_t) n;
    }

    return s;
}


void
crm_arena_reset(crm_arena_t *a)
{
    crm_arena_block_t  *block, *next;

    for (block = a->block; block != NULL; block = next) {
        next = block->next;

        if (!CRM_ARENA_ASAN
            && block->size == CRM_ARENA_BLOCK
            && crm_arena_nfree < CRM_ARENA_FREE_MAX)
        {
            block->next = crm_arena_free_list;
            crm_arena_free_list = block;
            crm_arena_nfree++;

        } else {
            free(block);
        }
    }

    crm_arena_init(a);
}


void
crm_arena_release_free(void)
{
    crm_arena_block_t  *block;

    while (crm_arena_free_list != NULL) {
        block = crm_arena_free_list;
        crm_arena_free_list = block->next;
        free(block);
    }

    crm_arena_nfree = 0;
}


/* a new block to fill; what is left of the old one is given up */

static u_char *
crm_arena_alloc_block(crm_arena_t *a, size_t size)
{
    u_char             *p;
    crm_arena_block_t  *block;

    if (CRM_ARENA_ASAN || size >= CRM_ARENA_LARGE) {
        return crm_arena_alloc_large(a, size);
    }

    block = crm_arena_free_list;

    if (block != NULL) {
        crm_arena_free_list = block->next;
        crm_arena_nfree--;

    } else {
        block = malloc(CRM_ARENA_BLOCK);

        if (block == NULL) {
            return NULL;
        }
    }

    block->size = CRM_ARENA_BLOCK;
    block->next = a->block;
    a->block = block;

    p = (u_char *) block + sizeof(crm_arena_block_t);

    a->pos = p + size;
    a->end = (u_char *) block + CRM_ARENA_BLOCK;
    a->used += size;

    return p;
}


/* goes behind the block that is being filled, which stays in use */

static void *
crm_arena_alloc_large(crm_arena_t *a, size_t size)
{
    crm_arena_block_t  *block;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    block = malloc(sizeof(crm_arena_block_t) + size);

    if (block == NULL) {
        return NULL;
    }

    block->size = sizeof(crm_arena_block_t) + size;

    if (a->block == NULL) {
        block->next = NULL;
        a->block = block;

    } else {
        block->next = a->block->next;
        a->block->next = block;
    }

    a->used += size;

    return (u_char *) block + sizeof(crm_arena_block_t);
}
