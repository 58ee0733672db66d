/* the worker's memory of tenants; see crm_tenant.h */

#include <stdlib.h>
#include "crm_tenant.h"
#include "crm_dup.h"


#define CRM_TOKENS  4           /* remembered for each tenant, or more */

#define CRM_TENANT_OTHERS_MS  10000     /* so long somebody counts as there */


struct crm_tenants_s {
    ngx_rbtree_t         tree;
    ngx_rbtree_node_t    sentinel;
    ngx_queue_t          idle;          /* refs == 0, most recent first */
    ngx_uint_t           nidle;
    ngx_uint_t           max;
    uint64_t             serial;        /* the last one given */
    ngx_log_t           *log;
    crm_token_t         *tokens;
    ngx_uint_t           ntokens;       /* power of two */
};


static void crm_tenant_free(crm_tenants_t *tenants, crm_tenant_t *tenant);
static void crm_tenant_count(crm_tenant_t *tenant, crm_kind_t kind,
    int64_t counter);


crm_tenants_t *
crm_tenant_cache_create(ngx_log_t *log, ngx_uint_t max)
{
    crm_tenants_t  *tenants;

    tenants = ngx_calloc(sizeof(crm_tenants_t), log);
    if (tenants == NULL) {
        return NULL;
    }

    for (tenants->ntokens = CRM_TOKENS; tenants->ntokens < CRM_TOKENS * max;
         tenants->ntokens *= 2) { /* void */ }

    /* ngx_calloc() would write to all of it: 800 MB for a million tenants */

    tenants->tokens = calloc(tenants->ntokens, sizeof(crm_token_t));
    if (tenants->tokens == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "crm: no memory for crm_tenant_cache %ui", max);
        ngx_free(tenants);
        return NULL;
    }

    ngx_rbtree_init(&tenants->tree, &tenants->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&tenants->idle);

    tenants->max = max;
    tenants->log = log;

    return tenants;
}


void
crm_tenant_cache_destroy(crm_tenants_t *tenants)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&tenants->idle)) {
        q = ngx_queue_head(&tenants->idle);
        crm_tenant_free(tenants, ngx_queue_data(q, crm_tenant_t, lru));
    }

    ngx_free(tenants->tokens);
    ngx_free(tenants);
}


static crm_tenant_t *
crm_tenant_new(crm_tenants_t *tenants, const crm_str_t *slug, uint32_t hash)
{
    u_char        *p;
    crm_tenant_t  *tenant;

    tenant = ngx_calloc(sizeof(crm_tenant_t) + slug->len
                        + 2 * (slug->len + sizeof("crm:{}:tenant")),
                        tenants->log);
    if (tenant == NULL) {
        return NULL;
    }

    p = (u_char *) tenant + sizeof(crm_tenant_t);

    tenant->slug.data = p;
    tenant->slug.len = slug->len;
    p = ngx_cpymem(p, slug->data, slug->len);

    tenant->root.data = p;
    p = ngx_cpymem(p, "crm:{", sizeof("crm:{") - 1);
    p = ngx_cpymem(p, slug->data, slug->len);
    p = ngx_cpymem(p, "}:", sizeof("}:") - 1);

    tenant->prefix.data = tenant->root.data;
    tenant->prefix.len = p - tenant->root.data;

    p = ngx_cpymem(p, "tenant", sizeof("tenant") - 1);
    tenant->root.len = p - tenant->root.data;

    tenant->serial = ++tenants->serial;
    tenant->node.node.key = hash;
    tenant->node.str.data = tenant->slug.data;
    tenant->node.str.len = tenant->slug.len;

    ngx_rbtree_insert(&tenants->tree, &tenant->node.node);

    return tenant;
}


crm_tenant_t *
crm_tenant_get(crm_tenants_t *tenants, const crm_str_t *slug)
{
    uint32_t       hash;
    ngx_str_t      name;
    crm_tenant_t  *tenant;

    name.data = slug->data;
    name.len = slug->len;
    hash = ngx_crc32_short(slug->data, slug->len);

    tenant = (crm_tenant_t *) ngx_str_rbtree_lookup(&tenants->tree, &name,
                                                    hash);

    if (tenant == NULL) {
        tenant = crm_tenant_new(tenants, slug, hash);

        if (tenant == NULL) {
            return NULL;
        }

    } else if (tenant->refs == 0) {
        ngx_queue_remove(&tenant->lru);
        tenants->nidle--;
    }

    tenant->refs++;

    return tenant;
}


