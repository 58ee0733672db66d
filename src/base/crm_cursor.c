/*
 * Opaque list cursors.
 *
 * Bytes: the format, the query's hash, three integers of variable length
 * (seven bits a byte, the least first; signed ones folded so that small
 * negative numbers are short too), the text up to the end.
 */

#include "crm_cursor.h"
#include "crm_digest.h"


#define CRM_CURSOR_FORMAT   1
#define CRM_CURSOR_HEAD     9         /* format and hash */
#define CRM_CURSOR_VARINT   10


static u_char *crm_cursor_put(u_char *p, int64_t value);
static u_char *crm_cursor_get(u_char *p, const u_char *last, int64_t *value);


int
crm_cursor_encode(crm_arena_t *a, uint64_t query, const crm_cursor_t *c,
    crm_str_t *text)
{
    int        i;
    u_char    *p;
    crm_str_t  raw;

    raw.data = crm_arena_bytes(a, CRM_CURSOR_HEAD + 3 * CRM_CURSOR_VARINT
                                  + c->text.len);

    if (raw.data == NULL) {
        return CRM_ERROR;
    }

    p = raw.data;
    *p++ = CRM_CURSOR_FORMAT;

    for (i = 0; i < 8; i++) {
        *p++ = (u_char) (query >> (8 * i));
    }

    p = crm_cursor_put(p, c->source);
    p = crm_cursor_put(p, c->score);
    p = crm_cursor_put(p, c->id);

    if (c->text.len != 0) {
        memcpy(p, c->text.data, c->text.len);
        p += c->text.len;
    }

    raw.len = (size_t) (p - raw.data);

    return crm_base64url_encode(a, &raw, text);
}


int
crm_cursor_decode(crm_arena_t *a, uint64_t query, const crm_str_t *text,
    crm_cursor_t *c)
{
    int        i, rc;
    u_char    *p, *last;
    uint64_t   hash;
    crm_str_t  raw;

    rc = crm_base64url_decode(a, text, &raw);

    if (rc != CRM_OK) {
        return rc;
    }

    if (raw.len < CRM_CURSOR_HEAD || raw.data[0] != CRM_CURSOR_FORMAT) {
        return CRM_DECLINED;
    }

    hash = 0;

    for (i = 8; i > 0; i--) {
        hash = hash << 8 | raw.data[i];
    }

    if (hash != query) {
        return CRM_DECLINED;
    }

    last = raw.data + raw.len;

    p = crm_cursor_get(raw.data + CRM_CURSOR_HEAD, last, &c->source);
    p = crm_cursor_get(p, last, &c->score);
    p = crm_cursor_get(p, last, &c->id);

    if (p == NULL) {
        return CRM_DECLINED;
    }

    c->text.data = p;
    c->text.len = (size_t) (last - p);

    return CRM_OK;
}


static u_char *
crm_cursor_put(u_char *p, int64_t value)
{
    uint64_t  n;

    n = ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    while (n > 0x7f) {
        *p++ = (u_char) (0x80 | (n & 0x7f));
        n >>= 7;
    }

    *p++ = (u_char) n;

    return p;
}


/* NULL in: NULL out, so that a chain of calls needs one check */

static u_char *
crm_cursor_get(u_char *p, const u_char *last, int64_t *value)
{
    unsigned  shift;
    uint64_t  n;

    n = 0;

    for (shift = 0; p != NULL && p < last && shift < 64; shift += 7) {
        n |= (uint64_t) (*p & 0x7f) << shift;

        if (*p++ < 0x80) {
            *value = (int64_t) ((n >> 1) ^ (0 - (n & 1)));
            return p;
        }
    }

    return NULL;
}
