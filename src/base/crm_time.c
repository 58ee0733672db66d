/*
 * Instants and dates: RFC 3339 in and out, civil dates to day numbers.
 *
 * Must not know time zones (crm_zone.c), nor what time it is.
 */

#include "crm_time.h"


#define CRM_YEAR_MIN     1
#define CRM_YEAR_MAX     9999

#define CRM_MINUTE_MS    60000LL
#define CRM_HOUR_MS      3600000LL


static int crm_time_digits(const u_char *p, int n, int *value);
static int crm_time_month_days(int y, int m);
static int crm_date_read(const u_char *p, int64_t *day);
static int crm_time_of_day(const u_char *p, int64_t *ms, int *leap);
static const u_char *crm_time_fraction(const u_char *p, const u_char *last,
    int64_t *ms);
static int crm_time_offset(const u_char *p, const u_char *last, int64_t *ms);
static u_char *crm_time_print(u_char *p, int64_t value, int digits);


int
crm_instant_parse(const crm_str_t *s, int64_t *ms)
{
    int            leap;
    int64_t        day, time, fraction, offset, instant;
    const u_char  *p, *last;

    /* the shortest: 2026-11-23T14:26:00Z */

    if (s->len < 20) {
        return CRM_DECLINED;
    }

    p = s->data;
    last = p + s->len;

    if (crm_date_read(p, &day) != CRM_OK
        || (p[10] != 'T' && p[10] != 't')
        || crm_time_of_day(p + 11, &time, &leap) != CRM_OK)
    {
        return CRM_DECLINED;
    }

    p = crm_time_fraction(p + 19, last, &fraction);

    if (p == NULL || crm_time_offset(p, last, &offset) != CRM_OK) {
        return CRM_DECLINED;
    }

    instant = day * CRM_DAY_MS + time - offset;

    if (leap) {
        /* only the last minute of a UTC day can have a leap second */

        if ((instant + 1000) % CRM_DAY_MS != 0) {
            return CRM_DECLINED;
        }

        fraction = 999;
    }

    instant += fraction;

    if (instant < CRM_DAY_MIN * CRM_DAY_MS
        || instant >= (CRM_DAY_MAX + 1) * CRM_DAY_MS)
    {
        return CRM_DECLINED;
    }

    *ms = instant;

    return CRM_OK;
}


u_char *
crm_instant_print(u_char *p, int64_t ms)
{
    int64_t  day;

    day = ms / CRM_DAY_MS - (ms % CRM_DAY_MS < 0);
    ms -= day * CRM_DAY_MS;

    p = crm_date_print(p, day);
    *p++ = 'T';
    p = crm_time_print(p, ms / CRM_HOUR_MS, 2);
    *p++ = ':';
    p = crm_time_print(p, ms / CRM_MINUTE_MS % 60, 2);
    *p++ = ':';
    p = crm_time_print(p, ms / 1000 % 60, 2);
    *p++ = '.';
    p = crm_time_print(p, ms % 1000, 3);
    *p++ = 'Z';

    return p;
}


int
crm_date_parse(const crm_str_t *s, int64_t *day)
{
    if (s->len != CRM_DATE_LEN) {
        return CRM_DECLINED;
    }

    return crm_date_read(s->data, day);
}


u_char *
crm_date_print(u_char *p, int64_t day)
{
    int  y, m, d;

    crm_date_to_civil(day, &y, &m, &d);

    p = crm_time_print(p, y, 4);
    *p++ = '-';
    p = crm_time_print(p, m, 2);
    *p++ = '-';

    return crm_time_print(p, d, 2);
}


/*
 * Years begin in March here, so that the leap day is the last of its year,
 * and are counted in eras of 400, which all have 146097 days.
 */

int64_t
crm_date_from_civil(int y, int m, int d)
{
    int64_t  year, era, in_era, in_year;

    year = (int64_t) y - (m <= 2);
    era = (year >= 0 ? year : year - 399) / 400;
    in_era = year - era * 400;
    in_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year
           - 719468;
}


void
crm_date_to_civil(int64_t day, int *y, int *m, int *d)
{
    int64_t  era, in_era, year, in_year, month;

    day += 719468;
    era = (day >= 0 ? day : day - 146096) / 146097;
    in_era = day - era * 146097;
    year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    in_year = in_era - (365 * year + year / 4 - year / 100);
    month = (5 * in_year + 2) / 153;

    *d = (int) (in_year - (153 * month + 2) / 5 + 1);
    *m = (int) (month < 10 ? month + 3 : month - 9);
    *y = (int) (year + era * 400 + (*m <= 2));
}


