/*
 * The customer of an opportunity: the contact that is named, that it has, or
 * that is found; else one is made, below the company of the name if there is
 * one; see crm_conversion.h.
 */

#include "crm_change.h"
#include "crm_conversion.h"
#include "crm_respond.h"


const crm_str_t  crm_conversion_contact_name =
    crm_string("customer.contact_id");


static ngx_int_t crm_conversion_matched(crm_flow_t *f);
static ngx_int_t crm_conversion_named_company(crm_flow_t *f);
static ngx_int_t crm_conversion_companies(crm_flow_t *f);
static ngx_int_t crm_conversion_company(crm_flow_t *f);
static ngx_int_t crm_conversion_create(crm_flow_t *f);


/* goes on without another reply */

static ngx_int_t
crm_conversion_next(crm_flow_t *f, crm_conversion_t *c)
{
    f->nreply = 0;

    return c->next(f);
}


/* the contact is there; its company may be one more look away */

static ngx_int_t
crm_conversion_link(crm_flow_t *f, crm_conversion_t *c)
{
    crm_str_t           none = crm_null_string;
    const crm_value_t  *parent = &c->contact->v[CRM_CONTACT_PARENT_ID];

    if (!parent->set) {
        return crm_conversion_next(f, c);
    }

    crm_flow_call(f, "HGETALL",
                  crm_contact_key(&f->arena, &f->tenant->prefix,
                                  parent->num),
                  none, none, none);

    return crm_flow_wait(f, crm_conversion_named_company);
}


static ngx_int_t
crm_conversion_named_company(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_conversion_t  *c = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT],
                         c->contact->v[CRM_CONTACT_PARENT_ID].num,
                         &f->reply[0], &c->company);

    return rc == NGX_ERROR ? rc : crm_conversion_next(f, c);
}


ngx_int_t
crm_conversion_contact(crm_flow_t *f, crm_step_pt next)
{
    crm_conversion_t  *c = f->data;

    c->next = next;

    if (c->contact != NULL) {
        return crm_conversion_link(f, c);
    }

    /* a contact that is already there stays, and there is no second one */

    if (c->customer == CRM_CUSTOMER_NONE
        || c->g.survivor->v[CRM_LEAD_CONTACT_ID].set)
    {
        return crm_conversion_next(f, c);
    }

    if (c->customer == CRM_CUSTOMER_CREATE) {
        return crm_conversion_create(f);
    }

    c->match.lead = c->g.survivor;

    return crm_dup_contact_find(f, &c->match, crm_conversion_matched);
}


static ngx_int_t
crm_conversion_matched(crm_flow_t *f)
{
    crm_conversion_t  *c = f->data;

    if (c->match.contact != NULL) {
        c->contact = c->match.contact;
        return crm_conversion_link(f, c);
    }

    if (c->customer == CRM_CUSTOMER_LINK) {
        crm_fault(&f->answer.faults, &crm_conversion_contact_name,
                  CRM_FAULT_REQUIRED, "no contact matches");
        return crm_answer_faults(f);
    }

    return crm_convert_customer(c->g.survivor, 0) == CRM_CUSTOMER_CREATE
           ? crm_conversion_create(f) : crm_conversion_next(f, c);
}


/* ---- a new one ---------------------------------------------------------- */

