/*
 * crm_cursor: there and back, other queries, damaged ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_cursor.h"
#include "crm_digest.h"


#define QUERY  0x123456789abcdef0ULL


static crm_arena_t  arena;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);

    return crm_digest_init();
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static void
assert_round(int64_t source, int64_t score, int64_t id, const char *text)
{
    crm_str_t     s;
    crm_cursor_t  c, d;

    c.source = source;
    c.score = score;
    c.id = id;
    c.text.len = strlen(text);
    c.text.data = (u_char *) text;

    assert_int_equal(crm_cursor_encode(&arena, QUERY, &c, &s), CRM_OK);
    assert_int_equal(crm_cursor_decode(&arena, QUERY, &s, &d), CRM_OK);

    assert_true(d.source == source);
    assert_true(d.score == score);
    assert_true(d.id == id);
    assert_true(crm_str_is(&d.text, text));

    assert_int_equal(crm_cursor_decode(&arena, QUERY + 1, &s, &d),
                     CRM_DECLINED);
}


static int
decode_raw(const char *data, size_t len)
{
    crm_str_t     raw = { len, (u_char *) data }, s;
    crm_cursor_t  c;

    assert_int_equal(crm_base64url_encode(&arena, &raw, &s), CRM_OK);

    return crm_cursor_decode(&arena, QUERY, &s, &c);
}


#define HEAD  "\x01\xf0\xde\xbc\x9a\x78\x56\x34\x12"


static void
test_round(void **state)
{
    (void) state;

    assert_round(0, 0, 0, "");
    assert_round(3, 1795443960000LL, 42, "acme");
    assert_round(-1, -1, -1, "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
    assert_round(63, 64, -64, "x");
    assert_round(INT64_MAX, INT64_MIN, INT64_MAX, "x");
    assert_round(INT64_MIN, INT64_MAX, INT64_MIN, "");
}


static void
test_literal(void **state)
{
    crm_str_t     s;
    crm_cursor_t  c = { 1, -1, 300, crm_string("a") };

    (void) state;

    /* 01, the query, 02, 01, d8 04, 61 */
    assert_int_equal(crm_cursor_encode(&arena, QUERY, &c, &s), CRM_OK);
    assert_true(crm_str_is(&s, "AfDevJp4VjQSAgHYBGE"));
}


static void
test_malformed(void **state)
{
    size_t        i;
    crm_str_t     s;
    crm_cursor_t  c;

    static const char  *refused[] = { "", "A", "AA", "!", "AfDevJp4VjQ" };

    (void) state;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        s.len = strlen(refused[i]);
        s.data = (u_char *) refused[i];
        assert_int_equal(crm_cursor_decode(&arena, QUERY, &s, &c),
                         CRM_DECLINED);
    }

    assert_int_equal(decode_raw(HEAD "\0\0\0", 12), CRM_OK);
    assert_int_equal(decode_raw(HEAD "\0\0", 11), CRM_DECLINED);
    assert_int_equal(decode_raw(HEAD "\0\0\x80", 12), CRM_DECLINED);
    assert_int_equal(decode_raw(HEAD, 9), CRM_DECLINED);

    /* another format */
    assert_int_equal(decode_raw("\x02\xf0\xde\xbc\x9a\x78\x56\x34\x12\0\0\0",
                                12), CRM_DECLINED);

    /* a number without end */
    assert_int_equal(decode_raw(HEAD "\0\0\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\xff\xff\xff\x01", 23), CRM_DECLINED);
}


static void
test_random(void **state)
{
    int     i, n, len;
    u_char  data[40];

    (void) state;

    srand(2);

    for (n = 0; n < 20000; n++) {
        len = rand() % 40;

        for (i = 0; i < len; i++) {
            data[i] = (u_char) (rand() % 4 ? rand() : 0x80);
        }

        if (len >= 9) {
            memcpy(data, HEAD, 9);
        }

        (void) decode_raw((char *) data, (size_t) len);
        crm_arena_reset(&arena);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_literal),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_random)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
