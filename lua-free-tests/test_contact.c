/* crm_contact: rules, index, commit */

#include "domain.h"


static crm_record_t  *contact;


static crm_problem_t
create(const char *body, const crm_record_t *parent)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    input = parse(contact_entity, CRM_INPUT_CREATE, body);
    problem = crm_contact_create(&rule, input, parent, &contact);
    parse_done();

    return problem;
}


static crm_problem_t
update(const char *packed, const char *body, const crm_record_t *parent,
    int *touched)
{
    crm_input_t    *input;
    crm_problem_t   problem;

    input = parse(contact_entity, CRM_INPUT_PATCH, body);
    problem = crm_contact_update(&rule, stored(contact_entity, packed),
                                 input, parent, &contact, touched);
    parse_done();

    return problem;
}


static void
test_create(void **state)
{
    (void) state;

    assert_int_equal(create("{'name':'Mina Rad','user_id':2}", NULL),
                     CRM_P_NONE);
    assert_fields(contact, "'version':1,"
                  "'created_at':'2026-11-23T14:26:40.000Z',"
                  "'updated_at':'2026-11-23T14:26:40.000Z',"
                  "'created_by':1,'updated_by':1,'name':'Mina Rad',"
                  "'kind':'person','parent_id':null,'user_id':2,"
                  "'active':true");

    /* nobody unless said */

    assert_int_equal(create("{'name':'Rad','kind':'company'}", NULL),
                     CRM_P_NONE);
    assert_fields(contact, "'kind':'company','user_id':null");
}


static void
test_parent(void **state)
{
    int            touched;
    crm_record_t  *company, *person;

    (void) state;

    company = stored(contact_entity, "{'id':'8','name':'Rad',"
                     "'kind':'company'}");
    person = stored(contact_entity, "{'id':'9','name':'Mina'}");

    assert_int_equal(create("{'name':'x','parent_id':8}", company),
                     CRM_P_NONE);
    assert_int_equal(create("{'name':'x','parent_id':9}", person),
                     CRM_P_VALIDATION);
    assert_faults("parent_id invalid");
    assert_int_equal(create("{'name':'x','parent_id':99}", NULL),
                     CRM_P_VALIDATION);
    assert_faults("parent_id not_found");
    assert_int_equal(create("{'name':'x','parent_id':8,'kind':'company'}",
                            company), CRM_P_VALIDATION);
    assert_faults("parent_id invalid");

    /* nobody is their own parent, even where they become a company */

    assert_int_equal(update("{'id':'8','name':'Rad','kind':'company'}",
                            "{'parent_id':8,'kind':'person'}", company,
                            &touched), CRM_P_VALIDATION);
    assert_faults("parent_id invalid");

    /* one that stays is not looked at again */

    assert_int_equal(update("{'id':'9','name':'Mina','parent':'8'}",
                            "{'name':'Mina R.'}", NULL, &touched),
                     CRM_P_NONE);
    assert_int_equal(update("{'id':'9','name':'Mina','parent':'8'}",
                            "{'kind':'company'}", NULL, &touched),
                     CRM_P_VALIDATION);
    assert_faults("parent_id invalid");
}


static void
test_update(void **state)
{
    int  touched;

    (void) state;

    assert_int_equal(update("{'id':'9','v':'2','name':'Mina','job':'CTO'}",
                            "{'job_title':null,'tag_ids':[2,1,2]}", NULL,
                            &touched), CRM_P_NONE);
    assert_int_equal(touched, 1);
    assert_fields(contact, "'version':3,"
                  "'updated_at':'2026-11-23T14:26:40.000Z','updated_by':1,"
                  "'job_title':null,'tag_ids':[2,1]");

    assert_int_equal(update("{'id':'9','v':'2','name':'Mina'}",
                            "{'name':' Mina ','version':2}", NULL,
                            &touched), CRM_P_NONE);
    assert_int_equal(touched, 0);
    assert_fields(contact, "'version':2");
}


static const char *
index_of(const char *packed, const char *part)
{
    crm_ix_list_t  list;

    crm_ix_init(&list, &arena, rule.prefix);
    crm_contact_index(&list, stored(contact_entity, packed));

    return entries(&list, part);
}


