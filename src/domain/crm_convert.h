/*
 * From a lead to an opportunity with its customer (semantics.md, "Convert").
 *
 * As crm_lead.h: pure functions over records.
 */

#ifndef CRM_CONVERT_H
#define CRM_CONVERT_H

#include "crm_contact.h"


typedef enum {
    CRM_CUSTOMER_LINK = 0,
    CRM_CUSTOMER_CREATE,
    CRM_CUSTOMER_NONE,
    CRM_CUSTOMER_PROPOSED       /* what the proposal says */
} crm_customer_t;

typedef struct {
    unsigned             has_team:1;
    unsigned             has_user:1;
    int64_t              team;          /* 0: none */
    int64_t              user;          /* 0: nobody */
    const crm_record_t  *contact;       /* NULL: it keeps what it has */
    const crm_record_t  *company;       /* the contact's; may be NULL */
} crm_convert_t;


/* an open, active lead */
int crm_lead_convertible(const crm_record_t *lead);

/* what the dialog preselects; match: whether a contact was found for a lead
   that has none */
crm_customer_t crm_convert_customer(const crm_record_t *lead,
    unsigned match);

/* the column whose top the opportunity enters, without its ranks; `was' is
   the record as it is stored.  CRM_DECLINED where it keeps its place. */
int crm_lead_convert_column(const crm_rule_t *rule, const crm_record_t *was,
    const crm_record_t *lead, const crm_convert_t *c, crm_column_t *column);

/* lead: an open record, a lead or what one was merged into; not touched */
int crm_lead_convert(const crm_rule_t *rule, const crm_record_t *lead,
    const crm_convert_t *c, const crm_column_t *column,
    crm_record_t **opportunity);

/*
 * The contacts that are made of a lead, without ids, parent and version: the
 * company that it names, and the person below it, whose name may be the part
 * in front of the e-mail's @.  NULL where there is none; *company is made
 * also where one that exists will be taken.
 */
int crm_convert_contacts(const crm_rule_t *rule, const crm_record_t *lead,
    crm_record_t **company, crm_record_t **person);

#endif /* CRM_CONVERT_H */
