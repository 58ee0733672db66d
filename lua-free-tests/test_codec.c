/* crm_codec, crm_encode, crm_record: the stored form and JSON of every type */

#include "domain.h"


static crm_field_t
field(crm_type_t type)
{
    crm_field_t  f = { .name = crm_string("f"), .stored = crm_string("s"),
                       .type = type, .words = &crm_words_lead_state,
                       .max = INT64_MAX };

    return f;
}


/* stored text to value, to JSON, and back to the same text */

static void
assert_form(crm_type_t type, const char *text, const char *json)
{
    crm_out_t    out;
    crm_str_t    s, back;
    crm_field_t  f;
    crm_value_t  v;

    f = field(type);
    s = str(text);
    assert_int_equal(crm_value_load(&arena, &f, &s, &v), CRM_OK);
    assert_int_equal(v.set, 1);

    assert_int_equal(crm_value_store(&arena, &f, &v, &back), CRM_OK);
    assert_string_equal(cstr(back), text);

    crm_out_init(&out, &arena, 10);
    crm_value_json(&out, &f, &v);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);
    assert_string_equal(cstr(s), json);
}


static void
test_forms(void **state)
{
    (void) state;

    assert_form(CRM_T_BOOL, "0", "false");
    assert_form(CRM_T_BOOL, "1", "true");
    assert_form(CRM_T_INT, "-9223372036854775808", "-9223372036854775808");
    assert_form(CRM_T_ID, "9223372036854775807", "9223372036854775807");
    assert_form(CRM_T_MONEY, "-1000000000000000", "-1000000000000000");

    assert_form(CRM_T_PERCENT, "0", "0");
    assert_form(CRM_T_PERCENT, "5", "0.05");
    assert_form(CRM_T_PERCENT, "50", "0.5");
    assert_form(CRM_T_PERCENT, "1250", "12.5");
    assert_form(CRM_T_PERCENT, "3333", "33.33");
    assert_form(CRM_T_PERCENT, "10000", "100");

    assert_form(CRM_T_ENUM, "lost", "\"lost\"");
    assert_form(CRM_T_DATE, "2026-11-23", "\"2026-11-23\"");
    assert_form(CRM_T_DATE, "0001-01-01", "\"0001-01-01\"");
    assert_form(CRM_T_INSTANT, "1795444000000",
                "\"2026-11-23T14:26:40.000Z\"");
    assert_form(CRM_T_INSTANT, "-1", "\"1969-12-31T23:59:59.999Z\"");

    assert_form(CRM_T_TEXT, "a \"b\"", "\"a \\\"b\\\"\"");
    assert_form(CRM_T_LONG, "a\n\tb", "\"a\\n\\tb\"");
    assert_form(CRM_T_JSON, "[{\"a\":1}]", "[{\"a\":1}]");

    assert_form(CRM_T_IDS, "3,1,2", "[3,1,2]");
    assert_form(CRM_T_IDS, "7", "[7]");
    assert_form(CRM_T_STRINGS, "a.example\nb", "[\"a.example\",\"b\"]");
    assert_form(CRM_T_STRINGS, "", "[]");
}


static void
test_unset(void **state)
{
    crm_type_t   type;
    crm_out_t    out;
    crm_str_t    s;
    crm_field_t  f;
    crm_value_t  v;

    (void) state;

    memset(&v, 0, sizeof(crm_value_t));

    for (type = 0; type < CRM_T_MAX; type++) {
        f = field(type);
        crm_out_init(&out, &arena, 10);
        crm_value_json(&out, &f, &v);
        assert_int_equal(crm_out_join(&out, &s), CRM_OK);
        assert_string_equal(cstr(s),
                            type >= CRM_T_STRING_MAX ? "[]" : "null");
    }
}


