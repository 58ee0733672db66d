/*
 * The tree of parts: which of them are the text, which are attachments.
 *
 * Of alternatives the plain text is taken where it says anything, else the
 * richest one.  Text parts in a row are joined, as Apple Mail writes them
 * around its pictures.  Everything else is an attachment, a message inside of
 * the message too: its name, its type, its size when decoded.
 */

#include "crm_mail_parts.h"
#include "crm_text.h"


#define CRM_PART_READ   8192
#define CRM_PART_PLAIN  (4 * CRM_MAIL_BODY)     /* bytes in any charset */
#define CRM_PART_HTML   (2 * 1024 * 1024)


typedef enum {
    CRM_PART_OTHER = 0,
    CRM_PART_IS_PLAIN,
    CRM_PART_IS_HTML,
    CRM_PART_IS_MULTI
} crm_part_kind_t;

typedef struct {
    crm_arena_t      *arena;
    const char       *fallback;
    crm_mail_t       *mail;
    crm_mail_buf_t    text;             /* body so far */
    crm_part_kind_t   first;            /* kind of the text in it */
    int64_t           cut;              /* crm_mail_html() */
    unsigned          parts;
} crm_parts_t;


static int crm_part_walk(crm_parts_t *ps, GMimeObject *part, unsigned depth,
    int quiet);


/* ---- contents ----------------------------------------------------------- */

/* the decoded bytes, as a stream to read from */

static GMimeStream *
crm_part_stream(GMimePart *part)
{
    GMimeFilter       *filter;
    GMimeStream       *source, *stream;
    GMimeDataWrapper  *content;

    content = g_mime_part_get_content(part);

    if (content == NULL) {
        return NULL;
    }

    source = g_mime_data_wrapper_get_stream(content);

    if (source == NULL) {
        return NULL;
    }

    (void) g_mime_stream_reset(source);

    stream = g_mime_stream_filter_new(source);
    filter = g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(content),
                                     FALSE);
    (void) g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream), filter);
    g_object_unref(filter);

    return stream;
}


static int
crm_part_bytes(crm_parts_t *ps, GMimePart *part, size_t max, crm_str_t *bytes)
{
    char             buf[CRM_PART_READ];
    ssize_t          n;
    GMimeStream     *stream;
    crm_mail_buf_t   b;

    crm_mail_buf_init(&b, ps->arena, max);
    stream = crm_part_stream(part);

    while (stream != NULL && b.len < max && !b.failed
           && (n = g_mime_stream_read(stream, buf, sizeof(buf))) > 0)
    {
        crm_mail_buf_add(&b, buf, (size_t) n);
    }

    if (stream != NULL) {
        g_object_unref(stream);
    }

    bytes->data = b.data;
    bytes->len = b.len;

    return b.failed ? CRM_ERROR : CRM_OK;
}


static int64_t
crm_part_size(GMimePart *part)
{
    char          buf[CRM_PART_READ];
    int64_t       size;
    ssize_t       n;
    GMimeStream  *stream;

    size = 0;
    stream = crm_part_stream(part);

    while (stream != NULL
           && (n = g_mime_stream_read(stream, buf, sizeof(buf))) > 0)
    {
        size += n;
    }

    if (stream != NULL) {
        g_object_unref(stream);
    }

    return size;
}


/* ---- attachments -------------------------------------------------------- */

typedef struct {
    const char  *type;
    const char  *name;
} crm_part_name_t;

static const crm_part_name_t  crm_part_names[] = {
    { "text/calendar", "invite.ics" },
    { "application/pkcs7-mime", "smime.p7m" },
    { "application/x-pkcs7-mime", "smime.p7m" },
    { "application/pkcs7-signature", "smime.p7s" },
    { "application/x-pkcs7-signature", "smime.p7s" },
    { "application/pgp-signature", "signature.asc" },
    { "application/ms-tnef", "winmail.dat" },
    { "message/rfc822", "message.eml" },
    { "message/delivery-status", "delivery-status.txt" },
    { "text/html", "message.html" },
    { "text/plain", "message.txt" },
    { NULL, "attachment" }
};


/* the last part of a path, that some programs send */

static crm_str_t
crm_part_base(crm_str_t name)
{
    size_t  i;

    for (i = name.len; i > 0; i--) {
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\') {
            name.data += i;
            name.len -= i;
            break;
        }
    }

    crm_text_trim(&name);

    return name;
}


