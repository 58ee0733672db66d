/*
 * HTML reduced to text, by libxml2's parser for HTML as people write it.
 *
 * Its events are enough: no tree is built, so that the memory does not
 * follow the markup.  Blocks become lines, quotes get "> ", what is not read
 * by people (style, script, comments) goes.
 */

#include <strings.h>
#include <libxml/HTMLparser.h>
#include "crm_mail_int.h"


#define CRM_HTML_INPUT   (2 * 1024 * 1024)
#define CRM_HTML_OUTPUT  (2 * CRM_MAIL_BODY)
#define CRM_HTML_QUOTES  8


typedef enum {
    CRM_HTML_BLOCK = 1,         /* begins and ends a line */
    CRM_HTML_PARAGRAPH,         /* and an empty one before it */
    CRM_HTML_BREAK,
    CRM_HTML_ITEM,              /* "- " */
    CRM_HTML_CELL,
    CRM_HTML_HIDDEN,
    CRM_HTML_QUOTE,
    CRM_HTML_VERBATIM           /* blanks and line ends as they are */
} crm_html_kind_t;

typedef struct {
    const char       *name;
    crm_html_kind_t   kind;
} crm_html_tag_t;

typedef struct {
    crm_mail_buf_t    out;
    unsigned          depth;            /* of open elements */
    unsigned          hidden;           /* elements that hide, open */
    unsigned          verbatim;
    unsigned          quotes;
    unsigned          breaks;           /* line ends before the next text */
    unsigned          blank;            /* a blank before it */
    unsigned          item;             /* a "- " before it */
    int64_t           cut;
    unsigned          cut_depth;        /* of the element it is for; 0: that
                                           is over */
    unsigned          cut_final;        /* all that follows belongs to it */
} crm_html_t;


static const crm_html_tag_t  crm_html_tags[] = {
    { "p", CRM_HTML_PARAGRAPH },     { "div", CRM_HTML_BLOCK },
    { "br", CRM_HTML_BREAK },        { "tr", CRM_HTML_BLOCK },
    { "td", CRM_HTML_CELL },         { "th", CRM_HTML_CELL },
    { "li", CRM_HTML_ITEM },         { "blockquote", CRM_HTML_QUOTE },
    { "style", CRM_HTML_HIDDEN },    { "script", CRM_HTML_HIDDEN },
    { "title", CRM_HTML_HIDDEN },    { "pre", CRM_HTML_VERBATIM },
    { "ul", CRM_HTML_PARAGRAPH },    { "ol", CRM_HTML_PARAGRAPH },
    { "h1", CRM_HTML_PARAGRAPH },    { "h2", CRM_HTML_PARAGRAPH },
    { "h3", CRM_HTML_PARAGRAPH },    { "h4", CRM_HTML_PARAGRAPH },
    { "h5", CRM_HTML_PARAGRAPH },    { "h6", CRM_HTML_PARAGRAPH },
    { "hr", CRM_HTML_PARAGRAPH },    { "table", CRM_HTML_BLOCK },
    { "section", CRM_HTML_BLOCK },   { "article", CRM_HTML_BLOCK },
    { "header", CRM_HTML_BLOCK },    { "footer", CRM_HTML_BLOCK },
    { "address", CRM_HTML_BLOCK },   { "center", CRM_HTML_BLOCK },
    { "dl", CRM_HTML_PARAGRAPH },    { "dt", CRM_HTML_BLOCK },
    { "dd", CRM_HTML_BLOCK },        { "form", CRM_HTML_BLOCK },
    { "caption", CRM_HTML_BLOCK },   { "textarea", CRM_HTML_VERBATIM },
    { "noscript", CRM_HTML_HIDDEN }, { "select", CRM_HTML_HIDDEN },
    { "template", CRM_HTML_HIDDEN }, { NULL, 0 }
};

/*
 * How mail programs mark what they put below the text.  `final': the answered
 * message follows as plain siblings.
 */

typedef struct {
    const char  *attribute;
    const char  *value;
    unsigned     final;
} crm_html_mark_t;

static const crm_html_mark_t  crm_html_marks[] = {
    { "class", "gmail_quote", 0 },
    { "class", "gmail_signature", 0 },
    { "class", "moz-cite-prefix", 0 },
    { "class", "moz-signature", 0 },
    { "class", "yahoo_quoted", 0 },
    { "class", "protonmail_quote", 0 },
    { "class", "tutanota_quote", 0 },
    { "id", "divRplyFwdMsg", 1 },
    { "id", "appendonsend", 1 },
    { "id", "x_divRplyFwdMsg", 1 },
    { "id", "mail-editor-reference-message-container", 1 },
    { "type", "cite", 0 },
    { NULL, NULL, 0 }
};


