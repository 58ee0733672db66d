/* phone numbers as they are searched; see crm_phone.h */

#include "crm_phone.h"


int
crm_phone_is(const crm_str_t *folded)
{
    u_char    c;
    size_t    i;
    unsigned  digits;

    for (digits = 0, i = 0; i < folded->len; i++) {
        c = folded->data[i];

        if (c >= '0' && c <= '9') {
            digits++;

        } else if (c == '\0' || strchr("+ -()/.", c) == NULL) {
            return 0;
        }
    }

    return digits >= CRM_PHONE_LEAST;
}


int
crm_phone_is_international(const crm_str_t *phone)
{
    return (phone->len > 0 && phone->data[0] == '+')
           || (phone->len > 1 && phone->data[0] == '0'
               && phone->data[1] == '0');
}


crm_str_t
crm_phone_national(const crm_str_t *digits)
{
    size_t     n;
    unsigned   code;
    crm_str_t  national;

    static const char  two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 "
        "55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";

    national = crm_phone_bare(digits);

    if (national.len < CRM_PHONE_LEAST) {
        return national;
    }

    if (national.data[0] == '1' || national.data[0] == '7') {
        n = 1;

    } else {
        for (n = 3, code = 0; code < sizeof(two); code += 3) {
            if (memcmp(two + code, national.data, 2) == 0) {
                n = 2;
                break;
            }
        }
    }

    national.data += n;
    national.len -= n;

    /* "+98 (0)21": the trunk prefix between */

    if (national.len > 0 && national.data[0] == '0') {
        national.data++;
        national.len--;
    }

    return national;
}


size_t
crm_phone_zeros(const crm_str_t *word)
{
    size_t  i;

    if (word->len < 2 || word->data[0] != '0') {
        return 0;
    }

    for (i = 1; i < word->len; i++) {
        if (word->data[i] < '0' || word->data[i] > '9') {
            return 0;
        }
    }

    return (word->data[1] == '0') ? 2 : 1;
}


crm_str_t
crm_phone_bare(const crm_str_t *word)
{
    size_t     zeros;
    crm_str_t  bare = *word;

    if (word->len >= CRM_PHONE_LEAST) {
        zeros = crm_phone_zeros(word);

        bare.data += zeros;
        bare.len -= zeros;
    }

    return bare;
}
