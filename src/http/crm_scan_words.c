/*
 * The words of q as bitmaps.
 *
 * A word's sorted sets are by 2,048 ids (keys.md).  In a tenant of a few sets
 * they are read at once; in others, some of them tell about how many records
 * have the word, and then it is
 *
 *   read   the rarest first, the others only where something is left
 *   learnt set by set, where a walk in order of creation will not come far
 *          until its page is full
 *   common neither: its first two letters narrow the walk, and every record is
 *          compared with the words when it is loaded
 *
 * Words of one letter are only compared.  Some words are found by either of
 * two spellings, `text' and `bare': both are looked up.
 */

#include "crm_scan.h"
#include "crm_text.h"
#include "crm_words.h"


#define CRM_WORD_COMMON  20000  /* records: too many to be read */
#define CRM_WORD_SMALL   4      /* sets that are read without an estimate */
#define CRM_WORD_SAMPLE  8      /* sets that are counted for it */
#define CRM_WORD_DIGITS  4      /* of the id within a set */
#define CRM_WORD_PAGE    50     /* of a longer page, as much is learnt for */
#define CRM_WORD_MOST    8      /* looked up: a word can have a bit for every
                                   record; the others are only compared */


static crm_word_t *crm_word_rarest(const crm_scan_t *scan);
static ngx_int_t crm_word_read(crm_flow_t *f, crm_scan_t *scan);
static ngx_int_t crm_word_taken(crm_flow_t *f);


static ngx_uint_t
crm_word_is_pair(const crm_str_t *word)
{
    return crm_text_prefix(word, 2).len == word->len;
}


/* whether the other spelling lies in sets, too */

static ngx_uint_t
crm_word_has_more(const crm_word_t *w)
{
    return w->bare.len > 0 && !crm_word_is_pair(&w->bare);
}


/* its first two letters say all, or narrow a walk */

static ngx_uint_t
crm_word_wants_bare(const crm_scan_t *scan, const crm_word_t *w)
{
    return w->bare.len > 0
           && (!crm_word_has_more(w) || scan->nsets > CRM_WORD_SMALL);
}


/* everything that begins with the rest of the word in one set */

static void
crm_word_ask_text(crm_flow_t *f, const crm_scan_t *scan, const char *command,
    const crm_str_t *word, ngx_uint_t set)
{
    crm_str_t  key, head, rest, low, high, none = crm_null_string;

    head = crm_text_prefix(word, 3);
    rest.data = word->data + head.len;
    rest.len = word->len - head.len;

    key = crm_flow_key(f, "%s:w:%.*s:%u", scan->part, (int) head.len,
                       head.data, (unsigned) set);
    low = crm_arena_printf(&f->arena, "[%.*s", (int) rest.len, rest.data);
    high = crm_arena_printf(&f->arena, "(%.*s\xff", (int) rest.len,
                            rest.data);

    crm_flow_call(f, command, key, low, high, none);
}


/* one set; how many commands */

static ngx_uint_t
crm_word_ask_set(crm_flow_t *f, const crm_scan_t *scan, const char *command,
    const crm_word_t *w, ngx_uint_t set)
{
    crm_word_ask_text(f, scan, command, w->text, set);

    if (!crm_word_has_more(w)) {
        return 1;
    }

    crm_word_ask_text(f, scan, command, &w->bare, set);

    return 2;
}


/* the bits of the first two letters, in one command */

static void
crm_word_ask_pair(crm_flow_t *f, const crm_scan_t *scan, const crm_word_t *w,
    const crm_str_t *text)
{
    ngx_uint_t   i;
    crm_str_t    head, *argv;

    argv = crm_arena_alloc(&f->arena, (w->bits.n + 1) * sizeof(crm_str_t));
    if (argv == NULL) {
        return;
    }

    head = crm_text_prefix(text, 2);
    argv[0] = crm_str("MGET");

    for (i = 0; i < w->bits.n; i++) {
        argv[i + 1] = crm_flow_key(f, "%s:p:%.*s:%u", scan->part,
                                   (int) head.len, head.data, (unsigned) i);
    }

    crm_flow_cmd(f, w->bits.n + 1, argv);
}


