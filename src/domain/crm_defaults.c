/*
 * The default data as a table of stored texts; see crm_defaults.h.
 *
 * Knows words, not rules: what a field may hold is in crm_fields.h, and
 * what is not said here has the default of that table.
 */

#include "crm_defaults.h"


#define CRM_DEFAULT_FIELDS  6

/* one record: its fields in stored form */
typedef struct {
    crm_kind_t   kind;
    struct {
        unsigned     field;
        const char  *text;
    } set[CRM_DEFAULT_FIELDS];          /* text NULL ends */
} crm_default_t;


#define CRM_DEFAULT_STAGE(name, sequence, probability, won)                   \
    { CRM_KIND_STAGE, { { CRM_STAGE_NAME, name },                             \
                        { CRM_STAGE_SEQUENCE, sequence },                     \
                        { CRM_STAGE_PROBABILITY, probability },               \
                        { CRM_STAGE_IS_WON, won } } }

#define CRM_DEFAULT_REASON(name)                                              \
    { CRM_KIND_LOST_REASON, { { CRM_LOST_REASON_NAME, name } } }

#define CRM_DEFAULT_TYPE(name, category, ...)                                 \
    { CRM_KIND_ACTIVITY_TYPE, { { CRM_ACTIVITY_TYPE_NAME, name },             \
                                { CRM_ACTIVITY_TYPE_CATEGORY, category },     \
                                __VA_ARGS__ } }

#define CRM_DEFAULT_RULE(name, field, pattern, replacement, confidence, ...)  \
    { CRM_KIND_DUPLICATE_RULE,                                                \
      { { CRM_DUPLICATE_RULE_NAME, name },                                    \
        { CRM_DUPLICATE_RULE_FIELD, field },                                  \
        { CRM_DUPLICATE_RULE_PATTERN, pattern },                              \
        { CRM_DUPLICATE_RULE_REPLACEMENT, replacement },                      \
        { CRM_DUPLICATE_RULE_CONFIDENCE, confidence }, __VA_ARGS__ } }


/* probabilities are basis points; Email is the second of its kind */

static const crm_default_t  crm_default_records[] = {

    CRM_DEFAULT_STAGE("New", "10", "1000", "0"),
    CRM_DEFAULT_STAGE("Qualified", "20", "3000", "0"),
    CRM_DEFAULT_STAGE("Proposition", "30", "6000", "0"),
    CRM_DEFAULT_STAGE("Won", "40", "10000", "1"),

    CRM_DEFAULT_TYPE("Call", "call",
                     { CRM_ACTIVITY_TYPE_CHAINING, "suggest" },
                     { CRM_ACTIVITY_TYPE_NEXT_TYPE_IDS, "2" }),
    CRM_DEFAULT_TYPE("Email", "email", { 0, NULL }),
    CRM_DEFAULT_TYPE("Meeting", "meeting", { 0, NULL }),
    CRM_DEFAULT_TYPE("To do", "todo", { 0, NULL }),

    CRM_DEFAULT_REASON("Too expensive"),
    CRM_DEFAULT_REASON("No budget"),
    CRM_DEFAULT_REASON("Competitor"),
    CRM_DEFAULT_REASON("No answer"),

    { CRM_KIND_TEAM, { { CRM_TEAM_NAME, "Sales" },
                       { CRM_TEAM_SEQUENCE, "10" } } },

    CRM_DEFAULT_RULE("Same e-mail", "email",
                     "^([^@+]+)(?:\\+[^@]*)?(@.+)$", "$1$2", "95",
                     { 0, NULL }),
    CRM_DEFAULT_RULE("Same phone", "phone", "\\d{7,9}$", "$0", "85",
                     { 0, NULL }),
    CRM_DEFAULT_RULE("Same e-mail domain", "email", "^[^@]+@(.+)$", "$1",
                     "40", { CRM_DUPLICATE_RULE_EXCLUDE_FREE_MAIL, "1" }),
    CRM_DEFAULT_RULE("Same company", "company_name",
                     "^(?:شرکت )?(.+?)"
                     "(?: (?:ltd|gmbh|inc|llc|co|corp|sa|ag|bv|plc|srl))*$",
                     "$1", "50", { 0, NULL }),
    CRM_DEFAULT_RULE("Same website", "website", "^.+$", "$0", "60",
                     { 0, NULL })
};

