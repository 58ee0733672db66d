/* crm_lead_index: the entries of a lead (keys.md), its sort keys */

#include "domain.h"


#define FULL                                                                  \
    "{'id':'40000','v':'3','ct':'1000','ut':'2000','name':'Ölpumpe',"         \
    "'stage':'3','team':'1','user':'2','contact':'70','prio':'2',"            \
    "'revenue':'333','recur':'50','prob':'3350','close':'2026-12-01','tags':'2,1',"        \
    "'country':'IR','source':'Trade FAIR','k':'-5',"                          \
    "'act':'5000,86405000,31,2,20781,2'}"


static const char *
index_of(const char *packed, const char *part)
{
    crm_ix_list_t  list;

    crm_ix_init(&list, &arena, rule.prefix);
    crm_lead_index(&list, stored(lead_entity, packed));

    return entries(&list, part);
}


static void
test_sorts(void **state)
{
    (void) state;

    assert_string_equal(index_of(FULL, "l:s:"),
                        "l:s:o1:c 0000040000 1000\n"
                        "l:s:o1:e 0000040000 20788\n"
                        "l:s:o1:m 0000040000 50\n"
                        "l:s:o1:n olpumpe|0000040000 0\n"
                        "l:s:o1:p 0000040000 3350\n"
                        "l:s:o1:r 0000040000 333\n"
                        "l:s:o1:u 0000040000 2000\n");
    assert_string_equal(index_of("{'id':'7','ct':'1','ut':'2','name':'x',"
                                 "'type':'lead','active':'0',"
                                 "'state':'lost','closed':'77'}", "l:s:"),
                        "l:s:closed:lost 0000000007 77\n"
                        "l:s:l0:c 0000000007 1\n"
                        "l:s:l0:n x|0000000007 0\n"
                        "l:s:l0:p 0000000007 0\n"
                        "l:s:l0:u 0000000007 2\n");
}


static void
test_facets(void **state)
{
    (void) state;

    assert_string_equal(index_of(FULL, "l:f:"),
                        "l:f:country:IR:1 7232\n"
                        "l:f:prio:2:1 7232\n"
                        "l:f:reason:0:1 7232\n"
                        "l:f:source:trade fair:1 7232\n"
                        "l:f:stage:3:1 7232\n"
                        "l:f:state:open:1 7232\n"
                        "l:f:ta:o1:1 7232\n"
                        "l:f:tag:1:1 7232\n"
                        "l:f:tag:2:1 7232\n"
                        "l:f:team:1:1 7232\n"
                        "l:f:user:2:1 7232\n");
    assert_string_equal(index_of("{'id':'7','name':'x','type':'lead',"
                                 "'active':'0','state':'lost',"
                                 "'reason':'3'}", "l:f:"),
                        "l:f:close:none:0 7\n"
                        "l:f:contact:0:0 7\n"
                        "l:f:country:none:0 7\n"
                        "l:f:prio:0:0 7\n"
                        "l:f:reason:3:0 7\n"
                        "l:f:revenue:none:0 7\n"
                        "l:f:source:none:0 7\n"
                        "l:f:stage:0:0 7\n"
                        "l:f:state:lost:0 7\n"
                        "l:f:ta:l0:0 7\n"
                        "l:f:tag:0:0 7\n"
                        "l:f:team:0:0 7\n"
                        "l:f:user:0:0 7\n");
}


static void
test_source_none(void **state)
{
    (void) state;

    assert_string_equal(index_of("{'id':'7','name':'x','source':'None'}",
                                 "l:f:source"), "");
}


