/* rules of the configuration kinds; see crm_config.h */

#include "crm_change.h"
#include "crm_config.h"
#include "crm_dup.h"
#include "crm_text.h"


#define CRM_CONFIG_MAX     5000         /* records of one kind */
#define CRM_SEQUENCE_STEP  10


typedef crm_problem_t (*crm_config_pt)(const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t *rec);


/* unique texts are compared folded (api.md, table of objects) */

static int
crm_config_unique(const crm_rule_t *rule, const crm_record_t *rec)
{
    unsigned            i;
    crm_str_t           folded;
    crm_record_t       *other;
    const crm_field_t  *f;

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if (!(f->flags & CRM_F_UNIQUE) || !rec->v[i].set) {
            continue;
        }

        if (crm_text_fold(rule->arena, &rec->v[i].str, &folded) != CRM_OK) {
            return CRM_ERROR;
        }

        other = crm_conf_find_folded(rule->arena, rule->conf,
                                     rec->entity->kind, i, &folded);

        if (other != NULL && crm_record_id(other) != crm_record_id(rec)) {
            crm_fault(rule->faults, &f->name, CRM_FAULT_TAKEN,
                      "is taken already");
        }
    }

    return CRM_OK;
}


/* a new one without a place comes last */

static void
crm_config_sequence(const crm_rule_t *rule, crm_record_t *rec, unsigned field)
{
    int64_t                 max;
    unsigned                i;
    const crm_conf_list_t  *list = &rule->conf->list[rec->entity->kind];

    if (rec->v[field].set) {
        return;
    }

    for (max = 0, i = 0; i < list->n; i++) {
        if (list->rec[i]->v[field].num > max) {
            max = list->rec[i]->v[field].num;
        }
    }

    if (max <= CRM_INT_MAX - CRM_SEQUENCE_STEP) {
        max += CRM_SEQUENCE_STEP;
    }

    crm_value_set_num(&rec->v[field], max);
}


static int
crm_user_is_admin(const crm_record_t *user)
{
    return user->v[CRM_USER_ACTIVE].num
           && user->v[CRM_USER_ROLE].num == CRM_ROLE_ADMIN;
}


static crm_problem_t
crm_config_user(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    unsigned                i;
    const crm_conf_list_t  *list = &rule->conf->list[CRM_KIND_USER];

    if (!rec->v[CRM_USER_TIMEZONE].set) {
        rec->v[CRM_USER_TIMEZONE]
            = rule->conf->settings->v[CRM_SETTINGS_TIMEZONE];
    }

    if (old == NULL || !crm_user_is_admin(old) || crm_user_is_admin(rec)) {
        return CRM_P_NONE;
    }

    for (i = 0; i < list->n; i++) {
        if (crm_record_id(list->rec[i]) != crm_record_id(old)
            && crm_user_is_admin(list->rec[i]))
        {
            return CRM_P_NONE;
        }
    }

    return CRM_P_LAST_ADMIN;
}


static crm_problem_t
crm_config_team(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    (void) old;

    crm_config_sequence(rule, rec, CRM_TEAM_SEQUENCE);

    return CRM_P_NONE;
}


static crm_problem_t
crm_config_stage(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    (void) old;

    crm_config_sequence(rule, rec, CRM_STAGE_SEQUENCE);

    return CRM_P_NONE;
}


static crm_problem_t
crm_config_rule(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    if (old == NULL
        && rule->conf->list[CRM_KIND_DUPLICATE_RULE].n >= CRM_DUP_RULES)
    {
        return CRM_P_TOO_MANY;
    }

    return crm_dup_rule_check(rule, rec) == CRM_OK
           && crm_dup_rule_next(rule, old, rec) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


static const crm_config_pt  crm_config_rules[CRM_CONF_KINDS] = {
    [CRM_KIND_USER] = crm_config_user,
    [CRM_KIND_TEAM] = crm_config_team,
    [CRM_KIND_STAGE] = crm_config_stage,
    [CRM_KIND_DUPLICATE_RULE] = crm_config_rule,
};


crm_problem_t
crm_config_check(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec)
{
    crm_kind_t     kind = rec->entity->kind;
    crm_problem_t  problem;

    if (old == NULL && rule->conf->list[kind].n >= CRM_CONFIG_MAX) {
        return CRM_P_TOO_MANY;
    }

    if (crm_config_unique(rule, rec) != CRM_OK) {
        return CRM_P_INTERNAL;
    }

    problem = crm_config_rules[kind] != NULL
              ? crm_config_rules[kind](rule, old, rec) : CRM_P_NONE;

    if (problem != CRM_P_NONE) {
        return problem;
    }

    return crm_change_verdict(rule);
}


static int
crm_config_refers(const crm_record_t *rec, crm_kind_t kind, int64_t id)
{
    unsigned            i, k;
    const crm_field_t  *f;

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        for (k = 0; f->type == CRM_T_OBJECTS && k < rec->v[i].objects.n; k++) {
            if (crm_config_refers(rec->v[i].objects.rec[k], kind, id)) {
                return 1;
            }
        }

        if (f->ref != kind) {
            continue;
        }

        if ((f->type == CRM_T_ID && rec->v[i].set && rec->v[i].num == id)
            || (f->type == CRM_T_IDS && crm_ids_has(&rec->v[i].ids, id)))
        {
            return 1;
        }
    }

    return 0;
}


void
crm_config_references(const crm_conf_t *conf, crm_kind_t kind, int64_t id,
    unsigned counts[CRM_CONF_KINDS])
{
    unsigned       i;
    crm_kind_t     k;
    crm_record_t  *rec;

    for (k = 0; k < CRM_CONF_KINDS; k++) {
        counts[k] = 0;

        for (i = 0; i < conf->list[k].n; i++) {
            rec = conf->list[k].rec[i];

            if (!(k == kind && crm_record_id(rec) == id)) {
                counts[k] += crm_config_refers(rec, kind, id);
            }
        }
    }
}


int
crm_config_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec)
{
    crm_str_t            key, id, text;
    const crm_record_t  *one = rec ? rec : old;
    const crm_str_t     *name = &one->entity->name;
    const crm_str_t      none = crm_null_string;

    id = crm_change_number(ops, crm_record_id(one));
    key = crm_arena_printf(ops->arena, "%.*sconf:%.*s",
                           (int) rule->prefix.len, rule->prefix.data,
                           (int) name->len, name->data);

    if (key.data == NULL) {
        return CRM_ERROR;
    }

    crm_change_conf(ops, rule);

    if (old == NULL) {
        crm_change_id_above(ops, rule, rec);
    }

    crm_ops_put(ops, "HINCRBY", crm_change_root(ops, rule), crm_str("conf"),
                crm_str("1"), none);
    crm_change_count(ops, rule);

    if (one->entity->kind == CRM_KIND_DUPLICATE_RULE) {
        crm_dup_rule_retire(ops, rule, old, rec);
    }

    if (rec == NULL) {
        crm_ops_put(ops, "HDEL", key, id, none, none);
        return ops->failed ? CRM_ERROR : CRM_OK;
    }

    if (old == NULL) {
        crm_change_id_given(ops, rule, rec);
    }

    if (crm_record_pack(ops->arena, rec, &text) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_ops_put(ops, "HSET", key, id, text, none);

    return ops->failed ? CRM_ERROR : CRM_OK;
}
