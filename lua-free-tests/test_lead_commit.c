/* crm_lead_commit, crm_lead_log: what a change checks, writes and tells */

#include "crm_change.h"
#include "domain.h"


#define LEAD  "'id':'9','v':'4','ct':'1000','ut':'2000','cb':'2','ub':'2',"   \
              "'name':'Pumps','stage':'1','team':'1','user':'1',"             \
              "'prob':'1000','k':'50','mc':'2','staged':'1795443000000'"


static void
commit(const crm_record_t *old, crm_record_t *lead, crm_record_t *message)
{
    assert_int_equal(crm_lead_commit(&ops, &rule, old, lead, message),
                     CRM_OK);
}


/* no counter behind another write, no empty key */

static void
assert_order(void)
{
    unsigned   i;
    crm_str_t  command, counter;

    for (counter = crm_str("HINCRBY"), i = 0; i < ops.nwrites; i++) {
        command = ops.writes[i].argv[0];

        if (!crm_str_eq(&command, &counter)) {
            break;
        }
    }

    for ( /* void */ ; i < ops.nwrites; i++) {
        command = ops.writes[i].argv[0];
        assert_false(crm_str_eq(&command, &counter));
    }
}


static void
test_create(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = stored(lead_entity, "{'id':'9','v':'1','ct':'1000','ut':'1000',"
                  "'name':'Pumps','stage':'1','prob':'1000','k':'0',"
                  "'staged':'1000'}");
    commit(NULL, lead, NULL);

    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey lead:9   2\n"
                        "below tenant id:lead 9 2\n");
    assert_order();
    assert_string_equal(writes("tenant"),
                        "HINCRBY tenant writes 1\n"
                        "HSET tenant id:lead 9\n");
    assert_string_equal(writes("lead"),
                        "HSET lead:9 card 1;1000;;{\"id\":9,\"version\":1,"
                        "\"name\":\"Pumps\",\"type\":\"opportunity\","
                        "\"state\":\"open\",\"stage_id\":1,"
                        "\"team_id\":null,\"user_id\":null,"
                        "\"contact_id\":null,\"contact_name\":null,"
                        "\"company_name\":null,\"priority\":0,"
                        "\"expected_revenue\":null,\"probability\":10,"
                        "\"expected_close\":null,\"tag_ids\":[],"
                        "\"color\":null"
                        " v 1 ct 1000 ut 1000 name Pumps type opportunity"
                        " state open active 1 stage 1 prio 0 prob 1000"
                        " pmode auto staged 1000 k 0\n");
    assert_string_equal(writes("l:g:o:1:t0"),
                        "HINCRBY l:g:o:1:t0 n 1\n"
                        "HINCRBY l:g:o:1:t0:u0 n 1\n");
    assert_string_equal(writes("l:w:"), "ZADD l:w:pum:0 0 ps|0009\n");
}


/* the counter stands for the id already */

static void
test_create_taken(void **state)
{
    crm_record_t  *lead;

    (void) state;

    lead = stored(lead_entity, "{'id':'9','v':'1','name':'Pumps'}");

    rule.taken = 1U << CRM_KIND_LEAD;
    commit(NULL, lead, NULL);

    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey lead:9   2\n"
                        "reached tenant id:lead 9 2\n");
    assert_string_equal(writes("tenant"),
                        "HINCRBY tenant writes 1\n"
                        "HSET tenant late:lead 9\n");

    crm_ops_init(&ops, &arena);
    rule.taken = 1U << CRM_KIND_ACTIVITY;
    commit(NULL, lead, NULL);

    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey lead:9   2\n"
                        "below tenant id:lead 9 2\n");
}


static void
test_take(void **state)
{
    (void) state;

    crm_change_id_take(&ops, &rule, lead_entity);

    assert_string_equal(checks(), "eq tenant conf 17 1\n");
    assert_string_equal(writes(""), "HINCRBY tenant id:lead 1\n");
}


