/* GET and PATCH /tenants/{slug} */

#include "crm_digest.h"
#include "crm_respond.h"
#include "crm_tenants_size.h"
#include "crm_write.h"


static ngx_int_t crm_tenants_counted(crm_flow_t *f);
static ngx_int_t crm_tenants_sized(crm_flow_t *f);
static ngx_int_t crm_tenants_patch_seen(crm_flow_t *f);


/* the configuration that is counted */

static const struct {
    const char  *name;
    const char  *key;
} crm_tenants_counts[] = {
    { "users",  "conf:user" },
    { "teams",  "conf:team" },
    { "stages", "conf:stage" }
};

#define CRM_TENANTS_COUNTS                                                    \
    (sizeof(crm_tenants_counts) / sizeof(crm_tenants_counts[0]))


typedef struct {
    crm_size_t         size;
    crm_tenant_seen_t  seen;
    int64_t            counts[CRM_TENANTS_COUNTS];
} crm_tenants_read_t;


ngx_int_t
crm_operator_read(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    crm_str_t            none = crm_null_string, *slug;
    crm_tenants_read_t  *r;

    r = crm_arena_calloc(&f->arena, sizeof(crm_tenants_read_t));
    if (r == NULL) {
        return NGX_ERROR;
    }

    r->size.data = r;
    slug = &r->size.slug;

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, slug);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_tenants_ask(f, slug);

    for (i = 0; i < CRM_TENANTS_COUNTS; i++) {
        crm_flow_call(f, "HLEN",
                      crm_tenants_key(f, slug, crm_tenants_counts[i].key),
                      none, none, none);
    }

    crm_size_ask(f, &r->size);

    return crm_flow_wait(f, crm_tenants_counted);
}


static ngx_int_t
crm_tenants_counted(crm_flow_t *f)
{
    ngx_uint_t           i;
    crm_size_t          *size = f->data;
    crm_tenants_read_t  *r = size->data;

    if (crm_tenants_take(f, &size->slug, f->reply, &r->seen) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!r->seen.registered) {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    for (i = 0; i < CRM_TENANTS_COUNTS; i++) {
        r->counts[i] = f->reply[CRM_TENANTS_ASK_N + i].num;
    }

    return crm_size_begin(f, &f->reply[CRM_TENANTS_ASK_N
                                       + CRM_TENANTS_COUNTS],
                          crm_tenants_sized);
}


static int64_t
crm_tenants_records(const crm_size_t *size, ngx_uint_t active)
{
    return size->group[active].records + size->group[active + 1].records;
}


static ngx_int_t
crm_tenants_sized(crm_flow_t *f)
{
    crm_out_t           *out;
    crm_str_t            text;
    ngx_uint_t           i;
    crm_size_t          *size = f->data;
    crm_tenants_read_t  *r = size->data;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_char(out, '{');
    crm_record_json_fields(out, r->seen.rec, NULL);
    crm_out_lit(out, ",\"counts\":{");

    for (i = 0; i < CRM_TENANTS_COUNTS; i++) {
        crm_out_char(out, '"');
        crm_out_bytes(out, crm_tenants_counts[i].name,
                      ngx_strlen(crm_tenants_counts[i].name));
        crm_out_lit(out, "\":");
        crm_out_int(out, r->counts[i]);
        crm_out_char(out, ',');
    }

    crm_out_lit(out, "\"contacts\":");
    crm_out_int(out, crm_tenants_records(size, CRM_SIZE_CONTACTS));
    crm_out_lit(out, ",\"leads\":");
    crm_out_int(out, crm_tenants_records(size, CRM_SIZE_LEADS));
    crm_out_lit(out, ",\"opportunities\":");
    crm_out_int(out, crm_tenants_records(size, CRM_SIZE_OPPORTUNITIES));
    crm_out_lit(out, "},\"size\":");
    crm_out_int(out, size->bytes);
    crm_out_char(out, '}');

    if (crm_out_join(out, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_answer_etag(f, crm_record_version(r->seen.rec),
                    crm_hash64(text.data, text.len));

    return NGX_OK;
}


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

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_tenants_slug(f, &slug);
    }

    if (rc == NGX_OK) {
        rc = crm_write_collect(f, &crm_tenant_entity, CRM_INPUT_PATCH, -1,
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
        return f->answer.faults.n > 0
               ? crm_answer_faults(f)
               : crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    rec = crm_input_apply(&f->arena, f->data, seen.rec, &f->answer.faults);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    if (crm_write_match(f, seen.rec) != NGX_OK) {
        return NGX_OK;
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
