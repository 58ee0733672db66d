/*
 * Generations of duplicate rules: when keys change, what goes on meanwhile,
 * and what is left to sweep; see crm_dup.h.
 *
 * A new generation is named by the configuration's version that it comes
 * with, which no other has.
 */

#include "crm_dup.h"


/* fields that decide about keys */

static const struct {
    unsigned  rule;
    unsigned  was;
} crm_dup_keys[] = {
    { CRM_DUPLICATE_RULE_FIELD, CRM_DUP_WAS_FIELD },
    { CRM_DUPLICATE_RULE_PATTERN, CRM_DUP_WAS_PATTERN },
    { CRM_DUPLICATE_RULE_REPLACEMENT, CRM_DUP_WAS_REPLACEMENT },
    { CRM_DUPLICATE_RULE_EXCLUDE_PATTERN, CRM_DUP_WAS_EXCLUDE_PATTERN },
    { CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL, CRM_DUP_WAS_EXCLUDE_FREE_MAIL }
};

#define CRM_DUP_KEYS  (sizeof(crm_dup_keys) / sizeof(crm_dup_keys[0]))


static int
crm_dup_is_active(const crm_record_t *rec)
{
    return rec != NULL && rec->v[CRM_DUPLICATE_RULE_ACTIVE].num != 0;
}


static int
crm_dup_keys_differ(const crm_record_t *old, const crm_record_t *rec)
{
    unsigned  i, field;

    for (i = 0; i < CRM_DUP_KEYS; i++) {
        field = crm_dup_keys[i].rule;

        if (!crm_value_eq(rec->entity->fields[field].type, &old->v[field],
                          &rec->v[field]))
        {
            return 1;
        }
    }

    return 0;
}


static void
crm_dup_build(const crm_rule_t *rule, crm_record_t *rec)
{
    crm_value_set_num(&rec->v[CRM_DUPLICATE_RULE_GEN],
                      rule->conf->version + 1);
    crm_value_set_num(&rec->v[CRM_DUPLICATE_RULE_BUILDING], 1);
}


/* the generation of old goes on, unless it was never complete: then what went
   on before does */

static int
crm_dup_go_on(const crm_rule_t *rule, const crm_record_t *old,
    const crm_strs_t *domains, crm_record_t *rec)
{
    unsigned       i;
    crm_value_t   *v;
    crm_record_t  *was;

    if (old->v[CRM_DUPLICATE_RULE_BUILDING].num) {
        return CRM_OK;
    }

    was = crm_record_new(rule->arena, &crm_dup_was);
    v = &rec->v[CRM_DUPLICATE_RULE_WAS];
    v->objects.rec = crm_arena_alloc(rule->arena, sizeof(crm_record_t *));

    if (was == NULL || v->objects.rec == NULL) {
        return CRM_ERROR;
    }

    v->set = 1;
    v->objects.n = 1;
    v->objects.rec[0] = was;

    crm_value_set_num(&was->v[CRM_DUP_WAS_GEN],
                      old->v[CRM_DUPLICATE_RULE_GEN].num);

    for (i = 0; i < CRM_DUP_KEYS; i++) {
        was->v[crm_dup_keys[i].was] = old->v[crm_dup_keys[i].rule];
    }

    if (old->v[CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL].num && domains->n > 0) {
        was->v[CRM_DUP_WAS_FREE_MAIL_DOMAINS].set = 1;
        was->v[CRM_DUP_WAS_FREE_MAIL_DOMAINS].strs = *domains;
    }

    return CRM_OK;
}


static const crm_strs_t *
crm_dup_domains(const crm_rule_t *rule)
{
    return &rule->conf->settings->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;
}


int
crm_dup_rule_next(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    if (!crm_dup_is_active(rec)) {
        crm_value_clear(&rec->v[CRM_DUPLICATE_RULE_BUILDING]);
        crm_value_clear(&rec->v[CRM_DUPLICATE_RULE_WAS]);
        return CRM_OK;
    }

    if (!crm_dup_is_active(old)) {
        crm_dup_build(rule, rec);
        return CRM_OK;
    }

    if (!crm_dup_keys_differ(old, rec)) {
        return CRM_OK;
    }

    crm_dup_build(rule, rec);

    return crm_dup_go_on(rule, old, crm_dup_domains(rule), rec);
}


int
crm_dup_rule_free_mail(const crm_rule_t *rule, const crm_record_t *old,
    const crm_strs_t *domains, crm_record_t **rec)
{
    *rec = NULL;

    if (!crm_dup_is_active(old)
        || !old->v[CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL].num)
    {
        return CRM_OK;
    }

    *rec = crm_record_copy(rule->arena, old);
    if (*rec == NULL) {
        return CRM_ERROR;
    }

    crm_dup_build(rule, *rec);

    return crm_dup_go_on(rule, old, domains, *rec);
}


crm_record_t *
crm_dup_rule_complete(crm_arena_t *a, const crm_record_t *old)
{
    crm_record_t  *rec;

    rec = crm_record_copy(a, old);

    if (rec != NULL) {
        crm_value_clear(&rec->v[CRM_DUPLICATE_RULE_BUILDING]);
        crm_value_clear(&rec->v[CRM_DUPLICATE_RULE_WAS]);
    }

    return rec;
}


/* the generations that a rule has, newest first */

static unsigned
crm_dup_gens(const crm_record_t *rec, int64_t gens[2])
{
    unsigned            n;
    const crm_value_t  *was;

    if (!crm_dup_is_active(rec)) {
        return 0;
    }

    n = 0;
    was = &rec->v[CRM_DUPLICATE_RULE_WAS];
    gens[n++] = rec->v[CRM_DUPLICATE_RULE_GEN].num;

    if (was->objects.n > 0) {
        gens[n++] = was->objects.rec[0]->v[CRM_DUP_WAS_GEN].num;
    }

    return n;
}


int
crm_dup_rule_carries(const crm_record_t *old, const crm_record_t *rec)
{
    int64_t   had[2] = { 0, 0 }, has[2] = { 0, 0 };
    unsigned  n, m;

    n = crm_dup_gens(old, had);
    m = crm_dup_gens(rec, has);

    return n != m || (n > 0 && had[0] != has[0]);
}


void
crm_dup_rule_retire(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec)
{
    int64_t    had[2], has[2];
    unsigned   i, k, n, m;
    crm_str_t  key, member, none = crm_null_string;

    n = crm_dup_gens(old, had);
    m = crm_dup_gens(rec, has);

    for (i = 0; i < n; i++) {

        for (k = 0; k < m && has[k] != had[i]; k++) { /* void */ }

        if (k < m) {
            continue;
        }

        key = crm_arena_printf(ops->arena, "%.*sd:gone",
                               (int) rule->prefix.len, rule->prefix.data);
        member = crm_arena_printf(ops->arena, "%lld:%lld",
                                  (long long) crm_record_id(old),
                                  (long long) had[i]);

        if (key.data == NULL || member.data == NULL) {
            ops->failed = 1;
            return;
        }

        crm_ops_put(ops, "SADD", key, member, none, none);
    }
}
