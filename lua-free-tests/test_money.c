/*
 * crm_money: weighting, sums, ISO 4217 and ISO 3166-1 codes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_money.h"


static int
exponent(const char *text)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_money_exponent(&s);
}


static int
country(const char *text)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_country_valid(&s);
}


static void
test_weighted(void **state)
{
    (void) state;

    assert_true(crm_money_weighted(0, 6000) == 0);
    assert_true(crm_money_weighted(100000, 6000) == 60000);
    assert_true(crm_money_weighted(100000, 0) == 0);
    assert_true(crm_money_weighted(100000, 10000) == 100000);

    /* half away from zero */
    assert_true(crm_money_weighted(1, 5000) == 1);
    assert_true(crm_money_weighted(1, 4999) == 0);
    assert_true(crm_money_weighted(3, 5000) == 2);
    assert_true(crm_money_weighted(-1, 5000) == -1);
    assert_true(crm_money_weighted(-1, 4999) == 0);
    assert_true(crm_money_weighted(-3, 5000) == -2);
    assert_true(crm_money_weighted(333, 3333) == 111);
    assert_true(crm_money_weighted(10001, 1) == 1);
    assert_true(crm_money_weighted(15000, 1) == 2);

    /* the product alone would not fit 64 bits */
    assert_true(crm_money_weighted(CRM_MONEY_MAX, 10000) == CRM_MONEY_MAX);
    assert_true(crm_money_weighted(-CRM_MONEY_MAX, 10000)
                == -CRM_MONEY_MAX);
    assert_true(crm_money_weighted(999999999999999LL, 3333)
                == 333300000000000LL);
    assert_true(crm_money_weighted(999999999999999LL, 5000)
                == 500000000000000LL);
}


static void
test_add(void **state)
{
    int64_t  sum = 5;

    (void) state;

    assert_int_equal(crm_money_add(&sum, -7), CRM_OK);
    assert_true(sum == -2);

    sum = INT64_MAX - 1;
    assert_int_equal(crm_money_add(&sum, 1), CRM_OK);
    assert_int_equal(crm_money_add(&sum, 1), CRM_DECLINED);
    assert_true(sum == INT64_MAX);

    sum = INT64_MIN;
    assert_int_equal(crm_money_add(&sum, -1), CRM_DECLINED);
    assert_true(sum == INT64_MIN);

    crm_money_sum(&sum, 3);
    assert_true(sum == INT64_MIN + 3);
    crm_money_sum(&sum, -4);
    assert_true(sum == INT64_MIN);

    sum = INT64_MAX - 3;
    crm_money_sum(&sum, 4);
    assert_true(sum == INT64_MAX);
}


static void
test_exponent(void **state)
{
    size_t  i;

    static const char  *two[] = {
        "EUR", "USD", "GBP", "IRR", "CHF", "TRY", "AED", "AFN", "INR",
        "CNY", "SEK", "HUF", "COP", "IDR", "MGA", "MRU", "XCD", "XCG",
        "ZWG", "VES", "UYU", "CHE", "MXV"
    };
    static const char  *none[] = {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
        "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"
    };
    static const char  *three[] = {
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"
    };
    static const char  *unknown[] = {
        "", "EU", "EURO", "eur", "Eur", "ABC", "XXX", "XTS", "XAU", "DEM",
        "FRF", "IRT", "CNH", "BTC", "E R", "\xc3\xa9X", "123"
    };

    (void) state;

    for (i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
        assert_int_equal(exponent(two[i]), 2);
    }

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(exponent(none[i]), 0);
    }

    for (i = 0; i < sizeof(three) / sizeof(three[0]); i++) {
        assert_int_equal(exponent(three[i]), 3);
    }

    assert_int_equal(exponent("CLF"), 4);
    assert_int_equal(exponent("UYW"), 4);

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_int_equal(exponent(unknown[i]), -1);
    }
}


static void
test_country(void **state)
{
    int   n;
    char  code[3] = "AA";

    (void) state;

    assert_true(country("DE"));
    assert_true(country("IR"));
    assert_true(country("US"));
    assert_true(country("GB"));
    assert_true(country("AX"));
    assert_true(country("SS"));
    assert_true(country("CW"));

    assert_false(country(""));
    assert_false(country("D"));
    assert_false(country("DEU"));
    assert_false(country("de"));
    assert_false(country("UK"));
    assert_false(country("EU"));
    assert_false(country("XK"));
    assert_false(country("CQ"));
    assert_false(country("ZZ"));
    assert_false(country("AN"));
    assert_false(country("SU"));
    assert_false(country("1A"));

    /* ISO 3166-1 assigns 249 */

    n = 0;

    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++) {
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++) {
            n += country(code);
        }
    }

    assert_int_equal(n, 249);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_weighted),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_exponent),
        cmocka_unit_test(test_country)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
