/*
 * The records asked for as one bitmap: facets, ranges and words are read as
 * they lie in Redis and combined in the worker.
 */

#include "crm_scan.h"
#include "crm_words.h"


#define CRM_SCAN_FIRST  16      /* sources that there is room for at once */


static ngx_int_t crm_scan_narrow_taken(crm_flow_t *f);
static ngx_int_t crm_scan_gather_taken(crm_flow_t *f);
static ngx_int_t crm_scan_combine(crm_flow_t *f, crm_scan_t *scan);


crm_term_t *
crm_term_new(crm_flow_t *f, crm_scan_t *scan, crm_term_type_t type,
    ngx_uint_t keys)
{
    crm_term_t  *term;

    term = crm_arena_calloc(&f->arena, sizeof(crm_term_t)
                                       + keys * sizeof(crm_term_key_t));
    if (term == NULL
        || crm_bitmap_init(&term->bits, &f->arena,
                           f->tenant->last_id[scan->kind])
           != CRM_OK)
    {
        return NULL;
    }

    term->type = type;
    term->limit = CRM_SCAN_FEW;
    term->key = (crm_term_key_t *) (term + 1);

    return term;
}


void
crm_scan_add(crm_scan_t *scan, crm_term_t *term)
{
    if (scan->nterms < CRM_SCAN_TERMS) {
        scan->term[scan->nterms++] = term;

    } else {
        scan->loose = 1;
    }
}


void
crm_term_key(crm_term_t *term, crm_str_t key)
{
    crm_term_range(term, key, INT64_MIN, INT64_MAX);
}


void
crm_term_range(crm_term_t *term, crm_str_t key, int64_t low, int64_t high)
{
    crm_term_key_t  *k = &term->key[term->n++];

    k->key = key;
    k->low = low;
    k->high = high;
}


/* room for one more; as many as a power of two, from the first 16 on */

static ngx_int_t
crm_scan_source_room(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t     n = scan->nsources;
    crm_source_t  *source;

    if (n != 0 && (n < CRM_SCAN_FIRST || (n & (n - 1)) != 0)) {
        return NGX_OK;
    }

    source = crm_arena_alloc(&f->arena, ngx_max(2 * n, CRM_SCAN_FIRST)
                                        * sizeof(crm_source_t));
    if (source == NULL) {
        return NGX_ERROR;
    }

    if (n > 0) {
        ngx_memcpy(source, scan->source, n * sizeof(crm_source_t));
    }

    scan->source = source;

    return NGX_OK;
}


ngx_int_t
crm_scan_source(crm_flow_t *f, crm_scan_t *scan, crm_str_t key,
    ngx_uint_t lex)
{
    crm_source_t  *s;

    if (key.data == NULL || crm_scan_source_room(f, scan) != NGX_OK) {
        return NGX_ERROR;
    }

    s = &scan->source[scan->nsources++];

    ngx_memzero(s, sizeof(crm_source_t));
    s->key = key;
    s->lex = lex ? 1 : 0;
    s->low = INT64_MIN;
    s->high = INT64_MAX;
    s->index = -1;

    return NGX_OK;
}


/* one MGET of all chunks of a bitmap */

static void
crm_scan_ask_bitmap(crm_flow_t *f, const crm_term_t *term,
    const crm_str_t *key)
{
    ngx_uint_t   i;
    crm_str_t   *argv;

    argv = crm_arena_alloc(&f->arena, (term->bits.n + 1) * sizeof(crm_str_t));
    if (argv == NULL) {
        return;
    }

    argv[0] = crm_str("MGET");

    for (i = 0; i < term->bits.n; i++) {
        argv[i + 1] = crm_arena_printf(&f->arena, "%.*s:%u", (int) key->len,
                                       key->data, (unsigned) i);
    }

    crm_flow_cmd(f, term->bits.n + 1, argv);
}


static void
crm_scan_ask_range(crm_flow_t *f, const crm_term_t *term,
    const crm_term_key_t *key)
{
    crm_str_t  argv[7];

    argv[0] = crm_str("ZRANGEBYSCORE");
    argv[1] = key->key;
    argv[2] = crm_walk_low(f, key->low);
    argv[3] = crm_walk_high(f, key->high);
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_arena_printf(&f->arena, "%lu",
                               (unsigned long) term->limit + 1);

    crm_flow_cmd(f, 7, argv);
}


static void
crm_scan_ask_term(crm_flow_t *f, crm_term_t *term, ngx_uint_t *reply)
{
    ngx_uint_t  i;

    term->reply = *reply;

    for (i = 0; i < term->n; i++) {

        if (term->type == CRM_TERM_BITMAPS) {
            crm_scan_ask_bitmap(f, term, &term->key[i].key);

        } else {
            crm_scan_ask_range(f, term, &term->key[i]);
        }
    }

    *reply += term->n;
}


static void
crm_scan_take_range(crm_term_t *term, const crm_reply_t *reply)
{
    ngx_uint_t  i;

    if (reply->n > term->limit) {
        term->dropped = 1;
    }

    for (i = 0; i < reply->n; i++) {
        crm_bitmap_set(&term->bits, crm_walk_id(&reply->item[i].str));
    }
}


