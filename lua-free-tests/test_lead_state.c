/* crm_lead_state: won, lost, restore, archive, move; time per stage */

#include "domain.h"


#define OPEN      "{'id':'9','v':'4','name':'x','stage':'2','team':'1',"      \
                  "'staged':'1795443000000','prob':'3000','k':'50'}"
#define WON       "{'id':'9','name':'x','stage':'4','team':'1',"              \
                  "'state':'won','closed':'1795443000000','prob':'10000'}"
#define LOST      "{'id':'9','name':'x','stage':'2','team':'1',"              \
                  "'state':'lost','active':'0','reason':'3',"                 \
                  "'pmode':'manual','closed':'1795443000000','prob':'0'}"
#define ARCHIVED  "{'id':'9','name':'x','stage':'2','team':'1',"              \
                  "'active':'0','prob':'4500','pmode':'manual'}"
#define WON_ARCHIVED                                                          \
                  "{'id':'9','name':'x','stage':'4','team':'1','active':'0'," \
                  "'state':'won','closed':'1795443000000','prob':'10000'}"


static crm_record_t  *lead;


static crm_problem_t
won(const char *packed)
{
    crm_record_t   *old;
    crm_problem_t   problem;

    old = stored(lead_entity, packed);
    problem = crm_lead_won_column(&rule, old, &column);

    if (problem != CRM_P_NONE) {
        return problem;
    }

    return crm_lead_won(&rule, old, &column, &lead);
}


static crm_problem_t
lost(const char *packed, int64_t reason)
{
    return crm_lead_lost(&rule, stored(lead_entity, packed), reason, &lead);
}


static crm_problem_t
restore(const char *packed)
{
    return crm_lead_restore(&rule, stored(lead_entity, packed), &lead);
}


static crm_problem_t
archive(const char *packed)
{
    return crm_lead_archive(&rule, stored(lead_entity, packed), &lead);
}


static crm_problem_t
move(const char *packed, int64_t stage)
{
    return crm_lead_move(&rule, stored(lead_entity, packed), stage, 77,
                         &lead);
}


