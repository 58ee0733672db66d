/*
 * Leads that this worker has read lately, ready to be answered again.
 *
 * Nothing is trusted: a read asks Redis for the few fields that say whether
 * the record is still the one that is kept (crm_lead_cache_fields), in the
 * same round trip that proves the caller, and reads all of it anew where any
 * of them differs.  What a lead shows follows from its version, its instants
 * and its due activities; the instants tell apart what has the same number in
 * a tenant that was deleted and made again.
 */

#ifndef CRM_LEAD_CACHE_H
#define CRM_LEAD_CACHE_H

#include "crm_lead.h"
#include "crm_reply.h"


#define CRM_LEAD_CACHE_FIELDS  4

typedef struct {
    crm_arena_t    arena;           /* everything below */
    crm_str_t      key;             /* of the record in Redis; empty: free */
    crm_str_t      proof[CRM_LEAD_CACHE_FIELDS];
    crm_record_t  *lead;
    crm_str_t      json;            /* as answered at `moment`; may be empty */
    uint64_t       moment;
} crm_lead_slot_t;


/* stored names of the fields that prove a record */
extern const crm_str_t  crm_lead_cache_fields[CRM_LEAD_CACHE_FIELDS];

/* NULL where the worker does not have it; valid within the step only */
crm_lead_slot_t *crm_lead_cache_find(const crm_str_t *key);

/* the reply to HMGET of the fields is what the slot was made from */
int crm_lead_cache_proven(const crm_lead_slot_t *slot,
    const crm_reply_t *reply);

/* keeps a record from the reply to HGETALL; large ones are not kept */
void crm_lead_cache_put(const crm_str_t *key, int64_t id,
    const crm_reply_t *reply);

/* keeps the answer of a moment with its record */
void crm_lead_cache_json(crm_lead_slot_t *slot, const crm_str_t *json,
    uint64_t moment);

/* at exit of the worker */
void crm_lead_cache_release(void);

#endif /* CRM_LEAD_CACHE_H */
