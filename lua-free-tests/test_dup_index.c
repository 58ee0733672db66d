/* crm_dup: generations of rules, entries of leads, pairs kept separate */

#include "crm_dup.h"
#include "domain.h"


#define DOMAIN_RULE  "'id':'3','name':'Same e-mail domain','field':'email'," \
                     "'pattern':'^[^@]+@(.+)$','replacement':'$1',"          \
                     "'exclude_free_mail':'1'"


/* ---- generations -------------------------------------------------------- */

static crm_record_t *
rule_record(const char *more)
{
    return stored(&crm_entities[CRM_KIND_DUPLICATE_RULE],
                  cstr(crm_arena_printf(&arena, "{" DOMAIN_RULE "%s}",
                                        more)));
}


static const char *
retired(const crm_record_t *old, const crm_record_t *rec)
{
    unsigned   i;
    crm_out_t  out;
    crm_str_t  text;

    crm_ops_init(&ops, &arena);
    crm_dup_rule_retire(&ops, &rule, old, rec);

    crm_out_init(&out, &arena, 64);

    for (i = 0; i < ops.nwrites; i++) {
        assert_string_equal(cstr(ops.writes[i].argv[0]), "SADD");
        assert_string_equal(cstr(ops.writes[i].argv[1]), "crm:{x}:d:gone");
        crm_out_str(&out, &ops.writes[i].argv[2]);
        crm_out_char(&out, ' ');
    }

    assert_int_equal(crm_out_join(&out, &text), CRM_OK);

    return cstr(text);
}


/* generation 18, complete */

static crm_record_t *
first_generation(void)
{
    crm_record_t  *rec;

    rule.prefix = str("crm:{x}:");

    rec = rule_record("");
    assert_int_equal(crm_dup_rule_next(&rule, NULL, rec), CRM_OK);

    return crm_dup_rule_complete(&arena, rec);
}


/* of a copy with this pattern, at that version of the configuration */

static crm_record_t *
next_generation(const crm_record_t *old, const char *pattern, int64_t version)
{
    crm_record_t  *rec;

    conf.version = version;

    rec = crm_record_copy(&arena, old);
    crm_value_set_str(&rec->v[CRM_DUPLICATE_RULE_PATTERN], str(pattern));
    assert_int_equal(crm_dup_rule_next(&rule, old, rec), CRM_OK);

    return rec;
}


static void
test_generations(void **state)
{
    crm_record_t  *one, *two, *was;

    (void) state;

    rule.prefix = str("crm:{x}:");

    one = rule_record("");
    assert_int_equal(crm_dup_rule_next(&rule, NULL, one), CRM_OK);
    assert_int_equal(one->v[CRM_DUPLICATE_RULE_GEN].num, 18);
    assert_int_equal(one->v[CRM_DUPLICATE_RULE_BUILDING].num, 1);
    assert_int_equal(one->v[CRM_DUPLICATE_RULE_WAS].objects.n, 0);
    assert_true(crm_dup_rule_carries(NULL, one));

    one = crm_dup_rule_complete(&arena, one);
    assert_int_equal(one->v[CRM_DUPLICATE_RULE_BUILDING].num, 0);

    /* a name is no key */

    two = crm_record_copy(&arena, one);
    crm_value_set_str(&two->v[CRM_DUPLICATE_RULE_NAME], str("Other"));
    assert_int_equal(crm_dup_rule_next(&rule, one, two), CRM_OK);
    assert_false(crm_dup_rule_carries(one, two));

    /* another pattern: the old one answers meanwhile */

    two = next_generation(one, "@(.+)$", 20);
    assert_true(crm_dup_rule_carries(one, two));
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_GEN].num, 21);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_WAS].objects.n, 1);
    assert_string_equal(retired(one, two), "");

    was = two->v[CRM_DUPLICATE_RULE_WAS].objects.rec[0];
    assert_int_equal(was->v[CRM_DUP_WAS_GEN].num, 18);
    assert_string_equal(cstr(was->v[CRM_DUP_WAS_PATTERN].str),
                        "^[^@]+@(.+)$");
    assert_int_equal(was->v[CRM_DUP_WAS_FREE_MAIL_DOMAINS].strs.n, 18);
}