/* members are the rest of the word, 0x01, four digits */

static void
crm_word_take_set(crm_word_t *w, ngx_uint_t set, const crm_reply_t *reply)
{
    int64_t     low;
    ngx_uint_t  i;
    crm_str_t   digits;

    for (i = 0; i < reply->n; i++) {
        digits = reply->item[i].str;

        if (digits.len < CRM_WORD_DIGITS) {
            continue;
        }

        digits.data += digits.len - CRM_WORD_DIGITS;
        digits.len = CRM_WORD_DIGITS;

        if (crm_str_int(&digits, &low) == CRM_OK) {
            crm_bitmap_set(&w->bits,
                           ((int64_t) set << CRM_WORDS_SHIFT) + low);
        }
    }
}


static void
crm_word_take_pair(crm_bitmap_t *bits, const crm_reply_t *reply)
{
    ngx_uint_t  i;

    for (i = 0; i < reply->n; i++) {
        crm_bitmap_or(bits, i, &reply->item[i].str);
    }
}


/* and who has the other spelling for sure */

static void
crm_word_take_sets(crm_flow_t *f, crm_word_t *w, const ngx_uint_t *set,
    ngx_uint_t n)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[w->reply];

    for (i = 0; i < n; i++) {
        crm_word_take_set(w, set[i], reply++);

        if (crm_word_has_more(w)) {
            crm_word_take_set(w, set[i], reply++);
        }
    }

    crm_bitmap_add(&w->bits, &w->sure);
}


/* ---- the first look ---------------------------------------------------- */

/* the first two letters, and the sets themselves, or those spread evenly that
   are counted; how many commands */

static ngx_uint_t
crm_word_ask(crm_flow_t *f, const crm_scan_t *scan, crm_word_t *w)
{
    ngx_uint_t   i, n;
    const char  *command = "ZRANGEBYLEX";

    if (crm_word_is_pair(w->text)) {
        crm_word_ask_pair(f, scan, w, w->text);
        return 1;
    }

    w->nsets = scan->nsets;
    n = 0;

    if (crm_word_wants_bare(scan, w)) {
        crm_word_ask_pair(f, scan, w, &w->bare);
        n++;
    }

    if (scan->nsets > CRM_WORD_SMALL) {
        w->nsets = ngx_min(scan->nsets, CRM_WORD_SAMPLE);
        command = "ZLEXCOUNT";

        crm_word_ask_pair(f, scan, w, w->text);
        n++;
    }

    for (i = 0; i < w->nsets; i++) {
        w->set[i] = (2 * i + 1) * scan->nsets / (2 * w->nsets);
        n += crm_word_ask_set(f, scan, command, w, w->set[i]);
    }

    return n;
}


ngx_int_t
crm_scan_ask_words(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t *reply)
{
    ngx_uint_t   i;
    crm_word_t  *w;

    scan->nsets = (scan->last_id >> CRM_WORDS_SHIFT) + 1;
    scan->nwords = ngx_min(crm_words_indexed(&scan->query.words),
                           CRM_WORD_MOST);
    scan->word = crm_arena_calloc(&f->arena,
                                  scan->nwords * sizeof(crm_word_t) + 1);
    if (scan->word == NULL) {
        return NGX_ERROR;
    }

    if (scan->nwords < scan->query.words.n) {
        scan->loose = 1;
    }

    for (i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];
        w->text = &scan->query.words.str[i];
        w->bare = crm_words_bare(w->text);
        w->set = crm_arena_alloc(&f->arena,
                                 scan->nsets * sizeof(ngx_uint_t));

        if (w->set == NULL
            || crm_bitmap_init(&w->bits, &f->arena, scan->last_id) != CRM_OK
            || crm_bitmap_init(&w->sure, &f->arena, scan->last_id) != CRM_OK)
        {
            return NGX_ERROR;
        }

        w->reply = *reply;
        *reply += crm_word_ask(f, scan, w);
    }

    return NGX_OK;
}


