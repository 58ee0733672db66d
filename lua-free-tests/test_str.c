/*
 * crm_str: order, integers, nearest name.
 */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_str.h"


static void
assert_print(u_char *last, u_char *p, const char *text)
{
    assert_int_equal(last - p, strlen(text));
    assert_memory_equal(p, text, strlen(text));
}


static int
parse(const char *text, int64_t *value)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_str_int(&s, value);
}


static void
test_equal(void **state)
{
    crm_str_t  a = crm_string("lead"), b = crm_string("lead");
    crm_str_t  c = crm_string("leaf"), none = crm_null_string;

    (void) state;

    assert_true(crm_str_eq(&a, &b));
    assert_false(crm_str_eq(&a, &c));
    assert_false(crm_str_eq(&a, &none));
    assert_true(crm_str_eq(&none, &none));
    assert_true(crm_str_is(&a, "lead"));
    assert_false(crm_str_is(&a, "leads"));
    assert_true(crm_str_is(&none, ""));
}


static void
test_part(void **state)
{
    crm_str_t  rest = crm_string("a,,bc"), none = crm_null_string, part;

    (void) state;

    part = crm_str_part(&rest, ',');
    assert_true(crm_str_is(&part, "a"));
    part = crm_str_part(&rest, ',');
    assert_true(crm_str_is(&part, ""));
    part = crm_str_part(&rest, ';');
    assert_true(crm_str_is(&part, "bc"));
    assert_int_equal(rest.len, 0);

    part = crm_str_part(&rest, ',');
    assert_int_equal(part.len, 0);
    part = crm_str_part(&none, ',');
    assert_int_equal(part.len, 0);
}


static void
test_cmp(void **state)
{
    crm_str_t  a = crm_string("abc"), b = crm_string("abd");
    crm_str_t  shorter = crm_string("ab"), none = crm_null_string;
    crm_str_t  high = crm_string("\xff");

    (void) state;

    assert_true(crm_str_cmp(&a, &b) < 0);
    assert_true(crm_str_cmp(&b, &a) > 0);
    assert_int_equal(crm_str_cmp(&a, &a), 0);
    assert_true(crm_str_cmp(&shorter, &a) < 0);
    assert_true(crm_str_cmp(&a, &shorter) > 0);
    assert_true(crm_str_cmp(&none, &shorter) < 0);
    assert_int_equal(crm_str_cmp(&none, &none), 0);
    assert_true(crm_str_cmp(&high, &a) > 0);
}


static void
test_int(void **state)
{
    size_t   i;
    int64_t  value;

    static const char  *refused[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "--1", "1-",
        "9223372036854775808", "-9223372036854775809",
        "99999999999999999999", "18446744073709551616", "\xd9\xa1"
    };

    (void) state;

    assert_int_equal(parse("0", &value), CRM_OK);
    assert_true(value == 0);
    assert_int_equal(parse("-0", &value), CRM_OK);
    assert_true(value == 0);
    assert_int_equal(parse("007", &value), CRM_OK);
    assert_true(value == 7);
    assert_int_equal(parse("-12", &value), CRM_OK);
    assert_true(value == -12);
    assert_int_equal(parse("9223372036854775807", &value), CRM_OK);
    assert_true(value == INT64_MAX);
    assert_int_equal(parse("-9223372036854775808", &value), CRM_OK);
    assert_true(value == INT64_MIN);

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        value = 5;
        assert_int_equal(parse(refused[i], &value), CRM_DECLINED);
        assert_true(value == 5);
    }
}


static void
test_print(void **state)
{
    u_char  p[32];

    (void) state;

    assert_print(crm_int_print(p, 0), p, "0");
    assert_print(crm_int_print(p, 7), p, "7");
    assert_print(crm_int_print(p, 10), p, "10");
    assert_print(crm_int_print(p, 99), p, "99");
    assert_print(crm_int_print(p, 100), p, "100");
    assert_print(crm_int_print(p, 12345), p, "12345");
    assert_print(crm_int_print(p, -1), p, "-1");
    assert_print(crm_int_print(p, INT64_MAX), p, "9223372036854775807");
    assert_print(crm_int_print(p, INT64_MIN), p, "-9223372036854775808");
}


static void
test_id10(void **state)
{
    u_char  p[32];

    (void) state;

    assert_print(crm_id10_print(p, 0), p, "0000000000");
    assert_print(crm_id10_print(p, 42), p, "0000000042");
    assert_print(crm_id10_print(p, 9999999999LL), p, "9999999999");
    assert_print(crm_id10_print(p, 10000000000LL), p, "10000000000");
}


static void
test_nearest(void **state)
{
    crm_str_t         s;
    const crm_str_t  *nearest;

    static const crm_str_t  names[] = {
        crm_string("name"), crm_string("email"), crm_string("phone"),
        crm_string("expected_revenue"), crm_string("id"),
        crm_string("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                   "aaaaaaaaaaaaaaaaa")
    };

    (void) state;

    s = crm_str("emal");
    nearest = crm_str_nearest(&s, names, 6);
    assert_ptr_equal(nearest, &names[1]);

    s = crm_str("expeced_revenu");
    nearest = crm_str_nearest(&s, names, 6);
    assert_ptr_equal(nearest, &names[3]);

    s = crm_str("phone");
    assert_ptr_equal(crm_str_nearest(&s, names, 6), &names[2]);

    s = crm_str("i");
    assert_ptr_equal(crm_str_nearest(&s, names, 6), &names[4]);

    s = crm_str("emial");
    assert_ptr_equal(crm_str_nearest(&s, names, 6), &names[1]);

    /* nearer by edits are others: what it begins counts as near */
    s = crm_str("expected");
    assert_ptr_equal(crm_str_nearest(&s, names, 6), &names[3]);

    /* there always is a nearest one */
    s = crm_str("colour");
    assert_ptr_equal(crm_str_nearest(&s, names, 6), &names[2]);
    assert_null(crm_str_nearest(&s, names, 0));

    /* too long to be a slip of the pen, though but one byte is missing */
    s = crm_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaa");
    assert_null(crm_str_nearest(&s, names, 6));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_cmp),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_id10),
        cmocka_unit_test(test_nearest)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
