/*
 * Sorted sets in order, from a place on.
 *
 * Members with the same score are in order of id, but Redis seeks by score
 * alone.  A cursor in the midst of many ties (all records of one probability)
 * is found by the index that its record has now, or, where that is gone, by
 * halves; both are verified by what stands there, since sets change between
 * two commands.
 */

#include <stdlib.h>
#include "crm_scan.h"
#include "crm_words.h"


#define CRM_WALK_TIES    16     /* more than this many: by index */
#define CRM_WALK_BACK    8      /* removals before the place that do no harm */
#define CRM_WALK_FIRST   50     /* with scores, before a look without them */


static void crm_source_ask(crm_flow_t *f, const crm_scan_t *scan,
    crm_source_t *s, ngx_uint_t n, ngx_uint_t *reply);
static ngx_int_t crm_source_take(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s);


crm_str_t
crm_walk_low(crm_flow_t *f, int64_t low)
{
    return low == INT64_MIN
           ? crm_str("-inf")
           : crm_arena_printf(&f->arena, "%lld", (long long) low);
}


crm_str_t
crm_walk_high(crm_flow_t *f, int64_t high)
{
    return high == INT64_MAX
           ? crm_str("+inf")
           : crm_arena_printf(&f->arena, "(%lld", (long long) high);
}


int64_t
crm_walk_id(const crm_str_t *member)
{
    int64_t    id;
    crm_str_t  digits = *member;

    while (digits.len > 1 && digits.data[0] == '0') {
        digits.data++;
        digits.len--;
    }

    return crm_str_int(&digits, &id) == CRM_OK && id > 0 ? id : 0;
}


/* integers beyond 2^53 come as 1e+17 */

ngx_int_t
crm_walk_score(const crm_reply_t *reply, int64_t *score)
{
    char              buf[64];
    const crm_str_t  *text = &reply->str;

    if (!crm_reply_is_string(reply) || text->len >= sizeof(buf)) {
        return NGX_ERROR;
    }

    if (crm_str_int(text, score) == CRM_OK) {
        return NGX_OK;
    }

    ngx_memcpy(buf, text->data, text->len);
    buf[text->len] = '\0';

    *score = (int64_t) strtod(buf, NULL);

    return NGX_OK;
}


ngx_int_t
crm_walk_key(const crm_reply_t *item, crm_sort_key_t *key)
{
    ngx_memzero(key, sizeof(crm_sort_key_t));

    key->set = 1;
    key->id = crm_walk_id(&item[0].str);

    return key->id > 0 ? crm_walk_score(&item[1], &key->score) : NGX_ERROR;
}


ngx_uint_t
crm_walk_ask(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t n)
{
    ngx_uint_t     i, reply;
    crm_source_t  *s;

    for (reply = 0, i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (s->pos == s->n) {
            scan->walked += s->passed;
            s->passed = 0;
        }

        if (s->pos == s->n && !s->done) {
            crm_source_ask(f, scan, s, n, &reply);

        } else {
            s->asked = 0;
        }
    }

    return reply;
}


ngx_int_t
crm_walk_take(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_int_t      rc, again;
    ngx_uint_t     i;
    crm_source_t  *s;

    again = NGX_OK;

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (s->asked == 0) {
            continue;
        }

        rc = crm_source_take(f, &scan->query, s);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_AGAIN) {
            again = NGX_AGAIN;
        }
    }

    return again;
}


ngx_int_t
crm_walk_next(crm_scan_t *scan, crm_sort_key_t *key)
{
    ngx_uint_t     i;
    crm_source_t  *s, *best;

    best = NULL;

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (s->pos == s->n) {
            if (!s->done) {
                return NGX_AGAIN;
            }

            continue;
        }

        if (best == NULL
            || crm_sort_key_cmp(&scan->query, &s->entry[s->pos],
                                &best->entry[best->pos]) < 0)
        {
            best = s;
        }
    }

    if (best == NULL) {
        return NGX_DONE;
    }

    *key = best->entry[best->pos++];

    return NGX_OK;
}


/* ---- asking ------------------------------------------------------------ */

crm_str_t
crm_walk_number(crm_flow_t *f, int64_t n)
{
    return crm_arena_printf(&f->arena, "%lld", (long long) n);
}


crm_str_t
crm_walk_member(crm_flow_t *f, int64_t id)
{
    return crm_arena_printf(&f->arena, "%010lld", (long long) id);
}


