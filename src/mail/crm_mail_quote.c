/*
 * Where what somebody wrote ends, and what their program added begins: the
 * signature, the message they answer.
 *
 * Only what stands at the end is marked: an answer between the lines of a
 * quote belongs to the text.  Languages differ in words and agree in form,
 * so form is what is looked for; the few lists of words are for programs
 * that have none.
 */

#include <strings.h>
#include "crm_mail_int.h"


#define CRM_QUOTE_HEADERS      6        /* lines looked at behind "From:" */
#define CRM_QUOTE_ATTRIBUTION  4        /* lines of "On ... wrote:" */


/* the line at `p', without its end */

static crm_str_t
crm_quote_line(const crm_str_t *text, size_t at)
{
    u_char     *p;
    crm_str_t   line;

    line.data = text->data + at;
    line.len = text->len - at;

    p = line.len > 0 ? memchr(line.data, '\n', line.len) : NULL;

    if (p != NULL) {
        line.len = (size_t) (p - line.data);
    }

    return line;
}


static size_t
crm_quote_next(const crm_str_t *text, size_t at)
{
    at += crm_quote_line(text, at).len;

    return at < text->len ? at + 1 : at;
}


/* the start of the line before the one at `at' */

static size_t
crm_quote_before(const crm_str_t *text, size_t at)
{
    for (at--; at > 0 && text->data[at - 1] != '\n'; at--) { /* void */ }

    return at;
}


/* blanks off both ends, also no-break spaces and marks of direction */

static crm_str_t
crm_quote_trim(crm_str_t s)
{
    while (s.len > 0
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'
               || s.data[s.len - 1] == '*'))
    {
        s.len--;
    }

    while (s.len > 0) {

        if (*s.data == ' ' || *s.data == '\t' || *s.data == '*') {
            s.data++;
            s.len--;

        } else if (s.len >= 3
                   && (memcmp(s.data, "\xe2\x80\x8f", 3) == 0
                       || memcmp(s.data, "\xe2\x80\x8e", 3) == 0))
        {
            s.data += 3;
            s.len -= 3;

        } else if (s.len >= 2 && memcmp(s.data, "\xc2\xa0", 2) == 0) {
            s.data += 2;
            s.len -= 2;

        } else {
            break;
        }
    }

    return s;
}


static int
crm_quote_is_quoted(crm_str_t line)
{
    line = crm_quote_trim(line);

    return line.len > 0 && line.data[0] == '>';
}


static int
crm_quote_begins(const crm_str_t *s, const char *word)
{
    size_t  len = strlen(word);

    return s->len >= len
           && strncasecmp((const char *) s->data, word, len) == 0;
}


/* "-- ", as every program since Usenet writes it; HTML loses the blank */

static int
crm_quote_is_signature(const crm_str_t *line)
{
    const char *const  *p;

    static const char *const  phones[] = {
        "Sent from my ", "Sent from Outlook", "Get Outlook for ",
        "Von meinem ", "Gesendet von ", "Envoy\xc3\xa9 de mon ",
        "Enviado desde mi ", "Inviato da ", "Verzonden vanaf ",
        "\xd8\xa7\xd8\xb1\xd8\xb3\xd8\xa7\xd9\x84 \xd8\xb4\xd8\xaf\xd9\x87 "
        "\xd8\xa7\xd8\xb2 ", NULL
    };

    if (crm_str_is(line, "-- ") || crm_str_is(line, "--")) {
        return 1;
    }

    for (p = phones; *p != NULL; p++) {
        if (line->len < 80 && crm_quote_begins(line, *p)) {
            return 1;
        }
    }

    return 0;
}


/* "-----Original Message-----" in any language */

static int
crm_quote_is_separator(crm_str_t line)
{
    size_t  left, right, i;

    line = crm_quote_trim(line);

    for (left = 0; left < line.len && line.data[left] == '-'; left++) {
        /* void */
    }

    for (right = 0;
         right < line.len - left && line.data[line.len - 1 - right] == '-';
         right++)
    {
        /* void */
    }

    if (left < 3 || right < 3 || line.len > 120) {
        return 0;
    }

    for (i = left; i < line.len - right; i++) {
        if (line.data[i] != ' ') {
            return 1;
        }
    }

    return 0;
}


/* "Name: value" */

static int
crm_quote_is_header(crm_str_t line)
{
    u_char  *colon;

    line = crm_quote_trim(line);
    colon = line.len > 0 ? memchr(line.data, ':', line.len) : NULL;

    return colon != NULL && colon - line.data >= 2
           && colon - line.data <= 40
           && memchr(line.data, '@', (size_t) (colon - line.data)) == NULL;
}


/* Outlook's "From: ..., Sent: ..., To: ..." */