static int
crm_part_file(crm_parts_t *ps, GMimeObject *part, const char *name,
    int64_t size)
{
    char                   *type;
    crm_mail_t             *m = ps->mail;
    crm_mail_file_t        *file;
    const crm_part_name_t  *known;

    if (m->nfiles == CRM_MAIL_FILES) {
        return CRM_OK;
    }

    if (m->file == NULL) {
        m->file = crm_arena_calloc(ps->arena, CRM_MAIL_FILES
                                              * sizeof(crm_mail_file_t));
        if (m->file == NULL) {
            return CRM_ERROR;
        }
    }

    file = &m->file[m->nfiles++];
    file->size = size;

    type = g_mime_content_type_get_mime_type(
               g_mime_object_get_content_type(part));

    if (crm_mail_line(ps->arena, type, CRM_MAIL_NAME, &file->type) != CRM_OK
        || crm_mail_line(ps->arena, name, CRM_MAIL_LINE, &file->name)
           != CRM_OK)
    {
        g_free(type);
        return CRM_ERROR;
    }

    g_free(type);
    crm_mail_lower(&file->type);

    file->name = crm_part_base(file->name);
    file->name = crm_text_prefix(&file->name, CRM_MAIL_NAME);

    for (known = crm_part_names; file->name.len == 0; known++) {
        if (known->type == NULL || crm_str_is(&file->type, known->type)) {
            file->name.data = (u_char *) known->name;
            file->name.len = strlen(known->name);
        }
    }

    return CRM_OK;
}


/* ---- the text ----------------------------------------------------------- */

static crm_part_kind_t
crm_part_kind(GMimeObject *part)
{
    const char        *disposition;
    GMimeContentType  *type;

    if (GMIME_IS_MULTIPART(part)) {
        return CRM_PART_IS_MULTI;
    }

    if (!GMIME_IS_PART(part)
        || g_mime_part_get_filename(GMIME_PART(part)) != NULL)
    {
        return CRM_PART_OTHER;
    }

    disposition = g_mime_object_get_disposition(part);

    if (disposition != NULL
        && g_ascii_strcasecmp(disposition, "attachment") == 0)
    {
        return CRM_PART_OTHER;
    }

    type = g_mime_object_get_content_type(part);

    if (g_mime_content_type_is_type(type, "text", "html")) {
        return CRM_PART_IS_HTML;
    }

    return g_mime_content_type_is_type(type, "text", "plain")
           || g_mime_content_type_is_type(type, "text", "enriched")
           || g_mime_content_type_is_type(type, "text", "markdown")
           ? CRM_PART_IS_PLAIN : CRM_PART_OTHER;
}


/* <meta charset> of HTML whose part does not name one; NULL: none */

static char *
crm_part_meta_charset(crm_arena_t *a, const crm_str_t *html)
{
    size_t         i, len, end;
    crm_str_t      name;

    static const char  word[] = "charset=";

    end = html->len < 2048 ? html->len : 2048;

    for (i = 0; i + sizeof(word) < end; i++) {

        if (g_ascii_strncasecmp((char *) html->data + i, word,
                                sizeof(word) - 1)
            != 0)
        {
            continue;
        }

        i += sizeof(word) - 1;
        i += html->data[i] == '"' || html->data[i] == '\'';

        for (len = 0;
             i + len < end
             && (g_ascii_isalnum(html->data[i + len])
                 || html->data[i + len] == '-' || html->data[i + len] == '_');
             len++)
        {
            /* void */
        }

        name = crm_arena_printf(a, "%.*s%c", (int) len, html->data + i, 0);

        return len > 0 ? (char *) name.data : NULL;
    }

    return NULL;
}


