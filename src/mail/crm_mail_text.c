/*
 * Charsets, and what text may hold (api.md, 1): valid UTF-8, no control
 * characters.
 */

#include <errno.h>
#include <iconv.h>
#include <strings.h>
#include <gmime/gmime.h>
#include "crm_mail_int.h"
#include "crm_text.h"


#define CRM_MAIL_REPLACEMENT  "\xef\xbf\xbd"


typedef struct {
    const char  *name;
    const char  *charset;
} crm_mail_charset_t;

/* what Windows wrote there before everybody wrote UTF-8 */

static const crm_mail_charset_t  crm_mail_fallbacks[] = {
    { "fa", "windows-1256" }, { "ar", "windows-1256" },
    { "ur", "windows-1256" }, { "he", "windows-1255" },
    { "ru", "windows-1251" }, { "uk", "windows-1251" },
    { "bg", "windows-1251" }, { "sr", "windows-1251" },
    { "pl", "windows-1250" }, { "cs", "windows-1250" },
    { "sk", "windows-1250" }, { "hu", "windows-1250" },
    { "hr", "windows-1250" }, { "ro", "windows-1250" },
    { "el", "windows-1253" }, { "tr", "windows-1254" },
    { "lt", "windows-1257" }, { "lv", "windows-1257" },
    { "et", "windows-1257" }, { "vi", "windows-1258" },
    { "th", "windows-874" },  { "ja", "cp932" },
    { "ko", "cp949" },        { "zh", "gb18030" },
    { NULL, NULL }
};

/* names under which mail programs send a larger set than they say */

static const crm_mail_charset_t  crm_mail_supersets[] = {
    { "iso-8859-1", "windows-1252" },
    { "latin1", "windows-1252" },
    { "iso-8859-9", "windows-1254" },
    { "iso-8859-6-i", "iso-8859-6" },
    { "iso-8859-8-i", "iso-8859-8" },
    { "gb2312", "gb18030" },
    { "gbk", "gb18030" },
    { "ks_c_5601-1987", "cp949" },
    { "euc-kr", "cp949" },
    { "shift_jis", "cp932" },
    { "iso-2022-jp", "iso-2022-jp-2" },
    { NULL, NULL }
};


void
crm_mail_buf_init(crm_mail_buf_t *b, crm_arena_t *a, size_t max)
{
    memset(b, 0, sizeof(crm_mail_buf_t));

    b->arena = a;
    b->max = max;
}


