/* the query string: values are valid text, and asking for them is safe */

#include "fuzz.h"
#include "crm_params.h"


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    int           value;
    unsigned      i, n;
    int64_t       num;
    crm_str_t    *found;
    crm_params_t  params;

    if (crm_params_parse(a, input, &params) != CRM_OK) {
        return;
    }

    for (i = 0; i < params.n; i++) {
        must(crm_utf8_valid(&params.param[i].name));
        must(crm_utf8_valid(&params.param[i].value));
    }

    num = 50;

    (void) crm_param_bool(&params, "total", 0, &value);

    if (crm_param_int(a, &params, "limit", 1, 1000, &num) == CRM_OK) {
        must(num >= 1 && num <= 1000);
    }

    found = crm_param_get(&params, "q");
    must(found == NULL || crm_utf8_valid(found));

    for (n = 0; n <= params.n; n++) {
        if (crm_param_unknown(&params) == NULL) {
            break;
        }

        crm_param_unknown(&params)->used = 1;
    }

    must(crm_param_unknown(&params) == NULL);
}
