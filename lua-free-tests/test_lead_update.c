/* crm_lead: changes by PATCH */

#include "domain.h"


#define OPEN  "'id':'9','v':'4','name':'Pumps','stage':'1','team':'1',"       \
              "'user':'1','assigned':'1795000000000',"                        \
              "'staged':'1795443000000','prob':'1000','k':'50'"
#define WON   "'id':'9','v':'4','name':'Pumps','stage':'4','team':'1',"       \
              "'state':'won','closed':'1795443000000',"                       \
              "'staged':'1795443000000','prob':'10000','k':'50'"
#define LOST  "'id':'9','v':'4','name':'Pumps','stage':'2','team':'1',"       \
              "'state':'lost','active':'0','closed':'1795443000000',"         \
              "'reason':'3','staged':'1795443000000','prob':'0','k':'50'"


static crm_record_t  *old;


static crm_problem_t
attempt(const char *packed, const char *body, const crm_record_t *contact,
    crm_record_t **lead)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    old = stored(lead_entity, packed);
    input = parse(lead_entity, CRM_INPUT_PATCH, body);

    column.empty = 0;

    if (crm_lead_column(&rule, input, old, &column) == CRM_OK) {
        column.empty = 0;
        column.top = -7;
    }

    problem = crm_lead_update(&rule, old, input, contact, NULL, &column,
                              lead);
    parse_done();

    return problem;
}


static crm_record_t *
update(const char *packed, const char *body)
{
    crm_record_t  *lead;

    assert_int_equal(attempt(packed, body, NULL, &lead), CRM_P_NONE);

    return lead;
}


static void
assert_refused(const char *packed, const char *body, const char *expected)
{
    crm_record_t  *lead;

    assert_int_equal(attempt(packed, body, NULL, &lead), CRM_P_VALIDATION);
    assert_faults(expected);
}


static void
test_plain(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = update("{" OPEN ",'city':'Bonn'}",
                  "{'name':'Pumps II','city':null,'priority':2}");

    assert_fields(lead, "'version':4,'name':'Pumps II','stage_id':1,"
                  "'city':null,'priority':2,'probability':10");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 50);
    assert_fields(old, "'name':'Pumps','city':'Bonn','priority':0");

    assert_int_equal(crm_lead_touch(&rule, old, lead), 1);
    assert_fields(lead, "'version':5,"
                  "'updated_at':'2026-11-23T14:26:40.000Z','updated_by':1");
}


static void
test_nothing(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = update("{" OPEN "}", "{}");
    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
    assert_int_equal(crm_record_version(lead), 4);

    lead = update("{" OPEN "}", "{'name':'Pumps','user_id':1,'stage_id':1,"
                  "'team_id':1,'version':4,'rotting':false,'id':9,"
                  "'next_activity':null,'type':'opportunity'}");
    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 50);
}


static void
test_read_only(void **state)
{
    (void) state;

    assert_refused("{" OPEN "}", "{'version':3,'state':'won',"
                   "'rotting':true,'type':'lead','closed_at':null}",
                   "version read_only, type read_only, state read_only, "
                   "rotting read_only");
}


static void
test_required(void **state)
{
    (void) state;

    assert_refused("{" OPEN "}", "{'name':null,'stage_id':null}",
                   "name required, stage_id required");
}


static void
test_user(void **state)
{
    (void) state;

    assert_fields(update("{" OPEN "}", "{'user_id':2}"),
                  "'team_id':1,'user_id':2,"
                  "'assigned_at':'2026-11-23T14:26:40.000Z'");
    assert_fields(update("{" OPEN "}", "{'user_id':1}"),
                  "'user_id':1,'assigned_at':'2026-11-18T11:06:40.000Z'");
    assert_fields(update("{" OPEN "}", "{'user_id':null}"),
                  "'user_id':null,'assigned_at':null");
}


static void
test_stage(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = update("{" OPEN "}", "{'stage_id':3}");

    assert_fields(lead, "'state':'open','stage_id':3,'probability':60,"
                  "'stage_changed_at':'2026-11-23T14:26:40.000Z'");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, -7 - CRM_RANK_STEP);
    assert_string_equal(cstr(lead->v[CRM_LEAD_STAGE_TIMES].str), "1:1000");

    assert_refused("{" OPEN "}", "{'stage_id':5}", "stage_id invalid");
    assert_refused("{" OPEN "}", "{'stage_id':99}", "stage_id not_found");
}


static void
test_team(void **state)
{
    crm_record_t  *lead;

    (void) state;

    /* a shared stage stays */

    lead = update("{" OPEN "}", "{'team_id':2}");
    assert_fields(lead, "'stage_id':1,'team_id':2,"
                  "'stage_changed_at':'2026-11-23T14:10:00.000Z'");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 50);

    /* another team's does not */

    lead = update("{'id':'9','name':'x','stage':'5','team':'2',"
                  "'prob':'2000','k':'50'}", "{'team_id':1}");
    assert_fields(lead, "'stage_id':1,'team_id':1,'probability':10");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, -7 - CRM_RANK_STEP);

    /* both at once */

    assert_fields(update("{" OPEN "}", "{'team_id':2,'stage_id':5}"),
                  "'stage_id':5,'team_id':2,'probability':20");
    assert_fields(update("{" OPEN "}", "{'team_id':null}"),
                  "'stage_id':1,'team_id':null");
}


