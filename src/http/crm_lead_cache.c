/* leads that this worker has read lately; see crm_lead_cache.h */

#include "crm_digest.h"
#include "crm_lead_cache.h"


#define CRM_LEAD_SLOTS     4096     /* direct-mapped; power of two */
#define CRM_LEAD_KEPT_MAX  3072     /* bytes of a record that is kept */


const crm_str_t  crm_lead_cache_fields[CRM_LEAD_CACHE_FIELDS] = {
    crm_string("v"), crm_string("ct"), crm_string("ut"), crm_string("act")
};


static crm_lead_slot_t  crm_lead_slots[CRM_LEAD_SLOTS];


static crm_lead_slot_t *
crm_lead_slot(const crm_str_t *key)
{
    return &crm_lead_slots[crm_hash64(key->data, key->len)
                           & (CRM_LEAD_SLOTS - 1)];
}


static void
crm_lead_slot_free(crm_lead_slot_t *slot)
{
    crm_arena_reset(&slot->arena);
    memset(slot, 0, sizeof(crm_lead_slot_t));
}


crm_lead_slot_t *
crm_lead_cache_find(const crm_str_t *key)
{
    crm_lead_slot_t  *slot;

    slot = crm_lead_slot(key);

    return slot->key.len > 0 && crm_str_eq(&slot->key, key) ? slot : NULL;
}


int
crm_lead_cache_proven(const crm_lead_slot_t *slot, const crm_reply_t *reply)
{
    unsigned  i;

    if (!crm_reply_is_array(reply) || reply->n != CRM_LEAD_CACHE_FIELDS) {
        return 0;
    }

    for (i = 0; i < CRM_LEAD_CACHE_FIELDS; i++) {
        if (!crm_str_eq(&reply->item[i].str, &slot->proof[i])) {
            return 0;
        }
    }

    return 1;
}


/* a copy of the pairs, all but the card: the record points into it */

static int
crm_lead_slot_fill(crm_lead_slot_t *slot, int64_t id,
    const crm_reply_t *reply)
{
    unsigned    i, k;
    crm_str_t  *pairs;

    pairs = crm_arena_alloc(&slot->arena, reply->n * sizeof(crm_str_t));
    if (pairs == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < reply->n; i++) {

        if (crm_arena_dup(&slot->arena, &pairs[i], reply->item[i].str.data,
                          reply->item[i].str.len)
            != CRM_OK)
        {
            return CRM_ERROR;
        }

        for (k = 0; i % 2 == 1 && k < CRM_LEAD_CACHE_FIELDS; k++) {
            if (crm_str_eq(&pairs[i - 1], &crm_lead_cache_fields[k])) {
                slot->proof[k] = pairs[i];
            }
        }
    }

    return crm_record_load(&slot->arena, &crm_entities[CRM_KIND_LEAD], id,
                           pairs, reply->n, &slot->lead);
}


void
crm_lead_cache_put(const crm_str_t *key, int64_t id,
    const crm_reply_t *reply)
{
    size_t            size;
    unsigned          i;
    crm_lead_slot_t  *slot;

    for (size = 0, i = 0; i < reply->n; i++) {
        size += reply->item[i].str.len;
    }

    slot = crm_lead_slot(key);
    crm_lead_slot_free(slot);

    if (size > CRM_LEAD_KEPT_MAX) {
        return;
    }

    if (crm_arena_dup(&slot->arena, &slot->key, key->data, key->len)
        != CRM_OK
        || crm_lead_slot_fill(slot, id, reply) != CRM_OK)
    {
        crm_lead_slot_free(slot);
    }
}


void
crm_lead_cache_json(crm_lead_slot_t *slot, const crm_str_t *json,
    uint64_t moment)
{
    if (json->len > slot->json.len || slot->json.data == NULL) {
        slot->json.data = crm_arena_bytes(&slot->arena, json->len);

        if (slot->json.data == NULL) {
            slot->json.len = 0;
            return;
        }
    }

    memcpy(slot->json.data, json->data, json->len);
    slot->json.len = json->len;
    slot->moment = moment;
}


void
crm_lead_cache_release(void)
{
    unsigned  i;

    for (i = 0; i < CRM_LEAD_SLOTS; i++) {
        crm_lead_slot_free(&crm_lead_slots[i]);
    }
}