static ngx_int_t
crm_conversion_create(crm_flow_t *f)
{
    crm_str_t          name = crm_str("customer.action");
    crm_rule_t         rule;
    crm_conversion_t  *c = f->data;

    crm_write_rule(f, &rule);

    if (crm_convert_contacts(&rule, c->g.survivor, &c->company, &c->contact)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (c->company == NULL && c->contact == NULL) {
        crm_fault(&f->answer.faults, &name, CRM_FAULT_INVALID,
                  "there is no name, company or e-mail address to make a "
                  "contact of");
        return crm_answer_faults(f);
    }

    c->made = 1;

    if (c->company == NULL) {
        return crm_conversion_next(f, c);
    }

    if (crm_dup_contact_ask_name(f, &c->company->v[CRM_CONTACT_NAME].str)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return crm_flow_wait(f, crm_conversion_companies);
}


static ngx_int_t
crm_conversion_companies(crm_flow_t *f)
{
    crm_str_t          none = crm_null_string;
    ngx_uint_t         i;
    crm_conversion_t  *c = f->data;

    c->nids = f->reply[0].n;
    c->ids = crm_arena_alloc(&f->arena, (c->nids + 1) * sizeof(int64_t));

    if (c->ids == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < c->nids; i++) {
        c->ids[i] = crm_dup_contact_id(&f->reply[0].item[i].str);

        crm_flow_call(f, "HGETALL",
                      crm_contact_key(&f->arena, &f->tenant->prefix,
                                      c->ids[i]),
                      none, none, none);
    }

    return c->nids > 0 ? crm_flow_wait(f, crm_conversion_company)
                       : crm_conversion_company(f);
}


/* the oldest company of that name, else a new one */

static ngx_int_t
crm_conversion_company(crm_flow_t *f)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    crm_record_t      *rec, *best;
    crm_conversion_t  *c = f->data;

    for (best = NULL, i = 0; i < c->nids; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT], c->ids[i],
                             &f->reply[i], &rec);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_OK
            && rec->v[CRM_CONTACT_KIND].num == CRM_CONTACT_COMPANY
            && (best == NULL || crm_record_id(rec) < crm_record_id(best)))
        {
            best = rec;
        }
    }

    if (best == NULL) {
        c->made_company = 1;
        best = c->company;
    }

    c->company = best;

    if (c->contact == NULL) {           /* no person: the company itself */
        c->contact = best;
        c->made = 0;
    }

    return crm_conversion_next(f, c);
}


/* ---- the commit --------------------------------------------------------- */

void
crm_conversion_contact_ids(crm_flow_t *f, crm_conversion_t *c)
{
    int64_t  seen;

    if (crm_str_int(&c->counter, &seen) != CRM_OK) {
        seen = 0;
    }

    if (c->made_company) {
        crm_value_set_num(&c->company->v[CRM_ID],
                          crm_tenant_next_id(f->tenant, CRM_KIND_CONTACT,
                                             seen));
    }

    if (c->made) {
        crm_value_set_num(&c->contact->v[CRM_ID],
                          crm_tenant_next_id(f->tenant, CRM_KIND_CONTACT,
                                             seen));

        if (c->company != NULL) {
            crm_value_set_num(&c->contact->v[CRM_CONTACT_PARENT_ID],
                              crm_record_id(c->company));
        }
    }
}


static void
crm_conversion_same(crm_flow_t *f, crm_conversion_t *c, crm_str_t field,
    crm_str_t value)
{
    crm_change_check(&c->g.ops, value.len > 0 ? CRM_CHECK_FIELD_EQ
                                              : CRM_CHECK_FIELD_FREE,
                     f->tenant->root, field,
                     value.len > 0 ? value : crm_str(""),
                     CRM_FAILED_CONTACT);
}


/* what was looked for and not found must still not be there */

static void
crm_conversion_guard(crm_flow_t *f, crm_conversion_t *c)
{
    crm_conversion_same(f, c, crm_str("id:contact"), c->counter);
    crm_conversion_same(f, c, crm_str("late:contact"), c->late);
}


ngx_int_t
crm_conversion_contact_write(crm_flow_t *f, crm_conversion_t *c,
    const crm_rule_t *rule)
{
    ngx_uint_t           i;
    crm_str_t            key;
    const crm_record_t  *made[2];

    made[0] = c->made_company ? c->company : NULL;
    made[1] = c->made ? c->contact : NULL;

    if (c->made || c->made_company) {
        crm_conversion_guard(f, c);
    }

    if (c->company != NULL && !c->made_company) {
        crm_change_same(&c->g.ops,
                        crm_contact_key(&f->arena, &f->tenant->prefix,
                                        crm_record_id(c->company)),
                        c->company, CRM_VERSION, CRM_FAILED_PARENT);
    }

    for (i = 0; i < 2; i++) {
        if (made[i] != NULL
            && crm_contact_commit(&c->g.ops, rule, NULL, made[i]) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < 2; i++) {
        if (made[i] != NULL) {
            key = crm_contact_key(&f->arena, &f->tenant->prefix,
                                  crm_record_id(made[i]));
            crm_ops_makes(&c->g.ops, &key);
        }
    }

    return NGX_OK;
}
