/*
 * Index entries and the difference of two lists of them.
 *
 * Knows the shapes of index (sorted set, bit, counter, field, row) and the
 * commands that change each; must not know any entity.
 *
 * The difference is a merge walk over both lists in one order: counters
 * first, then by key, so that what one key gains or loses is one command.  It
 * runs at every write, with some 50 entries a side: the keys of a tenant share
 * their first bytes, so eight bytes behind the prefix are kept as a number,
 * which settles most comparisons.
 */

#include <stdlib.h>

#include "crm_index.h"


#define CRM_IX_FIRST  64
#define CRM_IX_WORDS  2000      /* of one command */


/* the entries of one list in order, and how far the walk has come */

typedef struct {
    const crm_ix_t  **pos;
    const crm_ix_t  **last;
} crm_ix_walk_t;


/* what one key gains and loses: arguments behind command and key */

typedef struct {
    crm_ops_t        *ops;
    const crm_ix_t   *ix;          /* any entry of the key */
    crm_str_t        *add;
    crm_str_t        *remove;
    unsigned          nadd;
    unsigned          nremove;
} crm_ix_group_t;


static void crm_ix_add(crm_ix_list_t *list, const crm_ix_t *ix);
static uint64_t crm_ix_rank(const crm_ix_list_t *list, const crm_str_t *key);
static int crm_ix_walk_init(crm_ix_walk_t *walk, crm_arena_t *a,
    const crm_ix_list_t *list);
static int crm_ix_group_init(crm_ix_group_t *g, crm_ops_t *ops,
    const crm_ix_walk_t *old, const crm_ix_walk_t *new);
static int crm_ix_sort_cmp(const void *one, const void *two);
static int crm_ix_cmp(const crm_ix_t *a, const crm_ix_t *b);
static int crm_ix_key_cmp(const crm_ix_t *a, const crm_ix_t *b);
static const crm_ix_t *crm_ix_first(const crm_ix_walk_t *old,
    const crm_ix_walk_t *new);
static const crm_ix_t *crm_ix_take(crm_ix_walk_t *walk,
    const crm_ix_t *place, int64_t *sum);
static void crm_ix_change(crm_ix_group_t *g, const crm_ix_t *was,
    const crm_ix_t *is);
static void crm_ix_change_number(crm_ix_group_t *g, const crm_ix_t *place,
    int64_t delta, int set);
static void crm_ix_change_row(crm_ix_group_t *g, const crm_ix_t *was,
    const crm_ix_t *is);
static void crm_ix_flush(crm_ix_group_t *g);
static crm_str_t crm_ix_print(crm_ops_t *ops, int64_t value);


/* by type; counters, bits and rows are changed one at a time */

static const crm_str_t  crm_ix_add_commands[] = {
    crm_string("ZADD"),
    crm_null_string,
    crm_null_string,
    crm_string("HSET")
};


static const crm_str_t  crm_ix_remove_commands[] = {
    crm_string("ZREM"),
    crm_null_string,
    crm_null_string,
    crm_string("HDEL")
};


void
crm_ix_init(crm_ix_list_t *list, crm_arena_t *arena, crm_str_t prefix)
{
    memset(list, 0, sizeof(crm_ix_list_t));

    list->arena = arena;
    list->prefix = prefix;
}


void
crm_ix_zset(crm_ix_list_t *list, crm_str_t key, crm_str_t member,
    int64_t score)
{
    crm_ix_t  ix = { .type = CRM_IX_ZSET, .key = key, .member = member,
                     .score = score };

    crm_ix_add(list, &ix);
}


void
crm_ix_bit(crm_ix_list_t *list, crm_str_t key, int64_t bit)
{
    crm_ix_t  ix = { .type = CRM_IX_BIT, .key = key, .score = bit };

    crm_ix_add(list, &ix);
}


void
crm_ix_count(crm_ix_list_t *list, crm_str_t key, crm_str_t field,
    int64_t delta)
{
    crm_ix_t  ix = { .type = CRM_IX_COUNT, .key = key, .member = field,
                     .score = delta };

    if (delta != 0) {
        crm_ix_add(list, &ix);
    }
}


void
crm_ix_field(crm_ix_list_t *list, crm_str_t key, crm_str_t field,
    crm_str_t value)
{
    crm_ix_t  ix = { .type = CRM_IX_FIELD, .key = key, .member = field,
                     .value = value };

    crm_ix_add(list, &ix);
}


void
crm_ix_row(crm_ix_list_t *list, crm_str_t key, int64_t offset, crm_str_t row)
{
    crm_ix_t  ix = { .type = CRM_IX_ROW, .key = key, .score = offset,
                     .value = row };

    crm_ix_add(list, &ix);
}


