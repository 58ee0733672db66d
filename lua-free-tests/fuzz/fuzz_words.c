/* search: a record is found by its own words; a query by itself is safe */

#include "fuzz.h"
#include "crm_words.h"


/* a query of digits and what stands between them is one phone number, which a
   name is not: crm_words.h */

static int
like_a_phone(const crm_strs_t *words)
{
    size_t    k;
    unsigned  i;

    for (i = 0; i < words->n; i++) {
        for (k = 0; k < words->str[i].len; k++) {
            if (words->str[i].data[k] < '0' || words->str[i].data[k] > '9') {
                break;
            }
        }

        if (k == words->str[i].len) {
            return 1;
        }
    }

    return 0;
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    crm_str_t      name, q;
    crm_strs_t     words;
    crm_record_t  *rec;
    crm_ix_list_t  list;

    if (!crm_utf8_valid(input)) {
        return;
    }

    name = crm_text_prefix(input, 200);
    crm_text_trim(&name);

    rec = crm_record_new(a, &crm_entities[CRM_KIND_LEAD]);
    must(rec != NULL);

    crm_value_set_num(&rec->v[CRM_ID], 1);
    crm_value_set_str(&rec->v[crm_field_find(rec->entity, &crm_str("name"),
                                             0)], name);

    crm_ix_init(&list, a, crm_str("crm:{t}:"));
    crm_words_index(&list, "l", rec);
    must(!list.failed);

    if (crm_words_query(a, &name, &words) == CRM_OK
        && !like_a_phone(&words))
    {
        must(crm_words_match(a, rec, &words));
    }

    q = *input;

    if (crm_words_query(a, &q, &words) == CRM_OK) {
        (void) crm_words_match(a, rec, &words);
    }
}
