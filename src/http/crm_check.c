/*
 * The checker: its rounds, and what it reports; see crm_check_int.h.
 *
 * A round holds where nobody wrote while it ran.  Otherwise it is made
 * again, and after some only that is reported which two in a row have found.
 */

#include "crm_check_int.h"
#include "crm_conf_load.h"


#define CRM_CHECK_ROUNDS  12

/* fields of the root hash that are read, before the last ids */
enum { CRM_CHECK_WRITES, CRM_CHECK_CONF, CRM_CHECK_TOKEN, CRM_CHECK_IDS };


static ngx_int_t crm_check_slice(crm_flow_t *f);
static void crm_check_release(crm_job_t *job);
static ngx_int_t crm_check_begun(crm_flow_t *f);
static ngx_int_t crm_check_conf_loaded(crm_flow_t *f);
static ngx_int_t crm_check_ended(crm_flow_t *f);
static ngx_int_t crm_check_report(crm_flow_t *f, crm_checker_t *c,
    ngx_uint_t quiet);


const crm_job_kind_t  crm_check_job = {
    .name = crm_string("check"),
    .slice = crm_check_slice,
    .release = crm_check_release,
    .operator = 1
};


/* what a round leaves; the hashes of its faults stay for the next one */

static void
crm_check_clear(crm_checker_t *c)
{
    crm_tally_free(&c->tally);
    crm_tally_free(&c->counts);
    crm_hashes_free(&c->wanted);
    crm_hashes_free(&c->before);
    crm_arena_reset(&c->arena);

    free(c->first_act);
    free(c->first_order);
    c->first_act = NULL;
    c->first_order = NULL;

    c->before = c->faults;
    ngx_memzero(&c->faults, sizeof(crm_hashes_t));

    c->users.n = 0;
    c->tokens.n = 0;
    c->contacts.n = 0;
    c->activities.n = 0;
    c->orders.n = 0;
    c->leads.n = 0;
    c->nacts = 0;
    c->norders = 0;
    c->ntombs = 0;
    c->messages.n = 0;
    c->unmerges.n = 0;
    c->merges.n = 0;
    c->mails.n = 0;
}


static void
crm_check_release(crm_job_t *job)
{
    crm_checker_t  *c = job->data;

    if (c == NULL) {
        return;
    }

    crm_check_clear(c);
    crm_hashes_free(&c->before);
    crm_arena_reset(&c->said_arena);

    free(c->users.id);
    free(c->tokens.id);
    free(c->contacts.id);
    free(c->activities.id);
    free(c->orders.id);
    free(c->leads.id);
    free(c->messages.id);
    free(c->unmerges.id);
    free(c->merges.id);
    free(c->tomb);
    free(c->mails.id);
    free(c->act);
    free(c->order);

    ngx_free(c);
}


static ngx_int_t
crm_check_slice(crm_flow_t *f)
{
    crm_job_t      *job = crm_job(f);
    crm_checker_t  *c = job->data;

    if (c == NULL) {
        c = ngx_calloc(sizeof(crm_checker_t), f->worker->log);
        if (c == NULL) {
            return NGX_ERROR;
        }

        job->data = c;

        crm_arena_init(&c->arena);
        crm_arena_init(&c->said_arena);
        crm_arena_init(&c->tally.arena);
        crm_arena_init(&c->counts.arena);

        c->job = job;
        c->first = -1;
        c->phase = crm_check_begin;
        c->repair = json_is_true(json_object_get(job->params, "repair"));
    }

    crm_ops_init(&c->ops, &f->arena);

    /* the snapshot of crm_check_conf(); a newer one is noticed at the end */

    if (c->phase != crm_check_begin) {
        f->conf = crm_tenant_conf(f->tenant);
    }

    return c->phase(f);
}


static void
crm_check_ask_root(crm_flow_t *f)
{
    crm_str_t   argv[2 + CRM_CHECK_IDS + CRM_KINDS], none = crm_null_string;
    crm_kind_t  kind;

    argv[0] = crm_str("HMGET");
    argv[1] = f->tenant->root;
    argv[2 + CRM_CHECK_WRITES] = crm_str("writes");
    argv[2 + CRM_CHECK_CONF] = crm_str("conf");
    argv[2 + CRM_CHECK_TOKEN] = crm_str("id:token");

    for (kind = 0; kind < CRM_KINDS; kind++) {
        argv[2 + CRM_CHECK_IDS + kind]
            = crm_arena_printf(&f->arena, "id:%.*s",
                               (int) crm_entities[kind].name.len,
                               crm_entities[kind].name.data);
    }

    crm_flow_cmd(f, 2 + CRM_CHECK_IDS + CRM_KINDS, argv);
    crm_flow_call(f, "HLEN", f->tenant->root, none, none, none);
}


