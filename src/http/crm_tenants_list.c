/* GET /tenants: the registry, page by page */

#include "crm_query.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_tenants.h"


#define CRM_TENANTS_LIMIT  50


typedef struct {
    int64_t     limit;
    int         total;
    uint32_t    n;                      /* of this page */
    unsigned    more:1;
    crm_str_t  *slug;
    int64_t     all;
} crm_tenants_page_t;


static ngx_int_t crm_tenants_slugs(crm_flow_t *f);
static ngx_int_t crm_tenants_listed(crm_flow_t *f);


/* the slug behind which the page begins; empty: the first page */

static ngx_int_t
crm_tenants_page(crm_flow_t *f, crm_tenants_page_t *page, crm_str_t *after)
{
    int            rc;
    crm_str_t     *text;
    crm_param_t   *param;
    crm_cursor_t   cursor;
    crm_params_t  *params = &crm_request(f)->params;

    static const crm_str_t  known[] = {
        crm_string("limit"), crm_string("cursor"), crm_string("total")
    };

    page->limit = CRM_TENANTS_LIMIT;
    after->len = 0;

    if (crm_param_int(&f->arena, params, "limit", 1, 1000, &page->limit)
        != CRM_OK)
    {
        return crm_query_bad(f, "limit");
    }

    if (crm_param_bool(params, "total", 0, &page->total) != CRM_OK) {
        return crm_query_bad(f, "total");
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

    param = crm_param_unknown(params);

    if (param != NULL) {
        (void) crm_answer_bad_param(f, &param->name,
                                    crm_str_nearest(&param->name, known, 3),
                                    1);
        return NGX_DECLINED;
    }

    return NGX_OK;
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
