/* crm_activity: states by the assignee's day, the lead's due summary, index
   entries, commit */

#include "crm_activity.h"
#include "domain.h"


static const crm_entity_t  *const activity_entity =
    &crm_entities[CRM_KIND_ACTIVITY];


/* users 4 (St. John's), 5 (Kiritimati), 6 (New York) */

static int
setup(void **state)
{
    domain_setup(state);

    conf_add(CRM_KIND_USER, "{'id':'4','name':'Dan','role':'salesperson',"
             "'timezone':'America/St_Johns'}");
    conf_add(CRM_KIND_USER, "{'id':'5','name':'Eve','role':'salesperson',"
             "'timezone':'Pacific/Kiritimati'}");
    conf_add(CRM_KIND_USER, "{'id':'6','name':'Fay','role':'salesperson',"
             "'timezone':'America/New_York'}");

    return 0;
}


static int64_t
at(const char *text)
{
    int64_t    ms;
    crm_str_t  s = str(text);

    assert_int_equal(crm_instant_parse(&s, &ms), CRM_OK);

    return ms;
}


static crm_record_t *
open_one(int64_t id, int64_t user, const char *due)
{
    int64_t        day;
    crm_str_t      s = str(due);
    crm_record_t  *rec;

    assert_int_equal(crm_date_parse(&s, &day), CRM_OK);

    rec = stored(activity_entity, "{'lead':'7','type':'2'}");
    crm_value_set_num(&rec->v[CRM_ID], id);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_DUE_DATE], day);

    if (user != 0) {
        crm_value_set_num(&rec->v[CRM_ACTIVITY_USER_ID], user);
    }

    return rec;
}


static int
state_at(int64_t user, const char *due, const char *now)
{
    return crm_activity_state(open_one(1, user, due), &conf, at(now));
}


/* the first and the last instant of a day, and those beside them */

static void
assert_day(int64_t user, const char *due, const char *start, const char *end)
{
    crm_due_t      due_of;
    crm_record_t  *rec, *lead;

    rec = open_one(1, user, due);

    assert_int_equal(crm_activity_state(rec, &conf, at(start) - 1),
                     CRM_ACT_PLANNED);
    assert_int_equal(crm_activity_state(rec, &conf, at(start)),
                     CRM_ACT_TODAY);
    assert_int_equal(crm_activity_state(rec, &conf, at(end) - 1),
                     CRM_ACT_TODAY);
    assert_int_equal(crm_activity_state(rec, &conf, at(end)),
                     CRM_ACT_OVERDUE);

    /* the lead's instants say the same */

    lead = stored(lead_entity, "{'id':'7','name':'x'}");
    assert_int_equal(crm_activity_due(&rule, lead, &rec, 1), CRM_OK);
    assert_int_equal(crm_due_parse(&lead->v[CRM_LEAD_DUE].str, &due_of),
                     CRM_OK);
    assert_int_equal(due_of.start, at(start));
    assert_int_equal(due_of.end, at(end));
}


static void
test_midnight(void **state)
{
    (void) state;

    assert_day(1, "2026-11-24", "2026-11-23T20:30:00Z",
               "2026-11-24T20:30:00Z");
    assert_day(4, "2026-11-24", "2026-11-24T03:30:00Z",
               "2026-11-25T03:30:00Z");
    assert_day(5, "2026-11-24", "2026-11-23T10:00:00Z",
               "2026-11-24T10:00:00Z");

    /* nobody's, and of who has no zone: the tenant's */

    assert_day(0, "2026-11-24", "2026-11-24T00:00:00Z",
               "2026-11-25T00:00:00Z");
    assert_day(2, "2026-11-24", "2026-11-24T00:00:00Z",
               "2026-11-25T00:00:00Z");

    /* month ends, leap days */

    assert_day(1, "2028-02-29", "2028-02-28T20:30:00Z",
               "2028-02-29T20:30:00Z");
    assert_day(5, "2027-01-01", "2026-12-31T10:00:00Z",
               "2027-01-01T10:00:00Z");
}


