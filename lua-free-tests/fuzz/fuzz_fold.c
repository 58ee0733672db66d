/* text: folding is idempotent, and everything that reads text stays in it */

#include "fuzz.h"


static void
fold_twice(crm_arena_t *a, const crm_str_t *text)
{
    crm_str_t  once, twice, rest, word;

    must(crm_text_fold(a, text, &once) == CRM_OK);
    must(crm_utf8_valid(&once));
    must(crm_text_fold(a, &once, &twice) == CRM_OK);
    must(crm_str_eq(&once, &twice));

    rest = once;

    while (crm_text_word(&rest, &word) == CRM_OK) {
        must(word.len > 0 && word.data >= once.data
             && word.data + word.len <= once.data + once.len);
    }
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    size_t     length;
    crm_str_t  text, other;

    if (!crm_utf8_valid(input)) {
        return;
    }

    fold_twice(a, input);

    text = *input;
    crm_text_trim(&text);
    other = text;
    crm_text_trim(&other);
    must(crm_str_eq(&text, &other));
    must(crm_utf8_valid(&text));

    length = crm_utf8_length(input);
    must(length <= input->len);

    other = crm_text_prefix(input, length / 2);
    must(crm_utf8_valid(&other) && crm_utf8_length(&other) == length / 2);

    (void) crm_text_has_control(input, 0);
    (void) crm_text_has_control(input, 1);
    (void) crm_text_is_email(&text);
    (void) crm_text_is_website(&text);

    must(crm_text_digits(a, input, &other) == CRM_OK);
    must(crm_utf8_valid(&other));
    must(crm_text_phone(a, input, &other) == CRM_OK);

    for (length = 0; length < other.len; length++) {
        must(other.data[length] >= '0' && other.data[length] <= '9');
    }
}
