/* crm_activity: creation, change, meetings, completion, what follows */

#include "crm_activity.h"
#include "domain.h"


static const crm_entity_t  *const activity_entity =
    &crm_entities[CRM_KIND_ACTIVITY];

static crm_record_t  *activity;


/* users 4 (St. John's) and 5 (Kiritimati); types: 1 To do, 2 Call in two
   weeks by Bob, 3 Meeting, 4 Monthly from the deadline, 5 suggests 2 and 4,
   6 triggers itself, 7 Monthly from the completion */

static int
setup(void **state)
{
    domain_setup(state);

    conf_add(CRM_KIND_USER, "{'id':'4','name':'Dan','role':'salesperson',"
             "'timezone':'America/St_Johns'}");
    conf_add(CRM_KIND_USER, "{'id':'5','name':'Eve','role':'salesperson',"
             "'timezone':'Pacific/Kiritimati'}");

    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'1','name':'To do'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'2','name':'Call',"
             "'category':'call','delay_count':'2','delay_unit':'weeks',"
             "'default_summary':'Ring','default_note':'Loud',"
             "'default_user_id':'2'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'3','name':'Meeting',"
             "'category':'meeting'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'4','name':'Monthly',"
             "'delay_count':'1','delay_unit':'months',"
             "'delay_from':'deadline'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'5','name':'Asks',"
             "'chaining':'suggest','next_type_ids':'2,4'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'6','name':'Loop',"
             "'chaining':'trigger','next_type_id':'6'}");
    conf_add(CRM_KIND_ACTIVITY_TYPE, "{'id':'7','name':'Then',"
             "'delay_count':'1','delay_unit':'months'}");

    return 0;
}


static int64_t
day(const char *text)
{
    int64_t    n;
    crm_str_t  s = str(text);

    assert_int_equal(crm_date_parse(&s, &n), CRM_OK);

    return n;
}


static int64_t
at(const char *text)
{
    int64_t    ms;
    crm_str_t  s = str(text);

    assert_int_equal(crm_instant_parse(&s, &ms), CRM_OK);

    return ms;
}


static crm_problem_t
create(const char *body)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    input = parse(activity_entity, CRM_INPUT_CREATE, body);
    problem = crm_activity_create(&rule, input, &activity);
    parse_done();

    return problem;
}


static crm_problem_t
update(const char *packed, const char *body, int *touched)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    *touched = -1;
    input = parse(activity_entity, CRM_INPUT_PATCH, body);
    problem = crm_activity_update(&rule, stored(activity_entity, packed),
                                  input, &activity, touched);
    parse_done();

    return problem;
}


