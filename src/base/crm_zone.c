/*
 * IANA time zones: the process' tables, and questions to them.
 *
 * The tables come from the system's zone files (Debian's package tzdata), not
 * from a library: those are kept up to date within a release, where ICU's
 * data stay as old as ICU (Debian 12: of October 2022, since when Egypt,
 * Mexico, Kazakhstan, Greenland and Paraguay changed theirs).  The
 * environment's TZ is never looked at.
 *
 * Zones are kept for the life of the process: a pointer to one stays good.
 */

#include <stdio.h>
#include <stdlib.h>

#include "crm_time.h"
#include "crm_tzif.h"
#include "crm_zone.h"


#ifndef CRM_ZONE_DIR
#define CRM_ZONE_DIR       "/usr/share/zoneinfo"
#endif

#define CRM_ZONE_NAME_MAX  64
#define CRM_ZONE_BUCKETS   256                /* for some 600 names */


struct crm_zone_s {
    crm_zone_t  *next;          /* of the same bucket */
    crm_tzif_t   table;
    size_t       len;
    u_char       name[CRM_ZONE_NAME_MAX];
};


static unsigned crm_zone_bucket(const crm_str_t *name);
static int crm_zone_name_valid(const crm_str_t *name);
static crm_zone_t *crm_zone_load(const crm_str_t *name);
static size_t crm_zone_segment(const crm_zone_t *zone, int64_t ms);
static int64_t crm_zone_end(const crm_zone_t *zone, size_t i);


static crm_zone_t  *crm_zones[CRM_ZONE_BUCKETS];


const crm_zone_t *
crm_zone_get(const crm_str_t *name)
{
    unsigned     bucket;
    crm_zone_t  *zone;

    if (!crm_zone_name_valid(name)) {
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
    return zone->table.offset[crm_zone_segment(zone, ms)];
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

    while (crm_zone_end(zone, i) <= local - zone->table.offset[i]) {
        i++;
    }

    start = local - zone->table.offset[i];

    return (start > zone->table.at[i]) ? start : zone->table.at[i];
}


int64_t
crm_zone_instant(const crm_zone_t *zone, int64_t day, int64_t ms)
{
    size_t   i;
    int64_t  local, instant;

    local = day * CRM_DAY_MS + ms;
    i = crm_zone_segment(zone, local - CRM_DAY_MS);

    while (crm_zone_end(zone, i) <= local - zone->table.offset[i]) {
        i++;
    }

    instant = local - zone->table.offset[i];

    if (instant < zone->table.at[i]) {

        /* in the gap: by the offset before it, that is, later by the gap */

        instant = local - zone->table.offset[i - 1];
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
            crm_tzif_free(&zone->table);
            free(zone);
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


/*
 * Names are paths below the directory, so that nothing may lead elsewhere.
 * There are also copies of all zones that count leap seconds (right/), and
 * the machine's own zone.
 */

static int
crm_zone_name_valid(const crm_str_t *name)
{
    size_t  i;
    u_char  c, prev;

    if (name->len > CRM_ZONE_NAME_MAX
        || crm_str_is(name, "localtime")
        || crm_str_is(name, "posixrules")
        || crm_str_is(name, "Factory")
        || (name->len > 6 && memcmp(name->data, "posix/", 6) == 0)
        || (name->len > 6 && memcmp(name->data, "right/", 6) == 0))
    {
        return 0;
    }

    prev = '/';

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c == '/') {
            if (prev == '/') {
                return 0;
            }

        } else if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
                   && (c < '0' || c > '9')
                   && c != '_' && c != '-' && c != '+')
        {
            return 0;
        }

        prev = c;
    }

    return prev != '/';
}


static crm_zone_t *
crm_zone_load(const crm_str_t *name)
{
    char         path[sizeof(CRM_ZONE_DIR) + 1 + CRM_ZONE_NAME_MAX];
    crm_zone_t  *zone;

    (void) snprintf(path, sizeof(path), CRM_ZONE_DIR "/%.*s",
                    (int) name->len, name->data);

    zone = calloc(1, sizeof(crm_zone_t));

    if (zone == NULL) {
        return NULL;
    }

    if (crm_tzif_load(&zone->table, path) != CRM_OK) {
        free(zone);
        return NULL;
    }

    memcpy(zone->name, name->data, name->len);
    zone->len = name->len;

    return zone;
}


/* the last segment that begins at ms or before */

static size_t
crm_zone_segment(const crm_zone_t *zone, int64_t ms)
{
    size_t  low, high, middle;

    low = 0;
    high = zone->table.n;

    while (high - low > 1) {
        middle = low + (high - low) / 2;

        if (zone->table.at[middle] <= ms) {
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
    return (i + 1 < zone->table.n) ? zone->table.at[i + 1] : INT64_MAX;
}
