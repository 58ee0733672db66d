/*
 * The look-up that proves tenant, token and configuration: what it asks, who
 * shares it, and whether it says what was assumed; see crm_auth_int.h.
 */

#include "crm_auth_int.h"
#include "crm_route.h"


#define CRM_TOKEN_TOUCH_MS  60000       /* last_used_at is this exact */


void
crm_auth_root(crm_flow_t *f)
{
    crm_str_t       argv[2 + CRM_ROOT_N];
    ngx_uint_t      n;
    u_char          field[CRM_SHA256_TEXT + 2];
    crm_request_t  *q = crm_request(f);

    argv[0] = crm_str("HMGET");
    argv[1] = f->tenant->root;
    argv[2 + CRM_ROOT_STATE] = crm_str("state");
    argv[2 + CRM_ROOT_CONF] = crm_str("conf");
    argv[2 + CRM_ROOT_WRITES] = crm_str("writes");
    argv[2 + CRM_ROOT_LEAD] = crm_str("id:lead");
    argv[2 + CRM_ROOT_CONTACT] = crm_str("id:contact");
    argv[2 + CRM_ROOT_ACTIVITY] = crm_str("id:activity");
    argv[2 + CRM_ROOT_ORDER] = crm_str("id:order");

    n = 2 + CRM_ROOT_TOKEN;

    if (q->token.len > 0) {
        field[0] = 'k';
        field[1] = ':';
        ngx_memcpy(field + 2, q->token_hash, CRM_SHA256_TEXT);

        argv[n].data = field;
        argv[n++].len = CRM_SHA256_TEXT + 2;
    }

    crm_flow_cmd(f, n, argv);
}


/*
 * One look-up proves every read of a single record that the same token sends
 * in the same turn of the event loop: it is the first in the pipeline, so
 * what follows it in there is as new as if each had asked.  Should the
 * request that asked go away, the others find nothing proven and ask anew.
 */

static uint64_t     crm_auth_turn = 1;
static ngx_event_t  crm_auth_turn_over;


static void
crm_auth_next_turn(ngx_event_t *ev)
{
    (void) ev;

    crm_auth_turn++;
}


void
crm_auth_share(crm_flow_t *f, crm_token_t *token)
{
    crm_request_t      *q = crm_request(f);
    const crm_route_t  *route = q->route;

    static uint64_t  number;

    q->follows = 0;
    q->shared = 0;

    if (route == NULL || route->method != NGX_HTTP_GET
        || route->gives != CRM_GIVES_OBJECT
        || (route->kind != CRM_KIND_LEAD && route->kind != CRM_KIND_CONTACT))
    {
        return;
    }

    if (token->turn == crm_auth_turn) {
        q->shared = token->asked;
        q->follows = 1;
        return;
    }

    token->turn = crm_auth_turn;
    token->asked = ++number;
    q->shared = number;

    if (!crm_auth_turn_over.posted) {
        crm_auth_turn_over.handler = crm_auth_next_turn;
        crm_auth_turn_over.log = f->worker->log;
        ngx_post_event(&crm_auth_turn_over, &ngx_posted_events);
    }
}


ngx_int_t
crm_auth_state(crm_flow_t *f, const crm_str_t *state)
{
    if (crm_str_is(state, "active")) {
        f->tenant->known = 1;
        return NGX_OK;
    }

    if (crm_str_is(state, "suspended")) {
        (void) crm_flow_problem(f, CRM_P_TENANT_SUSPENDED, NULL);

    } else {
        f->tenant->known = 0;
        (void) crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    return NGX_DECLINED;
}


void
crm_auth_counters(crm_flow_t *f, const crm_reply_t *root)
{
    if (crm_str_int(&root->item[CRM_ROOT_WRITES].str, &f->writes) != CRM_OK) {
        f->writes = 0;
    }

    crm_tenant_seen_id(f->tenant, CRM_KIND_LEAD,
                       &root->item[CRM_ROOT_LEAD].str);
    crm_tenant_seen_id(f->tenant, CRM_KIND_CONTACT,
                       &root->item[CRM_ROOT_CONTACT].str);
    crm_tenant_seen_id(f->tenant, CRM_KIND_ACTIVITY,
                       &root->item[CRM_ROOT_ACTIVITY].str);
    crm_tenant_seen_id(f->tenant, CRM_KIND_ORDER,
                       &root->item[CRM_ROOT_ORDER].str);
}


void
crm_auth_touch(crm_flow_t *f, crm_token_t *token)
{
    u_char        text[2][NGX_INT64_LEN];
    crm_str_t     argv[4];
    crm_batch_t  *batch;

    if (f->now - token->touched < CRM_TOKEN_TOUCH_MS) {
        return;
    }

    token->touched = f->now;

    batch = crm_batch_create(f->worker->redis);
    if (batch == NULL) {
        return;
    }

    argv[0] = crm_str("HSET");
    argv[1] = crm_flow_key(f, "used:%lld", (long long) token->user);
    argv[2].data = text[0];
    argv[2].len = crm_int_print(text[0], token->token) - text[0];
    argv[3].data = text[1];
    argv[3].len = crm_int_print(text[1], f->now) - text[1];

    crm_batch_add(batch, 4, argv);

    if (crm_batch_send(batch, NULL, NULL) != NGX_OK) {
        crm_batch_free(batch);
    }
}


ngx_uint_t
crm_auth_conf_is(const crm_conf_t *conf, const crm_str_t *version)
{
    int64_t  num;

    return conf != NULL && crm_str_int(version, &num) == CRM_OK
           && num == conf->version;
}


ngx_uint_t
crm_auth_proven(crm_flow_t *f, crm_token_t *token)
{
    crm_request_t      *q = crm_request(f);
    const crm_reply_t  *root = &f->reply[0];

    if (token == NULL) {
        return 0;
    }

    if (q->follows) {
        return token->proven == q->shared
               && f->conf->version == f->tenant->proven_conf;
    }

    if (!crm_reply_is_array(root) || root->n != CRM_ROOT_N
        || !crm_str_is(&root->item[CRM_ROOT_STATE].str, "active")
        || !crm_auth_conf_is(f->conf, &root->item[CRM_ROOT_CONF].str)
        || !crm_str_eq(&root->item[CRM_ROOT_TOKEN].str, &token->value))
    {
        crm_token_forget(token);
        return 0;
    }

    if (q->shared != 0) {
        token->proven = q->shared;
        f->tenant->proven_conf = f->conf->version;
    }

    crm_auth_counters(f, root);
    crm_flow_shift(f, 1);

    return 1;
}