/* changed once more before the second is complete */

static void
test_retired_generations(void **state)
{
    crm_record_t  *two, *three, *done, *was;

    (void) state;

    two = next_generation(first_generation(), "@(.+)$", 20);
    three = next_generation(two, "@.+$", 30);

    assert_int_equal(three->v[CRM_DUPLICATE_RULE_GEN].num, 31);
    was = three->v[CRM_DUPLICATE_RULE_WAS].objects.rec[0];
    assert_int_equal(was->v[CRM_DUP_WAS_GEN].num, 18);
    assert_string_equal(retired(two, three), "3:21 ");

    /* complete, deactivated, deleted */

    done = crm_dup_rule_complete(&arena, three);
    assert_string_equal(retired(three, done), "3:18 ");

    two = crm_record_copy(&arena, three);
    crm_value_set_num(&two->v[CRM_DUPLICATE_RULE_ACTIVE], 0);
    assert_int_equal(crm_dup_rule_next(&rule, three, two), CRM_OK);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_WAS].objects.n, 0);
    assert_string_equal(retired(three, two), "3:31 3:18 ");
    assert_string_equal(retired(two, NULL), "");
    assert_string_equal(retired(three, NULL), "3:31 3:18 ");
}


static void
test_stored_generations(void **state)
{
    crm_str_t      text;
    crm_record_t  *one, *two, *back;

    (void) state;

    one = rule_record("");
    two = crm_record_copy(&arena, one);
    crm_value_set_str(&two->v[CRM_DUPLICATE_RULE_PATTERN], str("@(.+)$"));
    assert_int_equal(crm_dup_rule_next(&rule, one, two), CRM_OK);

    assert_int_equal(crm_record_pack(&arena, two, &text), CRM_OK);
    assert_int_equal(crm_record_unpack(&arena, two->entity, &text, &back),
                     CRM_OK);

    conf.list[CRM_KIND_DUPLICATE_RULE].n = 1;
    conf.list[CRM_KIND_DUPLICATE_RULE].rec = &back;
    assert_int_equal(crm_dup_conf(&conf), CRM_OK);

    assert_int_equal(conf.ndup, 2);
    assert_int_equal(conf.dup[0].gen, 0);
    assert_true(conf.dup[0].complete);
    assert_string_equal(cstr(conf.dup[0].pattern), "^[^@]+@(.+)$");
    assert_int_equal(conf.dup[0].free_mail->n, 18);
    assert_int_equal(conf.dup[1].gen, 18);
    assert_false(conf.dup[1].complete);
    assert_string_equal(cstr(conf.dup[1].pattern), "@(.+)$");
}


static void
test_free_mail_changes(void **state)
{
    crm_record_t      *one, *two;
    const crm_strs_t  *domains;

    (void) state;

    domains = &conf.settings->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;

    one = rule_record("");
    assert_int_equal(crm_dup_rule_free_mail(&rule, one, domains, &two),
                     CRM_OK);
    assert_non_null(two);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_GEN].num, 18);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_WAS].objects.n, 1);

    one = rule_record(",'exclude_free_mail':'0'");
    crm_value_clear(&one->v[CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL]);
    assert_int_equal(crm_dup_rule_free_mail(&rule, one, domains, &two),
                     CRM_OK);
    assert_null(two);
}


/* ---- entries ------------------------------------------------------------ */

static crm_record_t *
lead_of(const char *text)
{
    return stored(lead_entity,
                  cstr(crm_arena_printf(&arena, "{'id':'7','name':'x',%s}",
                                        text)));
}


