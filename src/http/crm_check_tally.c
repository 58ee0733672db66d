/*
 * Tallies by key and sets of hashes; see crm_check_int.h.  Plain memory: a
 * check of a large tenant lives as long as its job, not as a flow.
 */

#include "crm_check_int.h"
#include "crm_digest.h"


#define CRM_TALLY_FIRST  1024           /* slots; a power of two */


uint64_t
crm_check_mix(uint64_t a, uint64_t b)
{
    a ^= b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2);
    a ^= a >> 32;
    a *= 0xd6e8feb86659fd93ULL;
    a ^= a >> 32;
    a *= 0xd6e8feb86659fd93ULL;

    return a ^ (a >> 32);
}


uint64_t
crm_check_hash(const crm_str_t *member, const crm_str_t *value)
{
    return crm_check_mix(crm_hash64(member->data, member->len),
                         crm_hash64(value->data, value->len));
}


/* the slot of the name, or the empty one where it belongs */

static uint32_t
crm_tally_slot(const crm_tally_t *t, const crm_str_t *name, uint64_t hash)
{
    uint32_t                i;
    const crm_tally_key_t  *key;

    for (i = (uint32_t) hash & t->mask; t->slot[i] != 0;
         i = (i + 1) & t->mask)
    {
        key = &t->key[t->slot[i] - 1];

        if (key->hash == hash && crm_str_eq(&key->name, name)) {
            break;
        }
    }

    return i;
}


/* at most three quarters full */

static int
crm_tally_grow(crm_tally_t *t)
{
    uint32_t  i, n, *slot;

    if (t->slot != NULL && t->n < (t->mask + 1) / 4 * 3) {
        return CRM_OK;
    }

    n = t->slot == NULL ? CRM_TALLY_FIRST : (t->mask + 1) * 2;

    slot = calloc(n, sizeof(uint32_t));
    if (slot == NULL) {
        return CRM_ERROR;
    }

    free(t->slot);
    t->slot = slot;
    t->mask = n - 1;

    for (i = 0; i < t->n; i++) {
        t->slot[crm_tally_slot(t, &t->key[i].name, t->key[i].hash)] = i + 1;
    }

    return CRM_OK;
}


static crm_tally_key_t *
crm_tally_push(crm_tally_t *t)
{
    uint32_t          cap;
    crm_tally_key_t  *p;

    if (t->n == t->cap) {
        cap = t->cap == 0 ? CRM_TALLY_FIRST : t->cap * 2;
        p = realloc(t->key, cap * sizeof(crm_tally_key_t));

        if (p == NULL) {
            return NULL;
        }

        t->key = p;
        t->cap = cap;
    }

    p = &t->key[t->n];
    ngx_memzero(p, sizeof(crm_tally_key_t));

    return p;
}


crm_tally_key_t *
crm_tally_find(crm_tally_t *t, const crm_str_t *name)
{
    uint32_t  i;

    if (t->slot == NULL) {
        return NULL;
    }

    i = t->slot[crm_tally_slot(t, name, crm_hash64(name->data, name->len))];

    return i == 0 ? NULL : &t->key[i - 1];
}


crm_tally_key_t *
crm_tally_get(crm_tally_t *t, const crm_str_t *name)
{
    uint32_t          i;
    uint64_t          hash;
    crm_tally_key_t  *key;

    if (crm_tally_grow(t) != CRM_OK) {
        return NULL;
    }

    hash = crm_hash64(name->data, name->len);
    i = crm_tally_slot(t, name, hash);

    if (t->slot[i] != 0) {
        return &t->key[t->slot[i] - 1];
    }

    key = crm_tally_push(t);

    if (key == NULL
        || crm_arena_dup(&t->arena, &key->name, name->data, name->len)
           != CRM_OK)
    {
        return NULL;
    }

    key->hash = hash;
    key->type = CRM_CHECK_NO_TYPE;

    t->slot[i] = ++t->n;

    return key;
}


void
crm_tally_free(crm_tally_t *t)
{
    crm_arena_reset(&t->arena);
    free(t->key);
    free(t->slot);

    ngx_memzero(t, sizeof(crm_tally_t));
    crm_arena_init(&t->arena);
}


/* the value in the slot without its mark; never that of an empty one */

static uint64_t
crm_hashes_value(uint64_t hash)
{
    hash &= ~1ULL;

    return hash == 0 ? 2 : hash;
}


static uint64_t *
crm_hashes_slot(crm_hashes_t *set, uint64_t value)
{
    uint32_t  i;

    for (i = (uint32_t) (value >> 1) & set->mask;
         set->slot[i] != 0 && (set->slot[i] & ~1ULL) != value;
         i = (i + 1) & set->mask)
    {
        /* void */
    }

    return &set->slot[i];
}


static int
crm_hashes_grow(crm_hashes_t *set)
{
    uint32_t   i, size;
    uint64_t  *old;

    if (set->slot != NULL && set->n < (set->mask + 1) / 4 * 3) {
        return CRM_OK;
    }

    old = set->slot;
    size = old == NULL ? 0 : set->mask + 1;

    set->slot = calloc(size == 0 ? CRM_TALLY_FIRST : size * 2,
                       sizeof(uint64_t));

    if (set->slot == NULL) {
        set->slot = old;
        return CRM_ERROR;
    }

    set->mask = (size == 0 ? CRM_TALLY_FIRST : size * 2) - 1;

    for (i = 0; i < size; i++) {
        if (old[i] != 0) {
            *crm_hashes_slot(set, old[i] & ~1ULL) = old[i];
        }
    }

    free(old);

    return CRM_OK;
}


uint64_t *
crm_hashes_add(crm_hashes_t *set, uint64_t hash)
{
    uint64_t  *p, value = crm_hashes_value(hash);

    if (crm_hashes_grow(set) != CRM_OK) {
        return NULL;
    }

    p = crm_hashes_slot(set, value);

    if (*p == 0) {
        *p = value;
        set->n++;
    }

    return p;
}


uint64_t *
crm_hashes_find(crm_hashes_t *set, uint64_t hash)
{
    uint64_t  *p;

    if (set->slot == NULL) {
        return NULL;
    }

    p = crm_hashes_slot(set, crm_hashes_value(hash));

    return *p == 0 ? NULL : p;
}


void
crm_hashes_free(crm_hashes_t *set)
{
    free(set->slot);
    ngx_memzero(set, sizeof(crm_hashes_t));
}
