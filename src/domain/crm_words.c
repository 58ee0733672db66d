/*
 * Words of names, e-mails and phone numbers, for indexing and for asking.
 *
 * Which fields are searched is in crm_fields.h.
 */

#include "crm_keyer.h"
#include "crm_phone.h"
#include "crm_text.h"
#include "crm_words.h"


#define CRM_WORDS_FIRST   16


/* words without doubles */

typedef struct {
    crm_arena_t  *arena;
    crm_str_t    *word;
    unsigned      n;
    unsigned      cap;
    unsigned      single:1;     /* those of one character too */
    unsigned      failed:1;
} crm_words_set_t;


static void crm_words_add(crm_words_set_t *set, const crm_str_t *word);
static void crm_words_add_text(crm_words_set_t *set, const crm_str_t *text);
static void crm_words_add_phone(crm_words_set_t *set,
    const crm_str_t *phone);
static void crm_words_emit(crm_ix_list_t *list, const char *part, int64_t id,
    const crm_str_t *word);
static void crm_words_emit_pair(crm_ix_list_t *list, const char *part,
    int64_t id, const crm_words_set_t *set, unsigned nth);
static void crm_words_prune(crm_words_set_t *set);
static void crm_words_sort(crm_words_set_t *set);
static int crm_words_is_single(const crm_str_t *word);
static int crm_words_begins(const crm_str_t *word, const crm_str_t *prefix);


static void
crm_words_init(crm_words_set_t *set, crm_arena_t *a, unsigned single)
{
    memset(set, 0, sizeof(crm_words_set_t));

    set->arena = a;
    set->single = single;
}


static void
crm_words_of(crm_words_set_t *set, const crm_record_t *rec)
{
    unsigned            i;
    const crm_field_t  *f;

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if (!(f->flags & CRM_F_WORDS) || !rec->v[i].set) {
            continue;
        }

        if (f->type == CRM_T_PHONE) {
            crm_words_add_phone(set, &rec->v[i].str);

        } else {
            crm_words_add_text(set, &rec->v[i].str);
        }
    }
}


void
crm_words_index(crm_ix_list_t *list, const char *part,
    const crm_record_t *rec)
{
    unsigned         i;
    crm_words_set_t  set;

    crm_words_init(&set, list->arena, 0);
    crm_words_of(&set, rec);

    for (i = 0; i < set.n; i++) {
        crm_words_emit(list, part, crm_record_id(rec), &set.word[i]);
        crm_words_emit_pair(list, part, crm_record_id(rec), &set, i);
    }

    if (set.failed) {
        list->failed = 1;
    }
}


int
crm_words_same(const crm_record_t *old, const crm_record_t *rec)
{
    unsigned            i;
    const crm_field_t  *f;

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if ((f->flags & CRM_F_WORDS)
            && !crm_value_eq(f->type, &old->v[i], &rec->v[i]))
        {
            return 0;
        }
    }

    return 1;
}


int
crm_words_query(crm_arena_t *a, const crm_str_t *q, crm_strs_t *words)
{
    crm_str_t        folded, rest, word;
    crm_words_set_t  set;

    crm_words_init(&set, a, 1);

    if (crm_text_fold(a, q, &folded) != CRM_OK) {
        return CRM_ERROR;
    }

    if (crm_phone_is(&folded)) {
        if (crm_text_phone(a, &folded, &word) != CRM_OK) {
            return CRM_ERROR;
        }

        word = crm_phone_is_international(&folded)
               ? crm_phone_national(&word) : crm_phone_bare(&word);
        crm_words_add(&set, &word);

    } else {
        rest = folded;

        while (set.n <= CRM_WORDS_ASKED
               && crm_text_word(&rest, &word) == CRM_OK)
        {
            word = crm_phone_bare(&word);
            crm_words_add(&set, &word);
        }
    }

    if (set.failed) {
        return CRM_ERROR;
    }

    if (set.n > CRM_WORDS_ASKED) {
        set.n = 0;
    }

    crm_words_prune(&set);
    crm_words_sort(&set);

    words->str = set.word;
    words->n = set.n;

    return crm_words_indexed(words) > 0 ? CRM_OK : CRM_DECLINED;
}


