/* texts of one line with a form of their own (api.md, table of kinds) */

#include "crm_input.h"
#include "crm_money.h"
#include "crm_text.h"


static int
crm_text_is_locale(const crm_str_t *s)
{
    size_t  i, run;
    u_char  c;

    for (run = 0, i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c == '-' || c == '_') && run >= 2) {
            run = 0;
            continue;
        }

        c |= 0x20;

        if (!((c >= 'a' && c <= 'z')
              || (i > 2 && s->data[i] >= '0' && s->data[i] <= '9'))
            || ++run > 8)
        {
            return 0;
        }
    }

    return run >= 2 && s->len <= 35;
}


static int
crm_text_is_currency(const crm_str_t *s)
{
    return crm_money_exponent(s) >= 0;
}


static int
crm_text_is_zone(const crm_str_t *s)
{
    return crm_zone_get(s) != NULL;
}


typedef struct {
    crm_type_t    type;
    int         (*valid)(const crm_str_t *s);
    const char   *message;
} crm_input_form_t;

static const crm_input_form_t  crm_input_forms[] = {
    { CRM_T_EMAIL, crm_text_is_email, "is not an e-mail address" },
    { CRM_T_WEBSITE, crm_text_is_website, "is not a web address" },
    { CRM_T_COUNTRY, crm_country_valid,
      "is not a country of ISO 3166-1 alpha-2" },
    { CRM_T_CURRENCY, crm_text_is_currency, "is not a currency of ISO 4217" },
    { CRM_T_ZONE, crm_text_is_zone, "is not an IANA time zone" },
    { CRM_T_LOCALE, crm_text_is_locale, "is not a locale" },
    { CRM_T_ALIAS, crm_text_is_local_part,
      "is not the local part of an e-mail address" },
    { CRM_T_PHONE, NULL, NULL }
};


int
crm_input_form(crm_type_t type, const crm_str_t *s, const char **message)
{
    const crm_input_form_t  *form;

    for (form = crm_input_forms; form->type != type; form++) {
        if (form->valid == NULL) {
            break;
        }
    }

    if (form->valid == NULL || form->valid(s)) {
        return CRM_OK;
    }

    *message = form->message;

    return CRM_DECLINED;
}
