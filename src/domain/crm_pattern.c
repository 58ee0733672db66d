/* patterns of duplicate rules; see crm_pattern.h */

#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include "crm_pattern.h"


#define CRM_PATTERN_OPTIONS  (PCRE2_UTF|PCRE2_UCP|PCRE2_NEVER_BACKSLASH_C)


static int
crm_pattern_refuse(crm_arena_t *a, crm_str_t *message, const char *text,
    size_t offset)
{
    *message = crm_arena_printf(a, "%s (offset %zu)", text, offset);

    return message->data ? CRM_DECLINED : CRM_ERROR;
}


/* (*UTF), (*LIMIT_MATCH=...) and their like could lift our limits, and a
   callout has nobody to call */

static int
crm_pattern_forbidden(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message)
{
    size_t  i;

    if (pattern->len >= 2 && memcmp(pattern->data, "(*", 2) == 0) {
        return crm_pattern_refuse(a, message,
                                  "options at the start of a pattern are "
                                  "not allowed", 0);
    }

    for (i = 0; i + 2 < pattern->len; i++) {

        if (pattern->data[i] == '\\') {
            i++;

        } else if (memcmp(pattern->data + i, "(?C", 3) == 0) {
            return crm_pattern_refuse(a, message,
                                      "callouts are not allowed", i);
        }
    }

    return CRM_OK;
}


int
crm_pattern_check(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message)
{
    int           rc, error;
    size_t        offset;
    pcre2_code   *code;
    PCRE2_UCHAR   text[256];

    rc = crm_pattern_forbidden(a, pattern, message);
    if (rc != CRM_OK) {
        return rc;
    }

    code = pcre2_compile(pattern->data, pattern->len, CRM_PATTERN_OPTIONS,
                         &error, &offset, NULL);

    if (code == NULL) {
        (void) pcre2_get_error_message(error, text, sizeof(text));
        return crm_pattern_refuse(a, message, (char *) text, offset);
    }

    pcre2_code_free(code);

    return CRM_OK;
}
