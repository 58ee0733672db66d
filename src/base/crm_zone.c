/*
 * IANA time zones as tables of transitions.
 *
 * ICU is asked once per zone, from its own data, never the environment's; all
 * later questions are answered from the table.  Zones are kept for the life
 * of the process: a pointer to one stays good.
 *
 * Segment i is the time from at[i], inclusive, to at[i + 1], exclusive, with
 * one offset; the first begins before all time and the last never ends.
 * Before 1970 the offset of 1970 holds, after 2100 the last of 2100.
 */

#include <stdlib.h>

#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "crm_time.h"
#include "crm_zone.h"


#define CRM_ZONE_FIRST    0LL
#define CRM_ZONE_LAST     4133980800000LL     /* 2101-01-01T00:00:00Z */

#define CRM_ZONE_NAME_MAX 64
#define CRM_ZONE_BUCKETS  256                 /* for some 600 names */
#define CRM_ZONE_SEGMENTS 320                 /* a first guess: 2.4 a year */


struct crm_zone_s {
    crm_zone_t  *next;          /* of the same bucket */
    size_t       n;
    size_t       cap;
    int64_t     *at;
    int64_t     *offset;
    size_t       len;
    u_char       name[CRM_ZONE_NAME_MAX];
};


static unsigned crm_zone_bucket(const crm_str_t *name);
static int crm_zone_known(const crm_str_t *name);
static crm_zone_t *crm_zone_load(const crm_str_t *name);
static int crm_zone_fill(crm_zone_t *zone, UCalendar *calendar);
static int crm_zone_push(crm_zone_t *zone, int64_t at, int64_t offset);
static void crm_zone_free(crm_zone_t *zone);
static size_t crm_zone_segment(const crm_zone_t *zone, int64_t ms);
static int64_t crm_zone_end(const crm_zone_t *zone, size_t i);


static crm_zone_t  *crm_zones[CRM_ZONE_BUCKETS];


/* three-letter names of old Java, which ICU lists and IANA does not know */

static const char  crm_zone_foreign[][4] = {
    "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST",
    "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET", "NST", "PLT",
    "PNT", "PRT", "PST", "SST", "VST"
};


const crm_zone_t *
crm_zone_get(const crm_str_t *name)
{
    unsigned     bucket;
    crm_zone_t  *zone;

    if (name->len == 0 || name->len > CRM_ZONE_NAME_MAX) {
        return NULL;
    }

    bucket = crm_zone_bucket(name);

    for (zone = crm_zones[bucket]; zone != NULL; zone = zone->next) {
        if (zone->len == name->len
            && memcmp(zone->name, name->data, name->len) == 0)
        {
            return zone;
        }
    }

    if (!crm_zone_known(name)) {
        return NULL;
    }

    zone = crm_zone_load(name);

    if (zone != NULL) {
        zone->next = crm_zones[bucket];
        crm_zones[bucket] = zone;
    }

    return zone;
}


int64_t
crm_zone_offset(const crm_zone_t *zone, int64_t ms)
{
    return zone->offset[crm_zone_segment(zone, ms)];
}


int64_t
crm_zone_date(const crm_zone_t *zone, int64_t ms)
{
    ms += crm_zone_offset(zone, ms);

    return ms / CRM_DAY_MS - (ms % CRM_DAY_MS < 0);
}


/*
 * The first instant whose local time is midnight or later: the segments whose
 * local time ends before are passed over; in the next one that is midnight,
 * or the segment's start where midnight fell into the gap before it.
 */

int64_t
crm_zone_day_start(const crm_zone_t *zone, int64_t day)
{
    size_t   i;
    int64_t  local, start;

    local = day * CRM_DAY_MS;
    i = crm_zone_segment(zone, local - CRM_DAY_MS);

    while (crm_zone_end(zone, i) <= local - zone->offset[i]) {
        i++;
    }

    start = local - zone->offset[i];

    return (start > zone->at[i]) ? start : zone->at[i];
}


int64_t
crm_zone_instant(const crm_zone_t *zone, int64_t day, int64_t ms)
{
    size_t   i;
    int64_t  local, instant;

    local = day * CRM_DAY_MS + ms;
    i = crm_zone_segment(zone, local - CRM_DAY_MS);

    while (crm_zone_end(zone, i) <= local - zone->offset[i]) {
        i++;
    }

    instant = local - zone->offset[i];

    if (instant < zone->at[i]) {

        /* in the gap: by the offset before it, that is, later by the gap */

        instant = local - zone->offset[i - 1];
    }

    return instant;
}


void
crm_zone_release(void)
{
    unsigned     i;
    crm_zone_t  *zone, *next;

    for (i = 0; i < CRM_ZONE_BUCKETS; i++) {
        for (zone = crm_zones[i]; zone != NULL; zone = next) {
            next = zone->next;
            crm_zone_free(zone);
        }

        crm_zones[i] = NULL;
    }
}


