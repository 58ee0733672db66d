/*
 * A walk without scores: members by index, of which few match; the scores of
 * those are fetched afterwards.
 *
 * The set changes between the commands.  The place is proved by the member that
 * it follows and its score, the end by a second look at it; a score that has
 * moved out of what was fetched is met elsewhere, or was met already.  Where a
 * proof fails, the next look asks for scores again.
 */

#include "crm_scan.h"


ngx_uint_t
crm_source_ask_bare(crm_flow_t *f, const crm_scan_t *scan, crm_source_t *s,
    int64_t from, int64_t to)
{
    crm_str_t    last, none = crm_null_string;
    const char  *command;

    command = scan->query.desc ? "ZREVRANGE" : "ZRANGE";
    last = crm_walk_number(f, to);

    s->bare = 1;
    s->from = from;
    s->asked = to - from + 1;

    crm_flow_call(f, command, s->key, crm_walk_number(f, from), last, none);
    crm_flow_call(f, command, s->key, last, last, crm_str("WITHSCORES"));

    if (!s->begun) {
        return 2;
    }

    crm_flow_call(f, "ZSCORE", s->key, crm_walk_member(f, s->after.id), none,
                  none);
    return 3;
}


static ngx_uint_t
crm_source_is_placed(const crm_source_t *s, const crm_reply_t *place)
{
    int64_t  score;

    return !s->begun || (crm_walk_score(place, &score) == NGX_OK
                         && score == s->after.score);
}


/* the end of what was fetched is a place to go on from */

static ngx_int_t
crm_source_take_end(crm_source_t *s, const crm_reply_t *end)
{
    crm_sort_key_t  key;

    if (s->done) {
        return NGX_OK;
    }

    if (end->n != 2 || crm_walk_key(end->item, &key) != NGX_OK
        || s->n == 0 || key.id != s->entry[s->n - 1].id)
    {
        return NGX_DECLINED;
    }

    s->after = key;
    s->begun = 1;

    return NGX_OK;
}


ngx_int_t
crm_source_take_bare(crm_flow_t *f, crm_source_t *s)
{
    int64_t             id;
    ngx_uint_t          i, found;
    const crm_reply_t  *reply = &f->reply[s->reply];

    s->bare = 0;
    s->pos = 0;
    s->n = 0;
    s->entry = crm_arena_calloc(&f->arena,
                                (reply->n + 1) * sizeof(crm_sort_key_t));

    if (s->entry == NULL || !crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    for (found = !s->begun, i = 0; i < reply->n; i++) {
        id = crm_walk_id(&reply->item[i].str);

        if (s->begun && id == s->after.id) {
            s->n = 0;
            found = 1;

        } else {
            s->entry[s->n].set = 1;
            s->entry[s->n++].id = id;
        }
    }

    found = found && crm_source_is_placed(s, &reply[2]);

    s->follows = s->begun;
    s->before = s->after;
    s->done = reply->n < s->asked;

    if (!found || crm_source_take_end(s, &reply[1]) != NGX_OK) {
        s->n = 0;
        s->done = 0;
        s->moved = 1;
        return NGX_AGAIN;
    }

    s->index = s->from + (int64_t) reply->n - 1;
    s->unproven = 1;

    return NGX_OK;
}


/* ---- scores ------------------------------------------------------------ */

static ngx_uint_t
crm_source_is_visible(const crm_scan_t *scan, int64_t id)
{
    return scan->visible == NULL || crm_bitmap_has(&scan->visible->bits, id);
}


/* what matches; and the last one that the caller may see, since a page can
   end there */

static void
crm_source_sift(const crm_scan_t *scan, crm_source_t *s)
{
    ngx_uint_t  i, n, last;

    last = s->n;

    for (i = s->n; i > 0 && last == s->n; i--) {
        if (crm_source_is_visible(scan, s->entry[i - 1].id)) {
            last = i - 1;
        }
    }

    for (n = 0, i = 0; i < s->n; i++) {
        if (i == last || crm_bitmap_has(&scan->bits, s->entry[i].id)) {
            s->entry[n++].id = s->entry[i].id;
        }
    }

    s->passed = s->n - n;
    s->n = n;
}


void
crm_walk_ask_scores(crm_flow_t *f, const crm_str_t *set,
    const crm_sort_key_t *key, size_t size, ngx_uint_t n)
{
    ngx_uint_t   i;
    crm_str_t   *argv;

    argv = crm_arena_alloc(&f->arena, (n + 2) * sizeof(crm_str_t));
    if (argv == NULL) {
        return;
    }

    argv[0] = crm_str("ZMSCORE");
    argv[1] = *set;

    for (i = 0; i < n; i++) {
        argv[i + 2] = crm_walk_member(f, key->id);
        key = (const crm_sort_key_t *) ((const u_char *) key + size);
    }

    crm_flow_cmd(f, n + 2, argv);
}


ngx_uint_t
crm_walk_prove(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t     i, reply;
    crm_source_t  *s;

    for (reply = 0, i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (!s->unproven) {
            continue;
        }

        crm_source_sift(scan, s);

        if (s->n == 0) {
            s->unproven = 0;
            continue;
        }

        s->reply = reply++;
        crm_walk_ask_scores(f, &s->key, s->entry, sizeof(crm_sort_key_t),
                            s->n);
    }

    return reply;
}


static ngx_uint_t
crm_source_is_within(const crm_query_t *query, const crm_source_t *s,
    const crm_sort_key_t *key)
{
    return (!s->follows || crm_sort_key_cmp(query, key, &s->before) > 0)
           && (s->done || crm_sort_key_cmp(query, key, &s->after) <= 0);
}


/* in order: a score may have changed since */

static void
crm_source_insert(const crm_query_t *query, crm_source_t *s,
    const crm_sort_key_t *key)
{
    ngx_uint_t  i;

    for (i = s->n++; i > 0; i--) {
        if (crm_sort_key_cmp(query, &s->entry[i - 1], key) <= 0) {
            break;
        }

        s->entry[i] = s->entry[i - 1];
    }

    s->entry[i] = *key;
}


ngx_int_t
crm_walk_proved(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t          i, k;
    crm_source_t       *s;
    crm_sort_key_t      key;
    const crm_reply_t  *reply;

    for (i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        if (!s->unproven) {
            continue;
        }

        reply = &f->reply[s->reply];

        if (!crm_reply_is_array(reply) || reply->n != s->n) {
            return NGX_ERROR;
        }

        s->unproven = 0;

        for (s->n = 0, k = 0; k < reply->n; k++) {
            key = s->entry[k];

            if (crm_walk_score(&reply->item[k], &key.score) == NGX_OK
                && crm_source_is_within(&scan->query, s, &key))
            {
                crm_source_insert(&scan->query, s, &key);
            }
        }
    }

    return NGX_OK;
}
