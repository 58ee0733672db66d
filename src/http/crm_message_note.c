/* POST /leads/{id}/messages: a note */

#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_message_load(crm_flow_t *f);
static ngx_int_t crm_message_loaded(crm_flow_t *f);


/* what is sent can be a note only, and may say so */

static void
crm_message_check_kind(crm_flow_t *f, const crm_record_t *values)
{
    const crm_value_t  *kind = &values->v[CRM_MESSAGE_KIND];

    if (kind->set && kind->num != CRM_MESSAGE_NOTE) {
        crm_fault(&f->answer.faults,
                  &values->entity->fields[CRM_MESSAGE_KIND].name,
                  CRM_FAULT_INVALID, "must be note");
    }
}


ngx_int_t
crm_message_create(crm_flow_t *f)
{
    ngx_int_t     rc;
    crm_input_t  *input;

    input = crm_arena_calloc(&f->arena, sizeof(crm_input_t));
    if (input == NULL) {
        return NGX_ERROR;
    }

    f->data = input;

    rc = crm_write_collect(f, &crm_entities[CRM_KIND_MESSAGE],
                           CRM_INPUT_CREATE, -1, input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_message_check_kind(f, input->values);

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix,
                                          crm_request(f)->id[0]),
                          crm_message_load);
}


static ngx_int_t
crm_message_load(crm_flow_t *f)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             crm_request(f)->id[0]),
                  none, none, none);

    return crm_flow_wait(f, crm_message_loaded);
}


static ngx_int_t
crm_message_loaded(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_ops_t      ops;
    crm_rule_t     rule;
    crm_input_t   *input = f->data;
    crm_record_t  *old, *lead, *message;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         crm_request(f)->id[0], &f->reply[0], &old);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    rc = rc == NGX_OK ? crm_lead_visible(f, old) : rc;

    if (rc == NGX_OK) {
        rc = crm_write_match(f, old);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    lead = crm_record_copy(&f->arena, old);
    if (lead == NULL) {
        return NGX_ERROR;
    }

    message = crm_message_new(&rule, lead, CRM_MESSAGE_NOTE,
                              input->values->v[CRM_MESSAGE_BODY].str);

    if (message == NULL
        || crm_lead_commit(&ops, &rule, old, lead, message) != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_CREATED, message, NULL);
    crm_answer_location(f, "/leads/%lld/messages?id=%lld",
                        (long long) crm_record_id(lead),
                        (long long) crm_record_id(message));

    return crm_write_commit(f, &ops);
}
