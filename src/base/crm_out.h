/*
 * Text output in chunks that never move: JSON answers, logs, exports.
 *
 * Chunks live in the arena; the HTTP layer wraps them into an nginx buffer
 * chain without a copy.  Failure to allocate is remembered in ->failed and
 * checked once at the end, so that encoders read straight.
 */

#ifndef CRM_OUT_H
#define CRM_OUT_H

#include "crm_arena.h"


typedef struct crm_chunk_s  crm_chunk_t;

struct crm_chunk_s {
    crm_chunk_t  *next;
    u_char       *start;
    u_char       *last;          /* end of what is written */
    u_char       *end;
};

typedef struct {
    crm_arena_t  *arena;
    crm_chunk_t  *first;
    crm_chunk_t  *chunk;         /* the one being filled */
    size_t        size;          /* written so far, finished chunks only */
    unsigned      failed:1;
} crm_out_t;


/* first chunk of at least `hint` bytes; later ones grow up to 64 KiB */
void crm_out_init(crm_out_t *o, crm_arena_t *arena, size_t hint);

/* makes room for n contiguous bytes and returns where to write them, or NULL;
   the caller then sets o->chunk->last */
u_char *crm_out_reserve(crm_out_t *o, size_t n);

void crm_out_bytes(crm_out_t *o, const void *data, size_t len);
void crm_out_str(crm_out_t *o, const crm_str_t *s);
void crm_out_char(crm_out_t *o, u_char c);
void crm_out_int(crm_out_t *o, int64_t value);

#define crm_out_lit(o, text)  crm_out_bytes(o, text, sizeof(text) - 1)

/* a quoted and escaped JSON string; s must be valid UTF-8 */
void crm_out_json(crm_out_t *o, const crm_str_t *s);

/* total bytes written */
size_t crm_out_size(const crm_out_t *o);

/* everything as one string in the arena (no copy where one chunk holds it);
   CRM_ERROR when any allocation failed */
int crm_out_join(crm_out_t *o, crm_str_t *s);

#endif /* CRM_OUT_H */
