/*
 * crm_out: chunks, integers, JSON strings.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_out.h"


static crm_arena_t  arena;


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static void
assert_json(const char *text, size_t len, const char *expected)
{
    crm_str_t  s, joined;
    crm_out_t  o;

    s.len = len;
    s.data = (u_char *) text;

    crm_out_init(&o, &arena, 16);
    crm_out_json(&o, &s);

    assert_int_equal(crm_out_join(&o, &joined), CRM_OK);
    assert_int_equal(joined.len, strlen(expected));
    assert_memory_equal(joined.data, expected, joined.len);
}


#define assert_json_lit(text, expected)                                       \
    assert_json(text, sizeof(text) - 1, expected)


static void
test_plain(void **state)
{
    crm_str_t  s;
    crm_out_t  o;

    (void) state;

    crm_out_init(&o, &arena, 100);
    assert_int_equal(crm_out_size(&o), 0);

    crm_out_lit(&o, "{\"id\": ");
    crm_out_int(&o, -42);
    crm_out_char(&o, ',');
    s = crm_str("x");
    crm_out_str(&o, &s);
    s.len = 0;
    s.data = NULL;
    crm_out_str(&o, &s);

    assert_int_equal(crm_out_size(&o), 12);
    assert_int_equal(crm_out_join(&o, &s), CRM_OK);
    assert_true(crm_str_is(&s, "{\"id\": -42,x"));

    /* one chunk: no copy */
    assert_ptr_equal(s.data, o.first->start);
}


static void
test_empty(void **state)
{
    crm_str_t  s;
    crm_out_t  o;

    (void) state;

    crm_out_init(&o, &arena, 0);
    assert_int_equal(crm_out_join(&o, &s), CRM_OK);
    assert_int_equal(s.len, 0);
}


static void
test_chunks(void **state)
{
    size_t        i, sum;
    crm_str_t     s;
    crm_out_t     o;
    crm_chunk_t  *chunk;

    (void) state;

    crm_out_init(&o, &arena, 10);

    for (i = 0; i < 100000; i++) {
        crm_out_int(&o, (int64_t) (i % 10));
        crm_out_lit(&o, "abc");
    }

    assert_int_equal(crm_out_size(&o), 400000);

    sum = 0;

    for (chunk = o.first; chunk != NULL; chunk = chunk->next) {
        assert_true(chunk->end - chunk->start <= 65536);
        sum += (size_t) (chunk->last - chunk->start);
    }

    assert_int_equal(sum, 400000);
    assert_int_equal(crm_out_join(&o, &s), CRM_OK);
    assert_int_equal(s.len, 400000);

    for (i = 0; i < 100000; i++) {
        assert_int_equal(s.data[4 * i], '0' + i % 10);
        assert_memory_equal(s.data + 4 * i + 1, "abc", 3);
    }
}


static void
test_long_bytes(void **state)
{
    size_t     i;
    u_char    *p;
    crm_str_t  s;
    crm_out_t  o;

    (void) state;

    p = malloc(200000);
    assert_non_null(p);

    for (i = 0; i < 200000; i++) {
        p[i] = (u_char) i;
    }

    crm_out_init(&o, &arena, 100);
    crm_out_lit(&o, "<");
    crm_out_bytes(&o, p, 200000);
    crm_out_lit(&o, ">");

    assert_int_equal(crm_out_join(&o, &s), CRM_OK);
    assert_int_equal(s.len, 200002);
    assert_int_equal(s.data[0], '<');
    assert_memory_equal(s.data + 1, p, 200000);
    assert_int_equal(s.data[200001], '>');

    free(p);
}


static void
test_reserve(void **state)
{
    u_char    *p;
    crm_str_t  s;
    crm_out_t  o;

    (void) state;

    crm_out_init(&o, &arena, 10);
    crm_out_lit(&o, "ab");

    p = crm_out_reserve(&o, 100000);
    assert_non_null(p);
    memset(p, 'c', 100000);
    o.chunk->last = p + 3;

    assert_int_equal(crm_out_join(&o, &s), CRM_OK);
    assert_true(crm_str_is(&s, "abccc"));
}


static void
test_json(void **state)
{
    (void) state;

    assert_json("", 0, "\"\"");
    assert_json(NULL, 0, "\"\"");
    assert_json_lit("plain", "\"plain\"");
    assert_json_lit("a longer plain text of some words",
                    "\"a longer plain text of some words\"");
    assert_json_lit("\"", "\"\\\"\"");
    assert_json_lit("\\", "\"\\\\\"");
    assert_json_lit("a/b", "\"a/b\"");
    assert_json_lit("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    assert_json_lit("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
    assert_json_lit("\0x", "\"\\u0000x\"");
    assert_json_lit("1234567\"8", "\"1234567\\\"8\"");
    assert_json_lit("12345678\"", "\"12345678\\\"\"");
    assert_json_lit("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xf0\x9f\x98\x80!\n",
                    "\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xf0\x9f\x98\x80!"
                    "\\n\"");
}


/* every byte at every offset of the eight that are looked at together */

static void
test_json_each_byte(void **state)
{
    int        c, at, len;
    u_char     text[24];
    crm_str_t  s, joined;
    crm_out_t  o;

    (void) state;

    for (c = 0; c < 256; c++) {
        for (at = 0; at < 20; at++) {
            memset(text, 'x', sizeof(text));
            text[at] = (u_char) c;

            s.len = 20;
            s.data = text;

            crm_out_init(&o, &arena, 256);
            crm_out_json(&o, &s);
            assert_int_equal(crm_out_join(&o, &joined), CRM_OK);

            len = 22;

            if (c == '"' || c == '\\' || (c >= 8 && c <= 13 && c != 11)) {
                len = 23;

            } else if (c < 32) {
                len = 27;
            }

            assert_int_equal(joined.len, len);
            assert_int_equal(joined.data[0], '"');
            assert_int_equal(joined.data[at + 1], len == 22 ? c : '\\');
            assert_int_equal(joined.data[len - 1], '"');
        }

        crm_arena_reset(&arena);
    }
}


static void
test_failure_is_remembered(void **state)
{
    crm_str_t  s;
    crm_out_t  o;

    (void) state;

    crm_out_init(&o, &arena, SIZE_MAX / 2);
    assert_true(o.failed);

    /* nothing to write to: still no crash */
    crm_out_lit(&o, "abc");
    crm_out_bytes(&o, "abc", 3);

    assert_int_equal(crm_out_join(&o, &s), CRM_ERROR);

    crm_out_init(&o, &arena, 10);
    crm_out_lit(&o, "abc");
    assert_null(crm_out_reserve(&o, SIZE_MAX / 2));
    crm_out_lit(&o, "def");

    assert_int_equal(crm_out_join(&o, &s), CRM_ERROR);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(test_plain, teardown),
        cmocka_unit_test_teardown(test_empty, teardown),
        cmocka_unit_test_teardown(test_chunks, teardown),
        cmocka_unit_test_teardown(test_long_bytes, teardown),
        cmocka_unit_test_teardown(test_reserve, teardown),
        cmocka_unit_test_teardown(test_json, teardown),
        cmocka_unit_test_teardown(test_json_each_byte, teardown),
        cmocka_unit_test_teardown(test_failure_is_remembered, teardown)
    };

    crm_arena_init(&arena);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