static void
test_delete(void **state)
{
    (void) state;

    commit(stored(lead_entity, "{" LEAD "}"), NULL, NULL);

    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "eq lead:9 v 4 3\n"
                        "eq lead:9 k 50 4\n"
                        "eq lead:9 mc 2 5\n"
                        "free lead:9 ac  6\n");
    assert_order();
    assert_string_equal(writes("tenant"), "HINCRBY tenant writes 1\n");
    assert_string_equal(writes("lead"), "DEL lead:9\nDEL lead:9:m\n");
    assert_string_equal(writes("l:g:o:1:t1"),
                        "HINCRBY l:g:o:1:t1 n -1\n"
                        "HINCRBY l:g:o:1:t1:u1 n -1\n");
    assert_string_equal(writes("l:f:stage"),
                        "SETBIT l:f:stage:1:0 9 0\n");
}


static void
test_nothing(void **state)
{
    crm_record_t  *old;

    (void) state;

    old = stored(lead_entity, "{" LEAD ",'act':'1,2,3,4,5,6'}");
    commit(old, crm_record_copy(&arena, old), NULL);

    assert_int_equal(ops.nwrites, 0);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "eq lead:9 v 4 3\n"
                        "eq lead:9 k 50 4\n"
                        "eq lead:9 mc 2 5\n"
                        "free lead:9 ac  6\n");
}


static void
test_rank_only(void **state)
{
    crm_record_t  *old, *lead;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    assert_int_equal(crm_lead_move(&rule, old, 1, 60, &lead), CRM_P_NONE);
    commit(old, lead, NULL);

    assert_string_equal(writes(""),
                        "HINCRBY tenant writes 1\n"
                        "ZADD l:b:o:1 60 0000000009\n"
                        "ZADD l:b:o:1:t1 60 0000000009\n"
                        "ZADD l:b:o:1:t1:u1 60 0000000009\n"
                        "ZADD l:b:o:1:u1 60 0000000009\n"
                        "HSET lead:9 k 60\n");
}


/* a note: no card, no index, no version */

static void
test_message_only(void **state)
{
    crm_record_t  *old, *lead, *message;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    lead = crm_record_copy(&arena, old);
    message = crm_message_new(&rule, lead, CRM_MESSAGE_NOTE,
                              crm_str("called \"him\""));
    assert_non_null(message);
    commit(old, lead, message);

    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
    assert_int_equal(crm_record_id(message), 9 * 1048576 + 3);
    assert_string_equal(writes(""),
                        "HINCRBY tenant writes 1\n"
                        "HSET lead:9 mc 3\n"
                        "LPUSH lead:9:m {\"id\":\"9437187\",\"v\":\"1\","
                        "\"ct\":\"1795444000000\",\"ut\":\"1795444000000\","
                        "\"lead\":\"9\",\"kind\":\"note\","
                        "\"body\":\"called \\\"him\\\"\",\"author\":\"1\","
                        "\"files\":\"[]\",\"changes\":\"[]\"}\n");
}


/* an activity is planned: the card and the due lists, no version */

static void
test_due_only(void **state)
{
    crm_record_t  *old, *lead;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    lead = stored(lead_entity, "{" LEAD ",'act':'5000,86405000,31,2,0,2'}");
    assert_int_equal(crm_lead_touch(&rule, old, lead), 0);
    commit(old, lead, NULL);

    assert_non_null(strstr(writes("lead:9"),
                           "HSET lead:9 card 1;1795443000000;"
                           "5000,86405000,31,2,0,2;{\"id\":9,"));
    assert_non_null(strstr(writes("lead:9"),
                           " act 5000,86405000,31,2,0,2\n"));
    assert_string_equal(writes("l:"),
                        "ZADD l:d:o:1 5000 0000000009\n"
                        "ZADD l:d:o:1:t1 5000 0000000009\n"
                        "ZADD l:d:o:1:t1:u1 5000 0000000009\n"
                        "ZADD l:d:o:1:u1 5000 0000000009\n");
}


/* the words of a lead that keeps its texts are not written again */

