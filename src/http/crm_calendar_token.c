/*
 * POST and DELETE /me/calendar-token (api.md, section 4): the token of a
 * user's feed.
 *
 * The root hash has its hash twice: `c:<hash>' is the user, for who comes with
 * the token, and `ct:<user>' the hash, for who replaces it.  API tokens are
 * other fields (crm_token_ops.c), so neither opens what the other does.
 */

#include "crm_actions.h"
#include "crm_change.h"
#include "crm_digest.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_write.h"


static ngx_int_t crm_calendar_token_make(crm_flow_t *f);
static ngx_int_t crm_calendar_token_drop(crm_flow_t *f);


/* "ct:7" */

static crm_str_t
crm_calendar_token_owner(crm_flow_t *f)
{
    return crm_arena_printf(&f->arena, "ct:%lld",
                            (long long) crm_record_id(f->user));
}


static crm_str_t
crm_calendar_token_field(crm_flow_t *f, const crm_str_t *hash)
{
    return crm_arena_printf(&f->arena, "c:%.*s", (int) hash->len,
                            hash->data);
}


static ngx_int_t
crm_calendar_token_ask(crm_flow_t *f, crm_step_pt next)
{
    const crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGET", f->tenant->root, crm_calendar_token_owner(f),
                  none, none);

    return crm_flow_wait(f, next);
}


/* the present one, where there is one, is worth nothing after this commit */

static void
crm_calendar_token_revoke(crm_flow_t *f, crm_ops_t *ops,
    const crm_str_t *hash)
{
    crm_str_t  none = crm_null_string, owner;

    owner = crm_calendar_token_owner(f);

    if (hash->len == 0) {
        crm_change_check(ops, CRM_CHECK_FIELD_FREE, f->tenant->root, owner,
                         none, CRM_FAILED_VERSION);
        return;
    }

    crm_change_check(ops, CRM_CHECK_FIELD_EQ, f->tenant->root, owner, *hash,
                     CRM_FAILED_VERSION);
    crm_ops_put(ops, "HDEL", f->tenant->root,
                crm_calendar_token_field(f, hash), owner, none);
}


ngx_int_t
crm_calendar_token_create(crm_flow_t *f)
{
    ngx_int_t    rc;
    crm_input_t  input;

    rc = crm_write_action(f, &crm_action_none, &input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_calendar_token_ask(f, crm_calendar_token_make);
}


static ngx_int_t
crm_calendar_token_make(crm_flow_t *f)
{
    crm_out_t   *out;
    crm_ops_t    ops;
    crm_str_t    secret, hash, none = crm_null_string;
    crm_rule_t   rule;

    secret.data = crm_arena_bytes(&f->arena, CRM_TOKEN_LEN);
    secret.len = CRM_TOKEN_LEN;
    hash.data = crm_arena_bytes(&f->arena, CRM_SHA256_TEXT);
    hash.len = CRM_SHA256_TEXT;

    if (secret.data == NULL || hash.data == NULL) {
        return NGX_ERROR;
    }

    (void) crm_token_make(secret.data);
    (void) crm_sha256_text(hash.data, secret.data, secret.len);

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    crm_change_conf(&ops, &rule);
    crm_calendar_token_revoke(f, &ops, &f->reply[0].str);

    crm_ops_put(&ops, "HSET", f->tenant->root,
                crm_calendar_token_field(f, &hash),
                crm_arena_printf(&f->arena, "%lld",
                                 (long long) crm_record_id(f->user)), none);
    crm_ops_put(&ops, "HSET", f->tenant->root, crm_calendar_token_owner(f),
                hash, none);

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_lit(out, "{\"token\":");
    crm_out_json(out, &secret);
    crm_out_char(out, '}');

    crm_answer_location(f, "/me/calendar-token");
    f->answer.cache_control = crm_str("no-store");
    f->answer.secret = 1;

    return crm_write_commit(f, &ops);
}


ngx_int_t
crm_calendar_token_delete(crm_flow_t *f)
{
    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    return crm_calendar_token_ask(f, crm_calendar_token_drop);
}


static ngx_int_t
crm_calendar_token_drop(crm_flow_t *f)
{
    crm_ops_t  ops;

    if (f->reply[0].str.len == 0) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    crm_ops_init(&ops, &f->arena);
    crm_calendar_token_revoke(f, &ops, &f->reply[0].str);

    (void) crm_answer_nothing(f);

    return crm_write_commit(f, &ops);
}