static int
crm_part_text(crm_parts_t *ps, GMimeObject *part, crm_part_kind_t kind,
    crm_str_t *text, int64_t *cut)
{
    crm_str_t    bytes, before;
    const char  *charset;

    *cut = -1;

    if (crm_part_bytes(ps, GMIME_PART(part), kind == CRM_PART_IS_HTML
                                             ? CRM_PART_HTML : CRM_PART_PLAIN,
                       &bytes)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    charset = g_mime_object_get_content_type_parameter(part, "charset");

    if (charset == NULL && kind == CRM_PART_IS_HTML) {
        charset = crm_part_meta_charset(ps->arena, &bytes);
    }

    if (crm_mail_utf8(ps->arena, charset, ps->fallback, &bytes, &bytes)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    if (kind == CRM_PART_IS_HTML
        && crm_mail_html(ps->arena, &bytes, &bytes, cut) != CRM_OK)
    {
        return CRM_ERROR;
    }

    if (crm_mail_clean(ps->arena, &bytes, CRM_MAIL_BODY, text) != CRM_OK) {
        return CRM_ERROR;
    }

    if (*cut < 0) {
        return CRM_OK;
    }

    /* the place in what is left of the text */

    bytes.len = (size_t) *cut;

    if (crm_mail_clean(ps->arena, &bytes, CRM_MAIL_BODY, &before) != CRM_OK) {
        return CRM_ERROR;
    }

    *cut = (int64_t) before.len;

    return CRM_OK;
}


/* joined with the text before it by an empty line */

static int
crm_part_add(crm_parts_t *ps, const crm_str_t *text, crm_part_kind_t kind,
    int64_t cut)
{
    if (text->len == 0) {
        return CRM_OK;
    }

    if (ps->text.len == 0) {
        ps->first = kind;
        ps->cut = cut;

    } else {
        crm_mail_buf_add(&ps->text, "\n\n", 2);
        ps->cut = -1;
    }

    crm_mail_buf_add(&ps->text, text->data, text->len);

    return ps->text.failed ? CRM_ERROR : CRM_OK;
}


static int
crm_part_leaf(crm_parts_t *ps, GMimeObject *part, int quiet)
{
    int64_t          cut;
    crm_str_t        text;
    crm_part_kind_t  kind;

    kind = crm_part_kind(part);

    if (kind != CRM_PART_OTHER && quiet) {
        return CRM_OK;                  /* the other form of what was taken */
    }

    if (kind == CRM_PART_OTHER
        || (ps->first != CRM_PART_OTHER && ps->first != kind))
    {
        return crm_part_file(ps, part,
                             g_mime_part_get_filename(GMIME_PART(part)),
                             crm_part_size(GMIME_PART(part)));
    }

    if (crm_part_text(ps, part, kind, &text, &cut) != CRM_OK) {
        return CRM_ERROR;
    }

    return crm_part_add(ps, &text, kind, cut);
}


/* ---- the tree ----------------------------------------------------------- */

/* the plain text where it says anything; then only what is attached to the
   other forms */

static int
crm_part_alternative(crm_parts_t *ps, GMimeMultipart *multi, unsigned depth,
    int quiet)
{
    int           i, n, rc, taken;
    int64_t       cut;
    crm_str_t     text;
    GMimeObject  *part;

    n = g_mime_multipart_get_count(multi);
    taken = -1;

    for (i = 0; i < n && taken < 0 && !quiet
                && ps->first != CRM_PART_IS_HTML; i++)
    {
        part = g_mime_multipart_get_part(multi, i);

        if (crm_part_kind(part) != CRM_PART_IS_PLAIN) {
            continue;
        }

        if (crm_part_text(ps, part, CRM_PART_IS_PLAIN, &text, &cut) != CRM_OK
            || crm_part_add(ps, &text, CRM_PART_IS_PLAIN, -1) != CRM_OK)
        {
            return CRM_ERROR;
        }

        taken = text.len > 0 ? i : -1;
    }

    for (i = 0; i < n; i++) {
        part = g_mime_multipart_get_part(multi, i);

        rc = i == taken ? CRM_OK
             : crm_part_walk(ps, part, depth + 1,
                             quiet || taken >= 0
                             || crm_part_kind(part) == CRM_PART_IS_PLAIN);

        if (rc != CRM_OK) {
            return rc;
        }
    }

    return CRM_OK;
}


static int
crm_part_multi(crm_parts_t *ps, GMimeMultipart *multi, unsigned depth,
    int quiet)
{
    int                i, n, rc;
    GMimeContentType  *type;

    type = g_mime_object_get_content_type(GMIME_OBJECT(multi));

    if (g_mime_content_type_is_type(type, "multipart", "alternative")) {
        return crm_part_alternative(ps, multi, depth, quiet);
    }

    n = g_mime_multipart_get_count(multi);

    for (i = 0; i < n; i++) {
        rc = crm_part_walk(ps, g_mime_multipart_get_part(multi, i),
                           depth + 1, quiet);
        if (rc != CRM_OK) {
            return rc;
        }
    }

    return CRM_OK;
}


static int
crm_part_walk(crm_parts_t *ps, GMimeObject *part, unsigned depth, int quiet)
{
    if (part == NULL) {
        return CRM_OK;
    }

    if (depth > CRM_MAIL_DEPTH || ++ps->parts > CRM_MAIL_PARTS) {
        return CRM_DECLINED;
    }

    if (GMIME_IS_MULTIPART(part)) {
        return crm_part_multi(ps, GMIME_MULTIPART(part), depth, quiet);
    }

    return GMIME_IS_PART(part) ? crm_part_leaf(ps, part, quiet) : CRM_OK;
}


int
crm_mail_parts(crm_arena_t *a, GMimeObject *message, const char *fallback,
    crm_mail_t *m)
{
    int          rc;
    int64_t      at;
    crm_str_t    text;
    crm_parts_t  ps;

    memset(&ps, 0, sizeof(crm_parts_t));

    ps.arena = a;
    ps.fallback = fallback;
    ps.mail = m;
    ps.cut = -1;
    crm_mail_buf_init(&ps.text, a, CRM_MAIL_BODY + 2);

    rc = crm_part_walk(&ps, message, 0, 0);

    if (rc != CRM_OK) {
        return rc;
    }

    text.data = ps.text.data;
    text.len = ps.text.len;

    if (crm_mail_clean(a, &text, CRM_MAIL_BODY, &m->body) != CRM_OK) {
        return CRM_ERROR;
    }

    at = crm_mail_quoted(&m->body, ps.cut);

    if (at >= 0) {
        text.data = m->body.data;
        text.len = (size_t) at;
        m->quoted_from = (int64_t) crm_utf8_length(&text);
    }

    return CRM_OK;
}
