/*
 * Text output in chunks: the JSON writer's bottom layer.
 *
 * Owns chunk growth and JSON string escaping; must not know what an answer
 * looks like.  Every answer passes here byte by byte, hence the care for
 * runs that need no escape.
 */

#include "crm_out.h"


#define CRM_OUT_CHUNK_MIN  512
#define CRM_OUT_CHUNK_MAX  65536

#define CRM_BYTES(c)       (0x0101010101010101ULL * (c))


static crm_chunk_t *crm_out_grow(crm_out_t *o, size_t n);
static size_t crm_out_plain(const u_char *p, size_t len);
static void crm_out_escaped(crm_out_t *o, u_char c);


void
crm_out_init(crm_out_t *o, crm_arena_t *arena, size_t hint)
{
    o->arena = arena;
    o->first = NULL;
    o->chunk = NULL;
    o->size = 0;
    o->failed = 0;

    o->first = crm_out_grow(o, hint);
}


u_char *
crm_out_reserve(crm_out_t *o, size_t n)
{
    crm_chunk_t  *chunk = o->chunk;

    if (chunk == NULL || (size_t) (chunk->end - chunk->last) < n) {
        chunk = crm_out_grow(o, n);

        if (chunk == NULL) {
            return NULL;
        }
    }

    return chunk->last;
}


void
crm_out_bytes(crm_out_t *o, const void *data, size_t len)
{
    size_t         room;
    const u_char  *p = data;
    crm_chunk_t   *chunk = o->chunk;

    if (len == 0 || chunk == NULL) {
        return;
    }

    room = (size_t) (chunk->end - chunk->last);

    if (len > room) {
        memcpy(chunk->last, p, room);
        chunk->last += room;
        p += room;
        len -= room;

        chunk = crm_out_grow(o, len);

        if (chunk == NULL) {
            return;
        }
    }

    memcpy(chunk->last, p, len);
    chunk->last += len;
}


void
crm_out_str(crm_out_t *o, const crm_str_t *s)
{
    crm_out_bytes(o, s->data, s->len);
}


void
crm_out_char(crm_out_t *o, u_char c)
{
    u_char  *p;

    p = crm_out_reserve(o, 1);

    if (p != NULL) {
        *p = c;
        o->chunk->last = p + 1;
    }
}


void
crm_out_int(crm_out_t *o, int64_t value)
{
    u_char  *p;

    p = crm_out_reserve(o, 21);

    if (p != NULL) {
        o->chunk->last = crm_int_print(p, value);
    }
}


void
crm_out_json(crm_out_t *o, const crm_str_t *s)
{
    size_t         n;
    const u_char  *p, *last;

    crm_out_char(o, '"');

    p = s->data;
    last = (s->len == 0) ? p : p + s->len;

    for ( ;; ) {
        n = crm_out_plain(p, (size_t) (last - p));
        crm_out_bytes(o, p, n);

        if (n == (size_t) (last - p)) {
            break;
        }

        p += n;
        crm_out_escaped(o, *p++);
    }

    crm_out_char(o, '"');
}


size_t
crm_out_size(const crm_out_t *o)
{
    if (o->chunk == NULL) {
        return o->size;
    }

    return o->size + (size_t) (o->chunk->last - o->chunk->start);
}


int
crm_out_join(crm_out_t *o, crm_str_t *s)
{
    size_t        n;
    u_char       *p;
    crm_chunk_t  *chunk;

    if (o->failed) {
        return CRM_ERROR;
    }

    s->len = crm_out_size(o);

    if (o->first == o->chunk) {
        s->data = o->first->start;
        return CRM_OK;
    }

    p = crm_arena_bytes(o->arena, s->len);

    if (p == NULL) {
        o->failed = 1;
        return CRM_ERROR;
    }

    s->data = p;

    for (chunk = o->first; chunk != NULL; chunk = chunk->next) {
        n = (size_t) (chunk->last - chunk->start);
        memcpy(p, chunk->start, n);
        p += n;
    }

    return CRM_OK;
}


/* each chunk is twice its predecessor, up to the limit, and holds n bytes */

static crm_chunk_t *
crm_out_grow(crm_out_t *o, size_t n)
{
    size_t        size;
    crm_chunk_t  *chunk, *prev;

    prev = o->chunk;
    size = CRM_OUT_CHUNK_MIN;

    if (prev != NULL) {
        size = (size_t) (prev->end - prev->start) * 2;

        if (size > CRM_OUT_CHUNK_MAX) {
            size = CRM_OUT_CHUNK_MAX;
        }
    }

    if (size < n) {
        size = n;
    }

    chunk = crm_arena_alloc(o->arena, sizeof(crm_chunk_t) + size);

    if (chunk == NULL) {
        o->failed = 1;
        return NULL;
    }

    chunk->next = NULL;
    chunk->start = (u_char *) (chunk + 1);
    chunk->last = chunk->start;
    chunk->end = chunk->start + size;

    if (prev != NULL) {
        prev->next = chunk;
        o->size += (size_t) (prev->last - prev->start);
    }

    o->chunk = chunk;

    return chunk;
}


/*
 * How many bytes from p on go into a JSON string as they are.  Eight at a
 * time: the high bit of a byte of `found` is set where that byte is below
 * 0x20, a quote or a backslash; bytes above 0x7f never are.  A borrow may
 * set more bits, but only behind a true one.
 */

static size_t
crm_out_plain(const u_char *p, size_t len)
{
    size_t    i;
    uint64_t  w, quote, slash, found;

    for (i = 0; i + 8 <= len; i += 8) {
        memcpy(&w, p + i, 8);

        quote = w ^ CRM_BYTES('"');
        slash = w ^ CRM_BYTES('\\');

        found = ((w - CRM_BYTES(0x20)) & ~w)
                | ((quote - CRM_BYTES(1)) & ~quote)
                | ((slash - CRM_BYTES(1)) & ~slash);

        if (found & CRM_BYTES(0x80)) {
            break;
        }
    }

    while (i < len && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\') {
        i++;
    }

    return i;
}


static void
crm_out_escaped(crm_out_t *o, u_char c)
{
    u_char  *p, letter;

    static const u_char  hex[] = "0123456789abcdef";
    static const u_char  letters[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";

    letter = (c < 0x20) ? letters[c] : c;

    p = crm_out_reserve(o, 6);

    if (p == NULL) {
        return;
    }

    *p++ = '\\';
    *p++ = letter;

    if (letter == 'u') {
        *p++ = '0';
        *p++ = '0';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 15];
    }

    o->chunk->last = p;
}