static void
test_move(void **state)
{
    crm_record_t  *old, *lead, *message;

    (void) state;

    old = stored(lead_entity, "{" LEAD ",'revenue':'1000'}");
    assert_int_equal(crm_lead_move(&rule, old, 2, -7, &lead), CRM_P_NONE);
    assert_int_equal(crm_lead_touch(&rule, old, lead), 1);
    assert_int_equal(crm_lead_log(&rule, old, lead, crm_str(""), &message),
                     CRM_OK);
    commit(old, lead, message);

    assert_order();
    assert_string_equal(writes("l:w"), "");
    assert_string_equal(writes("l:g:o:1:t1:"),
                        "HINCRBY l:g:o:1:t1:u1 n -1\n"
                        "HINCRBY l:g:o:1:t1:u1 r -1000\n"
                        "HINCRBY l:g:o:1:t1:u1 w -100\n");
    assert_string_equal(writes("l:g:o:2:t1:"),
                        "HINCRBY l:g:o:2:t1:u1 n 1\n"
                        "HINCRBY l:g:o:2:t1:u1 r 1000\n"
                        "HINCRBY l:g:o:2:t1:u1 w 300\n");
    assert_string_equal(writes("l:b:o:1:t1:"),
                        "ZREM l:b:o:1:t1:u1 0000000009\n");
    assert_string_equal(writes("l:b:o:2:t1:"),
                        "ZADD l:b:o:2:t1:u1 -7 0000000009\n");
    assert_string_equal(writes("l:s:"),
                        "ZADD l:s:o1:p 3000 0000000009\n"
                        "ZADD l:s:o1:u 1795444000000 0000000009\n");
    assert_non_null(strstr(writes("lead:9"),
                           " v 5 ut 1795444000000 ub 1 stage 2 prob 3000"
                           " staged 1795444000000 k -7 mc 3 times 1:1000\n"
                           "LPUSH lead:9:m "));
}


static void
test_clear(void **state)
{
    crm_record_t  *old, *lead;

    (void) state;

    old = stored(lead_entity, "{" LEAD ",'city':'Bonn','job':'CTO'}");
    lead = crm_record_copy(&arena, old);
    crm_value_clear(&lead->v[CRM_LEAD_CITY]);
    crm_value_clear(&lead->v[CRM_LEAD_JOB_TITLE]);
    commit(old, lead, NULL);

    assert_string_equal(writes(""),
                        "HINCRBY tenant writes 1\n"
                        "HDEL lead:9 job city\n");
}


static void
test_contact_there(void **state)
{
    crm_record_t  *old, *lead;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    lead = stored(lead_entity, "{" LEAD ",'contact':'70'}");
    commit(old, lead, NULL);

    assert_non_null(strstr(checks(), "key contact:70   7\n"));
    assert_string_equal(writes("l:c"), "ZADD l:c:1 70 0000000009\n");

    crm_ops_init(&ops, &arena);
    commit(lead, crm_record_copy(&arena, lead), NULL);
    assert_null(strstr(checks(), "contact:"));
}


/* whatever two leads there are, the diff of their words is that of the whole */

static void
test_words_skipped_alike(void **state)
{
    unsigned        i, k;
    crm_record_t   *old, *lead;
    crm_ix_list_t   was, is;
    const char     *whole;

    static const char  *leads[] = {
        "{" LEAD "}",
        "{" LEAD ",'person':'Mina'}",
        "{" LEAD ",'person':'Mina','stage':'2'}",
        "{" LEAD ",'merged':'8'}",
        "{" LEAD ",'merged':'8','person':'Mina'}"
    };

    (void) state;

    for (i = 0; i < 5; i++) {
        for (k = 0; k < 5; k++) {
            old = stored(lead_entity, leads[i]);
            lead = stored(lead_entity, leads[k]);

            crm_ix_init(&was, &arena, rule.prefix);
            crm_ix_init(&is, &arena, rule.prefix);
            crm_lead_index(&was, old);
            crm_lead_index(&is, lead);
            crm_ops_init(&ops, &arena);
            crm_ix_diff(&ops, &was, &is);
            whole = writes("l:");

            crm_ops_init(&ops, &arena);
            commit(old, lead, NULL);
            assert_string_equal(writes("l:"), whole);
        }
    }
}


static const char *
changes(const crm_record_t *old, const crm_record_t *lead)
{
    crm_str_t  s;

    assert_int_equal(crm_lead_changes(&arena, old, lead, &s), CRM_OK);

    return cstr(s);
}


