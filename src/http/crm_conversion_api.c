/*
 * GET /leads/{id}/conversion, what a dialog should preselect, and POST
 * /leads/{id}/convert (api.md, section 5).
 */

#include "crm_actions.h"
#include "crm_conversion.h"
#include "crm_dup_http.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


typedef struct {
    crm_view_t           view;
    crm_record_t        *lead;
    crm_dup_find_t       find;
    crm_dup_contact_t    match;
} crm_proposal_t;


static ngx_int_t crm_proposal_loaded(crm_flow_t *f);
static ngx_int_t crm_proposal_found(crm_flow_t *f);
static ngx_int_t crm_proposal_matched(crm_flow_t *f);
static ngx_int_t crm_proposal_answer(crm_flow_t *f);


/* ---- the proposal ------------------------------------------------------- */

ngx_int_t
crm_lead_conversion(crm_flow_t *f)
{
    crm_str_t        none = crm_null_string;
    crm_proposal_t  *p;

    p = crm_arena_calloc(&f->arena, sizeof(crm_proposal_t));
    if (p == NULL) {
        return NGX_ERROR;
    }

    f->data = p;

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    crm_view_init(f, &crm_entities[CRM_KIND_LEAD], &p->view);

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             crm_request(f)->id[0]),
                  none, none, none);

    return crm_flow_wait(f, crm_proposal_loaded);
}


static ngx_int_t
crm_proposal_loaded(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_proposal_t  *p = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         crm_request(f)->id[0], &f->reply[0], &p->lead);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    rc = rc == NGX_OK ? crm_lead_readable(f, p->lead) : rc;

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (!crm_lead_convertible(p->lead)) {
        return crm_flow_problem(f, CRM_P_NOT_CONVERTIBLE, NULL);
    }

    p->find.lead = p->lead;
    p->find.self = crm_record_id(p->lead);
    p->find.whole = 1;

    return crm_dup_find(f, &p->find, 1, crm_proposal_found);
}


static ngx_int_t
crm_proposal_found(crm_flow_t *f)
{
    crm_proposal_t  *p = f->data;

    p->match.lead = p->lead;

    return p->lead->v[CRM_LEAD_CONTACT_ID].set
           ? crm_proposal_matched(f)
           : crm_dup_contact_find(f, &p->match, crm_proposal_matched);
}


static ngx_int_t
crm_proposal_matched(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_record_t    **lead;
    crm_proposal_t   *p = f->data;

    lead = crm_arena_alloc(&f->arena, (p->find.n + 1)
                                      * sizeof(crm_record_t *));
    if (lead == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < p->find.n; i++) {
        lead[i] = p->find.match[i].lead;
    }

    return crm_dup_view(f, &p->view, lead, p->find.n, crm_proposal_answer);
}


static void
crm_proposal_id(crm_out_t *out, const crm_value_t *v)
{
    if (v->set) {
        crm_out_int(out, v->num);
    } else {
        crm_out_lit(out, "null");
    }
}


static void
crm_proposal_customer(crm_out_t *out, crm_proposal_t *p)
{
    crm_customer_t  action;

    action = crm_convert_customer(p->lead, p->match.contact != NULL);

    crm_out_lit(out, ",\"customer\":{\"action\":");
    crm_out_json(out, &crm_words_customer.word[action]);
    crm_out_lit(out, ",\"contact_id\":");

    crm_proposal_id(out, p->match.contact != NULL
                         ? &p->match.contact->v[CRM_ID]
                         : &p->lead->v[CRM_LEAD_CONTACT_ID]);
    crm_out_char(out, '}');
}


static ngx_int_t
crm_proposal_answer(crm_flow_t *f)
{
    ngx_uint_t       i;
    crm_out_t       *out;
    crm_proposal_t  *p = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_lit(out, "{\"action\":");
    crm_out_json(out, &crm_words_convert.word[p->find.n > 0]);
    crm_out_lit(out, ",\"duplicates\":[");

    for (i = 0; i < p->find.n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_dup_match_json(f, &p->view, out, &p->find.match[i]);
    }

    crm_out_char(out, ']');

    crm_proposal_customer(out, p);

    crm_out_lit(out, ",\"team_id\":");
    crm_proposal_id(out, &p->lead->v[CRM_LEAD_TEAM_ID]);
    crm_out_lit(out, ",\"user_id\":");
    crm_proposal_id(out, &p->lead->v[CRM_LEAD_USER_ID]);
    crm_out_char(out, '}');

    return NGX_OK;
}


/* ---- the conversion ----------------------------------------------------- */

/* faults of the customer, under its name */

