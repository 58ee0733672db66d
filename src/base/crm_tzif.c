/*
 * Zone files as tables of offsets: the data block, and its rule.
 *
 * A file has its data twice, with times of four bytes for old readers and of
 * eight bytes for us, and then, on a line of its own, what holds after the
 * last of them as a POSIX TZ string, e.g. "CET-1CEST,M3.5.0,M10.5.0/3".
 */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "crm_time.h"
#include "crm_tzif.h"


#define CRM_TZIF_HEADER    44
#define CRM_TZIF_FILE_MAX  65536

#define CRM_TZIF_YEAR_MIN  1970
#define CRM_TZIF_YEAR_MAX  2100
#define CRM_TZIF_RULES     (2 * (CRM_TZIF_YEAR_MAX - CRM_TZIF_YEAR_MIN + 2))

#define CRM_TZIF_SECONDS   (1LL << 40)    /* far enough in both directions */


typedef struct {
    size_t  isut;
    size_t  isstd;
    size_t  leap;
    size_t  time;
    size_t  type;
    size_t  chars;
} crm_tzif_counts_t;


/* a day of the year, and seconds since its midnight */

typedef struct {
    u_char   kind;              /* 'M', 'J' or 'N': as POSIX has them */
    int64_t  month;
    int64_t  week;
    int64_t  day;
    int64_t  time;
} crm_tzif_day_t;


typedef struct {
    const u_char    *p;
    const u_char    *last;

    int64_t          std;       /* seconds east of UTC */
    int64_t          dst;
    crm_tzif_day_t   begin;
    crm_tzif_day_t   end;
} crm_tzif_rule_t;


static int crm_tzif_header(const u_char *p, const u_char *last,
    crm_tzif_counts_t *c);
static size_t crm_tzif_size(const crm_tzif_counts_t *c, size_t time_size);
static int crm_tzif_block(crm_tzif_t *table, const u_char *p,
    const crm_tzif_counts_t *c);
static int crm_tzif_footer(crm_tzif_t *table, const u_char *p,
    const u_char *last);
static int crm_tzif_rule(crm_tzif_rule_t *rule);
static void crm_tzif_follow(crm_tzif_t *table, const crm_tzif_rule_t *rule);
static void crm_tzif_push(crm_tzif_t *table, int64_t at, int64_t offset);
static int64_t crm_tzif_number(const u_char *p, size_t n);
static int crm_tzif_name(crm_tzif_rule_t *rule);
static int crm_tzif_time(crm_tzif_rule_t *rule, int64_t *seconds);
static int crm_tzif_day(crm_tzif_rule_t *rule, crm_tzif_day_t *day);
static int crm_tzif_digits(crm_tzif_rule_t *rule, int64_t *value);
static int crm_tzif_accept(crm_tzif_rule_t *rule, u_char c);
static int64_t crm_tzif_day_seconds(const crm_tzif_day_t *day, int year);


int
crm_tzif_load(crm_tzif_t *table, const char *path)
{
    int       fd, rc;
    u_char   *data;
    ssize_t   n;

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return CRM_DECLINED;
    }

    rc = CRM_ERROR;
    data = malloc(CRM_TZIF_FILE_MAX);

    if (data != NULL) {

        /* a regular file of this size is read at once, or not at all */

        n = read(fd, data, CRM_TZIF_FILE_MAX);
        rc = (n <= 0) ? CRM_DECLINED
                      : crm_tzif_parse(table, data, (size_t) n);
        free(data);
    }

    (void) close(fd);

    return rc;
}


