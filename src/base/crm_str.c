/*
 * Counted strings: order, integers, nearest name.
 *
 * Knows bytes only; what is about characters is in crm_text.c.
 */

#include "crm_str.h"


#define CRM_NEAREST_MAX     64   /* longer names are no slips of the pen */
#define CRM_NEAREST_PREFIX  2    /* edits that a name cut short counts as */


static const u_char  crm_digit_pairs[] =
    "0001020304050607080910111213141516171819"
    "2021222324252627282930313233343536373839"
    "4041424344454647484950515253545556575859"
    "6061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";


static size_t crm_str_distance(const crm_str_t *a, const crm_str_t *b);


int
crm_str_cmp(const crm_str_t *a, const crm_str_t *b)
{
    int     rc;
    size_t  n;

    n = a->len < b->len ? a->len : b->len;

    if (n != 0) {
        rc = memcmp(a->data, b->data, n);

        if (rc != 0) {
            return rc;
        }
    }

    return (a->len > b->len) - (a->len < b->len);
}


int
crm_str_int(const crm_str_t *s, int64_t *value)
{
    u_char    *p, *last;
    uint64_t   n, max, digit;
    unsigned   minus;

    if (s->len == 0) {
        return CRM_DECLINED;
    }

    p = s->data;
    last = p + s->len;
    minus = (*p == '-');
    p += minus;

    if (p == last) {
        return CRM_DECLINED;
    }

    max = (uint64_t) INT64_MAX + minus;

    for (n = 0; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return CRM_DECLINED;
        }

        digit = *p - '0';

        if (n > (max - digit) / 10) {
            return CRM_DECLINED;
        }

        n = n * 10 + digit;
    }

    *value = (int64_t) (minus ? 0 - n : n);

    return CRM_OK;
}


u_char *
crm_int_print(u_char *p, int64_t value)
{
    size_t    pair, len;
    u_char    buf[20], *q;
    uint64_t  n;

    n = (uint64_t) value;

    if (value < 0) {
        *p++ = '-';
        n = 0 - n;
    }

    q = buf + sizeof(buf);

    while (n >= 100) {
        pair = (size_t) (n % 100) * 2;
        n /= 100;
        *--q = crm_digit_pairs[pair + 1];
        *--q = crm_digit_pairs[pair];
    }

    if (n >= 10) {
        *--q = crm_digit_pairs[n * 2 + 1];
        *--q = crm_digit_pairs[n * 2];

    } else {
        *--q = (u_char) ('0' + n);
    }

    len = (size_t) (buf + sizeof(buf) - q);
    memcpy(p, q, len);

    return p + len;
}


u_char *
crm_id10_print(u_char *p, int64_t id)
{
    int  i;

    if (id > 9999999999LL) {
        return crm_int_print(p, id);
    }

    for (i = 9; i >= 0; i--) {
        p[i] = (u_char) ('0' + id % 10);
        id /= 10;
    }

    return p + 10;
}


const crm_str_t *
crm_str_nearest(const crm_str_t *s, const crm_str_t *candidates, size_t n)
{
    size_t            i, best, distance;
    const crm_str_t  *nearest;

    if (s->len > CRM_NEAREST_MAX) {
        return NULL;
    }

    nearest = NULL;
    best = SIZE_MAX - 1;

    for (i = 0; i < n; i++) {
        distance = crm_str_distance(s, &candidates[i]);

        if (distance > CRM_NEAREST_PREFIX
            && s->len > 1 && candidates[i].len > s->len
            && memcmp(candidates[i].data, s->data, s->len) == 0)
        {
            distance = CRM_NEAREST_PREFIX;
        }

        if (distance < best
            || (distance == best && candidates[i].len < nearest->len))
        {
            best = distance;
            nearest = &candidates[i];
        }
    }

    return nearest;
}


/* Levenshtein with one row; SIZE_MAX where a string is too long to matter */

static size_t
crm_str_distance(const crm_str_t *a, const crm_str_t *b)
{
    size_t  i, j, diagonal, above, cost, row[CRM_NEAREST_MAX + 1];

    if (b->len > CRM_NEAREST_MAX) {
        return SIZE_MAX;
    }

    for (j = 0; j <= b->len; j++) {
        row[j] = j;
    }

    for (i = 0; i < a->len; i++) {
        diagonal = row[0];
        row[0] = i + 1;

        for (j = 0; j < b->len; j++) {
            above = row[j + 1];
            cost = diagonal + (a->data[i] != b->data[j]);

            if (cost > above + 1) {
                cost = above + 1;
            }

            if (cost > row[j] + 1) {
                cost = row[j] + 1;
            }

            row[j + 1] = cost;
            diagonal = above;
        }
    }

    return row[b->len];
}
