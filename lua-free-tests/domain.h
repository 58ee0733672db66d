/*
 * What the tests of the rules share: a small tenant, bodies from JSON,
 * comparisons with literal JSON.
 *
 * Users 1 Ada (team 1), 2 Bob (leads team 2), 3 Cai (no team).  Teams 1 Sales,
 * 2 Export.  Stages by sequence: 7 Archive (folded), 1 New 10 %, 5 Customs
 * 20 % (team 2), 2 Qualified 30 % (rots after 7 days), 3 Proposition 60 %,
 * 4 Won, 6 Shipped (won, team 2).
 */

#ifndef DOMAIN_H
#define DOMAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_contact.h"
#include "crm_lead.h"
#include "crm_text.h"
#include "crm_time.h"


#define UNUSED  __attribute__((unused))

#define NOW     1795444000000LL         /* 2026-11-23T14:26:40.000Z */
#define SECOND  1000LL
#define DAY     CRM_DAY_MS


static crm_arena_t    arena;
static crm_conf_t     conf;
static crm_faults_t   faults;
static crm_rule_t     rule;
static crm_ops_t      ops;
static crm_column_t   column;

static const crm_entity_t  *const lead_entity = &crm_entities[CRM_KIND_LEAD];
static const crm_entity_t  *const contact_entity =
    &crm_entities[CRM_KIND_CONTACT];


