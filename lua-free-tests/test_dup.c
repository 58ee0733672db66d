/* crm_dup: keys of the default rules and of others, limits, generations,
   entries, pairs kept separate */

#include <time.h>

#include "crm_defaults.h"
#include "crm_dup.h"
#include "domain.h"


#define DOMAIN_RULE  "'id':'3','name':'Same e-mail domain','field':'email'," \
                     "'pattern':'^[^@]+@(.+)$','replacement':'$1',"          \
                     "'exclude_free_mail':'1'"


/* the rules of a new tenant, by number */

static const struct {
    const char  *field;
    const char  *pattern;
    const char  *replacement;
    const char  *free_mail;
} defaults[] = {
    { "email", "^([^@+]+)(?:\\+[^@]*)?(@.+)$", "$1$2", "0" },
    { "phone", "\\d{7,9}$", "$0", "0" },
    { "email", "^[^@]+@(.+)$", "$1", "1" },
    { "company_name", "^(?:شرکت )?(.+?)"
      "(?: (?:ltd|gmbh|inc|llc|co|corp|sa|ag|bv|plc|srl))*$", "$1", "0" },
    { "website", "^.+$", "$0", "0" }
};

enum { MAIL, PHONE, DOMAIN, COMPANY, SITE };


static crm_record_t *
sample_rule(const char *field, const char *pattern, const char *replacement,
    const char *exclude, const char *free_mail)
{
    crm_str_t      word = str(field);
    crm_record_t  *rec;

    rec = crm_record_new(&arena, &crm_rule_test);
    assert_non_null(rec);

    crm_value_set_num(&rec->v[CRM_RULE_TEST_FIELD],
                      crm_word_find(&crm_words_rule_field, &word));
    crm_value_set_str(&rec->v[CRM_RULE_TEST_PATTERN], str(pattern));
    crm_value_set_str(&rec->v[CRM_RULE_TEST_REPLACEMENT], str(replacement));
    crm_value_set_str(&rec->v[CRM_RULE_TEST_EXCLUDE_PATTERN], str(exclude));
    crm_value_set_num(&rec->v[CRM_RULE_TEST_EXCLUDE_FREE_MAIL],
                      free_mail[0] == '1');

    return rec;
}


static const crm_strs_t *
free_mail(void)
{
    return &conf.settings->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;
}


static int
run(const crm_record_t *rule, const char *sample, const char **key)
{
    int        rc;
    crm_str_t  text = str(sample), found = crm_null_string;

    rc = crm_dup_sample(&arena, rule, free_mail(), &text, &found);
    *key = rc == CRM_OK ? cstr(found) : NULL;

    return rc;
}


static void
is_key(unsigned number, const char *sample, const char *expected)
{
    const char          *key;
    const crm_record_t  *r;

    r = sample_rule(defaults[number].field, defaults[number].pattern,
                    defaults[number].replacement, "",
                    defaults[number].free_mail);

    assert_int_equal(run(r, sample, &key), expected ? CRM_OK : CRM_DECLINED);

    if (expected != NULL) {
        assert_string_equal(key, expected);
    }
}


static void
test_email(void **state)
{
    (void) state;

    is_key(MAIL, "Ada@Example.COM", "ada@example.com");
    is_key(MAIL, "ada+news@example.com", "ada@example.com");
    is_key(MAIL, "ada+a+b@example.com", "ada@example.com");
    is_key(MAIL, "ADA@EXAMPLE.com ", "ada@example.com");
    is_key(MAIL, "+x@example.com", NULL);
    is_key(MAIL, "münchen@bücher.de", "munchen@bucher.de");
    is_key(MAIL, "علي@مثال.ایران", "علی@مثال.ایران");
    is_key(MAIL, "ada.l@sub.example.com", "ada.l@sub.example.com");
}


static void
test_email_domain(void **state)
{
    (void) state;

    is_key(DOMAIN, "ada@example.com", "example.com");
    is_key(DOMAIN, "ada@sub.example.com", "sub.example.com");
    is_key(DOMAIN, "ada@Gmail.com", NULL);
    is_key(DOMAIN, "ada+x@gmail.com", NULL);
    is_key(DOMAIN, "ada@chmail.ir", NULL);
    is_key(DOMAIN, "ada@notgmail.com", "notgmail.com");
    is_key(DOMAIN, "ada@mail.gmail.com", "mail.gmail.com");
}


static void
test_free_mail_of_a_whole_address(void **state)
{
    const char          *key;
    const crm_record_t  *r;

    (void) state;

    r = sample_rule("email", "^.+$", "$0", "", "1");

    assert_int_equal(run(r, "ada@gmail.com", &key), CRM_DECLINED);
    assert_int_equal(run(r, "ada@example.com", &key), CRM_OK);
    assert_string_equal(key, "ada@example.com");
}


