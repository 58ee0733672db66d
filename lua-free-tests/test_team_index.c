/* crm_team_index: what the cards of teams are counted from */

#include "domain.h"
#include "crm_team_index.h"
#include "crm_order.h"


/* the counters of a record, "key field delta", sorted */

static int
line_order(const void *one, const void *two)
{
    return strcmp(*(const char *const *) one, *(const char *const *) two);
}


static const char *
counters(const crm_record_t *rec)
{
    unsigned         i, n;
    crm_ixr_t        x;
    crm_out_t        out;
    crm_str_t        s;
    const char      *line[100];
    crm_ix_list_t    list;
    const crm_ix_t  *ix;

    crm_ix_init(&list, &arena, rule.prefix);
    assert_int_equal(crm_ixr_init(&x, &list, "l", rec, str("")), CRM_OK);

    if (rec->entity == lead_entity) {
        crm_team_ix_lead(&x);
    } else {
        crm_team_ix_order(&x);
    }

    assert_false(list.failed);
    assert_true(list.n < 100);

    for (n = 0; n < list.n; n++) {
        ix = &list.ix[n];
        s = crm_arena_printf(&arena, "%.*s %.*s %lld",
                             (int) ix->key.len - 9, ix->key.data + 9,
                             (int) ix->member.len, ix->member.data,
                             (long long) ix->score);
        line[n] = cstr(s);
    }

    qsort(line, n, sizeof(char *), line_order);
    crm_out_init(&out, &arena, 1000);

    for (i = 0; i < n; i++) {
        crm_out_bytes(&out, line[i], strlen(line[i]));
        crm_out_char(&out, '\n');
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


static void
test_open(void **state)
{
    (void) state;

    /* 2026-11-23 is day 20780: 2597 spans of 8, 324 of 64 */

    assert_string_equal(
        counters(stored(lead_entity, "{'id':'7','team':'33','user':'2',"
                        "'revenue':'1000','prob':'2555',"
                        "'close':'2026-11-23'}")),
        "t:e0:1:2597 33:n20780 1\n"
        "t:e0:1:2597 33:r20780 1000\n"
        "t:e0:1:u2:2597 33:n20780 1\n"
        "t:e0:1:u2:2597 33:r20780 1000\n"
        "t:e3:1:324 33:n2597 1\n"
        "t:e3:1:324 33:r2597 1000\n"
        "t:e3:1:u2:324 33:n2597 1\n"
        "t:e3:1:u2:324 33:r2597 1000\n"
        "t:e6:1 33:n324 1\n"
        "t:e6:1 33:r324 1000\n"
        "t:e6:1:u2 33:n324 1\n"
        "t:e6:1:u2 33:r324 1000\n"
        "t:g:1 33:n 1\n"
        "t:g:1 33:r 1000\n"
        "t:g:1 33:w 256\n"
        "t:g:1:u2 33:n 1\n"
        "t:g:1:u2 33:r 1000\n"
        "t:g:1:u2 33:w 256\n");

    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'close':'0001-01-01'}")),
                        "t:e0:0:-89896 1:n-719162 1\n"
                        "t:e0:0:u0:-89896 1:n-719162 1\n"
                        "t:e3:0:-11237 1:n-89896 1\n"
                        "t:e3:0:u0:-11237 1:n-89896 1\n"
                        "t:e6:0 1:n0 1\n"
                        "t:e6:0:u0 1:n0 1\n"
                        "t:g:0 1:n 1\n"
                        "t:g:0:u0 1:n 1\n");

    /* no team, archived, lost */

    assert_string_equal(counters(stored(lead_entity, "{'id':'7'}")), "");
    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'active':'0'}")), "");
    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'state':'lost'}")), "");
}


