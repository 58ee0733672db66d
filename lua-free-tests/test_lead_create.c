/* crm_lead: creation (semantics.md, "Defaults at creation") */

#include "domain.h"


static crm_record_t *
create_with(const char *body, const crm_record_t *contact,
    const crm_record_t *company)
{
    crm_input_t   *input;
    crm_record_t  *lead;

    input = parse(lead_entity, CRM_INPUT_CREATE, body);

    assert_int_equal(crm_lead_column(&rule, input, NULL, &column), CRM_OK);
    assert_int_equal(crm_lead_create(&rule, input, contact, company, &column,
                                     &lead), CRM_P_NONE);
    parse_done();

    assert_int_equal(lead->v[CRM_LEAD_STAGE_ID].num, column.stage);
    assert_int_equal(lead->v[CRM_LEAD_TYPE].num, column.type);

    return lead;
}


static crm_record_t *
create(const char *body)
{
    return create_with(body, NULL, NULL);
}


static crm_problem_t
refused(const char *body)
{
    crm_input_t    *input;
    crm_record_t   *lead;
    crm_problem_t   problem;

    input = parse(lead_entity, CRM_INPUT_CREATE, body);
    crm_lead_column(&rule, input, NULL, &column);
    problem = crm_lead_create(&rule, input, NULL, NULL, &column, &lead);
    parse_done();

    return problem;
}


static void
test_defaults(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = create("{'name':' Pumps '}");

    assert_fields(lead, "'version':1,"
                  "'created_at':'2026-11-23T14:26:40.000Z',"
                  "'updated_at':'2026-11-23T14:26:40.000Z',"
                  "'created_by':1,'updated_by':1,"
                  "'name':'Pumps','type':'opportunity','state':'open',"
                  "'active':true,'stage_id':1,'team_id':1,'user_id':1,"
                  "'contact_id':null,'priority':0,'expected_revenue':null,"
                  "'probability':10,'probability_mode':'auto',"
                  "'tag_ids':[],'closed_at':null,"
                  "'assigned_at':'2026-11-23T14:26:40.000Z',"
                  "'stage_changed_at':'2026-11-23T14:26:40.000Z'");
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, 0);
    assert_false(lead->v[CRM_LEAD_STAGE_TIMES].set);
}


static void
test_top_of_column(void **state)
{
    crm_input_t   *input;
    crm_record_t  *lead;

    (void) state;

    input = parse(lead_entity, CRM_INPUT_CREATE, "{'name':'Pumps'}");

    assert_int_equal(crm_lead_column(&rule, input, NULL, &column), CRM_OK);
    column.empty = 0;
    column.top = -5;

    assert_int_equal(crm_lead_create(&rule, input, NULL, NULL, &column,
                                     &lead), CRM_P_NONE);
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, -5 - CRM_RANK_STEP);
    parse_done();
}


static void
test_nobody(void **state)
{
    (void) state;

    assert_fields(create("{'name':'x','user_id':null}"),
                  "'team_id':1,'user_id':null,'assigned_at':null");

    /* other fields: null is absent */

    assert_fields(create("{'name':'x','team_id':null,'stage_id':null}"),
                  "'stage_id':1,'team_id':1,'user_id':1");

    /* mail */

    rule.actor = 0;
    assert_fields(create("{'name':'x'}"),
                  "'created_by':null,'updated_by':null,'user_id':null,"
                  "'assigned_at':null");
}


static void
test_team_of_user(void **state)
{
    (void) state;

    assert_fields(create("{'name':'x','user_id':2}"),
                  "'stage_id':1,'team_id':2,'user_id':2");
    assert_fields(create("{'name':'x','user_id':3}"),
                  "'team_id':1,'user_id':3");
}


static void
test_stage_and_team(void **state)
{
    (void) state;

    /* team 1 would be the default: the stage decides */

    assert_fields(create("{'name':'x','stage_id':5}"),
                  "'stage_id':5,'team_id':2,'probability':20");
    assert_fields(create("{'name':'x','stage_id':3}"),
                  "'stage_id':3,'team_id':1,'probability':60");
    assert_fields(create("{'name':'x','stage_id':2,'team_id':2}"),
                  "'stage_id':2,'team_id':2");

    assert_int_equal(refused("{'name':'x','stage_id':5,'team_id':1}"),
                     CRM_P_VALIDATION);
    assert_faults("stage_id invalid");
}


static void
test_dangling(void **state)
{
    (void) state;

    assert_int_equal(refused("{'stage_id':99,'team_id':98,'user_id':97,"
                             "'tag_ids':[1,96]}"), CRM_P_VALIDATION);
    assert_faults("name required, stage_id not_found, team_id not_found, "
                  "user_id not_found, tag_ids not_found");
}


