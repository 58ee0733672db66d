/* crm_lead_undo: what a bulk change wrote is taken back where it holds */

#include "domain.h"
#include "crm_lead_undo.h"


#define OPEN   "{'id':'9','v':'4','name':'x','stage':'2','team':'1',"         \
               "'staged':'1795443000000','prob':'4500','pmode':'manual',"     \
               "'user':'1','assigned':'1795443000000','tags':'1','prio':'1'," \
               "'k':'50'}"


static crm_record_t   *lead;
static int             kept;
static crm_str_t       text;


/* what turning `old' into `now' wrote */

static void
wrote(const char *old, const crm_record_t *now)
{
    assert_int_equal(crm_lead_undo_text(rule.arena, stored(lead_entity, old),
                                        now, &text), CRM_OK);
}


static crm_problem_t
undo(const crm_record_t *now)
{
    return crm_lead_undo(&rule, now, &text, &lead, &kept);
}


static void
test_lost(void **state)
{
    crm_record_t  *now;

    (void) state;

    assert_int_equal(crm_lead_lost(&rule, stored(lead_entity, OPEN), 3, &now),
                     CRM_P_NONE);
    wrote(OPEN, now);

    assert_int_equal(undo(now), CRM_P_NONE);
    assert_int_equal(kept, 0);
    assert_fields(lead, "'state':'open','active':true,'stage_id':2,"
                  "'probability':45,'lost_reason_id':null,"
                  "'closed_at':null");

    /* restored by hand meanwhile */

    assert_int_equal(undo(stored(lead_entity, OPEN)), CRM_P_CHANGED_SINCE);
    assert_int_equal(kept, 1);
}


static void
test_some_fields(void **state)
{
    crm_record_t  *now;

    (void) state;

    now = stored(lead_entity, OPEN);
    crm_value_set_num(&now->v[CRM_LEAD_USER_ID], 2);
    crm_value_set_num(&now->v[CRM_LEAD_ASSIGNED_AT], rule.now);
    crm_value_set_num(&now->v[CRM_LEAD_PRIORITY], 3);
    wrote(OPEN, now);

    crm_value_set_num(&now->v[CRM_LEAD_PRIORITY], 2);

    assert_int_equal(undo(now), CRM_P_NONE);
    assert_int_equal(kept, 1);
    assert_fields(lead, "'user_id':1,'priority':2,"
                  "'assigned_at':'2026-11-23T14:10:00.000Z'");
}


static void
test_place(void **state)
{
    crm_record_t  *now;

    (void) state;

    assert_int_equal(crm_lead_move(&rule, stored(lead_entity, OPEN), 4, 77,
                                   &now), CRM_P_NONE);
    wrote(OPEN, now);

    assert_int_equal(undo(now), CRM_P_NONE);
    assert_fields(lead, "'state':'open','stage_id':2,'closed_at':null,"
                  "'stage_changed_at':'2026-11-23T14:10:00.000Z'");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 50);

    /* the old stage is another team's by now */

    crm_value_set_num(&conf.list[CRM_KIND_STAGE].rec[1]->v[CRM_STAGE_TEAM_ID],
                      2);
    assert_int_equal(undo(now), CRM_P_CHANGED_SINCE);
}


static void
test_malformed(void **state)
{
    (void) state;

    text = crm_str("-");
    assert_int_equal(undo(stored(lead_entity, OPEN)), CRM_P_INTERNAL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_lost),
        domain_test(test_some_fields),
        domain_test(test_place),
        domain_test(test_malformed)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
