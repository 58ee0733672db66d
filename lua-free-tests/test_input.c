/* crm_input: bodies to records (api.md, "Bodies") */

#include "domain.h"


static crm_input_t *
parse_as(crm_kind_t kind, crm_input_mode_t mode, const char *body)
{
    return parse(&crm_entities[kind], mode, body);
}


/* one value of a type: its stored form, or the fault's code */

static const char *
value_of(crm_type_t type, int64_t min, int64_t max, const char *json)
{
    int                rc;
    json_t            *parsed;
    crm_str_t          text;
    crm_value_t        v;
    const char        *message;
    crm_fault_code_t   code;

    crm_field_t  f = { .name = crm_string("f"), .type = type, .min = min,
                       .max = max, .words = &crm_words_role };

    parsed = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);

    crm_value_clear(&v);
    rc = crm_input_value(&arena, &f, parsed, &v, &code, &message);
    json_decref(parsed);

    if (rc == CRM_DECLINED) {
        assert_true(strlen(message) > 0);
        return cstr(crm_fault_codes[code]);
    }

    assert_int_equal(rc, CRM_OK);

    if (!v.set) {
        return "unset";
    }

    assert_int_equal(crm_value_store(&arena, &f, &v, &text), CRM_OK);

    return cstr(text);
}


#define V(type, json)            value_of(CRM_T_##type, 0, 0, json)
#define VMAX(type, max, json)    value_of(CRM_T_##type, 0, max, json)


static void
test_numbers(void **state)
{
    (void) state;

    assert_string_equal(V(BOOL, "true"), "1");
    assert_string_equal(V(BOOL, "false"), "0");
    assert_string_equal(V(BOOL, "1"), "invalid");
    assert_string_equal(V(BOOL, "\"true\""), "invalid");

    assert_string_equal(value_of(CRM_T_INT, -3, 3, "-3"), "-3");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "3"), "3");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "4"), "invalid");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "-4"), "invalid");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "1.0"), "invalid");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "\"1\""), "invalid");
    assert_string_equal(value_of(CRM_T_INT, -3, 3, "true"), "invalid");

    assert_string_equal(V(ID, "1"), "1");
    assert_string_equal(V(ID, "9223372036854775807"),
                        "9223372036854775807");
    assert_string_equal(V(ID, "0"), "invalid");
    assert_string_equal(V(ID, "-1"), "invalid");
    assert_string_equal(V(ID, "\"1\""), "invalid");
    assert_string_equal(V(ID, "[1]"), "invalid");

    assert_string_equal(V(MONEY, "1000000000000000"), "1000000000000000");
    assert_string_equal(V(MONEY, "-1000000000000000"), "-1000000000000000");
    assert_string_equal(V(MONEY, "1000000000000001"), "invalid");
    assert_string_equal(V(MONEY, "10.5"), "invalid");
}


static void
test_percent(void **state)
{
    int   i;
    char  text[20], stored_text[20];

    (void) state;

    assert_string_equal(V(PERCENT, "0"), "0");
    assert_string_equal(V(PERCENT, "100"), "10000");
    assert_string_equal(V(PERCENT, "100.0"), "10000");
    assert_string_equal(V(PERCENT, "12.5"), "1250");
    assert_string_equal(V(PERCENT, "100.01"), "invalid");
    assert_string_equal(V(PERCENT, "-0.01"), "invalid");
    assert_string_equal(V(PERCENT, "33.333"), "invalid");
    assert_string_equal(V(PERCENT, "1e300"), "invalid");
    assert_string_equal(V(PERCENT, "\"5\""), "invalid");

    /* every one with two decimals, in spite of binary fractions */

    for (i = 0; i <= 10000; i++) {
        snprintf(text, sizeof(text), "%d.%02d", i / 100, i % 100);
        snprintf(stored_text, sizeof(stored_text), "%d", i);
        assert_string_equal(V(PERCENT, text), stored_text);
    }
}


