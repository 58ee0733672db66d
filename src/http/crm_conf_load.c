/* reading a tenant's configuration; see crm_conf_load.h */

#include "crm_conf_load.h"


static ngx_int_t crm_conf_load_done(crm_flow_t *f);


ngx_int_t
crm_conf_load_begin(crm_flow_t *f, crm_step_pt next)
{
    crm_kind_t       kind;
    const crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("conf"), none, none);

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        crm_flow_call(f, "HGETALL",
                      crm_flow_key(f, "conf:%.*s",
                                   (int) crm_entities[kind].name.len,
                                   crm_entities[kind].name.data),
                      none, none, none);
    }

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("conf"), none, none);

    f->after_conf = next;

    return crm_flow_wait(f, crm_conf_load_done);
}


static ngx_int_t
crm_conf_load_done(crm_flow_t *f)
{
    int64_t  user;

    switch (crm_tenant_load(f->tenant, f->reply, f->worker->log)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return crm_flow_retry(f);       /* changed while it was read */

    default:
        return crm_flow_error(f);
    }

    /* the caller is a record of the snapshot, too */

    user = f->user != NULL ? crm_record_id(f->user) : 0;

    if (f->conf != NULL) {
        crm_conf_release(f->conf);
    }

    f->conf = crm_tenant_conf(f->tenant);
    f->user = crm_conf_find(f->conf, CRM_KIND_USER, user);

    return f->after_conf(f);
}
