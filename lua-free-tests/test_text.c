/*
 * crm_text: UTF-8, controls, trimming, digits, words, prefixes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_text.h"


static crm_arena_t  arena;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);

    return crm_text_init();
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static crm_str_t
str(const char *text)
{
    return (crm_str_t) { strlen(text), (u_char *) text };
}


static int
valid(const char *data, size_t len)
{
    crm_str_t  s = { len, (u_char *) data };

    return crm_utf8_valid(&s);
}


static int
control(const char *text, int multiline)
{
    crm_str_t  s = str(text);

    return crm_text_has_control(&s, multiline);
}


static void
assert_trim(const char *text, const char *expected)
{
    crm_str_t  s = str(text);

    crm_text_trim(&s);
    assert_true(crm_str_is(&s, expected));
}


static void
test_utf8_valid(void **state)
{
    size_t  i;
    char    long_text[64];

    static const char  *good[] = {
        "", "a", "lead", "12345678", "123456789", "\x7f", "\xc2\x80",
        "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
        "1234567\xd8\xb3", "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 12345678"
    };
    static const char  *bad[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20",
        "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xf0\x90\x80", "\xfe", "\xff",
        "12345678\xff", "1234567\xc3", "\xc3\xa9\xa9"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(valid(good[i], strlen(good[i])));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(valid(bad[i], strlen(bad[i])));
    }

    assert_true(valid(NULL, 0));
    assert_false(valid("\0", 1));

    /* NUL and a bad byte, at every offset of the eight seen together */

    for (i = 0; i < 40; i++) {
        memset(long_text, 'x', sizeof(long_text));
        assert_true(valid(long_text, 40));
        long_text[i] = '\0';
        assert_false(valid(long_text, 40));
        long_text[i] = (char) 0xff;
        assert_false(valid(long_text, 40));
        long_text[i] = '\x01';
        assert_true(valid(long_text, 40));
    }
}