static void
crm_word_take(crm_flow_t *f, const crm_scan_t *scan, crm_word_t *w)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[w->reply];

    if (w->nsets == 0) {
        crm_word_take_pair(&w->bits, reply);
        w->estimate = crm_bitmap_count(&w->bits);
        w->read = 1;
        return;
    }

    if (crm_word_wants_bare(scan, w)) {
        crm_word_take_pair(crm_word_has_more(w) ? &w->bits : &w->sure,
                           reply++);
    }

    if (scan->nsets <= CRM_WORD_SMALL) {
        w->reply = reply - f->reply;
        crm_word_take_sets(f, w, w->set, w->nsets);
        w->read = 1;
        return;
    }

    crm_word_take_pair(&w->bits, reply++);
    crm_bitmap_add(&w->bits, &w->sure);

    for (i = 0; i < w->nsets * (1 + crm_word_has_more(w)); i++) {
        w->estimate += reply[i].num;
    }

    w->estimate = w->estimate * scan->nsets / w->nsets
                  + crm_bitmap_count(&w->sure);
    w->common = w->estimate > CRM_WORD_COMMON;
}


void
crm_scan_take_words(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t  i;

    for (i = 0; i < scan->nwords; i++) {
        crm_word_take(f, scan, &scan->word[i]);
    }
}


/* ---- reading ----------------------------------------------------------- */

/* the one that is read next */

static crm_word_t *
crm_word_rarest(const crm_scan_t *scan)
{
    ngx_uint_t   i;
    crm_word_t  *w, *rarest;

    for (rarest = NULL, i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];

        if (!w->read && !w->common
            && (rarest == NULL || w->estimate < rarest->estimate))
        {
            rarest = w;
        }
    }

    return rarest;
}


/*
 * Whether a walk learns the words as it comes to them: it may not have far to
 * go until the page is full, and not as far as there are entries to be read.
 * Where a total is wanted, the words are read if they can be.
 */

static ngx_uint_t
crm_word_may_learn(crm_scan_t *scan)
{
    double             share, far, entries;
    ngx_uint_t         i, unread, common;
    const crm_word_t  *w;

    if (scan->query.sort != CRM_CREATED_AT || scan->nsources == 0
        || scan->ngroups > 0 || scan->by_groups || scan->gathered != NULL
        || (scan->begun && !scan->after.set))
    {
        return 0;
    }

    share = (double) scan->among / scan->last_id;
    entries = 0;
    unread = 0;
    common = 0;

    for (i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];
        share *= (double) w->estimate / scan->last_id;
        common += w->common;

        if (!w->read) {
            entries += w->estimate;
            unread++;
        }
    }

    if (unread == 0 || share <= 0 || (scan->query.total && !common)) {
        return 0;
    }

    scan->share = share;
    far = ngx_min(scan->query.limit, CRM_WORD_PAGE) / share;

    return far <= CRM_SCAN_LEARN && far < entries;
}


