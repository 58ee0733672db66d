/* patterns of duplicate rules: compiled or refused with words */

#include "fuzz.h"
#include "crm_pattern.h"


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    crm_str_t  message = crm_null_string;

    if (!crm_utf8_valid(input) || crm_utf8_length(input) > 500) {
        return;
    }

    if (crm_pattern_check(a, input, &message) == CRM_DECLINED) {
        must(message.len > 0 && crm_utf8_valid(&message));
    }
}
