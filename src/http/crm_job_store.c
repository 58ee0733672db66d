/* the records of jobs in Redis, and their creation; see crm_job.h */

#include "crm_change.h"
#include "crm_idem.h"
#include "crm_job_int.h"
#include "crm_respond.h"
#include "crm_time.h"
#include "crm_write.h"


/* a finished job can be looked at for so long */
#define CRM_JOB_KEEP  (30 * CRM_DAY_MS)


static ngx_int_t crm_job_submitted(crm_flow_t *f);


/* the prefix of the keys in which a kind's jobs are kept */

static crm_str_t
crm_job_home(crm_flow_t *f, const crm_job_kind_t *kind)
{
    return kind->operator ? crm_str(CRM_REGISTRY_PREFIX) : f->tenant->prefix;
}


static crm_str_t
crm_job_root(crm_flow_t *f, const crm_job_kind_t *kind)
{
    return kind->operator ? crm_str(CRM_REGISTRY_ROOT) : f->tenant->root;
}


crm_str_t
crm_job_key(crm_arena_t *a, const crm_str_t *home, int64_t id)
{
    return crm_change_key(a, home, "job", id);
}


crm_str_t
crm_job_member(crm_arena_t *a, const crm_str_t *slug, int64_t id)
{
    return crm_arena_printf(a, "%.*s:%lld", (int) slug->len, slug->data,
                            (long long) id);
}


ngx_int_t
crm_job_member_parse(const crm_str_t *member, crm_str_t *slug, int64_t *id)
{
    u_char     *p;
    crm_str_t   number;

    p = ngx_strlchr(member->data, member->data + member->len, ':');

    if (p == NULL) {
        return NGX_ERROR;
    }

    slug->data = member->data;
    slug->len = p - member->data;

    number.data = p + 1;
    number.len = member->len - slug->len - 1;

    return crm_str_int(&number, id) == CRM_OK && *id > 0 ? NGX_OK : NGX_ERROR;
}


const crm_str_t *
crm_job_field(const crm_reply_t *reply, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i + 1 < reply->n; i += 2) {
        if (crm_str_is(&reply->item[i].str, name)) {
            return &reply->item[i + 1].str;
        }
    }

    return NULL;
}


const crm_job_kind_t *
crm_job_kind_of(const crm_record_t *rec)
{
    ngx_uint_t  i;

    for (i = 0; crm_job_kinds[i] != NULL; i++) {
        if (crm_str_eq(&crm_job_kinds[i]->name, &rec->v[CRM_JOB_JOB_KIND].str))
        {
            return crm_job_kinds[i];
        }
    }

    return NULL;
}


void
crm_job_store(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec)
{
    crm_str_t    none = crm_null_string;
    crm_mask_t   differ;

    crm_change_fields(NULL, rec, &differ);
    crm_change_store(ops, key, rec, &differ, NULL);

    if (rec->v[CRM_JOB_FINISHED_AT].set) {
        crm_ops_put(ops, "PEXPIREAT", key,
                    crm_arena_printf(ops->arena, "%lld",
                                     (long long)
                                     (rec->v[CRM_JOB_FINISHED_AT].num
                                      + CRM_JOB_KEEP)),
                    none, none);
    }
}


void
crm_job_ask(crm_flow_t *f, const crm_job_kind_t *kind)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGET", crm_job_root(f, kind), crm_str("id:job"), none,
                  none);
}


static crm_record_t *
crm_job_new(crm_flow_t *f, const crm_job_kind_t *kind, crm_str_t params,
    int64_t total, int64_t id)
{
    crm_record_t  *rec;

    rec = crm_record_new(&f->arena, &crm_entities[CRM_KIND_JOB]);
    if (rec == NULL) {
        return NULL;
    }

    crm_value_set_num(&rec->v[CRM_ID], id);
    crm_value_set_num(&rec->v[CRM_VERSION], 1);
    crm_value_set_num(&rec->v[CRM_CREATED_AT], f->now);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], f->now);
    crm_value_set_str(&rec->v[CRM_JOB_JOB_KIND], kind->name);
    crm_value_set_str(&rec->v[CRM_JOB_PARAMS], params);

    if (total >= 0) {
        crm_value_set_num(&rec->v[CRM_JOB_TOTAL], total);
    }

    if (f->user != NULL) {
        crm_value_set_num(&rec->v[CRM_JOB_USER_ID], crm_record_id(f->user));
    }

    return crm_record_defaults(&f->arena, rec) == CRM_OK ? rec : NULL;
}


/* the record of a new job, and its creation in a commit */

