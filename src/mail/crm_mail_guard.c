/*
 * A look at the raw message before a parser makes objects of it.
 *
 * A line of five bytes is enough for a part, and a part takes a kilobyte;
 * so does a header or a parameter of three.  They are counted beforehand:
 * headers stand at the start and behind every line that begins with a
 * boundary named anywhere in the message.  Counting too many is harmless, too
 * few is not: only the first plain characters of a boundary are compared, and
 * where one is written in a way that is not understood here, every line
 * counts that could be one.
 */

#include <strings.h>
#include "crm_mail_int.h"


#define CRM_GUARD_BOUNDARIES  100
#define CRM_GUARD_PREFIX      70        /* RFC 2046: the longest boundary */


typedef struct {
    crm_str_t      start[CRM_GUARD_BOUNDARIES];
    unsigned       n;
    unsigned       unknown;             /* one that is not understood */
    unsigned       first[256];          /* boundaries by first character */
} crm_guard_t;


static const u_char *
crm_guard_blanks(const u_char *p, const u_char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    return p;
}


static int
crm_guard_plain(u_char c)
{
    return c > ' ' && c < 0x7f && c != ';' && c != '"' && c != '\\'
           && c != '(' && c != ')' && c != '<' && c != '>' && c != ','
           && c != '[' && c != ']' && c != '@' && c != '%' && c != '=';
}


static int
crm_guard_add(crm_guard_t *g, const u_char *p, size_t len)
{
    unsigned   i;
    crm_str_t  start;

    if (len == 0) {
        g->unknown = 1;
        return CRM_OK;
    }

    start.data = (u_char *) p;
    start.len = len;

    for (i = 0; i < g->n; i++) {
        if (crm_str_eq(&g->start[i], &start)) {
            return CRM_OK;
        }
    }

    if (g->n == CRM_GUARD_BOUNDARIES) {
        return CRM_DECLINED;
    }

    g->first[*p] = 1;
    g->start[g->n++] = start;

    return CRM_OK;
}


/* what stands behind the word "boundary" */

static int
crm_guard_value(crm_guard_t *g, const u_char *p, const u_char *end)
{
    size_t         len;
    unsigned       quoted;

    p = crm_guard_blanks(p, end);

    if (p < end && (*p == '*' || *p == '(')) {
        g->unknown = 1;                 /* RFC 2231, comments */
        return CRM_OK;
    }

    if (p == end || *p != '=') {
        return CRM_OK;                  /* only a word */
    }

    p = crm_guard_blanks(p + 1, end);

    quoted = p < end && *p == '"';
    p += quoted;

    for (len = 0; p + len < end && len < CRM_GUARD_PREFIX; len++) {

        /* "=" begins many boundaries, and no encoded word stands there */

        if (!crm_guard_plain(p[len]) && p[len] != '=') {
            break;
        }
    }

    return crm_guard_add(g, p, len);
}


static int
crm_guard_boundaries(crm_guard_t *g, const crm_str_t *raw)
{
    const u_char  *p, *end;

    static const char  word[] = "boundary";

    end = raw->data + raw->len;

    for (p = raw->data; (size_t) (end - p) >= sizeof(word) - 1; p++) {

        if ((*p | 0x20) == 'b' && (p[1] | 0x20) == 'o'
            && strncasecmp((const char *) p, word, sizeof(word) - 1) == 0)
        {
            p += sizeof(word) - 2;

            if (crm_guard_value(g, p + 1, end) != CRM_OK) {
                return CRM_DECLINED;
            }
        }
    }

    return CRM_OK;
}


static int
crm_guard_delimits(const crm_guard_t *g, const u_char *p, size_t len)
{
    unsigned  i;

    if (g->unknown) {
        return 1;
    }

    if (len == 0 || !g->first[*p]) {
        return 0;
    }

    for (i = 0; i < g->n; i++) {
        if (g->start[i].len <= len
            && memcmp(g->start[i].data, p, g->start[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


int
crm_mail_guard(const crm_str_t *raw)
{
    size_t         len, bytes;
    unsigned       parts, headers, max, inside;
    crm_guard_t    g;
    const u_char  *p, *end, *line;

    memset(&g, 0, sizeof(crm_guard_t));

    if (crm_guard_boundaries(&g, raw) != CRM_OK) {
        return CRM_DECLINED;
    }

    bytes = 0;
    parts = 0;
    headers = 0;
    inside = 1;
    max = g.unknown ? CRM_MAIL_PARTS * 10 : CRM_MAIL_PARTS + g.n;
    end = raw->data + raw->len;

    for (line = raw->data; line < end; line += len + 1) {
        p = memchr(line, '\n', (size_t) (end - line));
        len = (size_t) ((p != NULL ? p : end) - line);

        if (len > 2 && line[0] == '-' && line[1] == '-'
            && crm_guard_delimits(&g, line + 2, len - 2))
        {
            inside = 1;
            parts++;

        } else if (len == 0 || (len == 1 && *line == '\r')) {
            inside = 0;

        } else if (inside) {
            headers++;
            bytes += len;
        }

        if (parts > max || headers > CRM_MAIL_HEADERS
            || bytes > CRM_MAIL_HEADER_BYTES)
        {
            return CRM_DECLINED;
        }
    }

    return CRM_OK;
}
