/* the engine of record lists: from candidates to a page; see crm_scan.h */

#include "crm_scan.h"


#define CRM_SCAN_CHUNK    2000  /* entries asked for in one go of a walk */
#define CRM_SCAN_LEAST    50    /* ... of few sets, however few are needed */
#define CRM_SCAN_SEGMENTS 4     /* sets of which most are usually small */
#define CRM_SCAN_LOAD     100   /* records loaded at least where many fail */


static ngx_int_t crm_scan_count(crm_flow_t *f, crm_scan_t *scan);
static ngx_int_t crm_scan_counted(crm_flow_t *f);
static ngx_int_t crm_scan_walk(crm_flow_t *f, crm_scan_t *scan);
static ngx_int_t crm_scan_walked(crm_flow_t *f);
static ngx_int_t crm_scan_learnt(crm_flow_t *f);
static ngx_int_t crm_scan_prove(crm_flow_t *f, crm_scan_t *scan);
static ngx_int_t crm_scan_proved(crm_flow_t *f);
static ngx_int_t crm_scan_groups(crm_flow_t *f, crm_scan_t *scan);


/*
 * Bounds may have moved since the page before (what is planned is behind
 * now): a place that lies before them is their beginning.
 */

static void
crm_scan_begin(const crm_scan_t *scan, crm_source_t *s)
{
    if (!s->lex && (scan->query.desc ? scan->after.score >= s->high
                                     : scan->after.score < s->low))
    {
        return;
    }

    s->after = scan->after;
    s->begun = 1;
}