static void
test_enter_won(void **state)
{
    crm_record_t  *lead;

    (void) state;

    assert_fields(update("{" OPEN "}", "{'stage_id':4}"),
                  "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");

    /* a lost record is revived */

    assert_fields(update("{" LOST "}", "{'stage_id':4}"),
                  "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,'lost_reason_id':null,"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");

    /* from one won stage to another it was closed when it was; entering one
       makes it active in any case */

    lead = update("{'id':'9','name':'x','stage':'4','team':'2',"
                  "'state':'won','active':'0','closed':'1795443000000',"
                  "'prob':'10000'}", "{'stage_id':6}");
    assert_fields(lead, "'state':'won','active':true,'stage_id':6,"
                  "'probability':100,"
                  "'closed_at':'2026-11-23T14:10:00.000Z'");

    assert_int_equal(attempt("{" OPEN "}",
                             "{'stage_id':4,'probability':50}", NULL, &lead),
                     CRM_P_IS_WON);
}


static void
test_leave_won(void **state)
{
    (void) state;

    assert_fields(update("{" WON ",'pmode':'manual'}", "{'stage_id':2}"),
                  "'state':'open','active':true,'stage_id':2,"
                  "'probability':30,'probability_mode':'auto',"
                  "'closed_at':null");
    assert_fields(update("{" WON "}", "{'stage_id':2,'probability':77}"),
                  "'state':'open','probability':77,"
                  "'probability_mode':'manual'");
    assert_fields(update("{" WON "}",
                         "{'stage_id':2,'probability_mode':'manual'}"),
                  "'state':'open','probability':30,"
                  "'probability_mode':'manual'");
}


static void
test_lost_moves(void **state)
{
    (void) state;

    assert_fields(update("{" LOST "}", "{'stage_id':3}"),
                  "'state':'lost','active':false,'stage_id':3,"
                  "'probability':0,'lost_reason_id':3,"
                  "'closed_at':'2026-11-23T14:10:00.000Z'");
}


static void
test_lost_reason(void **state)
{
    (void) state;

    assert_fields(update("{" LOST "}", "{'lost_reason_id':null}"),
                  "'state':'lost','lost_reason_id':null");
    assert_refused("{" OPEN "}", "{'lost_reason_id':3}",
                   "lost_reason_id invalid");
    assert_refused("{" LOST "}", "{'lost_reason_id':3,'stage_id':4}",
                   "lost_reason_id invalid");
    assert_fields(update("{" OPEN "}", "{'lost_reason_id':null}"),
                  "'lost_reason_id':null");
}


static void
test_probability(void **state)
{
    crm_record_t  *lead;

    (void) state;

    assert_fields(update("{" OPEN "}", "{'probability':45}"),
                  "'probability':45,'probability_mode':'manual'");
    assert_fields(update("{'id':'9','name':'x','stage':'2','prob':'4500',"
                         "'pmode':'manual'}", "{'probability_mode':'auto'}"),
                  "'probability':30,'probability_mode':'auto'");
    assert_fields(update("{'id':'9','name':'x','stage':'2','prob':'4500',"
                         "'pmode':'manual'}", "{'probability':null}"),
                  "'probability':30,'probability_mode':'auto'");

    /* a manual one stays where the stage changes */

    assert_fields(update("{'id':'9','name':'x','stage':'2','prob':'4500',"
                         "'pmode':'manual'}", "{'stage_id':3}"),
                  "'stage_id':3,'probability':45,"
                  "'probability_mode':'manual'");

    assert_int_equal(attempt("{" WON "}", "{'probability':99.99}", NULL,
                             &lead), CRM_P_IS_WON);
    assert_fields(update("{" WON "}", "{'probability':100}"),
                  "'state':'won','probability':100,"
                  "'probability_mode':'auto'");
    assert_int_equal(attempt("{" LOST "}", "{'probability':1}", NULL,
                             &lead), CRM_P_IS_LOST);
    assert_fields(update("{" LOST "}", "{'probability_mode':'auto'}"),
                  "'state':'lost','probability':0");
}


static void
test_contact(void **state)
{
    crm_record_t  *lead, *contact;

    (void) state;

    contact = stored(contact_entity, "{'id':'7','name':'Mina Rad',"
                     "'email':'mina@rad.example','city':'Tehran'}");

    assert_int_equal(attempt("{" OPEN "}", "{'contact_id':7}", contact,
                             &lead), CRM_P_NONE);
    assert_fields(lead, "'contact_id':7,'contact_name':'Mina Rad',"
                  "'email':'mina@rad.example','city':'Tehran'");

    /* the same again fills nothing */

    assert_int_equal(attempt("{" OPEN ",'contact':'7'}", "{'contact_id':7}",
                             contact, &lead), CRM_P_NONE);
    assert_fields(lead, "'contact_id':7,'contact_name':null,'email':null");
    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_plain),
        domain_test(test_nothing),
        domain_test(test_read_only),
        domain_test(test_required),
        domain_test(test_user),
        domain_test(test_stage),
        domain_test(test_team),
        domain_test(test_enter_won),
        domain_test(test_leave_won),
        domain_test(test_lost_moves),
        domain_test(test_lost_reason),
        domain_test(test_probability),
        domain_test(test_contact)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
