/*
 * How many activities a salesperson may see.
 *
 * Theirs, those on their records and those on nobody's are three sorted sets
 * by segment (crm_acts_own()); what is theirs on nobody's records stands in
 * the first and in the last, and is taken off again.
 */

#include "crm_activities_int.h"


#define CRM_ACTS_SETS   3
#define CRM_ACTS_TWICE  4000    /* entries that are looked up in the other */


static ngx_int_t crm_acts_count(crm_flow_t *f);
static ngx_int_t crm_acts_cards(crm_flow_t *f);
static ngx_int_t crm_acts_counted(crm_flow_t *f);


void
crm_acts_total(crm_acts_t *acts)
{
    crm_scan_t  *scan = &acts->scan;

    if (acts->twice && !acts->inexact && !scan->use_bits
        && scan->query.nfilters == 1)
    {
        scan->count = crm_acts_count;
    }
}


static ngx_int_t
crm_acts_count(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_str_t    none = crm_null_string;
    crm_scan_t  *scan = f->data;

    for (i = 0; i < scan->nsources; i++) {
        crm_flow_call(f, "ZCARD", scan->source[i].key, none, none, none);
    }

    return crm_flow_wait(f, crm_acts_cards);
}


/* the cards of the segments, set by set */

static ngx_int_t
crm_acts_cards(crm_flow_t *f)
{
    ngx_uint_t   i, last;
    crm_scan_t  *scan = f->data;

    last = scan->nsources - scan->nsources / CRM_ACTS_SETS;

    for (i = 0; i < scan->nsources; i++) {
        scan->total += f->reply[i].num;

        if (last + i < scan->nsources
            && f->reply[i].num > CRM_ACTS_TWICE
            && f->reply[last + i].num > CRM_ACTS_TWICE)
        {
            return crm_scan_go_on(f);
        }
    }

    for (i = 0; last + i < scan->nsources; i++) {
        crm_flow_call(f, "ZINTERCARD", crm_str("2"), scan->source[i].key,
                      scan->source[last + i].key, (crm_str_t) crm_null_string);
    }

    return crm_flow_wait(f, crm_acts_counted);
}


static ngx_int_t
crm_acts_counted(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_scan_t  *scan = f->data;

    for (i = 0; i < f->nreply; i++) {
        scan->total -= f->reply[i].num;
    }

    /* writes between the counts must not show below nothing */

    scan->total = ngx_max(scan->total, 0);
    scan->counted = 1;

    return crm_scan_go_on(f);
}
