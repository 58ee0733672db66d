/*
 * crm_key: slugs and hash slots; the slots are CLUSTER KEYSLOT's answers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_key.h"


static int
valid(const char *text)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_slug_valid(&s);
}


static unsigned
slot(const char *text)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_key_slot(&s);
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


static void
test_slot(void **state)
{
    (void) state;

    assert_int_equal(slot("123456789"), 0x31c3);
    assert_int_equal(slot("{t1}"), 8943);
    assert_int_equal(slot("{acme}"), 11304);
    assert_int_equal(slot("acme"), 11304);
    assert_int_equal(slot("crm:{acme}:L:1"), 11304);
    assert_int_equal(slot("crm:{acme}:{t1}"), 11304);
    assert_int_equal(slot("foo"), 12182);
    assert_int_equal(slot("bar"), 5061);
    assert_int_equal(slot(""), 0);

    /* no tag: the whole key */
    assert_int_equal(slot("foo{}{bar}"), 8363);
    assert_int_not_equal(slot("{foo"), slot("foo"));
    assert_int_not_equal(slot("foo}"), slot("foo"));
    assert_int_not_equal(slot("}{foo"), slot("foo"));
}


static void
test_prefix(void **state)
{
    crm_str_t    slug = crm_string("acme"), prefix;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);

    assert_int_equal(crm_key_prefix(&a, &slug, &prefix), CRM_OK);
    assert_true(crm_str_is(&prefix, "crm:{acme}:"));

    crm_arena_reset(&a);
    crm_arena_release_free();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_slug),
        cmocka_unit_test(test_slot),
        cmocka_unit_test(test_prefix)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
