/* what becomes of a mail; see crm_mail_lead.h */

#include <strings.h>
#include "crm_mail_lead.h"
#include "crm_text.h"


typedef struct {
    const char  *locale;
    crm_str_t    text;
} crm_mail_words_t;

/* the name of what was sent without a subject; the first where no other */

static const crm_mail_words_t  crm_mail_no_subject[] = {
    { "en", crm_string("(no subject)") },
    { "fa", crm_string("(بدون موضوع)") },
    { "ar", crm_string("(بدون موضوع)") },
    { "de", crm_string("(kein Betreff)") },
    { "fr", crm_string("(sans objet)") },
    { "es", crm_string("(sin asunto)") },
    { "it", crm_string("(nessun oggetto)") },
    { "pt", crm_string("(sem assunto)") },
    { "nl", crm_string("(geen onderwerp)") },
    { "tr", crm_string("(konu yok)") },
    { "ru", crm_string("(без темы)") },
    { "uk", crm_string("(без теми)") },
    { "pl", crm_string("(brak tematu)") },
    { "sv", crm_string("(inget ämne)") },
    { "da", crm_string("(intet emne)") },
    { "nb", crm_string("(uten emne)") },
    { "no", crm_string("(uten emne)") },
    { "fi", crm_string("(ei aihetta)") },
    { "cs", crm_string("(bez předmětu)") },
    { "el", crm_string("(χωρίς θέμα)") },
    { "he", crm_string("(ללא נושא)") },
    { "ja", crm_string("(件名なし)") },
    { "zh", crm_string("(无主题)") },
    { "ko", crm_string("(제목 없음)") }
};


static crm_str_t
crm_mail_untitled(const crm_conf_t *conf)
{
    size_t           i, len;
    const crm_str_t *locale;

    locale = &conf->settings->v[CRM_SETTINGS_LOCALE].str;

    for (i = 0; i < sizeof(crm_mail_no_subject)
                    / sizeof(crm_mail_no_subject[0]); i++)
    {
        len = strlen(crm_mail_no_subject[i].locale);

        if (locale->len >= len
            && strncasecmp((const char *) locale->data,
                           crm_mail_no_subject[i].locale, len)
               == 0
            && (locale->len == len || locale->data[len] == '-'
                || locale->data[len] == '_'))
        {
            return crm_mail_no_subject[i].text;
        }
    }

    return crm_mail_no_subject[0].text;
}


static int
crm_mail_same(crm_arena_t *a, const crm_str_t *one, const crm_str_t *two)
{
    crm_str_t  folded[2];

    return one->len > 0 && two->len > 0
           && crm_text_fold(a, one, &folded[0]) == CRM_OK
           && crm_text_fold(a, two, &folded[1]) == CRM_OK
           && crm_str_eq(&folded[0], &folded[1]);
}


const crm_record_t *
crm_mail_team(crm_arena_t *a, const crm_conf_t *conf,
    const crm_str_t *recipient)
{
    crm_str_t            local, folded;
    const crm_record_t  *team;

    local = *recipient;
    crm_text_trim(&local);

    if (local.len > 1 && local.data[0] == '<'
        && local.data[local.len - 1] == '>')
    {
        local.data++;
        local.len -= 2;
    }

    if (memchr(local.data, '@', local.len) != NULL) {
        while (local.data[local.len - 1] != '@') {
            local.len--;
        }

        local.len--;
    }

    if (local.len == 0 || crm_text_fold(a, &local, &folded) != CRM_OK) {
        return NULL;
    }

    team = crm_conf_find_folded(a, conf, CRM_KIND_TEAM, CRM_TEAM_ALIAS,
                                &folded);

    return team != NULL && team->v[CRM_TEAM_ACTIVE].num ? team : NULL;
}


const crm_record_t *
crm_mail_user(crm_arena_t *a, const crm_conf_t *conf, const crm_mail_t *mail)
{
    crm_str_t            folded;
    const crm_record_t  *user;

    if (mail->from_address.len == 0
        || crm_text_fold(a, &mail->from_address, &folded) != CRM_OK)
    {
        return NULL;
    }

    user = crm_conf_find_folded(a, conf, CRM_KIND_USER, CRM_USER_EMAIL,
                                &folded);

    return user != NULL && user->v[CRM_USER_ACTIVE].num ? user : NULL;
}


int
crm_mail_is_contact(crm_arena_t *a, const crm_record_t *contact,
    const crm_mail_t *mail)
{
    return contact->v[CRM_CONTACT_ACTIVE].num
           && crm_mail_same(a, &contact->v[CRM_CONTACT_EMAIL].str,
                            &mail->from_address);
}