static void
test_clock_changes(void **state)
{
    (void) state;

    /* 23 and 25 hours */

    assert_day(6, "2026-03-08", "2026-03-08T05:00:00Z",
               "2026-03-09T04:00:00Z");
    assert_day(6, "2026-11-01", "2026-11-01T04:00:00Z",
               "2026-11-02T05:00:00Z");
    assert_day(4, "2026-03-08", "2026-03-08T03:30:00Z",
               "2026-03-09T02:30:00Z");
    assert_day(4, "2026-11-01", "2026-11-01T02:30:00Z",
               "2026-11-02T03:30:00Z");
}


static void
test_ended(void **state)
{
    crm_record_t  *rec;

    (void) state;

    rec = open_one(1, 1, "2026-11-24");

    crm_value_set_num(&rec->v[CRM_ACTIVITY_OUTCOME], CRM_OUTCOME_DONE);
    assert_int_equal(crm_activity_state(rec, &conf, NOW), CRM_ACT_DONE);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OUTCOME], CRM_OUTCOME_CANCELLED);
    assert_int_equal(crm_activity_state(rec, &conf, NOW), CRM_ACT_CANCELLED);
}


/* somebody moves: the same day is another stretch of time */

static void
test_zone_changed(void **state)
{
    (void) state;

    assert_int_equal(state_at(1, "2026-11-23", "2026-11-23T21:00:00Z"),
                     CRM_ACT_OVERDUE);

    crm_value_set_str(&conf.list[CRM_KIND_USER].rec[0]
                           ->v[CRM_USER_TIMEZONE], str("America/St_Johns"));
    assert_int_equal(state_at(1, "2026-11-23", "2026-11-23T21:00:00Z"),
                     CRM_ACT_TODAY);
    assert_day(1, "2026-11-23", "2026-11-23T03:30:00Z",
               "2026-11-24T03:30:00Z");

    crm_value_clear(&conf.list[CRM_KIND_USER].rec[0]->v[CRM_USER_TIMEZONE]);
    assert_day(1, "2026-11-23", "2026-11-23T00:00:00Z",
               "2026-11-24T00:00:00Z");
}


static void
assert_due(const crm_record_t *lead, const char *start, const char *end,
    const char *rest)
{
    crm_str_t  text;

    text = crm_arena_printf(&arena, "%lld,%lld,%s", (long long) at(start),
                            (long long) at(end), rest);

    assert_string_equal(cstr(lead->v[CRM_LEAD_DUE].str), cstr(text));
}


/* the worst state is the lead's: instants may be another's than the next
   activity is, where assignees live far apart */

static void
test_summary(void **state)
{
    crm_record_t  *lead, *rec[4];

    (void) state;

    lead = stored(lead_entity, "{'id':'7','name':'x'}");

    rec[0] = open_one(31, 4, "2026-11-24");
    rec[1] = open_one(30, 5, "2026-11-25");
    rec[2] = NULL;
    rec[3] = open_one(29, 1, "2020-01-01");
    crm_value_set_num(&rec[3]->v[CRM_ACTIVITY_OUTCOME], CRM_OUTCOME_DONE);

    assert_int_equal(crm_activity_due(&rule, lead, rec, 4), CRM_OK);
    assert_due(lead, "2026-11-24T03:30:00Z", "2026-11-25T03:30:00Z",
               "31,2,20781,4");
    assert_int_equal(lead->v[CRM_LEAD_ACTIVITIES].num, 1);

    /* the same day: the lowest id */

    rec[2] = open_one(28, 0, "2026-11-24");
    assert_int_equal(crm_activity_due(&rule, lead, rec, 4), CRM_OK);
    assert_due(lead, "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z",
               "28,2,20781,0");

    /* added one by one it is the same */

    lead = stored(lead_entity, "{'id':'7','name':'x'}");
    assert_int_equal(crm_activity_due_add(&rule, lead, rec[0]), CRM_OK);
    assert_due(lead, "2026-11-24T03:30:00Z", "2026-11-25T03:30:00Z",
               "31,2,20781,4");
    assert_int_equal(crm_activity_due_add(&rule, lead, rec[1]), CRM_OK);
    assert_int_equal(crm_activity_due_add(&rule, lead, rec[2]), CRM_OK);
    assert_due(lead, "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z",
               "28,2,20781,0");
    assert_int_equal(lead->v[CRM_LEAD_ACTIVITIES].num, 3);

    /* and without any there is none */

    assert_int_equal(crm_activity_due(&rule, lead, &rec[3], 1), CRM_OK);
    assert_false(lead->v[CRM_LEAD_DUE].set);
    assert_int_equal(lead->v[CRM_LEAD_ACTIVITIES].num, 4);
}


