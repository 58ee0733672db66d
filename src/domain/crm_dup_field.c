/* fields of leads as duplicate rules see them; see crm_dup.h */

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "crm_dup.h"
#include "crm_text.h"


enum { CRM_DUP_EMAIL, CRM_DUP_PHONE, CRM_DUP_NAME, CRM_DUP_COMPANY,
       CRM_DUP_WEBSITE };


const unsigned  crm_dup_fields[CRM_DUP_FIELDS + 1] = {
    [CRM_DUP_EMAIL] = CRM_LEAD_EMAIL,
    [CRM_DUP_PHONE] = CRM_LEAD_PHONE,
    [CRM_DUP_NAME] = CRM_LEAD_CONTACT_NAME,
    [CRM_DUP_COMPANY] = CRM_LEAD_COMPANY_NAME,
    [CRM_DUP_WEBSITE] = CRM_LEAD_WEBSITE,
    [CRM_DUP_CONTACT] = CRM_LEAD_CONTACT_ID
};


/* in place: the host of a folded address, without "www." */

static void
crm_dup_host(crm_str_t *text)
{
    size_t   i;
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    for (i = 0; i + 2 < text->len; i++) {
        if (memcmp(p + i, "://", 3) == 0) {
            p += i + 3;
            break;
        }
    }

    for (i = 0; p + i < last; i++) {
        if (p[i] == '/' || p[i] == '?' || p[i] == '#') {
            last = p + i;
        }
    }

    for (i = (size_t) (last - p); i > 0; i--) {
        if (p[i - 1] == '@') {
            p += i;
            break;
        }
    }

    /* the port, but not the colons of an IPv6 address in brackets */

    for (i = (size_t) (last - p); i > 0 && p[i - 1] >= '0' && p[i - 1] <= '9';
         i--)
    {
        /* void */
    }

    if (i > 0 && p[i - 1] == ':') {
        last = p + i - 1;
    }

    while (last > p && last[-1] == '.') {
        last--;
    }

    if (last - p > 4 && memcmp(p, "www.", 4) == 0) {
        p += 4;
    }

    text->data = p;
    text->len = (size_t) (last - p);
}


/* in place: punctuation becomes blanks, and runs of them one */

static void
crm_dup_plain(crm_str_t *text)
{
    size_t   n, from;
    int32_t  i, len;
    UChar32  c;

    len = (int32_t) text->len;
    n = 0;

    for (i = 0; i < len; /* void */) {
        from = (size_t) i;
        U8_NEXT(text->data, i, len, c);

        if (c == ' ' || u_ispunct(c)) {
            if (n > 0 && text->data[n - 1] != ' ') {
                text->data[n++] = ' ';
            }

            continue;
        }

        memmove(text->data + n, text->data + from, (size_t) i - from);
        n += (size_t) i - from;
    }

    text->len = n > 0 && text->data[n - 1] == ' ' ? n - 1 : n;
}


int
crm_dup_prepare(crm_arena_t *a, unsigned word, const crm_str_t *value,
    crm_str_t *text)
{
    crm_str_t  folded;

    if (crm_text_fold(a, value, &folded) != CRM_OK) {
        return CRM_ERROR;
    }

    *text = folded;

    switch (word) {

    case CRM_DUP_PHONE:
        return crm_text_phone(a, &folded, text);

    case CRM_DUP_WEBSITE:
        crm_dup_host(text);
        break;

    case CRM_DUP_COMPANY:
        crm_dup_plain(text);
        break;

    default:
        break;
    }

    return CRM_OK;
}


void
crm_dup_texts_init(crm_dup_texts_t *texts, const crm_record_t *lead)
{
    memset(texts, 0, sizeof(crm_dup_texts_t));

    texts->lead = lead;
}