static void
test_won(void **state)
{
    (void) state;

    /* 14:26:40 is in the quarter 57 */

    assert_string_equal(
        counters(stored(lead_entity, "{'id':'7','team':'1','user':'2',"
                        "'state':'won','revenue':'5',"
                        "'closed':'1795444000000'}")),
        "t:d:0:649 1:n20780 1\n"
        "t:d:0:649 1:r20780 5\n"
        "t:d:0:u2:649 1:n20780 1\n"
        "t:d:0:u2:649 1:r20780 5\n"
        "t:q:0:20780 1:n57 1\n"
        "t:q:0:20780 1:r57 5\n"
        "t:q:0:u2:20780 1:n57 1\n"
        "t:q:0:u2:20780 1:r57 5\n"
        "t:w:1 0000000007 1795444000000\n"
        "t:w:1:u2 0000000007 1795444000000\n");
}


static void
test_leads(void **state)
{
    (void) state;

    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'type':'lead','revenue':'5'}")),
                        "t:g:0 1:u 1\nt:g:0:u0 1:u 1\n");
    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'type':'lead','user':'2'}")), "");
    assert_string_equal(counters(stored(lead_entity, "{'id':'7','team':'1',"
                                        "'type':'lead','state':'won',"
                                        "'closed':'5'}")), "");
}


static void
test_orders(void **state)
{
    const crm_entity_t  *order = &crm_entities[CRM_KIND_ORDER];

    (void) state;

    assert_string_equal(counters(stored(order, "{'id':'7','team':'64',"
                                        "'state':'draft','total':'9',"
                                        "'user':'1','owner':'2'}")),
                        "t:g:2 64:qn 1\nt:g:2 64:qt 9\n"
                        "t:g:2:u2 64:qn 1\nt:g:2:u2 64:qt 9\n");
    assert_string_equal(counters(stored(order, "{'id':'7','team':'64',"
                                        "'state':'sale','total':'0'}")),
                        "t:g:2 64:sn 1\nt:g:2:u0 64:sn 1\n");
    assert_string_equal(counters(stored(order, "{'id':'7','team':'64',"
                                        "'state':'cancelled',"
                                        "'total':'9'}")), "");
    assert_string_equal(counters(stored(order, "{'id':'7','total':'9'}")),
                        "");
}


/* spans before a day are the days before it, whatever the days */

static void
test_before(void **state)
{
    int                 at, i, n;
    int64_t             day, today;
    char                text[100];
    u_char              date[CRM_DATE_LEN + 1];
    crm_ixr_t           x;
    crm_str_t           key;
    crm_ix_list_t       list;
    crm_team_ix_span_t  span[CRM_TEAM_IX_SPANS];
    unsigned            k;

    static const int64_t  days[] = { -719162, -1, 0, 63, 64, 20735, 20736,
        20769, 20775, 20776, 20779, 20780, 20781, 20783, 20784, 20799, 20800,
        21000, 65471, 65472, 65535, 65536, 2932896 };
    static const int64_t  todays[] = { 20736, 20776, 20780, 20799, 20800 };

    (void) state;

    n = sizeof(days) / sizeof(days[0]);

    for (at = 0; at < 5; at++) {
        today = todays[at];
        crm_team_ix_before(today, span);

        for (i = 0; i < n; i++) {
            int64_t  found = 0;

            day = days[i];
            *crm_date_print(date, day) = '\0';
            snprintf(text, sizeof(text),
                     "{'id':'7','team':'1','close':'%s'}", date);

            crm_ix_init(&list, &arena, rule.prefix);
            crm_ixr_init(&x, &list, "l", stored(lead_entity, text), str(""));
            crm_team_ix_lead(&x);

            for (k = 0; k < list.n * CRM_TEAM_IX_SPANS; k++) {
                const crm_ix_t            *ix = &list.ix[k % list.n];
                const crm_team_ix_span_t  *s = &span[k / list.n];

                assert_int_equal(crm_team_ix_key(&arena, &rule.prefix,
                                                 s->what, 0, CRM_TEAM_IX_ALL,
                                                 s->part, &key), CRM_OK);

                if (crm_str_eq(&key, &ix->key)
                    && atoll(cstr(ix->member) + 3) < s->below)
                {
                    found += ix->score;
                }
            }

            assert_int_equal(found, day < today);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_open),
        domain_test(test_won),
        domain_test(test_leads),
        domain_test(test_orders),
        domain_test(test_before)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
