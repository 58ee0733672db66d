/* crm_lead_card: the stored card, and the card as of a moment */

#include "domain.h"


#define DUE_DAY  20781LL                /* 2026-11-24 */
#define DUE      "1795480200000,1795566600000,31,2,20781,2"


static const char *
card_text(const crm_record_t *lead)
{
    crm_str_t  card;

    assert_int_equal(crm_lead_card(&arena, lead, &card), CRM_OK);

    return cstr(card);
}


static const char *
card_json(const char *card, int64_t now)
{
    crm_out_t  out;
    crm_str_t  s;

    s = str(card);
    crm_out_init(&out, &arena, 10);
    assert_int_equal(crm_lead_card_json(&out, &s, &conf, now), CRM_OK);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


/* the same by way of the general encoder */

static const char *
viewed_json(const crm_record_t *lead, int64_t now)
{
    unsigned       i;
    crm_out_t      out;
    crm_str_t      s;
    crm_mask_t     mask;
    crm_record_t  *seen;

    memset(&mask, 0, sizeof(crm_mask_t));

    for (i = 0; i < lead->entity->nfields; i++) {
        if (lead->entity->fields[i].flags & CRM_F_CARD) {
            crm_mask_set(&mask, i);
        }
    }

    seen = crm_record_copy(&arena, lead);
    assert_int_equal(crm_lead_view(&arena, seen, &conf, now), CRM_OK);

    crm_out_init(&out, &arena, 10);
    crm_record_json(&out, seen, &mask);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


static void
test_literal(void **state)
{
    const char    *card;
    crm_record_t  *lead;

    (void) state;

    lead = stored(lead_entity, "{'id':'9','v':'4','name':'a\\'b',"
                  "'stage':'2','team':'1','user':'1','contact':'7',"
                  "'person':'Mina','company':'Rad','prio':'3',"
                  "'revenue':'123456','prob':'3350','close':'2026-12-01',"
                  "'tags':'2,1','color':'5','staged':'1795000000000',"
                  "'act':'" DUE "','descr':'never shown'}");
    card = card_text(lead);

    assert_string_equal(card, "2;1795000000000;" DUE ";{\"id\":9,"
                        "\"version\":4,\"name\":\"a\\\"b\","
                        "\"type\":\"opportunity\",\"state\":\"open\","
                        "\"stage_id\":2,\"team_id\":1,\"user_id\":1,"
                        "\"contact_id\":7,\"contact_name\":\"Mina\","
                        "\"company_name\":\"Rad\",\"priority\":3,"
                        "\"expected_revenue\":123456,\"probability\":33.5,"
                        "\"expected_close\":\"2026-12-01\","
                        "\"tag_ids\":[2,1],\"color\":5");
    assert_string_equal(card_json(card, NOW), "{\"id\":9,"
                        "\"version\":4,\"name\":\"a\\\"b\","
                        "\"type\":\"opportunity\",\"state\":\"open\","
                        "\"stage_id\":2,\"team_id\":1,\"user_id\":1,"
                        "\"contact_id\":7,\"contact_name\":\"Mina\","
                        "\"company_name\":\"Rad\",\"priority\":3,"
                        "\"expected_revenue\":123456,\"probability\":33.5,"
                        "\"expected_close\":\"2026-12-01\","
                        "\"tag_ids\":[2,1],\"color\":5,\"rotting\":false,"
                        "\"activity_state\":\"planned\",\"next_activity\":"
                        "{\"id\":31,\"type_id\":2,"
                        "\"due_date\":\"2026-11-24\",\"user_id\":2}}");
}


/* two ways to the same bytes, at every moment that matters */

static void
test_same_as_record(void **state)
{
    unsigned       i, k;
    crm_record_t  *lead;

    static const char  *leads[] = {
        "{'id':'1','v':'1','name':'plain'}",
        "{'id':'2','v':'1','name':'rots','stage':'2',"
            "'staged':'1795000000000'}",
        "{'id':'3','v':'1','name':'won','stage':'2','state':'won',"
            "'staged':'1795000000000','act':'" DUE "'}",
        "{'id':'4','v':'1','name':'gone','stage':'2','active':'0',"
            "'staged':'1795000000000','act':'" DUE "'}",
        "{'id':'5','v':'1','name':'due','stage':'3','act':'"
            "1795480200000,1795566600000,31,2,20781,0'}",
        "{'id':'6','v':'1','name':'due for nobody\\u0001','stage':'99',"
            "'act':'" DUE "'}"
    };

    static const int64_t  moments[] = {
        0, 1795480199999, 1795480200000, 1795566599999, 1795566600000,
        1795000000000 + 7 * DAY, 1795000000001 + 7 * DAY
    };

    (void) state;

    for (i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        lead = stored(lead_entity, leads[i]);

        for (k = 0; k < sizeof(moments) / sizeof(moments[0]); k++) {
            assert_string_equal(card_json(card_text(lead), moments[k]),
                                viewed_json(lead, moments[k]));
        }
    }
}


static void
test_rotting(void **state)
{
    int64_t        since = 1795000000000;
    crm_record_t  *lead;

    (void) state;

    assert_false(crm_lead_rotten(&conf, 2, since, since + 7 * DAY));
    assert_true(crm_lead_rotten(&conf, 2, since, since + 7 * DAY + 1));
    assert_false(crm_lead_rotten(&conf, 1, since, since + 700 * DAY));
    assert_false(crm_lead_rotten(&conf, 99, since, since + 700 * DAY));
    assert_false(crm_lead_rotten(&conf, 0, since, since + 700 * DAY));

    lead = stored(lead_entity, "{'id':'1','name':'x','stage':'2',"
                  "'state':'lost','active':'0','staged':'1795000000000'}");
    assert_int_equal(crm_lead_view(&arena, lead, &conf, since + 9 * DAY),
                     CRM_OK);
    assert_fields(lead, "'rotting':false");

    crm_value_set_num(&lead->v[CRM_LEAD_STATE], CRM_STATE_WON);
    assert_int_equal(crm_lead_view(&arena, lead, &conf, since + 9 * DAY),
                     CRM_OK);
    assert_fields(lead, "'rotting':false");

    crm_value_set_num(&lead->v[CRM_LEAD_STATE], CRM_STATE_OPEN);
    assert_int_equal(crm_lead_view(&arena, lead, &conf, since + 9 * DAY),
                     CRM_OK);
    assert_fields(lead, "'rotting':true");
}


static void
test_view(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = stored(lead_entity, "{'id':'1','name':'x','act':'" DUE "'}");

    assert_int_equal(crm_lead_view(&arena, lead, &conf, 1795480200000),
                     CRM_OK);
    assert_fields(lead, "'rotting':false,'activity_state':'today',"
                  "'next_activity':{'id':31,'type_id':2,"
                  "'due_date':'2026-11-24','user_id':2}");

    assert_int_equal(crm_lead_view(&arena, lead, &conf, 1795566600000),
                     CRM_OK);
    assert_fields(lead, "'activity_state':'overdue'");

    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVE], 0);
    assert_int_equal(crm_lead_view(&arena, lead, &conf, 1795566600000),
                     CRM_OK);
    assert_fields(lead, "'activity_state':null,'next_activity':null");
}


