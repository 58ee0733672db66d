/* what the files of the look-up share: crm_dup_find.c takes what the index
   has, crm_dup_ask.c asks for it, crm_dup_judge.c reads the records and
   compares them */

#ifndef CRM_DUP_FIND_INT_H
#define CRM_DUP_FIND_INT_H

#include "crm_contact.h"
#include "crm_dup_find.h"


/* reasons are bits by number of the rule in the snapshot (two for each of
   CRM_DUP_RULES at most), and these */
#define CRM_DUP_BY_CONTACT  (1ULL << 62)
#define CRM_DUP_BY_COMPANY  (1ULL << 63)


struct crm_dup_hit_s {
    int64_t          id;
    uint64_t         reasons;           /* that the index names */
};

/* records that any of the leads has in common with its duplicates */
typedef struct {
    int64_t          id;
    crm_record_t    *lead;              /* NULL: not there any more */
    crm_dup_texts_t  texts;
} crm_dup_seen_t;

typedef struct {
    crm_dup_find_t  *find;
    ngx_uint_t       n;
    crm_step_pt      next;
    void            *data;              /* the caller's f->data */
    ngx_uint_t       asked;             /* commands queued */
    crm_dup_seen_t  *seen;              /* by id */
    ngx_uint_t       nseen;
    ngx_uint_t       loaded;
} crm_dup_search_t;


/* the next step, now where nothing was asked */
ngx_int_t crm_dup_find_wait(crm_flow_t *f, crm_step_pt next);
void crm_dup_find_call(crm_flow_t *f, ngx_uint_t argc,
    const crm_str_t *argv);

/* ---- crm_dup_ask.c ------------------------------------------------------- */

/* keys and contact; then what is too common, and the company's contacts */
void crm_dup_ask_first(crm_flow_t *f, crm_dup_find_t *d);
void crm_dup_ask_second(crm_flow_t *f, crm_dup_find_t *d);

/* leads of a contact */
void crm_dup_ask_leads(crm_flow_t *f, int64_t contact);

/* replies for a key: segments that are looked at */
ngx_uint_t crm_dup_nsegments(const crm_dup_find_t *d);


/* the id of a contact as the key of a reason */
crm_str_t crm_dup_find_id(crm_flow_t *f, int64_t id);

/* reads the records that the index names and decides which of them match, then
   the search's `next' */
ngx_int_t crm_dup_judge(crm_flow_t *f);

#endif /* CRM_DUP_FIND_INT_H */
