/*
 * A message by GMime: headers here, parts in crm_mail_parts.c.
 *
 * GMime never refuses anything.  What is no mail is told by the lack of every
 * header that mail has; what is too much, by crm_mail_guard.c beforehand.
 *
 * Neither this message nor those inside of it become a GMimeMessage: GMime
 * would decode all their addresses and subjects, in a time that grows with
 * the square of their length, and recurse into groups of addresses.  Here
 * every header is cut before it is decoded.
 */

#include <libxml/parser.h>
#include "crm_mail_parts.h"
#include "crm_text.h"

#if defined(__SANITIZE_ADDRESS__)
#define CRM_MAIL_ASAN  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRM_MAIL_ASAN  1
#endif
#endif

#if defined(CRM_MAIL_ASAN)
#include <sanitizer/lsan_interface.h>
#endif


#define CRM_MAIL_CUT     16384         /* bytes of a header that are read */
#define CRM_MAIL_GROUPS  100


/* no mail is without all of these */

static const char *const  crm_mail_known[] = {
    "From", "Sender", "To", "Cc", "Subject", "Date", "Message-ID",
    "Received", "Return-Path", "Delivered-To", "Reply-To", NULL
};


static void
crm_mail_leaks(int known)
{
#if defined(CRM_MAIL_ASAN)
    if (known) {
        __lsan_disable();

    } else {
        __lsan_enable();
    }
#else
    (void) known;
#endif
}


void
crm_mail_init(void)
{
    const char *const  *p;

    static const char *const  messages[] = {
        "rfc822", "rfc2822", "global", "news", NULL
    };

    xmlInitParser();

    /* GMime forgets the four entries that these replace, once */

    crm_mail_leaks(1);
    g_mime_init();

    for (p = messages; *p != NULL; p++) {
        g_mime_object_register_type("message", *p, GMIME_TYPE_PART);
    }

    crm_mail_leaks(0);
}


/* GMime's and GLib's types stay: they cannot be registered twice */

void
crm_mail_exit(void)
{
    xmlCleanupParser();
}


/* ---- the parser --------------------------------------------------------- */

static void
crm_mail_open(crm_mail_source_t *src, const crm_str_t *mail)
{
    GMimeParser  *parser;
    const char   *charsets[3];

    charsets[0] = "utf-8";
    charsets[1] = src->fallback;
    charsets[2] = NULL;

    /* the bytes are lent: the parts refer to them, nobody copies them */

    src->bytes = g_byte_array_new_take(mail->data, mail->len);
    src->stream = g_mime_stream_mem_new_with_byte_array(src->bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(src->stream), FALSE);

    src->options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(src->options, charsets);

    parser = g_mime_parser_new_with_stream(src->stream);
    src->message = g_mime_parser_construct_part(parser, src->options);

    g_object_unref(parser);
}


static void
crm_mail_close(crm_mail_source_t *src)
{
    g_clear_object(&src->message);
    g_clear_object(&src->stream);
    g_mime_parser_options_free(src->options);

    (void) g_byte_array_steal(src->bytes, NULL);
    g_byte_array_unref(src->bytes);
}


/* ---- headers ------------------------------------------------------------ */

const char *
crm_mail_header_raw(GMimeObject *message, const char *name)
{
    GMimeHeader      *header;
    GMimeHeaderList  *list;

    list = g_mime_object_get_header_list(message);
    header = g_mime_header_list_get_header(list, name);

    return header != NULL ? g_mime_header_get_raw_value(header) : NULL;
}


static int
crm_mail_is_mail(GMimeObject *message)
{
    const char *const  *p;

    for (p = crm_mail_known; *p != NULL; p++) {
        if (crm_mail_header_raw(message, *p) != NULL) {
            return 1;
        }
    }

    return 0;
}


/* the first mailbox of a list, also inside of groups */

