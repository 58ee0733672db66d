/* the table of problems and the list of faults; knows no entity */

#include "crm_problem.h"


#define CRM_FAULTS_MAX       100
#define CRM_FAULT_FIELD_MAX  256


const crm_problem_info_t  crm_problems[CRM_P_MAX] = {
#define CRM_PROBLEM_ROW(id, status, code, title)                              \
    { status, crm_string(code), crm_string(title) },
    CRM_PROBLEMS(CRM_PROBLEM_ROW)
#undef CRM_PROBLEM_ROW
};


const crm_str_t  crm_fault_codes[CRM_FAULT_MAX] = {
    crm_string("unknown_field"),
    crm_string("invalid"),
    crm_string("required"),
    crm_string("too_long"),
    crm_string("not_found"),
    crm_string("taken"),
    crm_string("read_only")
};


void
crm_faults_init(crm_faults_t *faults, crm_arena_t *arena)
{
    faults->arena = arena;
    faults->first = NULL;
    faults->last = &faults->first;
    faults->n = 0;
    faults->failed = 0;
}


void
crm_fault(crm_faults_t *faults, const crm_str_t *field, crm_fault_code_t code,
    const char *message)
{
    size_t        len;
    crm_fault_t  *f;

    if (faults->n++ >= CRM_FAULTS_MAX) {
        return;
    }

    /* an unknown field's name is the client's: megabytes are not sent back */

    len = field->len;

    if (len > CRM_FAULT_FIELD_MAX) {
        len = CRM_FAULT_FIELD_MAX;

        while (len > 0 && (field->data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    f = crm_arena_calloc(faults->arena, sizeof(crm_fault_t));

    if (f == NULL
        || crm_arena_dup(faults->arena, &f->field, field->data, len)
           != CRM_OK
        || crm_arena_dup(faults->arena, &f->message, message, strlen(message))
           != CRM_OK)
    {
        faults->failed = 1;
        return;
    }

    f->code = code;

    *faults->last = f;
    faults->last = &f->next;
}
