/*
 * crm_form: what is an e-mail address, what is a website.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_text.h"


#define TEN    "aaaaaaaaaa"
#define SIXTY  TEN TEN TEN TEN TEN TEN


static void
assert_email(const char *text, int expected)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    if (!!crm_text_is_email(&s) != expected) {
        fail_msg("e-mail \"%s\": not %d", text, expected);
    }
}


static void
assert_website(const char *text, int expected)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    if (!!crm_text_is_website(&s) != expected) {
        fail_msg("website \"%s\": not %d", text, expected);
    }
}


static void
test_email(void **state)
{
    size_t  i;

    static const char  *good[] = {
        "a@b.c", "a@localhost", "jane.doe+tag@acme.example",
        "o'brien@example.com", "!#$%&'*+-/=?^_`{|}~@x.y",
        "\"john smith\"@example.com", "\"a@b\"@example.com",
        "\"a\\\"b\"@example.com", "\"\"@example.com",
        "\u0633\u0644\u0627\u0645@\u0645\u062b\u0627\u0644.\u0627\u06cc",
        "\u0633@\u0645\u06cc\u200c\u0631.ir",
        "m\u00fcller@b\u00fccher.example", "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]", "a@x-y.z", "1@2.3"
    };
    static const char  *bad[] = {
        "", "@", "a", "a@", "@b", "a@b@c", "a.b", "a b@c.d", "a@b c.d",
        " a@b.c", "a@b.c ", ".a@b.c", "a.@b.c", "a..b@c.d", "a@.b",
        "a@b.", "a@b..c", "a@-b.c", "a@b-.c", "a@b_c.d", "a@b,c",
        "a,b@c.d", "a;b@c.d", "<a@b.c>", "Jane <a@b.c>", "a(b)@c.d",
        "a:b@c.d", "\"a@b.c", "\"a\"b@c.d", "\"a\\\"@b.c", "a\"b\"@c.d",
        "a\n@b.c", "\"a\nb\"@c.d", "a@b\t.c", "a\u00a0@b.c", "a@b\u3000.c",
        "a@b\u202e.c", "a\ufeff@b.c", "a\xc2\x85@b.c", "a@[]", "a@[1.2.3.4",
        "a@[1.2 3]", "a@b]", "mailto:a@b.c", "a@b/c", "a@b:25"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_email(good[i], 1);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_email(bad[i], 0);
    }
}


static void
test_email_length(void **state)
{
    (void) state;

    assert_email(SIXTY "1234@b.c", 1);
    assert_email(SIXTY "12345@b.c", 0);

    assert_email("a@" SIXTY "123.d", 1);
    assert_email("a@" SIXTY "1234.d", 0);

    /* 254 and 255 bytes */
    assert_email(SIXTY "1@" SIXTY "." SIXTY "." SIXTY ".123456789", 1);
    assert_email(SIXTY "1@" SIXTY "." SIXTY "." SIXTY ".1234567890", 0);
}


static void
test_local_part(void **state)
{
    size_t  i;

    static const crm_str_t  good[] = {
        crm_string("a"), crm_string("sales.de+x"),
        crm_string("!#$%&'*+-/=?^_`{|}~"),
        crm_string("\u0641\u0631\u0648\u0634"), crm_string(SIXTY "1234")
    };
    static const crm_str_t  bad[] = {
        crm_string(""), crm_string("."), crm_string(".a"), crm_string("a."),
        crm_string("a..b"), crm_string("a b"), crm_string("a@b"),
        crm_string("\"a\""), crm_string("a\u00a0b"),
        crm_string("a\u200bb"), crm_string(SIXTY "12345")
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(crm_text_is_local_part(&good[i]));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(crm_text_is_local_part(&bad[i]));
    }
}


static void
test_website(void **state)
{
    size_t  i;

    static const char  *good[] = {
        "example.com", "www.example.com/", "EXAMPLE.com",
        "http://example.com", "HTTPS://example.com/x?y", "https://a.b?x#y",
        "example.com:8080", "http://localhost:8080/x", "http://intranet",
        "example.com.", "my_shop.example.com", "http://192.0.2.1/",
        "http://[2001:db8::1]:8080/x", "https://[::1]",
        "\u0645\u062b\u0627\u0644.\u0627\u06cc\u0631\u0627\u0646",
        "https://\u0645\u062b.\u0627\u06cc/\u0633?\u0627=\u06f1",
        "b\u00fccher.example",
        "example.com/@user", "example.com/a:b", "example.com?u=a@b.c",
        "x.y/%20"
    };
    static const char  *bad[] = {
        "", " ", "hello", "localhost", "http://", "https://", "http:///x",
        "https://?x", "http://#", "http://:80", "/path", "?x", "#x", ".",
        "..", ".com", "a..b", "http://.", "-a.b", "a-.b", "exa mple.com",
        "example.com /", "example.com/a b",
        "javascript:alert(1)", "javascript:1",
        "javascript://example.com/%0aalert(1)", "data:text/html,x",
        "mailto:a@b.c", "a@b.c", "http://user@example.com",
        "http://user:pw@example.com/", "ftp://example.com", "//example.com",
        "http:/example.com", "http:example.com", "example.com:",
        "example.com:0", "example.com:65536", "example.com:1x",
        "example.com:80:80", "http://[::1", "http://[]", "http://::1",
        "[::1]", "example.com/<script>", "example.com/\"x", "a\\b.c",
        "example.com\n", "example.com/\t", "example.com/\x7f",
        "example\u00a0.com", "example.com/\u202e", "example\u200b.com",
        "a,b.c", "tel:123", "http://http://x"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_website(good[i], 1);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_website(bad[i], 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_email),
        cmocka_unit_test(test_email_length),
        cmocka_unit_test(test_local_part),
        cmocka_unit_test(test_website)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