static void
test_phone(void **state)
{
    (void) state;

    is_key(PHONE, "+49 (151) 234-56789", "123456789");
    is_key(PHONE, "0151 23456789", "123456789");
    is_key(PHONE, "0049 151 23456789", "123456789");
    is_key(PHONE, "۰۹۱۲ ۳۴۵ ۶۷۸۹", "123456789");
    is_key(PHONE, "+98 912 345 6789", "123456789");
    is_key(PHONE, "+٩٨ ٩١٢ ٣٤٥ ٦٧٨٩", "123456789");
    is_key(PHONE, "555-1234", "5551234");
    is_key(PHONE, "12345", NULL);
    is_key(PHONE, "none", NULL);
}


static void
test_company(void **state)
{
    (void) state;

    is_key(COMPANY, "ACME, Inc.", "acme");
    is_key(COMPANY, "Acme", "acme");
    is_key(COMPANY, "Acme GmbH", "acme");
    is_key(COMPANY, "Acme Co., Ltd.", "acme");
    is_key(COMPANY, "  acme   ltd ", "acme");
    is_key(COMPANY, "Acme-Trading Ltd", "acme trading");
    is_key(COMPANY, "Société Générale SA", "societe generale");
    is_key(COMPANY, "Coca", "coca");
    is_key(COMPANY, "شرکت پارس", "پارس");
    is_key(COMPANY, "پارس", "پارس");
    is_key(COMPANY, "شركت پارس", "پارس");
    is_key(COMPANY, "داده‌پردازی", "داده پردازی");
    is_key(COMPANY, "داده پردازي", "داده پردازی");
    is_key(COMPANY, "!!!", NULL);
}


static void
test_website(void **state)
{
    (void) state;

    is_key(SITE, "https://www.Example.com/about?x#y", "example.com");
    is_key(SITE, "example.com", "example.com");
    is_key(SITE, "http://example.com:8080/", "example.com");
    is_key(SITE, "www.example.com.", "example.com");
    is_key(SITE, "http://user:pw@shop.example.com", "shop.example.com");
    is_key(SITE, "HTTP://ADA@WWW.EXAMPLE.COM", "example.com");
    is_key(SITE, "http://[::1]:80/", "[::1]");
    is_key(SITE, "http://بانک.ایران/", "بانک.ایران");
}


static void
test_other_rules(void **state)
{
    const char          *key;
    const crm_record_t  *r;

    (void) state;

    r = sample_rule("contact_name", "^(?<first>\\w+) (?<last>\\w+)$",
                    "${last}, ${first}", "^doe", "0");

    assert_int_equal(run(r, "Ada  LOVELACE", &key), CRM_OK);
    assert_string_equal(key, "lovelace, ada");
    assert_int_equal(run(r, "Jane Doe", &key), CRM_DECLINED);
    assert_int_equal(run(r, "Ada", &key), CRM_DECLINED);

    /* the first match only, and groups that took no part are empty */

    r = sample_rule("contact_name", "(a)|(b)", "[$1$2]", "", "0");

    assert_int_equal(run(r, "xbaab", &key), CRM_OK);
    assert_string_equal(key, "[b]");

    r = sample_rule("contact_name", "x*", "$0", "", "0");
    assert_int_equal(run(r, "abc", &key), CRM_DECLINED);
}


/* ---- what is refused ---------------------------------------------------- */

static void
refused(const char *pattern, const char *expected)
{
    crm_str_t  text = str(pattern), message;

    assert_int_equal(crm_pattern_check(&arena, &text, &message),
                     CRM_DECLINED);
    assert_string_equal(cstr(message), expected);
}


static void
refused_replacement(const char *pattern, const char *replacement)
{
    crm_str_t  text = str(pattern), with = str(replacement), message;

    assert_int_equal(crm_pattern_check(&arena, &text, &message), CRM_OK);
    assert_int_equal(crm_pattern_check_replacement(&arena, &text, &with,
                                                   &message), CRM_DECLINED);
    assert_true(message.len > 0);
}


static void
accepted_replacement(const char *pattern, const char *replacement)
{
    crm_str_t  text = str(pattern), with = str(replacement), message;

    assert_int_equal(crm_pattern_check_replacement(&arena, &text, &with,
                                                   &message), CRM_OK);
}


static void
test_refused(void **state)
{
    (void) state;

    refused("a(b", "missing closing parenthesis (offset 3)");
    refused("(*UTF)a", "options at the start of a pattern are not allowed "
            "(offset 0)");
    refused("a(?C1)", "callouts are not allowed (offset 1)");
    refused("a\\C", "using \\C is disabled by the application (offset 3)");
    refused("((?:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa){900})(?:b{900}){2}",
            "the pattern is too large (offset 55)");
}