static void
test_utf8_length(void **state)
{
    crm_str_t  s;

    (void) state;

    s = str("");
    assert_int_equal(crm_utf8_length(&s), 0);
    s = str("lead");
    assert_int_equal(crm_utf8_length(&s), 4);
    s = str("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
    assert_int_equal(crm_utf8_length(&s), 4);
    s = str("a\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_int_equal(crm_utf8_length(&s), 3);
}


static void
test_control(void **state)
{
    crm_str_t  nul = { 3, (u_char *) "a\0b" };

    (void) state;

    assert_false(control("", 0));
    assert_false(control("lead ~", 0));
    assert_false(control("\xc2\xa0\xc3\x80\xe2\x80\x8c", 0));

    assert_true(control("a\nb", 0));
    assert_true(control("a\tb", 0));
    assert_false(control("a\n\tb", 1));
    assert_true(control("a\rb", 1));
    assert_true(control("\x1b[0m", 1));
    assert_true(control("\x7f", 1));
    assert_true(control("\xc2\x80", 1));
    assert_true(control("x\xc2\x9f", 1));
    assert_true(crm_text_has_control(&nul, 1));
}


static void
test_trim(void **state)
{
    crm_str_t  s = crm_null_string;

    (void) state;

    assert_trim("", "");
    assert_trim("lead", "lead");
    assert_trim("  a  b \t\r\n", "a  b");
    assert_trim(" \n ", "");
    assert_trim("\xc2\xa0 x \xc2\xa0", "x");
    assert_trim("\xef\xbb\xbfname", "name");
    assert_trim("\xe3\x80\x80x\xe2\x80\xa8", "x");
    assert_trim("\xe2\x80\x83\xc3\xa9\xe2\x80\x83", "\xc3\xa9");

    /* a ZWNJ is no blank here */
    assert_trim("\xe2\x80\x8cx", "\xe2\x80\x8cx");

    crm_text_trim(&s);
    assert_int_equal(s.len, 0);
}


static void
test_digits(void **state)
{
    crm_str_t  s, d;

    (void) state;

    s = str("tel 12");
    assert_int_equal(crm_text_digits(&arena, &s, &d), CRM_OK);
    assert_ptr_equal(d.data, s.data);
    assert_true(crm_str_is(&d, "tel 12"));

    /* Persian 0 4 9, Arabic 0 4 9, between other letters */
    s = str("x\xdb\xb0\xdb\xb4\xdb\xb9-\xd9\xa0\xd9\xa4\xd9\xa9"
            "\xd8\xb3\xd9\xaa\xdb\xba");
    assert_int_equal(crm_text_digits(&arena, &s, &d), CRM_OK);
    assert_true(crm_str_is(&d, "x049-049\xd8\xb3\xd9\xaa\xdb\xba"));

    /* wide ones, and their neighbours */
    s = str("\uff10\uff19\uff0f\uff1a");
    assert_int_equal(crm_text_digits(&arena, &s, &d), CRM_OK);
    assert_true(crm_str_is(&d, "09\uff0f\uff1a"));

    s = str("");
    assert_int_equal(crm_text_digits(&arena, &s, &d), CRM_OK);
    assert_int_equal(d.len, 0);
}


static void
test_phone(void **state)
{
    crm_str_t  s, d;

    (void) state;

    s = str("+98 (21) \xdb\xb8\xdb\xb8");
    assert_int_equal(crm_text_phone(&arena, &s, &d), CRM_OK);
    assert_true(crm_str_is(&d, "982188"));

    s = str("\xd9\xa0\xd9\xa9\xd9\xa1\xd9\xa2 ext. 7");
    assert_int_equal(crm_text_phone(&arena, &s, &d), CRM_OK);
    assert_true(crm_str_is(&d, "09127"));

    s = str("\uff0b\uff18\uff11 3-1");
    assert_int_equal(crm_text_phone(&arena, &s, &d), CRM_OK);
    assert_true(crm_str_is(&d, "8131"));

    s = str("none");
    assert_int_equal(crm_text_phone(&arena, &s, &d), CRM_OK);
    assert_int_equal(d.len, 0);

    s = str("");
    assert_int_equal(crm_text_phone(&arena, &s, &d), CRM_OK);
    assert_int_equal(d.len, 0);
}


static void
assert_words(const char *text, ...)
{
    va_list      args;
    crm_str_t    rest = str(text), word;
    const char  *expected;

    va_start(args, text);

    while ((expected = va_arg(args, const char *)) != NULL) {
        assert_int_equal(crm_text_word(&rest, &word), CRM_OK);
        assert_true(crm_str_is(&word, expected));
    }

    assert_int_equal(crm_text_word(&rest, &word), CRM_DECLINED);
    assert_int_equal(crm_text_word(&rest, &word), CRM_DECLINED);

    va_end(args);
}


static void
test_words(void **state)
{
    (void) state;

    assert_words("", NULL);
    assert_words(" .-- ", NULL);
    assert_words("acme", "acme", NULL);
    assert_words(" acme, inc. 24/7", "acme", "inc", "24", "7", NULL);
    assert_words("jane.doe+x@acme.example", "jane", "doe", "x", "acme",
                 "example", NULL);
    assert_words("snake_case", "snake", "case", NULL);
    assert_words("\xd8\xb4\xd8\xb1\xda\xa9\xd8\xaa \xd9\x86\xd9\x88\xd8\x8c"
                 "\xd8\xb3", "\xd8\xb4\xd8\xb1\xda\xa9\xd8\xaa",
                 "\xd9\x86\xd9\x88", "\xd8\xb3", NULL);
    assert_words("\xe4\xb8\xad\xe6\x96\x87\xe3\x80\x82x",
                 "\xe4\xb8\xad\xe6\x96\x87", "x", NULL);
    assert_words("a\xf0\x9f\x98\x80" "b", "a", "b", NULL);
}


static void
test_prefix(void **state)
{
    crm_str_t  s, p;

    (void) state;

    s = str("lead");
    p = crm_text_prefix(&s, 3);
    assert_true(crm_str_is(&p, "lea"));
    p = crm_text_prefix(&s, 4);
    assert_true(crm_str_is(&p, "lead"));
    p = crm_text_prefix(&s, 5);
    assert_true(crm_str_is(&p, "lead"));
    p = crm_text_prefix(&s, 0);
    assert_true(crm_str_is(&p, ""));

    s = str("\xd8\xb3\xe2\x82\xac\xf0\x9f\x98\x80x");
    p = crm_text_prefix(&s, 1);
    assert_true(crm_str_is(&p, "\xd8\xb3"));
    p = crm_text_prefix(&s, 2);
    assert_true(crm_str_is(&p, "\xd8\xb3\xe2\x82\xac"));
    p = crm_text_prefix(&s, 3);
    assert_true(crm_str_is(&p, "\xd8\xb3\xe2\x82\xac\xf0\x9f\x98\x80"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_utf8_valid),
        cmocka_unit_test(test_utf8_length),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_phone),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_prefix)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
