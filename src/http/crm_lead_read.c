/* GET /leads/{id}, and a lead as the answer of whatever changed it */

#include "crm_auth.h"
#include "crm_digest.h"
#include "crm_dup_http.h"
#include "crm_handlers.h"
#include "crm_include.h"
#include "crm_lead_cache.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_lead_read_whole(crm_flow_t *f);
static ngx_int_t crm_lead_read_kept(crm_flow_t *f);
static ngx_int_t crm_lead_read_loaded(crm_flow_t *f);
static ngx_int_t crm_lead_read_counted(crm_flow_t *f);
static ngx_int_t crm_lead_read_included(crm_flow_t *f);


typedef struct {
    crm_view_t     view;
    crm_str_t      key;
    crm_record_t  *lead;
} crm_lead_read_t;


/* what an answer shows that changes without a write of the lead */

static uint64_t
crm_lead_moment(const crm_record_t *lead)
{
    uint64_t            hash;
    const crm_value_t  *v = lead->v;

    if (!v[CRM_LEAD_NEXT_ACTIVITY].set) {
        return 1 + (v[CRM_LEAD_ROTTING].num != 0);
    }

    hash = crm_hash64(v[CRM_LEAD_NEXT_ACTIVITY].str.data,
                      v[CRM_LEAD_NEXT_ACTIVITY].str.len);

    return hash * 31 + v[CRM_LEAD_ACTIVITY_STATE].num * 2
           + (v[CRM_LEAD_ROTTING].num != 0);
}


ngx_int_t
crm_lead_answer(crm_flow_t *f, ngx_uint_t status, crm_record_t *lead)
{
    crm_out_t  *out;

    if (crm_lead_view(&f->arena, lead, f->conf, f->now) != CRM_OK) {
        return NGX_ERROR;
    }

    out = crm_answer_json(f, status);
    crm_record_json(out, lead, NULL);

    crm_answer_etag(f, crm_record_version(lead), crm_lead_moment(lead));
    f->answer.id = crm_record_id(lead);

    if (status == NGX_HTTP_CREATED) {
        crm_answer_location(f, "/leads/%lld",
                            (long long) crm_record_id(lead));
    }

    return NGX_OK;
}


ngx_int_t
crm_lead_read(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_str_t         argv[2 + CRM_LEAD_CACHE_FIELDS];
    crm_request_t    *q = crm_request(f);
    crm_lead_read_t  *read;

    read = crm_arena_calloc(&f->arena, sizeof(crm_lead_read_t));
    if (read == NULL) {
        return NGX_ERROR;
    }

    f->data = read;
    read->key = crm_lead_key(&f->arena, &f->tenant->prefix, q->id[0]);

    if (q->params.n == 0 && crm_lead_cache_find(&read->key) != NULL) {
        argv[0] = crm_str("HMGET");
        argv[1] = read->key;
        ngx_memcpy(argv + 2, crm_lead_cache_fields,
                   sizeof(crm_lead_cache_fields));

        crm_flow_cmd(f, 2 + CRM_LEAD_CACHE_FIELDS, argv);

        return crm_flow_wait(f, crm_lead_read_kept);
    }

    rc = crm_view_parse(f, &crm_entities[CRM_KIND_LEAD], &read->view);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_lead_read_whole(f);
}


static ngx_int_t
crm_lead_read_whole(crm_flow_t *f)
{
    crm_lead_read_t  *read = f->data;
    const crm_str_t   none = crm_null_string;

    crm_flow_call(f, "HGETALL", read->key, none, none, none);

    return crm_flow_wait(f, crm_lead_read_loaded);
}


/* the answer from what the worker has, once Redis says that it still holds */

static ngx_int_t
crm_lead_read_kept(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_str_t         json;
    crm_record_t     *lead;
    crm_lead_read_t  *read = f->data;
    crm_lead_slot_t  *slot;

    slot = crm_lead_cache_find(&read->key);

    if (slot == NULL || !crm_lead_cache_proven(slot, &f->reply[0])) {
        crm_view_init(f, &crm_entities[CRM_KIND_LEAD], &read->view);
        return crm_lead_read_whole(f);
    }

    rc = crm_lead_readable(f, slot->lead);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    lead = crm_record_copy(&f->arena, slot->lead);

    if (lead == NULL
        || crm_lead_view(&f->arena, lead, f->conf, f->now) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (slot->json.len > 0 && slot->moment == crm_lead_moment(lead)) {
        crm_out_str(crm_answer_json(f, NGX_HTTP_OK), &slot->json);

    } else {
        crm_record_json(crm_answer_json(f, NGX_HTTP_OK), lead, NULL);

        if (crm_out_join(&f->answer.body, &json) == CRM_OK) {
            crm_lead_cache_json(slot, &json, crm_lead_moment(lead));
        }
    }

    crm_answer_etag(f, crm_record_version(lead), crm_lead_moment(lead));

    return NGX_OK;
}


static ngx_int_t
crm_lead_read_loaded(crm_flow_t *f)
{
    ngx_int_t         rc;
    crm_lead_read_t  *read = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         crm_request(f)->id[0], &f->reply[0], &read->lead);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    crm_lead_cache_put(&read->key, crm_request(f)->id[0], &f->reply[0]);

    rc = crm_lead_readable(f, read->lead);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_lead_view(&f->arena, read->lead, f->conf, f->now) != CRM_OK) {
        return NGX_ERROR;
    }

    return read->view.duplicates
           ? crm_dup_count(f, &read->view, &read->lead, 1,
                           crm_lead_read_counted)
           : crm_lead_read_counted(f);
}


static ngx_int_t
crm_lead_read_counted(crm_flow_t *f)
{
    crm_lead_read_t  *read = f->data;

    if (crm_view_look_up(f, &read->view, &read->lead, 1) > 0) {
        return crm_flow_wait(f, crm_lead_read_included);
    }

    f->nreply = 0;

    return crm_lead_read_included(f);
}


static ngx_int_t
crm_lead_read_included(crm_flow_t *f)
{
    crm_out_t        *out;
    crm_lead_read_t  *read = f->data;

    if (f->nreply > 0 && crm_view_looked_up(f, &read->view) != NGX_OK) {
        return NGX_ERROR;
    }

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_view_json(f, &read->view, out, read->lead);

    crm_answer_etag(f, crm_record_version(read->lead),
                    crm_lead_moment(read->lead)
                    ^ crm_view_hash(f, &read->view, read->lead));

    return NGX_OK;
}
