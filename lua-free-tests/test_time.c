/*
 * crm_time: RFC 3339, calendar, months.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_time.h"


static int
instant(const char *text, int64_t *ms)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_instant_parse(&s, ms);
}


static int
date(const char *text, int64_t *day)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_date_parse(&s, day);
}


static void
assert_instant(const char *text, int64_t expected)
{
    int64_t  ms;

    assert_int_equal(instant(text, &ms), CRM_OK);
    assert_true(ms == expected);
}


static void
assert_months(const char *from, int64_t months, const char *expected)
{
    u_char   p[CRM_DATE_LEN];
    int64_t  day;

    assert_int_equal(date(from, &day), CRM_OK);
    assert_ptr_equal(crm_date_print(p, crm_date_add_months(day, months)),
                     p + CRM_DATE_LEN);
    assert_memory_equal(p, expected, CRM_DATE_LEN);
}


static void
test_instant(void **state)
{
    (void) state;

    assert_instant("1970-01-01T00:00:00Z", 0);
    assert_instant("1969-12-31T23:59:59.999Z", -1);
    assert_instant("2026-11-23T14:26:00.000Z", 1795443960000LL);
    assert_instant("2026-11-23t14:26:00z", 1795443960000LL);
    assert_instant("2026-11-23T17:56:00+03:30", 1795443960000LL);
    assert_instant("2026-11-23T10:56:00-03:30", 1795443960000LL);
    assert_instant("2026-11-24T00:26:00.0+10:00", 1795443960000LL);
    assert_instant("2026-11-23T14:26:00-00:00", 1795443960000LL);

    /* fractions are cut, not rounded */
    assert_instant("2026-11-23T14:26:00.5Z", 1795443960500LL);
    assert_instant("2026-11-23T14:26:00.05Z", 1795443960050LL);
    assert_instant("2026-11-23T14:26:00.0019999999Z", 1795443960001LL);
    assert_instant("1969-12-31T23:59:59.9999Z", -1);

    assert_instant("2024-02-29T00:00:00Z", 1709164800000LL);
    assert_instant("0001-01-01T00:00:00Z", -62135596800000LL);
    assert_instant("9999-12-31T23:59:59.999Z", 253402300799999LL);
}


static void
test_leap_second(void **state)
{
    int64_t  ms;

    (void) state;

    assert_instant("2016-12-31T23:59:60Z", 1483228799999LL);
    assert_instant("2016-12-31T23:59:60.250Z", 1483228799999LL);
    assert_instant("2017-01-01T03:29:60+03:30", 1483228799999LL);

    assert_int_equal(instant("2016-12-31T12:00:60Z", &ms), CRM_DECLINED);
    assert_int_equal(instant("2016-12-31T23:59:60+01:00", &ms),
                     CRM_DECLINED);
    assert_int_equal(instant("2016-12-31T23:59:61Z", &ms), CRM_DECLINED);
}


static void
test_instant_refused(void **state)
{
    size_t   i;
    int64_t  ms;

    static const char  *refused[] = {
        "", "2026-11-23", "2026-11-23T14:26Z", "2026-11-23T14:26:00",
        "2026-11-23 14:26:00Z", "2026-11-23T14:26:00 Z",
        "2026-11-23T14:26:00.Z", "2026-11-23T14:26:00,5Z",
        "2026-11-23T14:26:00+0330", "2026-11-23T14:26:00+03",
        "2026-11-23T14:26:00+24:00", "2026-11-23T14:26:00+03:60",
        "2026-11-23T14:26:00+3:300", "2026-11-23T14:26:00ZZ",
        "2026-11-23T24:00:00Z", "2026-11-23T14:60:00Z",
        "2026-13-23T14:26:00Z", "2026-00-23T14:26:00Z",
        "2026-11-31T14:26:00Z", "2026-11-00T14:26:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "12026-11-23T14:26:00Z",
        "+026-11-23T14:26:00Z", "2026-11-23T14:26:00.5+03:3",
        "2026-11-23T-4:26:00Z", "2026-1 -23T14:26:00Z"
    };

    (void) state;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(instant(refused[i], &ms), CRM_DECLINED);
    }
}


