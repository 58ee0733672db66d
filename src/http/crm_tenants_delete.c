/*
 * Deleting a tenant: its keys by scans until a whole one finds nothing but
 * the root hash; then that; then the registry's entry.
 *
 * The root hash says `deleting' up to the end, so that no request of the
 * tenant gets as far as a write.  Every slice can be repeated, also by
 * another worker from any place: the scan then begins anew.  But what a job
 * that comes late finds may be the next tenant of the name: it touches
 * nothing where the root hash says anything else, or is gone with the entry.
 */

#include "crm_registry.h"
#include "crm_tenants_delete.h"


/* keys that one SCAN looks at, about; so many are unlinked at most */
#define CRM_DELETE_SCAN  "500"


typedef struct {
    crm_str_t   position;               /* of the scan */
    u_char      buf[NGX_INT64_LEN + 1];
    ngx_uint_t  found;                  /* keys of this scan */
    unsigned    rooted:1;               /* the root hash is there */
} crm_deletion_t;


static ngx_int_t crm_delete_slice(crm_flow_t *f);
static ngx_int_t crm_delete_seen(crm_flow_t *f);
static ngx_int_t crm_delete_scanned(crm_flow_t *f, const crm_reply_t *reply);
static ngx_int_t crm_delete_unlinked(crm_flow_t *f);
static ngx_int_t crm_delete_next(crm_flow_t *f);
static ngx_int_t crm_delete_rooted(crm_flow_t *f);
static ngx_int_t crm_delete_leave(crm_flow_t *f);
static ngx_int_t crm_delete_ended(crm_flow_t *f);
static void crm_delete_release(crm_job_t *job);


const crm_job_kind_t  crm_tenant_delete_job = {
    .name = crm_string("tenant_delete"),
    .slice = crm_delete_slice,
    .release = crm_delete_release,
    .operator = 1
};


static void
crm_delete_from(crm_deletion_t *d, const crm_str_t *position)
{
    d->position.data = d->buf;
    d->position.len = ngx_min(position->len, sizeof(d->buf));

    ngx_memcpy(d->buf, position->data, d->position.len);
}


static void
crm_delete_release(crm_job_t *job)
{
    if (job->data != NULL) {
        ngx_free(job->data);
    }
}


static ngx_int_t
crm_delete_slice(crm_flow_t *f)
{
    crm_str_t        argv[6], start = crm_str("0"), none = crm_null_string;
    crm_job_t       *job = crm_job(f);
    crm_deletion_t  *d = job->data;

    if (d == NULL) {
        d = ngx_calloc(sizeof(crm_deletion_t), f->worker->log);
        if (d == NULL) {
            return NGX_ERROR;
        }

        job->data = d;
        crm_delete_from(d, &start);
    }

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("state"), none, none);
    crm_flow_call(f, "ZSCORE", crm_str(CRM_REGISTRY), f->tenant->slug, none,
                  none);

    argv[0] = crm_str("SCAN");
    argv[1] = d->position;
    argv[2] = crm_str("MATCH");
    argv[3] = crm_flow_key(f, "*");
    argv[4] = crm_str("COUNT");
    argv[5] = crm_str(CRM_DELETE_SCAN);

    crm_flow_cmd(f, 6, argv);

    return crm_flow_wait(f, crm_delete_seen);
}


static ngx_int_t
crm_delete_seen(crm_flow_t *f)
{
    crm_job_t          *job = crm_job(f);
    crm_deletion_t     *d = job->data;
    const crm_reply_t  *state = &f->reply[0], *entry = &f->reply[1];

    d->rooted = crm_reply_is_string(state);

    if (d->rooted ? !crm_str_is(&state->str, "deleting")
                  : !crm_reply_is_string(entry))
    {
        return crm_delete_ended(f);
    }

    return crm_delete_scanned(f, &f->reply[2]);
}


static ngx_int_t
crm_delete_scanned(crm_flow_t *f, const crm_reply_t *reply)
{
    uint32_t            i;
    crm_str_t          *argv;
    ngx_uint_t          n;
    crm_job_t          *job = crm_job(f);
    crm_deletion_t     *d = job->data;
    const crm_reply_t  *keys;

    if (!crm_reply_is_array(reply) || reply->n != 2
        || !crm_reply_is_array(&reply->item[1]))
    {
        return NGX_ERROR;
    }

    keys = &reply->item[1];
    crm_delete_from(d, &reply->item[0].str);

    argv = crm_arena_alloc(&f->arena, (keys->n + 1) * sizeof(crm_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("UNLINK");

    for (n = 1, i = 0; i < keys->n; i++) {
        if (!crm_str_eq(&keys->item[i].str, &f->tenant->root)) {
            argv[n++] = keys->item[i].str;
        }
    }

    d->found += n - 1;

    if (n == 1) {
        return crm_delete_next(f);
    }

    crm_flow_cmd(f, n, argv);

    return crm_flow_wait(f, crm_delete_unlinked);
}


static ngx_int_t
crm_delete_unlinked(crm_flow_t *f)
{
    crm_job(f)->done += f->reply[0].num;

    return crm_delete_next(f);
}


static ngx_int_t
crm_delete_next(crm_flow_t *f)
{
    crm_ops_t        ops;
    crm_str_t        none = crm_null_string;
    crm_job_t       *job = crm_job(f);
    crm_deletion_t  *d = job->data;

    if (!crm_str_is(&d->position, "0")) {
        return NGX_OK;
    }

    if (d->found > 0) {
        d->found = 0;                   /* once more, from the beginning */
        return NGX_OK;
    }

    if (!d->rooted) {
        return crm_delete_leave(f);
    }

    crm_ops_init(&ops, &f->arena);

    crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, f->tenant->root,
                  crm_str("state"), crm_str("deleting"));
    crm_ops_put(&ops, "DEL", f->tenant->root, none, none, none);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_delete_rooted);
}


static ngx_int_t
crm_delete_rooted(crm_flow_t *f)
{
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        return crm_delete_leave(f);

    case NGX_DECLINED:
        return NGX_OK;                  /* another job was faster */

    default:
        return NGX_ERROR;
    }
}


static ngx_int_t
crm_delete_leave(crm_flow_t *f)
{
    crm_str_t  none = crm_null_string;

    f->tenant->known = 0;

    crm_flow_call(f, "ZREM", crm_str(CRM_REGISTRY), f->tenant->slug, none,
                  none);

    return crm_flow_wait(f, crm_delete_ended);
}


static ngx_int_t
crm_delete_ended(crm_flow_t *f)
{
    crm_str_t   result;
    crm_job_t  *job = crm_job(f);

    job->total = job->done;

    result = crm_arena_printf(&f->arena, "{\"keys\":%lld}",
                              (long long) job->done);

    return crm_job_finish(f, NULL, &result);
}
