/*
 * Activities as iCalendar text (RFC 5545), written by libical: it escapes and
 * folds.  Knows records and nothing of where they come from.
 */

#ifndef CRM_ICS_H
#define CRM_ICS_H

#include "crm_fields.h"


/* one entry of the feed; UIDs are unique among the tenants of a server */
typedef struct {
    const crm_record_t  *activity;      /* with its state filled in */
    const crm_record_t  *type;          /* NULL: unknown */
    crm_str_t            slug;          /* of the tenant */
    crm_str_t            record;        /* name of what it is about; empty */
} crm_ics_entry_t;


/* BEGIN:VCALENDAR and what describes the calendar of this name */
int crm_ics_open(crm_out_t *out, const crm_str_t *name);

/*
 * One VEVENT: timed in UTC where the activity has a start, else all day on its
 * due date.  CRM_ERROR when out of memory.
 */
int crm_ics_entry(crm_out_t *out, const crm_ics_entry_t *entry);

int crm_ics_close(crm_out_t *out);

#endif /* CRM_ICS_H */
