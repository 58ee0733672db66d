/* the index entries of a contact (keys.md) */

#include "crm_contact.h"
#include "crm_digest.h"
#include "crm_index_record.h"
#include "crm_text.h"
#include "crm_words.h"


#define CRM_BUCKETS       4096
#define CRM_BUCKET_HASH   ((1ULL << 52) - 1)    /* exact as a score */
#define CRM_PHONE_DIGITS  9         /* the last ones: no country, no trunk */


int
crm_contact_bucket(crm_arena_t *a, const crm_str_t *prefix, unsigned field,
    const crm_str_t *text, crm_str_t *key, int64_t *score)
{
    crm_str_t    folded;
    crm_keyer_t  k;

    if (field == CRM_CONTACT_PHONE) {
        if (crm_text_phone(a, text, &folded) != CRM_OK) {
            return CRM_ERROR;
        }

        if (folded.len > CRM_PHONE_DIGITS) {
            folded.data += folded.len - CRM_PHONE_DIGITS;
            folded.len = CRM_PHONE_DIGITS;
        }

        if (folded.len == 0) {
            return CRM_DECLINED;
        }

    } else if (crm_text_fold(a, text, &folded) != CRM_OK) {
        return CRM_ERROR;
    }

    if (crm_keyer_init(&k, a, prefix, 8 + CRM_KEYER_INT) != CRM_OK) {
        return CRM_ERROR;
    }

    *score = (int64_t) (crm_hash64(folded.data, folded.len)
                        & CRM_BUCKET_HASH);

    if (field == CRM_CONTACT_PHONE) {
        crm_keyer_lit(&k, "c:phone:");

    } else {
        crm_keyer_lit(&k, "c:email:");
    }

    crm_keyer_int(&k, *score % CRM_BUCKETS);
    *key = crm_keyer_done(&k);

    return CRM_OK;
}


static void
crm_contact_ix_bucket(crm_ixr_t *x, unsigned field)
{
    int        rc;
    int64_t    score;
    crm_str_t  key;

    if (!x->v[field].set) {
        return;
    }

    rc = crm_contact_bucket(x->list->arena, &x->list->prefix, field,
                            &x->v[field].str, &key, &score);

    if (rc == CRM_OK) {
        crm_ix_zset(x->list, key, x->id10, score);

    } else if (rc == CRM_ERROR) {
        x->list->failed = 1;
    }
}


void
crm_contact_index(crm_ix_list_t *list, const crm_record_t *contact)
{
    crm_ixr_t           x;
    crm_str_t           active;
    const crm_value_t  *v = contact->v;

    active = v[CRM_CONTACT_ACTIVE].num ? crm_str("1") : crm_str("0");

    if (crm_ixr_init(&x, list, "c", contact, active) != CRM_OK) {
        return;
    }

    crm_ixr_sort(&x, 'c', &v[CRM_CREATED_AT]);
    crm_ixr_sort(&x, 'u', &v[CRM_UPDATED_AT]);
    crm_ixr_name(&x, &v[CRM_CONTACT_NAME].str);

    crm_ixr_bit(&x, "f:active", &active);
    crm_ixr_bit(&x, "f:kind",
                &crm_words_contact_kind.word[v[CRM_CONTACT_KIND].num]);
    crm_ixr_bit_number(&x, "f:parent", v[CRM_CONTACT_PARENT_ID].num);
    crm_ixr_bit_number(&x, "f:user", v[CRM_CONTACT_USER_ID].num);
    crm_ixr_bit_ids(&x, "tag", &v[CRM_CONTACT_TAG_IDS].ids);

    crm_contact_ix_bucket(&x, CRM_CONTACT_EMAIL);
    crm_contact_ix_bucket(&x, CRM_CONTACT_PHONE);

    crm_words_index(list, "c", contact);
}