#define CRM_DEFAULT_N                                                         \
    (sizeof(crm_default_records) / sizeof(crm_default_records[0]))


/* an empty record with the next id of its kind, in its list */

static crm_record_t *
crm_default_new(crm_arena_t *a, crm_kind_t kind, int64_t now,
    crm_conf_list_t list[CRM_CONF_KINDS])
{
    crm_record_t     *rec;
    crm_conf_list_t  *of = &list[kind];

    rec = crm_record_new(a, &crm_entities[kind]);

    if (rec == NULL) {
        return NULL;
    }

    of->rec[of->n++] = rec;

    crm_value_set_num(&rec->v[CRM_ID], of->n);
    crm_value_set_num(&rec->v[CRM_VERSION], 1);
    crm_value_set_num(&rec->v[CRM_CREATED_AT], now);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], now);

    return rec;
}


static int
crm_default_record(crm_arena_t *a, const crm_default_t *row, int64_t now,
    crm_conf_list_t list[CRM_CONF_KINDS])
{
    int            rc;
    unsigned       i, field;
    crm_str_t      text;
    crm_record_t  *rec;

    rec = crm_default_new(a, row->kind, now, list);

    if (rec == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < CRM_DEFAULT_FIELDS && row->set[i].text != NULL; i++) {
        field = row->set[i].field;
        text.data = (u_char *) row->set[i].text;
        text.len = strlen(row->set[i].text);

        rc = crm_value_load(a, &rec->entity->fields[field], &text,
                            &rec->v[field]);

        if (rc != CRM_OK) {
            return rc;
        }
    }

    return crm_record_defaults(a, rec);
}


static int
crm_default_settings(crm_arena_t *a, const crm_new_tenant_t *tenant,
    int64_t now, crm_conf_list_t list[CRM_CONF_KINDS])
{
    crm_record_t  *rec;

    rec = crm_default_new(a, CRM_KIND_SETTINGS, now, list);

    if (rec == NULL) {
        return CRM_ERROR;
    }

    crm_value_set_str(&rec->v[CRM_SETTINGS_COMPANY_NAME],
                      tenant->company_name);
    crm_value_set_str(&rec->v[CRM_SETTINGS_CURRENCY], tenant->currency);
    crm_value_set_str(&rec->v[CRM_SETTINGS_TIMEZONE], tenant->timezone);
    crm_value_set_str(&rec->v[CRM_SETTINGS_LOCALE], tenant->locale);

    return crm_record_defaults(a, rec);
}


static int
crm_default_admin(crm_arena_t *a, const crm_new_tenant_t *tenant,
    int64_t now, crm_conf_list_t list[CRM_CONF_KINDS])
{
    crm_record_t  *rec;

    rec = crm_default_new(a, CRM_KIND_USER, now, list);

    if (rec == NULL) {
        return CRM_ERROR;
    }

    crm_value_set_str(&rec->v[CRM_USER_NAME], tenant->admin_name);
    crm_value_set_str(&rec->v[CRM_USER_EMAIL], tenant->admin_email);
    crm_value_set_num(&rec->v[CRM_USER_ROLE], CRM_ROLE_ADMIN);
    crm_value_set_str(&rec->v[CRM_USER_TIMEZONE], tenant->timezone);

    return crm_record_defaults(a, rec);
}


int
crm_defaults(crm_arena_t *a, const crm_new_tenant_t *tenant, int64_t now,
    crm_conf_list_t list[CRM_CONF_KINDS])
{
    int         rc;
    unsigned    i;
    crm_kind_t  kind;

    memset(list, 0, CRM_CONF_KINDS * sizeof(crm_conf_list_t));

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        list[kind].rec = crm_arena_alloc(a, (CRM_DEFAULT_N + 1)
                                            * sizeof(crm_record_t *));
        if (list[kind].rec == NULL) {
            return CRM_ERROR;
        }
    }

    rc = crm_default_settings(a, tenant, now, list);

    if (rc == CRM_OK) {
        rc = crm_default_admin(a, tenant, now, list);
    }

    for (i = 0; rc == CRM_OK && i < CRM_DEFAULT_N; i++) {
        rc = crm_default_record(a, &crm_default_records[i], now, list);
    }

    return rc;
}
