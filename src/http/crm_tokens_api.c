/* the tokens of a user (api.md, sections 1 and 2) */

#include "crm_change.h"
#include "crm_handlers.h"
#include "crm_list.h"
#include "crm_respond.h"
#include "crm_token_ops.h"
#include "crm_write.h"


#define CRM_TOKENS_MAX  100             /* of one user, by an admin */


typedef struct {
    crm_query_t    query;
    crm_input_t    input;
} crm_tokens_t;


static ngx_int_t crm_tokens_loaded(crm_flow_t *f);
static ngx_int_t crm_token_numbered(crm_flow_t *f);
static ngx_int_t crm_token_found(crm_flow_t *f);


/* those of the user of the path, when each was used, the last id given */

static ngx_int_t
crm_tokens_ask(crm_flow_t *f, crm_step_pt next)
{
    long long        user = crm_request(f)->id[0];
    const crm_str_t  none = crm_null_string;

    if (crm_conf_find(f->conf, CRM_KIND_USER, user) == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    crm_flow_call(f, "HGETALL", crm_flow_key(f, "tokens:%lld", user),
                  none, none, none);
    crm_flow_call(f, "HGETALL", crm_flow_key(f, "used:%lld", user),
                  none, none, none);
    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:token"),
                  none, none);

    return crm_flow_wait(f, next);
}


ngx_int_t
crm_tokens_list(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_tokens_t  *t;

    t = crm_arena_calloc(&f->arena, sizeof(crm_tokens_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    f->data = t;

    rc = crm_query_parse(f, &crm_request(f)->params,
                         &crm_entities[CRM_KIND_TOKEN], &t->query);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_tokens_ask(f, crm_tokens_loaded);
}


static void
crm_token_used(crm_record_t *token, const crm_reply_t *used)
{
    int64_t     id, ms;
    ngx_uint_t  i;

    for (i = 0; i + 1 < used->n; i += 2) {

        if (crm_str_int(&used->item[i].str, &id) == CRM_OK
            && id == crm_record_id(token)
            && crm_str_int(&used->item[i + 1].str, &ms) == CRM_OK)
        {
            crm_value_set_num(&token->v[CRM_TOKEN_LAST_USED_AT], ms);
        }
    }
}


/* every token of the user from the replies to crm_tokens_ask(): those that
   the operator has made come on top of CRM_TOKENS_MAX */

static ngx_int_t
crm_tokens_take(crm_flow_t *f, crm_record_t ***rec, ngx_uint_t *n)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[0];

    *n = reply->n / 2;
    *rec = crm_arena_alloc(&f->arena, (*n + 1) * sizeof(crm_record_t *));

    if (*rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < *n; i++) {

        if (crm_record_unpack(&f->arena, &crm_entities[CRM_KIND_TOKEN],
                              &reply->item[2 * i + 1].str, &(*rec)[i])
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        crm_token_used((*rec)[i], &f->reply[1]);
    }

    return NGX_OK;
}


static ngx_int_t
crm_tokens_loaded(crm_flow_t *f)
{
    ngx_uint_t      n;
    crm_tokens_t   *t = f->data;
    crm_record_t  **rec;

    if (crm_tokens_take(f, &rec, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_list_memory(f, &t->query, rec, n);
}


ngx_int_t
crm_token_create(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_tokens_t  *t;

    t = crm_arena_calloc(&f->arena, sizeof(crm_tokens_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    f->data = t;

    rc = crm_write_action(f, &crm_entities[CRM_KIND_TOKEN], &t->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_tokens_ask(f, crm_token_numbered);
}


static ngx_int_t
crm_token_numbered(crm_flow_t *f)
{
    int64_t         seen;
    crm_out_t      *out;
    crm_ops_t       ops;
    crm_rule_t      rule;
    crm_str_t       secret;
    crm_record_t   *token;
    crm_tokens_t   *t = f->data;
    crm_request_t  *q = crm_request(f);

    if (f->reply[0].n / 2 >= CRM_TOKENS_MAX) {
        return crm_flow_problem(f, CRM_P_TOO_MANY, NULL);
    }

    if (crm_str_int(&f->reply[2].str, &seen) != CRM_OK) {
        seen = 0;
    }

    token = crm_input_create(&f->arena, &t->input);
    if (token == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&token->v[CRM_ID],
                      crm_tenant_next_id(f->tenant, CRM_KIND_TOKEN, seen));

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    crm_change_conf(&ops, &rule);

    if (crm_token_make_ops(&ops, &f->tenant->prefix, token, q->id[0], f->now,
                           &secret)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_char(out, '{');
    crm_record_json_fields(out, token, NULL);
    crm_out_lit(out, ",\"token\":");
    crm_out_json(out, &secret);
    crm_out_char(out, '}');

    crm_answer_etag(f, crm_record_version(token), 0);
    crm_answer_location(f, "/users/%lld/tokens/%lld", (long long) q->id[0],
                        (long long) crm_record_id(token));
    f->answer.cache_control = crm_str("no-store");
    f->answer.secret = 1;

    return crm_write_commit(f, &ops);
}


ngx_int_t
crm_token_delete(crm_flow_t *f)
{
    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    return crm_tokens_ask(f, crm_token_found);
}


static ngx_int_t
crm_token_found(crm_flow_t *f)
{
    crm_ops_t       ops;
    ngx_uint_t      i, n;
    crm_record_t  **rec;
    crm_request_t  *q = crm_request(f);

    if (crm_tokens_take(f, &rec, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < n && crm_record_id(rec[i]) != q->id[1]; i++) {
        /* void */
    }

    if (i == n) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (crm_write_match(f, rec[i]) != NGX_OK) {
        return NGX_OK;
    }

    crm_ops_init(&ops, &f->arena);

    if (crm_token_revoke_ops(&ops, &f->tenant->prefix, rec[i], q->id[0])
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_answer_nothing(f);

    return crm_write_commit(f, &ops);
}
