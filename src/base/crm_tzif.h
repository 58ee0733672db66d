/*
 * Zone files (TZif, RFC 9636) as tables of offsets.
 *
 * Knows the format and its POSIX rule for the years to come; must not know
 * where zones are used, nor keep them.
 */

#ifndef CRM_TZIF_H
#define CRM_TZIF_H

#include "crm_str.h"


/*
 * Segment i is the time from at[i], inclusive, to at[i + 1], exclusive; at[0]
 * is INT64_MIN, the last segment never ends.  Neighbours differ in offset.
 */

typedef struct {
    int64_t  *at;               /* milliseconds since 1970 */
    int64_t  *offset;           /* milliseconds east of UTC */
    size_t    n;
} crm_tzif_t;


/*
 * CRM_DECLINED when the data are no zone file of version 2 or later, or are
 * damaged; CRM_ERROR when out of memory.  The rule is followed up to 2100.
 */
int crm_tzif_parse(crm_tzif_t *table, const u_char *data, size_t len);

/* the same for a file */
int crm_tzif_load(crm_tzif_t *table, const char *path);

void crm_tzif_free(crm_tzif_t *table);

#endif /* CRM_TZIF_H */