static void
test_replacements(void **state)
{
    (void) state;

    refused_replacement("(a)", "$2");
    refused_replacement("(a)", "${name}");
    refused_replacement("(a)", "$");
    refused_replacement("(a)", "${1");
    refused_replacement("(a)", "\\1");
    refused_replacement("(a)", "\\T");
    refused_replacement("^.++", "${p:+\\Te.c0om2");

    accepted_replacement("(a)", "$1");
    accepted_replacement("(?x) (a) # ) comment", "$1");
    accepted_replacement("\\Qa.b", "$0");
    accepted_replacement("(?<name>a)|b", "${name}$$");
    accepted_replacement("(a)", "");
    accepted_replacement("(a)", "${1:+yes:no}");
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static void
test_limits(void **state)
{
    char                 text[201];
    double               took, best;
    unsigned             i, k;
    uint64_t             before;
    const char          *key;
    const crm_record_t  *r;

    static const char  *const  patterns[] = {
        "^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(.*)*x", "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){100}a{100}b", "(?:a|b|ab)*c",
        "^(.*?,){20}P", "(?R)?a", "((a{1,50}){1,50}){1,50}b",
        "(?=(a+))a*b\\1", "^(?:.?){60}x"
    };

    (void) state;

    memset(text, 'a', 199);
    text[199] = '!';
    text[200] = '\0';

    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        r = sample_rule("contact_name", patterns[i], "$0", "", "0");
        best = 1;

        /* without the compilation, and whatever else the machine does */

        for (k = 0; k < 10; k++) {
            took = seconds();
            (void) run(r, text, &key);
            took = seconds() - took;
            best = took < best ? took : best;
        }

        if (best > 0.001) {
            fail_msg("%s took %.3f ms", patterns[i], best * 1000);
        }
    }

    before = crm_pattern_limits();

    r = sample_rule("contact_name", "^(a+)+$", "$0", "", "0");
    assert_int_equal(run(r, text, &key), CRM_AGAIN);
    assert_true(crm_pattern_limits() == before + 1);

    r = sample_rule("contact_name", ".+", "$0", "^(a+)+$", "0");
    assert_int_equal(run(r, text, &key), CRM_AGAIN);

    /* and the next one is not worse off */

    r = sample_rule("contact_name", "a+", "$0", "", "0");
    assert_int_equal(run(r, "baa", &key), CRM_OK);
    assert_string_equal(key, "aa");
}


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


static void
test_generations(void **state)
{
    crm_record_t  *one, *two, *three, *done, *was;

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

    conf.version = 20;
    crm_value_set_str(&two->v[CRM_DUPLICATE_RULE_PATTERN], str("@(.+)$"));
    assert_int_equal(crm_dup_rule_next(&rule, one, two), CRM_OK);
    assert_true(crm_dup_rule_carries(one, two));
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_GEN].num, 21);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_WAS].objects.n, 1);
    assert_string_equal(retired(one, two), "");

    was = two->v[CRM_DUPLICATE_RULE_WAS].objects.rec[0];
    assert_int_equal(was->v[CRM_DUP_WAS_GEN].num, 18);
    assert_string_equal(cstr(was->v[CRM_DUP_WAS_PATTERN].str),
                        "^[^@]+@(.+)$");
    assert_int_equal(was->v[CRM_DUP_WAS_FREE_MAIL_DOMAINS].strs.n, 18);

    /* and once more before that is complete */

    conf.version = 30;
    three = crm_record_copy(&arena, two);
    crm_value_set_str(&three->v[CRM_DUPLICATE_RULE_PATTERN], str("@.+$"));
    assert_int_equal(crm_dup_rule_next(&rule, two, three), CRM_OK);
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
    crm_record_t  *one, *two;

    (void) state;

    one = rule_record("");
    assert_int_equal(crm_dup_rule_free_mail(&rule, one, free_mail(), &two),
                     CRM_OK);
    assert_non_null(two);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_GEN].num, 18);
    assert_int_equal(two->v[CRM_DUPLICATE_RULE_WAS].objects.n, 1);

    one = rule_record(",'exclude_free_mail':'0'");
    crm_value_clear(&one->v[CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL]);
    assert_int_equal(crm_dup_rule_free_mail(&rule, one, free_mail(), &two),
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
        domain_test(test_email), domain_test(test_email_domain),
        domain_test(test_free_mail_of_a_whole_address), domain_test(test_phone),
        domain_test(test_company), domain_test(test_website), domain_test(test_other_rules),
        domain_test(test_refused), domain_test(test_replacements), domain_test(test_limits),
        domain_test(test_generations), domain_test(test_stored_generations),
        domain_test(test_free_mail_changes), domain_test(test_entries),
        domain_test(test_limit_entry), domain_test(test_groups), domain_test(test_kept)
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
