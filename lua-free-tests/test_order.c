/* crm_order: totals, states, defaults, index, commit */

#include "domain.h"
#include "crm_money.h"
#include "crm_order.h"


static crm_record_t  *order;

static const crm_entity_t  *const order_entity
    = &crm_entities[CRM_KIND_ORDER];


static crm_problem_t
create(const char *body, const crm_record_t *lead)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    input = parse(order_entity, CRM_INPUT_CREATE, body);
    problem = crm_order_create(&rule, input, lead, &order);
    parse_done();

    return problem;
}


static crm_problem_t
update(const char *packed, const char *body, const crm_record_t *lead,
    int *touched)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    input = parse(order_entity, CRM_INPUT_PATCH, body);
    problem = crm_order_update(&rule, stored(order_entity, packed), input,
                               lead, &order, touched);
    parse_done();

    return problem;
}


static void
test_line(void **state)
{
    size_t   i;
    int64_t  amount;

    static const struct {
        int64_t  quantity;
        int64_t  price;
        int64_t  discount;
        int64_t  amount;
    } lines[] = {
        { 1000, 333, 0, 333 },
        { 2500, 333, 1250, 728 },           /* 728.4375 */
        { 1500, 1, 0, 2 },                  /* 1.5 */
        { 1499, 1, 0, 1 },
        { -1500, 1, 0, -2 },
        { 1500, -1, 0, -2 },
        { -1500, -1, 0, 2 },
        { 1, 500, 0, 1 },
        { 1, 499, 0, 0 },
        { 1, -499, 0, 0 },
        { 1000, 5, 5000, 3 },
        { 1000, -5, 5000, -3 },
        { 1000, 1, 5001, 0 },
        { 1000, 999, 10000, 0 },
        { 1000, CRM_MONEY_MAX, 0, CRM_MONEY_MAX },
        { 2000, CRM_MONEY_MAX, 5000, CRM_MONEY_MAX },
        { -1000, CRM_MONEY_MAX, 0, -CRM_MONEY_MAX },
        { 1000000000000LL, 1000000, 0, CRM_MONEY_MAX },
        { 333, 1000000000000001LL, 1, 332966700000000LL }
    };

    (void) state;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(crm_money_line(lines[i].quantity, lines[i].price,
                                        lines[i].discount, &amount),
                         CRM_OK);
        assert_true(amount == lines[i].amount);
    }

    assert_int_equal(crm_money_line(1001, CRM_MONEY_MAX, 0, &amount),
                     CRM_DECLINED);
    assert_int_equal(crm_money_line(CRM_QUANTITY_MAX, CRM_MONEY_MAX, 0,
                                    &amount),
                     CRM_DECLINED);
    assert_int_equal(crm_money_line(-CRM_QUANTITY_MAX, CRM_MONEY_MAX, 0,
                                    &amount),
                     CRM_DECLINED);
    assert_int_equal(crm_money_line(INT64_MIN, INT64_MIN, 0, &amount),
                     CRM_DECLINED);
}


static void
test_total(void **state)
{
    (void) state;

    /* each line is rounded by itself */

    assert_int_equal(create("{'lines':["
             "{'description':'a','quantity':0.5,'unit_price':1},"
             "{'description':'b','quantity':0.5,'unit_price':1},"
             "{'description':'c','quantity':0.5,'unit_price':-3}]}", NULL),
                     CRM_P_NONE);
    assert_fields(order, "'total':0,'lines':["
             "{'description':'a','quantity':0.5,'unit_price':1,'discount':0},"
             "{'description':'b','quantity':0.5,'unit_price':1,'discount':0},"
             "{'description':'c','quantity':0.5,'unit_price':-3,"
             "'discount':0}]");

    assert_int_equal(create("{'lines':[{'description':'a','unit_price':1},"
             "{'description':'b','quantity':2,"
             "'unit_price':1000000000000000}]}", NULL),
                     CRM_P_VALIDATION);
    assert_faults("lines[1] invalid");

    assert_int_equal(create("{'lines':[{'description':'a','unit_price':1},"
             "{'description':'b','unit_price':1000000000000000}]}", NULL),
                     CRM_P_VALIDATION);
    assert_faults("lines invalid");

    assert_int_equal(create("{'lines':[{'description':'a','unit_price':-1},"
             "{'description':'b','unit_price':1000000000000000},"
             "{'description':'c','unit_price':1}]}", NULL), CRM_P_NONE);
    assert_fields(order, "'total':1000000000000000");
}