static void
assert_refused(crm_type_t type, const char *text)
{
    crm_str_t    s;
    crm_field_t  f;
    crm_value_t  v;

    f = field(type);
    s = str(text);
    assert_int_equal(crm_value_load(&arena, &f, &s, &v), CRM_DECLINED);
}


/* what this program never wrote */

static void
test_refused(void **state)
{
    (void) state;

    assert_refused(CRM_T_INT, "");
    assert_refused(CRM_T_INT, "1.5");
    assert_refused(CRM_T_INSTANT, "2026-11-23");
    assert_refused(CRM_T_ENUM, "gone");
    assert_refused(CRM_T_ENUM, "");
    assert_refused(CRM_T_DATE, "20261123");
    assert_refused(CRM_T_DATE, "2026-02-29");
    assert_refused(CRM_T_IDS, "1,,2");
    assert_refused(CRM_T_IDS, "1,");
    assert_refused(CRM_T_IDS, "x");
}


static void
test_load(void **state)
{
    crm_record_t  *rec;

    static const crm_str_t  pairs[] = {
        crm_string("card"), crm_string("1;2;;{"),
        crm_string("k"), crm_string("-7"),
        crm_string("v"), crm_string("3"),
        crm_string("name"), crm_string("Pumps"),
        crm_string("of a newer program"), crm_string("?"),
        crm_string("prob"), crm_string("1250")
    };

    (void) state;

    assert_int_equal(crm_record_load(&arena, lead_entity, 9, pairs, 12,
                                     &rec), CRM_OK);
    assert_fields(rec, "'id':9,'version':3,'name':'Pumps',"
                  "'stage_id':null,'probability':12.5,'tag_ids':[]");
    assert_int_equal(rec->v[CRM_LEAD_RANK].num, -7);
}


static void
test_load_malformed(void **state)
{
    crm_record_t  *rec;

    static const crm_str_t  pairs[] = {
        crm_string("v"), crm_string("three")
    };

    (void) state;

    assert_int_equal(crm_record_load(&arena, lead_entity, 9, pairs, 2, &rec),
                     CRM_DECLINED);
}


/* computed fields share the stored name "", which must not find them */

static void
test_load_empty_name(void **state)
{
    crm_record_t  *rec;

    static const crm_str_t  pairs[] = {
        crm_string(""), crm_string("1")
    };

    (void) state;

    assert_int_equal(crm_record_load(&arena, lead_entity, 9, pairs, 2, &rec),
                     CRM_OK);
    assert_fields(rec, "'rotting':null");
}


static void
test_pack(void **state)
{
    crm_str_t      text;
    crm_record_t  *rec;

    (void) state;

    rec = stored(&crm_entities[CRM_KIND_STAGE],
                 "{'id':'3','v':'2','name':'\\u0001 \\\\ é','sequence':'-5',"
                 "'team_id':'2'}");
    assert_int_equal(crm_record_pack(&arena, rec, &text), CRM_OK);
    assert_string_equal(cstr(text),
                        "{\"id\":\"3\",\"v\":\"2\","
                        "\"name\":\"\\u0001 \\\\ é\",\"sequence\":\"-5\","
                        "\"probability\":\"0\",\"is_won\":\"0\","
                        "\"fold\":\"0\",\"team_id\":\"2\","
                        "\"rotting_days\":\"0\"}");

    assert_int_equal(crm_record_unpack(&arena,
                                       &crm_entities[CRM_KIND_STAGE], &text,
                                       &rec), CRM_OK);
    assert_fields(rec, "'id':3,'version':2,'sequence':-5,'team_id':2,"
                  "'requirements':null");
}


static void
test_unpack_malformed(void **state)
{
    unsigned       i;
    crm_str_t      s;
    crm_record_t  *rec;

    static const char  *texts[] = {
        "", "[]", "{", "{\"id\":1}", "{\"id\":\"x\"}", "\"id\"", "null",
        "{\"kind\":\"dog\"}"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        s = str(texts[i]);
        assert_int_equal(crm_record_unpack(&arena, contact_entity, &s, &rec),
                         CRM_DECLINED);
    }
}