static void
test_leads_off(void **state)
{
    (void) state;

    assert_int_equal(refused("{'name':'x','type':'lead'}"),
                     CRM_P_VALIDATION);
    assert_faults("type invalid");

    crm_value_set_num(&conf.settings->v[CRM_SETTINGS_USE_LEADS], 1);

    assert_fields(create("{'name':'x','type':'lead'}"), "'type':'lead'");
}


static void
test_lost_reason(void **state)
{
    (void) state;

    assert_int_equal(refused("{'name':'x','lost_reason_id':3}"),
                     CRM_P_VALIDATION);
    assert_faults("lost_reason_id invalid");
}


static void
test_every_fault_at_once(void **state)
{
    (void) state;

    assert_int_equal(refused("{'name':'','type':'lead','priority':4,"
                             "'state':'won','rank':1,'colour':1,"
                             "'stage_id':5,'team_id':1}"), CRM_P_VALIDATION);
    assert_faults("priority invalid, state read_only, rank unknown_field, "
                  "colour unknown_field, name required, stage_id invalid, "
                  "type invalid");
}


static void
test_probability(void **state)
{
    (void) state;

    assert_fields(create("{'name':'x','probability':33.25}"),
                  "'probability':33.25,'probability_mode':'manual'");
    assert_fields(create("{'name':'x','probability':33,"
                         "'probability_mode':'auto'}"),
                  "'probability':10,'probability_mode':'auto'");
    assert_fields(create("{'name':'x','probability_mode':'manual'}"),
                  "'probability':10,'probability_mode':'manual'");

    /* neither lost nor won by that */

    assert_fields(create("{'name':'x','probability':0}"),
                  "'state':'open','active':true,'probability':0");
    assert_fields(create("{'name':'x','probability':100}"),
                  "'state':'open','active':true,'probability':100");
}


static void
test_born_won(void **state)
{
    (void) state;

    assert_fields(create("{'name':'x','stage_id':4}"),
                  "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,'probability_mode':'auto',"
                  "'closed_at':'2026-11-23T14:26:40.000Z'");
    assert_fields(create("{'name':'x','stage_id':4,'probability':100}"),
                  "'state':'won','probability':100,"
                  "'probability_mode':'auto'");

    assert_int_equal(refused("{'name':'x','stage_id':4,'probability':90}"),
                     CRM_P_IS_WON);
}


static void
test_no_stage(void **state)
{
    (void) state;

    conf.list[CRM_KIND_STAGE].n = 0;

    assert_fields(create("{'name':'x'}"),
                  "'state':'open','stage_id':null,'probability':0,"
                  "'stage_changed_at':null");
}


static void
test_contact_person(void **state)
{
    crm_record_t  *contact, *company;

    (void) state;

    contact = stored(contact_entity, "{'id':'7','name':'Mina Rad',"
                     "'email':'mina@rad.example','phone':'021 1',"
                     "'job':'CTO','parent':'8','city':'Tehran',"
                     "'country':'IR'}");
    company = stored(contact_entity, "{'id':'8','name':'Rad Ltd',"
                     "'kind':'company','phone':'021 2'}");

    assert_fields(create_with("{'name':'x','contact_id':7}", contact,
                              company),
                  "'contact_id':7,'contact_name':'Mina Rad',"
                  "'company_name':'Rad Ltd','job_title':'CTO',"
                  "'email':'mina@rad.example','phone':'021 1',"
                  "'street':null,'city':'Tehran','country':'IR'");

    /* only what is empty, the address as one block */

    assert_fields(create_with("{'name':'x','contact_id':7,'email':'a@b.c',"
                              "'contact_name':'M.','company_name':'R.',"
                              "'job_title':'X','phone':'1','region':'Fars'}",
                              contact, company),
                  "'contact_name':'M.','company_name':'R.',"
                  "'job_title':'X','email':'a@b.c','phone':'1',"
                  "'city':null,'region':'Fars','country':null");

    assert_fields(create_with("{'name':'x','contact_id':7}", contact, NULL),
                  "'contact_name':'Mina Rad','company_name':null");
}


static void
test_contact_company(void **state)
{
    crm_record_t  *company;

    (void) state;

    company = stored(contact_entity, "{'id':'8','name':'Rad Ltd',"
                     "'kind':'company','phone':'021 2'}");

    assert_fields(create_with("{'name':'x','contact_id':8}", company, NULL),
                  "'contact_id':8,'contact_name':null,"
                  "'company_name':'Rad Ltd','phone':'021 2'");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_defaults),
        domain_test(test_top_of_column),
        domain_test(test_nobody),
        domain_test(test_team_of_user),
        domain_test(test_stage_and_team),
        domain_test(test_dangling),
        domain_test(test_leads_off),
        domain_test(test_lost_reason),
        domain_test(test_every_fault_at_once),
        domain_test(test_probability),
        domain_test(test_born_won),
        domain_test(test_no_stage),
        domain_test(test_contact_person),
        domain_test(test_contact_company)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
