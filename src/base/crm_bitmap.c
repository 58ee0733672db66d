/*
 * Sets of ids in chunks.
 *
 * Chunks are held as 64-bit words in memory order: byte order matters only
 * where a single bit is looked for.
 */

#include "crm_bitmap.h"


#define CRM_BITMAP_WORDS  (CRM_BITMAP_BYTES / 8)
#define CRM_BITMAP_IDS    (1 << CRM_BITMAP_SHIFT)


int
crm_bitmap_init(crm_bitmap_t *b, crm_arena_t *a, int64_t last)
{
    b->arena = a;
    b->failed = 0;
    b->n = (unsigned) (last >> CRM_BITMAP_SHIFT) + 1;
    b->chunk = crm_arena_calloc(a, b->n * sizeof(uint64_t *));

    return b->chunk != NULL ? CRM_OK : CRM_ERROR;
}


/* NULL: beyond the last id, or out of memory */

static uint64_t *
crm_bitmap_chunk(crm_bitmap_t *b, int64_t chunk)
{
    if (chunk < 0 || chunk >= (int64_t) b->n) {
        return NULL;
    }

    if (b->chunk[chunk] == NULL) {
        b->chunk[chunk] = crm_arena_calloc(b->arena, CRM_BITMAP_BYTES);

        if (b->chunk[chunk] == NULL) {
            b->failed = 1;
        }
    }

    return b->chunk[chunk];
}


void
crm_bitmap_set(crm_bitmap_t *b, int64_t id)
{
    u_char    *bytes;
    unsigned   bit;

    bytes = (u_char *) crm_bitmap_chunk(b, id >> CRM_BITMAP_SHIFT);

    if (bytes != NULL) {
        bit = (unsigned) (id & CRM_BITMAP_MASK);
        bytes[bit >> 3] |= 0x80 >> (bit & 7);
    }
}


void
crm_bitmap_or(crm_bitmap_t *b, unsigned chunk, const crm_str_t *bits)
{
    size_t     i, len;
    uint64_t   word, *to;

    if (bits->len == 0) {
        return;
    }

    to = crm_bitmap_chunk(b, chunk);

    if (to == NULL) {
        return;
    }

    len = bits->len < CRM_BITMAP_BYTES ? bits->len : CRM_BITMAP_BYTES;

    for (i = 0; i + 8 <= len; i += 8) {
        memcpy(&word, bits->data + i, 8);
        to[i / 8] |= word;
    }

    if (i < len) {
        word = 0;
        memcpy(&word, bits->data + i, len - i);
        to[i / 8] |= word;
    }
}


void
crm_bitmap_add(crm_bitmap_t *b, const crm_bitmap_t *other)
{
    unsigned   i;
    crm_str_t  bits;

    bits.len = CRM_BITMAP_BYTES;

    for (i = 0; i < other->n; i++) {
        bits.data = (u_char *) other->chunk[i];

        if (bits.data != NULL) {
            crm_bitmap_or(b, i, &bits);
        }
    }
}


void
crm_bitmap_and(crm_bitmap_t *b, const crm_bitmap_t *other)
{
    unsigned   i, k;
    uint64_t  *to, *from;

    for (i = 0; i < b->n; i++) {
        from = i < other->n ? other->chunk[i] : NULL;

        if (from == NULL) {
            b->chunk[i] = NULL;
        }

        to = b->chunk[i];

        for (k = 0; to != NULL && k < CRM_BITMAP_WORDS; k++) {
            to[k] &= from[k];
        }
    }
}


void
crm_bitmap_and_range(crm_bitmap_t *b, const crm_bitmap_t *other,
    int64_t first, unsigned n)
{
    unsigned   chunk, k, end;
    uint64_t  *to, *from;

    chunk = (unsigned) (first >> CRM_BITMAP_SHIFT);

    if (chunk >= b->n || b->chunk[chunk] == NULL) {
        return;
    }

    to = b->chunk[chunk];
    from = chunk < other->n ? other->chunk[chunk] : NULL;
    k = (unsigned) (first & CRM_BITMAP_MASK) / 64;

    for (end = k + n / 64; k < end; k++) {
        to[k] &= from != NULL ? from[k] : 0;
    }
}


int
crm_bitmap_has(const crm_bitmap_t *b, int64_t id)
{
    int64_t        chunk;
    unsigned       bit;
    const u_char  *bytes;

    chunk = id >> CRM_BITMAP_SHIFT;

    if (chunk < 0 || chunk >= (int64_t) b->n || b->chunk[chunk] == NULL) {
        return 0;
    }

    bytes = (const u_char *) b->chunk[chunk];
    bit = (unsigned) (id & CRM_BITMAP_MASK);

    return (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
}


int64_t
crm_bitmap_count(const crm_bitmap_t *b)
{
    int64_t    count;
    unsigned   i, k;

    for (count = 0, i = 0; i < b->n; i++) {
        for (k = 0; b->chunk[i] != NULL && k < CRM_BITMAP_WORDS; k++) {
            count += __builtin_popcountll(b->chunk[i][k]);
        }
    }

    return count;
}


/* the first bit of a chunk from `bit` on (desc: down), or -1 */

static int
crm_bitmap_scan(const uint64_t *words, int bit, int desc)
{
    const u_char  *bytes = (const u_char *) words;

    while (bit >= 0 && bit < CRM_BITMAP_IDS) {

        if ((desc ? bit % 64 == 63 : bit % 64 == 0) && words[bit / 64] == 0) {
            bit += desc ? -64 : 64;
            continue;
        }

        if ((bytes[bit >> 3] >> (7 - (bit & 7))) & 1) {
            return bit;
        }

        bit += desc ? -1 : 1;
    }

    return -1;
}


int64_t
crm_bitmap_next(const crm_bitmap_t *b, int64_t from, int desc)
{
    int      bit;
    int64_t  chunk, id, last;

    last = ((int64_t) b->n << CRM_BITMAP_SHIFT) - 1;

    if (desc) {
        id = (from > last ? last : from - 1);
    } else {
        id = from + 1;
    }

    if (id <= 0 || id > last) {
        return 0;
    }

    for (chunk = id >> CRM_BITMAP_SHIFT, bit = (int) (id & CRM_BITMAP_MASK);
         chunk >= 0 && chunk < (int64_t) b->n;
         chunk += desc ? -1 : 1, bit = desc ? CRM_BITMAP_MASK : 0)
    {
        if (b->chunk[chunk] == NULL) {
            continue;
        }

        bit = crm_bitmap_scan(b->chunk[chunk], bit, desc);

        if (bit >= 0) {
            return (chunk << CRM_BITMAP_SHIFT) + bit;
        }
    }

    return 0;
}
