/*
 * Deletion of configuration: refused with counts while others refer to it
 * (api.md, section 2).
 */

#include "crm_activity.h"
#include "crm_config.h"
#include "crm_config_http.h"
#include "crm_count.h"
#include "crm_dup_job.h"
#include "crm_handlers.h"
#include "crm_respond.h"
#include "crm_route.h"
#include "crm_write.h"


/* bitmaps that hold the records which refer to a kind (keys.md) */

static const struct {
    crm_kind_t   kind;
    const char  *bitmap;
    crm_kind_t   ids;               /* whose ids the bits are */
} crm_config_facets[] = {
    { CRM_KIND_STAGE, "l:f:stage", CRM_KIND_LEAD },
    { CRM_KIND_TEAM, "l:f:team", CRM_KIND_LEAD },
    { CRM_KIND_TEAM, "o:f:team", CRM_KIND_ORDER },
    { CRM_KIND_LOST_REASON, "l:f:reason", CRM_KIND_LEAD },
    { CRM_KIND_TAG, "l:f:tag", CRM_KIND_LEAD },
    { CRM_KIND_TAG, "c:tag", CRM_KIND_CONTACT },
};

#define CRM_CONFIG_FACETS                                                     \
    (sizeof(crm_config_facets) / sizeof(crm_config_facets[0]))


/* how many replies count each kind of record, in the order of the kinds */

typedef struct {
    crm_counts_t  counts;
    ngx_uint_t    asked[CRM_KINDS];
} crm_config_counts_t;


static ngx_int_t crm_config_delete_counted(crm_flow_t *f);


/* of a type, in any state */

static void
crm_config_count_activities(crm_flow_t *f, crm_counts_t *counts, int64_t type)
{
    crm_str_t   key;
    ngx_uint_t  i;

    const crm_activity_scope_t  scope = { 'y', type, 0 };

    for (i = 0; i < CRM_SEGMENTS; i++) {
        if (crm_activity_key(&f->arena, &f->tenant->prefix, i, &scope, &key)
            == CRM_OK)
        {
            crm_count_members(counts, key);
        }
    }
}


/* the kinds come in order, so that the replies do */

static void
crm_config_count(crm_flow_t *f, crm_config_counts_t *counts,
    const crm_record_t *rec)
{
    int64_t      id = crm_record_id(rec);
    crm_str_t    bitmap;
    crm_kind_t   of;
    ngx_uint_t   i;

    crm_counts_init(&counts->counts, f);

    for (of = CRM_CONF_KINDS; of < CRM_KINDS; of++) {
        for (i = 0; i < CRM_CONFIG_FACETS; i++) {
            if (crm_config_facets[i].kind == rec->entity->kind
                && crm_config_facets[i].ids == of)
            {
                bitmap = crm_flow_key(f, "%s:%lld",
                                      crm_config_facets[i].bitmap,
                                      (long long) id);
                counts->asked[of] = crm_count_bits(&counts->counts, bitmap,
                                                   of);
            }
        }
    }

    if (rec->entity->kind == CRM_KIND_ACTIVITY_TYPE) {
        crm_config_count_activities(f, &counts->counts, id);
        counts->asked[CRM_KIND_ACTIVITY] = CRM_SEGMENTS;
    }
}


ngx_int_t
crm_config_delete(crm_flow_t *f)
{
    crm_record_t         *rec;
    crm_config_counts_t  *counts;

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (crm_write_match(f, rec) != NGX_OK) {
        return NGX_OK;
    }

    counts = crm_arena_calloc(&f->arena, sizeof(crm_config_counts_t));
    if (counts == NULL) {
        return NGX_ERROR;
    }

    f->data = counts;

    crm_config_count(f, counts, rec);
    crm_job_ask(f, &crm_dup_job);

    return crm_flow_wait(f, crm_config_delete_counted);
}


/* how many of each kind refer to it */

static void
crm_config_counted(crm_flow_t *f, const crm_record_t *rec, int64_t *counts)
{
    unsigned                    config[CRM_CONF_KINDS];
    crm_kind_t                  k;
    ngx_uint_t                  i;
    const crm_reply_t          *reply = f->reply;
    const crm_config_counts_t  *asked = f->data;

    crm_config_references(f->conf, rec->entity->kind, crm_record_id(rec),
                          config);

    for (k = 0; k < CRM_KINDS; k++) {
        counts[k] = k < CRM_CONF_KINDS ? config[k] : 0;

        for (i = 0; i < asked->asked[k]; i++) {
            counts[k] += (reply++)->num;
        }
    }
}


static ngx_int_t
crm_config_delete_counted(crm_flow_t *f)
{
    int64_t               counts[CRM_KINDS];
    crm_ops_t             ops;
    ngx_int_t             rc;
    crm_rule_t            rule;
    crm_record_t         *rec;
    crm_config_counts_t  *asked = f->data;

    rec = crm_config_named(f);

    if (rec == NULL) {
        return crm_flow_retry(f);
    }

    crm_config_counted(f, rec, counts);

    rc = crm_counts_in_use(f, counts);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    if (crm_counts_check(&asked->counts, &ops) != NGX_OK
        || crm_config_commit(&ops, &rule, rec, NULL) != CRM_OK
        || crm_dup_carry(f, rec, NULL, &f->reply[f->nreply - 1], &ops)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_answer_nothing(f);

    return crm_write_commit(f, &ops);
}
