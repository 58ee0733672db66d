/*
 * From a JSON body to a record: types, limits, unknown fields, read-only
 * fields, defaults, references (api.md, "Bodies").  All faults are reported
 * at once; nothing here knows a particular entity.
 */

#ifndef CRM_INPUT_H
#define CRM_INPUT_H

#include <jansson.h>
#include "crm_conf.h"


typedef enum {
    CRM_INPUT_CREATE,           /* null means absent, read-only is refused */
    CRM_INPUT_PATCH,            /* merge patch: null clears */
    CRM_INPUT_CHECK             /* as CREATE, but nothing is required */
} crm_input_mode_t;

typedef struct {
    const crm_entity_t  *entity;
    crm_input_mode_t     mode;
    crm_record_t        *values;
    crm_mask_t           present;       /* named and accepted */
    crm_mask_t           refused;       /* named with a faulty value */
    crm_mask_t           repeated;      /* read-only fields in a PATCH */
    json_t              *body;          /* borrowed */
} crm_input_t;


/*
 * Strings are copied into the arena, the body can go once apply is done.
 * CRM_OK also with faults: the caller looks at faults->n.  A field of
 * `nobody` (a number, or -1) is noted as present when it is null in a
 * creation: user_id null means nobody there.
 */
int crm_input_parse(crm_arena_t *a, const crm_entity_t *entity,
    json_t *body, crm_input_mode_t mode, int nobody, crm_input_t *input,
    crm_faults_t *faults);

/* present ids of configuration kinds must exist in the snapshot; those that do
   not are faults, and taken out so that rules meet only what exists */
void crm_input_refs(const crm_conf_t *conf, crm_input_t *input,
    crm_faults_t *faults);

/* a new record with what the input gives and the table's defaults */
crm_record_t *crm_input_create(crm_arena_t *a, const crm_input_t *input);

/* old with the patch applied; read-only fields must repeat what old holds
   (computed ones too: fill them before).  NULL: out of memory. */
crm_record_t *crm_input_apply(crm_arena_t *a, const crm_input_t *input,
    const crm_record_t *old, crm_faults_t *faults);

/* one value of any type but OBJECTS; on a fault says which, and the
   message */
int crm_input_value(crm_arena_t *a, const crm_field_t *f, json_t *json,
    crm_value_t *v, crm_fault_code_t *code, const char **message);


/* ---- crm_input_form.c ---------------------------------------------------- */

/* whether a text, trimmed and not empty, has the form of its type;
   CRM_DECLINED: the message says what it is not */
int crm_input_form(crm_type_t type, const crm_str_t *s,
    const char **message);


/* ---- crm_input_objects.c: lists of objects ------------------------------- */

/*
 * A list of objects, each whole: what it leaves out is the table's default.
 * Faults are named by their place, "steps[1].type_id".  An empty list is
 * unset.  *refused says whether there were any faults.
 */
int crm_input_objects(crm_arena_t *a, const crm_field_t *f, json_t *json,
    crm_value_t *v, int *refused, crm_faults_t *faults);

/* ids of configuration kinds in the objects exist; faults by their place */
int crm_input_objects_refs(const crm_conf_t *conf, const crm_field_t *f,
    const crm_value_t *v, crm_faults_t *faults);

/* every id of a value exists in the snapshot */
int crm_input_refers(const crm_conf_t *conf, const crm_field_t *f,
    const crm_value_t *v);

#endif /* CRM_INPUT_H */