static void
test_quantity(void **state)
{
    size_t       i;
    char         body[200], expected[200];

    static const char  *good[][2] = {
        { "0", "0" }, { "1", "1" }, { "0.001", "0.001" }, { "-0.5", "-0.5" },
        { "1000000000", "1000000000" }, { "123456789.123", "123456789.123" },
        { "1.10", "1.1" }, { "-999999999.999", "-999999999.999" },
        { "0.07", "0.07" }, { "1e3", "1000" }, { "1.005", "1.005" }
    };
    static const char  *bad[] = {
        "0.0001", "1.0005", "1000000000.001", "-1000000001", "1e300", "true",
        "'1'", "[1]", "123456789.1234"
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(body, sizeof(body), "{'lines':[{'description':'a',"
                 "'unit_price':0,'quantity':%s}]}", good[i][0]);
        snprintf(expected, sizeof(expected), "'lines':[{'description':'a',"
                 "'quantity':%s,'unit_price':0,'discount':0}]", good[i][1]);

        assert_int_equal(create(body, NULL), CRM_P_NONE);
        assert_fields(order, expected);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(body, sizeof(body), "{'lines':[{'description':'a',"
                 "'unit_price':0,'quantity':%s}]}", bad[i]);

        assert_int_equal(create(body, NULL), CRM_P_VALIDATION);
        assert_faults("lines[0].quantity invalid");
    }
}


static void
test_states(void **state)
{
    int            from, action;
    crm_record_t  *old;

    /* -1: refused */

    static const int  to[CRM_ORDER_STATES][CRM_ORDER_ACTIONS] = {
        [CRM_ORDER_DRAFT] = { CRM_ORDER_SENT, CRM_ORDER_SALE,
                              CRM_ORDER_CANCELLED, -1 },
        [CRM_ORDER_SENT] = { -1, CRM_ORDER_SALE, CRM_ORDER_CANCELLED, -1 },
        [CRM_ORDER_SALE] = { -1, -1, CRM_ORDER_CANCELLED, -1 },
        [CRM_ORDER_CANCELLED] = { -1, -1, -1, CRM_ORDER_DRAFT }
    };

    (void) state;

    for (from = 0; from < CRM_ORDER_STATES; from++) {
        old = stored(order_entity, "{'id':'4','v':'3'}");
        crm_value_set_num(&old->v[CRM_ORDER_STATE], from);

        for (action = 0; action < CRM_ORDER_ACTIONS; action++) {

            if (to[from][action] < 0) {
                assert_int_equal(crm_order_act(&rule, old, action, &order),
                                 CRM_P_ORDER_STATE);
                continue;
            }

            assert_int_equal(crm_order_act(&rule, old, action, &order),
                             CRM_P_NONE);
            assert_int_equal(order->v[CRM_ORDER_STATE].num,
                             to[from][action]);
            assert_int_equal(crm_record_version(order), 4);
            assert_int_equal(old->v[CRM_ORDER_STATE].num, from);
        }

        assert_int_equal(crm_order_editable(old), from <= CRM_ORDER_SENT);
        assert_int_equal(crm_order_deletable(old),
                         from == CRM_ORDER_DRAFT
                         || from == CRM_ORDER_CANCELLED);
    }
}


static void
test_defaults(void **state)
{
    crm_record_t  *lead;

    (void) state;

    assert_int_equal(create("{'lines':[{'description':'a','unit_price':1}]}",
                            NULL), CRM_P_NONE);
    assert_fields(order, "'version':1,"
                  "'created_at':'2026-11-23T14:26:40.000Z',"
                  "'created_by':1,'lead_id':null,'contact_id':null,"
                  "'team_id':1,'user_id':1,'state':'draft','total':1");
    assert_true(order->v[CRM_ORDER_OWNER].num == 1);

    lead = stored(lead_entity, "{'id':'9','user':'2','team':'2',"
                  "'contact':'5'}");

    assert_int_equal(create("{'lead_id':9,"
                            "'lines':[{'description':'a','unit_price':1}]}",
                            lead), CRM_P_NONE);
    assert_fields(order, "'lead_id':9,'contact_id':5,'team_id':2,"
                  "'user_id':2");
    assert_true(order->v[CRM_ORDER_OWNER].num == 2);

    assert_int_equal(create("{'lead_id':9,'contact_id':6,'team_id':1,"
                            "'user_id':3,"
                            "'lines':[{'description':'a','unit_price':1}]}",
                            lead), CRM_P_NONE);
    assert_fields(order, "'contact_id':6,'team_id':1,'user_id':3");
    assert_true(order->v[CRM_ORDER_OWNER].num == 2);
}


