/* how duplicate rules fare: leads whose fields were too much for a pattern */

#include "crm_bitmap.h"
#include "crm_dup_job.h"


static ngx_uint_t
crm_dup_health_chunks(crm_flow_t *f)
{
    return (f->tenant->last_id[CRM_KIND_LEAD] >> CRM_BITMAP_SHIFT) + 1;
}


ngx_uint_t
crm_dup_health_outdated(crm_flow_t *f, ngx_uint_t nreplies)
{
    return nreplies != crm_dup_health_chunks(f);
}


ngx_uint_t
crm_dup_health_ask(crm_flow_t *f, const crm_record_t *rule)
{
    crm_str_t   none = crm_null_string;
    ngx_uint_t  chunk, chunks;

    chunks = crm_dup_health_chunks(f);

    for (chunk = 0; chunk < chunks; chunk++) {
        crm_flow_call(f, "BITCOUNT",
                      crm_flow_key(f, "d:%lld:%lld:n:%lld",
                                   (long long) crm_record_id(rule),
                                   (long long)
                                   rule->v[CRM_DUPLICATE_RULE_GEN].num,
                                   (long long) chunk),
                      none, none, none);
    }

    return chunks;
}


crm_record_t *
crm_dup_health_take(crm_flow_t *f, const crm_record_t *rule,
    const crm_reply_t *replies, ngx_uint_t nreplies)
{
    int64_t        n;
    crm_str_t      text;
    ngx_uint_t     chunk;
    crm_record_t  *rec;

    rec = crm_record_copy(&f->arena, rule);
    if (rec == NULL) {
        return NULL;
    }

    for (n = 0, chunk = 0; chunk < nreplies; chunk++) {
        n += replies[chunk].num;
    }

    if (n == 0 || !rule->v[CRM_DUPLICATE_RULE_ACTIVE].num) {
        return rec;
    }

    text = crm_arena_printf(&f->arena, "Too costly for %lld record%s, which "
                            "therefore have no key: the pattern ran into its "
                            "limit of steps or memory", (long long) n,
                            n == 1 ? "" : "s");
    if (text.data == NULL) {
        return NULL;
    }

    crm_value_set_str(&rec->v[CRM_DUPLICATE_RULE_HEALTH], text);

    return rec;
}
