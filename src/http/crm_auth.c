/*
 * Who asks, from the request's headers to its handler's first step: the warm
 * path, where the proof comes with the handler's replies, and the cold one;
 * see crm_auth.h.  The look-up itself is in crm_auth_look.c.
 */

#include "crm_auth_int.h"
#include "crm_conf_load.h"
#include "crm_cors.h"
#include "crm_idem.h"
#include "crm_respond.h"
#include "crm_route.h"
#include "crm_slug.h"


#define CRM_TOKEN_HASHES   256          /* one for each first byte of mark */

typedef struct {
    u_char  mark[16];
    u_char  text[CRM_SHA256_TEXT];
} crm_token_hash_t;


static ngx_int_t crm_auth_cold(crm_flow_t *f);
static ngx_int_t crm_auth_looked_up(crm_flow_t *f);
static ngx_int_t crm_auth_conf_loaded(crm_flow_t *f);
static ngx_int_t crm_auth_approve(crm_flow_t *f);
static ngx_int_t crm_auth_held(crm_flow_t *f);
static ngx_int_t crm_auth_replay(crm_flow_t *f);


ngx_int_t
crm_auth_slug(ngx_http_request_t *r, crm_str_t *slug)
{
    ngx_str_t        value;
    crm_loc_conf_t  *clcf;

    slug->len = 0;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_crm_module);

    if (clcf == NULL || clcf->tenant == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, clcf->tenant, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    slug->data = value.data;
    slug->len = value.len;

    if (!crm_slug_valid(slug)) {
        slug->len = 0;
    }

    return NGX_OK;
}


/*
 * SHA-256 of the token, the name it is stored under.  It is a tenth of the
 * work of a read: the few tokens in use are recognised by a keyed hash, so
 * that no token itself is kept.
 */

static void
crm_auth_hash(crm_request_t *q)
{
    u_char             mark[16];
    crm_token_hash_t  *seen;

    static crm_token_hash_t  hashes[CRM_TOKEN_HASHES];

    crm_hash128(mark, q->token.data, q->token.len);

    seen = &hashes[mark[0]];

    if (ngx_memcmp(seen->mark, mark, sizeof(mark)) != 0) {
        ngx_memcpy(seen->mark, mark, sizeof(mark));
        (void) crm_sha256_text(seen->text, q->token.data, q->token.len);
    }

    ngx_memcpy(q->token_hash, seen->text, CRM_SHA256_TEXT);
}


