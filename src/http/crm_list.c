/* the envelope of every list; see crm_list.h */

#include "crm_list.h"
#include "crm_respond.h"


ngx_uint_t
crm_list_room(size_t bytes, ngx_uint_t n)
{
    if (n == 0) {
        return CRM_LIST_FIRST;
    }

    return 1 + (CRM_LIST_BYTES - ngx_min(bytes, CRM_LIST_BYTES))
               / (bytes / n + 1);
}


size_t
crm_list_bytes(const crm_reply_t *reply)
{
    size_t    bytes;
    uint32_t  i;

    for (bytes = 0, i = 0; i < reply->n; i++) {
        bytes += reply->item[i].str.len;
    }

    return bytes;
}


void
crm_list_open(crm_flow_t *f, crm_list_t *list, const crm_query_t *query)
{
    list->out = crm_answer_json(f, NGX_HTTP_OK);
    list->query = query;
    list->n = 0;

    crm_out_lit(list->out, "{\"data\":[");
}


void
crm_list_add(crm_flow_t *f, crm_list_t *list, const crm_record_t *rec)
{
    if (list->n++ > 0) {
        crm_out_char(list->out, ',');
    }

    crm_view_json(f, &list->query->view, list->out, rec);
}


ngx_int_t
crm_list_close(crm_flow_t *f, crm_list_t *list, const crm_sort_key_t *last,
    int64_t total, ngx_uint_t least)
{
    crm_str_t  cursor = crm_null_string;

    if (last != NULL
        && crm_sort_key_cursor(f, list->query, last, &cursor) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_list_end(list, &cursor, total, least);

    return NGX_OK;
}


void
crm_list_end(crm_list_t *list, const crm_str_t *cursor, int64_t total,
    ngx_uint_t least)
{
    crm_out_t  *out = list->out;

    crm_out_lit(out, "],\"next_cursor\":");

    if (cursor->len > 0) {
        crm_out_json(out, cursor);
    } else {
        crm_out_lit(out, "null");
    }

    if (list->query->total) {
        if (least) {
            crm_out_lit(out, ",\"total_at_least\":");
        } else {
            crm_out_lit(out, ",\"total\":");
        }

        crm_out_int(out, total);
    }

    crm_out_char(out, '}');
}
