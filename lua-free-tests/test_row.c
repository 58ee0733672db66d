/* rows of leads, and which of them are meant; see crm_row.h */

#include "domain.h"

#include "crm_money.h"
#include "crm_row.h"


static crm_ix_list_t  list;


/* the row entry of a lead; NULL: it has none */

static const crm_ix_t *
row_of(const char *text)
{
    unsigned         i, n;
    const crm_ix_t  *row = NULL;

    crm_ix_init(&list, &arena, str("crm:{t1}:"));
    crm_lead_index(&list, stored(lead_entity, text));
    assert_false(list.failed);

    for (n = 0, i = 0; i < list.n; i++) {
        if (list.ix[i].type == CRM_IX_ROW) {
            row = &list.ix[i];
            n++;
        }
    }

    assert_true(n <= 1);

    return row;
}


static crm_row_t
read_row(const char *text)
{
    crm_row_t        row;
    const crm_ix_t  *ix = row_of(text);

    assert_non_null(ix);
    assert_int_equal(ix->value.len, CRM_ROW_SIZE);
    assert_int_equal(crm_row_read(ix->value.data, &row), CRM_OK);

    return row;
}


static void
test_place(void **state)
{
    const crm_ix_t  *ix;

    (void) state;

    ix = row_of("{'id':'1','name':'A'}");
    assert_true(crm_str_is(&ix->key, "crm:{t1}:l:x:0"));
    assert_int_equal(ix->score, 50);

    ix = row_of("{'id':'1959','name':'A'}");
    assert_true(crm_str_is(&ix->key, "crm:{t1}:l:x:0"));
    assert_int_equal(ix->score, 1959 * 50);

    ix = row_of("{'id':'1960','name':'A'}");
    assert_true(crm_str_is(&ix->key, "crm:{t1}:l:x:1"));
    assert_int_equal(ix->score, 0);

    assert_null(row_of("{'id':'7','name':'A','merged':'5'}"));
}


static void
test_full(void **state)
{
    crm_row_t  row;

    (void) state;

    row = read_row("{'id':'7','name':'A','ct':'1795444000000',"
                   "'type':'lead','active':'0','state':'lost',"
                   "'stage':'3','team':'4294967295','user':'2',"
                   "'reason':'9','country':'IR','source':'Trade Fair',"
                   "'prio':'3','revenue':'-1000000000000000',"
                   "'prob':'9999','close':'0001-01-01',"
                   "'closed':'1795444000001'}");

    assert_int_equal(row.id[CRM_ROW_STAGE], 3);
    assert_int_equal(row.id[CRM_ROW_TEAM], 4294967295LL);
    assert_int_equal(row.id[CRM_ROW_USER], 2);
    assert_int_equal(row.id[CRM_ROW_REASON], 9);
    assert_int_equal(row.id[CRM_ROW_COUNTRY], 'I' | 'R' << 8);
    assert_int_equal(row.num[CRM_ROW_CREATED], 1795444000000LL);
    assert_int_equal(row.num[CRM_ROW_CLOSED], 1795444000001LL);
    assert_int_equal(row.num[CRM_ROW_CLOSE], -719162);
    assert_int_equal(row.num[CRM_ROW_REVENUE], -CRM_MONEY_MAX);
    assert_int_equal(row.word[CRM_ROW_TYPE], CRM_TYPE_LEAD);
    assert_int_equal(row.word[CRM_ROW_ACTIVE], 0);
    assert_int_equal(row.word[CRM_ROW_STATE], CRM_STATE_LOST);
    assert_int_equal(row.word[CRM_ROW_PRIORITY], 3);
    assert_int_equal(row.probability, 9999);
}


static void
test_empty(void **state)
{
    int        i;
    crm_row_t  row;
    u_char     zero[CRM_ROW_SIZE] = { 0 };

    (void) state;

    row = read_row("{'id':'7','name':'A'}");

    for (i = 0; i < CRM_ROW_IDS; i++) {
        assert_int_equal(row.id[i], 0);
    }

    assert_true(row.num[CRM_ROW_CLOSED] == CRM_ROW_UNSET);
    assert_true(row.num[CRM_ROW_CLOSE] == CRM_ROW_UNSET);
    assert_true(row.num[CRM_ROW_REVENUE] == CRM_ROW_UNSET);
    assert_int_equal(row.word[CRM_ROW_ACTIVE], 1);

    row = read_row("{'id':'7','name':'A','revenue':'0','close':'1970-01-01'}");
    assert_int_equal(row.num[CRM_ROW_REVENUE], 0);
    assert_int_equal(row.num[CRM_ROW_CLOSE], 0);

    assert_int_equal(crm_row_read(zero, &row), CRM_DECLINED);
}


