/*
 * The folded form of text (design.md, "Time, money, text").
 *
 * Steps: ZWNJ to a blank, since NFKC_Casefold would drop it with all other
 * ignorable characters; NFKC_Casefold; NFD, so that accents stand alone; then
 * per character: accents and tatweel out, Persian letters and ASCII digits
 * for their relatives, blanks one; last NFC, for Hangul and the like.
 *
 * One pass is a fixpoint: what is left is stable under NFKC_Casefold, has no
 * accent to lose and no letter to map.  The tests prove it for every
 * character and for millions of combinations.
 */

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "crm_text.h"


#define CRM_FOLD_MAX  (INT32_MAX / 4)

#define CRM_ZWNJ      0x200c
#define CRM_TATWEEL   0x0640


typedef struct {
    UChar    *data;
    int32_t   len;
} crm_utf16_t;


static int crm_fold_ascii(crm_arena_t *a, const crm_str_t *s,
    crm_str_t *folded);
static int crm_fold_decode(crm_arena_t *a, const crm_str_t *s,
    crm_utf16_t *u);
static int crm_fold_normalize(crm_arena_t *a, const UNormalizer2 *norm,
    crm_utf16_t *u);
static void crm_fold_map(crm_utf16_t *u);
static UChar32 crm_fold_letter(UChar32 c);
static int crm_fold_encode(crm_arena_t *a, const crm_utf16_t *u,
    crm_str_t *folded);


static const UNormalizer2  *crm_fold_nfkc_cf;
static const UNormalizer2  *crm_fold_nfd;
static const UNormalizer2  *crm_fold_nfc;


int
crm_text_init(void)
{
    UErrorCode  status = U_ZERO_ERROR;

    crm_fold_nfkc_cf = unorm2_getNFKCCasefoldInstance(&status);
    crm_fold_nfd = unorm2_getNFDInstance(&status);
    crm_fold_nfc = unorm2_getNFCInstance(&status);

    return U_FAILURE(status) ? CRM_ERROR : CRM_OK;
}


int
crm_text_fold(crm_arena_t *a, const crm_str_t *s, crm_str_t *folded)
{
    int          rc;
    crm_utf16_t  u;

    rc = crm_fold_ascii(a, s, folded);

    if (rc != CRM_DECLINED) {
        return rc;
    }

    if (s->len > CRM_FOLD_MAX
        || crm_fold_decode(a, s, &u) != CRM_OK
        || crm_fold_normalize(a, crm_fold_nfkc_cf, &u) != CRM_OK
        || crm_fold_normalize(a, crm_fold_nfd, &u) != CRM_OK)
    {
        return CRM_ERROR;
    }

    crm_fold_map(&u);

    if (crm_fold_normalize(a, crm_fold_nfc, &u) != CRM_OK) {
        return CRM_ERROR;
    }

    return crm_fold_encode(a, &u, folded);
}


/* CRM_DECLINED at the first byte that is no ASCII */

static int
crm_fold_ascii(crm_arena_t *a, const crm_str_t *s, crm_str_t *folded)
{
    size_t   i;
    u_char   c, *p;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] >= 0x80) {
            return CRM_DECLINED;
        }
    }

    p = crm_arena_bytes(a, s->len);

    if (p == NULL) {
        return CRM_ERROR;
    }

    folded->data = p;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            if (p != folded->data && p[-1] != ' ') {
                *p++ = ' ';
            }

            continue;
        }

        *p++ = (c >= 'A' && c <= 'Z') ? (u_char) (c | 0x20) : c;
    }

    if (p != folded->data && p[-1] == ' ') {
        p--;
    }

    folded->len = (size_t) (p - folded->data);

    return CRM_OK;
}


static int
crm_fold_decode(crm_arena_t *a, const crm_str_t *s, crm_utf16_t *u)
{
    int32_t  i, len;
    UChar32  c;

    len = (int32_t) s->len;

    u->len = 0;
    u->data = crm_arena_alloc(a, (size_t) len * sizeof(UChar));

    if (u->data == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < len; /* void */) {
        U8_NEXT_OR_FFFD(s->data, i, len, c);

        if (c == CRM_ZWNJ) {
            c = ' ';
        }

        U16_APPEND_UNSAFE(u->data, u->len, c);
    }

    return CRM_OK;
}