void
crm_tenant_release(crm_tenants_t *tenants, crm_tenant_t *tenant)
{
    ngx_queue_t  *q;

    if (--tenant->refs > 0) {
        return;
    }

    ngx_queue_insert_head(&tenants->idle, &tenant->lru);
    tenants->nidle++;

    /* names that are no tenants are not worth a place */

    if (!tenant->known) {
        crm_tenant_free(tenants, tenant);
        return;
    }

    while (tenants->nidle > tenants->max) {
        q = ngx_queue_last(&tenants->idle);
        crm_tenant_free(tenants, ngx_queue_data(q, crm_tenant_t, lru));
    }
}


static void
crm_tenant_free(crm_tenants_t *tenants, crm_tenant_t *tenant)
{
    ngx_queue_remove(&tenant->lru);
    tenants->nidle--;

    ngx_rbtree_delete(&tenants->tree, &tenant->node.node);

    if (tenant->conf != NULL) {
        crm_conf_release(tenant->conf);
    }

    ngx_free(tenant);
}


crm_conf_t *
crm_tenant_conf(crm_tenant_t *tenant)
{
    if (tenant->conf != NULL) {
        tenant->conf->refs++;
    }

    return tenant->conf;
}


void
crm_conf_release(crm_conf_t *conf)
{
    if (--conf->refs > 0) {
        return;
    }

    crm_dup_conf_release(conf);
    crm_arena_reset(&conf->arena);
    free(conf);
}


static int
crm_conf_record_cmp(const void *one, const void *two)
{
    int64_t  a, b;

    a = crm_record_id(*(crm_record_t *const *) one);
    b = crm_record_id(*(crm_record_t *const *) two);

    return a < b ? -1 : a > b;
}


static int
crm_conf_load_kind(crm_conf_t *conf, crm_kind_t kind,
    const crm_reply_t *reply)
{
    int               rc;
    unsigned          i;
    crm_str_t         text;
    crm_conf_list_t  *list = &conf->list[kind];

    if (!crm_reply_is_array(reply)) {
        return CRM_DECLINED;
    }

    list->rec = crm_arena_alloc(&conf->arena,
                                (reply->n / 2 + 1) * sizeof(crm_record_t *));
    if (list->rec == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i + 1 < reply->n; i += 2) {

        if (crm_arena_dup(&conf->arena, &text, reply->item[i + 1].str.data,
                          reply->item[i + 1].str.len)
            != CRM_OK)
        {
            return CRM_ERROR;
        }

        rc = crm_record_unpack(&conf->arena, &crm_entities[kind], &text,
                               &list->rec[list->n]);

        if (rc != CRM_OK) {
            return rc;
        }

        list->n++;
    }

    if (list->n > 1) {
        qsort(list->rec, list->n, sizeof(crm_record_t *),
              crm_conf_record_cmp);
    }

    return CRM_OK;
}


static int
crm_conf_load(crm_conf_t *conf, const crm_reply_t *replies)
{
    int         rc;
    crm_kind_t  kind;

    if (crm_str_int(&replies[0].str, &conf->version) != CRM_OK) {
        return CRM_DECLINED;
    }

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        rc = crm_conf_load_kind(conf, kind, &replies[1 + kind]);

        if (rc != CRM_OK) {
            return rc;
        }
    }

    return crm_conf_finish(conf);
}


