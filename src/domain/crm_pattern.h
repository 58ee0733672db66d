/* Patterns of duplicate rules (api.md, section 7): PCRE2, bounded. */

#ifndef CRM_PATTERN_H
#define CRM_PATTERN_H

#include "crm_arena.h"


/*
 * Whether a pattern compiles as rules do: UTF and UCP, no \C, no callouts, no
 * start-of-pattern options.  CRM_DECLINED with PCRE2's message and offset in
 * *message otherwise.
 */
int crm_pattern_check(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message);

#endif /* CRM_PATTERN_H */