int
crm_tzif_parse(crm_tzif_t *table, const u_char *data, size_t len)
{
    int                 rc;
    size_t              size;
    const u_char       *p, *last;
    crm_tzif_counts_t   c;

    table->at = NULL;
    table->offset = NULL;
    table->n = 0;

    p = data;
    last = data + len;

    if (crm_tzif_header(p, last, &c) != CRM_OK) {
        return CRM_DECLINED;
    }

    size = crm_tzif_size(&c, 4);

    if ((size_t) (last - p) < size) {
        return CRM_DECLINED;
    }

    p += size;

    if (crm_tzif_header(p, last, &c) != CRM_OK) {
        return CRM_DECLINED;
    }

    size = crm_tzif_size(&c, 8);

    if (c.type == 0 || c.leap != 0 || (size_t) (last - p) < size) {
        return CRM_DECLINED;
    }

    table->at = malloc((1 + c.time + CRM_TZIF_RULES) * sizeof(int64_t));
    table->offset = malloc((1 + c.time + CRM_TZIF_RULES) * sizeof(int64_t));

    rc = CRM_ERROR;

    if (table->at != NULL && table->offset != NULL) {
        rc = crm_tzif_block(table, p + CRM_TZIF_HEADER, &c);
    }

    if (rc == CRM_OK) {
        rc = crm_tzif_footer(table, p + size, last);
    }

    if (rc != CRM_OK) {
        crm_tzif_free(table);
    }

    return rc;
}


void
crm_tzif_free(crm_tzif_t *table)
{
    free(table->at);
    free(table->offset);

    table->at = NULL;
    table->offset = NULL;
    table->n = 0;
}


static int
crm_tzif_header(const u_char *p, const u_char *last, crm_tzif_counts_t *c)
{
    int  i;

    if (last - p < CRM_TZIF_HEADER
        || memcmp(p, "TZif", 4) != 0
        || p[4] < '2')
    {
        return CRM_DECLINED;
    }

    for (i = 20; i < CRM_TZIF_HEADER; i += 4) {
        if (crm_tzif_number(p + i, 4) > CRM_TZIF_FILE_MAX
            || crm_tzif_number(p + i, 4) < 0)
        {
            return CRM_DECLINED;
        }
    }

    c->isut = (size_t) crm_tzif_number(p + 20, 4);
    c->isstd = (size_t) crm_tzif_number(p + 24, 4);
    c->leap = (size_t) crm_tzif_number(p + 28, 4);
    c->time = (size_t) crm_tzif_number(p + 32, 4);
    c->type = (size_t) crm_tzif_number(p + 36, 4);
    c->chars = (size_t) crm_tzif_number(p + 40, 4);

    return CRM_OK;
}


/* header and data block */

static size_t
crm_tzif_size(const crm_tzif_counts_t *c, size_t time_size)
{
    return CRM_TZIF_HEADER + c->time * (time_size + 1) + c->type * 6
           + c->chars + c->leap * (time_size + 4) + c->isstd + c->isut;
}


static int
crm_tzif_block(crm_tzif_t *table, const u_char *p, const crm_tzif_counts_t *c)
{
    size_t         i;
    int64_t        at;
    const u_char  *index, *types;

    index = p + c->time * 8;
    types = index + c->time;

    /* the first type also holds before the first transition */

    crm_tzif_push(table, INT64_MIN, crm_tzif_number(types, 4));

    for (i = 0; i < c->time; i++) {
        at = crm_tzif_number(p + i * 8, 8);

        if (index[i] >= c->type
            || at > CRM_TZIF_SECONDS
            || (i != 0 && at <= crm_tzif_number(p + (i - 1) * 8, 8)))
        {
            return CRM_DECLINED;
        }

        /* some files begin with the Big Bang */

        if (at < -CRM_TZIF_SECONDS) {
            at = -CRM_TZIF_SECONDS;
        }

        crm_tzif_push(table, at * 1000,
                      crm_tzif_number(types + (size_t) index[i] * 6, 4));
    }

    return CRM_OK;
}


