/* merges and what takes them back, rule by rule; conversions */

#include "domain.h"
#include "crm_convert.h"
#include "crm_lead_merge.h"


#define BASE   "'v':'3','name':'A','stage':'2','team':'1','prob':'3000',"     \
               "'pmode':'auto','k':'50','mc':'4','ac':'2'"
#define OTHER  "'v':'5','name':'B','stage':'3','team':'1','prob':'6000',"     \
               "'pmode':'auto','k':'10','mc':'1','ac':'0'"


static crm_merge_t     merge;
static crm_record_t   *lead;
static crm_record_t   *message;
static crm_record_t   *list[CRM_MERGE_MAX];
static crm_column_t    top;


static void
with(const char *fields)
{
    merge.rec = list;
    list[merge.n++] = stored(lead_entity, fields);
}


static void
merged(void)
{
    const crm_column_t  *c;

    crm_lead_merge_sort(merge.rec, merge.n);

    c = crm_lead_merge_column(&rule, &merge, &top) == CRM_OK ? &top : NULL;

    assert_int_equal(crm_lead_merge(&rule, &merge, c, &lead, &message),
                     CRM_P_NONE);
}


static void
begin(void)
{
    memset(&merge, 0, sizeof(crm_merge_t));
}


static const char *
changes(void)
{
    return cstr(message->v[CRM_MESSAGE_CHANGES].str);
}


static void
test_earliest(void **state)
{
    (void) state;

    begin();
    with("{'id':'7','ct':'2000'," OTHER "}");
    with("{'id':'9','ct':'1000'," BASE "}");
    with("{'id':'8','ct':'1000'," OTHER "}");
    merged();

    assert_int_equal(crm_record_id(lead), 8);
    assert_int_equal(crm_record_version(lead), 5);  /* nothing of its own */
    assert_int_equal(crm_record_id(merge.rec[1]), 9);
    assert_int_equal(crm_record_id(message), (8LL << 20) + 2);
    assert_fields(lead, "'name':'B','stage_id':3");
}


static void
test_single(void **state)
{
    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'revenue':'0','source':'web',"
         "'email':'a@x.de'}");
    with("{'id':'2','ct':'2'," OTHER ",'revenue':'500','email':'b@x.de',"
         "'phone':'1','color':'3'}");
    with("{'id':'3','ct':'3'," OTHER ",'revenue':'900','phone':'2',"
         "'source':'fair','contact':'12','user':'2'}");
    merged();

    assert_fields(lead, "'user_id':2,'contact_id':12,'email':'a@x.de',"
                  "'phone':'1','expected_revenue':500,'source':'web',"
                  "'color':3,'assigned_at':'2026-11-23T14:26:40.000Z'");
    assert_non_null(strstr(changes(), "{\"field\":\"email\",\"old\":\"b@x.de\""
                           ",\"new\":\"a@x.de\",\"lead_id\":2}"));
    assert_non_null(strstr(changes(), "{\"field\":\"phone\",\"old\":\"2\","
                           "\"new\":\"1\",\"lead_id\":3}"));
    assert_non_null(strstr(changes(), "{\"field\":\"source\",\"old\":\"fair\""
                           ",\"new\":\"web\",\"lead_id\":3}"));
    assert_non_null(strstr(changes(), "{\"field\":\"name\",\"old\":\"B\","
                           "\"new\":\"A\",\"lead_id\":3}"));
    assert_non_null(strstr(cstr(message->v[CRM_MESSAGE_BODY].str),
                           "\nB (#3)\n\tcreated_at: 1970-01-01T00:00:00.003Z"
                           "\n\tstage_id: 3\n\tphone: 2\n\texpected_revenue: 900"));
}


static void
test_joined(void **state)
{
    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'tags':'2','prio':'1','descr':'one',"
         "'type':'lead'}");
    with("{'id':'2','ct':'2'," OTHER ",'tags':'1,2','prio':'3',"
         "'descr':'two','type':'lead'}");
    with("{'id':'3','ct':'3'," OTHER ",'prio':'2','descr':'one',"
         "'type':'opportunity'}");
    merged();

    assert_fields(lead, "'type':'opportunity','description':'one\\n\\ntwo',"
                  "'priority':3,'tag_ids':[2,1]");
    assert_int_equal(top.type, CRM_TYPE_OPPORTUNITY);
    assert_int_equal(lead->v[CRM_LEAD_RANK].num, crm_rank_top(&top));
    assert_null(strstr(changes(), "\"field\":\"description\",\"old\":\"two\""));
}


/* what does not fit into a description is in the log */

