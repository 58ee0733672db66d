/*
 * Duplicate rules: pattern, replacement and value, parted by zero bytes, from
 * what an admin types to the key of a lead, as the rules' test does it.
 */

#include "fuzz.h"
#include "crm_dup.h"


static int
cut(crm_str_t *rest, crm_str_t *part)
{
    u_char  *end;

    if (rest->len == 0) {
        return CRM_DECLINED;
    }

    *part = *rest;

    end = memchr(rest->data, '\0', rest->len);
    if (end == NULL) {
        rest->len = 0;
        return CRM_OK;
    }

    part->len = end - rest->data;
    rest->data = end + 1;
    rest->len -= part->len + 1;

    return CRM_OK;
}


/* what cannot be stored is refused with words; NULL: refused */

static crm_pattern_t *
compiled(crm_arena_t *a, const crm_str_t *pattern,
    const crm_str_t *replacement)
{
    crm_str_t  message = crm_null_string;

    if (crm_pattern_check(a, pattern, &message) != CRM_OK) {
        must(message.len > 0 && crm_utf8_valid(&message));
        return NULL;
    }

    if (crm_pattern_check_replacement(a, pattern, replacement, &message)
        != CRM_OK)
    {
        must(message.len > 0 && crm_utf8_valid(&message));
        return NULL;
    }

    return crm_pattern_get(pattern);
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    int             rc;
    unsigned        word;
    crm_str_t       rest = *input, pattern, replacement, value, text, key;
    crm_str_t       again;
    crm_pattern_t  *match;

    if (!crm_utf8_valid(input) && memchr(input->data, '\0', input->len) == NULL)
    {
        return;
    }

    if (cut(&rest, &pattern) != CRM_OK || cut(&rest, &replacement) != CRM_OK
        || cut(&rest, &value) != CRM_OK || !crm_utf8_valid(&pattern)
        || !crm_utf8_valid(&replacement) || !crm_utf8_valid(&value)
        || pattern.len > 500 || replacement.len > 200)
    {
        return;
    }

    match = compiled(a, &pattern, &replacement);

    for (word = 0; word < CRM_DUP_FIELDS; word++) {

        if (crm_dup_prepare(a, word, &value, &text) != CRM_OK) {
            continue;
        }

        must(crm_utf8_valid(&text));

        if (match == NULL) {
            continue;
        }

        rc = crm_pattern_match(match, &text);
        must(rc == CRM_OK || rc == CRM_DECLINED || rc == CRM_AGAIN);

        if (crm_pattern_expand(a, match, &replacement, &text, &key) == CRM_OK)
        {
            must(key.len <= CRM_PATTERN_SUBJECT && crm_utf8_valid(&key));
            must(crm_pattern_expand(a, match, &replacement, &text, &again)
                 == CRM_OK);
            must(crm_str_eq(&key, &again));
        }
    }

    if (match != NULL) {
        crm_pattern_put(match);
    }
}
