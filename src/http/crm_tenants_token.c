/* POST /tenants/{slug}/tokens: for whoever has lost theirs */

#include "crm_change.h"
#include "crm_conf_load.h"
#include "crm_idem.h"
#include "crm_respond.h"
#include "crm_tenants.h"
#include "crm_text.h"
#include "crm_token_ops.h"
#include "crm_write.h"


typedef struct {
    crm_str_t   slug;
    crm_str_t   email;                  /* folded */
    int64_t     token;                  /* last id given */
} crm_tenants_token_t;


static ngx_int_t crm_tenants_token_seen(crm_flow_t *f);
static ngx_int_t crm_tenants_token_make(crm_flow_t *f);


ngx_int_t
crm_operator_token(crm_flow_t *f)
{
    ngx_int_t             rc;
    crm_str_t             none = crm_null_string;
    crm_input_t           input;
    crm_tenants_token_t  *t;

    t = crm_arena_calloc(&f->arena, sizeof(crm_tenants_token_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    f->data = t;

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &t->slug);
    }

    if (rc == NGX_OK) {
        rc = crm_write_input(f, &crm_tenant_token_entity, CRM_INPUT_CREATE,
                             -1, &input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_text_fold(&f->arena, &input.values->v[0].str, &t->email)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_tenants_ask(f, &t->slug);
    crm_flow_call(f, "HGET", crm_tenants_key(f, &t->slug, "tenant"),
                  crm_str("id:token"), none, none);
    crm_tenants_ask_again(f, &t->slug);

    return crm_flow_wait(f, crm_tenants_token_seen);
}


static ngx_int_t
crm_tenants_token_seen(crm_flow_t *f)
{
    ngx_int_t             rc;
    crm_tenant_seen_t     seen;
    crm_tenants_token_t  *t = f->data;

    if (f->idem_key.len > 0
        && crm_idem_replay(f, &f->reply[f->nreply - 1], &rc) == NGX_OK)
    {
        return rc;
    }

    if (crm_tenants_take(f, &t->slug, f->reply, &seen) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!seen.registered
        || seen.rec->v[CRM_TENANT_STATE].num > CRM_TENANT_SUSPENDED)
    {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    if (crm_str_int(&f->reply[CRM_TENANTS_ASK_N].str, &t->token) != CRM_OK) {
        t->token = 0;
    }

    if (f->tenant == NULL) {
        f->tenant = crm_tenant_get(f->worker->tenants, &t->slug);

        if (f->tenant == NULL) {
            return NGX_ERROR;
        }
    }

    return crm_conf_load_begin(f, crm_tenants_token_make);
}


static ngx_int_t
crm_tenants_token_answer(crm_flow_t *f, const crm_record_t *token,
    const crm_record_t *user, const crm_str_t *secret)
{
    crm_out_t  *out;

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_char(out, '{');
    crm_record_json_fields(out, token, NULL);
    crm_out_lit(out, ",\"user_id\":");
    crm_out_int(out, crm_record_id(user));
    crm_out_lit(out, ",\"token\":");
    crm_out_json(out, secret);
    crm_out_char(out, '}');

    f->answer.cache_control = crm_str("no-store");
    f->answer.secret = 1;

    return NGX_OK;
}


static ngx_int_t
crm_tenants_token_make(crm_flow_t *f)
{
    crm_ops_t             ops;
    crm_str_t             secret, name = crm_str("email");
    crm_rule_t            rule;
    crm_record_t         *user, *token;
    crm_tenants_token_t  *t = f->data;

    user = crm_conf_find_folded(&f->arena, f->conf, CRM_KIND_USER,
                                CRM_USER_EMAIL, &t->email);

    if (user == NULL || !user->v[CRM_USER_ACTIVE].num) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_NOT_FOUND,
                  "there is no active user with this address");
        return crm_answer_faults(f);
    }

    token = crm_record_new(&f->arena, &crm_entities[CRM_KIND_TOKEN]);
    if (token == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&token->v[CRM_ID], t->token + 1);
    crm_value_set_str(&token->v[CRM_TOKEN_NAME], crm_str("Operator"));

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    crm_change_conf(&ops, &rule);

    if (crm_token_make_ops(&ops, &f->tenant->prefix, token,
                           crm_record_id(user), f->now, &secret)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_tenants_token_answer(f, token, user, &secret);

    return crm_write_commit(f, &ops);
}
