/* tenants over the operator API: list, read, change, new tokens */

#include "crm_change.h"
#include "crm_conf_load.h"
#include "crm_cursor.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_tenants.h"
#include "crm_text.h"
#include "crm_token_ops.h"
#include "crm_write.h"


#define CRM_TENANTS_LIMIT  50

typedef struct {
    int64_t     limit;
    int         total;
    uint32_t    n;                      /* of this page */
    unsigned    more:1;
    crm_str_t  *slug;
    int64_t     all;
} crm_tenants_page_t;

typedef struct {
    crm_str_t   slug;
    crm_str_t   email;                  /* folded */
    int64_t     token;                  /* last id given */
} crm_tenants_token_t;


static ngx_int_t crm_tenants_slugs(crm_flow_t *f);
static ngx_int_t crm_tenants_listed(crm_flow_t *f);
static ngx_int_t crm_tenants_counted(crm_flow_t *f);
static ngx_int_t crm_tenants_patch_seen(crm_flow_t *f);
static ngx_int_t crm_tenants_token_seen(crm_flow_t *f);
static ngx_int_t crm_tenants_token_make(crm_flow_t *f);


/* ---- list ------------------------------------------------------------------- */

static ngx_int_t
crm_tenants_bad(crm_flow_t *f, const char *name)
{
    crm_str_t  text;

    text.data = (u_char *) name;
    text.len = ngx_strlen(name);

    (void) crm_answer_bad_param(f, &text, NULL, 0);

    return NGX_DECLINED;
}


/* the slug behind which the page begins; empty: the first page */

