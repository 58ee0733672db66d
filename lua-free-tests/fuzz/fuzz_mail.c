/* mail: whatever comes in, what comes out is text that the API may hold */

#include "crm_mail.h"
#include "fuzz.h"


static void
is_text(const crm_str_t *text, size_t max, int multiline)
{
    must(crm_utf8_valid(text));
    must(!crm_text_has_control(text, multiline));
    must(multiline ? text->len <= max : crm_utf8_length(text) <= max);
}


static void
is_mail(const crm_mail_t *m)
{
    unsigned  i;

    is_text(&m->from, CRM_MAIL_LINE, 0);
    is_text(&m->from_name, CRM_MAIL_NAME, 0);
    is_text(&m->from_address, 254, 0);
    is_text(&m->to, CRM_MAIL_LINE, 0);
    is_text(&m->subject, CRM_MAIL_NAME, 0);
    is_text(&m->message_id, CRM_MAIL_ID, 0);
    is_text(&m->body, CRM_MAIL_BODY, 1);

    must(m->from_address.len == 0 || crm_text_is_email(&m->from_address));
    must(m->message_id.len > 2);
    must(m->quoted_from == -1
         || (m->quoted_from > 0
             && (size_t) m->quoted_from < crm_utf8_length(&m->body)));

    must(m->nids <= CRM_MAIL_IDS && m->nfiles <= CRM_MAIL_FILES);

    for (i = 0; i < m->nids; i++) {
        is_text(&m->id[i], CRM_MAIL_ID, 0);
    }

    for (i = 0; i < m->nfiles; i++) {
        is_text(&m->file[i].name, CRM_MAIL_NAME, 0);
        is_text(&m->file[i].type, CRM_MAIL_NAME, 0);
        must(m->file[i].name.len > 0 && m->file[i].size >= 0);
    }
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    int         rc;
    crm_str_t   locale;
    crm_mail_t  mail, again;

    static int  ready;

    if (!ready) {
        crm_mail_init();
        ready = 1;
    }

    locale = input->len % 2 ? crm_str("fa") : crm_str("en");
    rc = crm_mail_parse(a, input, &locale, &mail);

    must(rc == CRM_OK || rc == CRM_DECLINED);

    if (rc == CRM_OK) {
        is_mail(&mail);

        must(crm_mail_parse(a, input, &locale, &again) == CRM_OK);
        must(crm_str_eq(&mail.message_id, &again.message_id));
        must(crm_str_eq(&mail.body, &again.body));
    }
}
