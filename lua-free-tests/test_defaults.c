/*
 * crm_defaults: the data of a new tenant is what the contract names.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_defaults.h"


#define NOW  1795530600000LL        /* 2026-11-24T14:30:00Z */


static crm_arena_t      arena;
static crm_conf_list_t  list[CRM_CONF_KINDS];


static int
setup(void **state)
{
    crm_new_tenant_t  tenant = {
        .company_name = crm_string("Acme"), .currency = crm_string("IRR"),
        .timezone = crm_string("Asia/Tehran"), .locale = crm_string("fa"),
        .admin_name = crm_string("Sara"),
        .admin_email = crm_string("sara@acme.example")
    };

    (void) state;

    crm_arena_init(&arena);

    return crm_defaults(&arena, &tenant, NOW, list) == CRM_OK ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();
    crm_zone_release();

    return 0;
}


static void
is_text(crm_kind_t kind, unsigned number, unsigned field, const char *text)
{
    const crm_value_t  *v = &list[kind].rec[number]->v[field];

    assert_true(v->set);
    assert_true(crm_str_is(&v->str, text));
}


static void
is_number(crm_kind_t kind, unsigned number, unsigned field, int64_t num)
{
    const crm_value_t  *v = &list[kind].rec[number]->v[field];

    assert_true(v->set);
    assert_int_equal(v->num, num);
}


/* every record has an id from 1 in its kind, and what all objects carry */

static void
test_common(void **state)
{
    unsigned             i;
    crm_kind_t           kind;
    const crm_record_t  *rec;

    (void) state;

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        for (i = 0; i < list[kind].n; i++) {
            rec = list[kind].rec[i];

            assert_ptr_equal(rec->entity, &crm_entities[kind]);
            assert_int_equal(crm_record_id(rec), i + 1);
            assert_int_equal(crm_record_version(rec), 1);
            assert_int_equal(rec->v[CRM_CREATED_AT].num, NOW);
            assert_int_equal(rec->v[CRM_UPDATED_AT].num, NOW);
        }
    }
}


static void
test_counts(void **state)
{
    (void) state;

    assert_int_equal(list[CRM_KIND_SETTINGS].n, 1);
    assert_int_equal(list[CRM_KIND_USER].n, 1);
    assert_int_equal(list[CRM_KIND_TEAM].n, 1);
    assert_int_equal(list[CRM_KIND_STAGE].n, 4);
    assert_int_equal(list[CRM_KIND_LOST_REASON].n, 4);
    assert_int_equal(list[CRM_KIND_TAG].n, 0);
    assert_int_equal(list[CRM_KIND_ACTIVITY_TYPE].n, 4);
    assert_int_equal(list[CRM_KIND_DUPLICATE_RULE].n, 5);
}


static void
test_settings(void **state)
{
    const crm_strs_t  *domains;

    (void) state;

    is_text(CRM_KIND_SETTINGS, 0, CRM_SETTINGS_COMPANY_NAME, "Acme");
    is_text(CRM_KIND_SETTINGS, 0, CRM_SETTINGS_CURRENCY, "IRR");
    is_text(CRM_KIND_SETTINGS, 0, CRM_SETTINGS_TIMEZONE, "Asia/Tehran");
    is_text(CRM_KIND_SETTINGS, 0, CRM_SETTINGS_LOCALE, "fa");
    is_number(CRM_KIND_SETTINGS, 0, CRM_SETTINGS_USE_LEADS, 0);

    domains = &list[CRM_KIND_SETTINGS].rec[0]
                  ->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;

    assert_int_equal(domains->n, 18);
    assert_true(crm_str_is(&domains->str[0], "gmail.com"));
    assert_true(crm_str_is(&domains->str[17], "mailfa.com"));
}


static void
test_admin(void **state)
{
    (void) state;

    is_text(CRM_KIND_USER, 0, CRM_USER_NAME, "Sara");
    is_text(CRM_KIND_USER, 0, CRM_USER_EMAIL, "sara@acme.example");
    is_number(CRM_KIND_USER, 0, CRM_USER_ROLE, CRM_ROLE_ADMIN);
    is_number(CRM_KIND_USER, 0, CRM_USER_ACTIVE, 1);
    is_text(CRM_KIND_USER, 0, CRM_USER_TIMEZONE, "Asia/Tehran");
}


static void
test_stages(void **state)
{
    unsigned  i;

    static const struct {
        const char  *name;
        int64_t      sequence;
        int64_t      probability;
        int64_t      won;
    } stage[] = {
        { "New", 10, 1000, 0 },
        { "Qualified", 20, 3000, 0 },
        { "Proposition", 30, 6000, 0 },
        { "Won", 40, 10000, 1 }
    };

    (void) state;

    for (i = 0; i < 4; i++) {
        is_text(CRM_KIND_STAGE, i, CRM_STAGE_NAME, stage[i].name);
        is_number(CRM_KIND_STAGE, i, CRM_STAGE_SEQUENCE, stage[i].sequence);
        is_number(CRM_KIND_STAGE, i, CRM_STAGE_PROBABILITY,
                  stage[i].probability);
        is_number(CRM_KIND_STAGE, i, CRM_STAGE_IS_WON, stage[i].won);
        is_number(CRM_KIND_STAGE, i, CRM_STAGE_FOLD, 0);
        is_number(CRM_KIND_STAGE, i, CRM_STAGE_ROTTING_DAYS, 0);
        assert_false(list[CRM_KIND_STAGE].rec[i]->v[CRM_STAGE_TEAM_ID].set);
    }
}


/* a call suggests an e-mail, the others nothing */