static ngx_int_t
crm_tenants_page(crm_flow_t *f, crm_tenants_page_t *page, crm_str_t *after)
{
    int            rc;
    crm_str_t     *text;
    crm_cursor_t   cursor;
    crm_params_t  *params = &crm_request(f)->params;

    page->limit = CRM_TENANTS_LIMIT;
    after->len = 0;

    if (crm_param_int(&f->arena, params, "limit", 1, 1000, &page->limit)
        != CRM_OK)
    {
        return crm_tenants_bad(f, "limit");
    }

    if (crm_param_bool(params, "total", 0, &page->total) != CRM_OK) {
        return crm_tenants_bad(f, "total");
    }

    text = crm_param_get(params, "cursor");

    if (text != NULL) {
        rc = crm_cursor_decode(&f->arena, 0, text, &cursor);

        if (rc == CRM_DECLINED) {
            (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
            return NGX_DECLINED;
        }

        if (rc != CRM_OK) {
            return NGX_ERROR;
        }

        *after = cursor.text;
    }

    return crm_tenants_no_params(f);
}


ngx_int_t
crm_operator_list(crm_flow_t *f)
{
    crm_str_t            argv[7], after, none = crm_null_string;
    ngx_int_t            rc;
    crm_tenants_page_t  *page;

    page = crm_arena_calloc(&f->arena, sizeof(crm_tenants_page_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    f->data = page;

    rc = crm_tenants_page(f, page, &after);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    argv[0] = crm_str("ZRANGEBYLEX");
    argv[1] = crm_str(CRM_REGISTRY);
    argv[2] = after.len == 0
              ? crm_str("-")
              : crm_arena_printf(&f->arena, "(%.*s", (int) after.len,
                                 after.data);
    argv[3] = crm_str("+");
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_arena_printf(&f->arena, "%lld",
                               (long long) page->limit + 1);

    crm_flow_cmd(f, 7, argv);
    crm_flow_call(f, "ZCARD", crm_str(CRM_REGISTRY), none, none, none);

    return crm_flow_wait(f, crm_tenants_slugs);
}


static ngx_int_t
crm_tenants_slugs(crm_flow_t *f)
{
    uint32_t             i;
    crm_tenants_page_t  *page = f->data;
    const crm_reply_t   *reply = &f->reply[0];

    if (!crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    page->n = ngx_min(reply->n, page->limit);
    page->more = reply->n > page->n;
    page->all = f->reply[1].num;

    page->slug = crm_arena_alloc(&f->arena, (page->n + 1)
                                            * sizeof(crm_str_t));
    if (page->slug == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < page->n; i++) {
        page->slug[i] = reply->item[i].str;
        crm_tenants_ask(f, &page->slug[i]);
    }

    return page->n > 0 ? crm_flow_wait(f, crm_tenants_listed)
                       : crm_tenants_listed(f);
}


static ngx_int_t
crm_tenants_listed(crm_flow_t *f)
{
    uint32_t             i;
    crm_out_t           *out;
    crm_str_t            text;
    crm_cursor_t         cursor;
    crm_tenant_seen_t    seen;
    crm_tenants_page_t  *page = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_lit(out, "{\"data\":[");

    for (i = 0; i < page->n; i++) {

        if (crm_tenants_take(f, &page->slug[i],
                             &f->reply[i * CRM_TENANTS_ASK_N], &seen)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_record_json(out, seen.rec, NULL);
    }

    crm_out_lit(out, "],\"next_cursor\":");

    if (page->more) {
        ngx_memzero(&cursor, sizeof(crm_cursor_t));
        cursor.text = page->slug[page->n - 1];

        if (crm_cursor_encode(&f->arena, 0, &cursor, &text) != CRM_OK) {
            return NGX_ERROR;
        }

        crm_out_json(out, &text);

    } else {
        crm_out_lit(out, "null");
    }

    if (page->total) {
        crm_out_lit(out, ",\"total\":");
        crm_out_int(out, page->all);
    }

    crm_out_char(out, '}');

    return NGX_OK;
}


/* ---- read ------------------------------------------------------------------- */

/* what is counted: the commands' sum under one name */

static const struct {
    const char  *name;
    const char  *command;
    const char  *key[2];
} crm_tenants_counts[] = {
    { "users",         "HLEN",  { "conf:user", NULL } },
    { "teams",         "HLEN",  { "conf:team", NULL } },
    { "stages",        "HLEN",  { "conf:stage", NULL } },
    { "contacts",      "ZCARD", { "c:s:1:c", "c:s:0:c" } },
    { "leads",         "ZCARD", { "l:s:l1:c", "l:s:l0:c" } },
    { "opportunities", "ZCARD", { "l:s:o1:c", "l:s:o0:c" } }
};

#define CRM_TENANTS_COUNTS                                                    \
    (sizeof(crm_tenants_counts) / sizeof(crm_tenants_counts[0]))


ngx_int_t
crm_operator_read(crm_flow_t *f)
{
    ngx_int_t     rc;
    ngx_uint_t    i, k;
    crm_str_t     slug, none = crm_null_string;
    const char   *key;

    rc = crm_tenants_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &slug);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_tenants_ask(f, &slug);

    for (i = 0; i < CRM_TENANTS_COUNTS; i++) {
        for (k = 0; k < 2; k++) {
            key = crm_tenants_counts[i].key[k];

            if (key != NULL) {
                crm_flow_call(f, crm_tenants_counts[i].command,
                              crm_tenants_key(f, &slug, key), none, none,
                              none);
            }
        }
    }

    return crm_flow_wait(f, crm_tenants_counted);
}


static ngx_int_t
crm_tenants_counted(crm_flow_t *f)
{
    int64_t             n;
    crm_out_t          *out;
    crm_str_t           slug;
    ngx_uint_t          i, k;
    crm_reply_t        *reply;
    crm_tenant_seen_t   seen;

    if (crm_tenants_slug(f, &slug) != NGX_OK
        || crm_tenants_take(f, &slug, f->reply, &seen) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!seen.registered) {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_char(out, '{');
    crm_record_json_fields(out, seen.rec, NULL);
    crm_out_lit(out, ",\"counts\":{");

    reply = &f->reply[CRM_TENANTS_ASK_N];

    for (i = 0; i < CRM_TENANTS_COUNTS; i++) {

        for (n = 0, k = 0; k < 2; k++) {
            if (crm_tenants_counts[i].key[k] != NULL) {
                n += (reply++)->num;
            }
        }

        crm_out_bytes(out, ",\"", i > 0 ? 2 : 0);

        if (i == 0) {
            crm_out_char(out, '"');
        }

        crm_out_bytes(out, crm_tenants_counts[i].name,
                      ngx_strlen(crm_tenants_counts[i].name));
        crm_out_lit(out, "\":");
        crm_out_int(out, n);
    }

    crm_out_lit(out, "}}");

    return NGX_OK;
}


/* ---- change ----------------------------------------------------------------- */

ngx_int_t
crm_operator_patch(crm_flow_t *f)
{
    ngx_int_t     rc;
    crm_str_t     slug;
    crm_input_t  *input;

    input = crm_arena_alloc(&f->arena, sizeof(crm_input_t));
    if (input == NULL) {
        return NGX_ERROR;
    }

    f->data = input;

    rc = crm_tenants_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &slug);
    }

    if (rc == NGX_OK) {
        rc = crm_write_input(f, &crm_tenant_entity, CRM_INPUT_PATCH, -1,
                             input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_tenants_ask(f, &slug);

    return crm_flow_wait(f, crm_tenants_patch_seen);
}


/* settings->company_name, where it is another one */

static ngx_int_t
crm_tenants_rename(crm_flow_t *f, const crm_tenant_seen_t *seen,
    const crm_record_t *rec, crm_ops_t *ops)
{
    crm_str_t      text;
    crm_record_t  *settings = seen->settings;

    if (crm_value_eq(CRM_T_TEXT, &rec->v[CRM_TENANT_COMPANY_NAME],
                     &seen->rec->v[CRM_TENANT_COMPANY_NAME]))
    {
        return NGX_OK;
    }

    settings->v[CRM_SETTINGS_COMPANY_NAME] = rec->v[CRM_TENANT_COMPANY_NAME];
    settings->v[CRM_VERSION].num++;
    settings->v[CRM_UPDATED_AT].num = f->now;

    if (crm_record_pack(&f->arena, settings, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_ops_put(ops, "HSET", crm_tenants_key(f, &seen->slug, "conf:settings"),
                crm_str("1"), text, (crm_str_t) crm_null_string);

    return NGX_OK;
}


static ngx_int_t
crm_tenants_patch_ops(crm_flow_t *f, const crm_tenant_seen_t *seen,
    crm_record_t *rec, crm_ops_t *ops)
{
    crm_str_t  root, none = crm_null_string;

    root = crm_tenants_key(f, &seen->slug, "tenant");

    crm_value_set_num(&rec->v[CRM_VERSION], crm_record_version(rec) + 1);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], f->now);
    crm_value_set_num(&rec->v[CRM_TENANT_STATE],
                      rec->v[CRM_TENANT_SUSPENDED_FLAG].num
                      ? CRM_TENANT_SUSPENDED : CRM_TENANT_ACTIVE);

    crm_ops_check(ops, CRM_CHECK_FIELD_EQ, root, crm_str("state"),
                  seen->state);
    crm_ops_check(ops, CRM_CHECK_FIELD_EQ, root, crm_str("conf"), seen->conf);
    crm_ops_check(ops, CRM_CHECK_FIELD_EQ, root, crm_str("v"),
                  crm_arena_printf(&f->arena, "%lld", (long long)
                                   crm_record_version(seen->rec)));

    crm_ops_put(ops, "HINCRBY", root, crm_str("conf"), crm_str("1"), none);
    crm_ops_put(ops, "HSET", root, crm_str("v"),
                crm_arena_printf(&f->arena, "%lld", (long long)
                                 crm_record_version(rec)), none);
    crm_ops_put(ops, "HSET", root, crm_str("ut"),
                crm_arena_printf(&f->arena, "%lld", (long long) f->now),
                none);
    crm_ops_put(ops, "HSET", root, crm_str("state"),
                rec->v[CRM_TENANT_SUSPENDED_FLAG].num ? crm_str("suspended")
                                                      : crm_str("active"),
                none);

    return crm_tenants_rename(f, seen, rec, ops);
}


static ngx_int_t
crm_tenants_patch_seen(crm_flow_t *f)
{
    crm_ops_t          ops;
    crm_str_t          slug;
    crm_record_t      *rec;
    crm_tenant_seen_t  seen;

    if (crm_tenants_slug(f, &slug) != NGX_OK
        || crm_tenants_take(f, &slug, f->reply, &seen) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!seen.registered || seen.settings == NULL
        || seen.rec->v[CRM_TENANT_STATE].num > CRM_TENANT_SUSPENDED)
    {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    if (crm_write_match(f, seen.rec) != NGX_OK) {
        return NGX_OK;
    }

    rec = crm_input_apply(&f->arena, f->data, seen.rec, &f->answer.faults);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    crm_ops_init(&ops, &f->arena);

    if (crm_value_eq(CRM_T_TEXT, &rec->v[CRM_TENANT_COMPANY_NAME],
                     &seen.rec->v[CRM_TENANT_COMPANY_NAME])
        && rec->v[CRM_TENANT_SUSPENDED_FLAG].num
           == seen.rec->v[CRM_TENANT_SUSPENDED_FLAG].num)
    {
        crm_write_answer(f, NGX_HTTP_OK, rec, NULL);
        return NGX_OK;
    }

    if (crm_tenants_patch_ops(f, &seen, rec, &ops) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_OK, rec, NULL);

    return crm_write_commit(f, &ops);
}


/* ---- a new token for a user ----------------------------------------------------- */

ngx_int_t
crm_operator_token(crm_flow_t *f)
{
    ngx_int_t             rc;
    crm_str_t             none = crm_null_string;
    crm_input_t           input;
    crm_tenants_token_t  *t;

    t = crm_arena_calloc(&f->arena, sizeof(crm_tenants_token_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    f->data = t;

    rc = crm_tenants_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &t->slug);
    }

    if (rc == NGX_OK) {
        rc = crm_write_input(f, &crm_tenant_token_entity, CRM_INPUT_CREATE,
                             -1, &input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_text_fold(&f->arena, &input.values->v[0].str, &t->email)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_tenants_ask(f, &t->slug);
    crm_flow_call(f, "HGET", crm_tenants_key(f, &t->slug, "tenant"),
                  crm_str("id:token"), none, none);

    return crm_flow_wait(f, crm_tenants_token_seen);
}


static ngx_int_t
crm_tenants_token_seen(crm_flow_t *f)
{
    crm_tenant_seen_t     seen;
    crm_tenants_token_t  *t = f->data;

    if (crm_tenants_take(f, &t->slug, f->reply, &seen) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!seen.registered
        || seen.rec->v[CRM_TENANT_STATE].num > CRM_TENANT_SUSPENDED)
    {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    if (crm_str_int(&f->reply[CRM_TENANTS_ASK_N].str, &t->token) != CRM_OK) {
        t->token = 0;
    }

    if (f->tenant == NULL) {
        f->tenant = crm_tenant_get(f->worker->tenants, &t->slug);

        if (f->tenant == NULL) {
            return NGX_ERROR;
        }
    }

    return crm_conf_load_begin(f, crm_tenants_token_make);
}


static ngx_int_t
crm_tenants_token_answer(crm_flow_t *f, const crm_record_t *token,
    const crm_record_t *user, const crm_str_t *secret)
{
    crm_out_t  *out;

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_char(out, '{');
    crm_record_json_fields(out, token, NULL);
    crm_out_lit(out, ",\"user_id\":");
    crm_out_int(out, crm_record_id(user));
    crm_out_lit(out, ",\"token\":");
    crm_out_json(out, secret);
    crm_out_char(out, '}');

    f->answer.cache_control = crm_str("no-store");

    return NGX_OK;
}


static ngx_int_t
crm_tenants_token_make(crm_flow_t *f)
{
    crm_ops_t             ops;
    crm_str_t             secret, name = crm_str("email");
    crm_record_t         *user, *token;
    crm_tenants_token_t  *t = f->data;

    user = crm_conf_find_folded(&f->arena, f->conf, CRM_KIND_USER,
                                CRM_USER_EMAIL, &t->email);

    if (user == NULL || !user->v[CRM_USER_ACTIVE].num) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_NOT_FOUND,
                  "there is no active user with this address");
        return crm_answer_faults(f);
    }

    token = crm_record_new(&f->arena, &crm_entities[CRM_KIND_TOKEN]);
    if (token == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&token->v[CRM_ID], t->token + 1);
    crm_value_set_str(&token->v[CRM_TOKEN_NAME], crm_str("Operator"));

    crm_ops_init(&ops, &f->arena);

    if (crm_token_make_ops(&ops, &f->tenant->prefix, token,
                           crm_record_id(user), f->now, &secret)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_tenants_token_answer(f, token, user, &secret);

    return crm_write_commit(f, &ops);
}
