/* the query string of a list; see crm_query.h */

#include "crm_query.h"
#include "crm_respond.h"
#include "crm_text.h"
#include "crm_words.h"


typedef struct {
    crm_flow_t    *flow;
    crm_query_t   *query;
    crm_param_t   *param;
    unsigned       any_active:1;    /* active= was given */
    unsigned       lost:1;          /* state=lost among others */
    unsigned       sorted:1;
} crm_query_ctx_t;

typedef ngx_int_t (*crm_query_param_pt)(crm_query_ctx_t *ctx);


static ngx_int_t crm_query_param(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_sort(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_limit(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_cursor(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_total(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_view(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_words(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_param_field(crm_query_ctx_t *ctx);
static ngx_int_t crm_query_defaults(crm_query_ctx_t *ctx);


/* known to every list, but q */

static const struct {
    crm_str_t           name;
    crm_query_param_pt  handler;
} crm_query_params[] = {
    { crm_string("sort"), crm_query_param_sort },
    { crm_string("limit"), crm_query_param_limit },
    { crm_string("cursor"), crm_query_param_cursor },
    { crm_string("total"), crm_query_param_total },
    { crm_string("fields"), crm_query_param_view },
    { crm_string("include"), crm_query_param_view },
    { crm_string("q"), crm_query_param_words }
};

#define CRM_QUERY_PARAMS                                                      \
    (sizeof(crm_query_params) / sizeof(crm_query_params[0]))


ngx_int_t
crm_query_bad(crm_flow_t *f, const char *name)
{
    crm_str_t  text;

    text.data = (u_char *) name;
    text.len = ngx_strlen(name);

    (void) crm_answer_bad_param(f, &text, NULL, 0);

    return NGX_DECLINED;
}


static ngx_int_t
crm_query_bad_value(crm_query_ctx_t *ctx)
{
    (void) crm_answer_bad_param(ctx->flow, &ctx->param->name, NULL, 0);

    return NGX_DECLINED;
}


ngx_int_t
crm_query_parse(crm_flow_t *f, crm_params_t *params,
    const crm_entity_t *entity, crm_query_t *query)
{
    unsigned         i, k;
    ngx_int_t        rc;
    crm_query_ctx_t  ctx;

    ngx_memzero(query, sizeof(crm_query_t));
    ngx_memzero(&ctx, sizeof(crm_query_ctx_t));

    query->entity = entity;
    query->limit = CRM_LIMIT_DEFAULT;
    crm_view_init(f, entity, &query->view);

    query->filter = crm_arena_calloc(&f->arena, (params->n + 1)
                                                * sizeof(crm_filter_t));
    if (query->filter == NULL) {
        return NGX_ERROR;
    }

    ctx.flow = f;
    ctx.query = query;

    for (i = 0; i < params->n; i++) {
        ctx.param = &params->param[i];
        ctx.param->used = 1;

        for (k = 0; k < i; k++) {
            if (crm_str_eq(&params->param[k].name, &ctx.param->name)) {
                return crm_query_bad_value(&ctx);
            }
        }

        rc = crm_query_param(&ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = crm_query_defaults(&ctx);

    if (rc == NGX_OK) {
        rc = crm_query_hash(f, query, params);
    }

    return rc;
}


static ngx_int_t
crm_query_param(crm_query_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; i < CRM_QUERY_PARAMS; i++) {
        if (crm_str_eq(&ctx->param->name, &crm_query_params[i].name)) {
            return crm_query_params[i].handler(ctx);
        }
    }

    return crm_query_param_field(ctx);
}


/* a field that the caller may ask about, for one of the purposes */

static int
crm_query_field(const crm_query_t *query, const crm_str_t *name,
    unsigned flag)
{
    int  k;

    k = crm_field_find(query->entity, name, 0);

    if (k < 0 || !(query->entity->fields[k].flags & flag)
        || (!(query->entity->fields[k].flags & CRM_F_HIDDEN)
            && !crm_mask_has(&query->view.visible, k)))
    {
        return -1;
    }

    return k;
}


static ngx_int_t
crm_query_param_sort(crm_query_ctx_t *ctx)
{
    int           k;
    crm_str_t     name = ctx->param->value;
    crm_query_t  *query = ctx->query;

    if (name.len > 0 && name.data[0] == '-') {
        query->desc = 1;
        name.data++;
        name.len--;
    }

    ctx->sorted = 1;

    if (query->entity->kind == CRM_KIND_LEAD
        && crm_str_is(&name, "position"))
    {
        query->sort = CRM_LEAD_RANK;
        return NGX_OK;
    }

    k = crm_query_field(query, &name, CRM_F_SORT);

    if (k < 0) {
        return crm_query_bad_value(ctx);
    }

    query->sort = k;

    return NGX_OK;
}


static ngx_int_t
crm_query_param_limit(crm_query_ctx_t *ctx)
{
    int64_t    limit;
    crm_str_t  digits;

    if (crm_text_digits(&ctx->flow->arena, &ctx->param->value, &digits)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (crm_str_int(&digits, &limit) != CRM_OK
        || limit < 1 || limit > CRM_LIMIT_MAX)
    {
        return crm_query_bad_value(ctx);
    }

    ctx->query->limit = limit;

    return NGX_OK;
}


static ngx_int_t
crm_query_param_cursor(crm_query_ctx_t *ctx)
{
    if (ctx->param->value.len == 0) {
        (void) crm_flow_problem(ctx->flow, CRM_P_INVALID_CURSOR, NULL);
        return NGX_DECLINED;
    }

    ctx->query->cursor = ctx->param->value;

    return NGX_OK;
}


static ngx_int_t
crm_query_param_total(crm_query_ctx_t *ctx)
{
    if (crm_str_is(&ctx->param->value, "true")) {
        ctx->query->total = 1;

    } else if (!crm_str_is(&ctx->param->value, "false")) {
        return crm_query_bad_value(ctx);
    }

    return NGX_OK;
}


static ngx_int_t
crm_query_param_view(crm_query_ctx_t *ctx)
{
    return crm_view_param(ctx->flow, &ctx->query->view, ctx->param);
}


static ngx_int_t
crm_query_param_words(crm_query_ctx_t *ctx)
{
    int           rc;
    crm_query_t  *query = ctx->query;

    if (!crm_query_has_words(query->entity)) {
        return crm_query_unknown(ctx->flow, query, &ctx->param->name);
    }

    query->q = ctx->param->value;

    rc = crm_words_query(&ctx->flow->arena, &query->q, &query->words);

    if (rc == CRM_DECLINED) {
        return crm_query_bad_value(ctx);
    }

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}


static crm_filter_t *
crm_query_filter_add(crm_query_t *query, unsigned field)
{
    crm_filter_t  *filter;

    filter = &query->filter[query->nfilters++];
    filter->field = field;

    return filter;
}


static ngx_int_t
crm_query_range(crm_query_ctx_t *ctx, unsigned field, ngx_uint_t upper)
{
    int64_t              num;
    ngx_int_t            rc;
    crm_str_t            text, str;
    crm_filter_t        *filter;
    const crm_field_t   *info = &ctx->query->entity->fields[field];

    if (crm_text_digits(&ctx->flow->arena, &ctx->param->value, &text)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    rc = crm_query_value(ctx->flow, info, &text, &num, &str);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? crm_query_bad_value(ctx) : rc;
    }

    filter = crm_query_filter(ctx->query, field);

    if (filter == NULL) {
        filter = crm_query_filter_add(ctx->query, field);
        filter->range = 1;
        filter->low = INT64_MIN;
        filter->high = INT64_MAX;
    }

    if (upper) {
        filter->high = num;
    } else {
        filter->low = num;
    }

    return NGX_OK;
}


/* the values between the commas */

static ngx_int_t
crm_query_values(crm_query_ctx_t *ctx, unsigned field)
{
    size_t               i;
    u_char              *comma;
    unsigned             n;
    ngx_int_t            rc;
    crm_str_t            rest, text;
    crm_filter_t        *filter;
    const crm_field_t   *info = &ctx->query->entity->fields[field];

    if (crm_text_digits(&ctx->flow->arena, &ctx->param->value, &rest)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    for (n = 1, i = 0; i < rest.len; i++) {
        n += rest.data[i] == ',';
    }

    filter = crm_query_filter_add(ctx->query, field);
    filter->num = crm_arena_calloc(&ctx->flow->arena, n * sizeof(int64_t));
    filter->str = crm_arena_calloc(&ctx->flow->arena, n * sizeof(crm_str_t));

    if (filter->num == NULL || filter->str == NULL) {
        return NGX_ERROR;
    }

    if (n > CRM_VALUES_MAX) {
        return crm_query_bad_value(ctx);
    }

    for ( ;; ) {
        comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        text.data = rest.data;
        text.len = comma ? (size_t) (comma - rest.data) : rest.len;

        if (crm_str_is(&text, "none") && crm_query_unset(info)) {
            filter->none = 1;

        } else {
            rc = crm_query_value(ctx->flow, info, &text,
                                 &filter->num[filter->n],
                                 &filter->str[filter->n]);
            if (rc != NGX_OK) {
                return rc == NGX_DECLINED ? crm_query_bad_value(ctx) : rc;
            }

            filter->n++;
        }

        if (comma == NULL) {
            return NGX_OK;
        }

        rest.len -= text.len + 1;
        rest.data = comma + 1;
    }
}


/* tag_id asks about tag_ids; only records have such a filter */

static int
crm_query_list_field(const crm_query_t *query, const crm_str_t *name)
{
    unsigned            i;
    const crm_field_t  *field;

    if (query->entity->kind < CRM_CONF_KINDS) {
        return -1;
    }

    for (i = 0; i < query->entity->nfields; i++) {
        field = &query->entity->fields[i];

        if (field->type == CRM_T_IDS && field->name.len == name->len + 1
            && ngx_memcmp(field->name.data, name->data, name->len) == 0)
        {
            return i;
        }
    }

    return -1;
}


static ngx_int_t
crm_query_param_filter(crm_query_ctx_t *ctx, unsigned field)
{
    ngx_int_t      rc;
    unsigned       i;
    crm_filter_t  *filter;
    crm_query_t   *query = ctx->query;

    if (crm_str_is(&ctx->param->name, "active")) {
        ctx->any_active = 1;

        if (crm_str_is(&ctx->param->value, "any")) {
            return NGX_OK;
        }
    }

    rc = crm_query_values(ctx, field);

    if (rc != NGX_OK || query->entity->kind != CRM_KIND_LEAD
        || field != CRM_LEAD_STATE)
    {
        return rc;
    }

    filter = crm_query_filter(query, field);

    for (i = 0; i < filter->n; i++) {
        ctx->lost |= filter->num[i] == CRM_STATE_LOST;
    }

    return NGX_OK;
}


static ngx_int_t
crm_query_param_field(crm_query_ctx_t *ctx)
{
    int        k;
    size_t     cut;
    crm_str_t  name = ctx->param->name;

    k = crm_query_field(ctx->query, &name, CRM_F_FILTER);

    if (k < 0) {
        k = crm_query_list_field(ctx->query, &name);
    }

    if (k >= 0) {
        return crm_query_param_filter(ctx, k);
    }

    if (name.len > 5
        && ngx_memcmp(name.data + name.len - 5, "_from", 5) == 0)
    {
        cut = 5;

    } else if (name.len > 3
               && ngx_memcmp(name.data + name.len - 3, "_to", 3) == 0)
    {
        cut = 3;

    } else {
        return crm_query_unknown(ctx->flow, ctx->query, &ctx->param->name);
    }

    name.len -= cut;
    k = crm_query_field(ctx->query, &name, CRM_F_RANGE);

    return k >= 0 ? crm_query_range(ctx, k, cut == 3)
                  : crm_query_unknown(ctx->flow, ctx->query,
                                      &ctx->param->name);
}


crm_filter_t *
crm_query_filter(const crm_query_t *query, unsigned field)
{
    unsigned  i;

    for (i = 0; i < query->nfilters; i++) {
        if (query->filter[i].field == field) {
            return &query->filter[i];
        }
    }

    return NULL;
}


/* order, active ones only, how many */

static ngx_int_t
crm_query_defaults(crm_query_ctx_t *ctx)
{
    int            k;
    crm_flow_t    *f = ctx->flow;
    crm_filter_t  *filter;
    crm_query_t   *query = ctx->query;

    if (!ctx->sorted) {
        k = crm_query_field(query, &crm_str("sequence"), CRM_F_SORT);
        query->sort = k >= 0 ? k : CRM_ID;

        if (query->entity->kind == CRM_KIND_LEAD) {
            query->sort = CRM_CREATED_AT;
            query->desc = 1;
        }
    }

    k = crm_query_field(query, &crm_str("active"), CRM_F_FILTER);

    if (k >= 0 && !ctx->any_active && !ctx->lost) {
        filter = crm_query_filter_add(query, k);
        filter->num = crm_arena_calloc(&f->arena, sizeof(int64_t));

        if (filter->num == NULL) {
            return NGX_ERROR;
        }

        filter->n = 1;
        filter->num[0] = 1;
    }

    if (f->of_request) {
        query->limit = ngx_min(query->limit,
                               crm_request(f)->conf->result_limit);
    }

    if (query->entity->kind == CRM_KIND_LEAD
        && query->sort == CRM_LEAD_RANK)
    {
        filter = crm_query_filter(query, CRM_LEAD_STAGE_ID);

        if (filter == NULL || filter->n != 1 || filter->none) {
            return crm_query_bad(f, "sort");
        }
    }

    return NGX_OK;
}
