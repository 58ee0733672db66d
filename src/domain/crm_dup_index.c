/*
 * The entries of a lead under the tenant's duplicate rules (crm_dup.h).
 *
 * Small sorted sets by hash of the key, 20 bytes an entry where one of their
 * own would cost a hundred (model.md); hashes collide, so who reads them
 * compares the keys themselves.
 */

#include "crm_digest.h"
#include "crm_dup.h"
#include "crm_keyer.h"


#define CRM_DUP_ROOM  (8 + 3 * CRM_KEYER_INT)


int
crm_dup_segment(const crm_record_t *lead)
{
    int64_t  state = lead->v[CRM_LEAD_STATE].num;

    if (!lead->v[CRM_LEAD_ACTIVE].num && state != CRM_STATE_LOST) {
        return CRM_DUP_ARCHIVED;
    }

    return state == CRM_STATE_OPEN ? CRM_DUP_OPEN : CRM_DUP_CLOSED;
}


int64_t
crm_dup_hash(const crm_str_t *key)
{
    return (int64_t) (crm_hash64(key->data, key->len) & CRM_DUP_HASH);
}


static int
crm_dup_keyer(crm_keyer_t *k, crm_arena_t *a, const crm_str_t *prefix,
    int64_t rule, int64_t gen)
{
    if (crm_keyer_init(k, a, prefix, CRM_DUP_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(k, "d:");
    crm_keyer_int(k, rule);
    crm_keyer_char(k, ':');
    crm_keyer_int(k, gen);
    crm_keyer_char(k, ':');

    return CRM_OK;
}


crm_str_t
crm_dup_bucket_key(crm_arena_t *a, const crm_str_t *prefix,
    const crm_dup_rule_t *rule, int segment, int64_t hash)
{
    crm_str_t    none = crm_null_string;
    crm_keyer_t  k;

    if (crm_dup_keyer(&k, a, prefix, rule->id, rule->gen) != CRM_OK) {
        return none;
    }

    crm_keyer_char(&k, (u_char) segment);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, hash % CRM_DUP_BUCKETS);

    return crm_keyer_done(&k);
}


crm_str_t
crm_dup_groups_key(crm_arena_t *a, const crm_str_t *prefix, int64_t rule,
    int64_t gen)
{
    crm_str_t    none = crm_null_string;
    crm_keyer_t  k;

    if (crm_dup_keyer(&k, a, prefix, rule, gen) != CRM_OK) {
        return none;
    }

    crm_keyer_char(&k, 'g');

    return crm_keyer_done(&k);
}


/* a bit for each lead whose field was too much for the rule: its health */

static void
crm_dup_ix_limit(crm_ix_list_t *list, const crm_dup_rule_t *rule, int64_t id)
{
    crm_keyer_t  k;

    if (crm_dup_keyer(&k, list->arena, &list->prefix, rule->id, rule->gen)
        != CRM_OK)
    {
        list->failed = 1;
        return;
    }

    crm_keyer_lit(&k, "n:");
    crm_keyer_int(&k, id >> CRM_BITMAP_SHIFT);

    crm_ix_bit(list, crm_keyer_done(&k), id & CRM_BITMAP_MASK);
}


static void
crm_dup_ix_rule(crm_ix_list_t *list, crm_dup_rule_t *rule,
    crm_dup_texts_t *texts, const crm_str_t *member)
{
    int64_t    hash;
    crm_str_t  key, bucket;

    switch (crm_dup_key(list->arena, rule, texts, &key)) {

    case CRM_OK:
        break;

    case CRM_AGAIN:
        crm_dup_ix_limit(list, rule, crm_record_id(texts->lead));
        return;

    case CRM_DECLINED:
        return;

    default:
        list->failed = 1;
        return;
    }

    hash = crm_dup_hash(&key);
    bucket = crm_dup_bucket_key(list->arena, &list->prefix, rule,
                                crm_dup_segment(texts->lead), hash);

    if (bucket.data == NULL) {
        list->failed = 1;
        return;
    }

    crm_ix_zset(list, bucket, *member, hash);
}


void
crm_dup_index(crm_ix_list_t *list, const crm_conf_t *conf,
    const crm_record_t *lead, crm_dup_which_t which, int64_t upto)
{
    unsigned          i;
    crm_str_t         member;
    crm_dup_rule_t   *rule;
    crm_dup_texts_t   texts;

    if (lead->v[CRM_LEAD_MERGED_INTO].set || conf->ndup == 0) {
        return;
    }

    crm_dup_texts_init(&texts, lead);
    member = crm_arena_int(list->arena, crm_record_id(lead));

    if (member.data == NULL) {
        list->failed = 1;
        return;
    }

    for (i = 0; i < conf->ndup; i++) {
        rule = &conf->dup[i];

        if (which == CRM_DUP_ALL
            || (which == CRM_DUP_COMPLETE && rule->complete)
            || (which == CRM_DUP_BUILDING && !rule->complete
                && rule->gen <= upto))
        {
            crm_dup_ix_rule(list, rule, &texts, &member);
        }
    }
}


int
crm_dup_same(const crm_record_t *old, const crm_record_t *lead)
{
    return old != NULL && lead != NULL
           && old->v[CRM_LEAD_MERGED_INTO].set
              == lead->v[CRM_LEAD_MERGED_INTO].set
           && crm_dup_segment(old) == crm_dup_segment(lead)
           && !(crm_dup_differ(old, lead) & ((1 << CRM_DUP_FIELDS) - 1));
}


/* ---- groups ------------------------------------------------------------- */

/* of the bucket of an entry of open leads; 0: it is another entry */

static int
crm_dup_group_of(crm_ops_t *ops, const crm_ix_list_t *list,
    const crm_ix_t *ix, crm_str_t *groups)
{
    size_t     i, colons;
    crm_str_t  rest;

    rest.data = ix->key.data + list->prefix.len;
    rest.len = ix->key.len - list->prefix.len;

    if (ix->type != CRM_IX_ZSET || rest.len < 2
        || memcmp(rest.data, "d:", 2) != 0)
    {
        return 0;
    }

    for (colons = 0, i = 0; i < rest.len && colons < 3; i++) {
        colons += rest.data[i] == ':';
    }

    if (i >= rest.len || rest.data[i] != CRM_DUP_OPEN) {
        return 0;
    }

    *groups = crm_arena_printf(ops->arena, "%.*sg",
                               (int) (list->prefix.len + i), ix->key.data);

    if (groups->data == NULL) {
        ops->failed = 1;
        return 0;
    }

    return 1;
}


static int
crm_dup_has(const crm_ix_list_t *list, const crm_ix_t *entry)
{
    unsigned  i;

    for (i = 0; i < list->n; i++) {
        if (list->ix[i].type == entry->type
            && list->ix[i].score == entry->score
            && crm_str_eq(&list->ix[i].key, &entry->key)
            && crm_str_eq(&list->ix[i].member, &entry->member))
        {
            return 1;
        }
    }

    return 0;
}


static void
crm_dup_group(crm_ops_t *ops, const crm_ix_list_t *list,
    const crm_ix_list_t *other)
{
    unsigned   i;
    crm_str_t  argv[5];

    for (i = 0; i < list->n; i++) {

        if (!crm_dup_group_of(ops, list, &list->ix[i], &argv[1])
            || crm_dup_has(other, &list->ix[i]))
        {
            continue;
        }

        argv[0] = crm_str("ZGROUP");
        argv[2] = list->ix[i].key;
        argv[3] = crm_arena_int(ops->arena, list->ix[i].score);
        argv[4] = argv[3];

        if (argv[3].data == NULL) {
            ops->failed = 1;
            return;
        }

        crm_ops_write(ops, 5, argv);
    }
}


void
crm_dup_groups(crm_ops_t *ops, const crm_ix_list_t *was,
    const crm_ix_list_t *is)
{
    crm_dup_group(ops, was, is);
    crm_dup_group(ops, is, was);
}
