/* crm_conf: look-ups, the order of stages, the first team */

#include "domain.h"


static int64_t
first(int64_t team)
{
    const crm_record_t  *stage = crm_stage_first(&conf, team);

    return stage ? crm_record_id(stage) : 0;
}


static int64_t
won(int64_t team, int64_t from)
{
    const crm_record_t  *stage;

    stage = crm_stage_won(&conf, team,
                          crm_conf_find(&conf, CRM_KIND_STAGE, from));

    return stage ? crm_record_id(stage) : 0;
}


static crm_record_t *
stage_of(int64_t id)
{
    return crm_conf_find(&conf, CRM_KIND_STAGE, id);
}


static void
test_find(void **state)
{
    int64_t  id;

    (void) state;

    for (id = 1; id <= 7; id++) {
        assert_int_equal(crm_record_id(stage_of(id)), id);
    }

    assert_null(stage_of(0));
    assert_null(stage_of(8));
    assert_null(crm_conf_find(&conf, CRM_KIND_ACTIVITY_TYPE, 1));
}


static void
test_find_folded(void **state)
{
    crm_str_t  folded;

    (void) state;

    folded = str("trade fair");
    assert_int_equal(crm_record_id(crm_conf_find_folded(&arena, &conf,
                                                        CRM_KIND_TAG,
                                                        CRM_TAG_NAME,
                                                        &folded)), 2);
    folded = str("trade");
    assert_null(crm_conf_find_folded(&arena, &conf, CRM_KIND_TAG,
                                     CRM_TAG_NAME, &folded));
}


static void
test_stage_order(void **state)
{
    unsigned  i;

    static const int64_t  order[] = { 7, 1, 5, 2, 3, 4, 6 };

    (void) state;

    for (i = 0; i < 7; i++) {
        assert_int_equal(crm_record_id(conf.stages[i]), order[i]);
    }

    /* without a sequence last, then by id */

    crm_value_clear(&stage_of(1)->v[CRM_STAGE_SEQUENCE]);
    crm_value_clear(&stage_of(7)->v[CRM_STAGE_SEQUENCE]);
    stage_of(3)->v[CRM_STAGE_SEQUENCE].num = 15;
    assert_int_equal(crm_conf_finish(&conf), CRM_OK);

    assert_int_equal(crm_record_id(conf.stages[0]), 3);
    assert_int_equal(crm_record_id(conf.stages[1]), 5);
    assert_int_equal(crm_record_id(conf.stages[5]), 1);
    assert_int_equal(crm_record_id(conf.stages[6]), 7);
}


static void
test_stage_first(void **state)
{
    int64_t  id;

    (void) state;

    assert_int_equal(first(1), 1);
    assert_int_equal(first(0), 1);

    stage_of(5)->v[CRM_STAGE_SEQUENCE].num = 1;
    assert_int_equal(crm_conf_finish(&conf), CRM_OK);
    assert_int_equal(first(1), 1);
    assert_int_equal(first(2), 5);

    /* folded ones only where there is nothing else, won ones last of all */

    for (id = 1; id <= 3; id++) {
        stage_of(id)->v[CRM_STAGE_FOLD].num = 1;
    }

    assert_int_equal(first(1), 7);

    conf.list[CRM_KIND_STAGE].n = 0;
    assert_int_equal(first(1), 0);
}


static void
test_stage_won(void **state)
{
    (void) state;

    assert_int_equal(won(1, 1), 4);
    assert_int_equal(won(2, 1), 4);
    assert_int_equal(won(2, 4), 6);
    assert_int_equal(won(2, 6), 6);
    assert_int_equal(won(1, 99), 4);

    stage_of(4)->v[CRM_STAGE_IS_WON].num = 0;
    assert_int_equal(won(1, 1), 0);
    assert_int_equal(won(2, 1), 6);
}


static void
test_team_default(void **state)
{
    crm_record_t  *team;

    (void) state;

    assert_int_equal(crm_team_default(&conf, 1), 1);
    assert_int_equal(crm_team_default(&conf, 2), 2);
    assert_int_equal(crm_team_default(&conf, 3), 1);
    assert_int_equal(crm_team_default(&conf, 0), 1);

    /* the leader's sequence, then the oldest */

    team = crm_conf_find(&conf, CRM_KIND_TEAM, 2);
    team->v[CRM_TEAM_SEQUENCE].num = 10;
    assert_int_equal(crm_team_default(&conf, 3), 1);
    team->v[CRM_TEAM_SEQUENCE].num = 9;
    assert_int_equal(crm_team_default(&conf, 3), 2);
    assert_int_equal(crm_team_default(&conf, 1), 1);

    team->v[CRM_TEAM_ACTIVE].num = 0;
    assert_int_equal(crm_team_default(&conf, 2), 1);

    conf.list[CRM_KIND_TEAM].n = 0;
    assert_int_equal(crm_team_default(&conf, 2), 0);
}


static void
test_user_zone(void **state)
{
    (void) state;

    /* 3:30 east, and the tenant's UTC */

    assert_int_equal(crm_zone_offset(crm_conf_user_zone(&conf, 1), NOW),
                     12600000);
    assert_int_equal(crm_zone_offset(crm_conf_user_zone(&conf, 2), NOW), 0);
    assert_int_equal(crm_zone_offset(crm_conf_user_zone(&conf, 99), NOW), 0);
}


static void
test_finish_refuses(void **state)
{
    (void) state;

    conf.settings->v[CRM_SETTINGS_TIMEZONE].str = crm_str("Mars/Olympus");
    assert_int_equal(crm_conf_finish(&conf), CRM_DECLINED);

    conf.list[CRM_KIND_SETTINGS].n = 0;
    assert_int_equal(crm_conf_finish(&conf), CRM_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_find),
        domain_test(test_find_folded),
        domain_test(test_stage_order),
        domain_test(test_stage_first),
        domain_test(test_stage_won),
        domain_test(test_team_default),
        domain_test(test_user_zone),
        domain_test(test_finish_refuses)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
