/* instants, dates, numbers, zone files: accepted is what is printed again */

#include "fuzz.h"
#include "crm_slug.h"
#include "crm_time.h"
#include "crm_tzif.h"


static void
instants(const crm_str_t *input)
{
    int64_t    ms, again;
    u_char     text[CRM_INSTANT_LEN];
    crm_str_t  printed = { CRM_INSTANT_LEN, text };

    if (crm_instant_parse(input, &ms) == CRM_OK) {
        must(crm_instant_print(text, ms) == text + CRM_INSTANT_LEN);
        must(crm_instant_parse(&printed, &again) == CRM_OK && again == ms);
    }

    if (crm_date_parse(input, &ms) == CRM_OK) {
        printed.len = crm_date_print(text, ms) - text;
        must(printed.len == CRM_DATE_LEN && crm_str_eq(&printed, input));
        (void) crm_date_add_months(ms, 13);
        (void) crm_date_add_months(ms, -13);
    }
}


static void
numbers(const crm_str_t *input)
{
    int64_t    n, again;
    u_char     text[32];
    crm_str_t  printed = { 0, text };

    if (crm_str_int(input, &n) == CRM_OK) {
        printed.len = crm_int_print(text, n) - text;
        must(printed.len <= 21);
        must(crm_str_int(&printed, &again) == CRM_OK && again == n);
    }
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    size_t       i;
    crm_tzif_t   zone;

    (void) a;

    instants(input);
    numbers(input);

    must(!crm_slug_valid(input) || input->len <= CRM_SLUG_MAX);

    if (crm_tzif_parse(&zone, input->data, input->len) == CRM_OK) {
        must(zone.n > 0 && zone.at[0] == INT64_MIN);

        for (i = 1; i < zone.n; i++) {
            must(zone.at[i] > zone.at[i - 1]);
            must(zone.offset[i] != zone.offset[i - 1]);
        }

        crm_tzif_free(&zone);
    }
}