unsigned
crm_words_indexed(const crm_strs_t *words)
{
    unsigned  n;

    for (n = 0; n < words->n; n++) {
        if (crm_words_is_single(&words->str[n])) {
            break;
        }
    }

    return n;
}


/* one of five digits has lost them already (crm_words_query) */

crm_str_t
crm_words_bare(const crm_str_t *word)
{
    size_t     zeros;
    crm_str_t  bare = crm_null_string;

    zeros = crm_phone_zeros(word);

    if (zeros > 0 && word->len < CRM_PHONE_LEAST && word->len >= zeros + 2) {
        bare.data = word->data + zeros;
        bare.len = word->len - zeros;
    }

    return bare;
}


int
crm_words_match(crm_arena_t *a, const crm_record_t *rec,
    const crm_strs_t *words)
{
    unsigned         i, k;
    crm_str_t        bare;
    crm_words_set_t  set;

    crm_words_init(&set, a, 1);
    crm_words_of(&set, rec);

    for (i = 0; i < words->n; i++) {
        bare = crm_words_bare(&words->str[i]);

        for (k = 0; k < set.n; k++) {
            if (crm_words_begins(&set.word[k], &words->str[i])
                || (bare.len > 0 && crm_words_begins(&set.word[k], &bare)))
            {
                break;
            }
        }

        if (k == set.n) {
            return 0;
        }
    }

    return !set.failed;
}


static void
crm_words_add(crm_words_set_t *set, const crm_str_t *word)
{
    unsigned    i, cap;
    crm_str_t  *p;

    if (word->len == 0 || (crm_words_is_single(word) && !set->single)) {
        return;
    }

    for (i = 0; i < set->n; i++) {
        if (crm_str_eq(&set->word[i], word)) {
            return;
        }
    }

    if (set->n == set->cap) {
        cap = set->cap ? set->cap * 2 : CRM_WORDS_FIRST;
        p = crm_arena_alloc(set->arena, cap * sizeof(crm_str_t));

        if (p == NULL) {
            set->failed = 1;
            return;
        }

        if (set->n > 0) {
            memcpy(p, set->word, set->n * sizeof(crm_str_t));
        }

        set->word = p;
        set->cap = cap;
    }

    set->word[set->n++] = *word;
}


/* a number with leading zeros also without them: a query drops them too */

static void
crm_words_add_text(crm_words_set_t *set, const crm_str_t *text)
{
    crm_str_t  rest, word, bare;

    if (crm_text_fold(set->arena, text, &rest) != CRM_OK) {
        set->failed = 1;
        return;
    }

    while (crm_text_word(&rest, &word) == CRM_OK) {
        crm_words_add(set, &word);

        bare = crm_phone_bare(&word);

        if (bare.len != word.len) {
            crm_words_add(set, &bare);
        }
    }
}


/* found with and without country code or trunk prefix (api.md, `q') */

static void
crm_words_add_phone(crm_words_set_t *set, const crm_str_t *phone)
{
    crm_str_t  digits, tail, folded;

    if (crm_text_phone(set->arena, phone, &digits) != CRM_OK) {
        set->failed = 1;
        return;
    }

    if (digits.len > 2 && digits.data[0] == '0' && digits.data[1] == '0') {
        digits.data += 2;
        digits.len -= 2;
    }

    if (digits.len == 0) {
        return;
    }

    crm_words_add(set, &digits);

    if (crm_text_fold(set->arena, phone, &folded) != CRM_OK) {
        set->failed = 1;
        return;
    }

    tail = digits;

    if (crm_phone_is_international(&folded)) {
        tail = crm_phone_national(&digits);

    } else if (digits.len > CRM_PHONE_LOCAL) {
        tail.data += digits.len - CRM_PHONE_LOCAL;
        tail.len = CRM_PHONE_LOCAL;
    }

    crm_words_add(set, &tail);

    if (digits.data[0] == '0') {
        digits.data++;
        digits.len--;
        crm_words_add(set, &digits);
    }
}


