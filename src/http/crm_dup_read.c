/* which leads have a key, and the part of them that duplicates depend on; see
   crm_dup_find.h */

#include "crm_dup_find.h"


static const unsigned  crm_dup_read_fields[] = {
    CRM_VERSION, CRM_LEAD_STATE, CRM_LEAD_ACTIVE, CRM_LEAD_MERGED_INTO,
    CRM_LEAD_USER_ID, CRM_LEAD_CONTACT_ID, CRM_LEAD_KEPT, CRM_LEAD_EMAIL,
    CRM_LEAD_PHONE, CRM_LEAD_CONTACT_NAME, CRM_LEAD_COMPANY_NAME,
    CRM_LEAD_WEBSITE
};

#define CRM_DUP_READ                                                          \
    (sizeof(crm_dup_read_fields) / sizeof(crm_dup_read_fields[0]))


/* one more than is listed, to see that they are too many */

void
crm_dup_read_ids(crm_flow_t *f, crm_str_t key, int64_t score)
{
    crm_str_t  argv[7];

    argv[0] = crm_str("ZRANGEBYSCORE");
    argv[1] = key;
    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) score);
    argv[3] = argv[2];
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_arena_printf(&f->arena, "%d", CRM_DUP_COMMON + 1);

    crm_flow_cmd(f, 7, argv);
}


void
crm_dup_read_ask(crm_flow_t *f, int64_t id)
{
    crm_str_t   argv[2 + CRM_DUP_READ];
    ngx_uint_t  i;

    argv[0] = crm_str("HMGET");
    argv[1] = crm_lead_key(&f->arena, &f->tenant->prefix, id);

    for (i = 0; i < CRM_DUP_READ; i++) {
        argv[2 + i] = crm_entities[CRM_KIND_LEAD]
                      .fields[crm_dup_read_fields[i]].stored;
    }

    crm_flow_cmd(f, 2 + CRM_DUP_READ, argv);
}


ngx_int_t
crm_dup_read_take(crm_flow_t *f, int64_t id, const crm_reply_t *reply,
    crm_record_t **lead)
{
    ngx_uint_t           i, n;
    crm_str_t            pairs[2 * CRM_DUP_READ];
    const crm_entity_t  *entity = &crm_entities[CRM_KIND_LEAD];

    if (!crm_reply_is_array(reply) || reply->n != CRM_DUP_READ) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < CRM_DUP_READ; i++) {
        if (crm_reply_is_string(&reply->item[i])) {
            pairs[n++] = entity->fields[crm_dup_read_fields[i]].stored;
            pairs[n++] = reply->item[i].str;
        }
    }

    if (n == 0) {
        return NGX_DECLINED;
    }

    return crm_record_load(&f->arena, entity, id, pairs, n, lead) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}
