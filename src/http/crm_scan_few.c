/*
 * Few records match: their sort values are fetched and sorted in the worker;
 * where they are very few, the whole records.
 */

#include <stdlib.h>
#include "crm_scan.h"
#include "crm_write.h"


#define CRM_FEW_SOURCES  2      /* asked for the scores of all */


static ngx_int_t crm_scan_few_taken(crm_flow_t *f);


/* the stored fields that the sort value of a record is made of */

static ngx_uint_t
crm_scan_sort_fields(const crm_scan_t *scan, crm_str_t *name)
{
    const crm_field_t  *fields = scan->query.entity->fields;

    if (scan->kind == CRM_KIND_LEAD
        && (scan->query.sort == CRM_LEAD_NEXT_ACTIVITY
            || scan->query.sort == CRM_LEAD_RANK))
    {
        name[0] = fields[CRM_LEAD_ACTIVE].stored;
        name[1] = scan->query.sort == CRM_LEAD_RANK
                  ? fields[CRM_LEAD_RANK].stored
                  : fields[CRM_LEAD_DUE].stored;
        return 2;
    }

    name[0] = fields[scan->query.sort].stored;

    return 1;
}


crm_str_t
crm_scan_record_key(crm_flow_t *f, const crm_scan_t *scan, int64_t id)
{
    const crm_entity_t  *entity = scan->query.entity;

    return crm_flow_key(f, "%.*s:%lld", (int) entity->name.len,
                        entity->name.data, (long long) id);
}


void
crm_scan_part_ask(crm_flow_t *f, const crm_scan_t *scan, int64_t id,
    const unsigned *field, ngx_uint_t n)
{
    crm_str_t   argv[2 + CRM_SCAN_PART];
    ngx_uint_t  i;

    argv[0] = crm_str("HMGET");
    argv[1] = crm_scan_record_key(f, scan, id);

    for (i = 0; i < n; i++) {
        argv[2 + i] = scan->query.entity->fields[field[i]].stored;
    }

    crm_flow_cmd(f, 2 + n, argv);
}


ngx_int_t
crm_scan_part(crm_flow_t *f, const crm_scan_t *scan, int64_t id,
    const unsigned *field, const crm_reply_t *reply, crm_record_t **rec)
{
    crm_str_t   pairs[2 * CRM_SCAN_PART];
    ngx_uint_t  i, n;

    for (n = 0, i = 0; i < reply->n; i++) {
        if (crm_reply_is_string(&reply->item[i])) {
            pairs[n++] = scan->query.entity->fields[field[i]].stored;
            pairs[n++] = reply->item[i].str;
        }
    }

    if (n == 0) {
        return NGX_DECLINED;
    }

    return crm_record_load(&f->arena, scan->query.entity, id, pairs, n, rec)
           == CRM_OK ? NGX_OK : NGX_ERROR;
}


/* whether the sorted sets tell the sort values, in a command each */

static ngx_uint_t
crm_scan_few_scored(const crm_scan_t *scan)
{
    ngx_uint_t  i;

    for (i = 0; i < scan->nsources; i++) {
        if (scan->source[i].lex) {
            return 0;
        }
    }

    return scan->nsources > 0 && scan->nsources <= CRM_FEW_SOURCES
           && scan->ncandidates > CRM_SCAN_WHOLE;
}


static void
crm_scan_few_ask(crm_flow_t *f, const crm_scan_t *scan)
{
    ngx_uint_t  i, n, whole;
    crm_str_t   argv[4];

    whole = scan->ncandidates <= CRM_SCAN_WHOLE;
    argv[0] = whole ? crm_str("HGETALL") : crm_str("HMGET");
    n = crm_scan_sort_fields(scan, &argv[2]);

    for (i = 0; i < scan->ncandidates; i++) {
        argv[1] = crm_scan_record_key(f, scan, scan->candidate[i].key.id);
        crm_flow_cmd(f, whole ? 2 : 2 + n, argv);
    }
}


ngx_int_t
crm_scan_few(crm_flow_t *f)
{
    int64_t      id;
    ngx_uint_t   i, n;
    crm_scan_t  *scan = f->data;

    scan->mode = CRM_SCAN_BY_FEW;

    n = crm_bitmap_count(&scan->bits);

    if (n == 0) {
        scan->counted = 1;
        return crm_scan_finish(f, 0);
    }

    if (crm_scan_room(f, scan, n) != NGX_OK) {
        return NGX_ERROR;
    }

    for (id = crm_bitmap_next(&scan->bits, 0, 0);
         id > 0;
         id = crm_bitmap_next(&scan->bits, id, 0))
    {
        scan->candidate[scan->ncandidates++].key.id = id;
    }

    if (!crm_scan_few_scored(scan)) {
        crm_scan_few_ask(f, scan);

    } else {
        for (i = 0; i < scan->nsources; i++) {
            crm_walk_ask_scores(f, &scan->source[i].key,
                                &scan->candidate[0].key,
                                sizeof(crm_candidate_t), scan->ncandidates);
        }
    }

    return crm_flow_wait(f, crm_scan_few_taken);
}