static void
test_malformed(void **state)
{
    unsigned   i;
    crm_out_t  out;
    crm_str_t  s;

    static const char  *cards[] = {
        "", ";", "1", "1;", "1;2", "1;2;", "1;2;3", "x;2;;{", "1;x;;{",
        "1;2;x;{", "1;2;1,2,3,4,5;{", "1;2;1,2,3,4,5,6,7;{",
        "1;2;1,2,,4,5,6;{", "{\"id\":1"
    };

    (void) state;

    for (i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        s = str(cards[i]);
        crm_out_init(&out, &arena, 10);
        assert_int_equal(crm_lead_card_json(&out, &s, &conf, NOW),
                         CRM_DECLINED);
        assert_int_equal(crm_out_size(&out), 0);
    }
}


static void
test_due(void **state)
{
    crm_str_t  s;
    crm_due_t  due;

    (void) state;

    s = str(DUE);
    assert_int_equal(crm_due_parse(&s, &due), CRM_OK);
    assert_int_equal(due.start, 1795480200000);
    assert_int_equal(due.end, 1795566600000);
    assert_int_equal(due.id, 31);
    assert_int_equal(due.type, 2);
    assert_int_equal(due.day, DUE_DAY);
    assert_int_equal(due.user, 2);

    assert_int_equal(crm_due_print(&arena, &due, &s), CRM_OK);
    assert_string_equal(cstr(s), DUE);

    assert_int_equal(crm_due_state(&due, due.start - 1), CRM_ACT_PLANNED);
    assert_int_equal(crm_due_state(&due, due.start), CRM_ACT_TODAY);
    assert_int_equal(crm_due_state(&due, due.end - 1), CRM_ACT_TODAY);
    assert_int_equal(crm_due_state(&due, due.end), CRM_ACT_OVERDUE);
}


/* the longest that next_activity can be fits into its room */

static void
test_due_longest(void **state)
{
    size_t     len;
    u_char     buf[CRM_DUE_JSON_MAX];
    crm_due_t  due;

    (void) state;

    memset(&due, 0, sizeof(crm_due_t));
    due.id = INT64_MIN;
    due.type = INT64_MIN;
    due.user = INT64_MIN;

    len = (size_t) (crm_due_json(buf, &due) - buf);
    assert_true(len <= CRM_DUE_JSON_MAX);
    assert_int_equal(len, 113);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_literal),
        domain_test(test_same_as_record),
        domain_test(test_rotting),
        domain_test(test_view),
        domain_test(test_malformed),
        domain_test(test_due),
        domain_test(test_due_longest)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
