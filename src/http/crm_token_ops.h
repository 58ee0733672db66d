/*
 * Tokens as writes of a commit: made by the users API and by the operator,
 * kept in two places (keys.md): the root hash proves one in the look-up of
 * every request, the user's hash lists them.
 */

#ifndef CRM_TOKEN_OPS_H
#define CRM_TOKEN_OPS_H

#include "crm_digest.h"
#include "crm_lead.h"


/*
 * A new token for a user.  `token` is a record of CRM_KIND_TOKEN with an id
 * (crm_tenant_next_id) and whatever of name and expires_at is wanted; it gets
 * version, instants and hash.  *secret is what is shown once.  Adds the check
 * that the id is free (tag CRM_FAILED_ID: read `id:token` of the root hash
 * and take another), and the writes.  Put HINCRBYs before it.
 */
int crm_token_make_ops(crm_ops_t *ops, const crm_str_t *prefix,
    crm_record_t *token, int64_t user, int64_t now, crm_str_t *secret);

/* the same without the check: for the first token of a tenant, whose root
   hash the same commit writes */
int crm_token_first_ops(crm_ops_t *ops, const crm_str_t *prefix,
    crm_record_t *token, int64_t user, int64_t now, crm_str_t *secret);

/* the token is worth nothing from this commit on; needs id and hash.  Adds
   the check that it is still there (tag CRM_FAILED_VERSION). */
int crm_token_revoke_ops(crm_ops_t *ops, const crm_str_t *prefix,
    const crm_record_t *token, int64_t user);

#endif /* CRM_TOKEN_OPS_H */