void
crm_ix_diff(crm_ops_t *ops, crm_ix_list_t *old, crm_ix_list_t *new)
{
    int64_t          had, has;
    const crm_ix_t  *place, *was, *is;
    crm_ix_walk_t    wold, wnew;
    crm_ix_group_t   g;

    if (crm_ix_walk_init(&wold, ops->arena, old) != CRM_OK
        || crm_ix_walk_init(&wnew, ops->arena, new) != CRM_OK
        || crm_ix_group_init(&g, ops, &wold, &wnew) != CRM_OK)
    {
        ops->failed = 1;
        return;
    }

    for ( ;; ) {
        place = crm_ix_first(&wold, &wnew);

        if (g.ix != NULL
            && (place == NULL || crm_ix_key_cmp(g.ix, place) != 0))
        {
            crm_ix_flush(&g);
        }

        if (place == NULL) {
            return;
        }

        g.ix = place;

        was = crm_ix_take(&wold, place, &had);
        is = crm_ix_take(&wnew, place, &has);

        if (place->type == CRM_IX_COUNT || place->type == CRM_IX_BIT) {
            crm_ix_change_number(&g, place, has - had,
                                 (is != NULL) - (was != NULL));
            continue;
        }

        if (place->type == CRM_IX_ROW) {
            crm_ix_change_row(&g, was, is);
            continue;
        }

        crm_ix_change(&g, was, is);
    }
}


static void
crm_ix_add(crm_ix_list_t *list, const crm_ix_t *ix)
{
    unsigned   cap;
    crm_ix_t  *p;

    if (list->n == list->cap) {
        cap = (list->cap == 0) ? CRM_IX_FIRST : list->cap * 2;
        p = crm_arena_alloc(list->arena, cap * sizeof(crm_ix_t));

        if (p == NULL) {
            list->failed = 1;
            return;
        }

        if (list->n != 0) {
            memcpy(p, list->ix, list->n * sizeof(crm_ix_t));
        }

        list->ix = p;
        list->cap = cap;
    }

    p = &list->ix[list->n++];

    *p = *ix;
    p->rank = crm_ix_rank(list, &p->key);
}


/* in the order of the bytes; 0 for a key without the prefix, or not longer */

static uint64_t
crm_ix_rank(const crm_ix_list_t *list, const crm_str_t *key)
{
    size_t    i, n;
    u_char   *p;
    uint64_t  rank;

    n = list->prefix.len;

    if (key->len <= n
        || (n != 0 && memcmp(key->data, list->prefix.data, n) != 0))
    {
        return 0;
    }

    p = key->data + n;
    n = key->len - n;
    rank = 0;

    for (i = 0; i < 8; i++) {
        rank = rank << 8 | (i < n ? p[i] : 0);
    }

    return rank;
}


static int
crm_ix_walk_init(crm_ix_walk_t *walk, crm_arena_t *a,
    const crm_ix_list_t *list)
{
    unsigned          i;
    const crm_ix_t  **p;

    walk->pos = NULL;
    walk->last = NULL;

    if (list == NULL) {
        return CRM_OK;
    }

    if (list->failed) {
        return CRM_ERROR;
    }

    p = crm_arena_alloc(a, list->n * sizeof(crm_ix_t *));

    if (p == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < list->n; i++) {
        p[i] = &list->ix[i];
    }

    qsort(p, list->n, sizeof(crm_ix_t *), crm_ix_sort_cmp);

    walk->pos = p;
    walk->last = p + list->n;

    return CRM_OK;
}


static int
crm_ix_group_init(crm_ix_group_t *g, crm_ops_t *ops,
    const crm_ix_walk_t *old, const crm_ix_walk_t *new)
{
    size_t  nold, nnew;

    nold = (size_t) (old->last - old->pos);
    nnew = (size_t) (new->last - new->pos);

    memset(g, 0, sizeof(crm_ix_group_t));

    g->ops = ops;
    g->add = crm_arena_alloc(ops->arena, (2 + 2 * nnew) * sizeof(crm_str_t));
    g->remove = crm_arena_alloc(ops->arena, (2 + nold) * sizeof(crm_str_t));

    return (g->add == NULL || g->remove == NULL) ? CRM_ERROR : CRM_OK;
}


/* equal ones stay as they were emitted, so that the last one counts */

static int
crm_ix_sort_cmp(const void *one, const void *two)
{
    int              rc;
    const crm_ix_t  *a = *(const crm_ix_t *const *) one;
    const crm_ix_t  *b = *(const crm_ix_t *const *) two;

    rc = crm_ix_cmp(a, b);

    return (rc != 0) ? rc : (a > b) - (a < b);
}


/* 0: the same place in Redis, whatever it holds */

