/*
 * Seconds per stage, summed over visits (semantics.md).
 *
 * CRM_LEAD_STAGE_TIMES holds the visits that have ended, as
 * "stage:seconds,stage:seconds"; the present one counts from
 * stage_changed_at.
 */

#include "crm_lead.h"


#define CRM_TIMES_ENTRY  43         /* two integers and their signs */


/* the next entry; CRM_DECLINED at the end, and on what was never written */

static int
crm_times_next(crm_str_t *rest, int64_t *stage, int64_t *seconds)
{
    crm_str_t  one, part;

    one = crm_str_part(rest, ',');
    part = crm_str_part(&one, ':');

    return crm_str_int(&part, stage) == CRM_OK
           && crm_str_int(&one, seconds) == CRM_OK ? CRM_OK : CRM_DECLINED;
}


static int64_t
crm_lead_visit(const crm_record_t *lead, int64_t now)
{
    const crm_value_t  *since = &lead->v[CRM_LEAD_STAGE_CHANGED_AT];

    return since->set && now > since->num ? (now - since->num) / 1000 : 0;
}


int
crm_lead_add_time(crm_arena_t *a, crm_record_t *lead, int64_t now)
{
    u_char     *p;
    int64_t     here, stage, seconds, sum;
    crm_str_t   rest, times;

    if (!lead->v[CRM_LEAD_STAGE_ID].set) {
        return CRM_OK;
    }

    here = lead->v[CRM_LEAD_STAGE_ID].num;
    sum = crm_lead_visit(lead, now);
    rest = lead->v[CRM_LEAD_STAGE_TIMES].str;

    times.data = crm_arena_bytes(a, rest.len + CRM_TIMES_ENTRY);

    if (times.data == NULL) {
        return CRM_ERROR;
    }

    p = times.data;

    while (crm_times_next(&rest, &stage, &seconds) == CRM_OK) {

        if (stage == here) {
            sum += seconds;
            continue;
        }

        p = crm_int_print(p, stage);
        *p++ = ':';
        p = crm_int_print(p, seconds);
        *p++ = ',';
    }

    p = crm_int_print(p, here);
    *p++ = ':';
    p = crm_int_print(p, sum);

    times.len = (size_t) (p - times.data);
    crm_value_set_str(&lead->v[CRM_LEAD_STAGE_TIMES], times);

    return CRM_OK;
}


static void
crm_times_json(crm_out_t *out, unsigned nth, int64_t stage, int64_t seconds)
{
    if (nth > 0) {
        crm_out_char(out, ',');
    }

    crm_out_lit(out, "{\"stage_id\":");
    crm_out_int(out, stage);
    crm_out_lit(out, ",\"seconds\":");
    crm_out_int(out, seconds);
    crm_out_char(out, '}');
}


void
crm_lead_stage_times(crm_out_t *out, const crm_record_t *lead, int64_t now)
{
    int64_t    here, stage, seconds, sum;
    unsigned   n;
    crm_str_t  rest;

    n = 0;
    here = lead->v[CRM_LEAD_STAGE_ID].num;
    sum = crm_lead_visit(lead, now);
    rest = lead->v[CRM_LEAD_STAGE_TIMES].str;

    crm_out_char(out, '[');

    while (crm_times_next(&rest, &stage, &seconds) == CRM_OK) {

        if (stage == here) {
            sum += seconds;

        } else {
            crm_times_json(out, n++, stage, seconds);
        }
    }

    if (here != 0) {
        crm_times_json(out, n, here, sum);
    }

    crm_out_char(out, ']');
}
