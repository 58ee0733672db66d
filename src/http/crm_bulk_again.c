/*
 * A bulk request that is repeated after a crash (api.md, "Idempotency").
 *
 * Its claim has ended without an outcome, but the job that it began is named
 * beside it.  The copy goes on with that: the records are those that the first
 * one found, in the same places, so that each meets the outcome under its part
 * of the key; and the marks are in one job, so that an undo takes back all of
 * it.
 */

#include "crm_bulk.h"
#include "crm_idem.h"
#include "crm_respond.h"
#include "crm_write.h"


static ngx_int_t crm_bulk_again_found(crm_flow_t *f);
static ngx_int_t crm_bulk_again_read(crm_flow_t *f);


/* ---- what a job keeps of its request ------------------------------------ */

ngx_int_t
crm_bulk_job_params(crm_flow_t *f, crm_bulk_request_t *r, crm_str_t *text)
{
    size_t       i;
    json_t      *params, *ids;
    crm_bulk_t  *b = r->bulk;

    params = json_copy(crm_request(f)->body);
    if (params == NULL) {
        return NGX_ERROR;
    }

    if (b->item != NULL) {
        ids = json_array();

        for (i = 0; i < b->n; i++) {
            (void) json_array_append_new(ids, json_integer(b->item[i].id));
        }

        (void) json_object_set_new(params, "ids", ids);

    } else {
        (void) json_object_set_new(params, "chunks",
                                   json_integer(r->scan.bits.n));
    }

    (void) json_object_set_new(params, "loose", json_boolean(r->scan.loose));

    return crm_job_params(f, params, text);
}


static ngx_int_t
crm_bulk_again_items(crm_flow_t *f, crm_bulk_request_t *r, json_t *params)
{
    size_t       i;
    json_t      *ids, *id;
    crm_bulk_t  *b = r->bulk;

    ids = json_object_get(params, "ids");

    b->n = json_array_size(ids);
    b->item = crm_arena_calloc(&f->arena,
                               (b->n + 1) * sizeof(crm_bulk_item_t));
    if (b->item == NULL) {
        return NGX_ERROR;
    }

    json_array_foreach(ids, i, id) {
        b->item[i].id = json_integer_value(id);
    }

    if (r->filter == NULL || !json_is_true(json_object_get(params, "loose"))) {
        return NGX_OK;
    }

    b->filter = &r->scan.query;

    return crm_bulk_query(f, r->filter, b->filter);
}


/* ---- the steps ---------------------------------------------------------- */

ngx_int_t
crm_bulk_again(crm_flow_t *f, crm_step_pt next)
{
    crm_bulk_request_t  *r = f->data;

    r->next = next;

    crm_idem_ask_job(f);

    return crm_flow_wait(f, crm_bulk_again_found);
}


static ngx_int_t
crm_bulk_again_found(crm_flow_t *f)
{
    crm_str_t            none = crm_null_string;
    crm_bulk_request_t  *r = f->data;

    switch (crm_idem_take_job(f, &f->reply[0], &r->bulk->job_id)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return r->next(f);

    default:
        return NGX_OK;
    }

    crm_flow_call(f, "HGETALL",
                  crm_job_key(&f->arena, &f->tenant->prefix,
                              r->bulk->job_id),
                  none, none, none);

    return crm_flow_wait(f, crm_bulk_again_read);
}


static ngx_int_t
crm_bulk_again_read(crm_flow_t *f)
{
    json_t              *params;
    ngx_int_t            rc;
    crm_record_t        *rec;
    crm_bulk_request_t  *r = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_JOB], r->bulk->job_id,
                         &f->reply[0], &rec);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? r->next(f) : rc;
    }

    r->resumed = 1;
    r->bulk->job_rec = rec;

    params = json_loadb((char *) rec->v[CRM_JOB_PARAMS].str.data,
                        rec->v[CRM_JOB_PARAMS].str.len, 0, NULL);
    rc = crm_bulk_again_items(f, r, params);
    json_decref(params);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? crm_answer_faults(f) : rc;
    }

    return r->next(f);
}