static void
test_activity_types(void **state)
{
    unsigned            i;
    const crm_value_t  *v;

    static const char  *const name[] = { "Call", "Email", "Meeting", "To do" };
    static const char  *const category[] = { "call", "email", "meeting",
                                             "todo" };

    (void) state;

    for (i = 0; i < 4; i++) {
        v = list[CRM_KIND_ACTIVITY_TYPE].rec[i]->v;

        is_text(CRM_KIND_ACTIVITY_TYPE, i, CRM_ACTIVITY_TYPE_NAME, name[i]);
        assert_true(crm_str_is(&crm_words_category.word
                                   [v[CRM_ACTIVITY_TYPE_CATEGORY].num],
                               category[i]));
        assert_true(crm_str_is(&crm_words_chaining.word
                                   [v[CRM_ACTIVITY_TYPE_CHAINING].num],
                               i == 0 ? "suggest" : "none"));
        assert_int_equal(v[CRM_ACTIVITY_TYPE_NEXT_TYPE_IDS].ids.n, i == 0);
    }

    v = list[CRM_KIND_ACTIVITY_TYPE].rec[0]->v;

    assert_int_equal(v[CRM_ACTIVITY_TYPE_NEXT_TYPE_IDS].ids.id[0], 2);
}


static void
test_team_and_reasons(void **state)
{
    (void) state;

    is_text(CRM_KIND_TEAM, 0, CRM_TEAM_NAME, "Sales");
    is_number(CRM_KIND_TEAM, 0, CRM_TEAM_ACTIVE, 1);
    assert_false(list[CRM_KIND_TEAM].rec[0]->v[CRM_TEAM_ALIAS].set);

    is_text(CRM_KIND_LOST_REASON, 0, CRM_LOST_REASON_NAME, "Too expensive");
    is_text(CRM_KIND_LOST_REASON, 1, CRM_LOST_REASON_NAME, "No budget");
    is_text(CRM_KIND_LOST_REASON, 2, CRM_LOST_REASON_NAME, "Competitor");
    is_text(CRM_KIND_LOST_REASON, 3, CRM_LOST_REASON_NAME, "No answer");
}


static void
test_duplicate_rules(void **state)
{
    unsigned  i;

    static const struct {
        const char  *name;
        const char  *pattern;
        const char  *replacement;
        int64_t      confidence;
        int64_t      no_free_mail;
    } rule[] = {
        { "Same e-mail", "^([^@+]+)(?:\\+[^@]*)?(@.+)$", "$1$2", 95, 0 },
        { "Same phone", "\\d{7,9}$", "$0", 85, 0 },
        { "Same e-mail domain", "^[^@]+@(.+)$", "$1", 40, 1 },
        { "Same company",
          "^(?:شرکت )?(.+?)"
          "(?: (?:ltd|gmbh|inc|llc|co|corp|sa|ag|bv|plc|srl))*$", "$1", 50,
          0 },
        { "Same website", "^.+$", "$0", 60, 0 }
    };

    static const char  *const field[] = { "email", "phone", "email",
                                          "company_name", "website" };

    (void) state;

    for (i = 0; i < 5; i++) {
        is_text(CRM_KIND_DUPLICATE_RULE, i, CRM_DUPLICATE_RULE_NAME,
                rule[i].name);
        assert_true(crm_str_is(&crm_words_rule_field.word
                                   [list[CRM_KIND_DUPLICATE_RULE].rec[i]
                                    ->v[CRM_DUPLICATE_RULE_FIELD].num],
                               field[i]));
        is_text(CRM_KIND_DUPLICATE_RULE, i, CRM_DUPLICATE_RULE_PATTERN,
                rule[i].pattern);
        is_text(CRM_KIND_DUPLICATE_RULE, i, CRM_DUPLICATE_RULE_REPLACEMENT,
                rule[i].replacement);
        is_number(CRM_KIND_DUPLICATE_RULE, i, CRM_DUPLICATE_RULE_CONFIDENCE,
                  rule[i].confidence);
        is_number(CRM_KIND_DUPLICATE_RULE, i,
                  CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL, rule[i].no_free_mail);
        is_number(CRM_KIND_DUPLICATE_RULE, i, CRM_DUPLICATE_RULE_ACTIVE, 1);
    }
}


/* it survives being stored, and makes a snapshot that works */

static void
test_snapshot(void **state)
{
    unsigned       i;
    crm_conf_t     conf;
    crm_str_t      text;
    crm_kind_t     kind;
    crm_record_t  *rec;

    (void) state;

    memset(&conf, 0, sizeof(crm_conf_t));
    crm_arena_init(&conf.arena);

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        for (i = 0; i < list[kind].n; i++) {
            assert_int_equal(crm_record_pack(&arena, list[kind].rec[i], &text),
                             CRM_OK);
            assert_int_equal(crm_record_unpack(&arena, &crm_entities[kind],
                                               &text, &rec), CRM_OK);
            list[kind].rec[i] = rec;
        }
    }

    memcpy(conf.list, list, sizeof(list));

    assert_int_equal(crm_conf_finish(&conf), CRM_OK);
    assert_int_equal(crm_record_id(crm_stage_first(&conf, 1)), 1);
    assert_int_equal(crm_record_id(crm_stage_won(&conf, 1, NULL)), 4);
    assert_int_equal(crm_team_default(&conf, 1), 1);

    crm_arena_reset(&conf.arena);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_admin),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_activity_types),
        cmocka_unit_test(test_team_and_reasons),
        cmocka_unit_test(test_duplicate_rules),
        cmocka_unit_test(test_snapshot)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