static void
test_long(void **state)
{
    size_t         i;
    crm_str_t      s;

    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'descr':'short'}");
    with("{'id':'2','ct':'2'," OTHER "}");

    s.len = CRM_LONG_MAX;
    s.data = crm_arena_alloc(&arena, s.len);
    assert_non_null(s.data);

    for (i = 0; i < s.len; i++) {
        s.data[i] = 'x';
    }

    crm_value_set_str(&list[1]->v[CRM_LEAD_DESCRIPTION], s);
    merged();

    assert_fields(lead, "'description':'short'");
    assert_true(message->v[CRM_MESSAGE_CHANGES].str.len > CRM_LONG_MAX);
    assert_true(message->v[CRM_MESSAGE_BODY].str.len < CRM_LONG_MAX);

    /* the survivor's own, which leaves no room for another one */

    begin();
    with("{'id':'1','ct':'1'," BASE "}");
    with("{'id':'2','ct':'2'," OTHER ",'descr':'short'}");

    crm_value_set_str(&list[0]->v[CRM_LEAD_DESCRIPTION], s);
    merged();

    assert_int_equal(lead->v[CRM_LEAD_DESCRIPTION].str.len, CRM_LONG_MAX);
    assert_non_null(strstr(changes(), "\"field\":\"description\","
                                      "\"old\":\"short\""));
}


/* as many records as may be, each text of them as long as it may be */

static void
test_log_bounded(void **state)
{
    unsigned   i, k;
    crm_str_t  s;

    (void) state;

    s.len = 4 * CRM_NAME_MAX;
    s.data = crm_arena_alloc(&arena, s.len);
    assert_non_null(s.data);

    for (i = 0; i < s.len; i += 4) {
        memcpy(s.data + i, "\U0001F600", 4);
    }

    begin();
    with("{'id':'1','ct':'1'," BASE "}");

    for (k = CRM_LEAD_CONTACT_NAME; k <= CRM_LEAD_POSTAL_CODE; k++) {
        crm_value_set_str(&list[0]->v[k], str("a"));
    }

    while (merge.n < CRM_MERGE_MAX) {
        with("{'id':'2','ct':'2'," OTHER "}");
        i = merge.n - 1;

        crm_value_set_num(&list[i]->v[CRM_ID], i + 1);
        crm_value_set_str(&list[i]->v[CRM_LEAD_NAME], s);

        for (k = CRM_LEAD_CONTACT_NAME; k <= CRM_LEAD_POSTAL_CODE; k++) {
            crm_value_set_str(&list[i]->v[k], s);
        }
    }

    merged();

    assert_true(message->v[CRM_MESSAGE_BODY].str.len > CRM_LONG_MAX / 2);
    assert_true(message->v[CRM_MESSAGE_BODY].str.len <= CRM_LONG_MAX);
    assert_non_null(strstr(cstr(message->v[CRM_MESSAGE_BODY].str),
                           " (#20)"));
}


static void
test_address(void **state)
{
    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'city':'Bonn','zip':'53111'}");
    with("{'id':'2','ct':'2'," OTHER ",'street':'Weg 1','country':'DE'}");
    merged();
    assert_fields(lead, "'street':null,'city':'Bonn','postal_code':'53111',"
                  "'country':null");

    begin();
    with("{'id':'1','ct':'1'," BASE ",'city':'Bonn','zip':'53111'}");
    with("{'id':'2','ct':'2'," OTHER ",'street':'Weg 1','country':'DE',"
         "'city':'Ulm'}");
    merged();
    assert_fields(lead, "'street':'Weg 1','city':'Ulm','postal_code':null,"
                  "'country':'DE'");
    assert_non_null(strstr(changes(), "{\"field\":\"postal_code\",\"old\":"
                           "\"53111\",\"new\":null}"));
}


