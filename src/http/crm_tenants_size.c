/* the memory of a tenant; see crm_tenants_size.h */

#include "crm_change.h"
#include "crm_contact.h"
#include "crm_scan.h"
#include "crm_tenants_size.h"


static ngx_int_t crm_size_loaded(crm_flow_t *f);
static ngx_int_t crm_size_measured(crm_flow_t *f);


static const struct {
    crm_kind_t   kind;
    const char  *key;
    void       (*index)(crm_ix_list_t *list, const crm_record_t *rec);
} crm_size_groups[CRM_SIZE_GROUPS] = {
    { CRM_KIND_CONTACT, "c:s:1:c", crm_contact_index },
    { CRM_KIND_CONTACT, "c:s:0:c", crm_contact_index },
    { CRM_KIND_LEAD, "l:s:l1:c", crm_lead_index },
    { CRM_KIND_LEAD, "l:s:l0:c", crm_lead_index },
    { CRM_KIND_LEAD, "l:s:o1:c", crm_lead_index },
    { CRM_KIND_LEAD, "l:s:o0:c", crm_lead_index }
};

static const char  *const crm_size_keys[] = {
    "tenant", "conf:settings", "conf:user", "conf:team", "conf:stage",
    "conf:lost_reason", "conf:tag", "conf:activity_type",
    "conf:activity_plan", "conf:duplicate_rule"
};

#define CRM_SIZE_KEYS  (sizeof(crm_size_keys) / sizeof(crm_size_keys[0]))


void
crm_size_ask(crm_flow_t *f, crm_size_t *size)
{
    crm_str_t   key, sample, none = crm_null_string;
    ngx_uint_t  i;

    f->data = size;
    sample = crm_arena_printf(&f->arena, "%d", CRM_SIZE_SAMPLE);

    for (i = 0; i < CRM_SIZE_GROUPS; i++) {
        key = crm_tenants_key(f, &size->slug, crm_size_groups[i].key);

        crm_flow_call(f, "ZCARD", key, none, none, none);
        crm_flow_call(f, "ZRANDMEMBER", key, sample, none, none);
    }
}


static void
crm_size_memory(crm_flow_t *f, crm_str_t key)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "MEMORY", crm_str("USAGE"), key, none, none);
}


ngx_int_t
crm_size_begin(crm_flow_t *f, const crm_reply_t *replies, crm_step_pt next)
{
    uint32_t            k;
    crm_str_t           prefix, none = crm_null_string;
    crm_size_t         *size = f->data;
    ngx_uint_t          i;
    crm_size_group_t   *group;
    const crm_reply_t  *members;

    size->next = next;
    prefix = crm_tenants_key(f, &size->slug, "");

    for (i = 0; i < CRM_SIZE_GROUPS; i++) {
        group = &size->group[i];
        members = &replies[2 * i + 1];

        group->records = replies[2 * i].num;
        group->n = 0;
        group->bytes = 0;

        for (k = 0; k < members->n && k < CRM_SIZE_SAMPLE; k++) {
            group->id[group->n++] = crm_walk_id(&members->item[k].str);

            crm_flow_call(f, "HGETALL",
                          crm_change_key(&f->arena, &prefix,
                                         (char *) crm_entities
                                             [crm_size_groups[i].kind]
                                                 .name.data,
                                         group->id[k]),
                          none, none, none);
        }
    }

    for (i = 0; i < CRM_SIZE_KEYS; i++) {
        crm_size_memory(f, crm_tenants_key(f, &size->slug, crm_size_keys[i]));
    }

    return crm_flow_wait(f, crm_size_loaded);
}


