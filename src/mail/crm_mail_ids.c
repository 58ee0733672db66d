/*
 * Message-IDs: the message's own, and those that it answers.
 *
 * They are compared byte by byte, as they were sent, brackets included.
 */

#include "crm_digest.h"
#include "crm_mail_parts.h"
#include "crm_text.h"


/* the next "<...>" of a header, with its brackets; NULL: no more */

static const char *
crm_mail_id_next(const char *p, crm_str_t *id)
{
    const char  *end;

    while (p != NULL && (p = strchr(p, '<')) != NULL) {

        end = p + 1 + strcspn(p + 1, "<> \t\r\n");

        if (*end == '>' && end - p > 1 && end - p < CRM_MAIL_ID) {
            id->data = (u_char *) p;
            id->len = (size_t) (end + 1 - p);

            if (crm_utf8_valid(id) && !crm_text_has_control(id, 0)) {
                return end + 1;
            }
        }

        p++;
    }

    return NULL;
}


/* of a message that has none, or none that could be found again */

static int
crm_mail_id_made(crm_arena_t *a, const crm_str_t *raw, crm_mail_t *m)
{
    u_char  hash[CRM_SHA256_TEXT];

    (void) crm_sha256_text(hash, raw->data, raw->len);

    m->message_id = crm_arena_printf(a, "<%.*s@mail.invalid>",
                                     CRM_SHA256_TEXT, hash);

    return m->message_id.data != NULL ? CRM_OK : CRM_ERROR;
}


/* some programs forget the brackets; most that answer them add them.
   CRM_DECLINED: not one word */

static int
crm_mail_id_bare(crm_arena_t *a, const char *text, crm_str_t *id)
{
    crm_str_t  word;

    if (crm_mail_line(a, text, CRM_MAIL_ID, &word) != CRM_OK) {
        return CRM_ERROR;
    }

    if (word.len == 0 || word.len > CRM_MAIL_ID - 2
        || memchr(word.data, ' ', word.len) != NULL
        || memchr(word.data, '<', word.len) != NULL
        || memchr(word.data, '>', word.len) != NULL)
    {
        return CRM_DECLINED;
    }

    *id = crm_arena_printf(a, "<%.*s>", (int) word.len, word.data);

    return id->data != NULL ? CRM_OK : CRM_ERROR;
}


int
crm_mail_id(crm_arena_t *a, const crm_mail_source_t *src, crm_mail_t *m)
{
    int          rc;
    crm_str_t    id;
    const char  *text;

    text = crm_mail_header_raw(src->message, "Message-ID");

    if (crm_mail_id_next(text, &id) != NULL) {
        return crm_arena_dup(a, &m->message_id, id.data, id.len);
    }

    rc = crm_mail_id_bare(a, text, &m->message_id);

    return rc == CRM_DECLINED ? crm_mail_id_made(a, &src->raw, m) : rc;
}


static int
crm_mail_id_known(const crm_mail_t *m, const crm_str_t *id)
{
    unsigned  i;

    for (i = 0; i < m->nids; i++) {
        if (crm_str_eq(&m->id[i], id)) {
            return 1;
        }
    }

    return crm_str_eq(&m->message_id, id);
}


/* the last CRM_MAIL_IDS of a header into id[]; returns how many */

static unsigned
crm_mail_ids_last(const char *text, crm_str_t *ids)
{
    unsigned   n;
    crm_str_t  id;

    for (n = 0; (text = crm_mail_id_next(text, &id)) != NULL; n++) {
        ids[n % CRM_MAIL_IDS] = id;
    }

    return n;
}


static int
crm_mail_ids_add(crm_arena_t *a, const crm_str_t *id, crm_mail_t *m)
{
    if (crm_mail_id_known(m, id)) {
        return CRM_OK;
    }

    return crm_arena_dup(a, &m->id[m->nids++], id->data, id->len);
}


int
crm_mail_ids(crm_arena_t *a, GMimeObject *message, crm_mail_t *m)
{
    int          rc;
    unsigned     i, n, min;
    crm_str_t    id, last[CRM_MAIL_IDS];
    const char  *text;

    m->id = crm_arena_alloc(a, CRM_MAIL_IDS * sizeof(crm_str_t));
    if (m->id == NULL) {
        return CRM_ERROR;
    }

    text = crm_mail_header_raw(message, "In-Reply-To");
    rc = crm_mail_id_bare(a, text, &id);

    if (rc == CRM_ERROR
        || (rc == CRM_OK && crm_mail_ids_add(a, &id, m) != CRM_OK))
    {
        return CRM_ERROR;
    }

    while (m->nids < CRM_MAIL_IDS / 2
           && (text = crm_mail_id_next(text, &id)) != NULL)
    {
        if (crm_mail_ids_add(a, &id, m) != CRM_OK) {
            return CRM_ERROR;
        }
    }

    n = crm_mail_ids_last(crm_mail_header_raw(message, "References"), last);
    min = n > CRM_MAIL_IDS ? n - CRM_MAIL_IDS : 0;

    for (i = n; i > min && m->nids < CRM_MAIL_IDS; i--) {
        if (crm_mail_ids_add(a, &last[(i - 1) % CRM_MAIL_IDS], m) != CRM_OK) {
            return CRM_ERROR;
        }
    }

    return CRM_OK;
}
