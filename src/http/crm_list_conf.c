/*
 * Lists of configuration: users, teams, stages, ...  Everything is in the
 * flow's snapshot; only the use of lost reasons is counted in Redis.
 */

#include <stdlib.h>
#include "crm_handlers.h"
#include "crm_list.h"
#include "crm_route.h"


typedef struct {
    crm_record_t        *rec;
    crm_sort_key_t       key;
} crm_conf_item_t;

typedef struct {
    crm_query_t          query;
    const crm_reply_t   *used;          /* of lost reasons: id, count, ... */
    crm_conf_item_t     *item;
    ngx_uint_t           n;
} crm_conf_page_t;


static ngx_int_t crm_conf_list_used(crm_flow_t *f);
static ngx_int_t crm_conf_list_answer(crm_flow_t *f);


ngx_int_t
crm_conf_list_handler(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_kind_t        kind = crm_request(f)->route->kind;
    crm_conf_page_t  *page;

    page = crm_arena_calloc(&f->arena, sizeof(crm_conf_page_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    f->data = page;

    rc = crm_query_parse(f, &crm_request(f)->params, &crm_entities[kind],
                         &page->query);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (kind != CRM_KIND_LOST_REASON) {
        return crm_conf_list_answer(f);
    }

    crm_flow_call(f, "HGETALL", crm_flow_key(f, "count:lost_reason"),
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string,
                  (crm_str_t) crm_null_string);

    return crm_flow_wait(f, crm_conf_list_used);
}


static ngx_int_t
crm_conf_list_used(crm_flow_t *f)
{
    crm_conf_page_t  *page = f->data;

    if (!crm_reply_is_array(&f->reply[0])) {
        return NGX_ERROR;
    }

    page->used = &f->reply[0];

    return crm_conf_list_answer(f);
}


static ngx_int_t
crm_conf_list_count(crm_flow_t *f, const crm_reply_t *used,
    crm_record_t **rec)
{
    int64_t      id, n;
    ngx_uint_t   i;

    *rec = crm_record_copy(&f->arena, *rec);
    if (*rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&(*rec)->v[CRM_LOST_REASON_USED], 0);

    for (i = 0; i + 1 < used->n; i += 2) {
        if (crm_str_int(&used->item[i].str, &id) == CRM_OK
            && id == crm_record_id(*rec)
            && crm_str_int(&used->item[i + 1].str, &n) == CRM_OK)
        {
            crm_value_set_num(&(*rec)->v[CRM_LOST_REASON_USED], n);
        }
    }

    return NGX_OK;
}


/* what matches, with the place of each in the order */

static ngx_int_t
crm_conf_list_collect(crm_flow_t *f, crm_conf_page_t *page)
{
    unsigned          i;
    crm_conf_item_t  *item;
    crm_conf_list_t  *list = &f->conf->list[page->query.entity->kind];

    page->item = crm_arena_alloc(&f->arena,
                                 (list->n + 1) * sizeof(crm_conf_item_t));
    if (page->item == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < list->n; i++) {

        if (!crm_query_match(f, &page->query, list->rec[i])) {
            continue;
        }

        item = &page->item[page->n++];
        item->rec = list->rec[i];

        if (crm_sort_key(&f->arena, &page->query, item->rec, &item->key)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static int
crm_conf_item_cmp(const void *a, const void *b, void *query)
{
    return crm_sort_key_cmp(query, &((const crm_conf_item_t *) a)->key,
                            &((const crm_conf_item_t *) b)->key);
}


static ngx_int_t
crm_conf_list_answer(crm_flow_t *f)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    crm_list_t        list;
    crm_record_t     *rec;
    crm_sort_key_t    after;
    crm_conf_page_t  *page = f->data;

    if (crm_conf_list_collect(f, page) != NGX_OK) {
        return NGX_ERROR;
    }

    qsort_r(page->item, page->n, sizeof(crm_conf_item_t), crm_conf_item_cmp,
            &page->query);

    i = 0;

    if (page->query.cursor.len > 0) {
        rc = crm_sort_key_decode(f, &page->query, &after);

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? NGX_OK : rc;
        }

        while (i < page->n
               && crm_sort_key_cmp(&page->query, &page->item[i].key, &after)
                  <= 0)
        {
            i++;
        }
    }

    crm_list_open(f, &list, &page->query);

    while (i < page->n && list.n < page->query.limit) {
        rec = page->item[i++].rec;

        if (page->used != NULL
            && crm_conf_list_count(f, page->used, &rec) != NGX_OK)
        {
            return NGX_ERROR;
        }

        crm_list_add(f, &list, rec);
    }

    return crm_list_close(f, &list,
                          i < page->n ? &page->item[i - 1].key : NULL,
                          page->n, 0);
}
