/* crm_dup: keys of the default rules and of others, what is refused, limits */

#include <time.h>

#include "crm_defaults.h"
#include "crm_dup.h"
#include "domain.h"


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
        domain_test(test_free_mail_of_a_whole_address),
        domain_test(test_phone), domain_test(test_company),
        domain_test(test_website), domain_test(test_other_rules),
        domain_test(test_refused), domain_test(test_replacements),
        domain_test(test_limits)
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
