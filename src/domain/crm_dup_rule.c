/* duplicate rules: in a snapshot, their keys, their checks; see crm_dup.h */

#include "crm_dup.h"
#include "crm_text.h"


/* ---- a snapshot's rules ------------------------------------------------- */

static void
crm_dup_conf_present(const crm_conf_t *conf, const crm_record_t *rec,
    crm_dup_rule_t *rule)
{
    const crm_value_t  *v = rec->v;

    rule->rec = rec;
    rule->id = crm_record_id(rec);
    rule->gen = v[CRM_DUPLICATE_RULE_GEN].num;
    rule->complete = !v[CRM_DUPLICATE_RULE_BUILDING].num;
    rule->word = (unsigned) v[CRM_DUPLICATE_RULE_FIELD].num;
    rule->pattern = v[CRM_DUPLICATE_RULE_PATTERN].str;
    rule->replacement = v[CRM_DUPLICATE_RULE_REPLACEMENT].str;
    rule->exclude = v[CRM_DUPLICATE_RULE_EXCLUDE_PATTERN].str;

    if (v[CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL].num) {
        rule->free_mail
            = &conf->settings->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;
    }
}


/* what answers while the present generation is being built */

static void
crm_dup_conf_past(const crm_record_t *rec, crm_dup_rule_t *rule)
{
    const crm_record_t  *was;

    was = rec->v[CRM_DUPLICATE_RULE_WAS].objects.rec[0];

    rule->rec = rec;
    rule->id = crm_record_id(rec);
    rule->gen = was->v[CRM_DUP_WAS_GEN].num;
    rule->complete = 1;
    rule->word = (unsigned) was->v[CRM_DUP_WAS_FIELD].num;
    rule->pattern = was->v[CRM_DUP_WAS_PATTERN].str;
    rule->replacement = was->v[CRM_DUP_WAS_REPLACEMENT].str;
    rule->exclude = was->v[CRM_DUP_WAS_EXCLUDE_PATTERN].str;

    if (was->v[CRM_DUP_WAS_EXCLUDE_FREE_MAIL].num) {
        rule->free_mail = &was->v[CRM_DUP_WAS_FREE_MAIL_DOMAINS].strs;
    }
}


int
crm_dup_conf(crm_conf_t *conf)
{
    unsigned                i;
    const crm_record_t     *rec;
    const crm_conf_list_t  *list = &conf->list[CRM_KIND_DUPLICATE_RULE];

    conf->ndup = 0;
    conf->dup = crm_arena_calloc(&conf->arena, (2 * list->n + 1)
                                               * sizeof(crm_dup_rule_t));
    if (conf->dup == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < list->n; i++) {
        rec = list->rec[i];

        if (!rec->v[CRM_DUPLICATE_RULE_ACTIVE].num) {
            continue;
        }

        if (rec->v[CRM_DUPLICATE_RULE_WAS].objects.n > 0) {
            crm_dup_conf_past(rec, &conf->dup[conf->ndup++]);
        }

        crm_dup_conf_present(conf, rec, &conf->dup[conf->ndup++]);
    }

    return CRM_OK;
}


void
crm_dup_conf_release(crm_conf_t *conf)
{
    unsigned  i;

    for (i = 0; i < conf->ndup; i++) {
        crm_pattern_put(conf->dup[i].match);
        crm_pattern_put(conf->dup[i].except);
    }

    conf->ndup = 0;
}


/* ---- keys --------------------------------------------------------------- */

static void
crm_dup_load(crm_dup_rule_t *rule)
{
    rule->ready = 1;
    rule->match = crm_pattern_get(&rule->pattern);

    if (rule->exclude.len > 0) {
        rule->except = crm_pattern_get(&rule->exclude);
    }

    rule->broken = rule->match == NULL
                   || (rule->exclude.len > 0 && rule->except == NULL);
}


/* CRM_OK: the key is, or ends in "@" and, a free mail domain */

static int
crm_dup_free_mail(crm_arena_t *a, const crm_strs_t *domains,
    const crm_str_t *key)
{
    size_t     i;
    unsigned   k;
    crm_str_t  host, folded;

    host = *key;

    for (i = key->len; i > 0; i--) {
        if (key->data[i - 1] == '@') {
            host.data = key->data + i;
            host.len = key->len - i;
            break;
        }
    }

    for (k = 0; k < domains->n; k++) {

        if (crm_str_eq(&domains->str[k], &host)) {
            return CRM_OK;
        }

        if (crm_text_fold(a, &domains->str[k], &folded) != CRM_OK) {
            return CRM_ERROR;
        }

        if (crm_str_eq(&folded, &host)) {
            return CRM_OK;
        }
    }

    return CRM_DECLINED;
}


