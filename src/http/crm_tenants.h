/*
 * Tenants as the operator sees them: what the files of the operator API
 * share.
 *
 * A tenant is its root hash (keys.md): `state', `v' version, `ct', `ut' as
 * of records; and the settings of its own API.
 */

#ifndef CRM_TENANTS_H
#define CRM_TENANTS_H

#include "crm_operator.h"


enum { CRM_TENANT_ACTIVE, CRM_TENANT_SUSPENDED, CRM_TENANT_CREATING,
       CRM_TENANT_DELETING };

/* the fields, after those that every entity has */
enum {
    CRM_TENANT_SLUG = CRM_COMMON_FIELDS,
    CRM_TENANT_COMPANY_NAME,
    CRM_TENANT_CURRENCY,
    CRM_TENANT_TIMEZONE,
    CRM_TENANT_LOCALE,
    CRM_TENANT_SUSPENDED_FLAG,
    CRM_TENANT_STATE,
    CRM_TENANT_NFIELDS
};

enum { CRM_ADMIN_NAME, CRM_ADMIN_EMAIL };

extern const crm_entity_t  crm_tenant_entity;
extern const crm_entity_t  crm_admin_entity;        /* of POST /tenants */
extern const crm_entity_t  crm_tenant_token_entity; /* of POST .../tokens */
extern const crm_entity_t  crm_tenant_check_entity; /* of POST .../check */


/* a tenant as it was read */
typedef struct {
    crm_str_t      slug;
    unsigned       registered:1;
    crm_str_t      state;           /* empty: there is no root hash */
    crm_str_t      conf;            /* the counter's text */
    crm_str_t      nonce;           /* of who creates it */
    crm_record_t  *rec;             /* crm_tenant_entity */
    crm_record_t  *settings;        /* NULL: gone, or not there yet */
} crm_tenant_seen_t;

/* commands that crm_tenants_ask() queues for one tenant */
#define CRM_TENANTS_ASK_N  3


/* P tenant, P conf:settings and others of a tenant without an entry */
crm_str_t crm_tenants_key(crm_flow_t *f, const crm_str_t *slug,
    const char *rest);

/* queues what crm_tenants_take() takes */
void crm_tenants_ask(crm_flow_t *f, const crm_str_t *slug);

/* the answer to a copy of the request lies with the tenant, as what it wrote:
   queues its look-up, if there is an Idempotency-Key */
void crm_tenants_ask_again(crm_flow_t *f, const crm_str_t *slug);

ngx_int_t crm_tenants_take(crm_flow_t *f, const crm_str_t *slug,
    const crm_reply_t *replies, crm_tenant_seen_t *seen);

/* the slug of the path; NGX_DECLINED: 404 is prepared */
ngx_int_t crm_tenants_slug(crm_flow_t *f, crm_str_t *slug);

#endif /* CRM_TENANTS_H */