UNUSED static crm_str_t
str(const char *text)
{
    crm_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


/* a string of the arena with a NUL behind */

UNUSED static const char *
cstr(crm_str_t s)
{
    char  *p;

    p = crm_arena_alloc(&arena, s.len + 1);
    assert_non_null(p);

    if (s.len > 0) {
        memcpy(p, s.data, s.len);
    }

    p[s.len] = '\0';

    return p;
}


/* a record from its stored form, ' for " */

UNUSED static crm_record_t *
stored(const crm_entity_t *entity, const char *text)
{
    size_t         i;
    crm_str_t      s;
    crm_record_t  *rec;

    assert_int_equal(crm_arena_dup(&arena, &s, text, strlen(text)), CRM_OK);

    for (i = 0; i < s.len; i++) {
        s.data[i] = s.data[i] == '\'' ? '"' : s.data[i];
    }

    assert_int_equal(crm_record_unpack(&arena, entity, &s, &rec), CRM_OK);
    assert_int_equal(crm_record_defaults(&arena, rec), CRM_OK);

    return rec;
}


static void
conf_add(crm_kind_t kind, const char *text)
{
    crm_conf_list_t  *list = &conf.list[kind];

    if (list->rec == NULL) {
        list->rec = crm_arena_calloc(&arena, 20 * sizeof(crm_record_t *));
        assert_non_null(list->rec);
    }

    list->rec[list->n++] = stored(&crm_entities[kind], text);
}


static void
conf_init(void)
{
    memset(&conf, 0, sizeof(crm_conf_t));

    conf.version = 17;
    crm_arena_init(&conf.arena);

    conf_add(CRM_KIND_SETTINGS, "{'id':'1','company_name':'Acme'}");

    conf_add(CRM_KIND_USER, "{'id':'1','name':'Ada','role':'admin',"
             "'timezone':'Asia/Tehran'}");
    conf_add(CRM_KIND_USER, "{'id':'2','name':'Bob','role':'salesperson'}");
    conf_add(CRM_KIND_USER, "{'id':'3','name':'Cai','role':'salesperson'}");

    conf_add(CRM_KIND_TEAM, "{'id':'1','name':'Sales','sequence':'10',"
             "'member_ids':'1'}");
    conf_add(CRM_KIND_TEAM, "{'id':'2','name':'Export','sequence':'20',"
             "'user_id':'2'}");

    conf_add(CRM_KIND_STAGE, "{'id':'1','name':'New','sequence':'10',"
             "'probability':'1000'}");
    conf_add(CRM_KIND_STAGE, "{'id':'2','name':'Qualified','sequence':'20',"
             "'probability':'3000','rotting_days':'7'}");
    conf_add(CRM_KIND_STAGE, "{'id':'3','name':'Proposition',"
             "'sequence':'30','probability':'6000'}");
    conf_add(CRM_KIND_STAGE, "{'id':'4','name':'Won','sequence':'40',"
             "'probability':'9000','is_won':'1'}");
    conf_add(CRM_KIND_STAGE, "{'id':'5','name':'Customs','sequence':'15',"
             "'probability':'2000','team_id':'2'}");
    conf_add(CRM_KIND_STAGE, "{'id':'6','name':'Shipped','sequence':'50',"
             "'probability':'10000','is_won':'1','team_id':'2'}");
    conf_add(CRM_KIND_STAGE, "{'id':'7','name':'Archive','sequence':'5',"
             "'probability':'500','fold':'1'}");

    conf_add(CRM_KIND_LOST_REASON, "{'id':'3','name':'Too expensive'}");
    conf_add(CRM_KIND_TAG, "{'id':'1','name':'VIP'}");
    conf_add(CRM_KIND_TAG, "{'id':'2','name':'Trade fair'}");

    assert_int_equal(crm_conf_finish(&conf), CRM_OK);
}


UNUSED static int
domain_setup(void **state)
{
    (void) state;

    assert_int_equal(crm_text_init(), CRM_OK);

    crm_arena_init(&arena);
    crm_ops_init(&ops, &arena);
    crm_faults_init(&faults, &arena);
    conf_init();

    memset(&rule, 0, sizeof(crm_rule_t));

    rule.arena = &arena;
    rule.prefix = crm_str("crm:{t1}:");
    rule.conf = &conf;
    rule.now = NOW;
    rule.actor = 1;
    rule.faults = &faults;

    memset(&column, 0, sizeof(crm_column_t));
    column.empty = 1;

    return 0;
}


UNUSED static int
domain_teardown(void **state)
{
    (void) state;

    crm_arena_reset(&conf.arena);
    crm_arena_reset(&arena);
    crm_arena_release_free();
    crm_zone_release();

    return 0;
}


/* the body stays until the process ends its test: see parsed_body */

static json_t  *parsed_body;


UNUSED static crm_input_t *
parse(const crm_entity_t *entity, crm_input_mode_t mode, const char *body)
{
    int           nobody;
    size_t        i;
    crm_str_t     s;
    crm_input_t  *input;

    assert_int_equal(crm_arena_dup(&arena, &s, body, strlen(body)), CRM_OK);

    for (i = 0; i < s.len; i++) {
        s.data[i] = s.data[i] == '\'' ? '"' : s.data[i];
    }

    json_decref(parsed_body);
    parsed_body = json_loadb((char *) s.data, s.len,
                             JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed_body);

    input = crm_arena_alloc(&arena, sizeof(crm_input_t));
    assert_non_null(input);

    nobody = entity == lead_entity ? CRM_LEAD_USER_ID : -1;

    assert_int_equal(crm_input_parse(&arena, entity, parsed_body, mode,
                                     nobody, input, &faults), CRM_OK);
    crm_input_refs(&conf, input, &faults);

    return input;
}


UNUSED static void
parse_done(void)
{
    json_decref(parsed_body);
    parsed_body = NULL;
}


/* the fields that `expected` names, ' for " and without braces, in the order
   of the table */

UNUSED static void
assert_fields(const crm_record_t *rec, const char *expected)
{
    int          k;
    char         text[2000], *p;
    void        *iter;
    json_t      *names;
    crm_out_t    out;
    crm_str_t    s;
    crm_mask_t   mask;

    snprintf(text, sizeof(text), "{%s}", expected);

    for (p = text; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    memset(&mask, 0, sizeof(crm_mask_t));

    names = json_loads(text, 0, NULL);
    assert_non_null(names);

    for (iter = json_object_iter(names);
         iter != NULL;
         iter = json_object_iter_next(names, iter))
    {
        s = str(json_object_iter_key(iter));
        k = crm_field_find(rec->entity, &s, 0);
        assert_true(k >= 0);
        crm_mask_set(&mask, k);
    }

    json_decref(names);

    crm_out_init(&out, &arena, 100);
    crm_record_json(&out, rec, &mask);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);
    assert_string_equal(cstr(s), text);
}


/* "stage_id invalid, name required" in the order found */

UNUSED static void
assert_faults(const char *expected)
{
    crm_out_t     out;
    crm_str_t     s;
    crm_fault_t  *fault;

    crm_out_init(&out, &arena, 100);

    for (fault = faults.first; fault != NULL; fault = fault->next) {
        if (fault != faults.first) {
            crm_out_lit(&out, ", ");
        }

        crm_out_str(&out, &fault->field);
        crm_out_char(&out, ' ');
        crm_out_str(&out, &crm_fault_codes[fault->code]);
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);
    assert_string_equal(cstr(s), expected);

    crm_faults_init(&faults, &arena);
}


/* the words of a line, keys without the tenant's prefix */

static void
out_words(crm_out_t *out, unsigned n, const crm_str_t *words)
{
    unsigned   i;
    crm_str_t  word;

    for (i = 0; i < n; i++) {
        word = words[i];

        if (word.len > 9 && memcmp(word.data, "crm:{t1}:", 9) == 0) {
            word.data += 9;
            word.len -= 9;
        }

        if (i > 0) {
            crm_out_char(out, ' ');
        }

        crm_out_str(out, &word);
    }

    crm_out_char(out, '\n');
}


/* the writes (0x01 as |), one a line, only those whose key begins with part */

UNUSED static const char *
writes(const char *part)
{
    size_t      i;
    unsigned    n;
    crm_out_t   out;
    crm_str_t   s;

    crm_out_init(&out, &arena, 1000);

    for (n = 0; n < ops.nwrites; n++) {
        s = ops.writes[n].argv[1];

        if (s.len >= 9 + strlen(part)
            && memcmp(s.data + 9, part, strlen(part)) == 0)
        {
            out_words(&out, ops.writes[n].argc, ops.writes[n].argv);
        }
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);
    assert_false(ops.failed);

    for (i = 0; i < s.len; i++) {
        s.data[i] = s.data[i] == 0x01 ? '|' : s.data[i];
    }

    return cstr(s);
}


/* the checks: type key field value tag */

UNUSED static const char *
checks(void)
{
    unsigned    i;
    crm_out_t   out;
    crm_str_t   s[5];

    static const crm_str_t  types[] = {
        crm_string("eq"), crm_string("free"), crm_string("below"),
        crm_string("nokey"), crm_string("key"), crm_string("nobits"),
        crm_string("noscores"), crm_string("reached")
    };

    crm_out_init(&out, &arena, 1000);

    for (i = 0; i < ops.nchecks; i++) {
        s[0] = types[ops.checks[i].type];
        s[1] = ops.checks[i].key;
        s[2] = ops.checks[i].field;
        s[3] = ops.checks[i].value;
        s[4] = crm_arena_printf(&arena, "%d", ops.checks[i].tag);
        out_words(&out, 5, s);
    }

    assert_int_equal(crm_out_join(&out, &s[0]), CRM_OK);

    return cstr(s[0]);
}


/* the entries of an index list, sorted, one a line */

static int
line_cmp(const void *one, const void *two)
{
    return strcmp(*(const char *const *) one, *(const char *const *) two);
}


UNUSED static const char *
entries(const crm_ix_list_t *list, const char *part)
{
    unsigned      i, n;
    const char  **line;
    crm_out_t     out;
    crm_str_t     s;
    const crm_ix_t  *ix;

    line = crm_arena_alloc(&arena, (list->n + 1) * sizeof(char *));
    assert_non_null(line);
    assert_false(list->failed);

    for (n = 0, i = 0; i < list->n; i++) {
        ix = &list->ix[i];

        assert_memory_equal(ix->key.data, "crm:{t1}:", 9);

        if (ix->key.len < 9 + strlen(part)
            || memcmp(ix->key.data + 9, part, strlen(part)) != 0)
        {
            continue;
        }

        s = crm_arena_printf(&arena, "%.*s%s%.*s %lld",
                             (int) ix->key.len - 9, ix->key.data + 9,
                             ix->member.len > 0 ? " " : "",
                             (int) ix->member.len, ix->member.data,
                             (long long) ix->score);
        line[n++] = cstr(s);
    }

    qsort(line, n, sizeof(char *), line_cmp);
    crm_out_init(&out, &arena, 1000);

    for (i = 0; i < n; i++) {
        crm_out_bytes(&out, line[i], strlen(line[i]));
        crm_out_char(&out, '\n');
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    for (i = 0; i < s.len; i++) {
        s.data[i] = s.data[i] == 0x01 ? '|' : s.data[i];
    }

    return cstr(s);
}


#define domain_test(name)                                                     \
    cmocka_unit_test_setup_teardown(name, domain_setup, domain_teardown)

#endif /* DOMAIN_H */