static InternetAddressMailbox *
crm_mail_mailbox(InternetAddressList *list, unsigned depth)
{
    int                      i;
    InternetAddress         *ia;
    InternetAddressMailbox  *found;

    for (i = 0; list != NULL && i < internet_address_list_length(list); i++) {
        ia = internet_address_list_get_address(list, i);

        if (INTERNET_ADDRESS_IS_MAILBOX(ia)) {
            return INTERNET_ADDRESS_MAILBOX(ia);
        }

        if (INTERNET_ADDRESS_IS_GROUP(ia) && depth > 0) {
            found = crm_mail_mailbox(internet_address_group_get_members(
                                         INTERNET_ADDRESS_GROUP(ia)),
                                     depth - 1);
            if (found != NULL) {
                return found;
            }
        }
    }

    return NULL;
}


/* the start of a header, with the words of it joined; g_free() */

static char *
crm_mail_header_cut(const crm_mail_source_t *src, const char *name)
{
    char        *cut, *joined;
    const char  *raw;

    raw = crm_mail_header_raw(src->message, name);

    if (raw == NULL) {
        return NULL;
    }

    cut = g_strndup(raw, CRM_MAIL_CUT);
    joined = crm_mail_join_words(cut);
    g_free(cut);

    return joined;
}


/* a header decoded, without its folding */

static int
crm_mail_header(crm_arena_t *a, const crm_mail_source_t *src,
    const char *name, size_t max, crm_str_t *text)
{
    int    rc;
    char  *joined, *s;

    joined = crm_mail_header_cut(src, name);
    s = joined != NULL
        ? g_mime_utils_header_decode_text(src->options, joined) : NULL;

    rc = crm_mail_line(a, s, max, text);

    g_free(s);
    g_free(joined);

    return rc;
}


/* at most how many groups are inside one another */

static unsigned
crm_mail_groups(const char *addresses)
{
    unsigned  n;

    for (n = 0; (addresses = strchr(addresses, ':')) != NULL; addresses++) {
        n++;
    }

    return n;
}


/* a header of addresses; the list is NULL where there are none */

static int
crm_mail_list(crm_arena_t *a, const crm_mail_source_t *src,
    const char *name, InternetAddressList **list, crm_str_t *text)
{
    int    rc;
    char  *joined, *s;

    joined = crm_mail_header_cut(src, name);
    *list = joined != NULL && crm_mail_groups(joined) <= CRM_MAIL_GROUPS
            ? internet_address_list_parse(src->options, joined) : NULL;
    g_free(joined);

    if (*list == NULL || internet_address_list_length(*list) == 0) {
        return crm_mail_header(a, src, name, CRM_MAIL_LINE, text);
    }

    s = internet_address_list_to_string(*list, NULL, FALSE);
    rc = crm_mail_line(a, s, CRM_MAIL_LINE, text);
    g_free(s);

    return rc;
}


static int
crm_mail_to(crm_arena_t *a, const crm_mail_source_t *src, crm_mail_t *m)
{
    int                   rc;
    InternetAddressList  *list;

    rc = crm_mail_list(a, src, "To", &list, &m->to);

    g_clear_object(&list);

    return rc;
}


static int
crm_mail_mailbox_take(crm_arena_t *a, InternetAddressMailbox *mailbox,
    crm_mail_t *m)
{
    size_t     at;
    crm_str_t  address;

    if (crm_mail_line(a, internet_address_get_name(
                             INTERNET_ADDRESS(mailbox)),
                      CRM_MAIL_NAME, &m->from_name)
        != CRM_OK
        || crm_mail_line(a, internet_address_mailbox_get_addr(mailbox),
                         CRM_EMAIL_MAX + 1, &address)
           != CRM_OK)
    {
        return CRM_ERROR;
    }

    if (crm_text_is_email(&address)) {
        m->from_address = address;
    }

    /* some encode the quotes together with the name: one pair, around it */

    if (m->from_name.len > 1 && m->from_name.data[0] == '"'
        && memchr(m->from_name.data + 1, '"', m->from_name.len - 1)
           == m->from_name.data + m->from_name.len - 1)
    {
        m->from_name.data++;
        m->from_name.len -= 2;
        crm_text_trim(&m->from_name);
    }

    /* without a name the local part serves as one */

    if (m->from_name.len == 0) {
        for (at = address.len; at > 0 && address.data[at - 1] != '@'; at--) {
            /* void */
        }

        address.len = at > 0 ? at - 1 : address.len;
        m->from_name = crm_text_prefix(&address, CRM_MAIL_NAME);
    }

    return CRM_OK;
}