static void
test_board(void **state)
{
    (void) state;

    assert_string_equal(index_of(FULL, "l:b:"),
                        "l:b:o:3 0000040000 -5\n"
                        "l:b:o:3:t1 0000040000 -5\n"
                        "l:b:o:3:t1:u2 0000040000 -5\n"
                        "l:b:o:3:u2 0000040000 -5\n");
    assert_string_equal(index_of(FULL, "l:g:"),
                        "l:g:o:3 n 1\n"
                        "l:g:o:3 r 333\n"
                        "l:g:o:3 w 112\n"
                        "l:g:o:3:t1 n 1\n"
                        "l:g:o:3:t1 r 333\n"
                        "l:g:o:3:t1 w 112\n"
                        "l:g:o:3:t1:u2 n 1\n"
                        "l:g:o:3:t1:u2 r 333\n"
                        "l:g:o:3:t1:u2 w 112\n"
                        "l:g:o:3:u2 n 1\n"
                        "l:g:o:3:u2 r 333\n"
                        "l:g:o:3:u2 w 112\n");

    /* nobody, no team, no revenue */

    assert_string_equal(index_of("{'id':'7','name':'x','stage':'1'}",
                                 "l:g:"),
                        "l:g:o:1 n 1\n"
                        "l:g:o:1:t0 n 1\n"
                        "l:g:o:1:t0:u0 n 1\n"
                        "l:g:o:1:u0 n 1\n");

    /* only active ones */

    assert_string_equal(index_of("{'id':'7','name':'x','stage':'1',"
                                 "'active':'0'}", "l:g:"), "");
    assert_string_equal(index_of("{'id':'7','name':'x','stage':'1',"
                                 "'active':'0'}", "l:b:"), "");
}


static void
test_board_due(void **state)
{
    (void) state;

    assert_string_equal(index_of(FULL, "l:d:"),
                        "l:d:o:3 0000040000 5000\n"
                        "l:d:o:3:t1 0000040000 5000\n"
                        "l:d:o:3:t1:u2 0000040000 5000\n"
                        "l:d:o:3:u2 0000040000 5000\n");
    assert_string_equal(index_of(FULL, "l:o"), "");

    /* a day of 23 hours */

    assert_string_equal(index_of("{'id':'7','name':'x','stage':'1',"
                                 "'act':'5000,82805000,1,1,1,1'}", "l:o"),
                        "l:o:o:1 0000000007 82805000\n"
                        "l:o:o:1:t0 0000000007 82805000\n"
                        "l:o:o:1:t0:u0 0000000007 82805000\n"
                        "l:o:o:1:u0 0000000007 82805000\n"
                        "l:ot:o:1 0000000007 5000\n"
                        "l:ot:o:1:t0 0000000007 5000\n"
                        "l:ot:o:1:t0:u0 0000000007 5000\n"
                        "l:ot:o:1:u0 0000000007 5000\n");
    assert_string_equal(index_of("{'id':'7','name':'x','active':'0',"
                                 "'act':'5000,82805000,1,1,1,1'}", "l:d"),
                        "");
}


static void
test_owners(void **state)
{
    (void) state;

    assert_string_equal(index_of(FULL, "l:u:"),
                        "l:u:2:o1 0000040000 1000\n");
    assert_string_equal(index_of(FULL, "l:t:"),
                        "l:t:1:o1 0000040000 1000\n");
    assert_string_equal(index_of(FULL, "l:c:"), "l:c:1 0000040000 70\n");
    assert_string_equal(index_of("{'id':'7','ct':'5','name':'x'}", "l:u:"),
                        "l:u:0:o1 0000000007 5\n");
    assert_string_equal(index_of("{'id':'7','name':'x'}", "l:c:"), "");
    assert_string_equal(index_of("{'id':'7','name':'x','reason':'12'}",
                                 "count:"),
                        "count:lost_reason 12 1\n");
}