static ngx_int_t
crm_check_take_mark(crm_arena_t *a, const crm_reply_t *replies,
    crm_check_mark_t *mark)
{
    const crm_reply_t  *root = replies[0].item;

    if (!crm_reply_is_array(&replies[0])
        || replies[0].n != CRM_CHECK_IDS + CRM_KINDS)
    {
        return NGX_ERROR;
    }

    mark->fields = replies[1].num;

    return crm_arena_dup(a, &mark->writes, root[CRM_CHECK_WRITES].str.data,
                         root[CRM_CHECK_WRITES].str.len)
           == CRM_OK
           && crm_arena_dup(a, &mark->conf, root[CRM_CHECK_CONF].str.data,
                            root[CRM_CHECK_CONF].str.len)
              == CRM_OK
           && crm_arena_dup(a, &mark->token, root[CRM_CHECK_TOKEN].str.data,
                            root[CRM_CHECK_TOKEN].str.len)
              == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_check_begin(crm_flow_t *f)
{
    crm_str_t       none = crm_null_string;
    crm_kind_t      kind;
    crm_checker_t  *c = crm_checker(f);

    crm_check_clear(c);

    ngx_memzero(c->max, sizeof(c->max));

    c->round++;
    c->mode = CRM_CHECK_TALLY;
    c->scan = crm_str("0");
    c->entities = 0;
    c->part = 0;
    c->at = 0;
    c->nreaders = 0;
    c->nmatched = 0;
    c->nfaults = 0;
    c->nconfirmed = 0;
    c->nsamples = 0;
    c->nsure = 0;
    c->moved = 0;
    c->groups = 0;
    c->mended = 0;

    crm_check_ask_root(f);

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        crm_flow_call(f, "HGETALL",
                      crm_flow_key(f, "conf:%.*s",
                                   (int) crm_entities[kind].name.len,
                                   crm_entities[kind].name.data),
                      none, none, none);
    }

    crm_flow_call(f, "SMEMBERS", crm_flow_key(f, "d:gone"), none, none, none);

    return crm_flow_wait(f, crm_check_begun);
}