static void
test_index(void **state)
{
    (void) state;

    assert_string_equal(index_of("{'id':'7','ct':'1','ut':'2',"
                                 "'name':'Rad','parent':'8','user':'3',"
                                 "'tags':'1,2'}", ""),
                        "c:f:active:1:0 7\n"
                        "c:f:kind:person:0 7\n"
                        "c:f:parent:8:0 7\n"
                        "c:f:user:3:0 7\n"
                        "c:p:ra:0 7\n"
                        "c:s:1:c 0000000007 1\n"
                        "c:s:1:n rad|0000000007 0\n"
                        "c:s:1:u 0000000007 2\n"
                        "c:tag:1:0 7\n"
                        "c:tag:2:0 7\n"
                        "c:w:rad:0 |0007 0\n");
    assert_string_equal(index_of("{'id':'40000','name':'X',"
                                 "'kind':'company','active':'0'}", ""),
                        "c:f:active:0:1 7232\n"
                        "c:f:kind:company:1 7232\n"
                        "c:f:parent:0:1 7232\n"
                        "c:f:user:0:1 7232\n"
                        "c:s:0:n x|0000040000 0\n"
                        "c:tag:0:1 7232\n");
}


static crm_str_t
bucket(unsigned field, const char *text, int64_t *score)
{
    crm_str_t  s, key;

    s = str(text);
    assert_int_equal(crm_contact_bucket(&arena, &rule.prefix, field, &s,
                                        &key, score), CRM_OK);

    return key;
}


/* what is compared equal lies in the same place; the index agrees */

static void
test_bucket(void **state)
{
    int64_t     one, two;
    crm_str_t   a, b;
    const char *line;

    (void) state;

    a = bucket(CRM_CONTACT_EMAIL, "Mina@Rad.example", &one);
    b = bucket(CRM_CONTACT_EMAIL, "mina@rad.EXAMPLE", &two);
    assert_string_equal(cstr(a), cstr(b));
    assert_int_equal(one, two);
    assert_true(one >= 0 && one < 1LL << 52);

    line = cstr(crm_arena_printf(&arena, "%s 0000000007 %lld\n",
                                 cstr(a) + 9, (long long) one));
    assert_string_equal(index_of("{'id':'7','email':'MINA@rad.example'}",
                                 "c:email"), line);

    a = bucket(CRM_CONTACT_PHONE, "+98 21 8877 6655", &one);
    b = bucket(CRM_CONTACT_PHONE, "(021) ۸۸۷۷۶۶۵۵", &two);
    assert_string_equal(cstr(a), cstr(b));
    assert_int_equal(one, two);

    a = str("ext");
    assert_int_equal(crm_contact_bucket(&arena, &rule.prefix,
                                        CRM_CONTACT_PHONE, &a, &b, &one),
                     CRM_DECLINED);
    assert_string_equal(index_of("{'id':'7','phone':'ext'}", "c:phone"), "");
}


static void
test_commit(void **state)
{
    crm_record_t  *old, *rec;

    (void) state;

    rec = stored(contact_entity, "{'id':'7','v':'1','name':'Rad',"
                 "'parent':'8'}");
    assert_int_equal(crm_contact_commit(&ops, &rule, NULL, rec), CRM_OK);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "nokey contact:7   2\n"
                        "below tenant id:contact 7 2\n"
                        "eq contact:8 kind company 8\n");
    assert_string_equal(writes("contact"),
                        "HSET contact:7 v 1 name Rad kind person parent 8"
                        " active 1\n");
    assert_string_equal(writes("tenant"),
                        "HINCRBY tenant writes 1\n"
                        "HSET tenant id:contact 7\n");

    old = rec;
    rec = stored(contact_entity, "{'id':'7','v':'2','name':'Rad',"
                 "'parent':'8','active':'0'}");
    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_contact_commit(&ops, &rule, old, rec), CRM_OK);
    assert_string_equal(checks(),
                        "eq tenant conf 17 1\n"
                        "eq contact:7 v 1 3\n");
    assert_string_equal(writes(""),
                        "HINCRBY tenant writes 1\n"
                        "SETBIT c:f:active:0:0 7 1\n"
                        "SETBIT c:f:active:1:0 7 0\n"
                        "ZADD c:s:0:n 0 rad|0000000007\n"
                        "ZREM c:s:1:n rad|0000000007\n"
                        "HSET contact:7 v 2 active 0\n");

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_contact_commit(&ops, &rule, rec, rec), CRM_OK);
    assert_int_equal(ops.nwrites, 0);

    crm_ops_init(&ops, &arena);
    assert_int_equal(crm_contact_commit(&ops, &rule, rec, NULL), CRM_OK);
    assert_string_equal(writes("contact"), "DEL contact:7\n");
    assert_string_equal(writes("c:w"), "ZREM c:w:rad:0 |0007\n");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_create),
        domain_test(test_parent),
        domain_test(test_update),
        domain_test(test_index),
        domain_test(test_bucket),
        domain_test(test_commit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