ngx_int_t
crm_scan_list(crm_flow_t *f, crm_kind_t kind,
    ngx_int_t (*plan)(crm_flow_t *f, crm_scan_t *scan))
{
    ngx_int_t    rc;
    crm_scan_t  *scan;

    scan = crm_arena_calloc(&f->arena, sizeof(crm_scan_t));
    if (scan == NULL) {
        return NGX_ERROR;
    }

    f->data = scan;

    scan->kind = kind;

    rc = crm_query_parse(f, &crm_request(f)->params, &crm_entities[kind],
                         &scan->query);

    if (rc == NGX_OK && scan->query.cursor.len > 0) {
        scan->begun = 1;
        rc = crm_sort_key_decode(f, &scan->query, &scan->after);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (plan(f, scan) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_scan_start(f);
}


ngx_int_t
crm_scan_start(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    scan->rec = crm_arena_alloc(&f->arena, scan->query.limit
                                           * sizeof(crm_record_t *));
    if (scan->rec == NULL) {
        return NGX_ERROR;
    }

    if (scan->empty) {
        scan->counted = 1;
        return crm_scan_answer(f);
    }

    for (i = 0; scan->begun && scan->after.set && i < scan->nsources; i++) {
        crm_scan_begin(scan, &scan->source[i]);
    }

    if (scan->use_bits || scan->by_groups
        || (scan->begun && !scan->after.set))
    {
        return crm_scan_gather(f);
    }

    if (scan->query.total && !scan->loose) {
        return crm_scan_count(f, scan);
    }

    if (scan->query.total && scan->count != NULL) {
        return scan->count(f);
    }

    return crm_scan_go_on(f);
}


/* a list straight from its sorted sets has as many records as they have */

static ngx_int_t
crm_scan_count(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t     i;
    crm_str_t      none = crm_null_string;
    crm_source_t  *s;

    if (scan->nsources == 0) {
        scan->counted = 1;
        return crm_scan_go_on(f);
    }

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (s->lex) {
            crm_flow_call(f, "ZCARD", s->key, none, none, none);

        } else {
            crm_flow_call(f, "ZCOUNT", s->key, crm_walk_low(f, s->low),
                          crm_walk_high(f, s->high), none);
        }
    }

    return crm_flow_wait(f, crm_scan_counted);
}


static ngx_int_t
crm_scan_counted(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    for (i = 0; i < f->nreply; i++) {
        scan->total += f->reply[i].num;
    }

    scan->counted = 1;

    return crm_scan_go_on(f);
}


/* also some more, where a walk would have to end before the page is full */

static ngx_uint_t
crm_scan_are_few(const crm_scan_t *scan, int64_t n)
{
    int64_t  limit = scan->query.limit;

    return n <= CRM_SCAN_FEW
           || (n <= CRM_SCAN_MORE
               && limit * scan->last_id / n > CRM_SCAN_WALK);
}


ngx_int_t
crm_scan_gathered(crm_flow_t *f)
{
    int64_t      n;
    crm_scan_t  *scan = f->data;
    crm_step_pt  count = scan->count;

    if (scan->gathered != NULL) {
        return scan->gathered(f);
    }

    n = crm_bitmap_count(&scan->bits);

    if (!scan->learns) {
        scan->share = (double) n / scan->last_id;
    }

    if (!scan->counted && !scan->loose && !scan->learns) {
        scan->total = n;
        scan->counted = 1;
    }

    /* once; so few are counted when they are loaded */

    if (!scan->counted && count != NULL
        && (scan->by_groups || n > CRM_SCAN_WHOLE))
    {
        scan->count = NULL;
        return count(f);
    }

    if (scan->by_groups || (scan->begun && !scan->after.set
                            && !crm_scan_are_few(scan, n)))
    {
        scan->mode = CRM_SCAN_BY_GROUPS;

    } else if (scan->mode == CRM_SCAN_BY_WALK && scan->walked == 0
               && !scan->learns && crm_scan_are_few(scan, n))
    {
        if (n > CRM_SCAN_FEW) {
            f->redis = f->worker->bulk;
        }

        return crm_scan_few(f);
    }

    return crm_scan_go_on(f);
}


/* the next candidates, or the end */

ngx_int_t
crm_scan_go_on(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    if (scan->next < scan->ncandidates) {
        return crm_scan_load(f);
    }

    if (scan->loaded > CRM_SCAN_LOADS + scan->query.limit) {
        return crm_scan_finish(f, 1);
    }

    switch (scan->mode) {

    case CRM_SCAN_BY_WALK:
        return crm_scan_walk(f, scan);

    case CRM_SCAN_BY_GROUPS:
        return crm_scan_groups(f, scan);

    default:
        return crm_scan_finish(f, 0);
    }
}


/* room for more candidates; what was looked at is gone */

ngx_int_t
crm_scan_room(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t n)
{
    scan->next = 0;
    scan->ncandidates = 0;
    scan->candidate = crm_arena_calloc(&f->arena,
                                       (n + 1) * sizeof(crm_candidate_t));

    return scan->candidate != NULL ? NGX_OK : NGX_ERROR;
}


/* as many as may still be shown, and some more where many fail */

ngx_uint_t
crm_scan_wanted(const crm_scan_t *scan)
{
    ngx_uint_t  left = scan->query.limit - scan->n;

    return scan->loose ? ngx_max(left, CRM_SCAN_LOAD) : left;
}


/* ---- walk -------------------------------------------------------------- */

/* of each source: what the page still needs, about, as far as the share of
   those that match tells it */

static ngx_uint_t
crm_scan_chunk(const crm_scan_t *scan)
{
    double      far;
    ngx_uint_t  least, left = scan->query.limit - scan->n + 1;

    least = scan->nsources <= CRM_SCAN_SOURCES ? CRM_SCAN_LEAST : 5;

    if (!scan->has_bits) {
        return ngx_min(left, 2 * left / scan->nsources + least);
    }

    far = scan->share > 0 ? 1.25 * left / scan->share : CRM_SCAN_CHUNK;

    if (scan->nsources > CRM_SCAN_SEGMENTS) {
        far = 2 * far / scan->nsources;
    }

    return ngx_max(ngx_min(far, CRM_SCAN_CHUNK), least);
}


/*
 * What may go out in a cursor is what the caller may see: a salesperson's
 * walk does not end on a record of somebody else.
 */

static ngx_uint_t
crm_scan_may_stop(const crm_scan_t *scan)
{
    return scan->marked
           && scan->walked >= (scan->learns ? CRM_SCAN_LEARN : CRM_SCAN_WALK);
}


static void
crm_scan_mark(crm_scan_t *scan, const crm_sort_key_t *key)
{
    if (!scan->has_bits || scan->visible == NULL
        || crm_bitmap_has(&scan->visible->bits, key->id))
    {
        scan->walk_mark = *key;
        scan->marked = 1;
    }
}


static ngx_int_t
crm_scan_walk(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_int_t        rc;
    ngx_uint_t       wanted;
    crm_sort_key_t   key;

    wanted = crm_scan_wanted(scan);

    if (crm_scan_room(f, scan, wanted) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    while (scan->ncandidates < wanted && !crm_scan_may_stop(scan)) {
        rc = crm_walk_next(scan, &key);

        if (rc != NGX_OK) {
            break;
        }

        scan->walked++;
        crm_scan_mark(scan, &key);

        if (!scan->has_bits || crm_bitmap_has(&scan->bits, key.id)) {
            scan->candidate[scan->ncandidates++].key = key;
        }
    }

    if (scan->ncandidates > 0) {
        return crm_scan_load(f);
    }

    if (rc == NGX_AGAIN) {
        (void) crm_walk_ask(f, scan, crm_scan_chunk(scan));
        return crm_flow_wait(f, crm_scan_walked);
    }

    if (rc == NGX_OK) {
        scan->mark = scan->walk_mark;
        return crm_scan_finish(f, 1);
    }

    scan->mode = CRM_SCAN_BY_GROUPS;
    scan->begun = 0;

    if (scan->ngroups > 0 && !scan->has_bits) {
        return crm_scan_gather(f);
    }

    return crm_scan_go_on(f);
}


static ngx_int_t
crm_scan_walked(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    switch (crm_walk_take(f, scan)) {

    case NGX_OK:
        if (scan->learns && crm_scan_learn(f, scan) > 0) {
            return crm_flow_wait(f, crm_scan_learnt);
        }

        return crm_scan_prove(f, scan);

    case NGX_AGAIN:
        (void) crm_walk_ask(f, scan, crm_scan_chunk(scan));
        return crm_flow_wait(f, crm_scan_walked);

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
crm_scan_learnt(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    return crm_scan_take_learnt(f, scan) == NGX_OK ? crm_scan_prove(f, scan)
                                                   : NGX_ERROR;
}


static ngx_int_t
crm_scan_prove(crm_flow_t *f, crm_scan_t *scan)
{
    return crm_walk_prove(f, scan) > 0 ? crm_flow_wait(f, crm_scan_proved)
                                       : crm_scan_walk(f, scan);
}


static ngx_int_t
crm_scan_proved(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    return crm_walk_proved(f, scan) == NGX_OK ? crm_scan_walk(f, scan)
                                              : NGX_ERROR;
}


/* ---- groups ------------------------------------------------------------ */

/* where a page ended: the group that its last record was in */

static ngx_uint_t
crm_scan_in_group(const crm_scan_t *scan, const crm_group_t *group)
{
    return !scan->begun
           || (group->set == scan->after.set
               && (group->by_id || !group->set
                   || group->score == scan->after.score));
}


static ngx_int_t
crm_scan_group_bits(crm_flow_t *f, crm_scan_t *scan,
    const crm_group_t *group)
{
    if (crm_bitmap_init(&scan->group_bits, &f->arena, scan->last_id)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_bitmap_add(&scan->group_bits, &scan->bits);

    if (group->term != NULL) {
        crm_bitmap_and(&scan->group_bits, &group->term->bits);
    }

    return scan->group_bits.failed ? NGX_ERROR : NGX_OK;
}


/* candidates of one group behind scan->after */

static void
crm_scan_group_walk(crm_scan_t *scan, const crm_group_t *group,
    ngx_uint_t wanted)
{
    int64_t          id;
    crm_sort_key_t  *key;

    id = scan->begun ? scan->after.id : scan->query.desc ? INT64_MAX : 0;

    while (scan->ncandidates < wanted) {
        id = crm_bitmap_next(&scan->group_bits, id, scan->query.desc);

        if (id == 0) {
            return;
        }

        key = &scan->candidate[scan->ncandidates++].key;
        key->id = id;
        key->set = group->set;
        key->score = group->by_id ? id : group->score;
    }
}


static ngx_int_t
crm_scan_groups(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t          wanted;
    const crm_group_t  *group;

    wanted = crm_scan_wanted(scan);

    if (crm_scan_room(f, scan, wanted) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( /* void */ ; scan->at_group < scan->ngroups; scan->at_group++) {
        group = &scan->group[scan->at_group];

        if (!crm_scan_in_group(scan, group)) {
            continue;
        }

        if (crm_scan_group_bits(f, scan, group) != NGX_OK) {
            return NGX_ERROR;
        }

        crm_scan_group_walk(scan, group, wanted);

        if (scan->ncandidates > 0) {
            scan->after = scan->candidate[scan->ncandidates - 1].key;
            scan->begun = 1;
            return crm_scan_load(f);
        }

        scan->begun = 0;
    }

    return crm_scan_finish(f, 0);
}
