/* figures by group, and months; see crm_figures.h */

#include "domain.h"

#include "crm_figures.h"


static crm_row_t
lead_row(int64_t revenue, unsigned probability, unsigned state)
{
    crm_row_t  row;

    memset(&row, 0, sizeof(crm_row_t));

    row.num[CRM_ROW_CREATED] = NOW;
    row.num[CRM_ROW_CLOSED] = CRM_ROW_UNSET;
    row.num[CRM_ROW_CLOSE] = CRM_ROW_UNSET;
    row.num[CRM_ROW_REVENUE] = revenue;
    row.word[CRM_ROW_STATE] = state;
    row.probability = probability;

    return row;
}


static void
test_sums(void **state)
{
    crm_row_t       row;
    crm_figure_t   *figure;
    crm_figures_t   f;

    (void) state;

    crm_figures_init(&f, &arena);

    row = lead_row(101, 5000, CRM_STATE_OPEN);          /* 50.5: 51 */
    crm_figures_add(crm_figures_group(&f, 7), &row, 11);
    row = lead_row(CRM_ROW_UNSET, 5000, CRM_STATE_LOST);
    row.num[CRM_ROW_CLOSED] = NOW + 36 * 3600 * SECOND;
    crm_figures_add(crm_figures_group(&f, 7), &row, 12);
    row = lead_row(1000, 10000, CRM_STATE_WON);
    row.num[CRM_ROW_CLOSED] = NOW + 12 * 3600 * SECOND;
    crm_figures_add(crm_figures_group(&f, 7), &row, 13);
    crm_figures_add(crm_figures_group(&f, 0), &row, 14);

    assert_int_equal(f.n, 2);

    figure = crm_figures_group(&f, 7);

    assert_int_equal(figure->count, 3);
    assert_int_equal(figure->revenue, 1101);
    assert_int_equal(figure->weighted, 1051);
    assert_int_equal(figure->won, 1);
    assert_int_equal(figure->lost, 1);
    assert_int_equal(figure->sample, 11);
    assert_int_equal(crm_figures_win_rate(figure), 5000);
    assert_int_equal(crm_figures_days(figure), 100);    /* 1.00 */
}


static void
test_means(void **state)
{
    crm_figure_t  figure;

    (void) state;

    memset(&figure, 0, sizeof(crm_figure_t));

    assert_int_equal(crm_figures_win_rate(&figure), -1);
    assert_int_equal(crm_figures_days(&figure), -1);

    figure.won = 2;
    figure.lost = 1;
    figure.closed = 3;
    figure.closing = 1;

    assert_int_equal(crm_figures_win_rate(&figure), 6667);
    assert_int_equal(crm_figures_days(&figure), 33);
}


static void
test_many_groups(void **state)
{
    int64_t        i;
    crm_figures_t  f;

    (void) state;

    crm_figures_init(&f, &arena);

    for (i = 0; i < CRM_FIGURES_MAX; i++) {
        crm_figures_group(&f, i * i)->count = i;
    }

    assert_int_equal(f.n, CRM_FIGURES_MAX);

    for (i = 0; i < CRM_FIGURES_MAX; i++) {
        assert_int_equal(crm_figures_group(&f, i * i)->count, i);
    }

    assert_false(f.full);
    assert_null(crm_figures_group(&f, -5));
    assert_true(f.full);
}


static void
test_overflow(void **state)
{
    crm_row_t      row = lead_row(5, 0, CRM_STATE_OPEN);
    crm_figure_t   figure;

    (void) state;

    memset(&figure, 0, sizeof(crm_figure_t));
    figure.revenue = INT64_MAX - 2;

    crm_figures_add(&figure, &row, 1);

    assert_true(figure.revenue == INT64_MAX);
}


static int64_t
instant(const char *text)
{
    int64_t    ms;
    crm_str_t  s = str(text);

    assert_int_equal(crm_instant_parse(&s, &ms), CRM_OK);

    return ms;
}


