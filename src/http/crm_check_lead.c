/* what a lead keeps that follows from itself; see crm_check_int.h */

#include "crm_check_int.h"
#include "crm_lead.h"


static void
crm_check_lead_card(crm_flow_t *f, int64_t id, const crm_str_t *name,
    const crm_str_t *card, const crm_reply_t *hash)
{
    uint32_t        i;
    crm_checker_t  *c = crm_checker(f);

    for (i = 0; i + 1 < hash->n; i += 2) {
        if (crm_str_is(&hash->item[i].str, "card")
            && crm_str_eq(&hash->item[i + 1].str, card))
        {
            return;
        }
    }

    crm_check_fault(c, crm_check_mix((uint64_t) id, 'C'),
                    "lead %lld has a card that is not what its fields say",
                    (long long) id);
    crm_check_put(f, "HSET", name, crm_str("card"), *card);
}


static void
crm_check_lead_messages(crm_flow_t *f, int64_t id, const crm_str_t *name,
    int64_t counted, int64_t there)
{
    crm_checker_t  *c = crm_checker(f);

    if (there <= counted) {
        return;
    }

    crm_check_fault(c, crm_check_mix((uint64_t) id, 'M'),
                    "lead %lld has counted %lld messages, but %lld are there",
                    (long long) id, (long long) counted, (long long) there);
    crm_check_put(f, "HSET", name,
                  crm_entities[CRM_KIND_LEAD].fields[CRM_LEAD_MESSAGES].stored,
                  crm_arena_printf(&f->arena, "%lld", (long long) there));
}


ngx_int_t
crm_check_lead_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    ngx_int_t       rc;
    crm_str_t       card, name;
    crm_record_t   *lead;
    crm_checker_t  *c = crm_checker(f);
    crm_ix_list_t   list;

    rc = crm_check_load(f, CRM_KIND_LEAD, id, replies, &lead);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_check_count(c, CRM_KIND_LEAD, id, 1 + replies[1].num);

    if (crm_check_tomb_add(c, lead) != NGX_OK) {
        return NGX_ERROR;
    }

    /* card and indexes are those of the right due day */

    if (f->conf != NULL && crm_check_lead_acts(f, lead) != NGX_OK) {
        return NGX_ERROR;
    }

    if (c->mode == CRM_CHECK_TALLY) {

        crm_check_lead_orders(f, lead);

        if (crm_lead_card(&f->arena, lead, &card) != CRM_OK) {
            return NGX_ERROR;
        }

        name = crm_arena_printf(&f->arena, "lead:%lld", (long long) id);

        crm_check_lead_card(f, id, &name, &card, &replies[0]);
        crm_check_lead_messages(f, id, &name, lead->v[CRM_LEAD_MESSAGES].num,
                                replies[1].num);
    }

    crm_ix_init(&list, &f->arena, f->tenant->prefix);
    crm_lead_index(&list, lead);

    if (f->conf != NULL) {
        crm_dup_index(&list, f->conf, lead, CRM_DUP_COMPLETE, 0);
    }

    return crm_check_entries(f, "lead", id, &list);
}
