/*
 * crm_tzif: zone files made here by hand, whole and damaged; POSIX rules.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_time.h"
#include "crm_tzif.h"


static u_char  file[2048];
static size_t  file_len;


static void
put(uint64_t value, int bytes)
{
    while (bytes-- > 0) {
        file[file_len++] = (u_char) (value >> (8 * bytes));
    }
}


static void
put_header(unsigned times, unsigned types)
{
    memcpy(file + file_len, "TZif2", 5);
    memset(file + file_len + 5, 0, 15);
    file_len += 20;

    put(0, 4);
    put(0, 4);
    put(0, 4);
    put(times, 4);
    put(types, 4);
    put(4, 4);
}


/* types: 0 is +1000 s, 1 is +3600 s, 2 is +7200 s, 3 is +7200 s again */

static void
make(unsigned n, const int64_t *times, const u_char *types,
    const char *footer)
{
    unsigned  i;

    static const int64_t  offsets[] = { 1000, 3600, 7200, 7200 };

    file_len = 0;

    put_header(0, 0);
    put(0, 4);
    put_header(n, 4);

    for (i = 0; i < n; i++) {
        put((uint64_t) times[i], 8);
    }

    for (i = 0; i < n; i++) {
        put(types[i], 1);
    }

    for (i = 0; i < 4; i++) {
        put((uint64_t) offsets[i], 4);
        put(i >= 2, 1);
        put(0, 1);
    }

    put(0, 4);

    memcpy(file + file_len, footer, strlen(footer));
    file_len += strlen(footer);
}


static int
parse_footer(crm_tzif_t *table, const char *footer)
{
    make(0, NULL, NULL, footer);

    return crm_tzif_parse(table, file, file_len);
}


static int64_t
instant(const char *text)
{
    int64_t    ms;
    crm_str_t  s = { strlen(text), (u_char *) text };

    assert_int_equal(crm_instant_parse(&s, &ms), CRM_OK);

    return ms;
}


/* two segments in a row that begin at these instants with these offsets */

static void
assert_year(const char *footer, const char *first, int64_t first_offset,
    const char *second, int64_t second_offset)
{
    size_t      i;
    crm_tzif_t  table;

    assert_int_equal(parse_footer(&table, footer), CRM_OK);

    for (i = 1; i + 1 < table.n && table.at[i] < instant(first); i++) {
        /* void */
    }

    assert_true(i + 1 < table.n);
    assert_true(table.at[i] == instant(first));
    assert_true(table.offset[i] == first_offset * 1000);
    assert_true(table.at[i + 1] == instant(second));
    assert_true(table.offset[i + 1] == second_offset * 1000);

    crm_tzif_free(&table);
}


static void
test_transitions(void **state)
{
    crm_tzif_t  table;

    static const int64_t  times[] = { -1000, 0, 5000, 6000, 7000 };
    static const u_char   types[] = { 1, 2, 3, 1, 1 };

    (void) state;

    make(5, times, types, "\n<+01>-1\n");
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_OK);

    /* changes of name alone are none */
    assert_int_equal(table.n, 4);
    assert_true(table.at[0] == INT64_MIN);
    assert_true(table.offset[0] == 1000000);
    assert_true(table.at[1] == -1000000);
    assert_true(table.offset[1] == 3600000);
    assert_true(table.at[2] == 0);
    assert_true(table.offset[2] == 7200000);
    assert_true(table.at[3] == 6000000);
    assert_true(table.offset[3] == 3600000);

    crm_tzif_free(&table);
    assert_null(table.at);
}


static void
test_no_transition(void **state)
{
    crm_tzif_t  table;

    (void) state;

    assert_int_equal(parse_footer(&table, "\n\n"), CRM_OK);
    assert_int_equal(table.n, 1);
    assert_true(table.at[0] == INT64_MIN);
    assert_true(table.offset[0] == 1000000);
    crm_tzif_free(&table);
}


