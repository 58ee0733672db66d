/*
 * A list over records that are in memory already: configuration, tokens.
 * Filter, order, cursor and page as everywhere; totals are exact.
 */

#include "crm_list.h"


typedef struct {
    crm_record_t    *rec;
    crm_sort_key_t   key;
} crm_item_t;


static int
crm_item_cmp(const void *a, const void *b, void *query)
{
    return crm_sort_key_cmp(query, &((const crm_item_t *) a)->key,
                            &((const crm_item_t *) b)->key);
}


/* what matches, with the place of each in the order */

static ngx_int_t
crm_items_collect(crm_flow_t *f, const crm_query_t *query,
    crm_record_t **rec, ngx_uint_t n, crm_item_t *item, ngx_uint_t *count)
{
    ngx_uint_t  i;

    *count = 0;

    for (i = 0; i < n; i++) {

        if (!crm_query_match(f, query, rec[i])) {
            continue;
        }

        item[*count].rec = rec[i];

        if (crm_sort_key(&f->arena, query, rec[i], &item[*count].key)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        (*count)++;
    }

    return NGX_OK;
}


/* how many of the items the pages before have shown */

static ngx_int_t
crm_items_shown(crm_flow_t *f, crm_query_t *query, const crm_item_t *item,
    ngx_uint_t count, ngx_uint_t *shown)
{
    ngx_int_t       rc;
    crm_sort_key_t  after;

    *shown = 0;

    if (query->cursor.len == 0) {
        return NGX_OK;
    }

    rc = crm_sort_key_decode(f, query, &after);

    while (rc == NGX_OK && *shown < count
           && crm_sort_key_cmp(query, &item[*shown].key, &after) <= 0)
    {
        (*shown)++;
    }

    return rc;
}


ngx_int_t
crm_list_page(crm_flow_t *f, crm_query_t *query, crm_record_t **rec,
    ngx_uint_t n, crm_list_page_t *page)
{
    ngx_int_t    rc;
    ngx_uint_t   i, count;
    crm_item_t  *item;

    item = crm_arena_alloc(&f->arena, (n + 1) * sizeof(crm_item_t));
    page->rec = crm_arena_alloc(&f->arena, (n + 1) * sizeof(crm_record_t *));

    if (item == NULL || page->rec == NULL
        || crm_items_collect(f, query, rec, n, item, &count) != NGX_OK)
    {
        return NGX_ERROR;
    }

    qsort_r(item, count, sizeof(crm_item_t), crm_item_cmp, query);

    rc = crm_items_shown(f, query, item, count, &i);
    if (rc != NGX_OK) {
        return rc;
    }

    for (page->n = 0; i < count && page->n < query->limit; i++) {
        page->rec[page->n++] = item[i].rec;
        page->last = item[i].key;
    }

    page->more = i < count;
    page->total = count;

    return NGX_OK;
}


ngx_int_t
crm_list_memory(crm_flow_t *f, crm_query_t *query, crm_record_t **rec,
    ngx_uint_t n)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    crm_list_t        list;
    crm_list_page_t   page;

    rc = crm_list_page(f, query, rec, n, &page);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_list_open(f, &list, query);

    for (i = 0; i < page.n; i++) {
        crm_list_add(f, &list, page.rec[i]);
    }

    return crm_list_close(f, &list, page.more ? &page.last : NULL,
                          page.total, 0);
}
