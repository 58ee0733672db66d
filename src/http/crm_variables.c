/* what access_log and limit_req_zone can use; see crm_variables.h */

#include "crm_auth.h"
#include "crm_route.h"
#include "crm_variables.h"


static ngx_int_t crm_variable_tenant(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t crm_variable_request(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


enum {
    CRM_VARIABLE_USER = 0,
    CRM_VARIABLE_ROUTE,
    CRM_VARIABLE_REDIS_TIME
};


static ngx_http_variable_t  crm_variables[] = {

    { ngx_string("crm_tenant"), NULL, crm_variable_tenant,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("crm_user"), NULL, crm_variable_request,
      CRM_VARIABLE_USER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("crm_route"), NULL, crm_variable_request,
      CRM_VARIABLE_ROUTE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("crm_redis_time"), NULL, crm_variable_request,
      CRM_VARIABLE_REDIS_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/* known before the handler runs, so that limit_req_zone can use it */

static ngx_int_t
crm_variable_tenant(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    crm_str_t  slug;

    if (crm_auth_slug(r, &slug) != NGX_OK) {
        return NGX_ERROR;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = slug.len == 0;
    v->data = slug.data;
    v->len = slug.len;

    return NGX_OK;
}


static ngx_int_t
crm_variable_request(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char         *p;
    crm_request_t  *q;

    q = crm_request_get(r);

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 1;

    if (q == NULL || (data == CRM_VARIABLE_USER && q->flow.user == NULL)
        || (data == CRM_VARIABLE_ROUTE && q->route == NULL))
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, 256);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;
    v->not_found = 0;

    switch (data) {

    case CRM_VARIABLE_USER:
        p = crm_int_print(p, crm_record_id(q->flow.user));
        break;

    case CRM_VARIABLE_ROUTE:
        p = ngx_snprintf(p, 256, "%V %*s", &r->method_name,
                         q->route->path.len, q->route->path.data);
        break;

    default:
        p = ngx_sprintf(p, "%uL.%03uL", q->flow.redis_time / 1000,
                        q->flow.redis_time % 1000);
    }

    v->len = p - v->data;

    return NGX_OK;
}


ngx_int_t
crm_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = crm_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
