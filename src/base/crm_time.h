/*
 * Instants and dates.
 *
 * An instant is int64_t milliseconds since 1970-01-01T00:00:00Z; a date is
 * int64_t days since 1970-01-01 in the proleptic Gregorian calendar.  Both
 * are bounded to the years 0001-9999.
 */

#ifndef CRM_TIME_H
#define CRM_TIME_H

#include "crm_str.h"


#define CRM_DAY_MS        86400000LL

#define CRM_DAY_MIN       (-719162LL)       /* 0001-01-01 */
#define CRM_DAY_MAX       2932896LL         /* 9999-12-31 */

#define CRM_INSTANT_LEN   24        /* 2026-11-23T14:26:00.000Z */
#define CRM_DATE_LEN      10


/* RFC 3339 with any offset, with or without fraction (cut to milliseconds),
   'T' or 't', 'Z' or 'z'; a leap second is the last millisecond before it.
   CRM_DECLINED on anything else, and beyond the bounds */
int crm_instant_parse(const crm_str_t *s, int64_t *ms);

/* writes CRM_INSTANT_LEN bytes, returns the end */
u_char *crm_instant_print(u_char *p, int64_t ms);

/* 2026-11-23; CRM_DECLINED as above */
int crm_date_parse(const crm_str_t *s, int64_t *day);

/* writes CRM_DATE_LEN bytes, returns the end */
u_char *crm_date_print(u_char *p, int64_t day);

/* year, month 1-12, day 1-31 */
int64_t crm_date_from_civil(int y, int m, int d);
void crm_date_to_civil(int64_t day, int *y, int *m, int *d);

/* days later (or earlier), within the bounds */
int64_t crm_date_add_days(int64_t day, int64_t days);

/* months later (or earlier), on the last day of the month where it is
   shorter: 31 January + 1 = 28 or 29 February; within the bounds */
int64_t crm_date_add_months(int64_t day, int64_t months);

#endif /* CRM_TIME_H */
