/* POST /duplicate-rules/test: the keys that samples would get */

#include "crm_dup.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_write.h"


static ngx_int_t
crm_dup_test_sample(crm_flow_t *f, const crm_record_t *rec,
    const crm_str_t *sample, crm_out_t *out)
{
    int                 rc;
    crm_str_t           key;
    const crm_strs_t   *free_mail;

    free_mail = &f->conf->settings->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;
    rc = crm_dup_sample(&f->arena, rec, free_mail, sample, &key);

    if (rc == CRM_ERROR) {
        return NGX_ERROR;
    }

    crm_out_lit(out, "{\"sample\":");
    crm_out_json(out, sample);
    crm_out_lit(out, ",\"key\":");

    if (rc == CRM_OK) {
        crm_out_json(out, &key);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_char(out, '}');

    return NGX_OK;
}


ngx_int_t
crm_rule_test_handler(crm_flow_t *f)
{
    size_t         i;
    json_t        *sample;
    crm_out_t     *out;
    crm_str_t      text;
    ngx_int_t      rc;
    crm_rule_t     rule;
    crm_input_t    input;
    crm_record_t  *rec;

    rc = crm_write_collect(f, &crm_rule_test, CRM_INPUT_CREATE, -1, &input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    rec = input.values;
    crm_write_rule(f, &rule);

    if (crm_record_defaults(&f->arena, rec) != CRM_OK
        || crm_dup_rule_check(&rule, rec) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_out_lit(out, "{\"data\":[");

    /* each as it was sent, empty ones too */

    json_array_foreach(json_object_get(crm_request(f)->body, "samples"), i,
                       sample)
    {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        text = crm_str("");

        if (json_is_string(sample)) {
            text.data = (u_char *) json_string_value(sample);
            text.len = json_string_length(sample);
        }

        if (crm_dup_test_sample(f, rec, &text, out) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    crm_out_lit(out, "]}");

    return crm_write_nothing(f);
}