static void
test_update(void **state)
{
    int            touched;
    crm_record_t  *lead;

    (void) state;

    lead = stored(lead_entity, "{'id':'9','user':'2'}");

    assert_int_equal(update("{'id':'4','v':'3','user':'3','owner':'3'}",
                            "{'lead_id':9}", lead, &touched), CRM_P_NONE);
    assert_true(touched);
    assert_fields(order, "'version':4,'lead_id':9,'user_id':3");
    assert_true(order->v[CRM_ORDER_OWNER].num == 2);

    assert_int_equal(update("{'id':'4','v':'3','user':'3','owner':'2',"
                            "'lead':'9'}",
                            "{'user_id':null}", NULL, &touched), CRM_P_NONE);
    assert_true(order->v[CRM_ORDER_OWNER].num == 2);

    assert_int_equal(update("{'id':'4','v':'3','user':'3','owner':'2',"
                            "'lead':'9'}",
                            "{'lead_id':null}", NULL, &touched), CRM_P_NONE);
    assert_true(order->v[CRM_ORDER_OWNER].num == 3);

    assert_int_equal(update("{'id':'4','v':'3','state':'sale','total':'0'}",
                            "{'lines':[{'description':'a',"
                            "'unit_price':1}]}", NULL, &touched),
                     CRM_P_ORDER_LOCKED);

    assert_int_equal(update("{'id':'4','v':'3','state':'sale','total':'0'}",
                            "{'number':'S7','state':'sale'}", NULL,
                            &touched), CRM_P_VALIDATION);
    assert_faults("number read_only");
}


