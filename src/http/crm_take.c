/* ids that are taken from the counter beforehand; see crm_take.h */

#include "crm_change.h"
#include "crm_take.h"


ngx_uint_t
crm_take_ask(crm_flow_t *f, crm_kind_t kind)
{
    crm_ops_t   ops;
    crm_rule_t  rule;

    /* who makes a record begins anew, as a rule, because its id is another's;
       a worker that has counted ahead does not see that in the counter */

    if (f->attempts > 0) {
        crm_tenant_raced(f->tenant, kind);
    }

    if (!crm_tenant_others(f->tenant, kind)) {
        return 0;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);
    crm_change_id_take(&ops, &rule, &crm_entities[kind]);
    crm_flow_commit(f, &ops);

    return 1;
}


int64_t
crm_take_id(crm_flow_t *f, crm_kind_t kind, const crm_reply_t *reply)
{
    int64_t     id;
    ngx_uint_t  failed;

    if (crm_commit_reply(reply, &failed, NULL) != NGX_OK) {
        return 0;
    }

    id = crm_commit_counter(reply);

    crm_tenant_took_id(f->tenant, kind, id);

    return id;
}


int64_t
crm_take_or_next(crm_flow_t *f, crm_kind_t kind, int64_t taken, int64_t seen)
{
    return taken != 0 ? taken : crm_tenant_next_id(f->tenant, kind, seen);
}


void
crm_take_rule(crm_rule_t *rule, crm_kind_t kind, int64_t id)
{
    rule->taken = id != 0 ? 1U << kind : 0;
}
