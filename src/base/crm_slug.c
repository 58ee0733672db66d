/* slugs of tenants; see crm_slug.h */

#include "crm_slug.h"


int
crm_slug_valid(const crm_str_t *slug)
{
    size_t  i;
    u_char  c;

    if (slug->len == 0 || slug->len > CRM_SLUG_MAX || slug->data[0] == '-') {
        return 0;
    }

    for (i = 0; i < slug->len; i++) {
        c = slug->data[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return 0;
        }
    }

    return 1;
}
