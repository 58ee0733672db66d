/*
 * The engine of duplicate rules: lines are field, pattern, replacement,
 * exclude_pattern, sample.  What is accepted runs, within its limits, and
 * makes a key of valid text or none; the same one twice.
 */

#include "fuzz.h"
#include "crm_dup.h"


static crm_str_t
line(crm_str_t *rest)
{
    u_char     *end;
    crm_str_t   one;

    end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

    one.data = rest->data;
    one.len = end != NULL ? (size_t) (end - rest->data) : rest->len;

    rest->data += one.len + (end != NULL);
    rest->len -= one.len + (end != NULL);

    return one;
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    int             rc;
    crm_str_t       rest, field, sample, key, again;
    crm_rule_t      rule;
    crm_faults_t    faults;
    crm_record_t   *rec;

    static crm_str_t  domain = crm_string("gmail.com");
    crm_strs_t        free_mail = { &domain, 1 };

    if (!crm_utf8_valid(input) || crm_utf8_length(input) > 2000) {
        return;
    }

    rest = *input;
    field = line(&rest);

    rec = crm_record_new(a, &crm_rule_test);
    must(rec != NULL);

    crm_value_set_num(&rec->v[CRM_RULE_TEST_FIELD],
                      field.len > 0 ? field.data[0] % CRM_DUP_FIELDS : 0);
    crm_value_set_num(&rec->v[CRM_RULE_TEST_EXCLUDE_FREE_MAIL],
                      field.len > 1);
    crm_value_set_str(&rec->v[CRM_RULE_TEST_PATTERN], line(&rest));
    crm_value_set_str(&rec->v[CRM_RULE_TEST_REPLACEMENT], line(&rest));
    crm_value_set_str(&rec->v[CRM_RULE_TEST_EXCLUDE_PATTERN], line(&rest));
    sample = rest;

    if (!rec->v[CRM_RULE_TEST_PATTERN].set) {
        return;
    }

    memset(&rule, 0, sizeof(crm_rule_t));
    crm_faults_init(&faults, a);
    rule.arena = a;
    rule.faults = &faults;

    must(crm_dup_rule_check(&rule, rec) == CRM_OK);

    if (faults.n > 0) {
        return;
    }

    rc = crm_dup_sample(a, rec, &free_mail, &sample, &key);

    must(rc == CRM_OK || rc == CRM_DECLINED || rc == CRM_AGAIN);
    must(crm_dup_sample(a, rec, &free_mail, &sample, &again) == rc);

    if (rc == CRM_OK) {
        must(key.len > 0 && key.len <= CRM_PATTERN_SUBJECT);
        must(crm_utf8_valid(&key) && crm_str_eq(&key, &again));
    }
}