static void
test_defaults(void **state)
{
    (void) state;

    assert_int_equal(create("{'lead_id':7,'type_id':1}"), CRM_P_NONE);
    assert_fields(activity, "'version':1,"
                  "'created_at':'2026-11-23T14:26:40.000Z',"
                  "'created_by':1,'lead_id':7,'contact_id':null,"
                  "'type_id':1,'summary':null,'note':null,'user_id':1,"
                  "'due_date':'2026-11-23','start_at':null");
    assert_int_equal(activity->v[CRM_ACTIVITY_OUTCOME].num,
                     CRM_OUTCOME_OPEN);

    assert_int_equal(create("{'lead_id':7,'type_id':2}"), CRM_P_NONE);
    assert_fields(activity, "'summary':'Ring','note':'Loud','user_id':2,"
                  "'due_date':'2026-12-07'");

    assert_int_equal(create("{'lead_id':7,'type_id':2,'summary':'x',"
                            "'note':'y','user_id':3,"
                            "'due_date':'2024-02-29'}"), CRM_P_NONE);
    assert_fields(activity, "'summary':'x','note':'y','user_id':3,"
                  "'due_date':'2024-02-29'");

    /* today is the assignee's: on Kiritimati it is tomorrow already */

    assert_int_equal(create("{'lead_id':7,'type_id':1,'user_id':5}"),
                     CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-11-24'");

    rule.now = at("2026-11-24T03:29:59.999Z");
    assert_int_equal(create("{'lead_id':7,'type_id':1,'user_id':4}"),
                     CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-11-23'");

    rule.now = at("2026-11-24T03:30:00Z");
    assert_int_equal(create("{'lead_id':7,'type_id':1,'user_id':4}"),
                     CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-11-24'");
}


static void
test_delay(void **state)
{
    (void) state;

    assert_int_equal(crm_activity_delay(day("2026-12-31"), 1, CRM_UNIT_DAYS),
                     day("2027-01-01"));
    assert_int_equal(crm_activity_delay(day("2028-02-22"), 1,
                                        CRM_UNIT_WEEKS), day("2028-02-29"));
    assert_int_equal(crm_activity_delay(day("2026-01-31"), 1,
                                        CRM_UNIT_MONTHS), day("2026-02-28"));
    assert_int_equal(crm_activity_delay(day("2028-01-31"), 1,
                                        CRM_UNIT_MONTHS), day("2028-02-29"));
    assert_int_equal(crm_activity_delay(day("2028-02-29"), 12,
                                        CRM_UNIT_MONTHS), day("2029-02-28"));
    assert_int_equal(crm_activity_delay(day("2026-03-31"), -1,
                                        CRM_UNIT_MONTHS), day("2026-02-28"));
    assert_int_equal(crm_activity_delay(day("2026-11-30"), 3,
                                        CRM_UNIT_MONTHS), day("2027-02-28"));
}


static void
test_span(void **state)
{
    (void) state;

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'start_at':'2026-11-30T10:00:00Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("end_at required");

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'end_at':'2026-11-30T10:00:00Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("start_at required");

    assert_int_equal(create("{'lead_id':7,'type_id':3,'start_at':7,"
                            "'end_at':'2026-11-30T10:00:00Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("start_at invalid");

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'start_at':'2026-11-30T10:00:00Z',"
                            "'end_at':'2026-11-30T10:00:00Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("end_at invalid");

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'start_at':'2026-11-01T00:00:00Z',"
                            "'end_at':'2026-12-02T00:00:00.001Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("end_at invalid");

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'start_at':'2026-11-01T00:00:00Z',"
                            "'end_at':'2026-12-02T00:00:00Z'}"), CRM_P_NONE);

    assert_int_equal(create("{'lead_id':7,'type_id':1,"
                            "'start_at':'2026-11-01T00:00:00Z',"
                            "'end_at':'2026-11-02T00:00:00Z'}"),
                     CRM_P_VALIDATION);
    assert_faults("start_at invalid");
}


/* the day follows the start in the assignee's zone, whatever is sent */

static void
test_meeting_day(void **state)
{
    (void) state;

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'due_date':'2030-01-01',"
                            "'start_at':'2026-11-30T20:29:59.999Z',"
                            "'end_at':'2026-11-30T22:00:00Z'}"), CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-11-30'");

    assert_int_equal(create("{'lead_id':7,'type_id':3,"
                            "'start_at':'2026-11-30T20:30:00Z',"
                            "'end_at':'2026-11-30T22:00:00Z'}"), CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-12-01'");
}


#define MEETING                                                               \
    "{'id':'9','v':'3','lead':'7','type':'3','user':'6',"                     \
    "'due':'2026-03-07','start':'1772895600000','end':'1772901000000'}"


/* whole days at the same hour on the wall, over both changes of the clock:
   New York, 2026-03-08 has 23 hours, 2026-11-01 has 25 */

static void
test_meeting_moves(void **state)
{
    int            touched;
    crm_record_t  *old;

    (void) state;

    conf_add(CRM_KIND_USER, "{'id':'6','name':'Fay','role':'salesperson',"
             "'timezone':'America/New_York'}");

    old = stored(activity_entity, MEETING);
    assert_fields(old, "'due_date':'2026-03-07',"
                  "'start_at':'2026-03-07T15:00:00.000Z'");

    assert_int_equal(update(MEETING, "{'due_date':'2026-03-08'}", &touched),
                     CRM_P_NONE);
    assert_int_equal(touched, 1);
    assert_fields(activity, "'version':4,'due_date':'2026-03-08',"
                  "'start_at':'2026-03-08T14:00:00.000Z',"
                  "'end_at':'2026-03-08T15:30:00.000Z'");

    assert_int_equal(update(MEETING, "{'due_date':'2026-11-01'}", &touched),
                     CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-11-01',"
                  "'start_at':'2026-11-01T15:00:00.000Z',"
                  "'end_at':'2026-11-01T16:30:00.000Z'");

    /* a start that is given leads; a new assignee's zone says the day */

    assert_int_equal(update(MEETING, "{'due_date':'2026-04-01',"
                            "'start_at':'2026-03-07T14:00:00Z'}", &touched),
                     CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-03-07'");

    assert_int_equal(update(MEETING, "{'user_id':5}", &touched), CRM_P_NONE);
    assert_fields(activity, "'user_id':5,'due_date':'2026-03-08',"
                  "'start_at':'2026-03-07T15:00:00.000Z'");

    assert_int_equal(update(MEETING, "{'start_at':null,'end_at':null}",
                            &touched), CRM_P_NONE);
    assert_fields(activity, "'due_date':'2026-03-07','start_at':null,"
                  "'end_at':null");

    /* an end that is given stays: 25 days from the old start, 40 from the
       new one */

    assert_int_equal(update(MEETING, "{'due_date':'2026-02-20',"
                            "'end_at':'2026-04-01T15:00:00Z'}", &touched),
                     CRM_P_VALIDATION);
    assert_faults("end_at invalid");
}


/* 02:30 does not exist on 2026-03-08 in New York: it keeps its length */

static void
test_meeting_gap(void **state)
{
    int  touched;

    (void) state;

    conf_add(CRM_KIND_USER, "{'id':'6','name':'Fay','role':'salesperson',"
             "'timezone':'America/New_York'}");

    assert_int_equal(update("{'id':'9','v':'3','lead':'7','type':'3',"
                            "'user':'6','due':'2026-03-07',"
                            "'start':'1772868600000',"
                            "'end':'1772870400000'}",
                            "{'due_date':'2026-03-08'}", &touched),
                     CRM_P_NONE);
    assert_fields(activity, "'start_at':'2026-03-08T07:30:00.000Z',"
                  "'end_at':'2026-03-08T08:00:00.000Z'");
}


#define OPEN  "{'id':'9','v':'3','lead':'7','type':'1','user':'1',"           \
              "'due':'2026-11-23'}"


static void
test_update(void **state)
{
    int  touched;

    (void) state;

    assert_int_equal(update(OPEN, "{'summary':'x'}", &touched), CRM_P_NONE);
    assert_int_equal(touched, 1);
    assert_fields(activity, "'version':4,'summary':'x'");

    assert_int_equal(update(OPEN, "{'due_date':'2026-11-23',"
                            "'state':'today','lead_id':7}", &touched),
                     CRM_P_NONE);
    assert_int_equal(touched, 0);

    assert_int_equal(update(OPEN, "{'due_date':null}", &touched),
                     CRM_P_VALIDATION);
    assert_faults("due_date required");

    assert_int_equal(update(OPEN, "{'state':'done'}", &touched),
                     CRM_P_VALIDATION);
    assert_faults("state read_only");

    assert_int_equal(update(OPEN, "{'lead_id':8}", &touched),
                     CRM_P_VALIDATION);
    assert_faults("lead_id read_only");

    assert_int_equal(update("{'id':'9','v':'3','lead':'7','type':'1',"
                            "'due':'2026-11-23','outcome':'done'}",
                            "{'summary':'x'}", &touched),
                     CRM_P_ALREADY_DONE);
    assert_int_equal(update("{'id':'9','v':'3','lead':'7','type':'1',"
                            "'due':'2026-11-23','outcome':'cancelled'}",
                            "{'summary':'x'}", &touched),
                     CRM_P_ALREADY_CANCELLED);
}


static void
test_done(void **state)
{
    crm_record_t  *old, *lead, *message;

    (void) state;

    old = stored(activity_entity, "{'id':'9','v':'3','lead':'7','type':'2',"
                 "'user':'2','due':'2026-11-23','summary':'Ring'}");

    assert_int_equal(crm_activity_done(&rule, old, str("Good"), &activity),
                     CRM_P_NONE);

    crm_activity_view(activity, &conf, NOW);
    assert_fields(activity, "'version':4,'updated_by':1,'user_id':2,"
                  "'state':'done','done_at':'2026-11-23T14:26:40.000Z',"
                  "'done_by':1,'feedback':'Good'");

    lead = stored(lead_entity, "{'id':'7','v':'1','name':'x'}");
    message = crm_activity_message(&rule, lead, activity);
    assert_non_null(message);
    assert_fields(message, "'kind':'activity','body':'Good','author_id':1,"
                  "'subject':'Call: Ring','changes':["
                  "{'field':'type_id','old':null,'new':2},"
                  "{'field':'summary','old':null,'new':'Ring'},"
                  "{'field':'user_id','old':null,'new':2}]");
    assert_int_equal(lead->v[CRM_LEAD_MESSAGES].num, 1);

    assert_int_equal(crm_activity_done(&rule, activity, str(""), &activity),
                     CRM_P_ALREADY_DONE);
    assert_int_equal(crm_activity_cancel(&rule, activity, &activity),
                     CRM_P_ALREADY_DONE);

    /* one's own, without a word */

    rule.actor = 2;
    assert_int_equal(crm_activity_done(&rule, old, str(""), &activity),
                     CRM_P_NONE);
    crm_value_clear(&activity->v[CRM_ACTIVITY_SUMMARY]);
    message = crm_activity_message(&rule, lead, activity);
    assert_fields(message, "'body':null,'subject':'Call','changes':["
                  "{'field':'type_id','old':null,'new':2}]");
}


static void
test_cancel(void **state)
{
    crm_record_t  *old;

    (void) state;

    old = stored(activity_entity, OPEN);

    assert_int_equal(crm_activity_cancel(&rule, old, &activity), CRM_P_NONE);
    crm_activity_view(activity, &conf, NOW);
    assert_fields(activity, "'version':4,'state':'cancelled',"
                  "'done_at':null");
    assert_int_equal(crm_activity_cancel(&rule, activity, &activity),
                     CRM_P_ALREADY_CANCELLED);
    assert_int_equal(old->v[CRM_ACTIVITY_OUTCOME].num, CRM_OUTCOME_OPEN);
}


static const crm_record_t *
type(int64_t id)
{
    return crm_conf_find(&conf, CRM_KIND_ACTIVITY_TYPE, id);
}


static void
test_chain(void **state)
{
    crm_record_t     *done, *next;
    const crm_ids_t  *ids;

    (void) state;

    done = stored(activity_entity, "{'id':'9','v':'4','lead':'7','type':'5',"
                  "'user':'3','due':'2026-01-31','outcome':'done',"
                  "'team':'1','owner':'2'}");

    ids = crm_activity_suggested(&conf, done);
    assert_int_equal(ids->n, 2);
    assert_int_equal(ids->id[0], 2);
    assert_int_equal(ids->id[1], 4);
    assert_null(crm_activity_triggered(&conf, done));

    /* from the deadline; by who completed it, not by its assignee */

    next = crm_activity_next(&rule, done, type(4));
    assert_fields(next, "'lead_id':7,'type_id':4,'summary':null,'user_id':1,"
                  "'due_date':'2026-02-28'");
    assert_int_equal(next->v[CRM_ACTIVITY_TEAM].num, 1);
    assert_int_equal(next->v[CRM_ACTIVITY_OWNER].num, 2);

    /* from the completion; by the type's user */

    next = crm_activity_next(&rule, done, type(2));
    assert_fields(next, "'summary':'Ring','note':'Loud','user_id':2,"
                  "'due_date':'2026-12-07'");

    next = crm_activity_next(&rule, done, type(7));
    assert_fields(next, "'due_date':'2026-12-23'");

    /* today where the next assignee is */

    rule.actor = 5;
    next = crm_activity_next(&rule, done, type(7));
    assert_fields(next, "'user_id':5,'due_date':'2026-12-24'");

    done = stored(activity_entity, "{'id':'9','lead':'7','type':'6',"
                  "'due':'2026-01-31'}");
    assert_int_equal(crm_activity_suggested(&conf, done)->n, 0);
    assert_ptr_equal(crm_activity_triggered(&conf, done), type(6));

    done = stored(activity_entity, "{'id':'9','lead':'7','type':'1',"
                  "'due':'2026-01-31'}");
    assert_int_equal(crm_activity_suggested(&conf, done)->n, 0);
    assert_null(crm_activity_triggered(&conf, done));
}


static void
test_place(void **state)
{
    crm_record_t  *lead;

    (void) state;

    activity = stored(activity_entity, OPEN);
    lead = stored(lead_entity, "{'id':'7','name':'x','user':'2','team':'1'}");

    assert_false(crm_activity_placed(activity, lead));
    crm_activity_place(activity, lead);
    assert_true(crm_activity_placed(activity, lead));
    assert_int_equal(activity->v[CRM_ACTIVITY_HELD].num, 0);

    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVE], 0);
    assert_false(crm_activity_placed(activity, lead));
    crm_activity_place(activity, lead);
    assert_int_equal(activity->v[CRM_ACTIVITY_HELD].num, 1);

    crm_activity_place(activity, NULL);
    assert_false(activity->v[CRM_ACTIVITY_TEAM].set);
    assert_false(activity->v[CRM_ACTIVITY_OWNER].set);
    assert_int_equal(activity->v[CRM_ACTIVITY_HELD].num, 0);
}


#define activity_test(name)                                                   \
    cmocka_unit_test_setup_teardown(name, setup, domain_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        activity_test(test_defaults),
        activity_test(test_delay),
        activity_test(test_span),
        activity_test(test_meeting_day),
        activity_test(test_meeting_moves),
        activity_test(test_meeting_gap),
        activity_test(test_update),
        activity_test(test_done),
        activity_test(test_cancel),
        activity_test(test_chain),
        activity_test(test_place)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
