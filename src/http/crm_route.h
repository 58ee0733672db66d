/*
 * The table of routes (design.md, "One request", 1): routing, 405 and Allow,
 * roles, metrics names and the OpenAPI document come from it.
 */

#ifndef CRM_ROUTE_H
#define CRM_ROUTE_H

#include "crm_request.h"


/* who may; a set of 1 << CRM_ROLE_* */
#define CRM_MAY_SALES    ((1 << CRM_ROLE_SALESPERSON) | CRM_MAY_MANAGER)
#define CRM_MAY_MANAGER  ((1 << CRM_ROLE_MANAGER) | CRM_MAY_ADMIN)
#define CRM_MAY_ADMIN    (1 << CRM_ROLE_ADMIN)
#define CRM_MAY_MAIL     (1 << CRM_ROLE_MAIL_GATEWAY)
#define CRM_MAY_ALL      (CRM_MAY_SALES | CRM_MAY_MAIL)
#define CRM_MAY_PUBLIC   0              /* no token needed */

/* what the answer is, for OpenAPI */
typedef enum {
    CRM_GIVES_OBJECT = 0,
    CRM_GIVES_LIST,
    CRM_GIVES_CREATED,          /* 201, Location */
    CRM_GIVES_NOTHING,          /* 204 */
    CRM_GIVES_JOB,              /* 202, Location */
    CRM_GIVES_REPORT,           /* JSON, CSV, or a job */
    CRM_GIVES_OTHER             /* crm_openapi_extra.c says */
} crm_gives_t;

struct crm_route_s {
    ngx_uint_t           method;        /* NGX_HTTP_GET ... */
    crm_str_t            path;          /* "/leads/{id}/move" */
    unsigned             roles;
    crm_step_pt          handler;
    crm_kind_t           kind;          /* CRM_KIND_NONE: none */
    crm_gives_t          gives;
    const crm_entity_t  *input;         /* of the body; NULL: the kind's own
                                           for POST and PATCH, else none */
    const char          *summary;
};


extern const crm_route_t  crm_routes[];         /* path.len 0 ends */
extern const crm_route_t  crm_operator_routes[];

/* number of a route in its table: for metrics */
ngx_uint_t crm_route_number(const crm_route_t *table,
    const crm_route_t *route);

/*
 * Fills q->route, q->id, q->slug, q->allowed from a URI.  q->route is NULL
 * where no path below the location (allowed 0) or no method of it matches.
 */
void crm_route_match(crm_request_t *q, const crm_route_t *table,
    const ngx_str_t *uri);

/* "GET, HEAD, PATCH" of a set of methods; at most 64 bytes */
u_char *crm_route_allow(u_char *p, ngx_uint_t methods);

#endif /* CRM_ROUTE_H */
