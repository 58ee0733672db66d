/* conversion: what becomes of a lead, and its customer; see crm_convert.h */

#include "crm_change.h"
#include "crm_convert.h"


int
crm_lead_convertible(const crm_record_t *lead)
{
    const crm_value_t  *v = lead->v;

    return v[CRM_LEAD_TYPE].num == CRM_TYPE_LEAD
           && v[CRM_LEAD_STATE].num == CRM_STATE_OPEN
           && v[CRM_LEAD_ACTIVE].num;
}


crm_customer_t
crm_convert_customer(const crm_record_t *lead, unsigned match)
{
    const crm_value_t  *v = lead->v;

    if (match || v[CRM_LEAD_CONTACT_ID].set) {
        return CRM_CUSTOMER_LINK;
    }

    return v[CRM_LEAD_CONTACT_NAME].set || v[CRM_LEAD_COMPANY_NAME].set
           || v[CRM_LEAD_EMAIL].set ? CRM_CUSTOMER_CREATE : CRM_CUSTOMER_NONE;
}


static int64_t
crm_convert_team(const crm_record_t *lead, const crm_convert_t *c)
{
    return c->has_team ? c->team : lead->v[CRM_LEAD_TEAM_ID].num;
}


/* the stage that it has, where that fits */

static const crm_record_t *
crm_convert_stage(const crm_rule_t *rule, const crm_record_t *lead,
    const crm_convert_t *c)
{
    int64_t              team = crm_convert_team(lead, c);
    const crm_record_t  *stage;

    stage = crm_conf_find(rule->conf, CRM_KIND_STAGE,
                          lead->v[CRM_LEAD_STAGE_ID].num);

    return stage != NULL && crm_stage_fits(stage, team)
           ? stage : crm_stage_first(rule->conf, team);
}


int
crm_lead_convert_column(const crm_rule_t *rule, const crm_record_t *was,
    const crm_record_t *lead, const crm_convert_t *c, crm_column_t *column)
{
    const crm_record_t  *stage;

    stage = crm_convert_stage(rule, lead, c);

    column->type = CRM_TYPE_OPPORTUNITY;
    column->stage = stage != NULL ? crm_record_id(stage) : 0;
    column->empty = 1;
    column->top = 0;

    return was->v[CRM_LEAD_TYPE].num == CRM_TYPE_OPPORTUNITY
           && was->v[CRM_LEAD_STAGE_ID].num == column->stage ? CRM_DECLINED
                                                             : CRM_OK;
}


int
crm_lead_convert(const crm_rule_t *rule, const crm_record_t *lead,
    const crm_convert_t *c, const crm_column_t *column,
    crm_record_t **opportunity)
{
    crm_value_t         *v;
    crm_record_t        *rec;
    const crm_record_t  *stage;

    rec = crm_record_copy(rule->arena, lead);
    if (rec == NULL) {
        return CRM_ERROR;
    }

    *opportunity = rec;
    v = rec->v;

    if (c->has_team) {
        crm_lead_put_id(rec, CRM_LEAD_TEAM_ID, c->team);
    }

    if (c->has_user) {
        crm_lead_assign(rule, lead, rec, c->user);
    }

    crm_value_set_num(&v[CRM_LEAD_TYPE], CRM_TYPE_OPPORTUNITY);
    crm_value_set_num(&v[CRM_LEAD_CONVERTED_AT], rule->now);

    if (column != NULL) {
        crm_value_set_num(&v[CRM_LEAD_RANK], crm_rank_top(column));
    }

    if (c->contact != NULL) {
        crm_value_set_num(&v[CRM_LEAD_CONTACT_ID], crm_record_id(c->contact));
        crm_lead_fill(rec, c->contact, c->company);
    }

    stage = crm_convert_stage(rule, lead, c);

    return stage == NULL || v[CRM_LEAD_STAGE_ID].num == crm_record_id(stage)
           ? CRM_OK : crm_lead_enter(rule, rec, stage);
}


/* ---- the customer ------------------------------------------------------- */

static crm_record_t *
crm_convert_contact(const crm_rule_t *rule, const crm_record_t *lead,
    int64_t kind, crm_str_t name)
{
    crm_record_t  *rec;

    rec = crm_record_new(rule->arena, &crm_entities[CRM_KIND_CONTACT]);

    if (rec == NULL || crm_record_defaults(rule->arena, rec) != CRM_OK) {
        return NULL;
    }

    crm_value_set_str(&rec->v[CRM_CONTACT_NAME], name);
    crm_value_set_num(&rec->v[CRM_CONTACT_KIND], kind);
    rec->v[CRM_CONTACT_USER_ID] = lead->v[CRM_LEAD_USER_ID];

    crm_change_created(rule, rec);

    return rec;
}


static void
crm_convert_reached(crm_record_t *rec, const crm_record_t *lead)
{
    rec->v[CRM_CONTACT_PHONE] = lead->v[CRM_LEAD_PHONE];
    rec->v[CRM_CONTACT_EMAIL] = lead->v[CRM_LEAD_EMAIL];
}


static crm_str_t
crm_convert_person(const crm_record_t *lead)
{
    crm_str_t  name;
    u_char    *at;

    if (lead->v[CRM_LEAD_CONTACT_NAME].set) {
        return lead->v[CRM_LEAD_CONTACT_NAME].str;
    }

    name = lead->v[CRM_LEAD_EMAIL].str;

    /* the local part may hold one in quotes */

    for (at = name.data + name.len; at > name.data && at[-1] != '@'; at--) {
        /* void */
    }

    name.len = at > name.data ? (size_t) (at - name.data) - 1 : name.len;

    if (name.len > CRM_NAME_MAX) {
        name.len = 0;
    }

    return name;
}


int
crm_convert_contacts(const crm_rule_t *rule, const crm_record_t *lead,
    crm_record_t **company, crm_record_t **person)
{
    unsigned       i;
    crm_str_t      name;
    crm_record_t  *rec;

    *company = NULL;
    *person = NULL;

    name = crm_convert_person(lead);

    if (lead->v[CRM_LEAD_COMPANY_NAME].set) {
        *company = crm_convert_contact(rule, lead, CRM_CONTACT_COMPANY,
                                       lead->v[CRM_LEAD_COMPANY_NAME].str);
        if (*company == NULL) {
            return CRM_ERROR;
        }

        (*company)->v[CRM_CONTACT_WEBSITE] = lead->v[CRM_LEAD_WEBSITE];
    }

    if (name.len > 0) {
        *person = crm_convert_contact(rule, lead, CRM_CONTACT_PERSON, name);

        if (*person == NULL) {
            return CRM_ERROR;
        }

        (*person)->v[CRM_CONTACT_JOB_TITLE] = lead->v[CRM_LEAD_JOB_TITLE];
    }

    /* who can be reached under what the lead says */

    rec = *person != NULL ? *person : *company;

    if (rec != NULL) {
        crm_convert_reached(rec, lead);
    }

    if (*company == NULL && rec != NULL) {
        rec->v[CRM_CONTACT_WEBSITE] = lead->v[CRM_LEAD_WEBSITE];
    }

    for (i = CRM_LEAD_STREET; i <= CRM_LEAD_COUNTRY; i++) {

        if (*company != NULL) {
            (*company)->v[CRM_CONTACT_STREET + i - CRM_LEAD_STREET] =
                lead->v[i];
        }

        if (rec != NULL) {
            rec->v[CRM_CONTACT_STREET + i - CRM_LEAD_STREET] = lead->v[i];
        }
    }

    return CRM_OK;
}
