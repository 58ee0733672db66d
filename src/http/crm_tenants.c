/* reading tenants from outside of them; see crm_tenants.h */

#include "crm_fields.h"
#include "crm_idem.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_slug.h"
#include "crm_tenants.h"
#include "crm_text.h"


static const crm_str_t  crm_tenant_state_list[] = {
    crm_string("active"), crm_string("suspended"), crm_string("creating"),
    crm_string("deleting")
};

static const crm_words_t  crm_tenant_states = { 4, crm_tenant_state_list };


#define CRM_TENANT_AUTO  (CRM_F_READ_ONLY|CRM_F_UNTRACKED)

static const crm_field_t  crm_tenant_fields[] = {
    { CRM_NAMED("id"), .type = CRM_T_INT,
      .flags = CRM_F_HIDDEN|CRM_F_READ_ONLY },
    { CRM_NAMED("version"), .type = CRM_T_INT,
      .flags = CRM_TENANT_AUTO, .max = INT64_MAX },
    { CRM_NAMED("created_at"), .type = CRM_T_INSTANT,
      .flags = CRM_TENANT_AUTO },
    { CRM_NAMED("updated_at"), .type = CRM_T_INSTANT,
      .flags = CRM_TENANT_AUTO },
    { CRM_NAMED("slug"), .type = CRM_T_TEXT,
      .flags = CRM_F_REQUIRED|CRM_F_ONCE, .max = CRM_SLUG_MAX },
    { CRM_NAMED("company_name"), .type = CRM_T_TEXT,
      .flags = CRM_F_REQUIRED, .max = CRM_NAME_MAX },
    { CRM_NAMED("currency"), .type = CRM_T_CURRENCY,
      .flags = CRM_F_REQUIRED|CRM_F_ONCE, .value = "EUR" },
    { CRM_NAMED("timezone"), .type = CRM_T_ZONE,
      .flags = CRM_F_REQUIRED|CRM_F_ONCE, .value = "UTC" },
    { CRM_NAMED("locale"), .type = CRM_T_LOCALE,
      .flags = CRM_F_REQUIRED|CRM_F_ONCE, .value = "en" },
    { CRM_NAMED("suspended"), .type = CRM_T_BOOL,
      .flags = CRM_F_REQUIRED, .value = "0" },
    { CRM_NAMED("state"), .type = CRM_T_ENUM,
      .flags = CRM_TENANT_AUTO, .words = &crm_tenant_states }
};

static const crm_field_t  crm_admin_fields[] = {
    { CRM_NAMED("name"), .type = CRM_T_TEXT,
      .flags = CRM_F_REQUIRED, .max = CRM_NAME_MAX },
    { CRM_NAMED("email"), .type = CRM_T_EMAIL,
      .flags = CRM_F_REQUIRED, .max = CRM_EMAIL_MAX }
};

static const crm_field_t  crm_tenant_token_fields[] = {
    { CRM_NAMED("email"), .type = CRM_T_EMAIL,
      .flags = CRM_F_REQUIRED, .max = CRM_EMAIL_MAX }
};

static const crm_field_t  crm_tenant_check_fields[] = {
    { CRM_NAMED("repair"), .type = CRM_T_BOOL, .value = "0" }
};


#define CRM_TENANT_ENTITY(one, many, fields)                                  \
    { CRM_KIND_NONE, crm_string(one), crm_string(many), fields,               \
      sizeof(fields) / sizeof(fields[0]) }

const crm_entity_t  crm_tenant_entity =
    CRM_TENANT_ENTITY("tenant", "tenants", crm_tenant_fields);
const crm_entity_t  crm_admin_entity =
    CRM_TENANT_ENTITY("admin", "admins", crm_admin_fields);
const crm_entity_t  crm_tenant_token_entity =
    CRM_TENANT_ENTITY("token", "tokens", crm_tenant_token_fields);
const crm_entity_t  crm_tenant_check_entity =
    CRM_TENANT_ENTITY("check", "checks", crm_tenant_check_fields);


crm_str_t
crm_tenants_key(crm_flow_t *f, const crm_str_t *slug, const char *rest)
{
    return crm_arena_printf(&f->arena, "crm:{%.*s}:%s", (int) slug->len,
                            slug->data, rest);
}