static void
test_source(void **state)
{
    int64_t    hash;
    crm_row_t  row, same, other;
    crm_str_t  text = str("TRADE  fair");

    (void) state;

    row = read_row("{'id':'7','name':'A','source':'Trade fair'}");
    same = read_row("{'id':'8','name':'A','source':'trade FAIR'}");
    other = read_row("{'id':'9','name':'A','source':'none'}");

    assert_int_equal(row.id[CRM_ROW_SOURCE], same.id[CRM_ROW_SOURCE]);
    assert_true(other.id[CRM_ROW_SOURCE] != 0);
    assert_true(other.id[CRM_ROW_SOURCE] != row.id[CRM_ROW_SOURCE]);

    assert_int_equal(crm_row_source(&arena, &text, &hash), CRM_OK);
    assert_int_equal(row.id[CRM_ROW_SOURCE], hash);
}


/* a change is one write, a deletion zero bytes */

static void
test_write(void **state)
{
    crm_ix_list_t  was, is;

    (void) state;

    crm_ops_init(&ops, &arena);
    crm_ix_init(&was, &arena, str("p:"));
    crm_ix_init(&is, &arena, str("p:"));
    crm_ix_row(&was, str("p:x:0"), 150, str("abc"));
    crm_ix_row(&is, str("p:x:0"), 150, str("abd"));
    crm_ix_row(&is, str("p:x:0"), 153, str("xyz"));
    crm_ix_diff(&ops, &was, &is);

    assert_int_equal(ops.nwrites, 2);
    assert_int_equal(ops.writes[0].argc, 4);
    assert_true(crm_str_is(&ops.writes[0].argv[0], "SETRANGE"));
    assert_true(crm_str_is(&ops.writes[0].argv[2], "150"));
    assert_true(crm_str_is(&ops.writes[0].argv[3], "abd"));
    assert_true(crm_str_is(&ops.writes[1].argv[2], "153"));

    crm_ops_init(&ops, &arena);
    crm_ix_diff(&ops, &is, &is);
    assert_int_equal(ops.nwrites, 0);

    crm_ix_diff(&ops, &was, NULL);
    assert_int_equal(ops.nwrites, 1);
    assert_int_equal(ops.writes[0].argv[3].len, 3);
    assert_memory_equal(ops.writes[0].argv[3].data, "\0\0\0", 3);
}


static void
test_match(void **state)
{
    crm_row_t         row;
    crm_row_filter_t  filter;

    static const int64_t  teams[] = { 9, 4, 0 };

    (void) state;

    row = read_row("{'id':'7','name':'A','team':'4','revenue':'10',"
                   "'state':'won','prio':'2'}");

    crm_row_filter_init(&filter);
    assert_true(crm_row_match(&filter, &row));

    assert_int_equal(crm_row_filter_ids(&filter, &arena, CRM_ROW_TEAM, teams,
                                        3), CRM_OK);
    assert_true(crm_row_match(&filter, &row));
    row.id[CRM_ROW_TEAM] = 0;
    assert_true(crm_row_match(&filter, &row));
    row.id[CRM_ROW_TEAM] = 5;
    assert_false(crm_row_match(&filter, &row));

    crm_row_filter_init(&filter);
    filter.word[CRM_ROW_STATE] = 1 << CRM_STATE_OPEN | 1 << CRM_STATE_LOST;
    assert_false(crm_row_match(&filter, &row));
    filter.word[CRM_ROW_STATE] |= 1 << CRM_STATE_WON;
    assert_true(crm_row_match(&filter, &row));

    filter.num[CRM_ROW_REVENUE].some = 1;
    filter.num[CRM_ROW_REVENUE].low = 10;
    filter.num[CRM_ROW_REVENUE].high = 11;
    assert_true(crm_row_match(&filter, &row));
    filter.num[CRM_ROW_REVENUE].high = 10;
    assert_false(crm_row_match(&filter, &row));
    filter.num[CRM_ROW_REVENUE].low = INT64_MIN;
    row.num[CRM_ROW_REVENUE] = CRM_ROW_UNSET;
    assert_false(crm_row_match(&filter, &row));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_place),
        domain_test(test_full),
        domain_test(test_empty),
        domain_test(test_source),
        domain_test(test_write),
        domain_test(test_match)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
