/*
 * Patterns of duplicate rules (api.md, section 7): PCRE2 with JIT, bounded.
 *
 * A compiled pattern is shared by everybody in the process who asks for the
 * same text, and kept for a while after its last user has gone, since a new
 * snapshot of the configuration asks for the patterns of the one before.
 */

#ifndef CRM_PATTERN_H
#define CRM_PATTERN_H

#include "crm_arena.h"


/* bytes that a pattern is matched against; a longer text runs into a limit
   as one that takes too many steps */
#define CRM_PATTERN_SUBJECT  1024


typedef struct crm_pattern_s  crm_pattern_t;


/*
 * Whether a pattern compiles as rules do: UTF and UCP, no \C, no callouts, no
 * start-of-pattern options, of bounded size.  CRM_DECLINED with PCRE2's
 * message and offset in *message otherwise.
 */
int crm_pattern_check(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message);

/* the same for a replacement of a pattern that compiles */
int crm_pattern_check_replacement(crm_arena_t *a, const crm_str_t *pattern,
    const crm_str_t *replacement, crm_str_t *message);

/* compiled at the first call; NULL: out of memory, or it does not compile */
crm_pattern_t *crm_pattern_get(const crm_str_t *pattern);
void crm_pattern_put(crm_pattern_t *pattern);

/*
 * CRM_OK where the pattern matches, CRM_DECLINED where not, CRM_AGAIN where a
 * limit of steps, depth or memory was reached before that was known.
 */
int crm_pattern_match(crm_pattern_t *pattern, const crm_str_t *subject);

/*
 * The expansion of a replacement (PCRE2's extended substitution syntax) for
 * the first match, as above; CRM_ERROR when out of memory.  An expansion over
 * CRM_PATTERN_SUBJECT bytes has run into a limit; one with a NUL is none.
 */
int crm_pattern_expand(crm_arena_t *a, crm_pattern_t *pattern,
    const crm_str_t *replacement, const crm_str_t *subject,
    crm_str_t *expansion);

/* how often a limit was reached in this process */
uint64_t crm_pattern_limits(void);

/* releases every compiled pattern that nobody holds; at exit */
void crm_pattern_release(void);

#endif /* CRM_PATTERN_H */