static crm_record_t *
crm_job_add(crm_flow_t *f, const crm_job_kind_t *kind, crm_str_t params,
    int64_t total, const crm_reply_t *asked, crm_ops_t *ops)
{
    int64_t        id;
    crm_str_t      text, root, none = crm_null_string;
    crm_rule_t     rule;
    crm_record_t  *rec;

    if (!crm_reply_is_string(asked)
        || crm_str_int(&asked->str, &id) != CRM_OK)
    {
        id = 0;
    }

    rec = crm_job_new(f, kind, params, total, ++id);
    if (rec == NULL) {
        return NULL;
    }

    root = crm_job_root(f, kind);
    text = crm_arena_printf(&f->arena, "%lld", (long long) id);

    crm_change_check(ops, CRM_CHECK_FIELD_BELOW, root, crm_str("id:job"),
                     text, CRM_FAILED_ID);
    crm_ops_put(ops, "HSET", root, crm_str("id:job"), text, none);

    /* the tenant may be gone since the caller was proven: a job left behind
       would be that of the next one of its name */

    if (!kind->operator) {
        crm_write_rule(f, &rule);
        crm_change_conf(ops, &rule);
    }

    return rec;
}


ngx_int_t
crm_job_params(crm_flow_t *f, json_t *params, crm_str_t *text)
{
    int    rc;
    char  *dump;

    dump = json_dumps(params, JSON_COMPACT);
    json_decref(params);

    if (dump == NULL) {
        return NGX_ERROR;
    }

    rc = crm_arena_dup(&f->arena, text, dump, ngx_strlen(dump));
    free(dump);

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}


/*
 * The queue lies in another hash slot than the tenant and cannot be part of
 * its commit: it goes ahead on the same connection, so that no job is without
 * a place there.  A place without a job is found and removed.
 */

crm_record_t *
crm_job_create(crm_flow_t *f, const crm_job_kind_t *kind, crm_str_t params,
    int64_t total, const crm_reply_t *asked, crm_ops_t *ops)
{
    crm_str_t      member, home, none = crm_null_string;
    crm_record_t  *rec;

    rec = crm_job_add(f, kind, params, total, asked, ops);
    if (rec == NULL) {
        return NULL;
    }

    home = crm_job_home(f, kind);
    crm_job_store(ops, crm_job_key(&f->arena, &home, crm_record_id(rec)),
                  rec);

    member = crm_job_member(&f->arena, kind->operator ? &none
                                                      : &f->tenant->slug,
                            crm_record_id(rec));

    crm_job_enqueue(f->redis, &member, f->now);

    return rec;
}


crm_record_t *
crm_job_create_ended(crm_flow_t *f, const crm_job_kind_t *kind,
    crm_str_t params, int64_t total, const crm_reply_t *asked,
    crm_ops_t *ops)
{
    crm_str_t      home;
    crm_record_t  *rec;

    rec = crm_job_add(f, kind, params, total, asked, ops);
    if (rec == NULL) {
        return NULL;
    }

    crm_value_set_num(&rec->v[CRM_JOB_STATE], CRM_JOB_FINISHED);
    crm_value_set_num(&rec->v[CRM_JOB_FINISHED_AT], f->now);

    if (kind->undoable) {
        crm_value_set_num(&rec->v[CRM_JOB_UNDO_UNTIL],
                          f->now + CRM_JOB_UNDO_MS);
    }

    home = crm_job_home(f, kind);
    crm_job_store(ops, crm_job_key(&f->arena, &home, crm_record_id(rec)),
                  rec);

    return rec;
}


void
crm_job_tally(crm_flow_t *f, crm_record_t *job, int64_t done, int64_t failed,
    crm_ops_t *ops)
{
    crm_str_t  home = f->tenant->prefix;

    crm_value_set_num(&job->v[CRM_VERSION], crm_record_version(job) + 1);
    crm_value_set_num(&job->v[CRM_JOB_TOTAL], done + failed);
    crm_value_set_num(&job->v[CRM_JOB_DONE], done);
    crm_value_set_num(&job->v[CRM_JOB_FAILED], failed);

    crm_job_store(ops, crm_job_key(&f->arena, &home, crm_record_id(job)),
                  job);
}


ngx_int_t
crm_job_submit(crm_flow_t *f, crm_ops_t *ops, crm_record_t *job)
{
    if (job == NULL) {
        return NGX_ERROR;
    }

    crm_record_json(crm_answer_json(f, NGX_HTTP_ACCEPTED), job, NULL);
    crm_answer_location(f, "/jobs/%lld", (long long) crm_record_id(job));
    crm_answer_etag(f, crm_record_version(job), 0);

    f->answer.id = crm_record_id(job);
    f->data = job;

    crm_idem_commit(f, ops);

    if (ops->failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, ops);

    return crm_flow_wait(f, crm_job_submitted);
}


static ngx_int_t
crm_job_submitted(crm_flow_t *f)
{
    ngx_uint_t            failed;
    crm_str_t             member, none = crm_null_string;
    crm_record_t         *job = f->data;
    const crm_job_kind_t *kind;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return crm_flow_retry(f);

    default:
        return NGX_ERROR;
    }

    kind = crm_job_kind_of(job);

    member = crm_job_member(&f->arena, kind->operator ? &none
                                                      : &f->tenant->slug,
                            crm_record_id(job));

    crm_job_run(f->worker, &member, 0);

    return NGX_OK;
}
