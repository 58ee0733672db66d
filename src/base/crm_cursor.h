/*
 * Opaque list cursors: where the last page ended, bound to its query.
 *
 * A cursor is base64url of: a format byte, the 64-bit hash of the query it
 * belongs to, a source number, an integer, a byte string.  What they mean is
 * the list's business: usually phase, score and sort text beside the id.
 * A cursor holds nothing that its reader has not been shown.
 */

#ifndef CRM_CURSOR_H
#define CRM_CURSOR_H

#include "crm_arena.h"


typedef struct {
    int64_t    source;          /* which of the query's sources goes on */
    int64_t    score;
    int64_t    id;
    crm_str_t  text;            /* e.g. a folded name; may be empty */
} crm_cursor_t;


/* CRM_ERROR when out of memory */
int crm_cursor_encode(crm_arena_t *a, uint64_t query, const crm_cursor_t *c,
    crm_str_t *text);

/* CRM_DECLINED on a malformed cursor or one of another query; *c then is
   unspecified */
int crm_cursor_decode(crm_arena_t *a, uint64_t query, const crm_str_t *text,
    crm_cursor_t *c);

#endif /* CRM_CURSOR_H */
