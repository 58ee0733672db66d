/* GET of one record; see crm_record_read.h */

#include "crm_include.h"
#include "crm_record_read.h"
#include "crm_respond.h"
#include "crm_write.h"


typedef struct {
    const crm_record_reader_t  *reader;
    crm_view_t                  view;
    crm_record_t               *rec;
} crm_record_read_t;


static ngx_int_t crm_record_read_loaded(crm_flow_t *f);
static ngx_int_t crm_record_read_included(crm_flow_t *f);


ngx_int_t
crm_record_read(crm_flow_t *f, const crm_record_reader_t *reader)
{
    ngx_int_t           rc;
    crm_str_t           none = crm_null_string;
    crm_record_read_t  *read;

    read = crm_arena_calloc(&f->arena, sizeof(crm_record_read_t));
    if (read == NULL) {
        return NGX_ERROR;
    }

    f->data = read;
    read->reader = reader;

    rc = crm_view_parse(f, &crm_entities[reader->kind], &read->view);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_flow_call(f, "HGETALL",
                  reader->key(&f->arena, &f->tenant->prefix,
                              crm_request(f)->id[0]),
                  none, none, none);

    return crm_flow_wait(f, crm_record_read_loaded);
}


static ngx_int_t
crm_record_read_loaded(crm_flow_t *f)
{
    ngx_int_t                   rc;
    crm_record_read_t          *read = f->data;
    const crm_record_reader_t  *reader = read->reader;

    rc = crm_read_record(f, &crm_entities[reader->kind],
                         crm_request(f)->id[0], &f->reply[0], &read->rec);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED
        || (reader->visible != NULL && !reader->visible(f, read->rec)))
    {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (reader->compute != NULL) {
        reader->compute(read->rec, f->conf, f->now);
    }

    if (crm_view_look_up(f, &read->view, &read->rec, 1) > 0) {
        return crm_flow_wait(f, crm_record_read_included);
    }

    f->nreply = 0;

    return crm_record_read_included(f);
}


static ngx_int_t
crm_record_read_included(crm_flow_t *f)
{
    uint64_t            moment;
    crm_record_read_t  *read = f->data;

    if (f->nreply > 0 && crm_view_looked_up(f, &read->view) != NGX_OK) {
        return NGX_ERROR;
    }

    moment = read->reader->moment != NULL ? read->reader->moment(read->rec)
                                          : 0;

    crm_view_json(f, &read->view, crm_answer_json(f, NGX_HTTP_OK), read->rec);
    crm_answer_etag(f, crm_record_version(read->rec),
                    moment ^ crm_view_hash(f, &read->view, read->rec));

    return NGX_OK;
}