static int
crm_ix_cmp(const crm_ix_t *a, const crm_ix_t *b)
{
    int  rc;

    rc = crm_ix_key_cmp(a, b);

    if (rc != 0) {
        return rc;
    }

    if (a->type == CRM_IX_BIT || a->type == CRM_IX_ROW) {
        return (a->score > b->score) - (a->score < b->score);
    }

    return crm_str_cmp(&a->member, &b->member);
}


static int
crm_ix_key_cmp(const crm_ix_t *a, const crm_ix_t *b)
{
    int  rc;

    rc = (b->type == CRM_IX_COUNT) - (a->type == CRM_IX_COUNT);

    if (rc != 0) {
        return rc;
    }

    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }

    rc = crm_str_cmp(&a->key, &b->key);

    return (rc != 0) ? rc : (int) a->type - (int) b->type;
}


static const crm_ix_t *
crm_ix_first(const crm_ix_walk_t *old, const crm_ix_walk_t *new)
{
    if (old->pos == old->last) {
        return (new->pos == new->last) ? NULL : *new->pos;
    }

    if (new->pos == new->last) {
        return *old->pos;
    }

    return crm_ix_cmp(*old->pos, *new->pos) < 0 ? *old->pos : *new->pos;
}


/* takes all entries of a place; returns the last, NULL where there is none */

static const crm_ix_t *
crm_ix_take(crm_ix_walk_t *walk, const crm_ix_t *place, int64_t *sum)
{
    const crm_ix_t  *ix = NULL;

    *sum = 0;

    while (walk->pos < walk->last
           && (*walk->pos == place || crm_ix_cmp(*walk->pos, place) == 0))
    {
        ix = *walk->pos++;
        *sum += ix->score;
    }

    return ix;
}


static void
crm_ix_change(crm_ix_group_t *g, const crm_ix_t *was, const crm_ix_t *is)
{
    if (g->nremove + g->nadd >= CRM_IX_WORDS) {
        crm_ix_flush(g);
    }

    if (is == NULL) {
        g->remove[2 + g->nremove++] = was->member;
        return;
    }

    if (was != NULL
        && was->score == is->score
        && crm_str_eq(&was->value, &is->value))
    {
        return;
    }

    if (is->type == CRM_IX_ZSET) {
        g->add[2 + g->nadd++] = crm_ix_print(g->ops, is->score);
    }

    g->add[2 + g->nadd++] = is->member;

    if (is->type == CRM_IX_FIELD) {
        g->add[2 + g->nadd++] = is->value;
    }
}


static void
crm_ix_change_number(crm_ix_group_t *g, const crm_ix_t *place, int64_t delta,
    int set)
{
    crm_str_t  number, none = crm_null_string;

    if (place->type == CRM_IX_COUNT) {
        if (delta != 0) {
            number = crm_ix_print(g->ops, delta);
            crm_ops_put(g->ops, "HINCRBY", place->key, place->member, number,
                        none);
        }

        return;
    }

    if (set != 0) {
        number = crm_ix_print(g->ops, place->score);
        crm_ops_put(g->ops, "SETBIT", place->key, number,
                    set > 0 ? crm_str("1") : crm_str("0"), none);
    }
}


static void
crm_ix_change_row(crm_ix_group_t *g, const crm_ix_t *was, const crm_ix_t *is)
{
    crm_str_t  row;

    static const u_char  zero[CRM_IX_ROW_MAX];

    if (is != NULL && was != NULL && crm_str_eq(&was->value, &is->value)) {
        return;
    }

    if (is != NULL) {
        row = is->value;

    } else {
        row.data = (u_char *) zero;
        row.len = was->value.len;
    }

    crm_ops_put(g->ops, "SETRANGE", g->ix->key,
                crm_ix_print(g->ops, g->ix->score), row,
                (crm_str_t) crm_null_string);
}


/*
 * Removal first: a sorted set that is full to the limit of its compact
 * encoding would leave it for good if it grew first.
 */

static void
crm_ix_flush(crm_ix_group_t *g)
{
    if (g->nremove != 0) {
        g->remove[0] = crm_ix_remove_commands[g->ix->type];
        g->remove[1] = g->ix->key;
        crm_ops_write(g->ops, 2 + g->nremove, g->remove);
        g->nremove = 0;
    }

    if (g->nadd != 0) {
        g->add[0] = crm_ix_add_commands[g->ix->type];
        g->add[1] = g->ix->key;
        crm_ops_write(g->ops, 2 + g->nadd, g->add);
        g->nadd = 0;
    }
}


static crm_str_t
crm_ix_print(crm_ops_t *ops, int64_t value)
{
    crm_str_t  s;

    s = crm_arena_int(ops->arena, value);

    if (s.data == NULL) {
        ops->failed = 1;
    }

    return s;
}
