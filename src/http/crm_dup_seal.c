/*
 * Cursors of GET /duplicates: where a page ends is the size and the hash of a
 * group that the caller may not see the whole of, so it is sealed with a
 * secret of the tenant's (`seal' of the root hash, made when it is first asked
 * for) and some salt, which makes a secret for this one text.
 */

#include "crm_digest.h"
#include "crm_dup_http.h"


#define CRM_DUP_SECRET  32


ngx_int_t
crm_dup_seal_take(crm_flow_t *f, crm_str_t *secret)
{
    crm_str_t           text, none = crm_null_string;
    u_char              random[CRM_DUP_SECRET];
    const crm_reply_t  *reply = &f->reply[f->nreply - 1];

    if (crm_reply_is_string(reply)) {
        return crm_arena_dup(&f->arena, secret, reply->str.data,
                             reply->str.len)
               == CRM_OK ? NGX_OK : NGX_ERROR;
    }

    crm_random_bytes(random, sizeof(random));

    text.data = random;
    text.len = sizeof(random);

    if (crm_base64url_encode(&f->arena, &text, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_flow_call(f, "HSETNX", f->tenant->root, crm_str("seal"), text, none);
    crm_dup_seal_ask(f);

    return NGX_AGAIN;
}


void
crm_dup_seal_ask(crm_flow_t *f)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("seal"), none, none);
}


static crm_str_t
crm_dup_seal_secret(crm_flow_t *f, const crm_str_t *secret,
    const crm_cursor_t *salt)
{
    return crm_arena_printf(&f->arena, "%.*s %lld %lld", (int) secret->len,
                            secret->data, (long long) salt->score,
                            (long long) salt->id);
}


/* always of one length, as that would tell, too */

ngx_int_t
crm_dup_seal(crm_flow_t *f, const crm_str_t *secret, const crm_cursor_t *after,
    crm_cursor_t *sealed)
{
    crm_str_t  own, text;

    sealed->source = 0;
    crm_random_bytes(&sealed->score, sizeof(sealed->score));
    crm_random_bytes(&sealed->id, sizeof(sealed->id));

    own = crm_dup_seal_secret(f, secret, sealed);
    text = crm_arena_printf(&f->arena, "%019lld%019lld",
                            (long long) after->score, (long long) after->id);

    return own.data != NULL && text.data != NULL
           && crm_seal(&f->arena, &own, &text, &sealed->text) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_dup_unseal(crm_flow_t *f, const crm_str_t *secret, crm_cursor_t *cursor)
{
    int        rc;
    crm_str_t  own, text, id;

    own = crm_dup_seal_secret(f, secret, cursor);
    if (own.data == NULL) {
        return NGX_ERROR;
    }

    rc = crm_unseal(&f->arena, &own, &cursor->text, &text);

    if (rc == CRM_OK) {
        id.data = text.data + text.len / 2;
        id.len = text.len / 2;
        text.len /= 2;

        if (crm_str_int(&text, &cursor->score) != CRM_OK
            || crm_str_int(&id, &cursor->id) != CRM_OK)
        {
            rc = CRM_DECLINED;
        }
    }

    if (rc == CRM_DECLINED) {
        (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        return NGX_DECLINED;
    }

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}