static int
crm_tzif_footer(crm_tzif_t *table, const u_char *p, const u_char *last)
{
    const u_char     *end;
    crm_tzif_rule_t   rule;

    if (p == last || *p++ != '\n') {
        return CRM_DECLINED;
    }

    end = (p == last) ? NULL : memchr(p, '\n', (size_t) (last - p));

    if (end == NULL) {
        return CRM_DECLINED;
    }

    if (p == end) {
        return CRM_OK;
    }

    memset(&rule, 0, sizeof(crm_tzif_rule_t));

    rule.p = p;
    rule.last = end;

    if (crm_tzif_rule(&rule) != CRM_OK || rule.p != end) {
        return CRM_DECLINED;
    }

    if (rule.begin.kind != 0) {
        crm_tzif_follow(table, &rule);
    }

    return CRM_OK;
}


/* POSIX counts offsets west of UTC; without days there is one offset */

static int
crm_tzif_rule(crm_tzif_rule_t *rule)
{
    if (crm_tzif_name(rule) != CRM_OK
        || crm_tzif_time(rule, &rule->std) != CRM_OK)
    {
        return CRM_DECLINED;
    }

    rule->std = -rule->std;

    if (rule->p == rule->last) {
        return CRM_OK;
    }

    if (crm_tzif_name(rule) != CRM_OK) {
        return CRM_DECLINED;
    }

    rule->dst = rule->std + 3600;

    if (rule->p < rule->last && *rule->p != ',') {
        if (crm_tzif_time(rule, &rule->dst) != CRM_OK) {
            return CRM_DECLINED;
        }

        rule->dst = -rule->dst;
    }

    if (crm_tzif_day(rule, &rule->begin) != CRM_OK) {
        return CRM_DECLINED;
    }

    return crm_tzif_day(rule, &rule->end);
}


/* on after the last transition; in the south the end comes first in a year */

static void
crm_tzif_follow(crm_tzif_t *table, const crm_tzif_rule_t *rule)
{
    int      i, y, m, d;
    int64_t  at[2], offset[2], last;

    last = table->at[table->n - 1];
    y = CRM_TZIF_YEAR_MIN;

    if (last > 0) {
        crm_date_to_civil(last / CRM_DAY_MS, &y, &m, &d);
    }

    for ( /* void */ ; y <= CRM_TZIF_YEAR_MAX; y++) {
        at[0] = crm_tzif_day_seconds(&rule->begin, y) - rule->std;
        at[1] = crm_tzif_day_seconds(&rule->end, y) - rule->dst;

        i = (at[0] > at[1]);

        offset[0] = rule->dst;
        offset[1] = rule->std;

        if (at[i] * 1000 > last) {
            crm_tzif_push(table, at[i] * 1000, offset[i]);
        }

        if (at[!i] * 1000 > last) {
            crm_tzif_push(table, at[!i] * 1000, offset[!i]);
        }
    }
}


/* the offset in seconds; room was made for all that can come */

static void
crm_tzif_push(crm_tzif_t *table, int64_t at, int64_t offset)
{
    if (table->n != 0 && table->at[table->n - 1] >= at) {

        /* daylight saving time that lasts all year ends as it begins */

        table->n--;
    }

    offset *= 1000;

    if (table->n != 0 && table->offset[table->n - 1] == offset) {
        return;
    }

    table->at[table->n] = (table->n == 0) ? INT64_MIN : at;
    table->offset[table->n] = offset;
    table->n++;
}


/* big-endian, signed, of four or eight bytes */

static int64_t
crm_tzif_number(const u_char *p, size_t n)
{
    size_t    i;
    uint64_t  value;

    value = (p[0] & 0x80) ? UINT64_MAX : 0;

    for (i = 0; i < n; i++) {
        value = value << 8 | p[i];
    }

    return (int64_t) value;
}


/* letters, or anything between angle brackets */

static int
crm_tzif_name(crm_tzif_rule_t *rule)
{
    const u_char  *first;

    first = rule->p;

    if (crm_tzif_accept(rule, '<')) {
        while (rule->p < rule->last) {
            if (*rule->p++ == '>') {
                return CRM_OK;
            }
        }

        return CRM_DECLINED;
    }

    while (rule->p < rule->last
           && (*rule->p | 0x20) >= 'a' && (*rule->p | 0x20) <= 'z')
    {
        rule->p++;
    }

    return (rule->p == first) ? CRM_DECLINED : CRM_OK;
}


