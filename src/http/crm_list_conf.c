/*
 * Lists of configuration: users, teams, stages, ...  Everything is in the
 * flow's snapshot; only the use of lost reasons is counted in Redis.
 */

#include "crm_dup_job.h"
#include "crm_handlers.h"
#include "crm_list.h"
#include "crm_route.h"


typedef struct {
    crm_query_t          query;
    const crm_reply_t   *used;          /* of lost reasons: id, count, ... */
    ngx_uint_t           chunks;        /* replies of a duplicate rule */
} crm_conf_page_t;


static ngx_int_t crm_conf_list_used(crm_flow_t *f);
static ngx_int_t crm_conf_list_health(crm_flow_t *f);
static ngx_int_t crm_conf_list_answer(crm_flow_t *f);


ngx_int_t
crm_conf_list_handler(crm_flow_t *f)
{
    unsigned          i;
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

    if (kind == CRM_KIND_DUPLICATE_RULE && f->conf->list[kind].n > 0) {
        for (i = 0; i < f->conf->list[kind].n; i++) {
            page->chunks = crm_dup_health_ask(f, f->conf->list[kind].rec[i]);
        }

        return crm_flow_wait(f, crm_conf_list_health);
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
crm_conf_list_health(crm_flow_t *f)
{
    unsigned          i;
    crm_record_t    **rec;
    crm_conf_page_t  *page = f->data;
    crm_conf_list_t  *list = &f->conf->list[CRM_KIND_DUPLICATE_RULE];

    if (crm_dup_health_outdated(f, page->chunks)) {
        return crm_flow_retry(f);
    }

    rec = crm_arena_alloc(&f->arena, list->n * sizeof(crm_record_t *));
    if (rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < list->n; i++) {
        rec[i] = crm_dup_health_take(f, list->rec[i],
                                     &f->reply[i * page->chunks],
                                     page->chunks);
        if (rec[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return crm_list_memory(f, &page->query, rec, list->n);
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


static ngx_int_t
crm_conf_list_answer(crm_flow_t *f)
{
    unsigned          i;
    crm_record_t    **rec;
    crm_conf_page_t  *page = f->data;
    crm_conf_list_t  *list = &f->conf->list[page->query.entity->kind];

    if (page->used == NULL) {
        return crm_list_memory(f, &page->query, list->rec, list->n);
    }

    rec = crm_arena_alloc(&f->arena, (list->n + 1) * sizeof(crm_record_t *));
    if (rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < list->n; i++) {
        rec[i] = list->rec[i];

        if (crm_conf_list_count(f, page->used, &rec[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_list_memory(f, &page->query, rec, list->n);
}