static void
crm_scan_take_term(crm_flow_t *f, crm_scan_t *scan, crm_term_t *term)
{
    ngx_uint_t          i, k;
    const crm_reply_t  *reply;

    for (i = 0; i < term->n; i++) {
        reply = &f->reply[term->reply + i];

        if (term->type == CRM_TERM_RANGES) {
            crm_scan_take_range(term, reply);
            continue;
        }

        for (k = 0; k < reply->n; k++) {
            crm_bitmap_or(&term->bits, k, &reply->item[k].str);
        }
    }

    if (term->dropped) {
        scan->loose = 1;
    }
}


/* another worker has given ids that were not asked for, or were not known
   when the terms were made */

static ngx_uint_t
crm_scan_outdated(crm_flow_t *f, const crm_scan_t *scan)
{
    ngx_uint_t  i;
    int64_t     last = f->tenant->last_id[scan->kind];

    for (i = 0; i < scan->nterms; i++) {
        if ((last >> CRM_BITMAP_SHIFT) + 1
            != (int64_t) scan->term[i]->bits.n)
        {
            return 1;
        }
    }

    return (last >> CRM_WORDS_SHIFT) != (scan->last_id >> CRM_WORDS_SHIFT);
}


/* a contact, an address, some ids: so few that the records tell the rest */

static ngx_int_t
crm_scan_narrow(crm_flow_t *f)
{
    ngx_uint_t   reply;
    crm_scan_t  *scan = f->data;

    reply = 0;
    crm_scan_ask_term(f, scan->narrow, &reply);

    return reply > 0 ? crm_flow_wait(f, crm_scan_narrow_taken)
                     : crm_scan_narrow_taken(f);
}


static ngx_int_t
crm_scan_narrow_taken(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    if (crm_scan_outdated(f, scan)) {
        return crm_flow_retry(f);
    }

    crm_scan_take_term(f, scan, scan->narrow);

    if (scan->narrow->dropped
        || crm_bitmap_count(&scan->narrow->bits) > CRM_SCAN_WHOLE)
    {
        scan->narrowed = 1;
        return crm_scan_gather(f);
    }

    scan->bits = scan->narrow->bits;
    scan->has_bits = 1;
    scan->loose = 1;

    return scan->gathered != NULL ? scan->gathered(f) : crm_scan_few(f);
}


ngx_int_t
crm_scan_gather(crm_flow_t *f)
{
    ngx_uint_t   i, reply;
    crm_scan_t  *scan = f->data;

    scan->last_id = f->tenant->last_id[scan->kind];

    if (scan->narrow != NULL && !scan->narrowed) {
        return crm_scan_narrow(f);
    }

    /* what is long goes over the connection for it; the look-up of the
       caller is already on the other one */

    if (scan->last_id > CRM_SCAN_BIG && f->redis != f->worker->bulk) {
        f->redis = f->worker->bulk;

        if (f->batch != NULL) {
            return crm_flow_wait(f, crm_scan_gather);
        }
    }

    for (reply = 0, i = 0; i < scan->nterms; i++) {
        crm_scan_ask_term(f, scan->term[i], &reply);
    }

    for (i = 0; i < scan->ngroups; i++) {
        if (scan->group[i].term != NULL) {
            crm_scan_ask_term(f, scan->group[i].term, &reply);
        }
    }

    if (crm_scan_ask_words(f, scan, &reply) != NGX_OK) {
        return NGX_ERROR;
    }

    return reply > 0 ? crm_flow_wait(f, crm_scan_gather_taken)
                     : crm_scan_combine(f, scan);
}


static ngx_int_t
crm_scan_gather_taken(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    if (crm_scan_outdated(f, scan)) {
        return crm_flow_retry(f);
    }

    for (i = 0; i < scan->nterms; i++) {
        crm_scan_take_term(f, scan, scan->term[i]);
    }

    for (i = 0; i < scan->ngroups; i++) {
        if (scan->group[i].term != NULL) {
            crm_scan_take_term(f, scan, scan->group[i].term);
        }
    }

    crm_scan_take_words(f, scan);

    return crm_scan_combine(f, scan);
}


/* both must hold; the first one is taken as it is */

static void
crm_scan_and(crm_scan_t *scan, const crm_bitmap_t *bits)
{
    scan->bits.failed |= bits->failed;

    if (!scan->has_bits) {
        scan->bits = *bits;
        scan->has_bits = 1;
        return;
    }

    crm_bitmap_and(&scan->bits, bits);
}


static ngx_int_t
crm_scan_combine(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t  i;

    scan->has_bits = 0;

    /* the first is changed in place: not the one that is needed by itself */

    for (i = 0; i < scan->nterms; i++) {
        if (!scan->term[i]->dropped && scan->term[i] != scan->visible) {
            crm_scan_and(scan, &scan->term[i]->bits);
        }
    }

    if (scan->visible != NULL) {
        crm_scan_and(scan, &scan->visible->bits);
    }

    scan->among = scan->has_bits ? crm_bitmap_count(&scan->bits)
                                 : scan->last_id;

    for (i = 0; i < scan->nwords; i++) {
        crm_scan_and(scan, &scan->word[i].bits);
    }

    if (!scan->has_bits || scan->bits.failed) {
        return NGX_ERROR;
    }

    return crm_scan_words(f, scan);
}
