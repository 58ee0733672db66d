/*
 * Rows: what reports add up of a lead, in a fixed width, so that a million
 * of them are read in a few hundred commands and without a look at any
 * record (keys.md).
 *
 * P l:x:{id / CRM_ROWS} is a string of rows; that of an id begins at
 * (id % CRM_ROWS) * CRM_ROW_SIZE.  A row of zero bytes, or one behind the end
 * of the string, is no lead: every row of a lead has a flag set.
 */

#ifndef CRM_ROW_H
#define CRM_ROW_H

#include "crm_index_record.h"


/* a string of so many rows ends just below a step in which Redis lets it
   grow, so that nothing of it is left unused */
#define CRM_ROW_SIZE  50
#define CRM_ROWS      1960


#define CRM_ROW_UNSET  INT64_MIN

/* what is asked for by value, and what groups are made of: ids, a hash of the
   folded source, the country's two letters; 0 for none */
enum {
    CRM_ROW_STAGE = 0,
    CRM_ROW_TEAM,
    CRM_ROW_USER,
    CRM_ROW_REASON,
    CRM_ROW_SOURCE,
    CRM_ROW_COUNTRY,
    CRM_ROW_IDS
};

/* what is asked for by range; CRM_ROW_UNSET */
enum {
    CRM_ROW_CREATED = 0,            /* instant */
    CRM_ROW_CLOSED,                 /* instant */
    CRM_ROW_CLOSE,                  /* date */
    CRM_ROW_REVENUE,
    CRM_ROW_NUMS
};

/* what has a few values */
enum {
    CRM_ROW_TYPE = 0,
    CRM_ROW_ACTIVE,
    CRM_ROW_STATE,
    CRM_ROW_PRIORITY,
    CRM_ROW_WORDS
};

typedef struct {
    int64_t   id[CRM_ROW_IDS];
    int64_t   num[CRM_ROW_NUMS];
    unsigned  word[CRM_ROW_WORDS];
    unsigned  probability;          /* basis points */
} crm_row_t;


/* the entry of a lead */
void crm_row_index(crm_ixr_t *x);

/* CRM_DECLINED: there is no lead */
int crm_row_read(const u_char *p, crm_row_t *row);

/* as the row of a lead with this source, this country has it */
int crm_row_source(crm_arena_t *a, const crm_str_t *source, int64_t *hash);
int64_t crm_row_country(const crm_str_t *letters);


/* ---- which of them ------------------------------------------------------- */

typedef struct {
    const int64_t  *id;             /* in order */
    unsigned        n;
    unsigned        some:1;         /* otherwise any */
} crm_row_set_t;

typedef struct {
    int64_t         low;            /* low <= value < high */
    int64_t         high;
    unsigned        some:1;
} crm_row_range_t;

typedef struct {
    crm_row_set_t    id[CRM_ROW_IDS];
    crm_row_range_t  num[CRM_ROW_NUMS];
    unsigned         word[CRM_ROW_WORDS];       /* of 1 << value */
} crm_row_filter_t;


/* everything */
void crm_row_filter_init(crm_row_filter_t *filter);

/* any of n values; they are copied and put in order */
int crm_row_filter_ids(crm_row_filter_t *filter, crm_arena_t *a,
    unsigned which, const int64_t *id, unsigned n);

int crm_row_match(const crm_row_filter_t *filter, const crm_row_t *row);

#endif /* CRM_ROW_H */
