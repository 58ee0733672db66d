/* tokens as writes of a commit; see crm_token_ops.h */

#include "crm_change.h"
#include "crm_token_ops.h"


/* "k:" and the hash: the field of the root hash */

static crm_str_t
crm_token_field(crm_ops_t *ops, const crm_record_t *token)
{
    const crm_str_t  *hash = &token->v[CRM_TOKEN_HASH].str;

    return crm_arena_printf(ops->arena, "k:%.*s", (int) hash->len,
                            hash->data);
}


static crm_str_t
crm_token_root(crm_ops_t *ops, const crm_str_t *prefix)
{
    return crm_arena_printf(ops->arena, "%.*stenant", (int) prefix->len,
                            prefix->data);
}


static int
crm_token_secret(crm_arena_t *a, crm_record_t *token, crm_str_t *secret)
{
    crm_str_t  hash;

    secret->data = crm_arena_bytes(a, CRM_TOKEN_LEN);
    secret->len = CRM_TOKEN_LEN;

    hash.data = crm_arena_bytes(a, CRM_SHA256_TEXT);
    hash.len = CRM_SHA256_TEXT;

    if (secret->data == NULL || hash.data == NULL) {
        return CRM_ERROR;
    }

    (void) crm_token_make(secret->data);
    (void) crm_sha256_text(hash.data, secret->data, secret->len);

    crm_value_set_str(&token->v[CRM_TOKEN_HASH], hash);

    return CRM_OK;
}


static crm_str_t
crm_token_id(crm_ops_t *ops, const crm_record_t *token)
{
    return crm_arena_printf(ops->arena, "%lld",
                            (long long) crm_record_id(token));
}


/* what the root hash says of it */

static crm_str_t
crm_token_value(crm_ops_t *ops, const crm_record_t *token, int64_t user)
{
    return crm_arena_printf(ops->arena, "%lld:%lld:%lld", (long long) user,
                            (long long) crm_record_id(token),
                            (long long) token->v[CRM_TOKEN_EXPIRES_AT].num);
}


int
crm_token_make_ops(crm_ops_t *ops, const crm_str_t *prefix,
    crm_record_t *token, int64_t user, int64_t now, crm_str_t *secret)
{
    crm_change_check(ops, CRM_CHECK_FIELD_BELOW, crm_token_root(ops, prefix),
                     crm_str("id:token"), crm_token_id(ops, token),
                     CRM_FAILED_ID);

    return crm_token_first_ops(ops, prefix, token, user, now, secret);
}


int
crm_token_first_ops(crm_ops_t *ops, const crm_str_t *prefix,
    crm_record_t *token, int64_t user, int64_t now, crm_str_t *secret)
{
    crm_str_t  root, id, text, none = crm_null_string;

    crm_value_set_num(&token->v[CRM_VERSION], 1);
    crm_value_set_num(&token->v[CRM_CREATED_AT], now);
    crm_value_set_num(&token->v[CRM_UPDATED_AT], now);

    if (crm_token_secret(ops->arena, token, secret) != CRM_OK
        || crm_record_pack(ops->arena, token, &text) != CRM_OK)
    {
        return CRM_ERROR;
    }

    root = crm_token_root(ops, prefix);
    id = crm_token_id(ops, token);

    crm_ops_put(ops, "HSET", root, crm_str("id:token"), id, none);
    crm_ops_put(ops, "HSET", root, crm_token_field(ops, token),
                crm_token_value(ops, token, user), none);
    crm_ops_put(ops, "HSET", crm_change_key(ops->arena, prefix, "tokens",
                                            user), id, text, none);

    return ops->failed ? CRM_ERROR : CRM_OK;
}


int
crm_token_revoke_ops(crm_ops_t *ops, const crm_str_t *prefix,
    const crm_record_t *token, int64_t user)
{
    crm_str_t  id, root, field, none = crm_null_string;

    root = crm_token_root(ops, prefix);
    field = crm_token_field(ops, token);
    id = crm_token_id(ops, token);

    crm_change_check(ops, CRM_CHECK_FIELD_EQ, root, field,
                     crm_token_value(ops, token, user), CRM_FAILED_VERSION);

    crm_ops_put(ops, "HDEL", root, field, none, none);
    crm_ops_put(ops, "HDEL", crm_change_key(ops->arena, prefix, "tokens",
                                            user), id, none, none);
    crm_ops_put(ops, "HDEL", crm_change_key(ops->arena, prefix, "used", user),
                id, none, none);

    return ops->failed ? CRM_ERROR : CRM_OK;
}
