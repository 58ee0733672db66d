/*
 * A new tenant: POST /tenants.
 *
 * Its keys come in one commit, with the state `creating'; then the registry,
 * which lies in another hash slot; then the state becomes `active'.  What a
 * crash leaves in between is `creating', and whoever repeats the request
 * writes everything anew.  Of two at once the one whose nonce stands there
 * at the end has won.
 */

#include "crm_change.h"
#include "crm_defaults.h"
#include "crm_idem.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_slug.h"
#include "crm_tenants.h"
#include "crm_token_ops.h"
#include "crm_write.h"


#define CRM_NONCE_LEN  16


typedef struct {
    crm_str_t         slug;
    crm_str_t         prefix;
    crm_str_t         root;
    crm_new_tenant_t  given;
    crm_str_t         nonce;
    crm_str_t         secret;           /* the admin's token */
} crm_creation_t;


static ngx_int_t crm_create_seen(crm_flow_t *f);
static ngx_int_t crm_create_stored(crm_flow_t *f);
static ngx_int_t crm_create_registered(crm_flow_t *f);
static ngx_int_t crm_create_activated(crm_flow_t *f);
static ngx_int_t crm_create_told(crm_flow_t *f);


/* faults of a part of the body, with its name before theirs */

static void
crm_create_nested(crm_flow_t *f, const crm_faults_t *faults)
{
    crm_str_t           name;
    const crm_fault_t  *fault;

    for (fault = faults->first; fault != NULL; fault = fault->next) {
        name = crm_arena_printf(&f->arena, "admin.%.*s",
                                (int) fault->field.len, fault->field.data);

        crm_fault(&f->answer.faults, &name, fault->code,
                  (char *) crm_arena_printf(&f->arena, "%.*s%c",
                                            (int) fault->message.len,
                                            fault->message.data, 0).data);
    }
}


static ngx_int_t
crm_create_admin(crm_flow_t *f, json_t *admin, crm_new_tenant_t *given)
{
    crm_str_t     name = crm_str("admin");
    crm_input_t   input;
    crm_faults_t  faults;

    if (admin == NULL || json_is_null(admin)) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_REQUIRED,
                  "a value is required");
        return NGX_OK;
    }

    if (!json_is_object(admin)) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_INVALID,
                  "must be an object");
        return NGX_OK;
    }

    crm_faults_init(&faults, &f->arena);

    if (crm_input_parse(&f->arena, &crm_admin_entity, admin,
                        CRM_INPUT_CREATE, -1, &input, &faults)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_create_nested(f, &faults);

    given->admin_name = input.values->v[CRM_ADMIN_NAME].str;
    given->admin_email = input.values->v[CRM_ADMIN_EMAIL].str;

    return NGX_OK;
}


static ngx_int_t
crm_create_fields(crm_flow_t *f, json_t *body, crm_creation_t *c)
{
    crm_str_t           name = crm_str("slug");
    crm_input_t         input;
    crm_record_t       *rec;
    const crm_value_t  *v;

    if (crm_input_parse(&f->arena, &crm_tenant_entity, body,
                        CRM_INPUT_CREATE, -1, &input, &f->answer.faults)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    rec = crm_input_create(&f->arena, &input);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    v = rec->v;

    if (v[CRM_TENANT_SLUG].set && !crm_slug_valid(&v[CRM_TENANT_SLUG].str)) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_INVALID,
                  "must be 1 to 63 of a-z, 0-9 and -, no - at the beginning");
    }

    c->slug = v[CRM_TENANT_SLUG].str;
    c->given.company_name = v[CRM_TENANT_COMPANY_NAME].str;
    c->given.currency = v[CRM_TENANT_CURRENCY].str;
    c->given.timezone = v[CRM_TENANT_TIMEZONE].str;
    c->given.locale = v[CRM_TENANT_LOCALE].str;

    if (v[CRM_TENANT_SUSPENDED_FLAG].num) {
        name = crm_str("suspended");
        crm_fault(&f->answer.faults, &name, CRM_FAULT_INVALID,
                  "a new tenant is not suspended");
    }

    return NGX_OK;
}


static ngx_int_t
crm_create_parse(crm_flow_t *f, crm_creation_t *c)
{
    json_t     *body;
    ngx_int_t   rc;

    body = json_copy(crm_request(f)->body);
    if (body == NULL) {
        return NGX_ERROR;
    }

    rc = crm_create_admin(f, json_object_get(body, "admin"), &c->given);

    (void) json_object_del(body, "admin");

    if (rc == NGX_OK) {
        rc = crm_create_fields(f, body, c);
    }

    json_decref(body);

    return rc;
}


