/* GET /me (api.md, section 10) */

#include "crm_handlers.h"
#include "crm_respond.h"


ngx_int_t
crm_me(crm_flow_t *f)
{
    crm_out_t   *out;
    crm_mask_t   mask;

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    ngx_memzero(&mask, sizeof(crm_mask_t));
    crm_mask_set(&mask, CRM_SETTINGS_COMPANY_NAME);
    crm_mask_set(&mask, CRM_SETTINGS_CURRENCY);
    crm_mask_set(&mask, CRM_SETTINGS_TIMEZONE);
    crm_mask_set(&mask, CRM_SETTINGS_LOCALE);
    crm_mask_set(&mask, CRM_SETTINGS_USE_LEADS);

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_char(out, '{');
    crm_record_json_fields(out, f->user, NULL);
    crm_out_lit(out, ",\"tenant\":{\"slug\":");
    crm_out_json(out, &f->tenant->slug);
    crm_out_char(out, ',');
    crm_record_json_fields(out, f->conf->settings, &mask);
    crm_out_lit(out, "}}");

    crm_answer_etag(f, crm_record_version(f->user),
                    crm_record_version(f->conf->settings));

    return NGX_OK;
}