static int
crm_dup_key_of(crm_arena_t *a, const crm_dup_rule_t *rule,
    const crm_str_t *text, crm_str_t *key)
{
    int  rc;

    rc = crm_pattern_expand(a, rule->match, &rule->replacement, text, key);

    if (rc != CRM_OK) {
        return rc;
    }

    if (key->len == 0) {
        return CRM_DECLINED;
    }

    if (rule->except != NULL) {
        rc = crm_pattern_match(rule->except, key);

        if (rc != CRM_DECLINED) {
            return rc == CRM_OK ? CRM_DECLINED : rc;
        }
    }

    if (rule->free_mail != NULL) {
        rc = crm_dup_free_mail(a, rule->free_mail, key);

        if (rc != CRM_DECLINED) {
            return rc == CRM_OK ? CRM_DECLINED : rc;
        }
    }

    return CRM_OK;
}


int
crm_dup_key(crm_arena_t *a, crm_dup_rule_t *rule, crm_dup_texts_t *texts,
    crm_str_t *key)
{
    unsigned            word = rule->word;
    const crm_value_t  *v = &texts->lead->v[crm_dup_fields[word]];

    if (!v->set) {
        return CRM_DECLINED;
    }

    if (!rule->ready) {
        crm_dup_load(rule);
    }

    if (rule->broken) {
        return CRM_DECLINED;
    }

    if (!texts->made[word]) {
        if (crm_dup_prepare(a, word, &v->str, &texts->text[word]) != CRM_OK) {
            return CRM_ERROR;
        }

        texts->made[word] = 1;
    }

    return crm_dup_key_of(a, rule, &texts->text[word], key);
}


int
crm_dup_sample(crm_arena_t *a, const crm_record_t *rec,
    const crm_strs_t *free_mail, const crm_str_t *sample, crm_str_t *key)
{
    int                 rc;
    crm_str_t           text;
    crm_dup_rule_t      rule;
    const crm_value_t  *v = rec->v;

    memset(&rule, 0, sizeof(crm_dup_rule_t));

    rule.word = (unsigned) v[CRM_RULE_TEST_FIELD].num;
    rule.pattern = v[CRM_RULE_TEST_PATTERN].str;
    rule.replacement = v[CRM_RULE_TEST_REPLACEMENT].str;
    rule.exclude = v[CRM_RULE_TEST_EXCLUDE_PATTERN].str;

    if (v[CRM_RULE_TEST_EXCLUDE_FREE_MAIL].num) {
        rule.free_mail = free_mail;
    }

    crm_dup_load(&rule);

    rc = rule.broken ? CRM_ERROR
                     : crm_dup_prepare(a, rule.word, sample, &text);
    if (rc == CRM_OK) {
        rc = crm_dup_key_of(a, &rule, &text, key);
    }

    crm_pattern_put(rule.match);
    crm_pattern_put(rule.except);

    return rc;
}


/* ---- checks ------------------------------------------------------------- */

static int
crm_dup_fault(const crm_rule_t *rule, const crm_record_t *rec, int field,
    int rc, const crm_str_t *message)
{
    crm_str_t  text;

    if (rc != CRM_DECLINED) {
        return rc;
    }

    text = crm_arena_printf(rule->arena, "%.*s%c", (int) message->len,
                            message->data, '\0');

    if (text.data == NULL) {
        return CRM_ERROR;
    }

    crm_fault(rule->faults, &rec->entity->fields[field].name,
              CRM_FAULT_INVALID, (char *) text.data);

    return CRM_DECLINED;
}


static int
crm_dup_check_pattern(const crm_rule_t *rule, const crm_record_t *rec,
    int field)
{
    int        rc;
    crm_str_t  message;

    if (field < 0 || !rec->v[field].set) {
        return CRM_OK;
    }

    rc = crm_pattern_check(rule->arena, &rec->v[field].str, &message);

    return crm_dup_fault(rule, rec, field, rc, &message);
}


/* also of rules that are only tried out: fields go by their names */

int
crm_dup_rule_check(const crm_rule_t *rule, const crm_record_t *rec)
{
    int        rc, pattern, replacement, exclude;
    crm_str_t  message;

    static const crm_str_t  names[] = {
        crm_string("pattern"), crm_string("replacement"),
        crm_string("exclude_pattern")
    };

    pattern = crm_field_find(rec->entity, &names[0], 0);
    replacement = crm_field_find(rec->entity, &names[1], 0);
    exclude = crm_field_find(rec->entity, &names[2], 0);

    if (crm_dup_check_pattern(rule, rec, exclude) == CRM_ERROR) {
        return CRM_ERROR;
    }

    rc = crm_dup_check_pattern(rule, rec, pattern);

    if (rc != CRM_OK) {
        return rc == CRM_DECLINED ? CRM_OK : rc;
    }

    if (!rec->v[pattern].set || !rec->v[replacement].set) {
        return CRM_OK;
    }

    rc = crm_pattern_check_replacement(rule->arena, &rec->v[pattern].str,
                                       &rec->v[replacement].str, &message);
    rc = crm_dup_fault(rule, rec, replacement, rc, &message);

    return rc == CRM_DECLINED ? CRM_OK : rc;
}