/* [+-]hours[:minutes[:seconds]]; a change may be days away from its date */

static int
crm_tzif_time(crm_tzif_rule_t *rule, int64_t *seconds)
{
    int      minus;
    int64_t  n, unit;

    minus = crm_tzif_accept(rule, '-');

    if (!minus) {
        (void) crm_tzif_accept(rule, '+');
    }

    *seconds = 0;
    unit = 3600;

    do {
        if (crm_tzif_digits(rule, &n) != CRM_OK || n > 167) {
            return CRM_DECLINED;
        }

        *seconds += n * unit;
        unit /= 60;

    } while (unit != 0 && crm_tzif_accept(rule, ':'));

    if (minus) {
        *seconds = -*seconds;
    }

    return CRM_OK;
}


/* ,Mm.w.d or ,Jn or ,n with an optional /time */

static int
crm_tzif_day(crm_tzif_rule_t *rule, crm_tzif_day_t *day)
{
    int  rc;

    if (!crm_tzif_accept(rule, ',')) {
        return CRM_DECLINED;
    }

    day->kind = 'N';

    if (crm_tzif_accept(rule, 'M')) {
        day->kind = 'M';

        if (crm_tzif_digits(rule, &day->month) != CRM_OK
            || !crm_tzif_accept(rule, '.')
            || crm_tzif_digits(rule, &day->week) != CRM_OK
            || !crm_tzif_accept(rule, '.')
            || day->month < 1 || day->month > 12
            || day->week < 1 || day->week > 5)
        {
            return CRM_DECLINED;
        }

    } else if (crm_tzif_accept(rule, 'J')) {
        day->kind = 'J';
    }

    rc = crm_tzif_digits(rule, &day->day);

    if (rc != CRM_OK || day->day > (day->kind == 'M' ? 6 : 365)) {
        return CRM_DECLINED;
    }

    day->time = 2 * 3600;

    return crm_tzif_accept(rule, '/') ? crm_tzif_time(rule, &day->time)
                                      : CRM_OK;
}


static int
crm_tzif_digits(crm_tzif_rule_t *rule, int64_t *value)
{
    const u_char  *first;

    first = rule->p;
    *value = 0;

    while (rule->p < rule->last && *rule->p >= '0' && *rule->p <= '9') {
        if (rule->p - first == 3) {
            return CRM_DECLINED;
        }

        *value = *value * 10 + (*rule->p++ - '0');
    }

    return (rule->p == first) ? CRM_DECLINED : CRM_OK;
}


static int
crm_tzif_accept(crm_tzif_rule_t *rule, u_char c)
{
    if (rule->p == rule->last || *rule->p != c) {
        return 0;
    }

    rule->p++;

    return 1;
}


/* local seconds since 1970; week 5 is the last one of the month */

static int64_t
crm_tzif_day_seconds(const crm_tzif_day_t *day, int year)
{
    int      month;
    int64_t  first, next, date;

    first = crm_date_from_civil(year, 1, 1);
    date = first + day->day;

    if (day->kind == 'J') {

        /* 29 February is never counted */

        next = crm_date_from_civil(year, 3, 1);
        date = (date > first + 59) ? next + day->day - 60 : date - 1;
    }

    if (day->kind == 'M') {
        month = (int) day->month;
        first = crm_date_from_civil(year, month, 1);
        next = crm_date_from_civil(year + month / 12, month % 12 + 1, 1);

        /* 1970-01-01 was a Thursday */

        date = first + (day->day - (first + 4) % 7 + 7) % 7
               + (day->week - 1) * 7;

        if (date >= next) {
            date -= 7;
        }
    }

    return date * (CRM_DAY_MS / 1000) + day->time;
}
