/* Phone numbers as they are searched; see crm_words.h. */

#ifndef CRM_PHONE_H
#define CRM_PHONE_H

#include "crm_arena.h"
#include "crm_str.h"


#define CRM_PHONE_LOCAL   10    /* digits without the country code, at most */
#define CRM_PHONE_LEAST   5     /* as many digits are taken for a phone */


/* nothing but digits, enough of them, and what stands between them */
int crm_phone_is(const crm_str_t *folded);

/* begins with + or 00 */
int crm_phone_is_international(const crm_str_t *phone);

/*
 * The number without its country code (ITU-T E.164: one digit in zones 1 and
 * 7, two in those listed, else three); a leading 00 goes too.  What is too
 * short to have one stays as it is.
 */
crm_str_t crm_phone_national(const crm_str_t *digits);

/* 2 or 1 where 00 or 0 is in front of nothing but digits; else 0 */
size_t crm_phone_zeros(const crm_str_t *word);

/* digits as in a phone number, without the leading 00 or 0; else the word */
crm_str_t crm_phone_bare(const crm_str_t *word);

#endif /* CRM_PHONE_H */
