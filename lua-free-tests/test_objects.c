/* lists of objects as fields: crm_input_objects.c, crm_codec.c, and what
   crm_config.c makes of their references */

#include "domain.h"
#include "crm_config.h"


static const crm_entity_t  *const plan_entity =
    &crm_entities[CRM_KIND_ACTIVITY_PLAN];


static int
setup(void **state)
{
    (void) domain_setup(state);

    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'1','name':'Call'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'4','name':'To do'}");
    conf_add(CRM_KIND_ACTIVITY_PLAN, "{'id':'1','name':'First','steps':"
             "'[{\\'type\\':\\'4\\',\\'count\\':\\'2\\'},"
             "{\\'type\\':\\'4\\',\\'user\\':\\'2\\'}]'}");

    return 0;
}


#define objects_test(name)                                                    \
    cmocka_unit_test_setup_teardown(name, setup, domain_teardown)


static void
test_whole(void **state)
{
    crm_input_t   *input;
    crm_record_t  *rec;

    (void) state;

    input = parse(plan_entity, CRM_INPUT_CREATE,
                  "{'name':'P','steps':[{'type_id':1},{'type_id':4,"
                  "'delay_count':3,'delay_unit':'weeks','when':'before',"
                  "'user_id':2},{'type_id':4,'user_id':null}]}");
    assert_faults("");

    rec = crm_input_create(&arena, input);
    assert_non_null(rec);
    assert_fields(rec,
                  "'name':'P','steps':[{'type_id':1,'delay_count':0,"
                  "'delay_unit':'days','when':'after','user_id':null},"
                  "{'type_id':4,'delay_count':3,'delay_unit':'weeks',"
                  "'when':'before','user_id':2},{'type_id':4,"
                  "'delay_count':0,'delay_unit':'days','when':'after',"
                  "'user_id':null}],'active':true");
    parse_done();
}


static void
test_places(void **state)
{
    (void) state;

    (void) parse(plan_entity, CRM_INPUT_CREATE,
                 "{'name':'P','steps':[{'type_id':1},{'typ_id':1},7,"
                 "{'type_id':1,'delay_count':-1,'when':'then'}]}");
    assert_faults("steps[1].typ_id unknown_field, "
                  "steps[1].type_id required, steps[2] invalid, "
                  "steps[3].delay_count invalid, steps[3].when invalid");

    (void) parse(plan_entity, CRM_INPUT_CREATE,
                 "{'name':'P','steps':[{'type_id':1},{'type_id':9,"
                 "'user_id':8}]}");
    assert_faults("steps[1].type_id not_found, steps[1].user_id not_found");

    (void) parse(plan_entity, CRM_INPUT_CREATE, "{'name':'P','steps':{}}");
    assert_faults("steps invalid");

    (void) parse(plan_entity, CRM_INPUT_CREATE, "{'name':'P','steps':[]}");
    assert_faults("steps required");

    (void) parse(plan_entity, CRM_INPUT_PATCH, "{'steps':null}");
    assert_faults("steps required");

    parse_done();
}


static void
test_limit(void **state)
{
    int           i;
    char          body[4000], *p;

    (void) state;

    p = body + sprintf(body, "{'name':'P','steps':[{'type_id':1}");

    for (i = 1; i < 101; i++) {
        p += sprintf(p, ",{'type_id':1}");
    }

    sprintf(p, "]}");

    (void) parse(plan_entity, CRM_INPUT_CREATE, body);
    assert_faults("steps too_long");
    parse_done();
}


static void
test_stored(void **state)
{
    crm_str_t      text;
    crm_value_t    v;
    crm_record_t  *rec, *again;
    crm_str_t      bad[] = {
        crm_str("{}"), crm_str("[1]"), crm_str("["),
        crm_str("[{\"type\":1}]")
    };
    unsigned       i;

    (void) state;

    rec = conf.list[CRM_KIND_ACTIVITY_PLAN].rec[0];

    assert_int_equal(crm_record_pack(&arena, rec, &text), CRM_OK);
    assert_string_equal(cstr(text),
                        "{\"id\":\"1\",\"name\":\"First\",\"steps\":"
                        "\"[{\\\"type\\\":\\\"4\\\",\\\"count\\\":"
                        "\\\"2\\\"},{\\\"type\\\":\\\"4\\\",\\\"user\\\":"
                        "\\\"2\\\"}]\",\"active\":\"1\"}");

    assert_int_equal(crm_record_unpack(&arena, plan_entity, &text, &again),
                     CRM_OK);
    assert_true(crm_value_eq(CRM_T_OBJECTS,
                             &rec->v[CRM_ACTIVITY_PLAN_STEPS],
                             &again->v[CRM_ACTIVITY_PLAN_STEPS]));

    crm_value_set_num(&again->v[CRM_ACTIVITY_PLAN_STEPS].objects.rec[1]
                      ->v[CRM_PLAN_STEP_USER_ID], 3);
    assert_false(crm_value_eq(CRM_T_OBJECTS,
                              &rec->v[CRM_ACTIVITY_PLAN_STEPS],
                              &again->v[CRM_ACTIVITY_PLAN_STEPS]));

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(crm_value_load(&arena, &plan_entity->fields[
                                            CRM_ACTIVITY_PLAN_STEPS],
                                        &bad[i], &v), CRM_DECLINED);
    }
}


static void
test_references(void **state)
{
    unsigned  counts[CRM_CONF_KINDS];

    (void) state;

    crm_config_references(&conf, CRM_KIND_ACTIVITY_TYPE, 4, counts);
    assert_int_equal(counts[CRM_KIND_ACTIVITY_PLAN], 1);

    crm_config_references(&conf, CRM_KIND_ACTIVITY_TYPE, 1, counts);
    assert_int_equal(counts[CRM_KIND_ACTIVITY_PLAN], 0);

    crm_config_references(&conf, CRM_KIND_USER, 2, counts);
    assert_int_equal(counts[CRM_KIND_ACTIVITY_PLAN], 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        objects_test(test_whole),
        objects_test(test_places),
        objects_test(test_limit),
        objects_test(test_stored),
        objects_test(test_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
