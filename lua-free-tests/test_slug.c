/*
 * crm_slug: names of tenants.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_slug.h"


static int
valid(const char *text)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_slug_valid(&s);
}


static void
test_slug(void **state)
{
    crm_str_t  nul = crm_string("a\0b");

    (void) state;

    assert_true(valid("a"));
    assert_true(valid("0"));
    assert_true(valid("acme-2"));
    assert_true(valid("a-"));
    assert_true(valid("a1234567890123456789012345678901234567890123456789"
                      "0123456789ab"));
    assert_true(valid("a1234567890123456789012345678901234567890123456789"
                      "0123456789abc"));

    assert_false(valid("a1234567890123456789012345678901234567890123456789"
                       "0123456789abcd"));
    assert_false(valid(""));
    assert_false(valid("-a"));
    assert_false(valid("A"));
    assert_false(valid("a_b"));
    assert_false(valid("a b"));
    assert_false(valid("a}"));
    assert_false(valid("{a"));
    assert_false(valid("a:b"));
    assert_false(valid("\xc3\xa9"));
    assert_false(crm_slug_valid(&nul));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_slug)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