static void
test_won(void **state)
{
    (void) state;

    assert_int_equal(won(OPEN), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,"
                  "'closed_at':'2026-11-23T14:26:40.000Z',"
                  "'stage_changed_at':'2026-11-23T14:26:40.000Z'");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 0);

    assert_int_equal(won(LOST), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':true,'lost_reason_id':null,"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");

    assert_int_equal(won(ARCHIVED), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':true,'probability':100");

    assert_int_equal(won(WON), CRM_P_ALREADY_WON);
    assert_int_equal(won(WON_ARCHIVED), CRM_P_ALREADY_WON);
}


static void
test_which_won_stage(void **state)
{
    (void) state;

    /* by sequence: 4 comes before the own one of team 2 */

    assert_int_equal(won("{'id':'9','name':'x','stage':'5','team':'2'}"),
                     CRM_P_NONE);
    assert_fields(lead, "'stage_id':4");

    conf.list[CRM_KIND_STAGE].rec[3]->v[CRM_STAGE_IS_WON].num = 0;

    assert_int_equal(won("{'id':'9','name':'x','stage':'5','team':'2'}"),
                     CRM_P_NONE);
    assert_fields(lead, "'stage_id':6");

    assert_int_equal(won(OPEN), CRM_P_NO_WON_STAGE);
}


static void
test_lost(void **state)
{
    (void) state;

    assert_int_equal(lost(OPEN, 3), CRM_P_NONE);
    assert_fields(lead, "'state':'lost','active':false,'stage_id':2,"
                  "'probability':0,'lost_reason_id':3,"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");

    assert_int_equal(lost(ARCHIVED, 0), CRM_P_NONE);
    assert_fields(lead, "'state':'lost','active':false,"
                  "'lost_reason_id':null");

    assert_int_equal(lost(WON, 3), CRM_P_IS_WON);
    assert_int_equal(lost(WON_ARCHIVED, 3), CRM_P_IS_WON);
    assert_int_equal(lost(LOST, 3), CRM_P_ALREADY_LOST);
}


static void
test_restore(void **state)
{
    (void) state;

    assert_int_equal(restore(LOST), CRM_P_NONE);
    assert_fields(lead, "'state':'open','active':true,'stage_id':2,"
                  "'probability':30,'probability_mode':'auto',"
                  "'lost_reason_id':null,'closed_at':null");

    assert_int_equal(restore(ARCHIVED), CRM_P_NONE);
    assert_fields(lead, "'state':'open','active':true,'probability':45,"
                  "'probability_mode':'manual'");

    assert_int_equal(restore(WON_ARCHIVED), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':true,'probability':100,"
                  "'closed_at':'2026-11-23T14:10:00.000Z'");

    assert_int_equal(restore(OPEN), CRM_P_NOT_LOST);
    assert_int_equal(restore(WON), CRM_P_NOT_LOST);
}


/* the stage became a won one while the record was lost */

static void
test_restore_into_won(void **state)
{
    (void) state;

    conf.list[CRM_KIND_STAGE].rec[1]->v[CRM_STAGE_IS_WON].num = 1;

    assert_int_equal(restore(LOST), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':true,'stage_id':2,"
                  "'probability':100,"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");
}


static void
test_archive(void **state)
{
    (void) state;

    assert_int_equal(archive(OPEN), CRM_P_NONE);
    assert_fields(lead, "'state':'open','active':false,'stage_id':2,"
                  "'probability':30,'closed_at':null");

    assert_int_equal(archive(WON), CRM_P_NONE);
    assert_fields(lead, "'state':'won','active':false,'probability':100,"
                  "'closed_at':'2026-11-23T14:10:00.000Z'");

    assert_int_equal(archive(ARCHIVED), CRM_P_ALREADY_ARCHIVED);
    assert_int_equal(archive(WON_ARCHIVED), CRM_P_ALREADY_ARCHIVED);
    assert_int_equal(archive(LOST), CRM_P_IS_LOST);
}


static void
test_move(void **state)
{
    (void) state;

    assert_int_equal(move(OPEN, 3), CRM_P_NONE);
    assert_fields(lead, "'stage_id':3,'probability':60");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 77);

    assert_int_equal(move(OPEN, 4), CRM_P_NONE);
    assert_fields(lead, "'state':'won','stage_id':4,'probability':100");

    assert_int_equal(move(WON, 1), CRM_P_NONE);
    assert_fields(lead, "'state':'open','stage_id':1,'probability':10,"
                  "'closed_at':null");

    assert_int_equal(move(OPEN, 5), CRM_P_VALIDATION);
    assert_faults("stage_id invalid");
    assert_int_equal(move(OPEN, 99), CRM_P_VALIDATION);
    assert_faults("stage_id not_found");
}


static void
test_move_inside(void **state)
{
    crm_record_t  *old;

    (void) state;

    old = stored(lead_entity, OPEN);

    assert_int_equal(crm_lead_move(&rule, old, 2, 77, &lead), CRM_P_NONE);
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 77);
    assert_int_equal(old->v[CRM_LEAD_RANK].num, 50);
    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
    assert_fields(lead, "'version':4,'stage_id':2,"
                  "'stage_changed_at':'2026-11-23T14:10:00.000Z'");
}


static const char *
times(const crm_record_t *rec, int64_t now)
{
    crm_out_t  out;
    crm_str_t  s;

    crm_out_init(&out, &arena, 100);
    crm_lead_stage_times(&out, rec, now);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


static void
test_stage_times(void **state)
{
    crm_record_t  *rec;

    (void) state;

    rec = stored(lead_entity, "{'id':'9','name':'x','stage':'1',"
                 "'staged':'1795444000000'}");

    assert_string_equal(times(rec, NOW), "[{\"stage_id\":1,\"seconds\":0}]");

    rule.now = NOW + 90 * SECOND + 999;
    assert_int_equal(crm_lead_move(&rule, rec, 2, 0, &rec), CRM_P_NONE);
    rule.now += 10 * SECOND;
    assert_int_equal(crm_lead_move(&rule, rec, 3, 0, &rec), CRM_P_NONE);
    rule.now += 5 * SECOND;
    assert_int_equal(crm_lead_move(&rule, rec, 1, 0, &rec), CRM_P_NONE);
    rule.now += 7 * SECOND;
    assert_int_equal(crm_lead_move(&rule, rec, 2, 0, &rec), CRM_P_NONE);

    assert_string_equal(cstr(rec->v[CRM_LEAD_STAGE_TIMES].str),
                        "2:10,3:5,1:97");
    assert_string_equal(times(rec, rule.now + 3 * SECOND),
                        "[{\"stage_id\":3,\"seconds\":5},"
                        "{\"stage_id\":1,\"seconds\":97},"
                        "{\"stage_id\":2,\"seconds\":13}]");

    /* a clock that goes back */

    assert_string_equal(times(rec, rule.now - DAY),
                        "[{\"stage_id\":3,\"seconds\":5},"
                        "{\"stage_id\":1,\"seconds\":97},"
                        "{\"stage_id\":2,\"seconds\":10}]");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_won),
        domain_test(test_which_won_stage),
        domain_test(test_lost),
        domain_test(test_restore),
        domain_test(test_restore_into_won),
        domain_test(test_archive),
        domain_test(test_move),
        domain_test(test_move_inside),
        domain_test(test_stage_times)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
