/* iCalendar through libical; see crm_ics.h */

#include <libical/ical.h>
#include <stdlib.h>
#include "crm_ics.h"
#include "crm_time.h"


/* The one call of libical that reads a file (the names of zones, when UTC is
   asked for first) is behind crm_ics_utc(). */

#define CRM_ICS_PRODUCT  "-//nginx-crm//Calendar//EN"


/* adds a property to a component, which owns it from then on */

static int
crm_ics_add(icalcomponent *c, icalproperty *p)
{
    if (p == NULL) {
        return CRM_ERROR;
    }

    icalcomponent_add_property(c, p);

    return CRM_OK;
}


static struct icaltimetype
crm_ics_date(int64_t day)
{
    struct icaltimetype  t = icaltime_null_date();

    crm_date_to_civil(day, &t.year, &t.month, &t.day);

    return t;
}


static struct icaltimetype
crm_ics_utc(int64_t ms)
{
    int64_t              day, rest;
    struct icaltimetype  t;

    day = ms / CRM_DAY_MS - (ms % CRM_DAY_MS < 0);
    rest = (ms - day * CRM_DAY_MS) / 1000;

    t = crm_ics_date(day);

    t.is_date = 0;
    t.hour = rest / 3600;
    t.minute = rest / 60 % 60;
    t.second = rest % 60;
    t.zone = icaltimezone_get_utc_timezone();

    return t;
}


/* libical wants NUL behind a text; ours has none inside */

static char *
crm_ics_cstr(crm_arena_t *a, const crm_str_t *s)
{
    return (char *) crm_arena_printf(a, "%.*s%c", (int) s->len,
                                     s->len > 0 ? (char *) s->data : "",
                                     '\0').data;
}


/* "Call back: Spring order": the summary, or the type, and the record */

static char *
crm_ics_summary(crm_arena_t *a, const crm_ics_entry_t *entry)
{
    crm_str_t           what;
    const crm_value_t  *summary = &entry->activity->v[CRM_ACTIVITY_SUMMARY];

    what = crm_str("Activity");

    if (summary->set) {
        what = summary->str;

    } else if (entry->type != NULL) {
        what = entry->type->v[CRM_ACTIVITY_TYPE_NAME].str;
    }

    if (entry->record.len == 0) {
        return crm_ics_cstr(a, &what);
    }

    return (char *) crm_arena_printf(a, "%.*s: %.*s%c", (int) what.len,
                                     what.data, (int) entry->record.len,
                                     entry->record.data, '\0').data;
}


static int
crm_ics_texts(crm_arena_t *a, icalcomponent *c, const crm_ics_entry_t *entry)
{
    char               *uid, *summary, *note;
    const crm_value_t  *v = entry->activity->v;

    uid = (char *) crm_arena_printf(a, "activity-%lld@%.*s.nginx-crm%c",
                                    (long long) v[CRM_ID].num,
                                    (int) entry->slug.len, entry->slug.data,
                                    '\0').data;
    summary = crm_ics_summary(a, entry);
    note = crm_ics_cstr(a, &v[CRM_ACTIVITY_NOTE].str);

    if (uid == NULL || summary == NULL || note == NULL
        || crm_ics_add(c, icalproperty_new_uid(uid)) != CRM_OK
        || crm_ics_add(c, icalproperty_new_summary(summary)) != CRM_OK)
    {
        return CRM_ERROR;
    }

    return v[CRM_ACTIVITY_NOTE].set
           ? crm_ics_add(c, icalproperty_new_description(note)) : CRM_OK;
}


/* a moment of the record's life: seconds are all that RFC 5545 has */