/* what is meant by &#128; to &#159;, which are controls: windows-1252 */

static const char *const  crm_html_windows[32] = {
    "€", "",  "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "",
    "Ž", "",  "",  "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›",
    "œ", "",  "ž", "Ÿ"
};


static crm_html_kind_t
crm_html_kind(const xmlChar *name)
{
    const crm_html_tag_t  *t;

    for (t = crm_html_tags; t->name != NULL; t++) {
        if (strcasecmp((const char *) name, t->name) == 0) {
            return t->kind;
        }
    }

    return 0;
}


/* one of the words in a list of classes */

static int
crm_html_word(const char *list, const char *word)
{
    size_t       len = strlen(word);
    const char  *p;

    for (p = list; *p != '\0'; p += strcspn(p, " \t\n")) {
        p += strspn(p, " \t\n");

        if (strncasecmp(p, word, len) == 0
            && (p[len] == '\0' || strchr(" \t\n", p[len]) != NULL))
        {
            return 1;
        }
    }

    return 0;
}


static const crm_html_mark_t *
crm_html_mark(const xmlChar **attrs)
{
    const crm_html_mark_t  *m;

    for ( /* void */ ; attrs != NULL && attrs[0] != NULL; attrs += 2) {

        if (attrs[1] == NULL) {
            continue;
        }

        for (m = crm_html_marks; m->attribute != NULL; m++) {
            if (strcasecmp((const char *) attrs[0], m->attribute) == 0
                && crm_html_word((const char *) attrs[1], m->value))
            {
                return m;
            }
        }
    }

    return NULL;
}


static void
crm_html_lines(crm_html_t *h, unsigned n)
{
    if (h->breaks < n) {
        h->breaks = n;
    }
}


static void
crm_html_mark_start(crm_html_t *h, const xmlChar **attrs)
{
    const crm_html_mark_t  *m;

    if (h->cut_depth != 0 || h->cut_final) {
        return;
    }

    m = crm_html_mark(attrs);

    if (m == NULL) {
        return;
    }

    if (h->cut < 0) {
        h->cut = (int64_t) h->out.len;
    }

    h->cut_depth = h->depth;
    h->cut_final = m->final;
}


static void
crm_html_start(void *data, const xmlChar *name, const xmlChar **attrs)
{
    crm_html_t  *h = data;

    h->depth++;

    crm_html_mark_start(h, attrs);

    switch (crm_html_kind(name)) {

    case CRM_HTML_BLOCK:
        crm_html_lines(h, 1);
        break;

    case CRM_HTML_PARAGRAPH:
        crm_html_lines(h, 2);
        break;

    case CRM_HTML_BREAK:
        h->breaks++;
        break;

    case CRM_HTML_ITEM:
        crm_html_lines(h, 1);
        h->item = 1;
        break;

    case CRM_HTML_CELL:
        h->blank = 1;
        break;

    case CRM_HTML_HIDDEN:
        h->hidden++;
        break;

    case CRM_HTML_QUOTE:
        crm_html_lines(h, 1);
        h->quotes++;
        break;

    case CRM_HTML_VERBATIM:
        crm_html_lines(h, 1);
        h->verbatim++;
        break;

    default:
        break;
    }
}


static void
crm_html_end(void *data, const xmlChar *name)
{
    crm_html_t  *h = data;

    if (h->depth == h->cut_depth) {
        h->cut_depth = 0;
    }

    h->depth -= h->depth > 0;

    switch (crm_html_kind(name)) {

    case CRM_HTML_BLOCK:
    case CRM_HTML_ITEM:
        crm_html_lines(h, 1);
        break;

    case CRM_HTML_PARAGRAPH:
        crm_html_lines(h, 2);
        break;

    case CRM_HTML_CELL:
        h->blank = 1;
        break;

    case CRM_HTML_HIDDEN:
        h->hidden -= h->hidden > 0;
        break;

    case CRM_HTML_QUOTE:
        crm_html_lines(h, 1);
        h->quotes -= h->quotes > 0;
        break;

    case CRM_HTML_VERBATIM:
        crm_html_lines(h, 1);
        h->verbatim -= h->verbatim > 0;
        break;

    default:
        break;
    }
}


/* what stands between two pieces of text */