static int
crm_mail_sender(crm_arena_t *a, const crm_mail_source_t *src, crm_mail_t *m)
{
    int                      rc;
    const char              *name;
    InternetAddressList     *list;
    InternetAddressMailbox  *mailbox;

    name = crm_mail_header_raw(src->message, "From") != NULL ? "From"
                                                             : "Sender";

    rc = crm_mail_list(a, src, name, &list, &m->from);
    mailbox = crm_mail_mailbox(list, 3);

    if (rc == CRM_OK && mailbox != NULL) {
        rc = crm_mail_mailbox_take(a, mailbox, m);
    }

    g_clear_object(&list);

    return rc;
}


static int
crm_mail_word_is(const char *header, const char *word)
{
    size_t  len = strlen(word);

    if (header == NULL) {
        return 0;
    }

    header += strspn(header, " \t\r\n");

    return g_ascii_strncasecmp(header, word, len) == 0
           && strchr(" \t\r\n;(", header[len]) != NULL;
}


/* RFC 3834, and reports of mail servers about mail (RFC 3464) */

static int
crm_mail_automatic(GMimeObject *message)
{
    const char        *header;
    GMimeContentType  *type;

    header = crm_mail_header_raw(message, "Auto-Submitted");

    if (header != NULL && !crm_mail_word_is(header, "no")) {
        return 1;
    }

    header = crm_mail_header_raw(message, "Precedence");

    if (crm_mail_word_is(header, "bulk")
        || crm_mail_word_is(header, "junk")
        || crm_mail_word_is(header, "auto_reply"))
    {
        return 1;
    }

    if (crm_mail_word_is(crm_mail_header_raw(message, "Return-Path"), "<>")) {
        return 1;
    }

    type = g_mime_object_get_content_type(message);

    if (!g_mime_content_type_is_type(type, "multipart", "report")) {
        return 0;
    }

    header = g_mime_content_type_get_parameter(type, "report-type");

    return header != NULL
           && g_ascii_strcasecmp(header, "delivery-status") == 0;
}


static int
crm_mail_read(crm_arena_t *a, const crm_mail_source_t *src, crm_mail_t *m)
{
    m->automatic = crm_mail_automatic(src->message);

    if (crm_mail_sender(a, src, m) != CRM_OK
        || crm_mail_to(a, src, m) != CRM_OK
        || crm_mail_header(a, src, "Subject", CRM_MAIL_NAME, &m->subject)
           != CRM_OK
        || crm_mail_id(a, src, m) != CRM_OK
        || crm_mail_ids(a, src->message, m) != CRM_OK)
    {
        return CRM_ERROR;
    }

    return crm_mail_parts(a, src->message, src->fallback, m);
}


/* a line of the mailbox format in front, as some servers pass it on */

static crm_str_t
crm_mail_body_of(const crm_str_t *raw)
{
    u_char     *p;
    crm_str_t   mail = *raw;

    if (mail.len > 5 && memcmp(mail.data, "From ", 5) == 0) {
        p = memchr(mail.data, '\n', mail.len);

        if (p != NULL) {
            mail.len -= (size_t) (p + 1 - mail.data);
            mail.data = p + 1;
        }
    }

    return mail;
}


int
crm_mail_parse(crm_arena_t *a, const crm_str_t *raw, const crm_str_t *locale,
    crm_mail_t *m)
{
    int                 rc;
    crm_str_t           mail;
    crm_mail_source_t   src;

    memset(m, 0, sizeof(crm_mail_t));
    memset(&src, 0, sizeof(crm_mail_source_t));

    m->quoted_from = -1;

    src.raw = *raw;
    src.fallback = crm_mail_fallback(locale);

    mail = crm_mail_body_of(raw);

    if (mail.len == 0 || mail.len > UINT32_MAX / 2
        || crm_mail_guard(&mail) != CRM_OK)
    {
        return CRM_DECLINED;
    }

    crm_mail_open(&src, &mail);

    rc = src.message != NULL && crm_mail_is_mail(src.message)
         ? crm_mail_read(a, &src, m) : CRM_DECLINED;

    crm_mail_close(&src);

    return rc;
}
