/* the query string, decoded; see crm_params.h */

#include "crm_params.h"
#include "crm_text.h"


#define CRM_PARAMS_MAX  256


static int
crm_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static int
crm_params_decode(crm_arena_t *a, const u_char *p, const u_char *end,
    crm_str_t *text)
{
    int      high, low;
    u_char  *q;

    q = crm_arena_bytes(a, end - p + 1);
    if (q == NULL) {
        return CRM_ERROR;
    }

    text->data = q;

    for ( /* void */ ; p < end; p++) {

        if (*p == '+') {
            *q++ = ' ';

        } else if (*p == '%') {
            if (end - p < 3) {
                return CRM_DECLINED;
            }

            high = crm_hex(p[1]);
            low = crm_hex(p[2]);

            if (high < 0 || low < 0) {
                return CRM_DECLINED;
            }

            *q++ = high << 4 | low;
            p += 2;

        } else {
            *q++ = *p;
        }
    }

    text->len = q - text->data;

    return crm_utf8_valid(text) ? CRM_OK : CRM_DECLINED;
}


int
crm_params_parse(crm_arena_t *a, const crm_str_t *query,
    crm_params_t *params)
{
    int            rc;
    u_char        *p, *end, *next, *value;
    unsigned       cap;
    crm_param_t   *param;

    params->n = 0;
    params->param = NULL;

    if (query->len == 0) {
        return CRM_OK;
    }

    end = query->data + query->len;

    for (cap = 1, p = query->data; p < end; p++) {
        cap += *p == '&';
    }

    if (cap > CRM_PARAMS_MAX) {
        return CRM_DECLINED;
    }

    params->param = crm_arena_calloc(a, cap * sizeof(crm_param_t));
    if (params->param == NULL) {
        return CRM_ERROR;
    }

    for (p = query->data; p < end; p = next + 1) {

        next = memchr(p, '&', end - p);
        if (next == NULL) {
            next = end;
        }

        if (next == p) {
            continue;
        }

        value = memchr(p, '=', next - p);
        param = &params->param[params->n++];

        rc = crm_params_decode(a, p, value ? value : next, &param->name);

        if (rc == CRM_OK) {
            rc = crm_params_decode(a, value ? value + 1 : next, next,
                                   &param->value);
        }

        if (rc != CRM_OK) {
            return rc;
        }
    }

    return CRM_OK;
}


crm_str_t *
crm_param_get(crm_params_t *params, const char *name)
{
    unsigned    i;
    crm_str_t  *value;

    value = NULL;

    for (i = 0; i < params->n; i++) {
        if (crm_str_is(&params->param[i].name, name)) {
            params->param[i].used = 1;
            value = &params->param[i].value;
        }
    }

    return value;
}


int
crm_param_bool(crm_params_t *params, const char *name, int absent, int *value)
{
    crm_str_t  *text;

    text = crm_param_get(params, name);

    if (text == NULL) {
        *value = absent;

    } else if (crm_str_is(text, "true") || crm_str_is(text, "1")) {
        *value = 1;

    } else if (crm_str_is(text, "false") || crm_str_is(text, "0")) {
        *value = 0;

    } else {
        return CRM_DECLINED;
    }

    return CRM_OK;
}


int
crm_param_int(crm_arena_t *a, crm_params_t *params, const char *name,
    int64_t min, int64_t max, int64_t *value)
{
    int64_t     num;
    crm_str_t  *text, digits;

    text = crm_param_get(params, name);

    if (text == NULL) {
        return CRM_OK;
    }

    if (crm_text_digits(a, text, &digits) != CRM_OK) {
        return CRM_ERROR;
    }

    if (crm_str_int(&digits, &num) != CRM_OK || num < min || num > max) {
        return CRM_DECLINED;
    }

    *value = num;

    return CRM_OK;
}


crm_param_t *
crm_param_unknown(crm_params_t *params)
{
    unsigned  i;

    for (i = 0; i < params->n; i++) {
        if (!params->param[i].used) {
            return &params->param[i];
        }
    }

    return NULL;
}