static void
rules_of(const char *one, const char *two)
{
    conf_add(CRM_KIND_DUPLICATE_RULE, one);

    if (two != NULL) {
        conf_add(CRM_KIND_DUPLICATE_RULE, two);
    }

    assert_int_equal(crm_dup_conf(&conf), CRM_OK);
}


static const char *
keys_of(const crm_record_t *lead, crm_dup_which_t which)
{
    unsigned       i;
    crm_out_t      out;
    crm_str_t      text;
    crm_ix_list_t  list;

    crm_ix_init(&list, &arena, crm_str("P "));
    crm_dup_index(&list, &conf, lead, which, INT64_MAX);
    assert_false(list.failed);

    crm_out_init(&out, &arena, 64);

    for (i = 0; i < list.n; i++) {
        crm_out_str(&out, &list.ix[i].key);
        crm_out_char(&out, ' ');
        crm_out_str(&out, &list.ix[i].member);
        crm_out_char(&out, ';');
    }

    assert_int_equal(crm_out_join(&out, &text), CRM_OK);

    return cstr(text);
}


static void
test_entries(void **state)
{
    char        bucket[200];
    int64_t     hash;
    crm_str_t   key = crm_string("a@b.de");

    (void) state;

    rules_of("{'id':'1','field':'email','pattern':'^.+$','replacement':'$0'}",
             "{'id':'2','field':'phone','pattern':'.+','replacement':'$0',"
             "'gen':'9','building':'1'}");

    hash = crm_dup_hash(&key);

    (void) snprintf(bucket, sizeof(bucket), "P d:1:0:o:%d 7;",
                    (int) (hash % CRM_DUP_BUCKETS));
    assert_string_equal(keys_of(lead_of("'email':'A@b.de'"), CRM_DUP_ALL),
                        bucket);

    bucket[8] = 'c';
    assert_string_equal(keys_of(lead_of("'email':'A@b.de','state':'won'"),
                                CRM_DUP_ALL), bucket);
    assert_string_equal(keys_of(lead_of("'email':'A@b.de','state':'lost',"
                                        "'active':'0'"), CRM_DUP_ALL),
                        bucket);

    bucket[8] = 'a';
    assert_string_equal(keys_of(lead_of("'email':'A@b.de','active':'0'"),
                                CRM_DUP_ALL), bucket);
    assert_string_equal(keys_of(lead_of("'email':'A@b.de','active':'0',"
                                        "'state':'won'"), CRM_DUP_ALL),
                        bucket);

    assert_string_equal(keys_of(lead_of("'email':'A@b.de','merged':'3'"),
                                CRM_DUP_ALL), "");
    assert_string_equal(keys_of(lead_of("'phone':'1'"), CRM_DUP_COMPLETE), "");
    assert_string_equal(keys_of(lead_of("'email':'a@b.de'"),
                                CRM_DUP_BUILDING), "");
    assert_memory_equal(keys_of(lead_of("'phone':'1'"), CRM_DUP_BUILDING),
                        "P d:2:9:o:", 10);
}


static void
test_limit_entry(void **state)
{
    (void) state;

    rules_of("{'id':'1','field':'email','pattern':'^(a+)+$',"
             "'replacement':'$0'}", NULL);

    assert_string_equal(keys_of(lead_of("'email':'aaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaa@b.de'"),
                                CRM_DUP_ALL), "P d:1:0:n:0 ;");
}


