/* answers as CSV; see crm_csv.h */

#include "crm_csv.h"


/* ---- what was asked for ------------------------------------------------- */

/* the quality of a range in thousandths; 0: refused */

static ngx_int_t
crm_csv_quality(u_char *p, u_char *last)
{
    ngx_int_t  n, digit;

    for ( /* void */ ; p + 2 < last; p++) {

        if (*p != ';') {
            continue;
        }

        while (p + 1 < last && (p[1] == ' ' || p[1] == '\t')) {
            p++;
        }

        if (p + 3 >= last || (p[1] | 0x20) != 'q' || p[2] != '=') {
            continue;
        }

        p += 3;
        n = (*p++ == '1') ? 1000 : 0;

        if (n == 0 && p < last && *p == '.') {
            for (digit = 100; digit > 0 && ++p < last
                              && *p >= '0' && *p <= '9'; digit /= 10)
            {
                n += (*p - '0') * digit;
            }
        }

        return n;
    }

    return 1000;
}


/* the quality that Accept gives to a type; -1: it does not name it */

static ngx_int_t
crm_csv_accepts(const ngx_str_t *accept, const char *type)
{
    u_char     *p, *end, *next, *last;
    size_t      len = ngx_strlen(type);
    ngx_int_t   best;

    last = accept->data + accept->len;
    best = -1;

    for (p = accept->data; p < last; p = next + 1) {
        next = ngx_strlchr(p, last, ',');
        next = next != NULL ? next : last;

        while (p < next && (*p == ' ' || *p == '\t')) {
            p++;
        }

        for (end = p; end < next && *end != ';' && *end != ' '; end++) {
            /* void */
        }

        if ((size_t) (end - p) == len
            && ngx_strncasecmp(p, (u_char *) type, len) == 0)
        {
            best = ngx_max(best, crm_csv_quality(end, next));
        }
    }

    return best;
}


/* only who names it gets it */

ngx_uint_t
crm_csv_wanted(crm_request_t *q)
{
    ngx_int_t         csv;
    const ngx_str_t  *accept = &q->headers.accept;

    csv = crm_csv_accepts(accept, "text/csv");

    return csv > 0 && csv >= crm_csv_accepts(accept, "application/json");
}


/* ---- cells -------------------------------------------------------------- */

/*
 * RFC 4180; what a spreadsheet would take for a formula gets an apostrophe,
 * so that it is text.
 */

void
crm_csv_cell(crm_out_t *out, const crm_str_t *text)
{
    size_t      i;
    ngx_uint_t  quoted;

    for (quoted = 0, i = 0; i < text->len; i++) {
        quoted |= text->data[i] == '"' || text->data[i] == ','
                  || text->data[i] == '\r' || text->data[i] == '\n';
    }

    if (quoted) {
        crm_out_char(out, '"');
    }

    if (text->len > 0 && ngx_strchr("=+-@\t\r", text->data[0]) != NULL) {
        crm_out_char(out, '\'');
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '"') {
            crm_out_char(out, '"');
        }

        crm_out_char(out, text->data[i]);
    }

    if (quoted) {
        crm_out_char(out, '"');
    }
}