static void
test_instant_print(void **state)
{
    u_char  p[CRM_INSTANT_LEN];

    (void) state;

    assert_ptr_equal(crm_instant_print(p, 1795443960000LL),
                     p + CRM_INSTANT_LEN);
    assert_memory_equal(p, "2026-11-23T14:26:00.000Z", CRM_INSTANT_LEN);

    (void) crm_instant_print(p, -1);
    assert_memory_equal(p, "1969-12-31T23:59:59.999Z", CRM_INSTANT_LEN);

    (void) crm_instant_print(p, -62135596800000LL);
    assert_memory_equal(p, "0001-01-01T00:00:00.000Z", CRM_INSTANT_LEN);

    (void) crm_instant_print(p, 253402300799999LL);
    assert_memory_equal(p, "9999-12-31T23:59:59.999Z", CRM_INSTANT_LEN);
}


static void
test_date(void **state)
{
    size_t   i;
    u_char   p[CRM_DATE_LEN];
    int64_t  day;

    static const char  *refused[] = {
        "", "2026-11-3", "2026-11-031", "20261123", "2026/11/23",
        "2026-02-29", "2100-02-29", "0000-01-01", "2026-11-31",
        "2026-11-23T", "-026-11-23"
    };

    (void) state;

    assert_int_equal(date("1970-01-01", &day), CRM_OK);
    assert_int_equal(day, 0);
    assert_int_equal(date("2000-02-29", &day), CRM_OK);
    assert_int_equal(day, 11016);
    assert_int_equal(date("0001-01-01", &day), CRM_OK);
    assert_int_equal(day, -719162);
    assert_int_equal(date("9999-12-31", &day), CRM_OK);
    assert_int_equal(day, 2932896);

    (void) crm_date_print(p, -719162);
    assert_memory_equal(p, "0001-01-01", CRM_DATE_LEN);
    (void) crm_date_print(p, 11016);
    assert_memory_equal(p, "2000-02-29", CRM_DATE_LEN);

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(date(refused[i], &day), CRM_DECLINED);
    }
}


static void
test_every_day(void **state)
{
    int      y, m, d;
    int64_t  day;

    (void) state;

    for (day = -719162; day <= 2932896; day++) {
        crm_date_to_civil(day, &y, &m, &d);

        if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31
            || crm_date_from_civil(y, m, d) != day)
        {
            fail_msg("day %lld is %d-%d-%d", (long long) day, y, m, d);
        }
    }
}


static void
test_add_months(void **state)
{
    (void) state;

    assert_months("2026-01-31", 1, "2026-02-28");
    assert_months("2024-01-31", 1, "2024-02-29");
    assert_months("2026-01-31", 2, "2026-03-31");
    assert_months("2026-03-31", -1, "2026-02-28");
    assert_months("2024-02-29", 12, "2025-02-28");
    assert_months("2026-11-15", 3, "2027-02-15");
    assert_months("2026-01-15", -1, "2025-12-15");
    assert_months("2026-01-15", 0, "2026-01-15");
    assert_months("2026-08-31", -6, "2026-02-28");

    /* never beyond the years that can be written */
    assert_months("9999-12-15", 1, "9999-12-31");
    assert_months("0001-01-15", -1, "0001-01-01");
    assert_months("2026-01-15", INT64_MAX, "9999-12-31");
    assert_months("2026-01-15", INT64_MIN, "0001-01-01");
}


static void
test_add_days(void **state)
{
    (void) state;

    assert_int_equal(crm_date_add_days(0, 31), 31);
    assert_int_equal(crm_date_add_days(0, -1), -1);

    /* never beyond the years that can be written */
    assert_int_equal(crm_date_add_days(CRM_DAY_MAX - 1, 1), CRM_DAY_MAX);
    assert_int_equal(crm_date_add_days(CRM_DAY_MAX - 1, 7000), CRM_DAY_MAX);
    assert_int_equal(crm_date_add_days(CRM_DAY_MIN + 1, -1), CRM_DAY_MIN);
    assert_int_equal(crm_date_add_days(CRM_DAY_MIN, -1), CRM_DAY_MIN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_instant),
        cmocka_unit_test(test_leap_second),
        cmocka_unit_test(test_instant_refused),
        cmocka_unit_test(test_instant_print),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_add_months),
        cmocka_unit_test(test_add_days)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
