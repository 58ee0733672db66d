/*
 * Encoded words of headers (RFC 2047) that are split inside of a character.
 *
 * Many programs cut a text into words by bytes, so that one word ends and the
 * next one begins within a character; decoded one by one they lose it, and
 * GMime what follows.  Neighbours of one charset are joined here into one
 * word before GMime sees the header.
 */

#include <gmime/gmime.h>
#include "crm_mail_int.h"


typedef struct {
    crm_str_t    charset;
    crm_str_t    text;
    unsigned     base64;
    const char  *end;                   /* behind "?=" */
} crm_word_t;


/* the encoded word at `p', which begins with "=?" */

static int
crm_word_at(const char *p, crm_word_t *w)
{
    size_t  len;

    p += 2;
    len = strcspn(p, "?* \t\r\n");

    w->charset.data = (u_char *) p;
    w->charset.len = len;

    p += strcspn(p, "? \t\r\n");        /* a language (RFC 2231) goes */

    if (len == 0 || p[0] != '?' || p[1] == '\0' || p[2] != '?'
        || strchr("bBqQ", p[1]) == NULL)
    {
        return CRM_DECLINED;
    }

    w->base64 = p[1] == 'b' || p[1] == 'B';

    p += 3;
    w->end = strstr(p, "?=");

    if (w->end == NULL) {
        return CRM_DECLINED;
    }

    w->text.data = (u_char *) p;
    w->text.len = (size_t) (w->end - p);
    w->end += 2;

    return CRM_OK;
}


static void
crm_word_base64(const crm_str_t *text, GByteArray *bytes)
{
    int      state;
    guint    at;
    gsize    n;
    guint32  save;

    state = 0;
    save = 0;
    at = bytes->len;

    g_byte_array_set_size(bytes, at + (guint) text->len + 3);

    n = g_mime_encoding_base64_decode_step(text->data, text->len,
                                           bytes->data + at, &state, &save);
    g_byte_array_set_size(bytes, at + (guint) n);
}


static void
crm_word_quoted(const crm_str_t *text, GByteArray *bytes)
{
    int      high, low;
    size_t   i;
    guint8   c;

    for (i = 0; i < text->len; i++) {
        c = text->data[i] == '_' ? ' ' : text->data[i];

        if (c == '=' && i + 2 < text->len) {
            high = g_ascii_xdigit_value((gchar) text->data[i + 1]);
            low = g_ascii_xdigit_value((gchar) text->data[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (guint8) (high << 4 | low);
                i += 2;
            }
        }

        g_byte_array_append(bytes, &c, 1);
    }
}


static void
crm_word_decode(const crm_word_t *w, GByteArray *bytes)
{
    if (w->base64) {
        crm_word_base64(&w->text, bytes);

    } else {
        crm_word_quoted(&w->text, bytes);
    }
}


/* the word at `p' with those that continue it, as one; returns the end */

static const char *
crm_word_join(GString *out, const char *p, const crm_word_t *first)
{
    char        *text;
    unsigned     n;
    GByteArray  *bytes;
    crm_word_t   w = *first;
    const char  *end, *next;

    bytes = g_byte_array_new();

    for (n = 0; /* void */ ; n++) {
        crm_word_decode(&w, bytes);
        end = w.end;

        next = end + strspn(end, " \t\r\n");

        if (next[0] != '=' || next[1] != '?'
            || crm_word_at(next, &w) != CRM_OK
            || w.charset.len != first->charset.len
            || g_ascii_strncasecmp((char *) w.charset.data,
                                   (char *) first->charset.data,
                                   w.charset.len)
               != 0)
        {
            break;
        }
    }

    if (n == 0) {
        g_string_append_len(out, p, end - p);

    } else {
        text = g_base64_encode(bytes->data, bytes->len);
        g_string_append_printf(out, "=?%.*s?B?%s?=",
                               (int) first->charset.len,
                               first->charset.data, text);
        g_free(text);
    }

    g_byte_array_unref(bytes);

    return end;
}


char *
crm_mail_join_words(const char *header)
{
    GString     *out;
    crm_word_t   w;
    const char  *p, *end;

    if (header == NULL) {
        return NULL;
    }

    out = g_string_new(NULL);

    for (p = header; (end = strstr(p, "=?")) != NULL; p = end) {
        g_string_append_len(out, p, end - p);

        if (crm_word_at(end, &w) == CRM_OK) {
            end = crm_word_join(out, end, &w);

        } else {
            g_string_append_len(out, end, 2);
            end += 2;
        }
    }

    g_string_append(out, p);

    return g_string_free(out, FALSE);
}
