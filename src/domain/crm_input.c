/* JSON to records; see crm_input.h */

#include "crm_input.h"


/* one member of the body, whose field is known */

static int
crm_input_member(crm_arena_t *a, crm_input_t *input, unsigned k,
    json_t *json, int nobody, crm_faults_t *faults)
{
    int                 rc, refused;
    const char         *message;
    crm_fault_code_t    code;
    const crm_field_t  *f = &input->entity->fields[k];

    if (json_is_null(json) && input->mode != CRM_INPUT_PATCH) {
        if ((int) k == nobody) {
            crm_mask_set(&input->present, k);
        }

        return CRM_OK;
    }

    if (f->flags & CRM_F_READ_ONLY) {
        if (input->mode == CRM_INPUT_PATCH) {
            crm_mask_set(&input->repeated, k);
        } else {
            crm_fault(faults, &f->name, CRM_FAULT_READ_ONLY,
                      "the field is read only");
        }

        return CRM_OK;
    }

    if (!json_is_null(json) && f->type == CRM_T_OBJECTS) {
        if (crm_input_objects(a, f, json, &input->values->v[k], &refused,
                              faults)
            != CRM_OK)
        {
            return CRM_ERROR;
        }

        if (refused) {
            crm_mask_set(&input->refused, k);
            return CRM_OK;
        }

    } else if (!json_is_null(json)) {
        rc = crm_input_value(a, f, json, &input->values->v[k], &code,
                             &message);

        if (rc == CRM_DECLINED) {
            crm_fault(faults, &f->name, code, message);
            crm_value_clear(&input->values->v[k]);
            crm_mask_set(&input->refused, k);
            return CRM_OK;
        }

        if (rc != CRM_OK) {
            return rc;
        }
    }

    crm_mask_set(&input->present, k);

    return CRM_OK;
}


/* a required field that is missing in a creation, or cleared by a patch */

static void
crm_input_required(crm_input_t *input, crm_faults_t *faults)
{
    unsigned            i;
    const crm_field_t  *f;

    if (input->mode == CRM_INPUT_CHECK) {
        return;
    }

    for (i = 0; i < input->entity->nfields; i++) {
        f = &input->entity->fields[i];

        if (!(f->flags & CRM_F_REQUIRED) || input->values->v[i].set
            || crm_mask_has(&input->refused, i))
        {
            continue;
        }

        if (input->mode == CRM_INPUT_PATCH
            ? crm_mask_has(&input->present, i)
            : f->value == NULL || crm_mask_has(&input->present, i))
        {
            crm_fault(faults, &f->name, CRM_FAULT_REQUIRED,
                      "a value is required");
        }
    }
}


int
crm_input_parse(crm_arena_t *a, const crm_entity_t *entity, json_t *body,
    crm_input_mode_t mode, int nobody, crm_input_t *input,
    crm_faults_t *faults)
{
    int        k;
    void      *iter;
    unsigned   hint;
    crm_str_t  name;

    memset(input, 0, sizeof(crm_input_t));

    input->entity = entity;
    input->mode = mode;
    input->body = body;
    input->values = crm_record_new(a, entity);

    if (input->values == NULL) {
        return CRM_ERROR;
    }

    hint = 0;

    for (iter = json_object_iter(body);
         iter != NULL;
         iter = json_object_iter_next(body, iter))
    {
        name.data = (u_char *) json_object_iter_key(iter);
        name.len = strlen((char *) name.data);

        k = crm_field_find(entity, &name, hint);

        if (k < 0 || (entity->fields[k].flags & CRM_F_HIDDEN)) {
            crm_fault(faults, &name, CRM_FAULT_UNKNOWN_FIELD,
                      "there is no such field");
            continue;
        }

        hint = k + 1;

        if (crm_input_member(a, input, k, json_object_iter_value(iter),
                             nobody, faults)
            != CRM_OK)
        {
            return CRM_ERROR;
        }
    }

    crm_input_required(input, faults);

    return CRM_OK;
}


/* see crm_input.h */

int
crm_input_refers(const crm_conf_t *conf, const crm_field_t *f,
    const crm_value_t *v)
{
    unsigned  k;

    if (f->type == CRM_T_ID) {
        return crm_conf_find(conf, f->ref, v->num) != NULL;
    }

    for (k = 0; f->type == CRM_T_IDS && k < v->ids.n; k++) {
        if (crm_conf_find(conf, f->ref, v->ids.id[k]) == NULL) {
            return 0;
        }
    }

    return 1;
}


void
crm_input_refs(const crm_conf_t *conf, crm_input_t *input,
    crm_faults_t *faults)
{
    unsigned            i;
    const crm_field_t  *f;

    for (i = 0; i < input->entity->nfields; i++) {
        f = &input->entity->fields[i];

        if (!input->values->v[i].set || f->ref >= CRM_CONF_KINDS
            || (f->type == CRM_T_OBJECTS
                ? crm_input_objects_refs(conf, f, &input->values->v[i],
                                         faults)
                : crm_input_refers(conf, f, &input->values->v[i])))
        {
            continue;
        }

        if (f->type != CRM_T_OBJECTS) {
            crm_fault(faults, &f->name, CRM_FAULT_NOT_FOUND,
                      "there is no such record");
        }

        crm_value_clear(&input->values->v[i]);
        crm_mask_unset(&input->present, i);
        crm_mask_set(&input->refused, i);
    }
}


crm_record_t *
crm_input_create(crm_arena_t *a, const crm_input_t *input)
{
    crm_record_t  *rec;

    rec = crm_record_copy(a, input->values);

    if (rec == NULL || crm_record_defaults(a, rec) != CRM_OK) {
        return NULL;
    }

    return rec;
}


/* a read-only field may be sent back as it was read */

static int
crm_input_repeats(crm_arena_t *a, const crm_field_t *f,
    const crm_value_t *v, json_t *json)
{
    int           same;
    json_t       *now;
    crm_out_t     out;
    crm_str_t     text;

    crm_out_init(&out, a, 64);
    crm_value_json(&out, f, v);

    if (crm_out_join(&out, &text) != CRM_OK) {
        return 0;
    }

    now = json_loadb((char *) text.data, text.len, JSON_DECODE_ANY, NULL);
    same = now != NULL && json_equal(now, json);
    json_decref(now);

    return same;
}


crm_record_t *
crm_input_apply(crm_arena_t *a, const crm_input_t *input,
    const crm_record_t *old, crm_faults_t *faults)
{
    unsigned            i;
    crm_record_t       *rec;
    const crm_field_t  *f;

    rec = crm_record_copy(a, old);
    if (rec == NULL) {
        return NULL;
    }

    for (i = 0; i < old->entity->nfields; i++) {
        f = &old->entity->fields[i];

        if (crm_mask_has(&input->repeated, i)
            && (f->flags & CRM_F_READ_ONLY)
            && !crm_input_repeats(a, f, &old->v[i],
                                  json_object_get(input->body,
                                                  (char *) f->name.data)))
        {
            crm_fault(faults, &f->name, CRM_FAULT_READ_ONLY,
                      "the field is read only");
        }

        if (!crm_mask_has(&input->present, i)) {
            continue;
        }

        rec->v[i] = input->values->v[i];

        if ((f->flags & CRM_F_ONCE)
            && !crm_value_eq(f->type, &rec->v[i], &old->v[i]))
        {
            crm_fault(faults, &f->name, CRM_FAULT_READ_ONLY,
                      "the field is set at creation only");
        }
    }

    return crm_record_defaults(a, rec) == CRM_OK ? rec : NULL;
}