static ngx_int_t
crm_check_config(crm_flow_t *f, crm_kind_t kind, const crm_reply_t *reply)
{
    int64_t          id;
    uint32_t         i;
    crm_record_t    *rec;
    crm_checker_t   *c = crm_checker(f);
    const crm_str_t *name = &crm_entities[kind].name;

    for (i = 0; crm_reply_is_array(reply) && i + 1 < reply->n; i += 2) {

        if (crm_str_int(&reply->item[i].str, &id) != CRM_OK
            || crm_record_unpack(&f->arena, &crm_entities[kind],
                                 &reply->item[i + 1].str, &rec)
               != CRM_OK
            || crm_record_id(rec) != id)
        {
            crm_check_fault(c, crm_check_mix(i, kind),
                            "%.*s %.*s cannot be read", (int) name->len,
                            name->data, (int) reply->item[i].str.len,
                            reply->item[i].str.data);
            continue;
        }

        c->entities++;
        c->max[kind] = ngx_max(c->max[kind], id);

        if (kind == CRM_KIND_USER
            && crm_check_ids_add(&c->users, id) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_check_begun(crm_flow_t *f)
{
    crm_str_t         root = crm_str("tenant");
    crm_kind_t        kind;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key;

    if (crm_check_take_mark(&c->arena, f->reply, &c->mark) != NGX_OK) {
        return NGX_ERROR;
    }

    for (kind = 0; kind < CRM_CONF_KINDS; kind++) {
        if (crm_check_config(f, kind, &f->reply[2 + kind]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (crm_check_dup_gone(c, &f->reply[2 + CRM_CONF_KINDS]) != NGX_OK
        || crm_check_ids_sort(&c->users) != CRM_OK)
    {
        return NGX_ERROR;
    }

    /* its other fields are no entries */

    key = crm_tally_get(&c->tally, &root);
    if (key == NULL) {
        return NGX_ERROR;
    }

    key->type = CRM_IX_FIELD;

    /* without a readable configuration no due day can be said */

    c->phase = c->nfaults == 0 ? crm_check_conf : crm_check_scan;

    return NGX_OK;
}


ngx_int_t
crm_check_conf(crm_flow_t *f)
{
    return crm_conf_load_begin(f, crm_check_conf_loaded);
}


static ngx_int_t
crm_check_conf_loaded(crm_flow_t *f)
{
    f->tenant->known = 1;               /* worth a place in the cache */

    crm_checker(f)->phase = crm_check_scan;

    return NGX_OK;
}


ngx_int_t
crm_check_end(crm_flow_t *f)
{
    crm_check_ask_root(f);

    return crm_flow_wait(f, crm_check_ended);
}


/* the counters as they are now: ids seen before cannot be above them */

static void
crm_check_last_ids(crm_flow_t *f, const crm_reply_t *root)
{
    int64_t           last;
    crm_str_t         name = crm_str("tenant");
    crm_kind_t        kind;
    crm_checker_t    *c = crm_checker(f);
    const crm_str_t  *one;

    for (kind = 0; kind < CRM_KINDS; kind++) {

        if (kind == CRM_KIND_SETTINGS
            || crm_str_int(&root->item[CRM_CHECK_IDS + kind].str, &last)
               != CRM_OK)
        {
            last = kind == CRM_KIND_SETTINGS ? 1 : 0;
        }

        if (last >= c->max[kind]) {
            continue;
        }

        one = &crm_entities[kind].name;

        crm_check_fault(c, crm_check_mix(kind, 'L'),
                        "id:%.*s is %lld, but there is %.*s %lld",
                        (int) one->len, one->data, (long long) last,
                        (int) one->len, one->data,
                        (long long) c->max[kind]);

        crm_check_put(f, "HSET", &name,
                      crm_arena_printf(&f->arena, "id:%.*s", (int) one->len,
                                       one->data),
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) c->max[kind]));
        c->max[kind] = 0;
    }
}


/* before the round after a repair: what was found at first */

static void
crm_check_keep(crm_checker_t *c)
{
    ngx_uint_t  i;

    if (c->first >= 0) {
        return;
    }

    c->first = c->nfaults;

    for (i = 0; i < c->nsamples; i++) {
        if (crm_arena_dup(&c->said_arena, &c->said[i], c->sample[i].data,
                          c->sample[i].len)
            == CRM_OK)
        {
            c->nsaid = i + 1;
        }
    }
}


static ngx_int_t
crm_check_ended(crm_flow_t *f)
{
    crm_checker_t     *c = crm_checker(f);
    ngx_uint_t         quiet;
    crm_check_mark_t   now;

    if (crm_check_take_mark(&f->arena, f->reply, &now) != NGX_OK) {
        return NGX_ERROR;
    }

    quiet = !c->moved && crm_str_eq(&now.writes, &c->mark.writes)
            && crm_str_eq(&now.conf, &c->mark.conf)
            && crm_str_eq(&now.token, &c->mark.token)
            && now.fields == c->mark.fields;

    crm_check_last_ids(f, &f->reply[0]);

    if (c->ops.nwrites > 0) {
        return crm_check_mend(f);       /* and then here once more */
    }

    if (c->mended > 0) {
        crm_check_keep(c);
    }

    if ((!quiet && c->nfaults > 0 && c->round < CRM_CHECK_ROUNDS)
        || (c->mended > 0 && c->round < 2 * CRM_CHECK_ROUNDS))
    {
        c->phase = crm_check_begin;
        return NGX_OK;
    }

    return crm_check_report(f, c, quiet);
}


static ngx_int_t
crm_check_report(crm_flow_t *f, crm_checker_t *c, ngx_uint_t quiet)
{
    int64_t           left, faults;
    crm_out_t         out;
    crm_str_t         result;
    ngx_uint_t        i, n;
    const crm_str_t  *sample;

    left = quiet ? c->nfaults : c->nconfirmed;
    faults = ngx_max(c->first, left);

    sample = c->first >= 0 ? c->said : quiet ? c->sample : c->confirmed;
    n = c->first >= 0 ? c->nsaid : quiet ? c->nsamples : c->nsure;

    crm_out_init(&out, &f->arena, 512);
    crm_out_lit(&out, "{\"entities\":");
    crm_out_int(&out, c->entities);
    crm_out_lit(&out, ",\"faults\":");
    crm_out_int(&out, faults);
    crm_out_lit(&out, ",\"repaired\":");
    crm_out_int(&out, faults - left);
    crm_out_lit(&out, ",\"samples\":[");

    for (i = 0; i < n; i++) {
        if (i > 0) {
            crm_out_char(&out, ',');
        }

        crm_out_json(&out, &sample[i]);
    }

    crm_out_lit(&out, "]}");

    if (crm_out_join(&out, &result) != CRM_OK) {
        return NGX_ERROR;
    }

    return crm_job_finish(f, NULL, &result);
}