/* a record of nothing but its sort value */

static ngx_int_t
crm_scan_few_record(crm_flow_t *f, const crm_scan_t *scan, int64_t id,
    const crm_reply_t *reply, crm_record_t **rec)
{
    ngx_uint_t  i, n, fields;
    crm_str_t   name[2], pairs[4];

    fields = crm_scan_sort_fields(scan, name);

    for (n = 0, i = 0; i < fields && i < reply->n; i++) {
        if (crm_reply_is_string(&reply->item[i])) {
            pairs[n++] = name[i];
            pairs[n++] = reply->item[i].str;
        }
    }

    return crm_record_load(&f->arena, scan->query.entity, id, pairs, n, rec)
           == CRM_OK ? NGX_OK : NGX_ERROR;
}


static int
crm_candidate_cmp(const void *a, const void *b, void *query)
{
    return crm_sort_key_cmp(query, &((const crm_candidate_t *) a)->key,
                            &((const crm_candidate_t *) b)->key);
}


/* whole records are matched at once, so that their number is exact */

static ngx_int_t
crm_scan_few_whole(crm_flow_t *f, crm_scan_t *scan, crm_candidate_t *c,
    const crm_reply_t *reply)
{
    ngx_int_t  rc;

    rc = crm_read_record(f, scan->query.entity, c->key.id, reply, &c->rec);

    if (rc != NGX_OK) {
        return rc;
    }

    c->loaded = 1;

    if (crm_sort_key(&f->arena, &scan->query, c->rec, &c->key) != CRM_OK) {
        return NGX_ERROR;
    }

    return crm_scan_admit(f, scan, c);
}


static ngx_int_t
crm_scan_few_value(crm_flow_t *f, crm_scan_t *scan, crm_candidate_t *c,
    const crm_reply_t *reply)
{
    crm_record_t  *rec;

    if (crm_scan_few_record(f, scan, c->key.id, reply, &rec) != NGX_OK
        || crm_sort_key(&f->arena, &scan->query, rec, &c->key) != CRM_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
crm_scan_few_score(crm_flow_t *f, const crm_scan_t *scan, ngx_uint_t i,
    crm_sort_key_t *key)
{
    ngx_uint_t          k;
    const crm_reply_t  *reply;

    for (k = 0; k < scan->nsources && !key->set; k++) {
        reply = &f->reply[k];

        key->set = i < reply->n
                   && crm_walk_score(&reply->item[i], &key->score) == NGX_OK;
    }
}


static ngx_int_t
crm_scan_few_take(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t i,
    crm_candidate_t *c)
{
    if (crm_scan_few_scored(scan)) {
        crm_scan_few_score(f, scan, i, &c->key);
        return NGX_OK;
    }

    return scan->ncandidates <= CRM_SCAN_WHOLE
           ? crm_scan_few_whole(f, scan, c, &f->reply[i])
           : crm_scan_few_value(f, scan, c, &f->reply[i]);
}


/* the values are in: sort, and leave out what earlier pages showed */

static ngx_int_t
crm_scan_few_taken(crm_flow_t *f)
{
    ngx_int_t         rc;
    ngx_uint_t        i, n, whole;
    crm_scan_t       *scan = f->data;
    crm_candidate_t   c;

    whole = scan->ncandidates <= CRM_SCAN_WHOLE;

    for (n = 0, i = 0; i < scan->ncandidates; i++) {
        c = scan->candidate[i];

        rc = crm_scan_few_take(f, scan, i, &c);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            scan->candidate[n++] = c;
        }
    }

    scan->ncandidates = n;

    if (whole) {
        scan->total = n;
        scan->counted = 1;
    }

    qsort_r(scan->candidate, scan->ncandidates, sizeof(crm_candidate_t),
            crm_candidate_cmp, &scan->query);

    while (scan->begun && scan->next < scan->ncandidates
           && crm_sort_key_cmp(&scan->query,
                               &scan->candidate[scan->next].key,
                               &scan->after) <= 0)
    {
        scan->next++;
    }

    return crm_scan_go_on(f);
}