static void
test_words(void **state)
{
    (void) state;

    assert_string_equal(index_of("{'id':'5000','name':'Pumps','person':"
                                 "'Mina Rad','company':'Rad Ltd',"
                                 "'email':'m@rad.ir','phone':'0211234567',"
                                 "'city':'Tehran'}", "l:w:"),
                        "l:w:021:2 1234567|0904 0\n"
                        "l:w:211:2 234567|0904 0\n"
                        "l:w:ltd:2 |0904 0\n"
                        "l:w:min:2 a|0904 0\n"
                        "l:w:pum:2 ps|0904 0\n"
                        "l:w:rad:2 |0904 0\n");
    assert_string_equal(index_of("{'id':'5000','name':'Pumps','person':"
                                 "'Mina Rad','company':'Rad Ltd',"
                                 "'email':'m@rad.ir','phone':'0211234567'}",
                                 "l:p:"),
                        "l:p:02:0 5000\n"
                        "l:p:21:0 5000\n"
                        "l:p:ir:0 5000\n"
                        "l:p:lt:0 5000\n"
                        "l:p:mi:0 5000\n"
                        "l:p:pu:0 5000\n"
                        "l:p:ra:0 5000\n");
}


static void
test_tombstone(void **state)
{
    (void) state;

    assert_string_equal(index_of("{'id':'7','name':'Pumps','stage':'1',"
                                 "'reason':'3','merged':'130'}", ""),
                        "l:m:2 0000000007 130\n");
}


static void
test_board_key(void **state)
{
    crm_str_t  key;

    (void) state;

    assert_int_equal(crm_lead_board_key(&arena, &rule.prefix, "b",
                                        CRM_TYPE_LEAD, 3, CRM_BOARD_ALL,
                                        0, &key), CRM_OK);
    assert_string_equal(cstr(key), "crm:{t1}:l:b:l:3:u0");

    /* the longest of all */

    assert_int_equal(crm_lead_board_key(&arena, &rule.prefix, "ot",
                                        CRM_TYPE_OPPORTUNITY, INT64_MAX,
                                        INT64_MAX, INT64_MAX, &key), CRM_OK);
    assert_string_equal(cstr(key), "crm:{t1}:l:ot:o:9223372036854775807:"
                        "t9223372036854775807:u9223372036854775807");
}


static void
assert_score(const char *packed, unsigned field, int64_t expected)
{
    int64_t    score;
    crm_str_t  text;

    assert_int_equal(crm_lead_sort_key(&arena, stored(lead_entity, packed),
                                       field, &score, &text), CRM_OK);
    assert_int_equal(score, expected);
}


static void
test_sort_key(void **state)
{
    int64_t    score;
    crm_str_t  text;

    (void) state;

    assert_score(FULL, CRM_ID, 40000);
    assert_score(FULL, CRM_CREATED_AT, 1000);
    assert_score(FULL, CRM_UPDATED_AT, 2000);
    assert_score(FULL, CRM_LEAD_EXPECTED_REVENUE, 333);
    assert_score(FULL, CRM_LEAD_EXPECTED_CLOSE, 20788);
    assert_score(FULL, CRM_LEAD_PROBABILITY, 3350);
    assert_score(FULL, CRM_LEAD_PRIORITY, 2);
    assert_score(FULL, CRM_LEAD_RANK, -5);
    assert_score(FULL, CRM_LEAD_NEXT_ACTIVITY, 5000);

    assert_int_equal(crm_lead_sort_key(&arena, stored(lead_entity, FULL),
                                       CRM_LEAD_NAME, &score, &text),
                     CRM_OK);
    assert_string_equal(cstr(text), "olpumpe");

    assert_int_equal(crm_lead_sort_key(&arena, stored(lead_entity,
                                       "{'id':'1','name':'x'}"),
                                       CRM_LEAD_EXPECTED_REVENUE, &score,
                                       &text), CRM_DECLINED);
    assert_int_equal(crm_lead_sort_key(&arena, stored(lead_entity,
                                       "{'id':'1','name':'x'}"),
                                       CRM_LEAD_NEXT_ACTIVITY, &score,
                                       &text), CRM_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_sorts),
        domain_test(test_facets),
        domain_test(test_source_none),
        domain_test(test_board),
        domain_test(test_board_due),
        domain_test(test_owners),
        domain_test(test_words),
        domain_test(test_tombstone),
        domain_test(test_board_key),
        domain_test(test_sort_key)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
