/*
 * Money: 64-bit integers in the currency's minor unit, overflow checked.
 */

#ifndef CRM_MONEY_H
#define CRM_MONEY_H

#include "crm_str.h"


#define CRM_MONEY_MAX  1000000000000000LL       /* api.md: within +-10^15 */


/* amount x basis points / 10000 (60 % is 6000), half away from zero; exact
   for every amount within CRM_MONEY_MAX */
int64_t crm_money_weighted(int64_t amount, int64_t basis_points);

/*
 * Thousandths of a quantity x unit price x (100 % - discount in basis points),
 * half away from zero.  CRM_DECLINED where that is beyond CRM_MONEY_MAX.
 */
int crm_money_line(int64_t quantity, int64_t unit_price, int64_t discount,
    int64_t *amount);

/* CRM_DECLINED on overflow; *sum is then unchanged */
int crm_money_add(int64_t *sum, int64_t amount);

/* for what is only shown: beyond int64_t its end */
void crm_money_sum(int64_t *sum, int64_t amount);

/* exponent of an ISO 4217 currency (EUR 2, JPY 0, KWD 3), -1 if unknown */
int crm_money_exponent(const crm_str_t *currency);

/* ISO 3166-1 alpha-2, upper case */
int crm_country_valid(const crm_str_t *code);

#endif /* CRM_MONEY_H */
