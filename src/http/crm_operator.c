/* who may operate, and whether we do; see crm_operator.h */

#include "crm_auth.h"
#include "crm_idem.h"
#include "crm_operator.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_route.h"


#define CRM_READY_MS  "60000"           /* life of the key that is written */


static ngx_int_t crm_operator_known(crm_flow_t *f);
static ngx_int_t crm_health_ready_written(crm_flow_t *f);


/* both sides are hashes: their lengths say nothing about the key */

static ngx_uint_t
crm_operator_allowed(crm_request_t *q)
{
    crm_auth_bearer(q);

    return q->token.len > 0 && q->conf->operator_key.len == CRM_SHA256_TEXT
           && crm_secret_eq(q->token_hash, q->conf->operator_key.data,
                            CRM_SHA256_TEXT);
}


ngx_int_t
crm_operator_start(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_request_t  *q = crm_request(f);

    crm_route_match(q, crm_operator_routes, &q->r->uri);

    if ((q->route == NULL || q->route->roles != CRM_MAY_PUBLIC)
        && !crm_operator_allowed(q))
    {
        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    if (q->route == NULL) {
        return crm_flow_problem(f, q->allowed ? CRM_P_METHOD_NOT_ALLOWED
                                              : CRM_P_NOT_FOUND, NULL);
    }

    if (crm_params_parse(&f->arena, (crm_str_t *) &q->args, &q->params)
        != CRM_OK)
    {
        return crm_flow_problem(f, CRM_P_INVALID_PARAMETER,
                                "the query string is not well-formed");
    }

    rc = crm_idem_look_up(f);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return f->idem_key.len > 0 ? crm_flow_wait(f, crm_operator_known)
                               : q->route->handler(f);
}


static ngx_int_t
crm_operator_known(crm_flow_t *f)
{
    ngx_int_t  rc;

    if (crm_idem_replay(f, &f->reply[0], &rc) == NGX_OK) {
        return rc;
    }

    return crm_request(f)->route->handler(f);
}


static void
crm_health_answer(crm_flow_t *f, const char *status)
{
    crm_out_t  *out;

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_out_lit(out, "{\"status\":\"");
    crm_out_bytes(out, status, ngx_strlen(status));
    crm_out_lit(out, "\"}");

    f->answer.cache_control = crm_str("no-store");
}


ngx_int_t
crm_health_live(crm_flow_t *f)
{
    crm_health_answer(f, "live");

    return NGX_OK;
}


/*
 * A write, because a replica and a full or broken disk still answer reads:
 * whatever Redis refuses ends the flow with 503.
 */

ngx_int_t
crm_health_ready(crm_flow_t *f)
{
    crm_str_t  argv[5];

    if (!crm_redis_ready(f->worker->redis)
        || !crm_redis_ready(f->worker->bulk))
    {
        return crm_flow_problem(f, CRM_P_STORE_UNAVAILABLE, NULL);
    }

    argv[0] = crm_str("SET");
    argv[1] = crm_str(CRM_REGISTRY_READY);
    argv[2] = crm_str("1");
    argv[3] = crm_str("PX");
    argv[4] = crm_str(CRM_READY_MS);

    crm_flow_cmd(f, 5, argv);

    return crm_flow_wait(f, crm_health_ready_written);
}


static ngx_int_t
crm_health_ready_written(crm_flow_t *f)
{
    crm_health_answer(f, "ready");

    return NGX_OK;
}
