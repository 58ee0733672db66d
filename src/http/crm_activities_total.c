/*
 * How many activities there are, where their sorted sets do not say it.
 *
 * All that a salesperson may see: theirs, those on their records and those on
 * nobody's are three sorted sets by segment (crm_acts_own()); what is theirs
 * on nobody's records stands in the first and in the last, and is taken off
 * again.  With filters they are read one by one, if they are not too many.
 */

#include "crm_activities_int.h"


#define CRM_ACTS_SETS   3
#define CRM_ACTS_TWICE  4000    /* entries that are looked up in the other */
#define CRM_ACTS_READ   3000    /* records that are read */


static ngx_int_t crm_acts_count(crm_flow_t *f);
static ngx_int_t crm_acts_cards(crm_flow_t *f);
static ngx_int_t crm_acts_counted(crm_flow_t *f);
static ngx_int_t crm_acts_tally(crm_flow_t *f);
static ngx_int_t crm_acts_tally_sizes(crm_flow_t *f);
static ngx_int_t crm_acts_tally_ids(crm_flow_t *f);
static ngx_int_t crm_acts_tallied(crm_flow_t *f);


/* what filters, rights and states look at: no texts */

static const unsigned  crm_acts_tally_fields[] = {
    CRM_VERSION, CRM_ACTIVITY_LEAD_ID, CRM_ACTIVITY_CONTACT_ID,
    CRM_ACTIVITY_OF_TYPE, CRM_ACTIVITY_USER_ID, CRM_ACTIVITY_DUE_DATE,
    CRM_ACTIVITY_START_AT, CRM_ACTIVITY_END_AT, CRM_ACTIVITY_DONE_AT,
    CRM_ACTIVITY_OUTCOME, CRM_ACTIVITY_TEAM, CRM_ACTIVITY_OWNER,
    CRM_ACTIVITY_HELD
};

#define CRM_ACTS_TALLY_FIELDS                                                 \
    (sizeof(crm_acts_tally_fields) / sizeof(crm_acts_tally_fields[0]))


void
crm_acts_total(crm_acts_t *acts)
{
    crm_scan_t  *scan = &acts->scan;

    if (scan->use_bits) {
        return;
    }

    scan->count = acts->twice && !acts->inexact && scan->query.nfilters == 1
                  ? crm_acts_count : crm_acts_tally;
}


static ngx_int_t
crm_acts_count(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_str_t    none = crm_null_string;
    crm_scan_t  *scan = f->data;

    for (i = 0; i < scan->nsources; i++) {
        crm_flow_call(f, "ZCARD", scan->source[i].key, none, none, none);
    }

    return crm_flow_wait(f, crm_acts_cards);
}


/* the cards of the segments, set by set */

static ngx_int_t
crm_acts_cards(crm_flow_t *f)
{
    ngx_uint_t   i, last;
    crm_scan_t  *scan = f->data;

    last = scan->nsources - scan->nsources / CRM_ACTS_SETS;

    for (i = 0; i < scan->nsources; i++) {
        scan->total += f->reply[i].num;

        if (last + i < scan->nsources
            && f->reply[i].num > CRM_ACTS_TWICE
            && f->reply[last + i].num > CRM_ACTS_TWICE)
        {
            return crm_scan_go_on(f);
        }
    }

    for (i = 0; last + i < scan->nsources; i++) {
        crm_flow_call(f, "ZINTERCARD", crm_str("2"), scan->source[i].key,
                      scan->source[last + i].key, (crm_str_t) crm_null_string);
    }

    return crm_flow_wait(f, crm_acts_counted);
}


static ngx_int_t
crm_acts_counted(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    for (i = 0; i < f->nreply; i++) {
        scan->total -= f->reply[i].num;
    }

    /* writes between the counts must not show below nothing */

    scan->total = ngx_max(scan->total, 0);
    scan->counted = 1;

    return crm_scan_go_on(f);
}


/* ---- one by one --------------------------------------------------------- */

static ngx_int_t
crm_acts_tally(crm_flow_t *f)
{
    ngx_uint_t     i;
    crm_scan_t    *scan = f->data;
    crm_source_t  *s;

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        crm_flow_call(f, "ZCOUNT", s->key, crm_walk_low(f, s->low),
                      crm_walk_high(f, s->high),
                      (crm_str_t) crm_null_string);
    }

    return crm_flow_wait(f, crm_acts_tally_sizes);
}


static ngx_int_t
crm_acts_tally_sizes(crm_flow_t *f)
{
    int64_t        n;
    ngx_uint_t     i;
    crm_scan_t    *scan = f->data;
    crm_source_t  *s;

    for (n = 0, i = 0; i < f->nreply; i++) {
        n += f->reply[i].num;
    }

    if (n == 0) {
        scan->counted = 1;
    }

    if (n == 0 || n > CRM_ACTS_READ) {
        return crm_scan_go_on(f);
    }

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        crm_flow_call(f, "ZRANGEBYSCORE", s->key, crm_walk_low(f, s->low),
                      crm_walk_high(f, s->high),
                      (crm_str_t) crm_null_string);
    }

    return crm_flow_wait(f, crm_acts_tally_ids);
}


static int ngx_libc_cdecl
crm_acts_id_cmp(const void *one, const void *two)
{
    int64_t  a = *(const int64_t *) one, b = *(const int64_t *) two;

    return (a > b) - (a < b);
}


/* each once */

static ngx_int_t
crm_acts_tally_ids(crm_flow_t *f)
{
    uint32_t      m;
    ngx_uint_t    i, n;
    crm_acts_t   *acts = f->data;

    for (n = 0, i = 0; i < f->nreply; i++) {
        n += f->reply[i].n;
    }

    acts->id = crm_arena_alloc(&f->arena, (n + 1) * sizeof(int64_t));
    if (acts->id == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < f->nreply; i++) {
        for (m = 0; m < f->reply[i].n; m++) {
            acts->id[n++] = crm_walk_id(&f->reply[i].item[m].str);
        }
    }

    qsort(acts->id, n, sizeof(int64_t), crm_acts_id_cmp);

    f->redis = f->worker->bulk;

    for (acts->nids = 0, i = 0; i < n; i++) {
        if (i > 0 && acts->id[i] == acts->id[acts->nids - 1]) {
            continue;
        }

        acts->id[acts->nids++] = acts->id[i];
        crm_scan_part_ask(f, &acts->scan, acts->id[i], crm_acts_tally_fields,
                          CRM_ACTS_TALLY_FIELDS);
    }

    if (acts->nids > 0) {
        return crm_flow_wait(f, crm_acts_tallied);
    }

    f->nreply = 0;

    return crm_acts_tallied(f);
}


static ngx_int_t
crm_acts_tallied(crm_flow_t *f)
{
    ngx_int_t      rc;
    ngx_uint_t     i;
    crm_acts_t    *acts = f->data;
    crm_scan_t    *scan = &acts->scan;
    crm_record_t  *rec;

    for (i = 0; i < acts->nids; i++) {
        rc = crm_scan_part(f, scan, acts->id[i], crm_acts_tally_fields,
                           &f->reply[i], &rec);

        if (rc == NGX_OK) {
            rc = scan->admit(f, rec);
        }

        if (rc == NGX_ERROR) {
            return rc;
        }

        scan->total += rc == NGX_OK && crm_query_match(f, &scan->query, rec);
    }

    acts->last = 0;
    scan->counted = 1;

    return crm_scan_go_on(f);
}