static void
test_big_bang(void **state)
{
    crm_tzif_t  table;

    static const int64_t  times[] = { -576460752303423488LL, 0 };
    static const u_char   types[] = { 1, 2 };

    (void) state;

    make(2, times, types, "\n\n");
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_OK);
    assert_int_equal(table.n, 3);
    assert_true(table.at[1] < instant("0001-01-01T00:00:00Z"));
    assert_true(table.at[2] == 0);
    crm_tzif_free(&table);
}


static void
test_rules(void **state)
{
    (void) state;

    assert_year("\nCET-1CEST,M3.5.0,M10.5.0/3\n",
                "2026-03-29T01:00:00Z", 7200, "2026-10-25T01:00:00Z", 3600);
    assert_year("\nNST3:30NDT,M3.2.0,M11.1.0\n",
                "2100-03-14T05:30:00Z", -9000,
                "2100-11-07T04:30:00Z", -12600);

    /* south: the end comes first; half an hour */
    assert_year("\n<+1030>-10:30<+11>-11,M10.1.0,M4.1.0\n",
                "2026-04-04T15:00:00Z", 37800,
                "2026-10-03T15:30:00Z", 39600);

    /* before midnight, and more than a day after */
    assert_year("\n<-02>2<-01>,M3.5.0/-1,M10.5.0/0\n",
                "2026-03-29T01:00:00Z", -3600,
                "2026-10-25T01:00:00Z", -7200);
    assert_year("\nIST-2IDT,M3.4.4/26,M10.5.0\n",
                "2026-03-27T00:00:00Z", 10800,
                "2026-10-24T23:00:00Z", 7200);

    /* winter time that is the exception */
    assert_year("\nIST-1GMT0,M10.5.0,M3.5.0/1\n",
                "2026-03-29T01:00:00Z", 3600, "2026-10-25T01:00:00Z", 0);

    /* midnight, as in Cairo */
    assert_year("\nEET-2EEST,M4.5.5/0,M10.5.4/24\n",
                "2026-04-23T22:00:00Z", 10800,
                "2026-10-29T21:00:00Z", 7200);

    /* days of the year: 60 is 1 March with J, 29 February or 1 March
       counted from zero without */
    assert_year("\nAAA0BBB,J60/0,J365/0\n",
                "2024-03-01T00:00:00Z", 3600, "2024-12-30T23:00:00Z", 0);
    assert_year("\nAAA0BBB,J59/0,J1/0\n",
                "2023-12-31T23:00:00Z", 0, "2024-02-28T00:00:00Z", 3600);
    assert_year("\nAAA0BBB,59/0,364/0\n",
                "2024-02-29T00:00:00Z", 3600, "2024-12-29T23:00:00Z", 0);
    assert_year("\nAAA0BBB,59/0,364/0\n",
                "2023-03-01T00:00:00Z", 3600, "2023-12-30T23:00:00Z", 0);
    assert_year("\nAAA0:00:30BBB+1:0:1,M2.1.1,M3.1.1/1:2:3\n",
                "2026-02-02T02:00:30Z", -3601,
                "2026-03-02T02:02:04Z", -30);
}


static void
test_rule_continues(void **state)
{
    crm_tzif_t  table;

    static const int64_t  times[] = { 1774746000, 1792890000 };
    static const u_char   types[] = { 2, 1 };

    (void) state;

    /* the transitions of 2026, then those of 2027 by the rule */

    make(2, times, types, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_OK);
    assert_true(table.at[1] == instant("2026-03-29T01:00:00Z"));
    assert_true(table.at[2] == instant("2026-10-25T01:00:00Z"));
    assert_true(table.at[3] == instant("2027-03-28T01:00:00Z"));
    assert_true(table.at[table.n - 1] == instant("2100-10-31T01:00:00Z"));
    assert_int_equal(table.n, 3 + 2 * 74);
    crm_tzif_free(&table);
}


static void
test_daylight_all_year(void **state)
{
    size_t      i;
    crm_tzif_t  table;

    (void) state;

    assert_int_equal(parse_footer(&table, "\nXXX3EDT4,0/0,J365/23\n"),
                     CRM_OK);

    for (i = 2; i < table.n; i++) {
        assert_true(table.at[i] > table.at[i - 1]);
        assert_true(table.offset[i] != table.offset[i - 1]);
    }

    assert_true(table.n <= 3);
    crm_tzif_free(&table);
}