int64_t
crm_date_add_days(int64_t day, int64_t days)
{
    day += days;

    return day < CRM_DAY_MIN ? CRM_DAY_MIN
           : day > CRM_DAY_MAX ? CRM_DAY_MAX : day;
}


int64_t
crm_date_add_months(int64_t day, int64_t months)
{
    int      y, m, d, days;
    int64_t  index;

    if (months > CRM_YEAR_MAX * 12) {
        return CRM_DAY_MAX;
    }

    if (months < -CRM_YEAR_MAX * 12) {
        return CRM_DAY_MIN;
    }

    crm_date_to_civil(day, &y, &m, &d);

    index = (int64_t) y * 12 + m - 1 + months;

    if (index < CRM_YEAR_MIN * 12) {
        return CRM_DAY_MIN;
    }

    if (index >= (CRM_YEAR_MAX + 1) * 12) {
        return CRM_DAY_MAX;
    }

    y = (int) (index / 12);
    m = (int) (index % 12) + 1;
    days = crm_time_month_days(y, m);

    return crm_date_from_civil(y, m, d < days ? d : days);
}


static int
crm_time_digits(const u_char *p, int n, int *value)
{
    int  i;

    *value = 0;

    for (i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return CRM_DECLINED;
        }

        *value = *value * 10 + (p[i] - '0');
    }

    return CRM_OK;
}


static int
crm_time_month_days(int y, int m)
{
    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) {
        return 29;
    }

    return days[m - 1];
}


/* CRM_DATE_LEN bytes */

static int
crm_date_read(const u_char *p, int64_t *day)
{
    int  y, m, d;

    if (crm_time_digits(p, 4, &y) != CRM_OK
        || p[4] != '-'
        || crm_time_digits(p + 5, 2, &m) != CRM_OK
        || p[7] != '-'
        || crm_time_digits(p + 8, 2, &d) != CRM_OK)
    {
        return CRM_DECLINED;
    }

    if (y < CRM_YEAR_MIN
        || m < 1 || m > 12
        || d < 1 || d > crm_time_month_days(y, m))
    {
        return CRM_DECLINED;
    }

    *day = crm_date_from_civil(y, m, d);

    return CRM_OK;
}


/* eight bytes; a leap second gives the second before it */

static int
crm_time_of_day(const u_char *p, int64_t *ms, int *leap)
{
    int  h, m, s;

    if (crm_time_digits(p, 2, &h) != CRM_OK
        || p[2] != ':'
        || crm_time_digits(p + 3, 2, &m) != CRM_OK
        || p[5] != ':'
        || crm_time_digits(p + 6, 2, &s) != CRM_OK
        || h > 23 || m > 59 || s > 60)
    {
        return CRM_DECLINED;
    }

    *leap = (s == 60);
    *ms = h * CRM_HOUR_MS + m * CRM_MINUTE_MS + (s - *leap) * 1000LL;

    return CRM_OK;
}


/* returns what follows; NULL where a dot has no digit behind it */

static const u_char *
crm_time_fraction(const u_char *p, const u_char *last, int64_t *ms)
{
    int            weight;
    const u_char  *first;

    *ms = 0;

    if (p == last || *p != '.') {
        return p;
    }

    first = ++p;
    weight = 100;

    while (p < last && *p >= '0' && *p <= '9') {
        *ms += (*p++ - '0') * weight;
        weight /= 10;
    }

    return (p == first) ? NULL : p;
}


static int
crm_time_offset(const u_char *p, const u_char *last, int64_t *ms)
{
    int  h, m;

    *ms = 0;

    if (last - p == 1 && (*p == 'Z' || *p == 'z')) {
        return CRM_OK;
    }

    if (last - p != 6
        || (*p != '+' && *p != '-')
        || crm_time_digits(p + 1, 2, &h) != CRM_OK
        || p[3] != ':'
        || crm_time_digits(p + 4, 2, &m) != CRM_OK
        || h > 23 || m > 59)
    {
        return CRM_DECLINED;
    }

    *ms = h * CRM_HOUR_MS + m * CRM_MINUTE_MS;

    if (*p == '-') {
        *ms = -*ms;
    }

    return CRM_OK;
}


static u_char *
crm_time_print(u_char *p, int64_t value, int digits)
{
    int  i;

    for (i = digits - 1; i >= 0; i--) {
        p[i] = (u_char) ('0' + value % 10);
        value /= 10;
    }

    return p + digits;
}
