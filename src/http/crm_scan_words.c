/*
 * The words of q as bitmaps.
 *
 * A word's sorted sets are by 2,048 ids (keys.md): counted first, and read
 * only where they hold something.  A word that too many records have is not
 * read: its first two letters narrow the walk, and every record is compared
 * with the words when it is loaded.  Words of one letter are only compared.
 */

#include "crm_scan.h"
#include "crm_text.h"
#include "crm_words.h"


#define CRM_WORD_COMMON  20000  /* entries that are not read any more */
#define CRM_WORD_SMALL   4      /* sets that are read without counting */
#define CRM_WORD_DIGITS  4      /* of the id within a set */


static ngx_uint_t
crm_word_is_pair(const crm_str_t *word)
{
    return crm_text_prefix(word, 2).len == word->len;
}


/* everything that begins with the rest of the word in one set */

static void
crm_word_ask_set(crm_flow_t *f, const crm_scan_t *scan, const char *command,
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


/* the bits of the first two letters, in one command */

static void
crm_word_ask_pair(crm_flow_t *f, const crm_scan_t *scan,
    const crm_word_t *w)
{
    ngx_uint_t   i;
    crm_str_t    head, *argv;

    argv = crm_arena_alloc(&f->arena, (w->bits.n + 1) * sizeof(crm_str_t));
    if (argv == NULL) {
        return;
    }

    head = crm_text_prefix(w->text, 2);
    argv[0] = crm_str("MGET");

    for (i = 0; i < w->bits.n; i++) {
        argv[i + 1] = crm_flow_key(f, "%s:p:%.*s:%u", scan->part,
                                   (int) head.len, head.data, (unsigned) i);
    }

    crm_flow_cmd(f, w->bits.n + 1, argv);
}


ngx_int_t
crm_scan_ask_words(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t *reply)
{
    ngx_uint_t   i, k, sets;
    crm_word_t  *w;
    const char  *command;

    sets = (scan->last_id >> CRM_WORDS_SHIFT) + 1;
    command = sets > CRM_WORD_SMALL ? "ZLEXCOUNT" : "ZRANGEBYLEX";

    scan->nwords = crm_words_indexed(&scan->query.words);
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
        w->nsets = crm_word_is_pair(w->text) ? 0 : sets;
        w->set = crm_arena_alloc(&f->arena, sets * sizeof(ngx_uint_t));

        if (w->set == NULL
            || crm_bitmap_init(&w->bits, &f->arena, scan->last_id) != CRM_OK)
        {
            return NGX_ERROR;
        }

        w->reply = *reply;
        crm_word_ask_pair(f, scan, w);

        for (k = 0; k < w->nsets; k++) {
            w->set[k] = k;
            crm_word_ask_set(f, scan, command, w->text, k);
        }

        *reply += 1 + w->nsets;
    }

    return NGX_OK;
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


/* the sets that hold any, unless they hold too many */

static void
crm_word_choose(crm_flow_t *f, crm_scan_t *scan, crm_word_t *w)
{
    int64_t             sum;
    ngx_uint_t          i, n;
    const crm_reply_t  *count = &f->reply[w->reply + 1];

    for (sum = 0, i = 0; i < w->nsets; i++) {
        sum += count[i].num;
    }

    if (sum > CRM_WORD_COMMON) {
        w->common = 1;
        w->nsets = 0;
        scan->loose = 1;
        return;
    }

    for (n = 0, i = 0; i < w->nsets; i++) {
        if (count[i].num > 0) {
            w->set[n++] = i;
            crm_word_ask_set(f, scan, "ZRANGEBYLEX", w->text, i);
        }
    }

    w->nsets = n;
}


/* NGX_AGAIN: the sets were counted, and those that matter queued */

static ngx_int_t
crm_word_take(crm_flow_t *f, crm_scan_t *scan, crm_word_t *w)
{
    ngx_uint_t          k;
    const crm_reply_t  *reply = &f->reply[w->reply];

    if (w->nsets > CRM_WORD_SMALL) {
        crm_word_choose(f, scan, w);

        if (!w->common) {
            return NGX_AGAIN;
        }
    }

    if (w->nsets == 0) {
        for (k = 0; k < reply->n; k++) {
            crm_bitmap_or(&w->bits, k, &reply->item[k].str);
        }
    }

    for (k = 0; k < w->nsets; k++) {
        crm_word_take_set(w, k, &reply[1 + k]);
    }

    w->nsets = 0;

    return NGX_OK;
}


ngx_int_t
crm_scan_take_words(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t   i, asked;
    crm_word_t  *w;

    for (asked = 0, i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];

        if (crm_word_take(f, scan, w) == NGX_AGAIN) {
            w->reply = asked;
            asked += w->nsets;
        }
    }

    return asked > 0 ? NGX_AGAIN : NGX_OK;
}


void
crm_scan_take_sets(crm_flow_t *f, crm_scan_t *scan)
{
    ngx_uint_t   i, k;
    crm_word_t  *w;

    for (i = 0; i < scan->nwords; i++) {
        w = &scan->word[i];

        for (k = 0; k < w->nsets; k++) {
            crm_word_take_set(w, w->set[k], &f->reply[w->reply + k]);
        }
    }
}