static void
test_changes(void **state)
{
    crm_record_t  *old, *lead;

    (void) state;

    old = stored(lead_entity, "{" LEAD ",'tags':'1'}");

    lead = stored(lead_entity, "{'id':'9','v':'5','ct':'1000','ut':'3000',"
                  "'cb':'2','ub':'1','name':'Pumps \\'x\\'','stage':'2',"
                  "'team':'1','prob':'3350','pmode':'manual','k':'51',"
                  "'mc':'3','staged':'1795444000000','tags':'1,2',"
                  "'close':'2026-12-01','revenue':'5','times':'1:1'}");

    assert_string_equal(changes(old, lead),
                        "[{\"field\":\"name\",\"old\":\"Pumps\","
                        "\"new\":\"Pumps \\\"x\\\"\"},"
                        "{\"field\":\"stage_id\",\"old\":1,\"new\":2},"
                        "{\"field\":\"user_id\",\"old\":1,\"new\":null},"
                        "{\"field\":\"expected_revenue\",\"old\":null,"
                        "\"new\":5},"
                        "{\"field\":\"probability\",\"old\":10,"
                        "\"new\":33.5},"
                        "{\"field\":\"probability_mode\",\"old\":\"auto\","
                        "\"new\":\"manual\"},"
                        "{\"field\":\"expected_close\",\"old\":null,"
                        "\"new\":\"2026-12-01\"},"
                        "{\"field\":\"tag_ids\",\"old\":[1],"
                        "\"new\":[1,2]}]");

    assert_string_equal(changes(old, old), "");
    assert_string_equal(changes(NULL, lead), "");

    /* nothing that is tracked */

    lead = stored(lead_entity, "{" LEAD ",'tags':'1'}");
    crm_value_set_num(&lead->v[CRM_LEAD_RANK], 1);
    crm_value_set_num(&lead->v[CRM_LEAD_ASSIGNED_AT], 1);
    assert_string_equal(changes(old, lead), "");
}


static void
test_log_of_lost(void **state)
{
    crm_record_t  *old, *lead, *message;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    assert_int_equal(crm_lead_lost(&rule, old, 3, &lead), CRM_P_NONE);
    assert_int_equal(crm_lead_touch(&rule, old, lead), 1);
    assert_int_equal(crm_lead_log(&rule, old, lead, crm_str("too late"),
                                  &message), CRM_OK);

    assert_fields(message, "'lead_id':9,'kind':'log','body':'too late',"
                  "'author_id':1");
    assert_string_equal(cstr(message->v[CRM_MESSAGE_CHANGES].str),
                        "[{\"field\":\"state\",\"old\":\"open\","
                        "\"new\":\"lost\"},"
                        "{\"field\":\"active\",\"old\":true,\"new\":false},"
                        "{\"field\":\"probability\",\"old\":10,\"new\":0},"
                        "{\"field\":\"lost_reason_id\",\"old\":null,"
                        "\"new\":3},"
                        "{\"field\":\"closed_at\",\"old\":null,"
                        "\"new\":\"2026-11-23T14:26:40.000Z\"}]");
}


static void
test_log_of_nothing(void **state)
{
    crm_record_t  *old, *lead, *message;

    (void) state;

    old = stored(lead_entity, "{" LEAD "}");
    lead = crm_record_copy(&arena, old);

    assert_int_equal(crm_lead_log(&rule, old, lead, crm_str(""), &message),
                     CRM_OK);
    assert_null(message);
    assert_int_equal(lead->v[CRM_LEAD_MESSAGES].num, 2);

    assert_int_equal(crm_lead_log(&rule, old, lead, crm_str("a note"),
                                  &message), CRM_OK);
    assert_non_null(message);
    assert_fields(message, "'changes':[]");
}


/* mail: nobody is the author */

static void
test_message_of_nobody(void **state)
{
    crm_record_t  *lead;

    (void) state;

    rule.actor = 0;
    lead = stored(lead_entity, "{'id':'9','name':'x'}");

    assert_fields(crm_message_new(&rule, lead, CRM_MESSAGE_EMAIL,
                                  crm_str("hello")),
                  "'version':1,'kind':'email','body':'hello',"
                  "'author_id':null");
    assert_int_equal(lead->v[CRM_LEAD_MESSAGES].num, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_create),
        domain_test(test_create_taken),
        domain_test(test_take),
        domain_test(test_delete),
        domain_test(test_nothing),
        domain_test(test_rank_only),
        domain_test(test_message_only),
        domain_test(test_due_only),
        domain_test(test_move),
        domain_test(test_clear),
        domain_test(test_contact_there),
        domain_test(test_words_skipped_alike),
        domain_test(test_changes),
        domain_test(test_log_of_lost),
        domain_test(test_log_of_nothing),
        domain_test(test_message_of_nobody)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