static ngx_int_t
crm_word_learn(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t  i;

    scan->learns = 1;
    scan->known = crm_arena_calloc(&f->arena, scan->nsets);
    scan->learnt = crm_arena_alloc(&f->arena,
                                   scan->nsets * sizeof(ngx_uint_t));

    if (scan->known == NULL || scan->learnt == NULL) {
        return NGX_ERROR;
    }

    /* the first two letters are in scan->bits already */

    for (i = 0; i < scan->nwords; i++) {
        if (!scan->word[i].read
            && crm_bitmap_init(&scan->word[i].bits, &f->arena, scan->last_id)
               != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_scan_gathered(f);
}


ngx_int_t
crm_scan_words(crm_flow_t *f, crm_scan_t *scan)
{
    return crm_word_may_learn(scan) ? crm_word_learn(f, scan)
                                    : crm_word_read(f, scan);
}


static ngx_int_t
crm_word_read(crm_flow_t *f, crm_scan_t *scan)
{
    int64_t      id, set;
    ngx_uint_t   i;
    crm_word_t  *w;

    w = crm_word_rarest(scan);

    /* so few are compared when they are loaded */

    if (w == NULL
        || (scan->gathered == NULL && !scan->by_groups
            && crm_bitmap_count(&scan->bits) <= CRM_SCAN_WHOLE))
    {
        for (i = 0; i < scan->nwords; i++) {
            scan->loose |= !scan->word[i].read;
        }

        return crm_scan_gathered(f);
    }

    w->nsets = 0;
    w->reply = 0;

    /* a newer record may lie beyond the last set */

    for (id = crm_bitmap_next(&scan->bits, 0, 0);
         id > 0 && id >> CRM_WORDS_SHIFT < (int64_t) scan->nsets;
         id = crm_bitmap_next(&scan->bits,
                              ((set + 1) << CRM_WORDS_SHIFT) - 1, 0))
    {
        set = id >> CRM_WORDS_SHIFT;
        w->set[w->nsets++] = set;
        (void) crm_word_ask_set(f, scan, "ZRANGEBYLEX", w, set);
    }

    w->read = 1;
    scan->reading = w;

    if (w->nsets == 0) {
        return crm_word_read(f, scan);
    }

    return crm_flow_wait(f, crm_word_taken);
}


static ngx_int_t
crm_word_taken(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;
    crm_word_t  *w = scan->reading;

    if (crm_bitmap_init(&w->bits, &f->arena, scan->last_id) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_word_take_sets(f, w, w->set, w->nsets);
    crm_bitmap_and(&scan->bits, &w->bits);

    if (w->bits.failed) {
        return NGX_ERROR;
    }

    return crm_word_read(f, scan);
}


/* ---- learning ---------------------------------------------------------- */

/* the sets of what a walk has fetched, and may show */

static void
crm_word_want_sets(crm_scan_t *scan)
{
    int64_t              id;
    ngx_uint_t           i, k, set;
    const crm_source_t  *s;

    for (scan->nlearnt = 0, i = 0; i < scan->nsources; i++) {
        s = &scan->source[i];

        for (k = s->pos; k < s->n; k++) {
            id = s->entry[k].id;
            set = id >> CRM_WORDS_SHIFT;

            if (set < scan->nsets && !scan->known[set]
                && crm_bitmap_has(&scan->bits, id))
            {
                scan->known[set] = 1;
                scan->learnt[scan->nlearnt++] = set;
            }
        }
    }
}


ngx_uint_t
crm_scan_learn(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t   i, k, asked;
    crm_word_t  *w;

    crm_word_want_sets(scan);

    for (asked = 0, i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];

        if (w->read) {
            continue;
        }

        w->reply = asked;

        for (k = 0; k < scan->nlearnt; k++) {
            asked += crm_word_ask_set(f, scan, "ZRANGEBYLEX", w,
                                      scan->learnt[k]);
        }
    }

    return asked;
}


ngx_int_t
crm_scan_take_learnt(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t   i, k;
    crm_word_t  *w;

    for (i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];

        if (w->read) {
            continue;
        }

        crm_word_take_sets(f, w, scan->learnt, scan->nlearnt);

        for (k = 0; k < scan->nlearnt; k++) {
            crm_bitmap_and_range(&scan->bits, &w->bits,
                                 (int64_t) scan->learnt[k] << CRM_WORDS_SHIFT,
                                 1 << CRM_WORDS_SHIFT);
        }

        if (w->bits.failed) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