static void
test_footer_refused(void **state)
{
    size_t      i;
    crm_tzif_t  table;

    static const char  *refused[] = {
        "", "\n", "CET-1\n", "\nCET-1", "\nCET\n", "\n-1\n", "\n<+01-1\n",
        "\nCET-1CEST\n", "\nCET-1CEST,\n", "\nCET-1CEST,M3.5.0\n",
        "\nCET-1CEST,M3.5.0,\n", "\nCET-1CEST,M13.5.0,M10.5.0\n",
        "\nCET-1CEST,M0.5.0,M10.5.0\n", "\nCET-1CEST,M3.6.0,M10.5.0\n",
        "\nCET-1CEST,M3.0.0,M10.5.0\n", "\nCET-1CEST,M3.5.7,M10.5.0\n",
        "\nCET-1CEST,J366,M10.5.0\n", "\nCET-1CEST,366,M10.5.0\n",
        "\nCET-1CEST,M3.5,M10.5.0\n", "\nCET-1CEST,M3.5.0,M10.5.0x\n",
        "\nCET-1CEST,M3.5.0/,M10.5.0\n", "\nCET-168\n", "\nCET-1:\n",
        "\nCET-1CEST,M3.5.0/168,M10.5.0\n", "\nCET-99999999999999999999\n"
    };

    (void) state;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(parse_footer(&table, refused[i]), CRM_DECLINED);
        assert_null(table.at);
    }
}


static void
test_damaged(void **state)
{
    int         i, n;
    size_t      len;
    u_char     *copy;
    crm_tzif_t  table;

    static const int64_t  times[] = { 1774746000, 1792890000 };
    static const int64_t  back[] = { 1792890000, 1774746000 };
    static const u_char   types[] = { 2, 1 };
    static const u_char   wrong[] = { 2, 4 };

    (void) state;

    make(2, times, wrong, "\n\n");
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_DECLINED);
    make(2, back, types, "\n\n");
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_DECLINED);

    make(2, times, types, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");

    file[4] = '\0';
    assert_int_equal(crm_tzif_parse(&table, file, file_len), CRM_DECLINED);
    file[4] = '2';

    /* cut off anywhere */

    for (len = 0; len < file_len; len++) {
        copy = malloc(len + 1);
        memcpy(copy, file, len);
        assert_int_equal(crm_tzif_parse(&table, copy, len), CRM_DECLINED);
        free(copy);
    }

    /* damaged anywhere: any answer, no crash */

    srand(4);

    for (n = 0; n < 20000; n++) {
        copy = malloc(file_len);
        memcpy(copy, file, file_len);

        for (i = rand() % 4; i >= 0; i--) {
            copy[(size_t) rand() % file_len] = (u_char) rand();
        }

        if (crm_tzif_parse(&table, copy, file_len) == CRM_OK) {
            crm_tzif_free(&table);
        }

        free(copy);
    }
}


static void
test_load(void **state)
{
    crm_tzif_t  table;

    (void) state;

    assert_int_equal(crm_tzif_load(&table, "/nowhere/at/all"),
                     CRM_DECLINED);
    assert_int_equal(crm_tzif_load(&table, "/usr/share/zoneinfo"),
                     CRM_DECLINED);
    assert_int_equal(crm_tzif_load(&table, "/usr/share/zoneinfo/zone.tab"),
                     CRM_DECLINED);
    assert_int_equal(crm_tzif_load(&table, "/dev/null"), CRM_DECLINED);

    assert_int_equal(crm_tzif_load(&table, "/usr/share/zoneinfo/UTC"),
                     CRM_OK);
    assert_int_equal(table.n, 1);
    assert_true(table.offset[0] == 0);
    crm_tzif_free(&table);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_transitions),
        cmocka_unit_test(test_no_transition),
        cmocka_unit_test(test_big_bang),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rule_continues),
        cmocka_unit_test(test_daylight_all_year),
        cmocka_unit_test(test_footer_refused),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_load)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