/* what is hidden is never shown, without a mask neither */

static void
test_hidden(void **state)
{
    crm_out_t      out;
    crm_str_t      s;
    crm_record_t  *rec;

    (void) state;

    rec = stored(&crm_entities[CRM_KIND_TOKEN],
                 "{'id':'1','v':'1','name':'cli','hash':'secret'}");

    crm_out_init(&out, &arena, 10);
    crm_record_json(&out, rec, NULL);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);
    assert_string_equal(cstr(s),
                        "{\"id\":1,\"version\":1,\"created_at\":null,"
                        "\"updated_at\":null,\"name\":\"cli\","
                        "\"expires_at\":null,\"last_used_at\":null}");
}


/* every default of every table can be loaded, and every table fits a mask */

static void
test_tables(void **state)
{
    unsigned             i, k, n;
    crm_record_t        *rec;
    const crm_entity_t  *entity;

    (void) state;

    for (i = 0; i < CRM_KINDS; i++) {
        entity = &crm_entities[i];

        assert_int_equal(entity->kind, i);
        assert_true(entity->nfields <= 128);

        rec = crm_record_new(&arena, entity);
        assert_int_equal(crm_record_defaults(&arena, rec), CRM_OK);

        for (k = 0; k < entity->nfields; k++) {
            assert_int_equal(crm_field_find(entity, &entity->fields[k].name,
                                            0), (int) k);

            if (entity->fields[k].flags & CRM_F_COMPUTED) {
                continue;
            }

            for (n = 0; n < k; n++) {
                assert_false(crm_str_eq(&entity->fields[n].stored,
                                        &entity->fields[k].stored));
            }
        }
    }
}


static void
test_value_eq(void **state)
{
    crm_value_t  a, b;
    crm_field_t  f;
    crm_str_t    s;

    (void) state;

    memset(&a, 0, sizeof(crm_value_t));
    memset(&b, 0, sizeof(crm_value_t));

    assert_true(crm_value_eq(CRM_T_INT, &a, &b));
    crm_value_set_num(&b, 0);
    assert_false(crm_value_eq(CRM_T_INT, &a, &b));
    crm_value_set_num(&a, 0);
    assert_true(crm_value_eq(CRM_T_INT, &a, &b));

    crm_value_set_str(&a, crm_str("x"));
    crm_value_set_str(&b, crm_str("X"));
    assert_false(crm_value_eq(CRM_T_TEXT, &a, &b));

    f = field(CRM_T_IDS);
    s = str("1,2");
    assert_int_equal(crm_value_load(&arena, &f, &s, &a), CRM_OK);
    s = str("2,1");
    assert_int_equal(crm_value_load(&arena, &f, &s, &b), CRM_OK);
    assert_false(crm_value_eq(CRM_T_IDS, &a, &b));
    assert_true(crm_value_eq(CRM_T_IDS, &a, &a));

    f = field(CRM_T_STRINGS);
    s = str("a\nb");
    assert_int_equal(crm_value_load(&arena, &f, &s, &a), CRM_OK);
    s = str("a\nc");
    assert_int_equal(crm_value_load(&arena, &f, &s, &b), CRM_OK);
    assert_false(crm_value_eq(CRM_T_STRINGS, &a, &b));
    assert_true(crm_value_eq(CRM_T_STRINGS, &a, &a));

    /* an empty text is an unset one */

    crm_value_set_str(&a, crm_str(""));
    assert_int_equal(a.set, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_forms),
        domain_test(test_unset),
        domain_test(test_refused),
        domain_test(test_load),
        domain_test(test_load_malformed),
        domain_test(test_load_empty_name),
        domain_test(test_pack),
        domain_test(test_unpack_malformed),
        domain_test(test_hidden),
        domain_test(test_tables),
        domain_test(test_value_eq)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
