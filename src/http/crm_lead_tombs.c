/*
 * Tombstones of merged leads: what is answered to whoever names one, and that
 * they go when their survivor is deleted.
 *
 * Who may not see the survivor learns nothing of either.
 */

#include "crm_auth.h"
#include "crm_lead_merge.h"
#include "crm_lead_op.h"
#include "crm_respond.h"
#include "crm_scan.h"


static ngx_int_t crm_lead_merged_answer(crm_flow_t *f);
static ngx_int_t crm_lead_moved_answer(crm_flow_t *f);
static ngx_int_t crm_lead_tombs_loaded(crm_flow_t *f);


/* ---- answers ------------------------------------------------------------ */

/* the survivor, for a step that asks whether the caller may see it: CRM_WAIT.
   NGX_DECLINED: it cannot be asked for, 503 is prepared; it must not be taken
   for "visible". */

static ngx_int_t
crm_lead_survivor(crm_flow_t *f, const crm_record_t *lead, crm_step_pt next)
{
    crm_str_t  none = crm_null_string;
    ngx_int_t  rc;

    f->answer.id = lead->v[CRM_LEAD_MERGED_INTO].num;

    crm_flow_call(f, "HGETALL",
                  crm_lead_key(&f->arena, &f->tenant->prefix, f->answer.id),
                  none, none, none);

    rc = crm_flow_wait(f, next);

    return rc == NGX_OK ? NGX_DECLINED : rc;
}


ngx_int_t
crm_lead_visible(crm_flow_t *f, const crm_record_t *lead)
{
    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        return crm_lead_survivor(f, lead, crm_lead_merged_answer);
    }

    if (!crm_may_see(f, lead)) {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
crm_lead_readable(crm_flow_t *f, const crm_record_t *lead)
{
    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        return crm_lead_survivor(f, lead, crm_lead_moved_answer);
    }

    return crm_lead_visible(f, lead);
}


/* NGX_DECLINED: 404 is prepared */

static ngx_int_t
crm_lead_survivor_seen(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_record_t  *survivor;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], f->answer.id,
                         &f->reply[0], &survivor);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED || !crm_may_see(f, survivor)) {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_lead_merged_answer(crm_flow_t *f)
{
    int64_t    survivor = f->answer.id;
    ngx_int_t  rc;

    rc = crm_lead_survivor_seen(f);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    (void) crm_flow_problem(f, CRM_P_MERGED, NULL);
    f->answer.members = crm_arena_printf(&f->arena, "\"survivor_id\":%lld",
                                         (long long) survivor);

    return NGX_OK;
}


/* the same path with the survivor's id, and the same query */

static ngx_int_t
crm_lead_moved_answer(crm_flow_t *f)
{
    size_t          i;
    int64_t         survivor = f->answer.id;
    ngx_int_t       rc;
    ngx_str_t      *prefix, *uri, *args;
    crm_request_t  *q = crm_request(f);

    rc = crm_lead_survivor_seen(f);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    prefix = &q->conf->prefix;
    uri = &q->r->uri;
    args = &q->r->args;

    for (i = prefix->len + sizeof("/leads/") - 1;
         i < uri->len && uri->data[i] != '/';
         i++)
    {
        /* the tombstone's id */
    }

    i = ngx_min(i, uri->len);

    (void) crm_answer_nothing(f);

    f->answer.status = NGX_HTTP_MOVED_PERMANENTLY;
    f->answer.location = crm_arena_printf(&f->arena,
                               "%.*s/leads/%lld%.*s%s%.*s",
                               (int) prefix->len, prefix->data,
                               (long long) survivor,
                               (int) (uri->len - i), uri->data + i,
                               args->len > 0 ? "?" : "",
                               (int) args->len, args->data);

    /* an unmerge may bring it back */

    f->answer.cache_control = crm_str("no-store");

    return NGX_OK;
}


/* ---- deletion of the survivor ------------------------------------------- */

void
crm_lead_tombs_ask(crm_flow_t *f, int64_t id)
{
    crm_str_t  text;

    text = crm_arena_printf(&f->arena, "%lld", (long long) id);

    crm_flow_call(f, "ZRANGEBYSCORE",
                  crm_lead_merged_key(&f->arena, &f->tenant->prefix, id),
                  text, text, (crm_str_t) crm_null_string);
}


ngx_int_t
crm_lead_tombs_take(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[o->tombs_reply - 1];

    o->ntombs = reply->n;
    o->tomb = crm_arena_calloc(&f->arena, (reply->n + 1)
                                          * sizeof(crm_record_t *));
    o->tomb_id = crm_arena_calloc(&f->arena, (reply->n + 1)
                                             * sizeof(int64_t));
    if (o->tomb == NULL || o->tomb_id == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        o->tomb_id[i] = crm_walk_id(&reply->item[i].str);
    }

    return NGX_OK;
}


ngx_int_t
crm_lead_tombs_load(crm_flow_t *f)
{
    crm_str_t       none = crm_null_string;
    ngx_uint_t      i;
    crm_lead_op_t  *o = f->data;

    for (i = 0; i < o->ntombs; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   o->tomb_id[i]),
                      none, none, none);
    }

    for (i = 0; i < o->ntombs; i++) {
        crm_lead_mids_ask(f, o->tomb_id[i]);
    }

    return o->ntombs > 0 ? crm_flow_wait(f, crm_lead_tombs_loaded)
                         : crm_lead_op_commit(f);
}


static ngx_int_t
crm_lead_tombs_loaded(crm_flow_t *f)
{
    ngx_int_t       rc;
    ngx_uint_t      i;
    crm_lead_op_t  *o = f->data;

    o->tomb_mids = f->reply + o->ntombs;

    for (i = 0; i < o->ntombs; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], o->tomb_id[i],
                             &f->reply[i], &o->tomb[i]);

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? crm_flow_retry(f) : rc;
        }
    }

    return crm_lead_op_commit(f);
}


ngx_int_t
crm_lead_tombs_commit(crm_lead_op_t *o, const crm_rule_t *rule)
{
    ngx_uint_t  i;

    for (i = 0; i < o->ntombs; i++) {
        if (crm_lead_commit(&o->ops, rule, o->tomb[i], NULL, NULL) != CRM_OK
            || crm_lead_mids_commit(o, rule, o->tomb_id[i], &o->tomb_mids[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
