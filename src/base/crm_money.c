/*
 * Money, currencies, countries.
 *
 * Which codes there are comes from ICU; the exponents do not: ICU has
 * CLDR's digits, which follow usage (no fils in Iraq, no cents in Iran)
 * where amounts are exchanged in ISO 4217's minor units.
 */

#include <unicode/ucurr.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>

#include "crm_money.h"


#define CRM_CURRENCIES  (26 * 26 * 26)
#define CRM_COUNTRIES   (26 * 26)

#define CRM_UNKNOWN     (-1)


typedef struct {
    char    code[4];
    int8_t  exponent;
} crm_exponent_t;


static int crm_code_index(const u_char *code, size_t len);
static void crm_money_load(void);
static void crm_country_load(void);


/* exponent + 1 by code; 0: no such currency */

static uint8_t  crm_currency[CRM_CURRENCIES];
static uint8_t  crm_currency_loaded;

static uint8_t  crm_country[CRM_COUNTRIES];
static uint8_t  crm_country_loaded;


/*
 * ISO 4217, list one, where the exponent is not 2; also currencies younger
 * than Debian's ICU, ISO's entries that are no money (metals, units of
 * account, tests) and so have no exponent, and what ICU lists besides
 * (offshore renminbi, gold francs, two withdrawn ones).
 */

static const crm_exponent_t  crm_exponents[] = {
    { "BIF", 0 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "ISK", 0 },
    { "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "PYG", 0 }, { "RWF", 0 },
    { "UGX", 0 }, { "UYI", 0 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 },
    { "XOF", 0 }, { "XPF", 0 },

    { "BHD", 3 }, { "IQD", 3 }, { "JOD", 3 }, { "KWD", 3 }, { "LYD", 3 },
    { "OMR", 3 }, { "TND", 3 },

    { "CLF", 4 }, { "UYW", 4 },

    { "XCG", 2 }, { "ZWG", 2 },

    { "XAG", CRM_UNKNOWN }, { "XAU", CRM_UNKNOWN }, { "XBA", CRM_UNKNOWN },
    { "XBB", CRM_UNKNOWN }, { "XBC", CRM_UNKNOWN }, { "XBD", CRM_UNKNOWN },
    { "XDR", CRM_UNKNOWN }, { "XPD", CRM_UNKNOWN }, { "XPT", CRM_UNKNOWN },
    { "XSU", CRM_UNKNOWN }, { "XTS", CRM_UNKNOWN }, { "XUA", CRM_UNKNOWN },
    { "XXX", CRM_UNKNOWN },

    { "CNH", CRM_UNKNOWN }, { "USS", CRM_UNKNOWN }, { "VEF", CRM_UNKNOWN },
    { "XFO", CRM_UNKNOWN }, { "XFU", CRM_UNKNOWN }
};


/* CLDR's own codes among ICU's countries; ISO 3166-1 assigns none of them */

static const char  crm_no_countries[][3] = { "CQ", "DG", "EA", "IC", "XK" };


/*
 * In two parts, since amount x basis points alone may exceed 64 bits; both
 * have the same sign.
 */

int64_t
crm_money_weighted(int64_t amount, int64_t basis_points)
{
    int64_t  whole, rest;

    whole = amount / 10000 * basis_points;
    rest = amount % 10000 * basis_points;

    return whole + (rest + (rest < 0 ? -5000 : 5000)) / 10000;
}


int
crm_money_line(int64_t quantity, int64_t unit_price, int64_t discount,
    int64_t *amount)
{
    __int128  exact;

    static const int64_t  one = 1000 * 10000;

    if (__builtin_mul_overflow((__int128) quantity * unit_price,
                               (__int128) (10000 - discount), &exact))
    {
        return CRM_DECLINED;
    }

    exact = exact / one + exact % one * 2 / one;

    if (exact < -CRM_MONEY_MAX || exact > CRM_MONEY_MAX) {
        return CRM_DECLINED;
    }

    *amount = (int64_t) exact;

    return CRM_OK;
}


int
crm_money_add(int64_t *sum, int64_t amount)
{
    int64_t  result;

    if (__builtin_add_overflow(*sum, amount, &result)) {
        return CRM_DECLINED;
    }

    *sum = result;

    return CRM_OK;
}


void
crm_money_sum(int64_t *sum, int64_t amount)
{
    if (crm_money_add(sum, amount) != CRM_OK) {
        *sum = amount > 0 ? INT64_MAX : INT64_MIN;
    }
}


int
crm_money_exponent(const crm_str_t *currency)
{
    int  index;

    if (!crm_currency_loaded) {
        crm_money_load();
    }

    if (currency->len != 3) {
        return -1;
    }

    index = crm_code_index(currency->data, 3);

    return (index < 0) ? -1 : (int) crm_currency[index] - 1;
}


int
crm_country_valid(const crm_str_t *code)
{
    int  index;

    if (!crm_country_loaded) {
        crm_country_load();
    }

    if (code->len != 2) {
        return 0;
    }

    index = crm_code_index(code->data, 2);

    return index >= 0 && crm_country[index];
}


/* upper case letters as a number to the base of 26, -1 on anything else */

static int
crm_code_index(const u_char *code, size_t len)
{
    int     index;
    size_t  i;

    index = 0;

    for (i = 0; i < len; i++) {
        if (code[i] < 'A' || code[i] > 'Z') {
            return -1;
        }

        index = index * 26 + (code[i] - 'A');
    }

    return index;
}


static void
crm_money_load(void)
{
    int            index;
    size_t         i;
    int32_t        len;
    UErrorCode     status = U_ZERO_ERROR;
    const char    *code;
    UEnumeration  *list;

    list = ucurr_openISOCurrencies(UCURR_NON_DEPRECATED, &status);

    if (U_SUCCESS(status)) {
        while ((code = uenum_next(list, &len, &status)) != NULL) {
            index = crm_code_index((const u_char *) code, (size_t) len);

            if (len == 3 && index >= 0) {
                crm_currency[index] = 2 + 1;
            }
        }

        uenum_close(list);
    }

    for (i = 0; i < sizeof(crm_exponents) / sizeof(crm_exponents[0]); i++) {
        index = crm_code_index((const u_char *) crm_exponents[i].code, 3);
        crm_currency[index] = (uint8_t) (crm_exponents[i].exponent + 1);
    }

    crm_currency_loaded = 1;
}


static void
crm_country_load(void)
{
    int                 index;
    size_t              i, n;
    const char *const  *code;

    for (code = uloc_getISOCountries(); *code != NULL; code++) {
        index = crm_code_index((const u_char *) *code, 2);

        if (index >= 0) {
            crm_country[index] = 1;
        }
    }

    n = sizeof(crm_no_countries) / sizeof(crm_no_countries[0]);

    for (i = 0; i < n; i++) {
        index = crm_code_index((const u_char *) crm_no_countries[i], 2);
        crm_country[index] = 0;
    }

    crm_country_loaded = 1;
}