static void
test_states(void **state)
{
    (void) state;

    /* lost and won: won, in a won stage, since it was */

    begin();
    with("{'id':'1','ct':'1'," BASE ",'state':'lost','active':'0',"
         "'reason':'3','closed':'5','prob':'0'}");
    with("{'id':'2','ct':'2'," OTHER ",'state':'won','stage':'4',"
         "'closed':'7000'}");
    merged();
    assert_fields(lead, "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,'lost_reason_id':null,"
                  "'closed_at':'1970-01-01T00:00:07.000Z'");

    /* won and open: open, in the first stage */

    begin();
    with("{'id':'1','ct':'1'," BASE ",'state':'won','stage':'4',"
         "'closed':'7000'}");
    with("{'id':'2','ct':'2'," OTHER "}");
    merged();
    assert_fields(lead, "'state':'open','active':true,'stage_id':1,"
                  "'probability':10,'closed_at':null");

    /* lost and lost: the first reason */

    begin();
    with("{'id':'1','ct':'1'," BASE ",'state':'lost','active':'0',"
         "'closed':'5','prob':'0'}");
    with("{'id':'2','ct':'2'," OTHER ",'state':'lost','active':'0',"
         "'closed':'7','reason':'3'}");
    merged();
    assert_fields(lead, "'state':'lost','active':false,'stage_id':2,"
                  "'probability':0,'lost_reason_id':3,"
                  "'closed_at':'1970-01-01T00:00:00.005Z'");

    /* lost and open: as if restored */

    begin();
    with("{'id':'1','ct':'1'," BASE ",'state':'lost','active':'0',"
         "'reason':'3','closed':'5','prob':'0','pmode':'manual'}");
    with("{'id':'2','ct':'2'," OTHER "}");
    merged();
    assert_fields(lead, "'state':'open','active':true,'stage_id':2,"
                  "'probability':30,'probability_mode':'auto',"
                  "'lost_reason_id':null,'closed_at':null");

    /* archived and archived */

    begin();
    with("{'id':'1','ct':'1'," BASE ",'active':'0'}");
    with("{'id':'2','ct':'2'," OTHER ",'active':'0'}");
    merged();
    assert_fields(lead, "'state':'open','active':false");
}


static void
test_given(void **state)
{
    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'user':'1'}");
    with("{'id':'2','ct':'2'," OTHER ",'user':'2'}");
    merge.has_team = 1;
    merge.team = 2;
    merge.has_user = 1;
    merge.user = 3;
    merged();
    assert_fields(lead, "'stage_id':2,'team_id':2,'user_id':3");

    begin();
    with("{'id':'1','ct':'1','name':'A','stage':'5','team':'2','user':'1'}");
    with("{'id':'2','ct':'2'," OTHER "}");
    merge.has_team = 1;
    merge.team = 1;
    merge.has_user = 1;
    merged();
    assert_fields(lead, "'stage_id':1,'team_id':1,'user_id':null");
}


static void
test_due(void **state)
{
    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'act':'2000,3000,9,1,20000,1'}");
    with("{'id':'2','ct':'2'," OTHER ",'act':'1000,4000,5,2,20000,2'}");
    with("{'id':'3','ct':'3'," OTHER "}");
    merged();

    assert_string_equal(cstr(lead->v[CRM_LEAD_DUE].str),
                        "1000,3000,5,2,20000,2");
    assert_int_equal(lead->v[CRM_LEAD_ACTIVITIES].num, 3);
}


static void
test_tombstone(void **state)
{
    crm_record_t  *old, *tomb;

    (void) state;

    old = stored(lead_entity, "{'id':'2','ct':'2'," OTHER ",'email':'b@x.de',"
                 "'act':'1,2,3,4,5,6'}");
    tomb = crm_lead_tombstone(&rule, old, 1, 77);

    assert_fields(tomb, "'id':2,'version':6,'name':'B','stage_id':null,"
                  "'email':null,'merged_into':1");
    assert_int_equal(tomb->v[CRM_LEAD_MERGED_BY].num, 1);
    assert_int_equal(tomb->v[CRM_LEAD_MERGE_ID].num, 77);
    assert_int_equal(tomb->v[CRM_LEAD_DUE].set, 0);

    tomb = crm_lead_tombstone_moved(&rule, tomb, 4);
    assert_fields(tomb, "'version':7,'merged_into':4");
    assert_int_equal(tomb->v[CRM_LEAD_MERGED_BY].num, 1);
}