static void
crm_source_ask_lex(crm_flow_t *f, const crm_query_t *query, crm_source_t *s)
{
    crm_str_t  argv[7], after;

    after = s->begun
            ? crm_arena_printf(&f->arena, "(%.*s%c%010lld",
                               (int) s->after.text.len, s->after.text.data,
                               CRM_WORDS_END, (long long) s->after.id)
            : query->desc ? crm_str("+") : crm_str("-");

    argv[0] = query->desc ? crm_str("ZREVRANGEBYLEX")
                          : crm_str("ZRANGEBYLEX");
    argv[1] = s->key;
    argv[2] = after;
    argv[3] = query->desc ? crm_str("-") : crm_str("+");
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_walk_number(f, s->asked);

    crm_flow_cmd(f, 7, argv);
}


/* by score; behind a place also the index that its record has */

static void
crm_source_ask_score(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s)
{
    crm_str_t  argv[8], low, high, none = crm_null_string;

    low = crm_walk_low(f, s->low);
    high = crm_walk_high(f, s->high);

    if (s->begun) {
        s->asked += CRM_WALK_TIES;

        if (query->desc) {
            high = crm_walk_number(f, s->after.score);
        } else {
            low = crm_walk_number(f, s->after.score);
        }
    }

    argv[0] = query->desc ? crm_str("ZREVRANGEBYSCORE")
                          : crm_str("ZRANGEBYSCORE");
    argv[1] = s->key;
    argv[2] = query->desc ? high : low;
    argv[3] = query->desc ? low : high;
    argv[4] = crm_str("WITHSCORES");
    argv[5] = crm_str("LIMIT");
    argv[6] = crm_str("0");
    argv[7] = crm_walk_number(f, s->asked);

    crm_flow_cmd(f, 8, argv);

    if (s->begun) {
        crm_flow_call(f, query->desc ? "ZREVRANK" : "ZRANK", s->key,
                      crm_walk_member(f, s->after.id), none, none);
    }
}


static void
crm_source_ask_index(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s, int64_t from, int64_t to)
{
    s->from = from;
    s->asked = to - from + 1;

    crm_flow_call(f, query->desc ? "ZREVRANGE" : "ZRANGE", s->key,
                  crm_walk_number(f, from), crm_walk_number(f, to),
                  crm_str("WITHSCORES"));
}


/* scores are needed of all where nothing is left out by bitmaps, and where
   they tell the end */

static ngx_uint_t
crm_source_may_be_bare(const crm_scan_t *scan, const crm_source_t *s)
{
    return scan->has_bits && !s->moved
           && s->low == INT64_MIN && s->high == INT64_MAX;
}


static void
crm_source_ask(crm_flow_t *f, const crm_scan_t *scan, crm_source_t *s,
    ngx_uint_t n, ngx_uint_t *reply)
{
    int64_t             from;
    crm_str_t           none = crm_null_string;
    const crm_query_t  *query = &scan->query;

    s->reply = *reply;
    s->asked = n;

    (*reply)++;

    if (s->lex) {
        crm_source_ask_lex(f, query, s);
        return;
    }

    if (s->seek == CRM_SEEK_START
        && (s->begun ? s->index >= 0 : crm_source_may_be_bare(scan, s)))
    {
        s->seek = CRM_SEEK_INDEX;
    }

    switch (s->seek) {

    case CRM_SEEK_START:
        if (crm_source_may_be_bare(scan, s)) {
            s->asked = ngx_min(n, CRM_WALK_FIRST);
        }

        *reply += s->begun;
        crm_source_ask_score(f, query, s);
        break;

    case CRM_SEEK_INDEX:
        from = ngx_max(s->index - CRM_WALK_BACK, 0);

        if (crm_source_may_be_bare(scan, s)) {
            *reply += crm_source_ask_bare(f, scan, s, from,
                                          s->index + (int64_t) n)
                      - 1;
            break;
        }

        crm_source_ask_index(f, query, s, from, s->index + (int64_t) n);
        break;

    case CRM_SEEK_CARD:
        crm_flow_call(f, "ZCARD", s->key, none, none, none);
        break;

    case CRM_SEEK_HALVE:
        from = (s->first + s->last) / 2;
        crm_source_ask_index(f, query, s, from, from);
        break;
    }
}


/* ---- taking ------------------------------------------------------------ */

static ngx_int_t
crm_source_entry(crm_source_t *s, const crm_reply_t *item,
    crm_sort_key_t *key)
{
    u_char     *end;
    crm_str_t   member = item[0].str;

    if (!s->lex) {
        return crm_walk_key(item, key);
    }

    ngx_memzero(key, sizeof(crm_sort_key_t));

    end = member.len ? memrchr(member.data, CRM_WORDS_END, member.len) : NULL;

    if (end == NULL) {
        return NGX_ERROR;
    }

    key->set = 1;
    key->text.data = member.data;
    key->text.len = end - member.data;

    member.len -= key->text.len + 1;
    member.data = end + 1;

    key->id = crm_walk_id(&member);

    return key->id > 0 ? NGX_OK : NGX_ERROR;
}


