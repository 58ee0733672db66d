/*
 * The forms of e-mail addresses and websites.
 *
 * Form only: whether a host exists or a mailbox takes mail is nobody's
 * business here.  Beyond ASCII every character is taken but blanks, controls
 * and invisible ones, which could make two addresses look the same.
 */

#include <strings.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "crm_text.h"


#define CRM_EMAIL_LOCAL_MAX  64       /* RFC 5321, 4.5.3.1 */
#define CRM_HOST_MAX         253
#define CRM_LABEL_MAX        63       /* characters */

#define CRM_ZWNJ             0x200c   /* part of Persian words */
#define CRM_ZWJ              0x200d


static int crm_form_email_local(const u_char *p, const u_char *last);
static int crm_form_atoms(const u_char *p, const u_char *last);
static int crm_form_quoted(const u_char *p, const u_char *last);
static int crm_form_host(const u_char *p, const u_char *last,
    const char *marks, int *dots);
static int crm_form_label(const u_char *p, const u_char *last,
    const char *marks);
static int crm_form_literal(const u_char *p, const u_char *last);
static int crm_form_port(const u_char *p, const u_char *last);
static int crm_form_visible(const u_char *p, const u_char *last,
    const char *refused);
static size_t crm_form_scheme(const crm_str_t *s);
static int crm_form_alnum(u_char c);


int
crm_text_is_email(const crm_str_t *s)
{
    int            dots;
    const u_char  *at, *last;

    if (s->len == 0 || s->len > CRM_EMAIL_MAX) {
        return 0;
    }

    last = s->data + s->len;

    for (at = last; at > s->data && at[-1] != '@'; at--) {
        /* void */
    }

    if (at == s->data
        || !crm_form_visible(s->data, last, "")
        || !crm_form_email_local(s->data, at - 1))
    {
        return 0;
    }

    if (at < last && *at == '[') {
        return crm_form_literal(at, last);
    }

    return crm_form_host(at, last, "-", &dots);
}


int
crm_text_is_local_part(const crm_str_t *s)
{
    const u_char  *last = s->data + s->len;

    return s->len <= CRM_EMAIL_LOCAL_MAX
           && crm_form_visible(s->data, last, "")
           && crm_form_atoms(s->data, last);
}


int
crm_text_is_website(const crm_str_t *s)
{
    int            dots;
    size_t         scheme;
    const u_char  *p, *last, *end, *colon;

    if (s->len == 0
        || !crm_form_visible(s->data, s->data + s->len, " \"<>\\"))
    {
        return 0;
    }

    scheme = crm_form_scheme(s);
    p = s->data + scheme;
    last = s->data + s->len;

    for (end = p; end < last && strchr("/?#", *end) == NULL; end++) {
        /* void */
    }

    /* a colon within brackets belongs to an IPv6 address */

    for (colon = end; colon > p && colon[-1] != ']'; colon--) {
        if (colon[-1] == ':') {
            if (!crm_form_port(colon, end)) {
                return 0;
            }

            end = colon - 1;
            break;
        }
    }

    if (p < end && *p == '[') {
        return scheme != 0 && crm_form_literal(p, end);
    }

    if (p < end && end[-1] == '.') {
        end--;
    }

    /* without a scheme a word is no host, or "javascript:1" would be one */

    return crm_form_host(p, end, "-_", &dots) && (scheme != 0 || dots != 0);
}


/* a dot-atom or a quoted string; visible is checked already */

static int
crm_form_email_local(const u_char *p, const u_char *last)
{
    if (p == last || last - p > CRM_EMAIL_LOCAL_MAX) {
        return 0;
    }

    return *p == '"' ? crm_form_quoted(p, last) : crm_form_atoms(p, last);
}


/* words between single dots */

static int
crm_form_atoms(const u_char *p, const u_char *last)
{
    int  dot;

    dot = 1;

    for ( /* void */ ; p < last; p++) {
        if (*p == '.') {
            if (dot) {
                return 0;
            }

            dot = 1;
            continue;
        }

        if (*p < 0x80
            && !crm_form_alnum(*p)
            && strchr("!#$%&'*+-/=?^_`{|}~", *p) == NULL)
        {
            return 0;
        }

        dot = 0;
    }

    return !dot;
}


static int
crm_form_quoted(const u_char *p, const u_char *last)
{
    if (last - p < 2 || last[-1] != '"') {
        return 0;
    }

    last--;

    for (p++; p < last; p++) {
        if (*p == '"') {
            return 0;
        }

        if (*p == '\\' && ++p == last) {
            return 0;
        }
    }

    return 1;
}


/* labels between dots; `marks` may stand inside a label */

static int
crm_form_host(const u_char *p, const u_char *last, const char *marks,
    int *dots)
{
    const u_char  *end;

    *dots = 0;

    if (last - p > CRM_HOST_MAX) {
        return 0;
    }

    for ( ;; ) {
        for (end = p; end < last && *end != '.'; end++) {
            /* void */
        }

        if (!crm_form_label(p, end, marks)) {
            return 0;
        }

        if (end == last) {
            return 1;
        }

        p = end + 1;
        (*dots)++;
    }
}


static int
crm_form_label(const u_char *p, const u_char *last, const char *marks)
{
    crm_str_t  label = { (size_t) (last - p), (u_char *) p };

    if (p == last
        || *p == '-' || last[-1] == '-'
        || crm_utf8_length(&label) > CRM_LABEL_MAX)
    {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {
        if (*p < 0x80
            && !crm_form_alnum(*p)
            && strchr(marks, *p) == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* an address in brackets: digits, dots and colons decide, not their order */

static int
crm_form_literal(const u_char *p, const u_char *last)
{
    if (last - p < 4 || last[-1] != ']') {
        return 0;
    }

    last--;

    for (p++; p < last; p++) {
        if (!crm_form_alnum(*p) && strchr(".:-", *p) == NULL) {
            return 0;
        }
    }

    return 1;
}


static int
crm_form_port(const u_char *p, const u_char *last)
{
    int  port;

    if (p == last || last - p > 5) {
        return 0;
    }

    for (port = 0; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }

        port = port * 10 + (*p - '0');
    }

    return port > 0 && port < 65536;
}


/* no control, no blank but ASCII's, nothing invisible, none of `refused` */

static int
crm_form_visible(const u_char *p, const u_char *last, const char *refused)
{
    int32_t  i, len;
    UChar32  c;

    len = (int32_t) (last - p);

    for (i = 0; i < len; /* void */) {
        U8_NEXT(p, i, len, c);

        if (c < 0x20 || c == 0x7f) {
            return 0;
        }

        if (c < 0x80) {
            if (strchr(refused, c) != NULL) {
                return 0;
            }

            continue;
        }

        if (c == CRM_ZWNJ || c == CRM_ZWJ) {
            continue;
        }

        if (u_isUWhiteSpace(c)
            || (U_MASK(u_charType(c)) & (U_GC_CC_MASK | U_GC_CF_MASK)))
        {
            return 0;
        }
    }

    return 1;
}


/* its length; 0 where there is none, or another */

static size_t
crm_form_scheme(const crm_str_t *s)
{
    if (s->len >= 7 && strncasecmp((char *) s->data, "http://", 7) == 0) {
        return 7;
    }

    if (s->len >= 8 && strncasecmp((char *) s->data, "https://", 8) == 0) {
        return 8;
    }

    return 0;
}


static int
crm_form_alnum(u_char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}
