/*
 * What a lead knows of its open activities: the text of CRM_LEAD_DUE.
 *
 * Instants, so that "overdue" and "today" need no time zone and no job at
 * midnight (design.md, "Time, money, text").  Who makes the text is the
 * business of the activities.
 */

#include "crm_lead.h"
#include "crm_time.h"


#define CRM_DUE_NUMBERS  6


int
crm_due_parse(const crm_str_t *text, crm_due_t *due)
{
    int64_t    n[CRM_DUE_NUMBERS];
    unsigned   i;
    crm_str_t  part, rest = *text;

    for (i = 0; i < CRM_DUE_NUMBERS; i++) {

        /* the last one has no comma behind it */

        part = i + 1 < CRM_DUE_NUMBERS ? crm_str_part(&rest, ',') : rest;

        if (crm_str_int(&part, &n[i]) != CRM_OK) {
            return CRM_DECLINED;
        }
    }

    due->start = n[0];
    due->end = n[1];
    due->id = n[2];
    due->type = n[3];
    due->day = n[4];
    due->user = n[5];

    return CRM_OK;
}


/* the next activity is the one of the earliest day, then of the lowest id;
   the instants are the earliest of any */

void
crm_due_join(crm_due_t *due, const crm_due_t *other)
{
    int64_t  start, end;

    start = due->start < other->start ? due->start : other->start;
    end = due->end < other->end ? due->end : other->end;

    if (other->day < due->day
        || (other->day == due->day && other->id < due->id))
    {
        *due = *other;
    }

    due->start = start;
    due->end = end;
}


int
crm_due_print(crm_arena_t *a, const crm_due_t *due, crm_str_t *text)
{
    u_char    *p;
    unsigned   i;

    const int64_t  n[CRM_DUE_NUMBERS] = {
        due->start, due->end, due->id, due->type, due->day, due->user
    };

    text->data = crm_arena_bytes(a, CRM_DUE_NUMBERS * 21);

    if (text->data == NULL) {
        return CRM_ERROR;
    }

    p = text->data;

    for (i = 0; i < CRM_DUE_NUMBERS; i++) {
        if (i > 0) {
            *p++ = ',';
        }

        p = crm_int_print(p, n[i]);
    }

    text->len = (size_t) (p - text->data);

    return CRM_OK;
}


int
crm_due_state(const crm_due_t *due, int64_t now)
{
    if (now >= due->end) {
        return CRM_ACT_OVERDUE;
    }

    return now >= due->start ? CRM_ACT_TODAY : CRM_ACT_PLANNED;
}


static u_char *
crm_due_copy(u_char *p, const char *text)
{
    size_t  len = strlen(text);

    memcpy(p, text, len);

    return p + len;
}


u_char *
crm_due_json(u_char *p, const crm_due_t *due)
{
    p = crm_due_copy(p, "{\"id\":");
    p = crm_int_print(p, due->id);
    p = crm_due_copy(p, ",\"type_id\":");
    p = crm_int_print(p, due->type);
    p = crm_due_copy(p, ",\"due_date\":\"");
    p = crm_date_print(p, due->day);
    p = crm_due_copy(p, "\",\"user_id\":");

    if (due->user != 0) {
        p = crm_int_print(p, due->user);

    } else {
        p = crm_due_copy(p, "null");
    }

    *p++ = '}';

    return p;
}