static void
test_number(void **state)
{
    size_t  i;

    static const struct {
        const char  *text;
        int64_t      id;
    } numbers[] = {
        { "S00001", 1 }, { "s00070", 70 }, { "S99999", 99999 },
        { "S100000", 100000 }, { "S0001", 0 }, { "S", 0 }, { "", 0 },
        { "X00001", 0 }, { "S00000", 0 }, { "S-0001", 0 }, { "S0000x", 0 },
        { "S99999999999999999999", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        crm_str_t  text = str(numbers[i].text);

        assert_true(crm_order_number_id(&text) == numbers[i].id);
    }

    order = crm_record_new(&arena, order_entity);

    crm_value_set_num(&order->v[CRM_ID], 7);
    assert_int_equal(crm_order_number(&arena, order), CRM_OK);
    assert_fields(order, "'number':'S00007'");

    crm_value_set_num(&order->v[CRM_ID], 1234567);
    assert_int_equal(crm_order_number(&arena, order), CRM_OK);
    assert_fields(order, "'number':'S1234567'");
}


static void
test_expired(void **state)
{
    int  i;

    static const struct {
        const char  *state;
        int          day;
        int          expired;
    } cases[] = {
        { "draft", -1, 1 }, { "draft", 0, 0 }, { "sent", -1, 1 },
        { "sent", 1, 0 }, { "sale", -1, 0 }, { "cancelled", -1, 0 }
    };

    (void) state;

    for (i = 0; i < 6; i++) {
        char  text[100];

        snprintf(text, sizeof(text), "{'id':'4','state':'%s'}",
                 cases[i].state);
        order = stored(order_entity, text);
        crm_value_set_num(&order->v[CRM_ORDER_VALID_UNTIL],
                          crm_zone_date(conf.zone, NOW) + cases[i].day);
        crm_order_view(order, &conf, NOW);

        assert_int_equal(order->v[CRM_ORDER_EXPIRED].num, cases[i].expired);
    }

    order = stored(order_entity, "{'id':'4'}");
    crm_order_view(order, &conf, NOW);
    assert_int_equal(order->v[CRM_ORDER_EXPIRED].num, 0);
}


static void
test_raise(void **state)
{
    crm_record_t  *lead = stored(lead_entity, "{'id':'9'}");

    (void) state;

    order = stored(order_entity, "{'id':'4','total':'-5'}");
    crm_order_raise(lead, order);
    assert_false(lead->v[CRM_LEAD_EXPECTED_REVENUE].set);

    order = stored(order_entity, "{'id':'4','total':'500'}");
    crm_order_raise(lead, order);
    assert_fields(lead, "'expected_revenue':500");

    order = stored(order_entity, "{'id':'4','total':'499'}");
    crm_order_raise(lead, order);
    assert_fields(lead, "'expected_revenue':500");
}


static void
test_index(void **state)
{
    crm_ix_list_t  list;

    (void) state;

    order = stored(order_entity, "{'id':'70','v':'1','ct':'100','ut':'200',"
                   "'lead':'65','contact':'5','team':'2','user':'3',"
                   "'owner':'1','total':'900','state':'sent','until':'2024-10-04'}");

    crm_ix_init(&list, &arena, rule.prefix);
    crm_order_index(&list, order);

    assert_string_equal(entries(&list, "o:"),
                        "o:c:0 0000000070 5\n"
                        "o:f:owner:1:0 70\n"
                        "o:f:state:sent:0 70\n"
                        "o:f:team:2:0 70\n"
                        "o:f:user:3:0 70\n"
                        "o:l:1 0000000070 65\n"
                        "o:s:sent:c 0000000070 100\n"
                        "o:s:sent:e 0000000070 20000\n"
                        "o:s:sent:t 0000000070 900\n"
                        "o:s:sent:u 0000000070 200\n");

    order = stored(order_entity, "{'id':'70','v':'1','ct':'100','ut':'200',"
                   "'total':'900'}");

    crm_ix_init(&list, &arena, rule.prefix);
    crm_order_index(&list, order);

    assert_string_equal(entries(&list, "o:"),
                        "o:f:owner:0:0 70\n"
                        "o:f:state:draft:0 70\n"
                        "o:f:team:0:0 70\n"
                        "o:f:until:none:0 70\n"
                        "o:f:user:0:0 70\n"
                        "o:s:draft:c 0000000070 100\n"
                        "o:s:draft:t 0000000070 900\n"
                        "o:s:draft:u 0000000070 200\n");
}


static void
test_commit(void **state)
{
    char           expected[300];
    crm_record_t  *old;

    (void) state;

    /* the id follows the last one given */

    order = stored(order_entity, "{'id':'7','v':'1','contact':'5'}");
    assert_int_equal(crm_order_commit(&ops, &rule, NULL, order), CRM_OK);

    snprintf(expected, sizeof(expected), "eq tenant conf 17 %d\n"
             "eq tenant id:order 6 %d\n" "key contact:5   %d\n",
             CRM_FAILED_CONF, CRM_FAILED_ID, CRM_FAILED_CONTACT);
    assert_string_equal(checks(), expected);
    assert_string_equal(writes("tenant"),
                        "HINCRBY tenant writes 1\n"
                        "HSET tenant id:order 7\n");

    crm_ops_init(&ops, &arena);
    order = stored(order_entity, "{'id':'1','v':'1'}");
    assert_int_equal(crm_order_commit(&ops, &rule, NULL, order), CRM_OK);

    snprintf(expected, sizeof(expected), "eq tenant conf 17 %d\n"
             "free tenant id:order 0 %d\n", CRM_FAILED_CONF, CRM_FAILED_ID);
    assert_string_equal(checks(), expected);

    /* whose it was is checked beside the version */

    crm_ops_init(&ops, &arena);
    old = stored(order_entity, "{'id':'7','v':'2','user':'1','owner':'3'}");
    order = crm_record_copy(&arena, old);
    crm_order_place(order, NULL);
    assert_int_equal(crm_order_commit(&ops, &rule, old, order), CRM_OK);

    snprintf(expected, sizeof(expected), "eq tenant conf 17 %d\n"
             "eq order:7 v 2 %d\n" "eq order:7 owner 3 %d\n",
             CRM_FAILED_CONF, CRM_FAILED_VERSION, CRM_FAILED_VERSION);
    assert_string_equal(checks(), expected);
    assert_string_equal(writes("o"), "SETBIT o:f:owner:1:0 7 1\n"
                        "SETBIT o:f:owner:3:0 7 0\n"
                        "HSET order:7 owner 1\n");

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_order_commit(&ops, &rule, old, old), CRM_OK);
    assert_int_equal(ops.nwrites, 0);

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_order_commit(&ops, &rule, old, NULL), CRM_OK);
    assert_string_equal(writes("order:"), "DEL order:7\n");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_line),
        domain_test(test_total),
        domain_test(test_quantity),
        domain_test(test_states),
        domain_test(test_defaults),
        domain_test(test_update),
        domain_test(test_number),
        domain_test(test_expired),
        domain_test(test_raise),
        domain_test(test_index),
        domain_test(test_commit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
