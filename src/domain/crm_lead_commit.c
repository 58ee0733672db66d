/*
 * Leads into Redis: the checks and writes of one change (keys.md).
 *
 * Owns which difference is written where; the rules have been applied
 * before, the entries of the indexes come from crm_lead_index.c.
 */

#include "crm_change.h"
#include "crm_dup.h"
#include "crm_lead_merge.h"
#include "crm_words.h"


static int crm_lead_same_words(const crm_record_t *old,
    const crm_record_t *lead);


crm_str_t
crm_lead_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id)
{
    return crm_change_key(a, prefix, "lead", id);
}


crm_str_t
crm_lead_messages_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id)
{
    return crm_change_part_key(a, prefix, "lead", id, ":m");
}


static void
crm_lead_checks(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *lead)
{
    crm_change_conf(ops, rule);

    if (old == NULL) {
        crm_change_id_free(ops, rule, key, lead);

    } else {
        crm_change_same(ops, key, old, CRM_VERSION, CRM_FAILED_VERSION);
        crm_change_same(ops, key, old, CRM_LEAD_RANK, CRM_FAILED_RANK);
        crm_change_same(ops, key, old, CRM_LEAD_MESSAGES, CRM_FAILED_MESSAGES);
        crm_change_same(ops, key, old, CRM_LEAD_ACTIVITIES,
                        CRM_FAILED_ACTIVITIES);
    }

    if (lead == NULL) {
        return;
    }

    if (old != NULL && crm_dup_differ(old, lead) != 0) {
        crm_change_same(ops, key, old, CRM_LEAD_KEPT, CRM_FAILED_VERSION);
    }

    crm_change_contact(ops, rule, old, lead, CRM_LEAD_CONTACT_ID);
}


static void
crm_lead_index_some(crm_ix_list_t *list, const crm_conf_t *conf,
    const crm_record_t *lead, int words, int keys)
{
    crm_lead_index_plain(list, lead);

    if (words) {
        crm_lead_index_words(list, lead);
    }

    if (keys) {
        crm_dup_index(list, conf, lead, CRM_DUP_ALL, 0);
    }
}


static void
crm_lead_index_diff(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *lead)
{
    int            words, keys;
    crm_ix_list_t  was, is;

    crm_ix_init(&was, ops->arena, rule->prefix);
    crm_ix_init(&is, ops->arena, rule->prefix);

    /* folding and splitting texts is the dearest part */

    words = !crm_lead_same_words(old, lead);
    keys = !crm_dup_same(old, lead);

    if (old != NULL) {
        crm_lead_index_some(&was, rule->conf, old, words, keys);
    }

    if (lead != NULL) {
        crm_lead_index_some(&is, rule->conf, lead, words, keys);
    }

    crm_ix_diff(ops, &was, &is);

    if (keys) {
        crm_dup_groups(ops, &was, &is);
    }
}


static int
crm_lead_same_words(const crm_record_t *old, const crm_record_t *lead)
{
    return old != NULL && lead != NULL
           && old->v[CRM_LEAD_MERGED_INTO].set
              == lead->v[CRM_LEAD_MERGED_INTO].set
           && crm_words_same(old, lead);
}


/* every new version is on the card; due activities change without one */

static int
crm_lead_card_differs(const crm_record_t *lead, const crm_mask_t *differ)
{
    unsigned  i;

    for (i = 0; i < lead->entity->nfields; i++) {
        if (crm_mask_has(differ, i)
            && (lead->entity->fields[i].flags & CRM_F_CARD))
        {
            return 1;
        }
    }

    return crm_mask_has(differ, CRM_LEAD_DUE);
}


static int
crm_lead_store(crm_ops_t *ops, crm_str_t key, const crm_record_t *lead,
    const crm_mask_t *differ)
{
    crm_str_t  card[2];

    if (!crm_lead_card_differs(lead, differ)) {
        crm_change_store(ops, key, lead, differ, NULL);
        return CRM_OK;
    }

    card[0] = crm_str("card");

    if (crm_lead_card(ops->arena, lead, &card[1]) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_change_store(ops, key, lead, differ, card);

    return CRM_OK;
}


int
crm_lead_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, crm_record_t *lead, crm_record_t *message)
{
    int64_t     id;
    crm_str_t   key, list, text, none = crm_null_string;
    crm_mask_t  differ;

    id = crm_record_id(lead ? lead : old);
    key = crm_lead_key(ops->arena, &rule->prefix, id);
    list = crm_lead_messages_key(ops->arena, &rule->prefix, id);

    if (key.data == NULL || list.data == NULL) {
        return CRM_ERROR;
    }

    crm_lead_checks(ops, rule, key, old, lead);

    /* a tombstone has no fields that could have changed */

    if (old != NULL && lead != NULL && !old->v[CRM_LEAD_MERGED_INTO].set
        && crm_dup_keep_prune(ops->arena, old, lead) != CRM_OK)
    {
        return CRM_ERROR;
    }

    if (lead != NULL
        && !crm_change_fields(old, lead, &differ) && message == NULL)
    {
        return ops->failed ? CRM_ERROR : CRM_OK;
    }

    crm_change_count(ops, rule);
    crm_lead_index_diff(ops, rule, old, lead);

    if (lead == NULL) {
        crm_ops_put(ops, "DEL", key, none, none, none);
        crm_ops_put(ops, "DEL", list, none, none, none);

        if (old->v[CRM_LEAD_MERGE_ID].set) {
            crm_ops_put(ops, "DEL",
                        crm_lead_unmerge_key(ops->arena, &rule->prefix,
                                             old->v[CRM_LEAD_MERGE_ID].num),
                        none, none, none);
        }

    } else if (crm_lead_store(ops, key, lead, &differ) != CRM_OK) {
        return CRM_ERROR;
    }

    if (old == NULL) {
        crm_change_id_given(ops, rule, lead);
    }

    if (message != NULL) {
        if (crm_record_pack(ops->arena, message, &text) != CRM_OK) {
            return CRM_ERROR;
        }

        crm_ops_put(ops, "LPUSH", list, text, none, none);
    }

    return ops->failed ? CRM_ERROR : CRM_OK;
}
