/*
 * The job behind a changed duplicate rule; see crm_dup_job.h.
 *
 * It goes over all leads by id and writes their entries under every
 * generation that is being built, then says that these are complete, then
 * sweeps what belongs to none (P d:gone).  Leads that change meanwhile write
 * their own entries under all generations; a slice proves the versions that it
 * has read.  Cursor: "b:{configuration}:{id}", "e:{configuration}",
 * "s", "s:{rule}:{generation}:{place}".
 */

#include "crm_change.h"
#include "crm_config.h"
#include "crm_dup_find.h"
#include "crm_dup_job_int.h"
#include "crm_write.h"


#define CRM_DUP_SLICE    200            /* entries written at once: a lead has one
                                           under each generation */


static ngx_int_t crm_dup_slice(crm_flow_t *f);
static ngx_int_t crm_dup_build(crm_flow_t *f);
static ngx_int_t crm_dup_built(crm_flow_t *f);
static ngx_int_t crm_dup_ended(crm_flow_t *f);


const crm_job_kind_t  crm_dup_job = {
    .name = crm_string("duplicate_index"),
    .slice = crm_dup_slice,
    .carries = 1
};


/* ---- what a change of the configuration leaves to do -------------------- */

static ngx_int_t
crm_dup_free_mail_changed(crm_flow_t *f, const crm_record_t *old,
    crm_ops_t *ops, ngx_uint_t *work)
{
    unsigned                i;
    crm_rule_t              rule;
    crm_record_t           *next;
    const crm_strs_t       *domains;
    const crm_conf_list_t  *list = &f->conf->list[CRM_KIND_DUPLICATE_RULE];

    crm_write_rule(f, &rule);

    domains = &old->v[CRM_SETTINGS_FREE_MAIL_DOMAINS].strs;

    for (i = 0; i < list->n; i++) {

        if (crm_dup_rule_free_mail(&rule, list->rec[i], domains, &next)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        if (next == NULL) {
            continue;
        }

        *work = 1;

        if (crm_config_commit(ops, &rule, list->rec[i], next) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    crm_ops_counters_first(ops);

    return NGX_OK;
}


ngx_int_t
crm_dup_carry(crm_flow_t *f, const crm_record_t *old, const crm_record_t *rec,
    const crm_reply_t *asked, crm_ops_t *ops)
{
    ngx_uint_t            work;
    const unsigned        domains = CRM_SETTINGS_FREE_MAIL_DOMAINS;
    const crm_record_t   *one = rec ? rec : old;

    work = 0;

    if (one->entity->kind == CRM_KIND_DUPLICATE_RULE) {
        work = crm_dup_rule_carries(old, rec);

    } else if (one->entity->kind == CRM_KIND_SETTINGS && old != NULL
               && !crm_value_eq(rec->entity->fields[domains].type,
                                &old->v[domains], &rec->v[domains])
               && crm_dup_free_mail_changed(f, old, ops, &work) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return !work || crm_job_create(f, &crm_dup_job, crm_str("{}"), -1, asked,
                                   ops)
                    != NULL
           ? NGX_OK : NGX_ERROR;
}


/* ---- building ----------------------------------------------------------- */

static ngx_int_t
crm_dup_save(crm_flow_t *f, crm_ops_t *ops, const char *phase, int64_t conf,
    int64_t id)
{
    crm_str_t  cursor;

    cursor = crm_arena_printf(&f->arena, "%s:%lld:%lld", phase,
                              (long long) conf, (long long) id);

    return cursor.data != NULL ? crm_job_save(f, ops, &cursor) : NGX_ERROR;
}


void
crm_dup_cursor(const crm_job_t *job, int64_t *number, ngx_uint_t n)
{
    u_char     *colon;
    crm_str_t   rest, one;
    ngx_uint_t  i;

    rest = job->cursor;

    for (i = 0; i <= n; i++) {
        colon = rest.len > 0 ? memchr(rest.data, ':', rest.len) : NULL;

        one.data = rest.data;
        one.len = colon != NULL ? (size_t) (colon - rest.data) : rest.len;

        rest.data += one.len + (colon != NULL);
        rest.len -= one.len + (colon != NULL);

        if (i > 0 && crm_str_int(&one, &number[i - 1]) != CRM_OK) {
            number[i - 1] = 0;
        }
    }
}


static ngx_int_t
crm_dup_slice(crm_flow_t *f)
{
    crm_job_t  *job = crm_job(f);

    if (job->cursor.len == 0) {
        return crm_dup_save(f, NULL, "b", f->conf->version, 0);
    }

    switch (job->cursor.data[0]) {

    case 'b':
        return crm_dup_build(f);

    case 'e':
        return crm_dup_ended(f);

    default:
        return crm_dup_sweep(f);
    }
}


/* leads of a slice; 0: no generation is being built */

static int64_t
crm_dup_leads(const crm_conf_t *conf, int64_t upto)
{
    unsigned  i, n;

    for (n = 0, i = 0; i < conf->ndup; i++) {
        n += !conf->dup[i].complete && conf->dup[i].gen <= upto;
    }

    return n > 0 ? CRM_DUP_SLICE / n : 0;
}


static ngx_int_t
crm_dup_build(crm_flow_t *f)
{
    int64_t    id, leads, place[2];
    crm_str_t  none = crm_null_string;

    crm_dup_cursor(crm_job(f), place, 2);
    leads = crm_dup_leads(f->conf, place[0]);

    if (leads == 0) {
        return crm_dup_save(f, NULL, "s", 0, 0);
    }

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lead"), none, none);

    for (id = place[1] + 1; id <= place[1] + leads; id++) {
        crm_dup_read_ask(f, id);
    }

    return crm_flow_wait(f, crm_dup_built);
}


static ngx_int_t
crm_dup_write(crm_flow_t *f, const crm_record_t *lead, int64_t upto,
    crm_ops_t *ops)
{
    crm_ix_list_t  nothing, list;

    crm_ix_init(&nothing, &f->arena, f->tenant->prefix);
    crm_ix_init(&list, &f->arena, f->tenant->prefix);

    crm_dup_index(&list, f->conf, lead, CRM_DUP_BUILDING, upto);

    if (list.failed) {
        return NGX_ERROR;
    }

    if (list.n == 0) {
        return NGX_OK;
    }

    crm_change_same(ops, crm_lead_key(&f->arena, &f->tenant->prefix,
                                      crm_record_id(lead)),
                    lead, CRM_VERSION, CRM_FAILED_VERSION);

    crm_ix_diff(ops, &nothing, &list);
    crm_dup_groups(ops, &nothing, &list);

    return NGX_OK;
}


static ngx_int_t
crm_dup_built(crm_flow_t *f)
{
    int64_t        place[2], leads, last, i;
    crm_ops_t      ops;
    crm_rule_t     rule;
    crm_job_t     *job = crm_job(f);
    ngx_int_t      rc;
    crm_record_t  *lead;

    crm_dup_cursor(job, place, 2);
    leads = crm_dup_leads(f->conf, place[0]);
    crm_ops_init(&ops, &f->arena);

    /* a lead that is written under another configuration knows of other
       generations */

    crm_write_rule(f, &rule);
    crm_change_conf(&ops, &rule);

    for (i = 1; i <= leads; i++) {
        rc = crm_dup_read_take(f, place[1] + i, &f->reply[i], &lead);

        if (rc == NGX_DECLINED) {
            continue;
        }

        if (rc != NGX_OK || crm_dup_write(f, lead, place[0], &ops) != NGX_OK) {
            return NGX_ERROR;
        }

        job->done++;
    }

    if (crm_str_int(&f->reply[0].str, &last) != CRM_OK) {
        last = 0;
    }

    job->total = ngx_max(last, job->done);

    return place[1] + leads < last
           ? crm_dup_save(f, &ops, "b", place[0], place[1] + leads)
           : crm_dup_save(f, &ops, "e", place[0], 0);
}


/* the rules take effect */

static ngx_int_t
crm_dup_ended(crm_flow_t *f)
{
    int64_t                 upto;
    unsigned                i;
    crm_ops_t               ops;
    crm_rule_t              rule;
    crm_record_t           *old, *rec;
    const crm_conf_list_t  *list = &f->conf->list[CRM_KIND_DUPLICATE_RULE];

    crm_dup_cursor(crm_job(f), &upto, 1);
    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    for (i = 0; i < list->n; i++) {
        old = list->rec[i];

        if (!old->v[CRM_DUPLICATE_RULE_BUILDING].num
            || old->v[CRM_DUPLICATE_RULE_GEN].num > upto)
        {
            continue;
        }

        rec = crm_dup_rule_complete(&f->arena, old);

        if (rec == NULL
            || crm_config_commit(&ops, &rule, old, rec) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    crm_ops_counters_first(&ops);

    return crm_dup_save(f, &ops, "s", 0, 0);
}
