/* GET of one record that is kept in a hash of its own. */

#ifndef CRM_RECORD_READ_H
#define CRM_RECORD_READ_H

#include "crm_flow.h"


typedef struct {
    crm_kind_t     kind;
    crm_str_t    (*key)(crm_arena_t *a, const crm_str_t *prefix, int64_t id);

    /* each may be NULL */

    ngx_uint_t   (*visible)(crm_flow_t *f, const crm_record_t *rec);

    /* fields that are not stored */
    void         (*compute)(crm_record_t *rec, const crm_conf_t *conf,
                            int64_t now);

    /* part of the ETag: what the clock changes of them */
    uint64_t     (*moment)(const crm_record_t *rec);
} crm_record_reader_t;


/* first step: the record named by the path, its fields and what `include'
   names; 404 where there is none that the caller may see */
ngx_int_t crm_record_read(crm_flow_t *f, const crm_record_reader_t *reader);

#endif /* CRM_RECORD_READ_H */