static unsigned
crm_zone_bucket(const crm_str_t *name)
{
    size_t    i;
    unsigned  hash;

    hash = 0;

    for (i = 0; i < name->len; i++) {
        hash = hash * 31 + name->data[i];
    }

    return hash % CRM_ZONE_BUCKETS;
}


/* ICU opens any name, also "GMT+3:15"; what it lists are IANA's, nearly */

static int
crm_zone_known(const crm_str_t *name)
{
    int            known;
    size_t         i;
    int32_t        len;
    UErrorCode     status = U_ZERO_ERROR;
    const char    *id;
    UEnumeration  *ids;

    if (crm_str_is(name, "Etc/Unknown")) {
        return 0;
    }

    for (i = 0; i < sizeof(crm_zone_foreign) / 4; i++) {
        if (crm_str_is(name, crm_zone_foreign[i])) {
            return 0;
        }
    }

    ids = ucal_openTimeZones(&status);

    if (U_FAILURE(status)) {
        return 0;
    }

    known = 0;

    while (!known && (id = uenum_next(ids, &len, &status)) != NULL) {
        known = (size_t) len == name->len
                && memcmp(id, name->data, name->len) == 0;
    }

    uenum_close(ids);

    return known;
}


static crm_zone_t *
crm_zone_load(const crm_str_t *name)
{
    int          rc;
    UChar        id[CRM_ZONE_NAME_MAX];
    UErrorCode   status = U_ZERO_ERROR;
    UCalendar   *calendar;
    crm_zone_t  *zone;

    zone = calloc(1, sizeof(crm_zone_t));

    if (zone == NULL) {
        return NULL;
    }

    memcpy(zone->name, name->data, name->len);
    zone->len = name->len;

    u_charsToUChars((const char *) name->data, id, (int32_t) name->len);
    calendar = ucal_open(id, (int32_t) name->len, "en_US", UCAL_GREGORIAN,
                         &status);

    rc = U_SUCCESS(status) ? crm_zone_fill(zone, calendar) : CRM_ERROR;

    ucal_close(calendar);

    if (rc != CRM_OK) {
        crm_zone_free(zone);
        return NULL;
    }

    return zone;
}


static int
crm_zone_fill(crm_zone_t *zone, UCalendar *calendar)
{
    int64_t     offset;
    UDate       at;
    UErrorCode  status = U_ZERO_ERROR;

    at = (UDate) CRM_ZONE_FIRST;

    do {
        ucal_setMillis(calendar, at, &status);

        offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &status);
        offset += ucal_get(calendar, UCAL_DST_OFFSET, &status);

        if (U_FAILURE(status)
            || crm_zone_push(zone, (int64_t) at, offset) != CRM_OK)
        {
            return CRM_ERROR;
        }

    } while (ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT,
                                            &at, &status)
             && at < (UDate) CRM_ZONE_LAST);

    zone->at[0] = INT64_MIN;

    return U_FAILURE(status) ? CRM_ERROR : CRM_OK;
}


/* a transition that changes but the name, or standard to daylight, is none */

static int
crm_zone_push(crm_zone_t *zone, int64_t at, int64_t offset)
{
    size_t    cap;
    int64_t  *p;

    if (zone->n != 0 && zone->offset[zone->n - 1] == offset) {
        return CRM_OK;
    }

    if (zone->n == zone->cap) {
        cap = (zone->cap == 0) ? CRM_ZONE_SEGMENTS : zone->cap * 2;

        p = realloc(zone->at, cap * sizeof(int64_t));

        if (p == NULL) {
            return CRM_ERROR;
        }

        zone->at = p;

        p = realloc(zone->offset, cap * sizeof(int64_t));

        if (p == NULL) {
            return CRM_ERROR;
        }

        zone->offset = p;
        zone->cap = cap;
    }

    zone->at[zone->n] = at;
    zone->offset[zone->n] = offset;
    zone->n++;

    return CRM_OK;
}


static void
crm_zone_free(crm_zone_t *zone)
{
    free(zone->at);
    free(zone->offset);
    free(zone);
}


/* the last segment that begins at ms or before */

static size_t
crm_zone_segment(const crm_zone_t *zone, int64_t ms)
{
    size_t  low, high, middle;

    low = 0;
    high = zone->n;

    while (high - low > 1) {
        middle = low + (high - low) / 2;

        if (zone->at[middle] <= ms) {
            low = middle;

        } else {
            high = middle;
        }
    }

    return low;
}


static int64_t
crm_zone_end(const crm_zone_t *zone, size_t i)
{
    return (i + 1 < zone->n) ? zone->at[i + 1] : INT64_MAX;
}