void
crm_mail_buf_add(crm_mail_buf_t *b, const void *data, size_t len)
{
    size_t   cap;
    u_char  *p;

    if (len > b->max - b->len) {
        len = b->max - b->len;
    }

    if (len == 0) {
        return;
    }

    if (b->len + len > b->cap) {
        cap = b->cap * 2 > b->len + len ? b->cap * 2 : b->len + len + 256;
        p = crm_arena_bytes(b->arena, cap);

        if (p == NULL) {
            b->failed = 1;
            return;
        }

        if (b->len > 0) {
            memcpy(p, b->data, b->len);
        }

        b->data = p;
        b->cap = cap;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


const char *
crm_mail_fallback(const crm_str_t *locale)
{
    const crm_mail_charset_t  *c;

    for (c = crm_mail_fallbacks; c->name != NULL; c++) {
        if (locale->len >= 2
            && strncasecmp((const char *) locale->data, c->name, 2) == 0
            && (locale->len == 2 || locale->data[2] == '-'
                || locale->data[2] == '_'))
        {
            return c->charset;
        }
    }

    return "windows-1252";
}


/* bytes of one well-formed character at p; 0: there is none */

static size_t
crm_mail_char(const u_char *p, const u_char *end)
{
    size_t     len, i;
    crm_str_t  one;

    len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

    if (len == 0 || (size_t) (end - p) < len || *p == 0) {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    one.data = (u_char *) p;
    one.len = len;

    return len == 1 || crm_utf8_valid(&one) ? len : 0;
}


/* UTF-8 with what is none of it replaced, a run of bytes by one character */

static int
crm_mail_mend(crm_arena_t *a, const crm_str_t *src, crm_str_t *dst)
{
    size_t           len;
    unsigned         bad;
    const u_char    *p, *end;
    crm_mail_buf_t   b;

    if (src->len == 0) {
        *dst = crm_str("");
        return CRM_OK;
    }

    crm_mail_buf_init(&b, a, SIZE_MAX);

    end = src->data + src->len;

    for (bad = 0, p = src->data; p < end; ) {
        len = crm_mail_char(p, end);

        if (len == 0) {
            if (!bad && *p != 0) {
                crm_mail_buf_add(&b, CRM_MAIL_REPLACEMENT, 3);
            }

            bad = *p != 0;
            p++;
            continue;
        }

        bad = 0;
        crm_mail_buf_add(&b, p, len);
        p += len;
    }

    dst->data = b.data;
    dst->len = b.len;

    return b.failed ? CRM_ERROR : CRM_OK;
}


/* some converters hold a letter back until they know that no mark follows:
   the last turn, without input, asks for it */

static int
crm_mail_convert(crm_arena_t *a, iconv_t cd, const crm_str_t *src,
    crm_str_t *dst)
{
    int              more;
    char            *in, *out;
    size_t           left, room;
    char             chunk[4096];
    crm_mail_buf_t   b;

    crm_mail_buf_init(&b, a, SIZE_MAX);

    in = (char *) src->data;
    left = src->len;

    do {
        out = chunk;
        room = sizeof(chunk);
        more = left > 0;

        if (iconv(cd, more ? &in : NULL, more ? &left : NULL, &out, &room)
            == (size_t) -1
            && errno != E2BIG)
        {
            crm_mail_buf_add(&b, chunk, sizeof(chunk) - room);
            crm_mail_buf_add(&b, CRM_MAIL_REPLACEMENT, 3);

            if (errno == EINVAL || left == 0) {
                break;                  /* cut off within a character */
            }

            in++;
            left--;
            continue;
        }

        crm_mail_buf_add(&b, chunk, sizeof(chunk) - room);

    } while (more);

    dst->data = b.data;
    dst->len = b.len;

    return b.failed ? CRM_ERROR : CRM_OK;
}


int
crm_mail_utf8(crm_arena_t *a, const char *charset, const char *fallback,
    const crm_str_t *src, crm_str_t *dst)
{
    int                        rc;
    iconv_t                    cd;
    const crm_mail_charset_t  *c;

    if (charset == NULL || strcasecmp(charset, "us-ascii") == 0
        || strcasecmp(charset, "utf-8") == 0)
    {
        if (crm_utf8_valid(src)) {
            *dst = *src;
            return CRM_OK;
        }

        if (charset != NULL && strcasecmp(charset, "utf-8") == 0) {
            return crm_mail_mend(a, src, dst);
        }

        charset = fallback;
    }

    for (c = crm_mail_supersets; c->name != NULL; c++) {
        if (strcasecmp(c->name, charset) == 0) {
            charset = c->charset;
            break;
        }
    }

    cd = iconv_open("UTF-8", charset);

    if (cd == (iconv_t) -1) {
        cd = iconv_open("UTF-8", g_mime_charset_iconv_name(charset));
    }

    if (cd == (iconv_t) -1) {

        /* nobody knows that charset: as if it had not been named */

        return charset != fallback && !crm_utf8_valid(src)
               ? crm_mail_utf8(a, NULL, fallback, src, dst)
               : crm_mail_mend(a, src, dst);
    }

    rc = crm_mail_convert(a, cd, src, dst);
    iconv_close(cd);

    return rc == CRM_OK && !crm_utf8_valid(dst) ? crm_mail_mend(a, dst, dst)
                                                : rc;
}


/* a control character: C0, DEL, C1 */

static int
crm_mail_control(const u_char *p, size_t len)
{
    return (len == 1 && (*p < 0x20 || *p == 0x7f))
           || (len == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}


/* trimmed, and no longer than that: no character is cut */

static void
crm_mail_shorten(crm_str_t *text, size_t max)
{
    crm_text_trim(text);

    if (text->len <= max) {
        return;
    }

    for (text->len = max;
         text->len > 0 && (text->data[text->len] & 0xc0) == 0x80;
         text->len--)
    {
        /* void */
    }

    crm_text_trim(text);
}


int
crm_mail_clean(crm_arena_t *a, const crm_str_t *src, size_t max,
    crm_str_t *dst)
{
    size_t         len;
    u_char        *out;
    const u_char  *p, *end;

    if (src->len == 0) {
        *dst = crm_str("");
        return CRM_OK;
    }

    out = crm_arena_bytes(a, src->len);
    if (out == NULL) {
        return CRM_ERROR;
    }

    end = src->data + src->len;
    dst->data = out;

    for (p = src->data; p < end; p += len) {

        if (*p >= ' ' && *p < 0x7f) {
            *out++ = *p;
            len = 1;
            continue;
        }

        len = crm_mail_char(p, end);

        if (len == 0) {
            len = 1;
            continue;
        }

        if (*p == '\r') {
            if (p + 1 < end && p[1] == '\n') {
                continue;
            }

            *out++ = '\n';

        } else if (*p == '\n' || *p == '\t' || !crm_mail_control(p, len)) {
            memcpy(out, p, len);
            out += len;
        }
    }

    dst->len = (size_t) (out - dst->data);
    crm_mail_shorten(dst, max);

    return CRM_OK;
}


int
crm_mail_line(crm_arena_t *a, const char *src, size_t max, crm_str_t *dst)
{
    size_t      i, n;
    crm_str_t   text;

    dst->len = 0;
    dst->data = NULL;

    if (src == NULL) {
        return CRM_OK;
    }

    text.data = (u_char *) src;
    text.len = strlen(src);

    if (crm_mail_utf8(a, NULL, "windows-1252", &text, &text) != CRM_OK
        || crm_mail_clean(a, &text, SIZE_MAX, dst) != CRM_OK)
    {
        return CRM_ERROR;
    }

    for (i = 0, n = 0; i < dst->len; i++) {
        if (dst->data[i] != ' ' && dst->data[i] != '\t'
            && dst->data[i] != '\n')
        {
            dst->data[n++] = dst->data[i];

        } else if (dst->data[n - 1] != ' ') {
            dst->data[n++] = ' ';
        }
    }

    dst->len = n;
    *dst = crm_text_prefix(dst, max);
    crm_text_trim(dst);

    return CRM_OK;
}


void
crm_mail_lower(crm_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        s->data[i] = (u_char) g_ascii_tolower((gchar) s->data[i]);
    }
}
