/* cursors: what is accepted is what would be made */

#include "fuzz.h"
#include "crm_cursor.h"


#define QUERY  0x123456789abcdef0ULL


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    crm_str_t     text;
    crm_cursor_t  c, d;

    if (crm_cursor_decode(a, QUERY, input, &c) == CRM_OK) {
        must(crm_cursor_encode(a, QUERY, &c, &text) == CRM_OK);
        must(crm_cursor_decode(a, QUERY, &text, &d) == CRM_OK);
        must(c.source == d.source && c.score == d.score && c.id == d.id
             && crm_str_eq(&c.text, &d.text));
        must(crm_cursor_decode(a, QUERY + 1, input, &d) == CRM_DECLINED);
    }

    /* any contents go there and back */

    memset(&c, 0, sizeof(crm_cursor_t));

    if (input->len >= 3 * sizeof(int64_t)) {
        memcpy(&c.source, input->data, sizeof(int64_t));
        memcpy(&c.score, input->data + 8, sizeof(int64_t));
        memcpy(&c.id, input->data + 16, sizeof(int64_t));
        c.text.data = input->data + 24;
        c.text.len = input->len - 24;

        must(crm_cursor_encode(a, QUERY, &c, &text) == CRM_OK);
        must(crm_cursor_decode(a, QUERY, &text, &d) == CRM_OK);
        must(c.source == d.source && c.score == d.score && c.id == d.id
             && crm_str_eq(&c.text, &d.text));

        /* one byte of a good one damaged, or its end cut off */

        text.data[input->data[0] % text.len] ^= input->data[1];
        (void) crm_cursor_decode(a, QUERY, &text, &d);

        text.len -= input->data[2] % text.len;
        (void) crm_cursor_decode(a, QUERY, &text, &d);
    }
}
