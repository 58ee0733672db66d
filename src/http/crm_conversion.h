/*
 * A conversion under way: lead, duplicates that are merged first, customer.
 *
 *   crm_conversion.c           what is read, the commit
 *   crm_conversion_contact.c   which contact is linked or made
 *   crm_conversion_api.c       the routes
 *   crm_bulk_convert.c         as a bulk action
 */

#ifndef CRM_CONVERSION_H
#define CRM_CONVERSION_H

#include "crm_convert.h"
#include "crm_dup_find.h"
#include "crm_merge.h"


typedef struct crm_conversion_s  crm_conversion_t;

struct crm_conversion_s {
    crm_merging_t        g;             /* first: crm_lead_family.c */

    /* what is asked */
    int64_t              id;
    unsigned             use_header:1;  /* If-Match of the request */
    unsigned             quiet:1;       /* no body in the answer */
    unsigned             merge:1;
    unsigned             given:1;       /* duplicates, by `with' */
    crm_ids_t            with;
    crm_customer_t       customer;
    int64_t              contact_id;    /* 0: none is named */
    crm_convert_t        to;
    int64_t              job_id;        /* its messages name it; 0: none */
    int                  stop_tag;      /* a check that ends it with 409 when
                                           it fails; 0: none */
    void                *of;            /* what the hooks need */

    /* leaves those of the duplicates found (c->find) that are merged, then
       `next'; NULL: all are */
    ngx_int_t          (*select)(crm_flow_t *f, crm_conversion_t *c,
                                 crm_step_pt next);

    /* the lead and what is merged with it (g.m) are read and may be seen:
       amends what is asked; may be NULL */
    void               (*amend)(crm_conversion_t *c);

    /* more for the same commit, the answer is prepared; may be NULL */
    ngx_int_t          (*extend)(crm_flow_t *f, crm_conversion_t *c);

    /* the commit is done; may be NULL */
    void               (*after)(crm_conversion_t *c);

    /* what is found */
    crm_record_t        *lead;
    crm_dup_find_t       find;
    crm_dup_contact_t    match;
    crm_str_t            counter;       /* last id of contacts; empty: none */
    crm_str_t            late;          /* last one that was taken, alike */
    crm_record_t        *contact;       /* linked or made; NULL: neither */
    crm_record_t        *company;       /* the contact's, may be made, too */
    int64_t             *ids;           /* of companies of the name */
    ngx_uint_t           nids;
    unsigned             made:1;        /* the contact is */
    unsigned             made_company:1;
    crm_step_pt          next;
    ngx_uint_t           idem_reply;    /* of a record of a bulk; 0: none */

    crm_record_t        *opportunity;
    crm_record_t        *message;
};


/* runs the conversion in f->data, which is zeroed but for what is asked; the
   answer is the opportunity, or a problem */
ngx_int_t crm_conversion_start(crm_flow_t *f);

/* name of a member of the body's customer */
extern const crm_str_t  crm_conversion_contact_name;


/* ---- crm_conversion_contact.c -------------------------------------------- */

/* contact and company for g.survivor, then `next'; NGX_OK where the answer is
   prepared */
ngx_int_t crm_conversion_contact(crm_flow_t *f, crm_step_pt next);

/* ids for those that are made, and their writes */
void crm_conversion_contact_ids(crm_flow_t *f, crm_conversion_t *c);
ngx_int_t crm_conversion_contact_write(crm_flow_t *f, crm_conversion_t *c,
    const crm_rule_t *rule);

#endif /* CRM_CONVERSION_H */