/* what is behind the place and within the bounds; *before counts what is
   not behind it */

static ngx_int_t
crm_source_entries(crm_flow_t *f, const crm_query_t *query, crm_source_t *s,
    const crm_reply_t *reply, ngx_uint_t *before)
{
    ngx_uint_t       i, step;
    crm_sort_key_t  *key;

    step = s->lex ? 1 : 2;

    s->pos = 0;
    s->n = 0;
    s->entry = crm_arena_alloc(&f->arena, (reply->n / step + 1)
                                          * sizeof(crm_sort_key_t));
    if (s->entry == NULL || !crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    for (*before = 0, i = 0; i + step <= reply->n; i += step) {
        key = &s->entry[s->n];

        if (crm_source_entry(s, &reply->item[i], key) != NGX_OK) {
            continue;
        }

        if (s->begun && crm_sort_key_cmp(query, key, &s->after) <= 0) {
            (*before)++;
            continue;
        }

        if (!s->lex && (key->score < s->low || key->score >= s->high)) {
            s->done |= query->desc ? key->score < s->low
                                   : key->score >= s->high;
            continue;
        }

        s->n++;
    }

    return NGX_OK;
}


static void
crm_source_advance(crm_source_t *s, const crm_reply_t *reply)
{
    if (s->n > 0) {
        s->after = s->entry[s->n - 1];
        s->begun = 1;
    }

    if (reply->n / (s->lex ? 1 : 2) < s->asked) {
        s->done = 1;
    }
}


static ngx_int_t
crm_source_take_start(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s)
{
    int64_t             index;
    ngx_uint_t          before, begun;
    const crm_reply_t  *reply = &f->reply[s->reply];

    begun = s->begun;

    if (crm_source_entries(f, query, s, reply, &before) != NGX_OK) {
        return NGX_ERROR;
    }

    if (s->lex) {
        crm_source_advance(s, reply);
        return NGX_OK;
    }

    index = begun && reply[1].type == CRM_REPLY_INTEGER ? reply[1].num : -1;

    if (begun && s->n == 0 && before == s->asked) {
        s->index = index;
        s->seek = index >= 0 ? CRM_SEEK_INDEX : CRM_SEEK_CARD;
        return NGX_AGAIN;
    }

    /* of the last one now; a guess, verified when it is used */

    if (begun) {
        s->index = index >= 0 ? index + (int64_t) s->n : -1;

    } else if (s->low == INT64_MIN && s->high == INT64_MAX) {
        s->index = (int64_t) s->n - 1;
    }

    crm_source_advance(s, reply);

    return NGX_OK;
}


static ngx_int_t
crm_source_take_index(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s)
{
    ngx_uint_t          before;
    const crm_reply_t  *reply = &f->reply[s->reply];

    if (crm_source_entries(f, query, s, reply, &before) != NGX_OK) {
        return NGX_ERROR;
    }

    if (s->from > 0 && before == 0) {

        /* so much was removed that the place lies before `from' */

        s->n = 0;
        s->seek = CRM_SEEK_CARD;
        return NGX_AGAIN;
    }

    s->index = s->from + (int64_t) (reply->n / 2) - 1;
    s->moved = 0;

    if (s->n == 0 && before == s->asked) {
        return NGX_AGAIN;
    }

    crm_source_advance(s, reply);

    return NGX_OK;
}


static ngx_int_t
crm_source_take_half(crm_flow_t *f, const crm_query_t *query,
    crm_source_t *s)
{
    int64_t             middle;
    crm_sort_key_t      key;
    const crm_reply_t  *reply = &f->reply[s->reply];

    if (s->seek == CRM_SEEK_CARD) {
        s->first = 0;
        s->last = reply->num;

    } else {
        middle = s->from;

        if (reply->n == 2
            && crm_source_entry(s, &reply->item[0], &key) == NGX_OK
            && crm_sort_key_cmp(query, &key, &s->after) <= 0)
        {
            s->first = middle + 1;

        } else {
            s->last = middle;
        }
    }

    s->seek = CRM_SEEK_HALVE;

    if (s->first >= s->last) {
        s->index = ngx_max(s->first - 1, 0);
        s->seek = CRM_SEEK_INDEX;
    }

    return NGX_AGAIN;
}


static ngx_int_t
crm_source_take(crm_flow_t *f, const crm_query_t *query, crm_source_t *s)
{
    switch (s->seek) {

    case CRM_SEEK_START:
        return crm_source_take_start(f, query, s);

    case CRM_SEEK_INDEX:
        return s->bare ? crm_source_take_bare(f, s)
                       : crm_source_take_index(f, query, s);

    default:
        return crm_source_take_half(f, query, s);
    }
}
