/*
 * The Persian calendar.  The new-year days are those of the astronomical
 * calendar: the day in Tehran whose noon follows the March equinox.
 */

#include "domain.h"

#include <unicode/ucal.h>

#include "crm_jalali.h"


static const struct {
    int          year;
    const char  *new_year;
} published[] = {
    { 1370, "1991-03-21" },
    { 1371, "1992-03-21" },
    { 1372, "1993-03-21" },
    { 1373, "1994-03-21" },
    { 1374, "1995-03-21" },
    { 1375, "1996-03-20" },
    { 1376, "1997-03-21" },
    { 1377, "1998-03-21" },
    { 1378, "1999-03-21" },
    { 1379, "2000-03-20" },
    { 1380, "2001-03-21" },
    { 1381, "2002-03-21" },
    { 1382, "2003-03-21" },
    { 1383, "2004-03-20" },
    { 1384, "2005-03-21" },
    { 1385, "2006-03-21" },
    { 1386, "2007-03-21" },
    { 1387, "2008-03-20" },
    { 1388, "2009-03-21" },
    { 1389, "2010-03-21" },
    { 1390, "2011-03-21" },
    { 1391, "2012-03-20" },
    { 1392, "2013-03-21" },
    { 1393, "2014-03-21" },
    { 1394, "2015-03-21" },
    { 1395, "2016-03-20" },
    { 1396, "2017-03-21" },
    { 1397, "2018-03-21" },
    { 1398, "2019-03-21" },
    { 1399, "2020-03-20" },
    { 1400, "2021-03-21" },
    { 1401, "2022-03-21" },
    { 1402, "2023-03-21" },
    { 1403, "2024-03-20" },
    { 1404, "2025-03-21" },
    { 1405, "2026-03-21" },
    { 1406, "2027-03-21" },
    { 1407, "2028-03-20" },
    { 1408, "2029-03-20" },
    { 1409, "2030-03-21" },
    { 1410, "2031-03-21" },
    { 1411, "2032-03-20" },
    { 1412, "2033-03-20" },
    { 1413, "2034-03-21" },
    { 1414, "2035-03-21" },
    { 1415, "2036-03-20" },
    { 1416, "2037-03-20" },
    { 1417, "2038-03-21" },
    { 1418, "2039-03-21" },
    { 1419, "2040-03-20" },
    { 1420, "2041-03-20" },
    { 1421, "2042-03-21" },
    { 1422, "2043-03-21" },
    { 1423, "2044-03-20" },
    { 1424, "2045-03-20" },
    { 1425, "2046-03-21" },
    { 1426, "2047-03-21" },
    { 1427, "2048-03-20" },
    { 1428, "2049-03-20" },
    { 1429, "2050-03-21" },
    { 1430, "2051-03-21" },
    { 1431, "2052-03-20" },
    { 1432, "2053-03-20" },
    { 1433, "2054-03-21" },
    { 1434, "2055-03-21" },
    { 1435, "2056-03-20" },
    { 1436, "2057-03-20" },
    { 1437, "2058-03-21" },
    { 1438, "2059-03-21" },
    { 1439, "2060-03-20" },
    { 1440, "2061-03-20" },
    { 1441, "2062-03-20" },
    { 1442, "2063-03-21" },
    { 1443, "2064-03-20" },
    { 1444, "2065-03-20" },
    { 1445, "2066-03-20" },
    { 1446, "2067-03-21" },
    { 1447, "2068-03-20" },
    { 1448, "2069-03-20" },
    { 1449, "2070-03-20" },
    { 1450, "2071-03-21" }
};

#define YEARS  (sizeof(published) / sizeof(published[0]))


static int64_t
date(const char *text)
{
    int64_t    day;
    crm_str_t  s = str(text);

    assert_int_equal(crm_date_parse(&s, &day), CRM_OK);

    return day;
}


static void
assert_jalali(const char *text, int year, int month, int day)
{
    int  y, m, d;

    crm_jalali_from_date(date(text), &y, &m, &d);

    assert_int_equal(y, year);
    assert_int_equal(m, month);
    assert_int_equal(d, day);
    assert_int_equal(crm_jalali_to_date(year, month, day), date(text));
}


static void
test_new_year(void **state)
{
    size_t  i;

    (void) state;

    assert_int_equal(YEARS, 81);

    for (i = 0; i < YEARS; i++) {
        assert_int_equal(published[i].year, 1370 + (int) i);
        assert_jalali(published[i].new_year, published[i].year, 1, 1);
    }
}


static void
test_days(void **state)
{
    (void) state;

    assert_jalali("1979-02-11", 1357, 11, 22);
    assert_jalali("2021-03-20", 1399, 12, 30);      /* a leap year */
    assert_jalali("2025-03-20", 1403, 12, 30);
    assert_jalali("2026-03-20", 1404, 12, 29);
    assert_jalali("2026-09-22", 1405, 6, 31);
    assert_jalali("2026-09-23", 1405, 7, 1);
    assert_jalali("2026-11-27", 1405, 9, 6);
    assert_jalali("1970-01-01", 1348, 10, 11);
}


/* every day of two centuries follows the one before */

static void
test_every_day(void **state)
{
    int      y, m, d, year, month, day;
    int64_t  i;

    (void) state;

    crm_jalali_from_date(date("1900-01-01"), &y, &m, &d);

    for (i = date("1900-01-01") + 1; i < date("2100-01-01"); i++) {
        crm_jalali_from_date(i, &year, &month, &day);

        assert_int_equal(crm_jalali_to_date(year, month, day), i);

        if (day != 1) {
            assert_true(year == y && month == m && day == d + 1);

        } else if (month != 1) {
            assert_true(year == y && month == m + 1 && d >= 30);

        } else {
            assert_true(year == y + 1 && m == 12 && d >= 29);
        }

        y = year;
        m = month;
        d = day;
    }
}


/* the same days as ICU's calendar has them */

static void
test_icu(void **state)
{
    int         y, m, d;
    int64_t     i;
    UErrorCode  rc = U_ZERO_ERROR;
    UCalendar  *cal;

    (void) state;

    cal = ucal_open(u"UTC", -1, "fa_IR@calendar=persian", UCAL_TRADITIONAL,
                    &rc);
    assert_true(U_SUCCESS(rc));

    for (i = date("1991-03-01"); i < date("2072-04-01"); i += 7) {
        ucal_setMillis(cal, (double) i * CRM_DAY_MS, &rc);
        crm_jalali_from_date(i, &y, &m, &d);

        assert_int_equal(ucal_get(cal, UCAL_EXTENDED_YEAR, &rc), y);
        assert_int_equal(ucal_get(cal, UCAL_MONTH, &rc) + 1, m);
        assert_int_equal(ucal_get(cal, UCAL_DATE, &rc), d);
    }

    assert_true(U_SUCCESS(rc));
    ucal_close(cal);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_new_year),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_icu)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
