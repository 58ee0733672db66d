/*
 * Matching under limits; see crm_pattern.h.
 *
 * A pattern comes from a user: whatever it is, it may cost a request no more
 * than some tens of microseconds.  One match context, one block for the groups
 * and one stack of the JIT serve every match of the process.
 */

#include <string.h>
#include "crm_pattern_int.h"


#define CRM_PATTERN_STEPS      50000
#define CRM_PATTERN_DEPTH      5000     /* the interpreter's; JIT: its stack */
#define CRM_PATTERN_HEAP       1024     /* KiB, alike */
#define CRM_PATTERN_STACK_MIN  (32 * 1024)
#define CRM_PATTERN_STACK_MAX  (256 * 1024)
#define CRM_PATTERN_GROUPS     128


static pcre2_match_context  *crm_pattern_context;
static pcre2_match_data     *crm_pattern_data;
static pcre2_jit_stack      *crm_pattern_stack;
static uint64_t              crm_pattern_reached;


static int
crm_pattern_run_init(void)
{
    if (crm_pattern_data != NULL) {
        return CRM_OK;
    }

    crm_pattern_context = pcre2_match_context_create(NULL);
    if (crm_pattern_context == NULL) {
        return CRM_ERROR;
    }

    pcre2_set_match_limit(crm_pattern_context, CRM_PATTERN_STEPS);
    pcre2_set_depth_limit(crm_pattern_context, CRM_PATTERN_DEPTH);
    pcre2_set_heap_limit(crm_pattern_context, CRM_PATTERN_HEAP);

    /* without one, JIT uses 32 KiB of the machine's stack */

    crm_pattern_stack = pcre2_jit_stack_create(CRM_PATTERN_STACK_MIN,
                                               CRM_PATTERN_STACK_MAX, NULL);
    if (crm_pattern_stack != NULL) {
        pcre2_jit_stack_assign(crm_pattern_context, NULL, crm_pattern_stack);
    }

    crm_pattern_data = pcre2_match_data_create(CRM_PATTERN_GROUPS, NULL);

    if (crm_pattern_data == NULL) {
        crm_pattern_run_release();
        return CRM_ERROR;
    }

    return CRM_OK;
}


static int
crm_pattern_limit(void)
{
    crm_pattern_reached++;

    return CRM_AGAIN;
}


int
crm_pattern_match(crm_pattern_t *pattern, const crm_str_t *subject)
{
    int  rc;

    if (crm_pattern_run_init() != CRM_OK) {
        return CRM_ERROR;
    }

    if (subject->len > CRM_PATTERN_SUBJECT) {
        return crm_pattern_limit();
    }

    rc = pcre2_match(pattern->code, subject->data, subject->len, 0, 0,
                     crm_pattern_data, crm_pattern_context);

    if (rc >= 0) {
        return CRM_OK;
    }

    return rc == PCRE2_ERROR_NOMATCH ? CRM_DECLINED : crm_pattern_limit();
}


/*
 * A backtrack that has matched and a replacement that cannot be expanded (it
 * was checked with every group unset) are limits, too: there is no key.
 */

int
crm_pattern_expand(crm_arena_t *a, crm_pattern_t *pattern,
    const crm_str_t *replacement, const crm_str_t *subject,
    crm_str_t *expansion)
{
    int           rc;
    size_t        len;
    PCRE2_UCHAR   out[CRM_PATTERN_SUBJECT + 1];

    if (crm_pattern_run_init() != CRM_OK) {
        return CRM_ERROR;
    }

    if (subject->len > CRM_PATTERN_SUBJECT) {
        return crm_pattern_limit();
    }

    len = sizeof(out);
    rc = pcre2_substitute(pattern->code, subject->data, subject->len, 0,
                          CRM_PATTERN_EXPAND, crm_pattern_data,
                          crm_pattern_context, replacement->data,
                          replacement->len, out, &len);

    if (rc == 0) {
        return CRM_DECLINED;
    }

    /* errors are negative, and positive where the replacement is at fault */

    if (rc != 1) {
        return crm_pattern_limit();
    }

    /* no text holds a NUL, but "\x00" and a lone "\x" make one */

    if (memchr(out, '\0', len) != NULL) {
        return CRM_DECLINED;
    }

    return crm_arena_dup(a, expansion, out, len);
}


uint64_t
crm_pattern_limits(void)
{
    return crm_pattern_reached;
}


void
crm_pattern_run_release(void)
{
    pcre2_match_data_free(crm_pattern_data);
    pcre2_match_context_free(crm_pattern_context);
    pcre2_jit_stack_free(crm_pattern_stack);

    crm_pattern_data = NULL;
    crm_pattern_context = NULL;
    crm_pattern_stack = NULL;
}