static void
test_dates(void **state)
{
    (void) state;

    assert_string_equal(V(DATE, "\"2028-02-29\""), "2028-02-29");
    assert_string_equal(V(DATE, "\"2026-02-29\""), "invalid");
    assert_string_equal(V(DATE, "\"2026-2-9\""), "invalid");
    assert_string_equal(V(DATE, "\"2026-11-23T00:00:00Z\""), "invalid");
    assert_string_equal(V(DATE, "\"\""), "invalid");
    assert_string_equal(V(DATE, "20261123"), "invalid");

    assert_string_equal(V(INSTANT, "\"2026-11-23T17:56:40+03:30\""),
                        "1795444000000");
    assert_string_equal(V(INSTANT, "\"2026-11-23T14:26:40.123456Z\""),
                        "1795444000123");
    assert_string_equal(V(INSTANT, "\"2026-11-23T14:26:40\""), "invalid");
    assert_string_equal(V(INSTANT, "\"2026-11-23\""), "invalid");
    assert_string_equal(V(INSTANT, "1795444000000"), "invalid");
}


static void
test_texts(void **state)
{
    (void) state;

    assert_string_equal(VMAX(TEXT, 5, "\"  abcde\\t\""), "abcde");
    assert_string_equal(VMAX(TEXT, 5, "\"abcdef\""), "too_long");

    /* characters, not bytes */

    assert_string_equal(VMAX(TEXT, 5, "\"سلامت\""), "سلامت");
    assert_string_equal(VMAX(TEXT, 5, "\"\""), "unset");
    assert_string_equal(VMAX(TEXT, 5, "\" \\u00a0 \""), "unset");
    assert_string_equal(VMAX(TEXT, 5, "\"a\\nb\""), "invalid");
    assert_string_equal(VMAX(TEXT, 5, "\"a\\u0085b\""), "invalid");
    assert_string_equal(VMAX(TEXT, 5, "5"), "invalid");
    assert_string_equal(VMAX(TEXT, 5, "{}"), "invalid");

    assert_string_equal(VMAX(LONG, 5, "\"a\\n\\tb\""), "a\n\tb");
    assert_string_equal(VMAX(LONG, 5, "\"سلا\""), "too_long");
    assert_string_equal(VMAX(LONG, 5, "\"a\\rb\""), "invalid");

    assert_string_equal(VMAX(PATTERN, 5, "\" a \""), " a ");
    assert_string_equal(VMAX(PATTERN, 5, "\"123456\""), "too_long");

    assert_string_equal(V(ENUM, "\"admin\""), "admin");
    assert_string_equal(V(ENUM, "\"Admin\""), "invalid");
    assert_string_equal(V(ENUM, "\"\""), "invalid");
    assert_string_equal(V(ENUM, "2"), "invalid");

    assert_string_equal(V(JSON, "\"[]\""), "read_only");
}


static void
test_formed(void **state)
{
    (void) state;

    assert_string_equal(V(EMAIL, "\" Mina@Rad.example \""),
                        "Mina@Rad.example");
    assert_string_equal(V(EMAIL, "\"mina\""), "invalid");
    assert_string_equal(V(EMAIL, "\"Mina <mina@rad.example>\""), "invalid");
    assert_string_equal(V(EMAIL, "\"\""), "unset");

    assert_string_equal(V(PHONE, "\"+98 (21) 8877\""), "+98 (21) 8877");
    assert_string_equal(V(PHONE, "\"ext. 5\""), "ext. 5");

    assert_string_equal(V(WEBSITE, "\"rad.example/a?b\""),
                        "rad.example/a?b");
    assert_string_equal(V(WEBSITE, "\"not a site\""), "invalid");

    assert_string_equal(V(COUNTRY, "\"IR\""), "IR");
    assert_string_equal(V(COUNTRY, "\"ZZ\""), "invalid");
    assert_string_equal(V(COUNTRY, "\"Iran\""), "invalid");

    assert_string_equal(V(CURRENCY, "\"JPY\""), "JPY");
    assert_string_equal(V(CURRENCY, "\"ABC\""), "invalid");

    assert_string_equal(V(ZONE, "\"Asia/Tehran\""), "Asia/Tehran");
    assert_string_equal(V(ZONE, "\"Asia/Atlantis\""), "invalid");
    assert_string_equal(V(ZONE, "\"../../etc/passwd\""), "invalid");

    assert_string_equal(V(LOCALE, "\"fa\""), "fa");
    assert_string_equal(V(LOCALE, "\"de-CH\""), "de-CH");
    assert_string_equal(V(LOCALE, "\"pt_BR\""), "pt_BR");
    assert_string_equal(V(LOCALE, "\"es-419\""), "es-419");
    assert_string_equal(V(LOCALE, "\"f\""), "invalid");
    assert_string_equal(V(LOCALE, "\"fa-\""), "invalid");
    assert_string_equal(V(LOCALE, "\"-fa\""), "invalid");
    assert_string_equal(V(LOCALE, "\"fa/..\""), "invalid");

    assert_string_equal(V(ALIAS, "\"sales.de+x\""), "sales.de+x");
    assert_string_equal(V(ALIAS, "\"sales@acme.example\""), "invalid");
    assert_string_equal(V(ALIAS, "\".sales\""), "invalid");
    assert_string_equal(V(ALIAS, "\"sales.\""), "invalid");
    assert_string_equal(V(ALIAS, "\"a..b\""), "invalid");
    assert_string_equal(V(ALIAS, "\"a b\""), "invalid");
    assert_string_equal(V(ALIAS, "\"a\u00a0b\""), "invalid");
}


