/*
 * How much memory a tenant takes in Redis, about.
 *
 * Of some random contacts and leads: what each takes itself, and its share of
 * every index key that it stands in, which is the key's size by its entries.
 * Summed up over all records that would be exact; some of them are an
 * estimate, at the same price for a small tenant and for a large one.
 */

#ifndef CRM_TENANTS_SIZE_H
#define CRM_TENANTS_SIZE_H

#include "crm_tenants.h"


#define CRM_SIZE_GROUPS  6
#define CRM_SIZE_SAMPLE  2              /* records of a group */

/* records of one kind in one list of all */
typedef struct {
    int64_t             records;
    uint32_t            n;              /* looked at */
    int64_t             id[CRM_SIZE_SAMPLE];
    int64_t             bytes;          /* of those */
} crm_size_group_t;

/* in the order of the groups */
enum { CRM_SIZE_CONTACTS, CRM_SIZE_CONTACTS_ARCHIVED, CRM_SIZE_LEADS,
       CRM_SIZE_LEADS_ARCHIVED, CRM_SIZE_OPPORTUNITIES,
       CRM_SIZE_OPPORTUNITIES_ARCHIVED };

typedef struct {
    crm_str_t           slug;
    crm_size_group_t    group[CRM_SIZE_GROUPS];
    int64_t             bytes;
    crm_step_pt         next;
    struct {
        uint32_t        group;
        unsigned        share:1;        /* of a key with many entries */
    }                  *item;
    uint32_t            nitems;
    uint32_t            cap;
    void               *data;           /* of who asks */
} crm_size_t;


/* queues what crm_size_begin() takes; f->data is the crm_size_t from here to
   `next' */
void crm_size_ask(crm_flow_t *f, crm_size_t *size);

/* fills the counts, then measures; `next' runs with size->bytes */
ngx_int_t crm_size_begin(crm_flow_t *f, const crm_reply_t *replies,
    crm_step_pt next);

#endif /* CRM_TENANTS_SIZE_H */
