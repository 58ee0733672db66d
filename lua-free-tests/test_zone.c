/*
 * crm_zone: days and clocks of real zones, above all on the days on which
 * they change.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_time.h"
#include "crm_zone.h"


static int
teardown(void **state)
{
    (void) state;

    crm_zone_release();

    return 0;
}


static crm_str_t
str(const char *text)
{
    return (crm_str_t) { strlen(text), (u_char *) text };
}


static const crm_zone_t *
zone(const char *name)
{
    crm_str_t          s = str(name);
    const crm_zone_t  *z;

    z = crm_zone_get(&s);
    assert_non_null(z);

    return z;
}


static int64_t
date(const char *text)
{
    int64_t    day;
    crm_str_t  s = str(text);

    assert_int_equal(crm_date_parse(&s, &day), CRM_OK);

    return day;
}


static void
assert_instant(int64_t ms, const char *expected)
{
    char  p[CRM_INSTANT_LEN + 1];

    *crm_instant_print((u_char *) p, ms) = '\0';

    /* without seconds and fraction */
    p[16] = '\0';
    assert_string_equal(p, expected);
}


/* the instant before the start belongs to another date */

static void
assert_start(const char *name, const char *day, const char *expected)
{
    int64_t            start;
    const crm_zone_t  *z = zone(name);

    start = crm_zone_day_start(z, date(day));

    assert_instant(start, expected);
    assert_true(crm_zone_date(z, start) >= date(day));
    assert_true(crm_zone_date(z, start - 1) < date(day));
}


static void
assert_clock(const char *name, const char *day, int hour, int minute,
    const char *expected)
{
    assert_instant(crm_zone_instant(zone(name), date(day),
                                    hour * 3600000LL + minute * 60000LL),
                   expected);
}


static void
assert_offset(const char *name, const char *at, int64_t minutes)
{
    int64_t    ms;
    crm_str_t  s = str(at);

    assert_int_equal(crm_instant_parse(&s, &ms), CRM_OK);
    assert_true(crm_zone_offset(zone(name), ms) == minutes * 60000);
}


static void
test_names(void **state)
{
    size_t     i;
    crm_str_t  s, null = crm_null_string;
    crm_str_t  nul = crm_string("UTC\0");

    static const char  *good[] = {
        "UTC", "Etc/UTC", "Europe/Berlin", "Asia/Tehran", "America/New_York",
        "America/Argentina/Buenos_Aires", "America/Port-au-Prince",
        "Etc/GMT+3", "Etc/GMT-14", "EST5EDT", "Europe/Kyiv", "Asia/Calcutta",
        "America/Ciudad_Juarez"
    };
    static const char  *bad[] = {
        "", "/", "europe/berlin", "Europe/berlin", "EUROPE/BERLIN",
        "Europe/Berlin/", "/Europe/Berlin", "Europe//Berlin", "Europe",
        "Berlin", "GMT+3", "GMT+03:00", "+03:00", "Etc/Unknown", "JST",
        "localtime", "posixrules", "Factory", "right/UTC", "posix/UTC",
        "zone.tab", "tzdata.zi", "leapseconds", "../zoneinfo/UTC",
        "Europe/../UTC", "./UTC", "Europe/Berlin ", " UTC", "U\xc3\xa9",
        "CET-1CEST,M3.5.0,M10.5.0/3", ":UTC",
        "Americaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        s = str(good[i]);
        assert_non_null(crm_zone_get(&s));

        /* the second time from the table */
        assert_ptr_equal(crm_zone_get(&s), crm_zone_get(&s));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        s = str(bad[i]);
        assert_null(crm_zone_get(&s));
    }

    assert_null(crm_zone_get(&null));
    assert_null(crm_zone_get(&nul));
}


/* TZ of the process must make no difference */

static void
test_environment(void **state)
{
    (void) state;

    assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
    assert_offset("Asia/Tokyo", "2026-11-23T00:00:00Z", 540);
    assert_offset("UTC", "2026-07-23T00:00:00Z", 0);
    assert_int_equal(unsetenv("TZ"), 0);
}