static void
assert_month(crm_months_t *m, const char *at, const char *month)
{
    u_char  text[CRM_MONTH_LEN + 1];

    *crm_months_print(text, crm_months_of(m, instant(at))) = '\0';
    assert_string_equal((char *) text, month);
}


static void
test_months(void **state)
{
    crm_str_t     name = str("Asia/Tehran");
    crm_months_t  m;

    (void) state;

    crm_months_init(&m, crm_zone_get(&name), CRM_CALENDAR_GREGORIAN);

    assert_month(&m, "2026-11-23T14:26:00Z", "2026-11");
    assert_month(&m, "2026-11-30T20:29:59.999Z", "2026-11");
    assert_month(&m, "2026-11-30T20:30:00Z", "2026-12");
    assert_month(&m, "2026-12-31T20:30:00Z", "2027-01");
    assert_month(&m, "2024-02-29T20:29:59Z", "2024-02");
    assert_month(&m, "2024-02-29T20:30:00Z", "2024-03");
    assert_month(&m, "1969-12-20T00:00:00Z", "1969-12");

    crm_months_init(&m, crm_zone_get(&name), CRM_CALENDAR_JALALI);

    assert_month(&m, "2026-03-20T20:29:59.999Z", "1404-12");
    assert_month(&m, "2026-03-20T20:30:00Z", "1405-01");
    assert_month(&m, "2026-11-23T14:26:00Z", "1405-09");
    assert_month(&m, "2025-03-20T20:29:00Z", "1403-12");
    assert_month(&m, "2025-03-20T20:31:00Z", "1404-01");
}


/* every hour of four years has the month of its local date */

static void
test_every_hour(void **state)
{
    int64_t            ms;
    size_t             i;
    crm_str_t          name;
    crm_months_t       m;
    const crm_zone_t  *zone;

    static const char *const  names[] = {
        "UTC", "Asia/Tehran", "Australia/Lord_Howe", "America/New_York"
    };

    (void) state;

    for (i = 0; i < 8; i++) {
        name = str(names[i / 2]);
        zone = crm_zone_get(&name);
        assert_non_null(zone);

        crm_months_init(&m, zone, i % 2 ? CRM_CALENDAR_JALALI
                                        : CRM_CALENDAR_GREGORIAN);

        for (ms = instant("2023-01-01T00:00:00Z");
             ms < instant("2027-01-01T00:00:00Z");
             ms += 3600 * SECOND)
        {
            assert_int_equal(crm_months_of(&m, ms),
                             crm_months_of_date(m.calendar,
                                                crm_zone_date(zone, ms)));
        }
    }
}


static void
test_first_day(void **state)
{
    int64_t  month, day;

    (void) state;

    day = crm_date_from_civil(2026, 11, 27);

    month = crm_months_of_date(CRM_CALENDAR_GREGORIAN, day);
    assert_int_equal(month, 12 * 2026 + 10);
    assert_int_equal(crm_months_first(CRM_CALENDAR_GREGORIAN, month),
                     crm_date_from_civil(2026, 11, 1));
    assert_int_equal(crm_months_first(CRM_CALENDAR_GREGORIAN, month + 2),
                     crm_date_from_civil(2027, 1, 1));

    month = crm_months_of_date(CRM_CALENDAR_JALALI, day);
    assert_int_equal(month, 12 * 1405 + 8);
    assert_int_equal(crm_months_first(CRM_CALENDAR_JALALI, month),
                     crm_date_from_civil(2026, 11, 22));
    assert_int_equal(crm_months_first(CRM_CALENDAR_JALALI, month + 4),
                     crm_date_from_civil(2027, 3, 21));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_sums),
        domain_test(test_means),
        domain_test(test_many_groups),
        domain_test(test_overflow),
        domain_test(test_months),
        domain_test(test_every_hour),
        domain_test(test_first_day)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