/* {part}:{letter}:{head}:{number} */

static int
crm_words_key(crm_ix_list_t *list, const char *part, u_char letter,
    const crm_str_t *head, int64_t number, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, list->arena, &list->prefix,
                       5 + head->len + CRM_KEYER_INT)
        != CRM_OK)
    {
        list->failed = 1;
        return CRM_ERROR;
    }

    crm_keyer_bytes(&k, part, 1);
    crm_keyer_char(&k, ':');
    crm_keyer_char(&k, letter);
    crm_keyer_char(&k, ':');
    crm_keyer_str(&k, head);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, number);

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


static void
crm_words_emit(crm_ix_list_t *list, const char *part, int64_t id,
    const crm_str_t *word)
{
    int64_t      low;
    crm_str_t    head, key;
    crm_keyer_t  k;

    if (crm_text_prefix(word, 2).len == word->len) {
        return;
    }

    head = crm_text_prefix(word, 3);

    if (crm_words_key(list, part, 'w', &head, id >> CRM_WORDS_SHIFT, &key)
        != CRM_OK)
    {
        return;
    }

    k.start = crm_arena_bytes(list->arena, word->len - head.len + 5);

    if (k.start == NULL) {
        list->failed = 1;
        return;
    }

    low = id & CRM_WORDS_MASK;

    k.pos = k.start;
    crm_keyer_bytes(&k, word->data + head.len, word->len - head.len);
    crm_keyer_char(&k, CRM_WORDS_END);
    crm_keyer_char(&k, (u_char) ('0' + low / 1000));
    crm_keyer_char(&k, (u_char) ('0' + low / 100 % 10));
    crm_keyer_char(&k, (u_char) ('0' + low / 10 % 10));
    crm_keyer_char(&k, (u_char) ('0' + low % 10));

    crm_ix_zset(list, key, crm_keyer_done(&k), 0);
}


/* the bit of the first two characters, once for all words that share them */

static void
crm_words_emit_pair(crm_ix_list_t *list, const char *part, int64_t id,
    const crm_words_set_t *set, unsigned nth)
{
    unsigned   i;
    crm_str_t  head, key;

    head = crm_text_prefix(&set->word[nth], 2);

    for (i = 0; i < nth; i++) {
        if (crm_words_begins(&set->word[i], &head)) {
            return;
        }
    }

    if (crm_words_key(list, part, 'p', &head, id >> CRM_BITMAP_SHIFT, &key)
        == CRM_OK)
    {
        crm_ix_bit(list, key, id & CRM_BITMAP_MASK);
    }
}


/* what has a word has also each of its beginnings */

static void
crm_words_prune(crm_words_set_t *set)
{
    unsigned  i, k, n;

    for (n = 0, i = 0; i < set->n; i++) {

        for (k = 0; k < set->n; k++) {
            if (k != i && crm_words_begins(&set->word[k], &set->word[i])) {
                break;
            }
        }

        if (k < set->n) {
            set->word[i].len = 0;
        }
    }

    for (i = 0; i < set->n; i++) {
        if (set->word[i].len > 0) {
            set->word[n++] = set->word[i];
        }
    }

    set->n = n;
}


/* those of one character last, else as they were */

static void
crm_words_sort(crm_words_set_t *set)
{
    unsigned   i, k, n;
    crm_str_t  word;

    for (n = 0, i = 0; i < set->n; i++) {

        if (crm_words_is_single(&set->word[i])) {
            continue;
        }

        word = set->word[i];

        for (k = i; k > n; k--) {
            set->word[k] = set->word[k - 1];
        }

        set->word[n++] = word;
    }
}


static int
crm_words_is_single(const crm_str_t *word)
{
    return crm_text_prefix(word, 1).len == word->len;
}


static int
crm_words_begins(const crm_str_t *word, const crm_str_t *prefix)
{
    return word->len >= prefix->len
           && memcmp(word->data, prefix->data, prefix->len) == 0;
}