static void
test_groups(void **state)
{
    unsigned        i, n;
    crm_ix_list_t   was, is;

    (void) state;

    rules_of("{'id':'1','field':'email','pattern':'^.+$','replacement':'$0'}",
             "{'id':'2','field':'phone','pattern':'.+','replacement':'$0'}");

    crm_ix_init(&was, &arena, crm_str("P "));
    crm_ix_init(&is, &arena, crm_str("P "));
    crm_dup_index(&was, &conf, lead_of("'email':'a@b.de','phone':'1'"),
                  CRM_DUP_ALL, 0);
    crm_dup_index(&is, &conf, lead_of("'email':'a@c.de','phone':'1'"),
                  CRM_DUP_ALL, 0);

    crm_ops_init(&ops, &arena);
    crm_ix_diff(&ops, &was, &is);
    n = ops.nwrites;
    crm_dup_groups(&ops, &was, &is);

    assert_int_equal(ops.nwrites, n + 2);

    for (i = n; i < ops.nwrites; i++) {
        assert_int_equal(ops.writes[i].argc, 5);
        assert_string_equal(cstr(ops.writes[i].argv[0]), "ZGROUP");
        assert_string_equal(cstr(ops.writes[i].argv[1]), "P d:1:0:g");
        assert_memory_equal(ops.writes[i].argv[2].data, "P d:1:0:o:", 10);
    }
}


static void
test_kept(void **state)
{
    crm_record_t  *one, *two, *old;

    (void) state;

    one = lead_of("'email':'a@b.de','phone':'1'");
    two = lead_of("'email':'a@b.de'");
    crm_value_set_num(&two->v[CRM_ID], 9);

    assert_false(crm_dup_kept(one, two));
    assert_int_equal(crm_dup_keep(&arena, one, 9, 1), CRM_OK);
    assert_false(crm_dup_kept(one, two));
    assert_int_equal(crm_dup_keep(&arena, two, 7, 1), CRM_OK);
    assert_true(crm_dup_kept(one, two));
    assert_int_equal(crm_dup_keep(&arena, one, 12, 0), CRM_OK);
    assert_string_equal(cstr(one->v[CRM_LEAD_KEPT].str), "12:63,9:1");
    assert_true(crm_dup_kept(one, two));

    /* the phone did not match */

    old = crm_record_copy(&arena, one);
    crm_value_set_str(&one->v[CRM_LEAD_PHONE], str("2"));
    assert_int_equal(crm_dup_keep_prune(&arena, old, one), CRM_OK);
    assert_string_equal(cstr(one->v[CRM_LEAD_KEPT].str), "9:1");

    old = crm_record_copy(&arena, one);
    crm_value_set_str(&one->v[CRM_LEAD_EMAIL], str("b@b.de"));
    assert_int_equal(crm_dup_keep_prune(&arena, old, one), CRM_OK);
    assert_false(one->v[CRM_LEAD_KEPT].set);
    assert_false(crm_dup_kept(one, two));
}


/* the newest 200 are remembered, and none of them is lost by the change of a
   field by which it did not match */

static void
test_kept_many(void **state)
{
    int64_t        id;
    crm_str_t      kept;
    crm_record_t  *one, *old;

    (void) state;

    one = lead_of("'email':'a@b.de','phone':'1'");

    for (id = 100; id < 301; id++) {
        assert_int_equal(crm_dup_keep(&arena, one, id, 1), CRM_OK);
    }

    kept = one->v[CRM_LEAD_KEPT].str;
    assert_int_equal(kept.len, 200 * 6 - 1);
    assert_memory_equal(kept.data, "300:1,299:1,", 12);
    assert_memory_equal(kept.data + kept.len - 12, ",102:1,101:1", 12);

    old = crm_record_copy(&arena, one);
    crm_value_set_str(&one->v[CRM_LEAD_PHONE], str("2"));
    assert_int_equal(crm_dup_keep_prune(&arena, old, one), CRM_OK);
    assert_true(crm_str_eq(&one->v[CRM_LEAD_KEPT].str, &kept));
}


static int
done(void **state)
{
    (void) state;

    crm_pattern_release();

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_generations),
        domain_test(test_retired_generations),
        domain_test(test_stored_generations),
        domain_test(test_free_mail_changes), domain_test(test_entries),
        domain_test(test_limit_entry), domain_test(test_groups),
        domain_test(test_kept),
        domain_test(test_kept_many)
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