static void
test_lists(void **state)
{
    (void) state;

    assert_string_equal(VMAX(IDS, 3, "[3,1,3,2]"), "too_long");
    assert_string_equal(VMAX(IDS, 4, "[3,1,3,2]"), "3,1,2");
    assert_string_equal(VMAX(IDS, 4, "[]"), "unset");
    assert_string_equal(VMAX(IDS, 4, "[1,0]"), "invalid");
    assert_string_equal(VMAX(IDS, 4, "[1,\"2\"]"), "invalid");
    assert_string_equal(VMAX(IDS, 4, "1"), "invalid");

    assert_string_equal(VMAX(STRINGS, 3, "[\" a \",\"\",\"b\"]"), "a\nb");
    assert_string_equal(VMAX(STRINGS, 3, "[]"), "");
    assert_string_equal(VMAX(STRINGS, 3, "[\"a\",1]"), "invalid");
    assert_string_equal(VMAX(STRINGS, 3, "[\"a\\nb\"]"), "invalid");
    assert_string_equal(VMAX(STRINGS, 3, "[\"\",\"\",\"\",\"\"]"),
                        "too_long");
}


static void
test_create(void **state)
{
    crm_input_t   *input;
    crm_record_t  *rec;

    (void) state;

    input = parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE,
                     "{'name':'Sent','probability':55,'team_id':null}");
    rec = crm_input_create(&arena, input);
    parse_done();

    assert_faults("");
    assert_fields(rec, "'name':'Sent','sequence':null,'probability':55,"
                  "'is_won':false,'fold':false,'team_id':null,"
                  "'requirements':null,'rotting_days':0");
}


static void
test_faults(void **state)
{
    (void) state;

    parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE,
             "{'nome':'x','probability':101,'is_won':1,'version':1,"
             "'team_id':99,'fold':null}");
    assert_faults("nome unknown_field, probability invalid, is_won invalid, "
                  "version read_only, name required, team_id not_found");

    /* a faulty value is not missing too */

    parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE, "{'name':5}");
    assert_faults("name invalid");
    parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE, "{'name':'  '}");
    assert_faults("name required");
    parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE, "{'name':null}");
    assert_faults("name required");

    /* a hidden field is none */

    parse_as(CRM_KIND_TOKEN, CRM_INPUT_CREATE, "{'hash':'x'}");
    assert_faults("hash unknown_field");

    /* null is absent, also of what is read only */

    parse_as(CRM_KIND_STAGE, CRM_INPUT_CREATE, "{'name':'x','version':null}");
    assert_faults("");

    parse_done();
}


/* one of 254 bytes, as a mail may bring it: a client sends it back */

#define SIXTY       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_EMAIL  SIXTY "1@" SIXTY "." SIXTY "." SIXTY ".123456789"

static void
test_long_email(void **state)
{
    unsigned  i;

    static const crm_kind_t  kinds[] = {
        CRM_KIND_LEAD, CRM_KIND_CONTACT, CRM_KIND_USER
    };

    (void) state;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        parse_as(kinds[i], CRM_INPUT_CHECK, "{'email':'" LONG_EMAIL "'}");
        assert_faults("");
        parse_as(kinds[i], CRM_INPUT_CHECK, "{'email':'" LONG_EMAIL "0'}");
        assert_faults("email too_long");
    }

    parse_done();
}


static void
test_check(void **state)
{
    (void) state;

    parse_as(CRM_KIND_LEAD, CRM_INPUT_CHECK, "{'email':'a@b.example'}");
    assert_faults("");
    parse_as(CRM_KIND_LEAD, CRM_INPUT_CHECK, "{'email':'a'}");
    assert_faults("email invalid");

    parse_done();
}