int
crm_mail_welcome(const crm_record_t *team, const crm_record_t *user,
    const crm_record_t *contact)
{
    switch (team->v[CRM_TEAM_ALIAS_POLICY].num) {

    case CRM_ALIAS_USERS:
        return user != NULL;

    case CRM_ALIAS_CONTACTS:
        return user != NULL || contact != NULL;

    default:
        return 1;
    }
}


static void
crm_mail_give(crm_input_t *input, unsigned field, const crm_str_t *text)
{
    crm_value_set_str(&input->values->v[field], *text);

    if (text->len > 0) {
        crm_mask_set(&input->present, field);
    }
}


static void
crm_mail_give_num(crm_input_t *input, unsigned field, int64_t num)
{
    crm_value_set_num(&input->values->v[field], num);
    crm_mask_set(&input->present, field);
}


int
crm_mail_input(const crm_rule_t *rule, const crm_mail_t *mail,
    const crm_record_t *team, int64_t contact, crm_input_t *input)
{
    int        leads;
    crm_str_t  name;

    memset(input, 0, sizeof(crm_input_t));

    input->entity = &crm_entities[CRM_KIND_LEAD];
    input->mode = CRM_INPUT_CREATE;
    input->values = crm_record_new(rule->arena, input->entity);

    if (input->values == NULL) {
        return CRM_ERROR;
    }

    leads = rule->conf->settings->v[CRM_SETTINGS_USE_LEADS].num
            && team->v[CRM_TEAM_USE_LEADS].num;

    name = mail->subject.len > 0 ? mail->subject
                                 : crm_mail_untitled(rule->conf);

    crm_mail_give(input, CRM_LEAD_NAME, &name);
    crm_mail_give(input, CRM_LEAD_EMAIL, &mail->from_address);
    crm_mail_give(input, CRM_LEAD_CONTACT_NAME, &mail->from_name);
    crm_mail_give(input, CRM_LEAD_DESCRIPTION, &mail->body);

    crm_mail_give_num(input, CRM_LEAD_TYPE, leads ? CRM_TYPE_LEAD
                                                  : CRM_TYPE_OPPORTUNITY);
    crm_mail_give_num(input, CRM_LEAD_TEAM_ID, crm_record_id(team));

    if (contact != 0) {
        crm_mail_give_num(input, CRM_LEAD_CONTACT_ID, contact);
    }

    crm_mask_set(&input->present, CRM_LEAD_USER_ID);    /* nobody */

    return CRM_OK;
}


static int
crm_mail_files(crm_arena_t *a, const crm_mail_t *mail, crm_str_t *json)
{
    unsigned   i;
    crm_out_t  out;

    crm_out_init(&out, a, 64 + 128 * mail->nfiles);
    crm_out_char(&out, '[');

    for (i = 0; i < mail->nfiles; i++) {

        if (i > 0) {
            crm_out_char(&out, ',');
        }

        crm_out_lit(&out, "{\"name\":");
        crm_out_json(&out, &mail->file[i].name);
        crm_out_lit(&out, ",\"type\":");
        crm_out_json(&out, &mail->file[i].type);
        crm_out_lit(&out, ",\"size\":");
        crm_out_int(&out, mail->file[i].size);
        crm_out_char(&out, '}');
    }

    crm_out_char(&out, ']');

    return crm_out_join(&out, json);
}


crm_record_t *
crm_mail_message(const crm_rule_t *rule, crm_record_t *lead,
    const crm_mail_t *mail, const crm_record_t *author)
{
    crm_str_t      files;
    crm_value_t   *v;
    crm_record_t  *message;

    message = crm_message_new(rule, lead, CRM_MESSAGE_EMAIL, mail->body);

    if (message == NULL
        || crm_mail_files(rule->arena, mail, &files) != CRM_OK)
    {
        return NULL;
    }

    v = message->v;

    crm_value_set_str(&v[CRM_MESSAGE_FROM], mail->from);
    crm_value_set_str(&v[CRM_MESSAGE_TO], mail->to);
    crm_value_set_str(&v[CRM_MESSAGE_SUBJECT], mail->subject);
    crm_value_set_str(&v[CRM_MESSAGE_MESSAGE_ID], mail->message_id);
    crm_value_set_str(&v[CRM_MESSAGE_ATTACHMENTS], files);

    if (mail->quoted_from >= 0) {
        crm_value_set_num(&v[CRM_MESSAGE_QUOTED_FROM], mail->quoted_from);
    }

    if (author != NULL) {
        crm_value_set_num(&v[CRM_MESSAGE_AUTHOR_ID], crm_record_id(author));
    }

    return message;
}