ngx_int_t
crm_operator_create(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_creation_t  *c;

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_body_parse(crm_request(f), 0);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    c = crm_arena_calloc(&f->arena, sizeof(crm_creation_t));

    if (c == NULL || crm_create_parse(f, c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    c->root = crm_tenants_key(f, &c->slug, "tenant");
    c->prefix = crm_tenants_key(f, &c->slug, "");
    f->data = c;

    crm_tenants_ask(f, &c->slug);
    crm_tenants_ask_again(f, &c->slug);

    return crm_flow_wait(f, crm_create_seen);
}


static ngx_int_t
crm_create_taken(crm_flow_t *f)
{
    crm_str_t  name = crm_str("slug");

    crm_fault(&f->answer.faults, &name, CRM_FAULT_TAKEN,
              "there is a tenant of this name");

    return crm_answer_faults(f);
}


/* one configuration kind into its hash, and its last id */

static ngx_int_t
crm_create_kind(crm_flow_t *f, crm_creation_t *c, crm_ops_t *ops,
    crm_kind_t kind, const crm_conf_list_t *list)
{
    unsigned          i;
    crm_str_t        *argv, none = crm_null_string;
    const crm_str_t  *name = &crm_entities[kind].name;

    argv = crm_arena_alloc(&f->arena, (2 + 2 * list->n) * sizeof(crm_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("HSET");
    argv[1] = crm_arena_printf(&f->arena, "%.*sconf:%.*s",
                               (int) c->prefix.len, c->prefix.data,
                               (int) name->len, name->data);

    crm_ops_put(ops, "DEL", argv[1], none, none, none);

    for (i = 0; i < list->n; i++) {
        argv[2 + 2 * i] = crm_arena_printf(&f->arena, "%lld", (long long)
                                           crm_record_id(list->rec[i]));

        if (crm_record_pack(&f->arena, list->rec[i], &argv[3 + 2 * i])
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    if (list->n > 0) {
        crm_ops_write(ops, 2 + 2 * list->n, argv);
        crm_ops_put(ops, "HSET", c->root,
                    crm_arena_printf(&f->arena, "id:%.*s", (int) name->len,
                                     name->data),
                    crm_arena_printf(&f->arena, "%u", list->n), none);
    }

    return NGX_OK;
}


/*
 * The counters begin with the time: workers know a snapshot, and browsers a
 * board, by them, also those of a deleted tenant of the same name.
 */

static void
crm_create_root(crm_flow_t *f, crm_creation_t *c, crm_ops_t *ops)
{
    crm_str_t  argv[14], now, none = crm_null_string;

    now = crm_arena_printf(&f->arena, "%lld", (long long) f->now);

    argv[0] = crm_str("HSET");
    argv[1] = c->root;
    argv[2] = crm_str("state");
    argv[3] = crm_str("creating");
    argv[4] = crm_str("nonce");
    argv[5] = c->nonce;
    argv[6] = crm_str("v");
    argv[7] = crm_str("1");
    argv[8] = crm_str("ct");
    argv[9] = now;
    argv[10] = crm_str("conf");
    argv[11] = now;
    argv[12] = crm_str("writes");
    argv[13] = now;

    crm_ops_put(ops, "DEL", c->root, none, none, none);
    crm_ops_write(ops, 14, argv);
    crm_ops_put(ops, "HSET", c->root, crm_str("ut"), now, none);
}


static ngx_int_t
crm_create_data(crm_flow_t *f, crm_creation_t *c, crm_ops_t *ops)
{
    crm_str_t        none = crm_null_string;
    crm_kind_t       kind;
    crm_record_t    *token;
    crm_conf_list_t  list[CRM_CONF_KINDS];

    crm_create_root(f, c, ops);

    if (crm_defaults(&f->arena, &c->given, f->now, list) != CRM_OK) {
        return NGX_ERROR;
    }

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        if (crm_create_kind(f, c, ops, kind, &list[kind]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    token = crm_record_new(&f->arena, &crm_entities[CRM_KIND_TOKEN]);
    if (token == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&token->v[CRM_ID], 1);
    crm_value_set_str(&token->v[CRM_TOKEN_NAME], crm_str("Operator"));

    crm_ops_put(ops, "DEL", crm_tenants_key(f, &c->slug, "tokens:1"), none,
                none, none);

    return crm_token_first_ops(ops, &c->prefix, token, 1, f->now, &c->secret)
           == CRM_OK ? NGX_OK : NGX_ERROR;
}


/* free, or left behind by a creation that was cut short */

static ngx_uint_t
crm_create_free(const crm_tenant_seen_t *seen)
{
    return seen->state.len == 0 ? !seen->registered
                                : crm_str_is(&seen->state, "creating");
}


static ngx_int_t
crm_create_nonce(crm_flow_t *f, crm_creation_t *c)
{
    u_char  random[CRM_NONCE_LEN / 2];

    crm_random_bytes(random, sizeof(random));

    c->nonce.len = CRM_NONCE_LEN;
    c->nonce.data = crm_arena_bytes(&f->arena, CRM_NONCE_LEN);
    if (c->nonce.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(c->nonce.data, random, sizeof(random));

    return NGX_OK;
}


static ngx_int_t
crm_create_seen(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_ops_t          ops;
    crm_creation_t    *c = f->data;
    crm_tenant_seen_t  seen;

    if (f->idem_key.len > 0
        && crm_idem_replay(f, &f->reply[f->nreply - 1], &rc) == NGX_OK)
    {
        return rc;
    }

    if (crm_tenants_take(f, &c->slug, f->reply, &seen) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!crm_create_free(&seen)) {
        return crm_create_taken(f);
    }

    if (crm_create_nonce(f, c) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_ops_init(&ops, &f->arena);

    if (seen.state.len == 0) {
        crm_ops_check(&ops, CRM_CHECK_FIELD_FREE, c->root, crm_str("state"),
                      crm_str(""));
    } else {
        crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, c->root, crm_str("state"),
                      seen.state);
        crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, c->root, crm_str("nonce"),
                      seen.nonce);
    }

    if (crm_create_data(f, c, &ops) != NGX_OK || ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_create_stored);
}


static ngx_int_t
crm_create_stored(crm_flow_t *f)
{
    crm_str_t        none = crm_null_string;
    ngx_uint_t       failed;
    crm_creation_t  *c = f->data;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return crm_flow_retry(f);

    default:
        return NGX_ERROR;
    }

    crm_flow_call(f, "ZADD", crm_str(CRM_REGISTRY), crm_str("0"), c->slug,
                  none);
    crm_tenants_ask(f, &c->slug);

    return crm_flow_wait(f, crm_create_registered);
}


/* as it will be in a moment */

static ngx_int_t
crm_create_answer(crm_flow_t *f, const crm_creation_t *c,
    crm_record_t *rec)
{
    crm_out_t  *out;

    crm_value_set_num(&rec->v[CRM_TENANT_STATE], CRM_TENANT_ACTIVE);

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_char(out, '{');
    crm_record_json_fields(out, rec, NULL);
    crm_out_lit(out, ",\"token\":");
    crm_out_json(out, &c->secret);
    crm_out_char(out, '}');

    crm_answer_location(f, "/tenants/%.*s", (int) c->slug.len, c->slug.data);
    crm_answer_etag(f, crm_record_version(rec), 0);

    f->answer.cache_control = crm_str("no-store");
    f->answer.secret = 1;

    return out->failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
crm_create_registered(crm_flow_t *f)
{
    crm_ops_t           ops;
    crm_str_t           none = crm_null_string;
    crm_creation_t     *c = f->data;
    crm_tenant_seen_t   seen;

    if (crm_tenants_take(f, &c->slug, &f->reply[1], &seen) != NGX_OK
        || crm_create_answer(f, c, seen.rec) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_ops_init(&ops, &f->arena);

    crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, c->root, crm_str("state"),
                  crm_str("creating"));
    crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, c->root, crm_str("nonce"),
                  c->nonce);
    crm_ops_put(&ops, "HSET", c->root, crm_str("state"), crm_str("active"),
                none);
    crm_ops_put(&ops, "HDEL", c->root, crm_str("nonce"), none, none);
    crm_idem_commit(f, &ops);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_create_activated);
}


/* a copy with another slug in its body looks into the registry only */

static ngx_int_t
crm_create_activated(crm_flow_t *f)
{
    crm_ops_t   ops;
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return crm_flow_retry(f);       /* another one's, or a copy's */

    default:
        return NGX_ERROR;
    }

    if (f->idem_key.len == 0) {
        return NGX_OK;
    }

    crm_idem_home(f, crm_str(CRM_REGISTRY_PREFIX));

    crm_ops_init(&ops, &f->arena);
    crm_idem_store(f, &ops);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_create_told);
}


static ngx_int_t
crm_create_told(crm_flow_t *f)
{
    (void) f;

    return NGX_OK;
}