ngx_int_t
crm_tenants_slug(crm_flow_t *f, crm_str_t *slug)
{
    crm_request_t  *q = crm_request(f);

    slug->data = q->slug.data;
    slug->len = q->slug.len;

    if (crm_slug_valid(slug)) {
        return NGX_OK;
    }

    (void) crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);

    return NGX_DECLINED;
}


void
crm_tenants_ask(crm_flow_t *f, const crm_str_t *slug)
{
    crm_str_t  argv[8], none = crm_null_string;

    crm_flow_call(f, "ZSCORE", crm_str(CRM_REGISTRY), *slug, none, none);

    argv[0] = crm_str("HMGET");
    argv[1] = crm_tenants_key(f, slug, "tenant");
    argv[2] = crm_str("state");
    argv[3] = crm_str("v");
    argv[4] = crm_str("ct");
    argv[5] = crm_str("ut");
    argv[6] = crm_str("conf");
    argv[7] = crm_str("nonce");

    crm_flow_cmd(f, 8, argv);

    crm_flow_call(f, "HGET", crm_tenants_key(f, slug, "conf:settings"),
                  crm_str("1"), none, none);
}


void
crm_tenants_ask_again(crm_flow_t *f, const crm_str_t *slug)
{
    crm_str_t  none = crm_null_string;

    if (f->idem_key.len > 0) {
        crm_idem_home(f, crm_tenants_key(f, slug, ""));
        crm_flow_call(f, "GET", f->idem_key, none, none, none);
    }
}


static void
crm_tenants_number(crm_value_t *v, const crm_str_t *text)
{
    int64_t  num;

    if (crm_str_int(text, &num) == CRM_OK) {
        crm_value_set_num(v, num);
    }
}


static void
crm_tenants_settings(crm_tenant_seen_t *seen)
{
    crm_value_t        *v = seen->rec->v;
    const crm_value_t  *s = seen->settings->v;

    v[CRM_TENANT_COMPANY_NAME] = s[CRM_SETTINGS_COMPANY_NAME];
    v[CRM_TENANT_CURRENCY] = s[CRM_SETTINGS_CURRENCY];
    v[CRM_TENANT_TIMEZONE] = s[CRM_SETTINGS_TIMEZONE];
    v[CRM_TENANT_LOCALE] = s[CRM_SETTINGS_LOCALE];
}


/* a registered tenant without a root hash is about to be gone */

static void
crm_tenants_state(crm_tenant_seen_t *seen)
{
    int  word;

    word = seen->state.len > 0
           ? crm_word_find(&crm_tenant_states, &seen->state)
           : CRM_TENANT_DELETING;

    if (word >= 0) {
        crm_value_set_num(&seen->rec->v[CRM_TENANT_STATE], word);
    }

    crm_value_set_num(&seen->rec->v[CRM_TENANT_SUSPENDED_FLAG],
                      word == CRM_TENANT_SUSPENDED);
}


ngx_int_t
crm_tenants_take(crm_flow_t *f, const crm_str_t *slug,
    const crm_reply_t *replies, crm_tenant_seen_t *seen)
{
    const crm_reply_t  *root = replies[1].item;

    ngx_memzero(seen, sizeof(crm_tenant_seen_t));

    if (!crm_reply_is_array(&replies[1]) || replies[1].n != 6) {
        return NGX_ERROR;
    }

    seen->slug = *slug;
    seen->registered = crm_reply_is_string(&replies[0]);
    seen->state = root[0].str;
    seen->conf = root[4].str;
    seen->nonce = root[5].str;

    seen->rec = crm_record_new(&f->arena, &crm_tenant_entity);
    if (seen->rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_str(&seen->rec->v[CRM_TENANT_SLUG], *slug);
    crm_tenants_number(&seen->rec->v[CRM_VERSION], &root[1].str);
    crm_tenants_number(&seen->rec->v[CRM_CREATED_AT], &root[2].str);
    crm_tenants_number(&seen->rec->v[CRM_UPDATED_AT], &root[3].str);
    crm_tenants_state(seen);

    if (!crm_reply_is_string(&replies[2])) {
        return NGX_OK;
    }

    if (crm_record_unpack(&f->arena, &crm_entities[CRM_KIND_SETTINGS],
                          &replies[2].str, &seen->settings)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_tenants_settings(seen);

    return NGX_OK;
}