/* in place where the text already has the form, as it mostly has */

static int
crm_fold_normalize(crm_arena_t *a, const UNormalizer2 *norm, crm_utf16_t *u)
{
    int32_t      n, size;
    UChar       *data;
    UErrorCode   status = U_ZERO_ERROR;

    n = unorm2_spanQuickCheckYes(norm, u->data, u->len, &status);

    if (U_FAILURE(status)) {
        return CRM_ERROR;
    }

    if (n == u->len) {
        return CRM_OK;
    }

    /* mostly large enough; if not, the first attempt tells the size */

    size = u->len + u->len / 2 + 16;

    for ( ;; ) {
        data = crm_arena_alloc(a, (size_t) size * sizeof(UChar));

        if (data == NULL) {
            return CRM_ERROR;
        }

        status = U_ZERO_ERROR;
        n = unorm2_normalize(norm, u->data, u->len, data, size, &status);

        if (status != U_BUFFER_OVERFLOW_ERROR) {
            break;
        }

        size = n;
    }

    if (U_FAILURE(status)) {
        return CRM_ERROR;
    }

    u->data = data;
    u->len = n;

    return CRM_OK;
}


/* in place: nothing becomes longer */

static void
crm_fold_map(crm_utf16_t *u)
{
    int32_t  i, n;
    UChar32  c;

    n = 0;

    for (i = 0; i < u->len; /* void */) {
        U16_NEXT(u->data, i, u->len, c);

        if (c >= 0x80) {
            if (c == CRM_TATWEEL || u_charType(c) == U_NON_SPACING_MARK) {
                continue;
            }

            c = u_isUWhiteSpace(c) ? ' ' : crm_fold_letter(c);

        } else if (c >= '\t' && c <= '\r') {
            c = ' ';
        }

        if (c == ' ' && (n == 0 || u->data[n - 1] == ' ')) {
            continue;
        }

        U16_APPEND_UNSAFE(u->data, n, c);
    }

    if (n != 0 && u->data[n - 1] == ' ') {
        n--;
    }

    u->len = n;
}


/*
 * Persian letters for those that look or sound alike; those with a hamza or
 * madda above come here without it.  Also both digit sets.
 */

static UChar32
crm_fold_letter(UChar32 c)
{
    if (c < 0x0600 || c > 0x06ff) {
        return c;
    }

    if (c >= 0x0660 && c <= 0x0669) {
        return '0' + (c - 0x0660);
    }

    if (c >= 0x06f0 && c <= 0x06f9) {
        return '0' + (c - 0x06f0);
    }

    switch (c) {

    case 0x0671:        /* alef wasla */
        return 0x0627;

    case 0x0649:        /* alef maksura */
    case 0x064a:        /* Arabic yeh */
    case 0x06d0:        /* e */
        return 0x06cc;

    case 0x0643:        /* Arabic kaf */
        return 0x06a9;

    case 0x0629:        /* teh marbuta */
    case 0x06be:        /* heh doachashmee */
    case 0x06c1:        /* heh goal */
    case 0x06d5:        /* ae */
        return 0x0647;

    default:
        return c;
    }
}


static int
crm_fold_encode(crm_arena_t *a, const crm_utf16_t *u, crm_str_t *folded)
{
    int32_t   i;
    size_t    n;
    UChar32   c;
    u_char   *p;

    /* a unit is at most three bytes; a pair of them is four */

    p = crm_arena_bytes(a, (size_t) u->len * 3);

    if (p == NULL) {
        return CRM_ERROR;
    }

    n = 0;

    for (i = 0; i < u->len; /* void */) {
        U16_NEXT(u->data, i, u->len, c);
        U8_APPEND_UNSAFE(p, n, c);
    }

    folded->data = p;
    folded->len = n;

    return CRM_OK;
}