static int
crm_quote_is_outlook(const crm_str_t *text, size_t at)
{
    unsigned            i, n;
    crm_str_t           line;
    const char *const  *p;

    static const char *const  from[] = {
        "From:", "Von:", "De:", "De\xc2\xa0:", "De :", "Da:", "Van:", "Fra:",
        "Fr\xc3\xa5n:", "Od:", "Kimden:",
        "\xd0\x9e\xd1\x82:",                            /* Russian */
        "\xd0\x92\xd1\x96\xd0\xb4:",                    /* Ukrainian */
        "\xd8\xa7\xd8\xb2:",                            /* Persian */
        "\xd9\x85\xd9\x86:",                            /* Arabic */
        "\xe5\xb7\xae\xe5\x87\xba\xe4\xba\xba:",        /* Japanese */
        "\xe5\x8f\x91\xe4\xbb\xb6\xe4\xba\xba:",        /* Chinese */
        NULL
    };

    line = crm_quote_trim(crm_quote_line(text, at));

    for (p = from; *p != NULL && !crm_quote_begins(&line, *p); p++) {
        /* void */
    }

    if (*p == NULL) {
        return 0;
    }

    for (i = 0, n = 0; i < CRM_QUOTE_HEADERS && at < text->len; i++) {
        n += crm_quote_is_header(crm_quote_line(text, at)) != 0;
        at = crm_quote_next(text, at);
    }

    return n >= 3;
}


/* underscores above Outlook's block belong to it */

static size_t
crm_quote_rule(const crm_str_t *text, size_t at)
{
    size_t     i, before;
    crm_str_t  line;

    for (before = at; before > 0; ) {
        before = crm_quote_before(text, before);
        line = crm_quote_trim(crm_quote_line(text, before));

        if (line.len == 0) {
            continue;
        }

        for (i = 0; i < line.len && line.data[i] == '_'; i++) { /* void */ }

        return i == line.len && i >= 10 ? before : at;
    }

    return at;
}


/* the first line that begins something with no end: up to `end' */

static size_t
crm_quote_scan(const crm_str_t *text, size_t end)
{
    size_t     at;
    crm_str_t  line;

    for (at = 0; at < end; at = crm_quote_next(text, at)) {
        line = crm_quote_line(text, at);

        if (crm_quote_is_signature(&line) || crm_quote_is_separator(line)) {
            return at;
        }

        if (crm_quote_is_outlook(text, at)) {
            return crm_quote_rule(text, at);
        }
    }

    return end;
}


/*
 * "On 23 Nov 2026, Ali <ali@example.com> wrote:" above a quote: the last line
 * ends with a colon, and a time or an address is named; long ones are broken,
 * often before the address.  Where it begins; `none' where it is no such line.
 */

static size_t
crm_quote_attribution(const crm_str_t *text, size_t last, size_t none)
{
    size_t     at, i;
    unsigned   lines, named;
    crm_str_t  line;

    line = crm_quote_trim(crm_quote_line(text, last));

    if (line.len == 0
        || !(line.data[line.len - 1] == ':'
             || (line.len > 2
                 && memcmp(line.data + line.len - 3, "\xef\xbc\x9a", 3)
                    == 0)))
    {
        return none;
    }

    named = 0;

    for (at = last, lines = 1; /* void */ ; lines++) {

        for (i = 0; i < line.len; i++) {
            named |= line.data[i] == '@'
                     || (line.data[i] >= '0' && line.data[i] <= '9');
        }

        if (named && line.data[0] != '<') {
            return at;
        }

        if (at == 0 || lines == CRM_QUOTE_ATTRIBUTION) {
            return none;
        }

        i = crm_quote_before(text, at);
        line = crm_quote_trim(crm_quote_line(text, i));

        if (line.len == 0) {
            return named ? at : none;
        }

        at = i;
    }
}


/* quoted and empty lines at the end of the first `end' bytes, with what
   introduces them */

static size_t
crm_quote_tail(const crm_str_t *text, size_t end)
{
    size_t     at, first, before;
    crm_str_t  line;

    first = end;

    for (at = end; at > 0; at = before) {
        before = crm_quote_before(text, at);
        line = crm_quote_line(text, before);

        if (crm_quote_is_quoted(line)) {
            first = before;

        } else if (crm_quote_trim(line).len > 0) {
            return first == end ? end
                                : crm_quote_attribution(text, before, first);
        }
    }

    return first;
}


int64_t
crm_mail_quoted(const crm_str_t *text, int64_t cut)
{
    size_t  end, at;

    end = cut >= 0 && (size_t) cut < text->len ? (size_t) cut : text->len;
    end = crm_quote_scan(text, end);
    at = crm_quote_tail(text, end);

    while (at < text->len
           && (text->data[at] == '\n' || text->data[at] == ' '
               || (text->data[at] & 0xc0) == 0x80))
    {
        at++;
    }

    /* a mail that is nothing but a quote is shown whole */

    return at == 0 || at == text->len ? -1 : (int64_t) at;
}
