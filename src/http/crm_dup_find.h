/*
 * Duplicates of a lead, and the contact that it is about, inside a flow.
 *
 * A look-up is a handful of steps in the middle of a handler: it reads what
 * the index has (crm_dup.h), then the records themselves, compares the keys,
 * and goes on with `next', where f->data is what it was.  It costs the number
 * of records that match.
 *
 *     d = crm_arena_calloc(&f->arena, sizeof(crm_dup_find_t));
 *     d->lead = lead;
 *     d->self = crm_record_id(lead);
 *     return crm_dup_find(f, d, 1, crm_conversion_found);
 *
 * Works in the flow of a request, of a record of a batch, and of a job; looks
 * at f->conf, f->role and f->user only.  A retry of the flow begins it anew.
 */

#ifndef CRM_DUP_FIND_H
#define CRM_DUP_FIND_H

#include "crm_dup.h"
#include "crm_flow.h"


/* one key in common */
typedef struct {
    int64_t              rule;          /* 0: the contact */
    unsigned             word;          /* CRM_DUP_CONTACT; else the field,
                                           crm_words_rule_field */
    crm_str_t            key;           /* of a contact: its id, or that of
                                           the company */
    int64_t              confidence;
} crm_dup_reason_t;

typedef struct {
    crm_record_t        *lead;          /* with `whole' all of it, otherwise
                                           the fields of crm_dup_read_ask() */
    int64_t              confidence;    /* the highest of the reasons */
    crm_dup_reason_t    *reason;        /* highest confidence first */
    ngx_uint_t           nreasons;
} crm_dup_match_t;

/* a key of more than CRM_DUP_COMMON records, whose records are not listed */
typedef struct {
    int64_t              rule;          /* 0: the contact */
    crm_str_t            key;
    int64_t              count;         /* of records; of a company: of its
                                           contacts */
} crm_dup_common_t;

typedef struct crm_dup_hit_s  crm_dup_hit_t;

typedef struct {
    /* what is asked: zeroed otherwise */
    const crm_record_t  *lead;          /* stored or not */
    int64_t              self;          /* its id; 0: it has none */
    unsigned             archived:1;    /* archived ones, too */
    unsigned             whole:1;
    unsigned             all:1;         /* whatever the caller may see */

    /* what is found: no tombstones, no dismissed pairs, best first (by
       confidence, number of reasons, then the older record) */
    crm_dup_match_t     *match;
    ngx_uint_t           n;
    ngx_uint_t           hidden;        /* more that the caller may not see */
    crm_dup_common_t    *common;
    ngx_uint_t           ncommon;

    /* crm_dup_find.c */
    crm_str_t           *key;           /* by rule of the snapshot; empty */
    crm_dup_hit_t       *hit;
    ngx_uint_t           nhits;
    ngx_uint_t           hits_cap;
    uint64_t             counted;       /* rules whose keys are too common */
    int64_t              company;
    ngx_uint_t           chunks;        /* asked for, of its contacts: more
                                           may be known by the answer */
    int64_t             *contact;       /* of the company */
    ngx_uint_t           ncontacts;
} crm_dup_find_t;


/* several leads at once, records that several have in common read once */
ngx_int_t crm_dup_find(crm_flow_t *f, crm_dup_find_t *find, ngx_uint_t n,
    crm_step_pt next);


/*
 * The contact that a lead is about though it names none: by e-mail first, then
 * by phone, then the person with its contact_name below the company with its
 * company_name (without a contact_name: that company).  Only active ones, the
 * oldest first.  c->contact is NULL where there is none.
 */
typedef struct {
    const crm_record_t  *lead;
    crm_record_t        *contact;

    /* crm_dup_contact.c */
    void                *data;
    crm_step_pt          next;
    int64_t             *id;
    ngx_uint_t           nids;
} crm_dup_contact_t;

ngx_int_t crm_dup_contact_find(crm_flow_t *f, crm_dup_contact_t *c,
    crm_step_pt next);


/* queues the look at active contacts with this name, folded; the id in one of
   the members that are found */
ngx_int_t crm_dup_contact_ask_name(crm_flow_t *f, const crm_str_t *value);
int64_t crm_dup_contact_id(const crm_str_t *member);


/* ---- crm_dup_read.c ------------------------------------------------------ */

/* queues the read of the ids with a score in a bucket: CRM_DUP_COMMON + 1 of
   them at most */
void crm_dup_read_ids(crm_flow_t *f, crm_str_t key, int64_t score);

/* queues the read of the fields of a lead that matching depends on: version,
   state, active, merged_into, user, contact, kept, and those of the rules */
void crm_dup_read_ask(crm_flow_t *f, int64_t id);

/* NGX_DECLINED: there is no such lead */
ngx_int_t crm_dup_read_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *reply, crm_record_t **lead);

#endif /* CRM_DUP_FIND_H */
