/* the Message-IDs of a lead's mails go with it (crm_mid.h) */

#include "crm_lead_op.h"
#include "crm_mid.h"


void
crm_lead_mids_ask(crm_flow_t *f, int64_t lead)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL", crm_mid_lead_key(&f->arena,
                                                 &f->tenant->prefix, lead),
                  none, none, none);
}


ngx_int_t
crm_lead_mids_commit(crm_lead_op_t *o, const crm_rule_t *rule, int64_t lead,
    const crm_reply_t *reply)
{
    ngx_uint_t   i;
    crm_str_t   *pairs;

    if (reply == NULL || !crm_reply_is_array(reply) || reply->n == 0) {
        return NGX_OK;
    }

    pairs = crm_arena_alloc(rule->arena, reply->n * sizeof(crm_str_t));
    if (pairs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        pairs[i] = reply->item[i].str;
    }

    return crm_mid_remove(&o->ops, rule, lead, pairs, reply->n) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}
