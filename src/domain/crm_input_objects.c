/*
 * Lists of objects in a body: steps of a plan, lines of an order.  Each object
 * goes through crm_input_parse() with the table of its items.
 */

#include "crm_input.h"


/* "steps[1]", with ".type_id" where a member is named */

static crm_str_t
crm_input_place(crm_arena_t *a, const crm_field_t *f, size_t i,
    const crm_str_t *member)
{
    return crm_arena_printf(a, "%.*s[%zu]%s%.*s", (int) f->name.len,
                            f->name.data, i, member ? "." : "",
                            member ? (int) member->len : 0,
                            member ? (char *) member->data : "");
}


/* the faults of one object, under its place */

static int
crm_input_object_faults(crm_arena_t *a, const crm_field_t *f, size_t i,
    const crm_faults_t *own, crm_faults_t *faults)
{
    crm_str_t           place, message;
    const crm_fault_t  *fault;

    for (fault = own->first; fault != NULL; fault = fault->next) {
        place = crm_input_place(a, f, i, &fault->field);
        message = crm_arena_printf(a, "%.*s%c", (int) fault->message.len,
                                   fault->message.data, '\0');

        if (place.data == NULL || message.data == NULL) {
            return CRM_ERROR;
        }

        crm_fault(faults, &place, fault->code, (char *) message.data);
    }

    return own->failed ? CRM_ERROR : CRM_OK;
}


static int
crm_input_object(crm_arena_t *a, const crm_field_t *f, size_t i,
    json_t *json, crm_record_t **rec, crm_faults_t *faults)
{
    crm_str_t     place;
    crm_input_t   input;
    crm_faults_t  own;

    if (!json_is_object(json)) {
        place = crm_input_place(a, f, i, NULL);

        if (place.data == NULL) {
            return CRM_ERROR;
        }

        crm_fault(faults, &place, CRM_FAULT_INVALID, "must be an object");

        return CRM_OK;
    }

    crm_faults_init(&own, a);

    if (crm_input_parse(a, f->items, json, CRM_INPUT_CREATE, -1, &input,
                        &own)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    *rec = crm_input_create(a, &input);

    return *rec != NULL ? crm_input_object_faults(a, f, i, &own, faults)
                        : CRM_ERROR;
}


int
crm_input_objects(crm_arena_t *a, const crm_field_t *f, json_t *json,
    crm_value_t *v, int *refused, crm_faults_t *faults)
{
    size_t     i;
    json_t    *item;
    unsigned   n = faults->n;

    crm_value_clear(v);
    *refused = 1;

    if (!json_is_array(json)) {
        crm_fault(faults, &f->name, CRM_FAULT_INVALID,
                  "must be a list of objects");
        return CRM_OK;
    }

    if (json_array_size(json) > (size_t) f->max) {
        crm_fault(faults, &f->name, CRM_FAULT_TOO_LONG,
                  "has too many entries");
        return CRM_OK;
    }

    v->objects.rec = crm_arena_calloc(a, (json_array_size(json) + 1)
                                         * sizeof(crm_record_t *));
    if (v->objects.rec == NULL) {
        return CRM_ERROR;
    }

    json_array_foreach(json, i, item) {
        if (crm_input_object(a, f, i, item, &v->objects.rec[i], faults)
            != CRM_OK)
        {
            return CRM_ERROR;
        }
    }

    *refused = faults->n > n;

    if (*refused) {
        crm_value_clear(v);
        return CRM_OK;
    }

    v->objects.n = json_array_size(json);
    v->set = v->objects.n > 0;

    return CRM_OK;
}


int
crm_input_objects_refs(const crm_conf_t *conf, const crm_field_t *f,
    const crm_value_t *v, crm_faults_t *faults)
{
    int                  found;
    unsigned             i, k;
    crm_str_t            place;
    const crm_value_t   *member;
    const crm_entity_t  *items = f->items;

    for (found = 1, i = 0; i < v->objects.n; i++) {
        for (k = 0; k < items->nfields; k++) {
            member = &v->objects.rec[i]->v[k];

            if (!member->set || items->fields[k].ref >= CRM_CONF_KINDS
                || crm_input_refers(conf, &items->fields[k], member))
            {
                continue;
            }

            place = crm_input_place(faults->arena, f, i,
                                    &items->fields[k].name);
            if (place.data == NULL) {
                faults->failed = 1;
                return 0;
            }

            crm_fault(faults, &place, CRM_FAULT_NOT_FOUND,
                      "there is no such record");
            found = 0;
        }
    }

    return found;
}