static ngx_int_t
crm_size_item(crm_flow_t *f, uint32_t group, unsigned share)
{
    void        *p;
    uint32_t     cap;
    crm_size_t  *size = f->data;

    if (size->nitems == size->cap) {
        cap = size->cap == 0 ? 256 : size->cap * 2;
        p = crm_arena_alloc(&f->arena, cap * sizeof(size->item[0]));

        if (p == NULL) {
            return NGX_ERROR;
        }

        if (size->nitems > 0) {
            ngx_memcpy(p, size->item, size->nitems * sizeof(size->item[0]));
        }

        size->item = p;
        size->cap = cap;
    }

    size->item[size->nitems].group = group;
    size->item[size->nitems++].share = share;

    return NGX_OK;
}


/* every key that the record stands in, with the number of its entries */

static ngx_int_t
crm_size_indexes(crm_flow_t *f, uint32_t group, const crm_record_t *rec)
{
    unsigned        i;
    crm_str_t       none = crm_null_string;
    crm_size_t     *size = f->data;
    crm_ix_list_t   list;

    crm_ix_init(&list, &f->arena, crm_tenants_key(f, &size->slug, ""));
    crm_size_groups[group].index(&list, rec);

    for (i = 0; i < list.n; i++) {

        if (list.ix[i].type != CRM_IX_ZSET && list.ix[i].type != CRM_IX_BIT) {
            continue;
        }

        crm_size_memory(f, list.ix[i].key);
        crm_flow_call(f, list.ix[i].type == CRM_IX_ZSET ? "ZCARD"
                                                        : "BITCOUNT",
                      list.ix[i].key, none, none, none);

        if (crm_size_item(f, group, 1) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return list.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
crm_size_record(crm_flow_t *f, uint32_t group, int64_t id,
    const crm_reply_t *reply)
{
    uint32_t        i;
    crm_str_t      *pairs, prefix;
    crm_kind_t      kind = crm_size_groups[group].kind;
    crm_size_t     *size = f->data;
    crm_record_t   *rec;

    pairs = crm_arena_alloc(&f->arena, (reply->n + 1) * sizeof(crm_str_t));
    if (pairs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        pairs[i] = reply->item[i].str;
    }

    if (reply->n == 0
        || crm_record_load(&f->arena, &crm_entities[kind], id, pairs,
                           reply->n, &rec)
           != CRM_OK)
    {
        return NGX_OK;                  /* gone meanwhile; the check's case */
    }

    prefix = crm_tenants_key(f, &size->slug, "");

    crm_size_memory(f, crm_change_key(&f->arena, &prefix, (char *)
                                      crm_entities[kind].name.data, id));

    if (crm_size_item(f, group, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (kind == CRM_KIND_LEAD) {
        crm_size_memory(f, crm_lead_messages_key(&f->arena, &prefix, id));

        if (crm_size_item(f, group, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_size_indexes(f, group, rec);
}


static ngx_int_t
crm_size_loaded(crm_flow_t *f)
{
    uint32_t            i, k;
    crm_size_t         *size = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < CRM_SIZE_GROUPS; i++) {
        for (k = 0; k < size->group[i].n; k++) {
            if (crm_size_record(f, i, size->group[i].id[k], reply++)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    for (size->bytes = 0, i = 0; i < CRM_SIZE_KEYS; i++) {
        size->bytes += reply++->num;
    }

    return size->nitems > 0 ? crm_flow_wait(f, crm_size_measured)
                            : size->next(f);
}


static ngx_int_t
crm_size_measured(crm_flow_t *f)
{
    int64_t             bytes;
    uint32_t            i;
    crm_size_t         *size = f->data;
    crm_size_group_t   *group;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < size->nitems; i++) {
        bytes = reply++->num;

        if (size->item[i].share) {
            bytes /= ngx_max(reply->num, 1);
            reply++;
        }

        size->group[size->item[i].group].bytes += bytes;
    }

    for (i = 0; i < CRM_SIZE_GROUPS; i++) {
        group = &size->group[i];

        if (group->n > 0) {
            size->bytes += group->bytes / group->n * group->records;
        }
    }

    return size->next(f);
}
