/*
 * Bodies: JSON to an entity, to its stored form, back, and to JSON again.  The
 * first byte picks the entity, the second what the body is for.
 */

#include "fuzz.h"
#include "crm_input.h"


/* an answer is JSON, whatever was put into the record */

static void
answers(crm_arena_t *a, const crm_record_t *rec)
{
    json_t     *json;
    crm_out_t   out;
    crm_str_t   text;

    crm_out_init(&out, a, 100);
    crm_record_json(&out, rec, NULL);
    must(crm_out_join(&out, &text) == CRM_OK);

    json = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                      NULL);
    must(json != NULL);
    json_decref(json);
}


static void
stores(crm_arena_t *a, const crm_record_t *rec)
{
    unsigned            i;
    crm_str_t           text;
    crm_record_t       *again;
    const crm_field_t  *field;

    must(crm_record_pack(a, rec, &text) == CRM_OK);
    must(crm_record_unpack(a, rec->entity, &text, &again) == CRM_OK);

    for (i = 0; i < rec->entity->nfields; i++) {
        field = &rec->entity->fields[i];

        if (!(field->flags & CRM_F_COMPUTED)) {
            must(crm_value_eq(field->type, &rec->v[i], &again->v[i]));
        }
    }
}


static void
body(crm_arena_t *a, const crm_entity_t *entity, crm_input_mode_t mode,
    json_t *json)
{
    crm_input_t    input;
    crm_faults_t   faults;
    crm_record_t  *rec;

    static crm_conf_t  conf;            /* an empty tenant: no id is known */

    crm_faults_init(&faults, a);

    must(crm_input_parse(a, entity, json, mode, -1, &input, &faults)
         == CRM_OK);
    crm_input_refs(&conf, &input, &faults);

    if (mode == CRM_INPUT_PATCH) {
        rec = crm_record_new(a, entity);
        must(rec != NULL && crm_record_defaults(a, rec) == CRM_OK);
        rec = crm_input_apply(a, &input, rec, &faults);
    } else {
        rec = crm_input_create(a, &input);
    }

    must(rec != NULL);
    answers(a, rec);
    stores(a, rec);
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    json_t              *json;
    crm_str_t            text;
    crm_record_t        *rec;
    const crm_entity_t  *entity;

    if (input->len < 3) {
        return;
    }

    entity = &crm_entities[input->data[0] % CRM_KINDS];

    if (entity->nfields == 0) {
        return;
    }

    text.data = input->data + 2;
    text.len = input->len - 2;

    /* what stands in Redis is ours, but may be damaged */

    if (input->data[1] % 4 == 3) {
        (void) crm_record_unpack(a, entity, &text, &rec);
        return;
    }

    json = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                      NULL);

    if (json_is_object(json)) {
        body(a, entity, input->data[1] % 4, json);
    }

    json_decref(json);
}
