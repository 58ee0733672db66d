/*
 * Who asks: tenant, token, user, role (api.md, "Tenant", "Authentication").
 *
 * The order of checks is the contract's: tenant, authentication, route and
 * method, role; then the handler.  Where this worker has seen tenant and
 * token lately, the handler's first reads travel together with the look-up
 * that proves both, and nothing is answered before it is proven.
 */

#ifndef CRM_AUTH_H
#define CRM_AUTH_H

#include "crm_request.h"


/* first step of every request to the tenants' API */
ngx_int_t crm_auth_start(crm_flow_t *f);

/* for a handler whose first work is no read: the caller is proven before
   `next' runs */
ngx_int_t crm_auth_prove(crm_flow_t *f, crm_step_pt next);

/* by the state of the tenant's root hash; NGX_DECLINED: the flow has its
   problem */
ngx_int_t crm_auth_state(crm_flow_t *f, const crm_str_t *state);

/* the tenant of the request by crm_tenant; empty where there is none */
ngx_int_t crm_auth_slug(ngx_http_request_t *r, crm_str_t *slug);

/* q->token and its hash from the Authorization header; empty: none */
void crm_auth_bearer(crm_request_t *q);

/* the caller may see every lead (semantics: manager, admin) */
#define crm_sees_all(f)  ((f)->role == CRM_ROLE_MANAGER                       \
                          || (f)->role == CRM_ROLE_ADMIN)

/* a lead that the caller may see: theirs, nobody's, or any */
ngx_uint_t crm_may_see(crm_flow_t *f, const crm_record_t *lead);

#endif /* CRM_AUTH_H */