static void
test_unmerge(void **state)
{
    crm_str_t      text;
    crm_record_t  *back, *tomb;
    crm_unmerge_t  u;

    (void) state;

    begin();
    with("{'id':'1','ct':'1'," BASE ",'email':'a@x.de'}");
    with("{'id':'2','ct':'2'," OTHER ",'phone':'1','prio':'2','tags':'1,2',"
         "'reason':'3','contact':'8','source':'web'}");
    merged();

    assert_int_equal(crm_lead_unmerge_text(&rule, &merge, lead, &text),
                     CRM_OK);
    assert_int_equal(crm_lead_unmerge_parse(&arena, &text, &u), CRM_OK);
    assert_int_equal(u.at, NOW);
    assert_int_equal(u.n, 1);

    /* what was changed since stays */

    crm_value_set_str(&lead->v[CRM_LEAD_SOURCE], str("fair"));

    assert_int_equal(crm_lead_unmerge(&rule, lead, &u, &back), CRM_P_NONE);
    assert_fields(back, "'contact_id':null,'email':'a@x.de','phone':null,"
                  "'priority':0,'tag_ids':[],'source':'fair'");

    tomb = crm_lead_tombstone(&rule, list[1], 1, 77);
    back = crm_lead_revived(&rule, u.loser[0], tomb, 1);
    assert_fields(back, "'id':2,'version':7,'name':'B','stage_id':3,"
                  "'contact_id':8,'phone':'1','priority':2,'tag_ids':[1,2],"
                  "'source':'web','merged_into':null");

    /* what it refers to may be gone */

    crm_value_set_num(&u.loser[0]->v[CRM_LEAD_STAGE_ID], 99);
    crm_value_set_num(&u.loser[0]->v[CRM_LEAD_TEAM_ID], 99);
    u.loser[0]->v[CRM_LEAD_TAG_IDS].ids.id[0] = 99;

    back = crm_lead_revived(&rule, u.loser[0], tomb, 0);
    assert_fields(back, "'stage_id':1,'team_id':null,'contact_id':null,"
                  "'tag_ids':[2]");

    /* what was won stays won, in a won stage that is left */

    crm_value_set_num(&u.loser[0]->v[CRM_LEAD_STATE], CRM_STATE_WON);
    crm_value_set_num(&u.loser[0]->v[CRM_LEAD_CLOSED_AT], 7000);
    crm_value_set_num(&u.loser[0]->v[CRM_LEAD_PROBABILITY], 10000);

    back = crm_lead_revived(&rule, u.loser[0], tomb, 0);
    assert_fields(back, "'state':'won','active':true,'stage_id':4,"
                  "'probability':100,"
                  "'closed_at':'1970-01-01T00:00:07.000Z'");

    assert_int_equal(crm_lead_unmerge_parse(&arena, &(crm_str_t)
                                            crm_string("x"), &u),
                     CRM_DECLINED);
}


static void
test_convert(void **state)
{
    crm_record_t   *old, *company, *person;
    crm_convert_t   c;

    (void) state;

    old = stored(lead_entity, "{'id':'2','ct':'2'," BASE ",'type':'lead',"
                 "'user':'1','company':'Acme','email':'ada@acme.de',"
                 "'phone':'1','web':'acme.de','job':'CEO','city':'Bonn'}");

    assert_int_equal(crm_lead_convertible(old), 1);
    assert_int_equal(crm_convert_customer(old, 0), CRM_CUSTOMER_CREATE);
    assert_int_equal(crm_convert_customer(old, 1), CRM_CUSTOMER_LINK);

    memset(&c, 0, sizeof(crm_convert_t));

    assert_int_equal(crm_convert_contacts(&rule, old, &company, &person),
                     CRM_OK);
    assert_fields(company, "'name':'Acme','kind':'company','email':null,"
                  "'website':'acme.de','city':'Bonn','user_id':1");
    assert_fields(person, "'name':'ada','kind':'person','email':'ada@acme.de',"
                  "'phone':'1','website':null,'job_title':'CEO',"
                  "'city':'Bonn','user_id':1");

    assert_int_equal(crm_lead_convert_column(&rule, old, old, &c, &top),
                     CRM_OK);
    assert_int_equal(top.type, CRM_TYPE_OPPORTUNITY);
    assert_int_equal(top.stage, 2);

    crm_value_set_num(&person->v[CRM_ID], 30);
    c.contact = person;
    c.company = company;

    assert_int_equal(crm_lead_convert(&rule, old, &c, &top, &lead), CRM_OK);
    assert_fields(lead, "'type':'opportunity','stage_id':2,'team_id':1,"
                  "'user_id':1,'contact_id':30,'contact_name':'ada',"
                  "'converted_at':'2026-11-23T14:26:40.000Z'");
    assert_int_equal(crm_lead_convertible(lead), 0);

    old = stored(lead_entity, "{'id':'3'," BASE ",'type':'lead'}");
    assert_int_equal(crm_convert_customer(old, 0), CRM_CUSTOMER_NONE);

    c.contact = NULL;
    c.has_team = 1;
    c.team = 2;
    c.has_user = 1;
    assert_int_equal(crm_lead_convert(&rule, old, &c, &top, &lead), CRM_OK);
    assert_fields(lead, "'stage_id':2,'team_id':2,'user_id':null");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_earliest),
        domain_test(test_single),
        domain_test(test_joined),
        domain_test(test_long),
        domain_test(test_log_bounded),
        domain_test(test_address),
        domain_test(test_states),
        domain_test(test_given),
        domain_test(test_due),
        domain_test(test_tombstone),
        domain_test(test_unmerge),
        domain_test(test_convert)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