void
crm_auth_bearer(crm_request_t *q)
{
    u_char           *p, *end;
    ngx_table_elt_t  *header = q->r->headers_in.authorization;

    q->token.len = 0;

    if (header == NULL || header->value.len < sizeof("Bearer ")
        || ngx_strncasecmp(header->value.data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return;
    }

    p = header->value.data + sizeof("Bearer ") - 1;
    end = header->value.data + header->value.len;

    while (p < end && *p == ' ') {
        p++;
    }

    q->token.data = p;
    q->token.len = end - p;

    crm_auth_hash(q);
}


/* tenant, token and route of the request; once, not again on a retry */

static ngx_int_t
crm_auth_prepare(crm_flow_t *f)
{
    crm_str_t       slug;
    crm_request_t  *q = crm_request(f);

    if (crm_auth_slug(q->r, &slug) != NGX_OK) {
        return NGX_ERROR;
    }

    if (slug.len == 0) {
        (void) crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
        return NGX_DECLINED;
    }

    f->tenant = crm_tenant_get(f->worker->tenants, &slug);
    if (f->tenant == NULL) {
        return NGX_ERROR;
    }

    crm_auth_bearer(q);

    crm_route_match(q, crm_routes, &q->r->uri);

    return NGX_OK;
}


/* the caller by the snapshot; NGX_DECLINED: 401 */

static ngx_int_t
crm_auth_user(crm_flow_t *f, crm_token_t *token)
{
    crm_record_t  *user;

    if (token == NULL
        || (token->expires != 0 && token->expires <= f->now))
    {
        return NGX_DECLINED;
    }

    user = crm_conf_find(f->conf, CRM_KIND_USER, token->user);

    if (user == NULL || !user->v[CRM_USER_ACTIVE].num) {
        return NGX_DECLINED;
    }

    f->user = user;
    f->role = user->v[CRM_USER_ROLE].num;

    return NGX_OK;
}


/* route, method, role, then whether the answer is known; NGX_DECLINED: the
   answer says what is wrong */

static ngx_int_t
crm_auth_admit(crm_flow_t *f)
{
    crm_request_t  *q = crm_request(f);

    f->idem_key.len = 0;                /* a retry may be refused */

    if (q->route == NULL) {
        (void) crm_flow_problem(f, q->allowed ? CRM_P_METHOD_NOT_ALLOWED
                                              : CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    if (!(q->route->roles & (1 << f->role))) {
        (void) crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
        return NGX_DECLINED;
    }

    if (crm_params_parse(&f->arena, (crm_str_t *) &q->args, &q->params)
        != CRM_OK)
    {
        (void) crm_flow_problem(f, CRM_P_INVALID_PARAMETER,
                                "the query string is not well-formed");
        return NGX_DECLINED;
    }

    return crm_idem_look_up(f);
}


static void
crm_auth_set_conf(crm_flow_t *f)
{
    if (f->conf != NULL) {
        crm_conf_release(f->conf);
    }

    f->conf = crm_tenant_conf(f->tenant);
    f->user = NULL;                     /* was a record of the old one */
}


ngx_int_t
crm_auth_start(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_token_t    *token;
    crm_request_t  *q = crm_request(f);

    if (f->tenant == NULL) {

        if (crm_cors_preflight(q) == NGX_OK) {
            return NGX_OK;
        }

        rc = crm_auth_prepare(f);

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
        }
    }

    if (q->route != NULL && q->route->roles == CRM_MAY_PUBLIC) {
        return q->route->handler(f);
    }

    q->approved = 0;
    crm_auth_set_conf(f);

    token = q->token.len > 0
            ? crm_token_find(f->worker->tenants, f->tenant, q->token_hash)
            : NULL;

    if (f->conf == NULL || crm_auth_user(f, token) != NGX_OK) {
        return crm_auth_cold(f);
    }

    crm_auth_share(f, token);

    if (!q->follows) {
        crm_auth_root(f);
    }

    f->approve = crm_auth_approve;

    rc = crm_auth_admit(f);

    if (rc == NGX_OK) {
        rc = q->route->handler(f);

    } else if (rc == NGX_DECLINED) {
        rc = NGX_OK;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    /* answered without a read of its own: kept until the caller is proven,
       with whatever else was queued dropped by nobody looking at it */

    return crm_auth_prove(f, crm_auth_held);
}


ngx_int_t
crm_auth_prove(crm_flow_t *f, crm_step_pt next)
{
    crm_request_t  *q = crm_request(f);

    if (q->approved) {
        return next(f);
    }

    if (q->follows) {
        q->follows = 0;
        crm_auth_root(f);
    }

    return crm_flow_wait(f, next);
}


static ngx_int_t
crm_auth_held(crm_flow_t *f)
{
    (void) f;

    return NGX_OK;
}


static ngx_int_t
crm_auth_approve(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_token_t    *token;
    crm_request_t  *q = crm_request(f);

    token = crm_token_find(f->worker->tenants, f->tenant, q->token_hash);

    if (!crm_auth_proven(f, token)) {
        f->answer = (crm_answer_t) { 0 };
        crm_faults_init(&f->answer.faults, &f->arena);

        return crm_auth_cold(f);
    }

    q->approved = 1;

    crm_auth_touch(f, token);

    if (f->idem_key.len > 0) {

        if (crm_idem_replay(f, &f->reply[0], &rc) == NGX_OK) {
            return rc;
        }

        crm_flow_shift(f, 1);
    }

    return f->next(f);
}


/* the slow way: look-up first, then the configuration, then the handler */

static ngx_int_t
crm_auth_cold(crm_flow_t *f)
{
    f->approve = NULL;

    if (f->batch != NULL) {
        crm_batch_free(f->batch);
        f->batch = NULL;
    }

    crm_auth_root(f);

    return crm_flow_wait(f, crm_auth_looked_up);
}


static ngx_int_t
crm_auth_looked_up(crm_flow_t *f)
{
    crm_request_t      *q = crm_request(f);
    const crm_reply_t  *root = &f->reply[0];

    if (!crm_reply_is_array(root) || root->n < CRM_ROOT_TOKEN) {
        return crm_flow_error(f);
    }

    if (crm_auth_state(f, &root->item[CRM_ROOT_STATE].str) != NGX_OK) {
        return NGX_OK;
    }

    if (q->token.len == 0 || root->n < CRM_ROOT_N
        || !crm_reply_is_string(&root->item[CRM_ROOT_TOKEN])
        || crm_token_put(f->worker->tenants, f->tenant, q->token_hash,
                         &root->item[CRM_ROOT_TOKEN].str)
           == NULL)
    {
        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    crm_auth_counters(f, root);

    /* a new token of a known configuration needs no second reading of it */

    if (crm_auth_conf_is(f->tenant->conf, &root->item[CRM_ROOT_CONF].str)) {
        crm_auth_set_conf(f);
        return crm_auth_conf_loaded(f);
    }

    return crm_conf_load_begin(f, crm_auth_conf_loaded);
}


static ngx_int_t
crm_auth_conf_loaded(crm_flow_t *f)
{
    crm_token_t    *token;
    crm_request_t  *q = crm_request(f);

    token = crm_token_find(f->worker->tenants, f->tenant, q->token_hash);

    /* another one took its place while the configuration was read: that is
       in memory now, so the next look-up is the last */

    if (token == NULL) {
        return crm_auth_cold(f);
    }

    if (crm_auth_user(f, token) != NGX_OK) {
        crm_token_forget(token);

        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    q->approved = 1;

    crm_auth_touch(f, token);

    switch (crm_auth_admit(f)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NGX_OK;

    default:
        return NGX_ERROR;
    }

    return f->idem_key.len > 0 ? crm_flow_wait(f, crm_auth_replay)
                               : q->route->handler(f);
}


static ngx_int_t
crm_auth_replay(crm_flow_t *f)
{
    ngx_int_t  rc;

    if (crm_idem_replay(f, &f->reply[0], &rc) == NGX_OK) {
        return rc;
    }

    return crm_request(f)->route->handler(f);
}


ngx_uint_t
crm_may_see(crm_flow_t *f, const crm_record_t *lead)
{
    const crm_value_t  *user = &lead->v[CRM_LEAD_USER_ID];

    /* mail may be about any lead, and shows nothing of it */

    if (crm_sees_all(f) || f->role == CRM_ROLE_MAIL_GATEWAY) {
        return 1;
    }

    return f->role == CRM_ROLE_SALESPERSON
           && (!user->set || user->num == crm_record_id(f->user));
}
