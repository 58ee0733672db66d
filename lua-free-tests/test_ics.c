/* crm_ics: what libical makes of activities (RFC 5545) */

#include "domain.h"
#include "crm_ics.h"


static const crm_entity_t  *const activity_entity =
    &crm_entities[CRM_KIND_ACTIVITY];


/* the feed with this one entry */

static const char *
feed(const char *activity, const char *type, const char *record)
{
    crm_out_t        out;
    crm_str_t        s;
    crm_ics_entry_t  entry;

    entry.activity = stored(activity_entity, activity);
    entry.type = type != NULL
                 ? stored(&crm_entities[CRM_KIND_ACTIVITY_TYPE], type) : NULL;
    entry.slug = crm_str("acme");
    entry.record = str(record);

    crm_out_init(&out, &arena, 1000);

    s = crm_str("Acme");
    assert_int_equal(crm_ics_open(&out, &s), CRM_OK);
    assert_int_equal(crm_ics_entry(&out, &entry), CRM_OK);
    assert_int_equal(crm_ics_close(&out), CRM_OK);
    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


#define HEAD                                                                  \
    "BEGIN:VCALENDAR\r\n"                                                     \
    "X-WR-CALNAME:Acme\r\n"                                                   \
    "VERSION:2.0\r\n"                                                         \
    "PRODID:-//nginx-crm//Calendar//EN\r\n"                                   \
    "CALSCALE:GREGORIAN\r\n"                                                  \
    "METHOD:PUBLISH\r\n"                                                      \
    "BEGIN:VEVENT\r\n"

#define TAIL                                                                  \
    "END:VEVENT\r\n"                                                          \
    "END:VCALENDAR\r\n"


static void
test_timed(void **state)
{
    (void) state;

    assert_string_equal(
        feed("{'id':'7','v':'3','ct':'1795444000000','ut':'1795444001999',"
             "'type':'3','summary':'Demo; part 1, \\\\ hall','note':"
             "'line 1\\nline 2','start':'1795443960000',"
             "'end':'1795447560000','due':'2026-11-23'}",
             "{'id':'3','name':'Meeting'}", "Order"),
        HEAD
        "UID:activity-7@acme.nginx-crm\r\n"
        "SUMMARY:Demo\\; part 1\\, \\\\ hall: Order\r\n"
        "DESCRIPTION:line 1\\nline 2\r\n"
        "DTSTAMP:20261123T142641Z\r\n"
        "LAST-MODIFIED:20261123T142641Z\r\n"
        "CREATED:20261123T142640Z\r\n"
        "SEQUENCE:2\r\n"
        "DTSTART:20261123T142600Z\r\n"
        "DTEND:20261123T152600Z\r\n"
        "STATUS:CONFIRMED\r\n"
        "TRANSP:OPAQUE\r\n"
        TAIL);
}


static void
test_all_day(void **state)
{
    (void) state;

    assert_string_equal(
        feed("{'id':'8','v':'1','ct':'1795444000000','ut':'1795444000000',"
             "'type':'1','due':'2028-02-29'}",
             "{'id':'1','name':'Call'}", "Spring order"),
        HEAD
        "UID:activity-8@acme.nginx-crm\r\n"
        "SUMMARY:Call: Spring order\r\n"
        "DTSTAMP:20261123T142640Z\r\n"
        "LAST-MODIFIED:20261123T142640Z\r\n"
        "CREATED:20261123T142640Z\r\n"
        "SEQUENCE:0\r\n"
        "DTSTART;VALUE=DATE:20280229\r\n"
        "DTEND;VALUE=DATE:20280301\r\n"
        "STATUS:CONFIRMED\r\n"
        "TRANSP:TRANSPARENT\r\n"
        TAIL);
}


static void
test_cancelled(void **state)
{
    const char  *text;

    (void) state;

    text = feed("{'id':'9','v':'2','ct':'1','ut':'-1','type':'1',"
                "'outcome':'cancelled','start':'1795443960000',"
                "'due':'2026-11-23'}", NULL, "");

    assert_non_null(strstr(text, "\r\nSTATUS:CANCELLED\r\n"));
    assert_non_null(strstr(text, "\r\nTRANSP:TRANSPARENT\r\n"));
    assert_non_null(strstr(text, "\r\nSUMMARY:Activity\r\n"));
    assert_non_null(strstr(text, "\r\nDTSTAMP:19691231T235959Z\r\n"));
    assert_null(strstr(text, "DTEND"));
}


/* no line is longer than 75 bytes, none breaks a character, and nothing is
   lost */

static void
test_folding(void **state)
{
    int          i, n;
    char         activity[4000], note[3000], joined[8000], *to;
    const char  *text, *p, *line;

    (void) state;

    for (note[0] = '\0', i = 0; i < 40; i++) {
        strcat(note, "دیدار با مشتری");
        strcat(note, i % 3 == 0 ? "\xe2\x80\x8c" : "abcde");
    }

    n = snprintf(activity, sizeof(activity), "{'id':'7','v':'1','ct':'1',"
                 "'ut':'1','type':'1','note':'%s','due':'2026-11-23'}", note);
    assert_true(n < (int) sizeof(activity));

    text = feed(activity, NULL, "");

    for (to = joined, line = p = text; *p != '\0'; ) {

        if (p[0] == '\r' && p[1] == '\n') {
            assert_true(p - line <= 75);
            p += 2;
            line = p;

            if (*p == ' ') {
                assert_true(((u_char) p[1] & 0xc0) != 0x80);
                p++;
                continue;
            }

            *to++ = '\n';
            continue;
        }

        *to++ = *p++;
    }

    *to = '\0';

    assert_non_null(strstr(joined, note));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_timed),
        domain_test(test_all_day),
        domain_test(test_cancelled),
        domain_test(test_folding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
