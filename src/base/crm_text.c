/*
 * Text: UTF-8, blanks, digits, words.
 *
 * Knows Unicode's properties through ICU's macros and tables; the folded
 * form is in crm_fold.c, the forms of addresses are in crm_form.c.
 */

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "crm_text.h"


#define CRM_BOM         0xfeff

#define CRM_WORD_MASK   (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK)

#define CRM_HIGH_BITS   0x8080808080808080ULL


static int crm_text_digit(const u_char *p, const u_char *last, size_t *len);
static int crm_text_is_blank(UChar32 c);
static int crm_text_is_word(UChar32 c);


int
crm_utf8_valid(const crm_str_t *s)
{
    int32_t    i, len;
    UChar32    c;
    uint64_t   w;

    if (s->len > INT32_MAX) {
        return 0;
    }

    len = (int32_t) s->len;

    for (i = 0; i < len; /* void */) {
        if (len - i >= 8) {
            memcpy(&w, s->data + i, 8);

            /* eight bytes of ASCII, none of them NUL */

            if (((w | (w - 0x0101010101010101ULL)) & CRM_HIGH_BITS) == 0) {
                i += 8;
                continue;
            }
        }

        U8_NEXT(s->data, i, len, c);

        if (c <= 0) {
            return 0;
        }
    }

    return 1;
}


size_t
crm_utf8_length(const crm_str_t *s)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < s->len; i++) {
        n += !U8_IS_TRAIL(s->data[i]);
    }

    return n;
}


int
crm_text_has_control(const crm_str_t *s, int multiline)
{
    u_char  *p, *last;

    if (s->len == 0) {
        return 0;
    }

    last = s->data + s->len;

    for (p = s->data; p < last; p++) {
        if (*p >= 0x20 && *p != 0x7f && *p != 0xc2) {
            continue;
        }

        /* C1 is C2 80 to C2 9F */

        if (*p == 0xc2) {
            if (last - p > 1 && p[1] < 0xa0) {
                return 1;
            }

            continue;
        }

        if (!multiline || (*p != '\n' && *p != '\t')) {
            return 1;
        }
    }

    return 0;
}


void
crm_text_trim(crm_str_t *s)
{
    int32_t  first, last, i;
    UChar32  c;

    if (s->len > INT32_MAX) {
        return;
    }

    first = 0;
    last = (int32_t) s->len;

    while (first < last) {
        i = first;
        U8_NEXT(s->data, i, last, c);

        if (!crm_text_is_blank(c)) {
            break;
        }

        first = i;
    }

    while (last > first) {
        i = last;
        U8_PREV(s->data, first, i, c);

        if (!crm_text_is_blank(c)) {
            break;
        }

        last = i;
    }

    if (first != 0) {
        s->data += first;
    }

    s->len = (size_t) (last - first);
}


int
crm_text_digits(crm_arena_t *a, const crm_str_t *s, crm_str_t *dst)
{
    int            digit;
    size_t         len;
    u_char        *d;
    const u_char  *p, *last;

    p = s->data;
    last = (s->len == 0) ? p : p + s->len;

    while (p < last && crm_text_digit(p, last, &len) < 0) {
        p++;
    }

    if (p == last) {
        *dst = *s;
        return CRM_OK;
    }

    d = crm_arena_bytes(a, s->len);

    if (d == NULL) {
        return CRM_ERROR;
    }

    dst->data = d;

    for (p = s->data; p < last; /* void */) {
        digit = crm_text_digit(p, last, &len);

        if (digit < 0) {
            *d++ = *p++;
            continue;
        }

        *d++ = (u_char) ('0' + digit);
        p += len;
    }

    dst->len = (size_t) (d - dst->data);

    return CRM_OK;
}


int
crm_text_phone(crm_arena_t *a, const crm_str_t *s, crm_str_t *digits)
{
    int            digit;
    size_t         len;
    u_char        *d;
    const u_char  *p, *last;

    d = crm_arena_bytes(a, s->len);

    if (d == NULL) {
        return CRM_ERROR;
    }

    p = s->data;
    last = (s->len == 0) ? p : p + s->len;
    digits->data = d;

    for ( /* void */ ; p < last; p++) {
        if (*p >= '0' && *p <= '9') {
            *d++ = *p;
            continue;
        }

        digit = crm_text_digit(p, last, &len);

        if (digit >= 0) {
            *d++ = (u_char) ('0' + digit);
            p += len - 1;
        }
    }

    digits->len = (size_t) (d - digits->data);

    return CRM_OK;
}


int
crm_text_word(crm_str_t *rest, crm_str_t *word)
{
    int32_t  i, start, end, len;
    UChar32  c;

    if (rest->len > INT32_MAX) {
        return CRM_DECLINED;
    }

    len = (int32_t) rest->len;
    start = -1;
    end = len;

    for (i = 0; i < len; /* void */) {
        end = i;
        U8_NEXT(rest->data, i, len, c);

        if (crm_text_is_word(c)) {
            start = (start < 0) ? end : start;
            end = i;

        } else if (start >= 0) {
            break;
        }
    }

    if (start < 0) {
        rest->len = 0;
        return CRM_DECLINED;
    }

    word->data = rest->data + start;
    word->len = (size_t) (end - start);

    rest->data += i;
    rest->len -= (size_t) i;

    return CRM_OK;
}


crm_str_t
crm_text_prefix(const crm_str_t *s, size_t n)
{
    size_t     i;
    crm_str_t  prefix = *s;

    for (i = 0; i < s->len; i++) {
        if (U8_IS_TRAIL(s->data[i])) {
            continue;
        }

        if (n-- == 0) {
            prefix.len = i;
            break;
        }
    }

    return prefix;
}


/*
 * The value of a digit beyond ASCII and its bytes, or -1: Arabic-Indic ones are
 * D9 A0 to D9 A9, the extended ones (Persian) DB B0 to DB B9, wide ones EF BC
 * 90 to EF BC 99.
 */

static int
crm_text_digit(const u_char *p, const u_char *last, size_t *len)
{
    if (last - p < 2) {
        return -1;
    }

    *len = 2;

    if (p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) {
        return p[1] - 0xa0;
    }

    if (p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9) {
        return p[1] - 0xb0;
    }

    *len = 3;

    if (last - p > 2 && p[0] == 0xef && p[1] == 0xbc
        && p[2] >= 0x90 && p[2] <= 0x99)
    {
        return p[2] - 0x90;
    }

    return -1;
}


static int
crm_text_is_blank(UChar32 c)
{
    if (c < 0x80) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    return c == CRM_BOM || u_isUWhiteSpace(c);
}


static int
crm_text_is_word(UChar32 c)
{
    if (c < 0x80) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
               || (c >= 'A' && c <= 'Z');
    }

    return (U_MASK(u_charType(c)) & CRM_WORD_MASK) != 0;
}