static void
test_utc(void **state)
{
    (void) state;

    assert_start("UTC", "2026-11-23", "2026-11-23T00:00");
    assert_start("UTC", "0001-01-01", "0001-01-01T00:00");
    assert_start("UTC", "9999-12-31", "9999-12-31T00:00");
    assert_clock("UTC", "2026-11-23", 14, 26, "2026-11-23T14:26");
    assert_int_equal(crm_zone_date(zone("UTC"), -1), -1);
    assert_int_equal(crm_zone_date(zone("UTC"), 0), 0);
}


static void
test_tehran(void **state)
{
    (void) state;

    /* 2022 was the last year with daylight saving time, from midnight on */

    assert_start("Asia/Tehran", "2022-03-22", "2022-03-21T20:30");
    assert_clock("Asia/Tehran", "2022-03-22", 0, 30, "2022-03-21T21:00");
    assert_start("Asia/Tehran", "2022-09-22", "2022-09-21T20:30");
    assert_start("Asia/Tehran", "2026-03-22", "2026-03-21T20:30");
    assert_start("Asia/Tehran", "2026-07-01", "2026-06-30T20:30");
    assert_start("Asia/Tehran", "2090-07-01", "2090-06-30T20:30");
    assert_offset("Asia/Tehran", "2022-07-01T00:00:00Z", 270);
    assert_offset("Asia/Tehran", "2026-07-01T00:00:00Z", 210);
}


static void
test_berlin(void **state)
{
    (void) state;

    assert_start("Europe/Berlin", "2026-03-29", "2026-03-28T23:00");
    assert_start("Europe/Berlin", "2026-03-30", "2026-03-29T22:00");
    assert_start("Europe/Berlin", "2026-10-25", "2026-10-24T22:00");
    assert_start("Europe/Berlin", "2026-10-26", "2026-10-25T23:00");
    assert_start("Europe/Berlin", "2099-07-01", "2099-06-30T22:00");

    /* the gap from 2:00 to 3:00 */
    assert_clock("Europe/Berlin", "2026-03-29", 1, 59, "2026-03-29T00:59");
    assert_clock("Europe/Berlin", "2026-03-29", 2, 0, "2026-03-29T01:00");
    assert_clock("Europe/Berlin", "2026-03-29", 2, 30, "2026-03-29T01:30");
    assert_clock("Europe/Berlin", "2026-03-29", 3, 0, "2026-03-29T01:00");

    /* 2:00 to 3:00 twice: the earlier */
    assert_clock("Europe/Berlin", "2026-10-25", 1, 59, "2026-10-24T23:59");
    assert_clock("Europe/Berlin", "2026-10-25", 2, 30, "2026-10-25T00:30");
    assert_clock("Europe/Berlin", "2026-10-25", 3, 0, "2026-10-25T02:00");
}


static void
test_st_johns(void **state)
{
    (void) state;

    assert_start("America/St_Johns", "2026-03-08", "2026-03-08T03:30");
    assert_start("America/St_Johns", "2026-03-09", "2026-03-09T02:30");

    /* until 2011 the clock went back at 0:01: the date had two beginnings,
       of which the first counts */

    assert_start("America/St_Johns", "2010-11-07", "2010-11-07T02:30");
    assert_start("America/St_Johns", "2010-11-08", "2010-11-08T03:30");
    assert_clock("America/St_Johns", "2010-11-07", 0, 0, "2010-11-07T02:30");
    assert_clock("America/St_Johns", "2010-11-07", 0, 1, "2010-11-07T03:31");
    assert_clock("America/St_Johns", "2010-11-06", 23, 30,
                 "2010-11-07T02:00");
}


static void
test_lord_howe(void **state)
{
    (void) state;

    assert_start("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00");
    assert_start("Australia/Lord_Howe", "2026-04-06", "2026-04-05T13:30");
    assert_start("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30");
    assert_start("Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00");

    /* half an hour: 2:00 is 2:30, and 1:45 is twice */
    assert_clock("Australia/Lord_Howe", "2026-10-04", 2, 15,
                 "2026-10-03T15:45");
    assert_clock("Australia/Lord_Howe", "2026-04-05", 1, 45,
                 "2026-04-04T14:45");
}