static const char *
index_of(const crm_record_t *rec)
{
    crm_ix_list_t  list;

    crm_ix_init(&list, &arena, rule.prefix);
    crm_activity_index(&list, rec);

    return entries(&list, "");
}


static void
test_index_of_open(void **state)
{
    crm_record_t  *rec;

    (void) state;

    rec = open_one(31, 1, "2026-11-24");
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OWNER], 1);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_TEAM], 2);

    assert_string_equal(index_of(rec),
                        "a:d:t2:20781 1:1 1\n"
                        "a:l:0 0000000031 30429485\n"
                        "a:o 0000000031 20781\n"
                        "a:o:t2 0000000031 20781\n"
                        "a:o:t2:u1 0000000031 20781\n"
                        "a:o:t2:w1 0000000031 20781\n"
                        "a:o:u1 0000000031 20781\n"
                        "a:o:u1:y2 0000000031 20781\n"
                        "a:o:y2 0000000031 20781\n");

    /* on another's lead, held */

    crm_value_set_num(&rec->v[CRM_ACTIVITY_OWNER], 3);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_HELD], 1);

    assert_string_equal(index_of(rec),
                        "a:h 0000000031 20781\n"
                        "a:h:t2 0000000031 20781\n"
                        "a:h:u1 0000000031 20781\n"
                        "a:h:u1:y2 0000000031 20781\n"
                        "a:h:w3 0000000031 20781\n"
                        "a:h:y2 0000000031 20781\n"
                        "a:l:0 0000000031 30429485\n");

}


static void
test_index_of_closed(void **state)
{
    crm_record_t  *rec;

    (void) state;

    /* done by another, on somebody else's lead; it was a meeting */

    rec = open_one(31, 1, "2026-11-24");
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OWNER], 3);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_HELD], 1);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_TEAM], 2);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OUTCOME], CRM_OUTCOME_DONE);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_DONE_AT], 5000);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_DONE_BY], 2);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_START_AT], 4000);

    assert_string_equal(index_of(rec),
                        "a:d 0000000031 20781\n"
                        "a:d:t2 0000000031 20781\n"
                        "a:d:u1 0000000031 20781\n"
                        "a:d:u1:y2 0000000031 20781\n"
                        "a:d:w3 0000000031 20781\n"
                        "a:d:y2 0000000031 20781\n"
                        "a:done:2 0000000031 5000\n"
                        "a:k:0 0000000031 30429485\n"
                        "a:m 0000000031 4000\n"
                        "a:m:t2 0000000031 4000\n"
                        "a:m:u1 0000000031 4000\n");

    /* cancelled, of nobody, on a contact */

    rec = open_one(31, 0, "2026-11-24");
    crm_value_clear(&rec->v[CRM_ACTIVITY_LEAD_ID]);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_CONTACT_ID], 130);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OUTCOME], CRM_OUTCOME_CANCELLED);

    assert_string_equal(index_of(rec),
                        "a:e:2 0000000031 546328877\n"
                        "a:x 0000000031 20781\n"
                        "a:x:t0 0000000031 20781\n"
                        "a:x:u0 0000000031 20781\n"
                        "a:x:u0:y2 0000000031 20781\n"
                        "a:x:w0 0000000031 20781\n"
                        "a:x:y2 0000000031 20781\n");
}


/* all of a record lie between the bounds, those of its neighbours do not */

