/*
 * IANA time zones, from the system's zone files, never from the process' own
 * TZ.
 *
 * A zone is a table of transitions up to 2100, made once per process and kept
 * (there are some 600 names); look-ups are binary searches and allocate
 * nothing.  For one thread, the worker's own.
 */

#ifndef CRM_ZONE_H
#define CRM_ZONE_H

#include "crm_str.h"


typedef struct crm_zone_s  crm_zone_t;


/* the cached zone of an IANA name (case as in the database), or NULL where
   the name is unknown or memory is out */
const crm_zone_t *crm_zone_get(const crm_str_t *name);

/* milliseconds east of UTC at an instant */
int64_t crm_zone_offset(const crm_zone_t *zone, int64_t ms);

/* the local date at an instant */
int64_t crm_zone_date(const crm_zone_t *zone, int64_t ms);

/* the first instant that has this local date, also where midnight is skipped
   (then the end of the gap), and where a whole day is (Apia 2011-12-30: the
   start of the next one) */
int64_t crm_zone_day_start(const crm_zone_t *zone, int64_t day);

/* local date and milliseconds since local midnight to an instant; a time in
   a gap moves forward by the gap, an ambiguous one is the earlier */
int64_t crm_zone_instant(const crm_zone_t *zone, int64_t day, int64_t ms);

/* releases every cached zone; at exit */
void crm_zone_release(void);

#endif /* CRM_ZONE_H */