static void
test_apia(void **state)
{
    (void) state;

    /* 2011-12-30 never was */

    assert_start("Pacific/Apia", "2011-12-29", "2011-12-29T10:00");
    assert_start("Pacific/Apia", "2011-12-30", "2011-12-30T10:00");
    assert_start("Pacific/Apia", "2011-12-31", "2011-12-30T10:00");
    assert_clock("Pacific/Apia", "2011-12-29", 23, 59, "2011-12-30T09:59");
    assert_clock("Pacific/Apia", "2011-12-30", 12, 0, "2011-12-30T22:00");
    assert_clock("Pacific/Apia", "2011-12-31", 12, 0, "2011-12-30T22:00");
    assert_true(crm_zone_date(zone("Pacific/Apia"), 1325239199999LL)
                == date("2011-12-29"));
    assert_true(crm_zone_date(zone("Pacific/Apia"), 1325239200000LL)
                == date("2011-12-31"));
}


/* midnight is skipped, or comes twice */

static void
test_midnight(void **state)
{
    (void) state;

    assert_start("Africa/Cairo", "2026-04-24", "2026-04-23T22:00");
    assert_start("Africa/Cairo", "2026-10-30", "2026-10-29T22:00");
    assert_start("Africa/Cairo", "2026-10-31", "2026-10-30T22:00");
    assert_clock("Africa/Cairo", "2026-04-24", 0, 0, "2026-04-23T22:00");
    assert_clock("Africa/Cairo", "2026-04-24", 0, 59, "2026-04-23T22:59");
    assert_clock("Africa/Cairo", "2026-04-24", 1, 0, "2026-04-23T22:00");
    assert_clock("Africa/Cairo", "2026-10-29", 23, 30, "2026-10-29T20:30");

    assert_start("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00");
    assert_start("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00");
    assert_start("America/Havana", "2026-03-08", "2026-03-08T05:00");
    assert_start("America/Havana", "2026-11-01", "2026-11-01T04:00");
    assert_start("America/Nuuk", "2026-03-29", "2026-03-29T01:00");
}


static void
test_far_offsets(void **state)
{
    (void) state;

    assert_start("Pacific/Kiritimati", "2026-11-23", "2026-11-22T10:00");
    assert_start("Pacific/Pago_Pago", "2026-01-01", "2026-01-01T11:00");
    assert_offset("Etc/GMT+12", "2026-01-01T00:00:00Z", -720);
    assert_offset("Etc/GMT-14", "2026-01-01T00:00:00Z", 840);
    assert_offset("Asia/Kathmandu", "2026-01-01T00:00:00Z", 345);
}


/* what changed after ICU 72 was made: zone files must be the source */

static void
test_recent_changes(void **state)
{
    (void) state;

    assert_offset("Africa/Cairo", "2026-07-01T00:00:00Z", 180);
    assert_offset("America/Mexico_City", "2026-07-01T00:00:00Z", -360);
    assert_offset("Asia/Almaty", "2026-07-01T00:00:00Z", 300);
    assert_offset("America/Nuuk", "2026-01-01T00:00:00Z", -120);
}


/*
 * For every day of some years: it starts where its date does, days follow
 * each other, and every half hour is itself, or later by the gap it is in.
 */

static void
test_every_day(void **state)
{
    size_t             i;
    int64_t            day, start, next, ms, at, again;
    const crm_zone_t  *z;

    static const char  *names[] = {
        "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
        "Pacific/Apia", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza",
        "America/Nuuk", "Antarctica/Troll", "Europe/Dublin"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        z = zone(names[i]);

        for (day = date("2006-01-01"); day < date("2030-01-01"); day++) {
            start = crm_zone_day_start(z, day);
            next = crm_zone_day_start(z, day + 1);

            assert_true(next >= start);
            assert_true(crm_zone_date(z, start - 1) < day);
            assert_true(crm_zone_date(z, start)
                        == (next > start ? day : day + 1));

            for (ms = 0; ms < CRM_DAY_MS; ms += CRM_DAY_MS / 48) {
                at = crm_zone_instant(z, day, ms);
                again = at + crm_zone_offset(z, at);

                assert_true(again >= day * CRM_DAY_MS + ms);
                assert_true(again - (day * CRM_DAY_MS + ms) <= CRM_DAY_MS);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_utc),
        cmocka_unit_test(test_tehran),
        cmocka_unit_test(test_berlin),
        cmocka_unit_test(test_st_johns),
        cmocka_unit_test(test_lord_howe),
        cmocka_unit_test(test_apia),
        cmocka_unit_test(test_midnight),
        cmocka_unit_test(test_far_offsets),
        cmocka_unit_test(test_recent_changes),
        cmocka_unit_test(test_every_day)
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