static void
test_scores(void **state)
{
    int64_t    first, last;
    crm_str_t  s;

    (void) state;

    s = str("0001-01-01");
    assert_int_equal(crm_date_parse(&s, &first), CRM_OK);
    s = str("9999-12-31");
    assert_int_equal(crm_date_parse(&s, &last), CRM_OK);

    assert_true(crm_activity_score(7, first)
                >= crm_activity_score(7, CRM_ACTIVITY_FIRST));
    assert_true(crm_activity_score(7, last)
                < crm_activity_score(7, CRM_ACTIVITY_LAST));
    assert_true(crm_activity_score(6, last)
                < crm_activity_score(7, CRM_ACTIVITY_FIRST));
    assert_true(crm_activity_score(8, first)
                >= crm_activity_score(7, CRM_ACTIVITY_LAST));
}


static crm_record_t *
to_commit(void)
{
    crm_record_t  *rec;

    rec = open_one(31, 1, "2026-11-24");
    crm_value_set_num(&rec->v[CRM_VERSION], 1);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OWNER], 1);

    return rec;
}


static void
test_commit(void **state)
{
    crm_record_t  *rec, *new;

    (void) state;

    rec = to_commit();

    assert_int_equal(crm_activity_commit(&ops, &rule, NULL, rec), CRM_OK);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey activity:31   2\n"
                        "below tenant id:activity 31 2\n");
    assert_string_equal(writes("activity"),
                        "HSET activity:31 v 1 lead 7 type 2 user 1 "
                        "due 2026-11-24 outcome open owner 1 held 0\n");
    assert_string_equal(writes("tenant"), "HSET tenant id:activity 31\n");
    assert_string_equal(writes("a:o:u1 "), "");
    assert_string_equal(writes("a:l"), "ZADD a:l:0 30429485 0000000031\n");

    /* its day changes */

    crm_ops_init(&ops, &arena);
    new = crm_record_copy(&arena, rec);
    crm_value_set_num(&new->v[CRM_VERSION], 2);
    crm_value_set_num(&new->v[CRM_ACTIVITY_DUE_DATE], 20782);

    assert_int_equal(crm_activity_commit(&ops, &rule, rec, new), CRM_OK);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "eq activity:31 v 1 3\n");
    assert_string_equal(writes("activity"),
                        "HSET activity:31 v 2 due 2026-11-25\n");
    assert_string_equal(writes("a:l"), "ZADD a:l:0 30429486 0000000031\n");

    /* nothing does */

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_activity_commit(&ops, &rule, new,
                                         crm_record_copy(&arena, new)),
                     CRM_OK);
    assert_int_equal(ops.nwrites, 0);
}


/* counts by itself, and needs its contact */

static void
test_commit_on_contact(void **state)
{
    crm_record_t  *rec;

    (void) state;

    rec = to_commit();
    crm_value_clear(&rec->v[CRM_ACTIVITY_LEAD_ID]);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_CONTACT_ID], 5);

    assert_int_equal(crm_activity_commit(&ops, &rule, NULL, rec), CRM_OK);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey activity:31   2\n"
                        "below tenant id:activity 31 2\n"
                        "key contact:5   7\n");
    assert_string_equal(writes("tenant"),
                        "HINCRBY tenant writes 1\n"
                        "HSET tenant id:activity 31\n");

    /* gone */

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_activity_commit(&ops, &rule, rec, NULL), CRM_OK);
    assert_string_equal(writes("activity"), "DEL activity:31\n");
    assert_string_equal(writes("a:c"), "ZREM a:c:0 0000000031\n");
}


#define due_test(name)                                                        \
    cmocka_unit_test_setup_teardown(name, setup, domain_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        due_test(test_midnight),
        due_test(test_clock_changes),
        due_test(test_ended),
        due_test(test_zone_changed),
        due_test(test_summary),
        due_test(test_index_of_open),
        due_test(test_index_of_closed),
        due_test(test_scores),
        due_test(test_commit),
        due_test(test_commit_on_contact)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