ngx_int_t
crm_tenant_load(crm_tenant_t *tenant, const crm_reply_t *replies,
    ngx_log_t *log)
{
    crm_conf_t  *conf;

    if (!crm_reply_is_string(&replies[0])
        || !crm_str_eq(&replies[0].str, &replies[CRM_TENANT_LOAD_N - 1].str))
    {
        return NGX_DECLINED;
    }

    conf = calloc(1, sizeof(crm_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    crm_arena_init(&conf->arena);
    conf->refs = 1;

    if (crm_conf_load(conf, replies) != CRM_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "crm: configuration of tenant \"%*s\" cannot be read",
                      tenant->slug.len, tenant->slug.data);
        crm_conf_release(conf);
        return NGX_ERROR;
    }

    if (tenant->conf != NULL) {
        crm_conf_release(tenant->conf);
    }

    tenant->conf = conf;

    return NGX_OK;
}


static crm_token_t *
crm_token_slot(crm_tenants_t *tenants, const u_char *hash)
{
    return &tenants->tokens[crm_hash64(hash, CRM_SHA256_TEXT)
                            & (tenants->ntokens - 1)];
}


crm_token_t *
crm_token_find(crm_tenants_t *tenants, crm_tenant_t *tenant,
    const u_char *hash)
{
    crm_token_t  *token;

    token = crm_token_slot(tenants, hash);

    if (token->tenant != tenant->serial
        || ngx_memcmp(token->hash, hash, CRM_SHA256_TEXT) != 0)
    {
        return NULL;
    }

    return token;
}


crm_token_t *
crm_token_put(crm_tenants_t *tenants, crm_tenant_t *tenant,
    const u_char *hash, const crm_str_t *value)
{
    u_char       *p, *q, *end;
    crm_str_t     part;
    crm_token_t  *token, seen;

    ngx_memzero(&seen, sizeof(crm_token_t));

    end = value->data + value->len;
    p = ngx_strlchr(value->data, end, ':');
    q = p ? ngx_strlchr(p + 1, end, ':') : NULL;

    if (q == NULL || value->len > sizeof(seen.buf)) {
        return NULL;
    }

    part = (crm_str_t) { p - value->data, value->data };
    if (crm_str_int(&part, &seen.user) != CRM_OK) {
        return NULL;
    }

    part = (crm_str_t) { q - p - 1, p + 1 };
    if (crm_str_int(&part, &seen.token) != CRM_OK) {
        return NULL;
    }

    part = (crm_str_t) { end - q - 1, q + 1 };
    if (crm_str_int(&part, &seen.expires) != CRM_OK) {
        return NULL;
    }

    token = crm_token_slot(tenants, hash);

    if (token->tenant == tenant->serial
        && ngx_memcmp(token->hash, hash, CRM_SHA256_TEXT) == 0)
    {
        seen.touched = token->touched;
    }

    *token = seen;

    token->tenant = tenant->serial;
    ngx_memcpy(token->hash, hash, CRM_SHA256_TEXT);
    ngx_memcpy(token->buf, value->data, value->len);
    token->value.data = token->buf;
    token->value.len = value->len;

    return token;
}


void
crm_token_forget(crm_token_t *token)
{
    ngx_memzero(token, sizeof(crm_token_t));
}


int64_t
crm_tenant_next_id(crm_tenant_t *tenant, crm_kind_t kind, int64_t seen)
{
    crm_tenant_count(tenant, kind, seen);

    return ++tenant->last_id[kind];
}


/* the first counter that is seen at all says nothing of others */

static void
crm_tenant_count(crm_tenant_t *tenant, crm_kind_t kind, int64_t counter)
{
    int64_t  *last = &tenant->last_id[kind];

    if (counter <= *last) {
        return;
    }

    if (*last != 0) {
        crm_tenant_raced(tenant, kind);
    }

    *last = counter;
}


void
crm_tenant_seen_id(crm_tenant_t *tenant, crm_kind_t kind,
    const crm_str_t *counter)
{
    int64_t  id;

    if (crm_str_int(counter, &id) == CRM_OK) {
        crm_tenant_count(tenant, kind, id);
    }
}


void
crm_tenant_raced(crm_tenant_t *tenant, crm_kind_t kind)
{
    tenant->others[kind] = ngx_current_msec;
}


void
crm_tenant_took_id(crm_tenant_t *tenant, crm_kind_t kind, int64_t id)
{
    crm_tenant_count(tenant, kind, id - 1);

    tenant->last_id[kind] = ngx_max(tenant->last_id[kind], id);
}


ngx_uint_t
crm_tenant_others(const crm_tenant_t *tenant, crm_kind_t kind)
{
    return tenant->others[kind] != 0
           && (ngx_msec_int_t) (ngx_current_msec - tenant->others[kind])
              < CRM_TENANT_OTHERS_MS;
}


int64_t
crm_tenant_top(crm_tenant_t *tenant, int64_t column, int64_t rank,
    int64_t step)
{
    crm_top_t  *top = &tenant->top[column % CRM_TENANT_TOPS];

    if (top->column == column && rank > top->rank - step) {
        rank = top->rank - step;
    }

    top->column = column;
    top->rank = rank;

    return rank;
}