static void
crm_html_gap(crm_html_t *h)
{
    unsigned  i, quotes, start;

    start = h->out.len == 0;
    quotes = h->quotes < CRM_HTML_QUOTES ? h->quotes : CRM_HTML_QUOTES;

    if (h->breaks > 0 || start) {

        for (i = 0; !start && i < h->breaks && i < 3; i++) {
            crm_mail_buf_add(&h->out, "\n", 1);
        }

        for (i = 0; i < quotes; i++) {
            crm_mail_buf_add(&h->out, "> ", 2);
        }

        if (h->item) {
            crm_mail_buf_add(&h->out, "- ", 2);
        }

    } else if (h->blank) {
        crm_mail_buf_add(&h->out, " ", 1);
    }

    h->breaks = 0;
    h->blank = 0;
    h->item = 0;
}


/* text after a quote that was only one among the lines takes the mark back */

static void
crm_html_put(crm_html_t *h, const u_char *p, size_t len)
{
    if (h->cut >= 0 && h->cut_depth == 0 && !h->cut_final) {
        h->cut = -1;
    }

    crm_html_gap(h);
    crm_mail_buf_add(&h->out, p, len);
}


static size_t
crm_html_blank(const u_char *p, const u_char *end)
{
    if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f') {
        return 1;
    }

    /* no-break space */

    return end - p > 1 && p[0] == 0xc2 && p[1] == 0xa0 ? 2 : 0;
}


/* NULL where it is no such control */

static const char *
crm_html_control(const u_char *p, const u_char *end)
{
    return end - p > 1 && p[0] == 0xc2 && p[1] < 0xa0
           ? crm_html_windows[p[1] - 0x80] : NULL;
}


static void
crm_html_text(void *data, const xmlChar *text, int size)
{
    size_t         len, blank;
    const char    *meant;
    crm_html_t    *h = data;
    const u_char  *p, *end;

    if (h->hidden || size <= 0) {
        return;
    }

    p = text;
    end = p + size;

    while (p < end) {

        blank = crm_html_blank(p, end);

        if (blank > 0) {
            if (h->verbatim && *p == '\n') {
                h->breaks++;

            } else if (h->verbatim && h->out.len > 0 && h->breaks == 0) {
                crm_mail_buf_add(&h->out, " ", 1);

            } else {
                h->blank = 1;
            }

            p += blank;
            continue;
        }

        meant = crm_html_control(p, end);

        if (meant != NULL) {
            crm_html_put(h, (const u_char *) meant, strlen(meant));
            p += 2;
            continue;
        }

        for (len = 1;
             p + len < end && crm_html_blank(p + len, end) == 0
             && crm_html_control(p + len, end) == NULL;
             len++)
        {
            /* void */
        }

        crm_html_put(h, p, len);
        p += len;
    }
}


static void
crm_html_parse(crm_html_t *h, const crm_str_t *html)
{
    int               len;
    htmlSAXHandler    sax;
    htmlParserCtxtPtr ctxt;

    memset(&sax, 0, sizeof(htmlSAXHandler));

    sax.startElement = crm_html_start;
    sax.endElement = crm_html_end;
    sax.characters = crm_html_text;
    sax.ignorableWhitespace = crm_html_text;

    len = (int) (html->len < CRM_HTML_INPUT ? html->len : CRM_HTML_INPUT);

    ctxt = htmlCreatePushParserCtxt(&sax, h, NULL, 0, NULL,
                                    XML_CHAR_ENCODING_UTF8);
    if (ctxt == NULL) {
        h->out.failed = 1;
        return;
    }

    (void) htmlCtxtUseOptions(ctxt, HTML_PARSE_RECOVER|HTML_PARSE_NOERROR
                                    |HTML_PARSE_NOWARNING|HTML_PARSE_NONET
                                    |HTML_PARSE_COMPACT
                                    |HTML_PARSE_IGNORE_ENC);

    (void) htmlParseChunk(ctxt, (const char *) html->data, len, 1);

    htmlFreeParserCtxt(ctxt);
}


int
crm_mail_html(crm_arena_t *a, const crm_str_t *html, crm_str_t *text,
    int64_t *cut)
{
    crm_html_t  h;

    memset(&h, 0, sizeof(crm_html_t));

    h.cut = -1;
    crm_mail_buf_init(&h.out, a, CRM_HTML_OUTPUT);

    crm_html_parse(&h, html);

    text->data = h.out.data;
    text->len = h.out.len;
    *cut = h.cut;

    return h.out.failed ? CRM_ERROR : CRM_OK;
}