static int
crm_ics_times(icalcomponent *c, const crm_value_t *v)
{
    struct icaltimetype  updated = crm_ics_utc(v[CRM_UPDATED_AT].num);

    if (crm_ics_add(c, icalproperty_new_dtstamp(updated)) != CRM_OK
        || crm_ics_add(c, icalproperty_new_lastmodified(updated)) != CRM_OK
        || crm_ics_add(c, icalproperty_new_created(
                              crm_ics_utc(v[CRM_CREATED_AT].num)))
           != CRM_OK
        || crm_ics_add(c, icalproperty_new_sequence(
                              (int) (v[CRM_VERSION].num - 1)))
           != CRM_OK)
    {
        return CRM_ERROR;
    }

    if (!v[CRM_ACTIVITY_START_AT].set) {
        return crm_ics_add(c, icalproperty_new_dtstart(
                                  crm_ics_date(v[CRM_ACTIVITY_DUE_DATE].num)))
               == CRM_OK
               ? crm_ics_add(c, icalproperty_new_dtend(
                                  crm_ics_date(v[CRM_ACTIVITY_DUE_DATE].num
                                               + 1)))
               : CRM_ERROR;
    }

    if (crm_ics_add(c, icalproperty_new_dtstart(
                           crm_ics_utc(v[CRM_ACTIVITY_START_AT].num)))
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    return v[CRM_ACTIVITY_END_AT].set
           ? crm_ics_add(c, icalproperty_new_dtend(
                                crm_ics_utc(v[CRM_ACTIVITY_END_AT].num)))
           : CRM_OK;
}


/* what is due on a day does not make the day busy */

static int
crm_ics_status(icalcomponent *c, const crm_value_t *v)
{
    int  cancelled;

    cancelled = v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_CANCELLED;

    if (crm_ics_add(c, icalproperty_new_status(cancelled
                                               ? ICAL_STATUS_CANCELLED
                                               : ICAL_STATUS_CONFIRMED))
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    return crm_ics_add(c, icalproperty_new_transp(
                              v[CRM_ACTIVITY_START_AT].set && !cancelled
                              ? ICAL_TRANSP_OPAQUE
                              : ICAL_TRANSP_TRANSPARENT));
}


static int
crm_ics_print(crm_out_t *out, icalcomponent *c)
{
    char  *text;

    text = icalcomponent_as_ical_string_r(c);
    if (text == NULL) {
        return CRM_ERROR;
    }

    crm_out_bytes(out, text, strlen(text));
    free(text);

    return out->failed ? CRM_ERROR : CRM_OK;
}


int
crm_ics_entry(crm_out_t *out, const crm_ics_entry_t *entry)
{
    int                 rc;
    icalcomponent      *c;
    const crm_value_t  *v = entry->activity->v;

    c = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    if (c == NULL) {
        return CRM_ERROR;
    }

    rc = CRM_ERROR;

    if (crm_ics_texts(out->arena, c, entry) == CRM_OK
        && crm_ics_times(c, v) == CRM_OK
        && crm_ics_status(c, v) == CRM_OK)
    {
        rc = crm_ics_print(out, c);
    }

    icalcomponent_free(c);

    return rc;
}


/* the frame is a calendar without entries, cut before its last line */

static const char  crm_ics_end[] = "END:VCALENDAR\r\n";


static int
crm_ics_frame(crm_arena_t *a, icalcomponent *c, const crm_str_t *name)
{
    char          *text;
    icalproperty  *title;

    text = crm_ics_cstr(a, name);
    title = text ? icalproperty_new_x(text) : NULL;

    if (title == NULL) {
        return CRM_ERROR;
    }

    icalproperty_set_x_name(title, "X-WR-CALNAME");

    if (crm_ics_add(c, title) != CRM_OK
        || crm_ics_add(c, icalproperty_new_version("2.0")) != CRM_OK
        || crm_ics_add(c, icalproperty_new_prodid(CRM_ICS_PRODUCT)) != CRM_OK
        || crm_ics_add(c, icalproperty_new_calscale("GREGORIAN")) != CRM_OK
        || crm_ics_add(c, icalproperty_new_method(ICAL_METHOD_PUBLISH))
           != CRM_OK)
    {
        return CRM_ERROR;
    }

    return CRM_OK;
}


int
crm_ics_open(crm_out_t *out, const crm_str_t *name)
{
    char           *text;
    size_t          len;
    icalcomponent  *c;

    /* a fault of one entry must not abort the process */

    icalerror_set_errors_are_fatal(0);

    c = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    if (c == NULL) {
        return CRM_ERROR;
    }

    text = crm_ics_frame(out->arena, c, name) == CRM_OK
           ? icalcomponent_as_ical_string_r(c) : NULL;

    icalcomponent_free(c);

    if (text == NULL) {
        return CRM_ERROR;
    }

    len = strlen(text);

    if (len > sizeof(crm_ics_end) - 1) {
        crm_out_bytes(out, text, len - (sizeof(crm_ics_end) - 1));
    }

    free(text);

    return out->failed ? CRM_ERROR : CRM_OK;
}


int
crm_ics_close(crm_out_t *out)
{
    crm_out_bytes(out, crm_ics_end, sizeof(crm_ics_end) - 1);
    icalmemory_free_ring();

    return out->failed ? CRM_ERROR : CRM_OK;
}
