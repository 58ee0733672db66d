/* What the files of authentication share, and nobody else sees. */

#ifndef CRM_AUTH_INT_H
#define CRM_AUTH_INT_H

#include "crm_auth.h"


/* what the look-up asks of the root hash, in this order */
enum {
    CRM_ROOT_STATE = 0,
    CRM_ROOT_CONF,
    CRM_ROOT_WRITES,
    CRM_ROOT_LEAD,
    CRM_ROOT_CONTACT,
    CRM_ROOT_ACTIVITY,
    CRM_ROOT_ORDER,
    CRM_ROOT_TOKEN,
    CRM_ROOT_N
};


/* ---- crm_auth_look.c ----------------------------------------------------- */

/* queues the look-up: one reply, as above; without a token the last is not
   asked */
void crm_auth_root(crm_flow_t *f);

/* whether the look-up of another request in this turn of the event loop will
   prove this one, too: q->follows; q->shared is its number */
void crm_auth_share(crm_flow_t *f, crm_token_t *token);

/*
 * The warm path: what was assumed is compared with what Redis says.  Any
 * difference, and everything begins anew the slow way.
 */
ngx_uint_t crm_auth_proven(crm_flow_t *f, crm_token_t *token);

/* the version that the look-up found is that of the snapshot */
ngx_uint_t crm_auth_conf_is(const crm_conf_t *conf,
    const crm_str_t *version);

/* the counters that came with the look-up */
void crm_auth_counters(crm_flow_t *f, const crm_reply_t *root);

/* last_used_at, by the way and not awaited */
void crm_auth_touch(crm_flow_t *f, crm_token_t *token);

#endif /* CRM_AUTH_INT_H */