static void
crm_convert_nested(crm_flow_t *f, const crm_faults_t *own)
{
    crm_str_t           name, message;
    const crm_fault_t  *fault;

    for (fault = own->first; fault != NULL; fault = fault->next) {
        name = crm_arena_printf(&f->arena, "customer.%.*s",
                                (int) fault->field.len, fault->field.data);
        message = crm_arena_printf(&f->arena, "%.*s%c",
                                   (int) fault->message.len,
                                   fault->message.data, '\0');

        if (message.data != NULL) {
            crm_fault(&f->answer.faults, &name, fault->code,
                      (char *) message.data);
        }
    }
}


static ngx_int_t
crm_convert_take_customer(crm_flow_t *f, json_t *customer,
    crm_conversion_t *c)
{
    crm_str_t           name = crm_str("customer");
    crm_input_t         input;
    crm_faults_t        own;
    const crm_value_t  *v;

    c->customer = CRM_CUSTOMER_PROPOSED;

    if (customer == NULL || json_is_null(customer)) {
        return NGX_OK;
    }

    if (!json_is_object(customer)) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_INVALID,
                  "must be an object");
        return NGX_OK;
    }

    crm_faults_init(&own, &f->arena);

    if (crm_input_parse(&f->arena, &crm_action_customer, customer,
                        CRM_INPUT_CREATE, -1, &input, &own)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    v = input.values->v;

    if (v[CRM_CUSTOMER_ACTION].set) {
        c->customer = v[CRM_CUSTOMER_ACTION].num;
    }

    c->contact_id = v[CRM_CUSTOMER_CONTACT_ID].num;

    if (c->contact_id != 0 && c->customer != CRM_CUSTOMER_LINK
        && c->customer != CRM_CUSTOMER_PROPOSED)
    {

        /* a dialog may send what it showed before another choice */

        c->contact_id = 0;
    }

    crm_convert_nested(f, &own);

    return NGX_OK;
}


static void
crm_convert_take(crm_flow_t *f, const crm_input_t *input,
    crm_conversion_t *c)
{
    unsigned            i;
    ngx_uint_t          others;
    const crm_field_t  *field;
    const crm_value_t  *v = input->values->v;

    c->merge = v[CRM_CONVERT_ACTION].num == 1;
    c->given = crm_mask_has(&input->present, CRM_CONVERT_DUPLICATE_IDS);
    c->with = v[CRM_CONVERT_DUPLICATE_IDS].ids;
    c->to.has_team = v[CRM_CONVERT_TEAM_ID].set;
    c->to.team = v[CRM_CONVERT_TEAM_ID].num;
    c->to.has_user = crm_mask_has(&input->present, CRM_CONVERT_USER_ID);
    c->to.user = v[CRM_CONVERT_USER_ID].num;

    if (!c->merge || !c->given) {
        return;
    }

    for (others = 0, i = 0; i < c->with.n; i++) {
        others += c->with.id[i] != c->id;
    }

    field = &crm_action_convert.fields[CRM_CONVERT_DUPLICATE_IDS];

    if (others == 0) {
        crm_fault(&f->answer.faults, &field->name, CRM_FAULT_REQUIRED,
                  "a record to merge is required");

    } else if (others > CRM_MERGE_MAX - 1) {
        crm_fault(&f->answer.faults, &field->name, CRM_FAULT_TOO_LONG,
                  "has too many entries");
    }
}


static ngx_int_t
crm_convert_parse(crm_flow_t *f, crm_conversion_t *c)
{
    json_t       *body;
    ngx_int_t     rc;
    crm_input_t   input;

    rc = crm_body_parse(crm_request(f), 1);
    if (rc != NGX_OK) {
        return rc;
    }

    body = crm_request(f)->body != NULL ? json_copy(crm_request(f)->body)
                                        : json_object();
    if (body == NULL) {
        return NGX_ERROR;
    }

    rc = crm_convert_take_customer(f, json_object_get(body, "customer"), c);

    (void) json_object_del(body, "customer");

    if (rc == NGX_OK
        && crm_input_parse(&f->arena, &crm_action_convert, body,
                           CRM_INPUT_CREATE, CRM_CONVERT_USER_ID, &input,
                           &f->answer.faults)
           != CRM_OK)
    {
        rc = NGX_ERROR;
    }

    json_decref(body);

    if (rc == NGX_OK) {
        crm_input_refs(f->conf, &input, &f->answer.faults);
        crm_convert_take(f, &input, c);
    }

    return rc;
}


ngx_int_t
crm_lead_convert_handler(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_conversion_t  *c;

    c = crm_arena_calloc(&f->arena, sizeof(crm_conversion_t));
    if (c == NULL) {
        return NGX_ERROR;
    }

    f->data = c;

    c->id = crm_request(f)->id[0];
    c->use_header = 1;

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    rc = crm_convert_parse(f, c);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    return crm_conversion_start(f);
}