static void
test_patch(void **state)
{
    crm_input_t   *input;
    crm_record_t  *old, *rec;

    (void) state;

    old = stored(&crm_entities[CRM_KIND_STAGE],
                 "{'id':'3','v':'2','ct':'1795444000000','name':'Sent',"
                 "'sequence':'5','team_id':'2','requirements':'Call.'}");
    input = parse_as(CRM_KIND_STAGE, CRM_INPUT_PATCH,
                     "{'sequence':null,'team_id':null,'probability':null,"
                     "'fold':true,'id':3,'version':2,"
                     "'created_at':'2026-11-23T14:26:40.000Z',"
                     "'updated_at':null}");
    rec = crm_input_apply(&arena, input, old, &faults);
    parse_done();

    assert_faults("");
    assert_fields(rec, "'id':3,'version':2,'name':'Sent','sequence':null,"
                  "'probability':0,'fold':true,'team_id':null,"
                  "'requirements':'Call.'");
    assert_fields(old, "'sequence':5,'fold':false,'team_id':2");
}


static void
test_patch_faults(void **state)
{
    crm_input_t   *input;
    crm_record_t  *old;

    (void) state;

    old = stored(&crm_entities[CRM_KIND_STAGE],
                 "{'id':'3','v':'2','name':'Sent'}");
    input = parse_as(CRM_KIND_STAGE, CRM_INPUT_PATCH,
                     "{'name':null,'id':4,'version':1,'x':1,'fold':0}");
    crm_input_apply(&arena, input, old, &faults);
    assert_faults("x unknown_field, fold invalid, name required, "
                  "id read_only, version read_only");
    parse_done();
}


/* user_id null: nobody, only where the caller says so */

static void
test_nobody(void **state)
{
    crm_input_t  *input;

    (void) state;

    input = parse_as(CRM_KIND_LEAD, CRM_INPUT_CREATE,
                     "{'name':'x','user_id':null,'team_id':null}");
    assert_true(crm_mask_has(&input->present, CRM_LEAD_USER_ID));
    assert_false(crm_mask_has(&input->present, CRM_LEAD_TEAM_ID));
    assert_int_equal(input->values->v[CRM_LEAD_USER_ID].set, 0);

    input = parse_as(CRM_KIND_CONTACT, CRM_INPUT_CREATE,
                     "{'name':'x','user_id':null}");
    assert_false(crm_mask_has(&input->present, CRM_CONTACT_USER_ID));
    parse_done();
}


/* an empty list is a list, null the default one */

static void
test_free_mail(void **state)
{
    crm_input_t   *input;
    crm_record_t  *rec;

    (void) state;

    input = parse_as(CRM_KIND_SETTINGS, CRM_INPUT_PATCH,
                     "{'free_mail_domains':[]}");
    rec = crm_input_apply(&arena, input, conf.settings, &faults);
    assert_fields(rec, "'free_mail_domains':[]");

    input = parse_as(CRM_KIND_SETTINGS, CRM_INPUT_PATCH,
                     "{'free_mail_domains':null}");
    rec = crm_input_apply(&arena, input, rec, &faults);
    assert_int_equal(rec->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs.n, 18);
    assert_faults("");
    parse_done();
}


/* no more faults are kept than a client can want */

static void
test_many_faults(void **state)
{
    int           i, n;
    char          body[4000], *p;
    crm_fault_t  *fault;

    (void) state;

    p = body;
    *p++ = '{';

    for (i = 0; i < 150; i++) {
        p += sprintf(p, "'field_%d':1,", i);
    }

    memcpy(p - 1, "}", 2);

    parse_as(CRM_KIND_LEAD, CRM_INPUT_CHECK, body);
    parse_done();

    for (n = 0, fault = faults.first; fault != NULL; fault = fault->next) {
        n++;
    }

    assert_int_equal(n, 100);
    assert_int_equal(faults.n, 150);
    assert_int_equal(faults.failed, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_numbers),
        domain_test(test_percent),
        domain_test(test_dates),
        domain_test(test_texts),
        domain_test(test_formed),
        domain_test(test_lists),
        domain_test(test_create),
        domain_test(test_faults),
        domain_test(test_long_email),
        domain_test(test_check),
        domain_test(test_patch),
        domain_test(test_patch_faults),
        domain_test(test_nobody),
        domain_test(test_free_mail),
        domain_test(test_many_faults)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
