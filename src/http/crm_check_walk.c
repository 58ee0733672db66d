/*
 * The tenant's records, some at a time, and what each asks of the indexes;
 * see crm_check_int.h.
 */

#include "crm_change.h"
#include "crm_check_int.h"
#include "crm_contact.h"
#include "crm_mid.h"


#define CRM_CHECK_BATCH    25           /* records of a slice */
#define CRM_CHECK_ORPHANS  500          /* lists deleted in a round */


static ngx_int_t crm_check_taken(crm_flow_t *f);
static void crm_check_ask(crm_flow_t *f, const char *kind, int64_t id);
static void crm_check_feed_ask(crm_flow_t *f, const char *kind, int64_t id);
static void crm_check_lead_ask(crm_flow_t *f, const char *kind, int64_t id);
static void crm_check_mail_ask(crm_flow_t *f, const char *kind, int64_t id);
static ngx_int_t crm_check_mail_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);
static ngx_int_t crm_check_token_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);
static ngx_int_t crm_check_feed_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);
static ngx_int_t crm_check_contact_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);


typedef struct {
    size_t        ids;                  /* offset in crm_checker_t */
    const char   *kind;
    ngx_uint_t    replies;              /* of one record */
    void        (*ask)(crm_flow_t *f, const char *kind, int64_t id);
    ngx_int_t   (*take)(crm_flow_t *f, int64_t id,
        const crm_reply_t *replies);
} crm_check_part_t;

static const crm_check_part_t  crm_check_parts[] = {
    { offsetof(crm_checker_t, tokens), "tokens", 1, crm_check_ask,
      crm_check_token_take },
    { offsetof(crm_checker_t, users), "user", 1, crm_check_feed_ask,
      crm_check_feed_take },
    { offsetof(crm_checker_t, contacts), "contact", 1, crm_check_ask,
      crm_check_contact_take },
    { offsetof(crm_checker_t, activities), "activity", 1, crm_check_ask,
      crm_check_act_take },
    { offsetof(crm_checker_t, orders), "order", 1, crm_check_ask,
      crm_check_order_take },
    { offsetof(crm_checker_t, mails), "mail", 1, crm_check_mail_ask,
      crm_check_mail_take },
    { offsetof(crm_checker_t, leads), "lead", 2, crm_check_lead_ask,
      crm_check_lead_take }
};

#define CRM_CHECK_PARTS                                                       \
    (sizeof(crm_check_parts) / sizeof(crm_check_parts[0]))


static crm_check_ids_t *
crm_check_part_ids(crm_checker_t *c)
{
    return (crm_check_ids_t *) ((u_char *) c
                                + crm_check_parts[c->part].ids);
}


/* the walk is over: what comes next depends on why it was made */

static void
crm_check_walked(crm_checker_t *c)
{
    c->part = 0;
    c->at = 0;
    c->nreaders = 0;

    c->phase = c->mode == CRM_CHECK_TALLY ? crm_check_orphans
               : c->mode == CRM_CHECK_DETAIL ? crm_check_read
               : c->groups ? crm_check_read : crm_check_end;
}


ngx_int_t
crm_check_walk(crm_flow_t *f)
{
    uint32_t                 i, end;
    crm_checker_t           *c = crm_checker(f);
    crm_check_ids_t         *ids;
    const crm_check_part_t  *part;

    while (c->part < CRM_CHECK_PARTS && c->at == crm_check_part_ids(c)->n) {
        c->part++;
        c->at = 0;
    }

    if (c->part == CRM_CHECK_PARTS) {
        crm_check_walked(c);
        return NGX_OK;
    }

    part = &crm_check_parts[c->part];
    ids = crm_check_part_ids(c);
    end = ngx_min(c->at + CRM_CHECK_BATCH, ids->n);

    for (i = c->at; i < end; i++) {
        part->ask(f, part->kind, ids->id[i]);
    }

    return crm_flow_wait(f, crm_check_taken);
}


static ngx_int_t
crm_check_taken(crm_flow_t *f)
{
    uint32_t                 i, end;
    crm_checker_t           *c = crm_checker(f);
    crm_check_ids_t         *ids = crm_check_part_ids(c);
    const crm_reply_t       *reply = f->reply;
    const crm_check_part_t  *part = &crm_check_parts[c->part];

    end = ngx_min(c->at + CRM_CHECK_BATCH, ids->n);

    for (i = c->at; i < end; i++) {

        if (part->take(f, ids->id[i], reply) != NGX_OK) {
            return NGX_ERROR;
        }

        reply += part->replies;
    }

    c->at = end;

    return crm_check_mend(f);
}


static void
crm_check_ask(crm_flow_t *f, const char *kind, int64_t id)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL",
                  crm_change_key(&f->arena, &f->tenant->prefix, kind, id),
                  none, none, none);
}


/* the token of a user's calendar feed (crm_calendar_token.c) */

static void
crm_check_feed_ask(crm_flow_t *f, const char *kind, int64_t id)
{
    crm_str_t  none = crm_null_string;

    (void) kind;

    crm_flow_call(f, "HGET", f->tenant->root,
                  crm_arena_printf(&f->arena, "ct:%lld", (long long) id),
                  none, none);
}


static void
crm_check_lead_ask(crm_flow_t *f, const char *kind, int64_t id)
{
    crm_str_t  none = crm_null_string;

    crm_check_ask(f, kind, id);

    crm_flow_call(f, "LLEN",
                  crm_lead_messages_key(&f->arena, &f->tenant->prefix, id),
                  none, none, none);
}


void
crm_check_count(crm_checker_t *c, crm_kind_t kind, int64_t id,
    int64_t entities)
{
    if (c->mode != CRM_CHECK_TALLY) {
        return;
    }

    c->entities += entities;
    c->max[kind] = ngx_max(c->max[kind], id);
    c->job->done += kind != CRM_KIND_TOKEN;
}


static void
crm_check_unreadable(crm_checker_t *c, const char *kind, int64_t id)
{
    crm_check_fault(c, crm_check_mix((uint64_t) id, kind[0]),
                    "%s %lld cannot be read", kind, (long long) id);
}


ngx_int_t
crm_check_load(crm_flow_t *f, crm_kind_t kind, int64_t id,
    const crm_reply_t *reply, crm_record_t **rec)
{
    int          rc;
    ngx_uint_t   i;
    crm_str_t   *pairs;

    if (!crm_reply_is_array(reply) || reply->n == 0) {
        return NGX_DECLINED;            /* deleted since the scan */
    }

    pairs = crm_arena_alloc(&f->arena, reply->n * sizeof(crm_str_t));
    if (pairs == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        pairs[i] = reply->item[i].str;
    }

    rc = crm_record_load(&f->arena, &crm_entities[kind], id, pairs, reply->n,
                         rec);

    if (rc == CRM_DECLINED) {
        crm_check_unreadable(crm_checker(f), (char *)
                             crm_entities[kind].name.data, id);
        return NGX_DECLINED;
    }

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}


/* one write of a creation as the entries that it makes */

static ngx_int_t
crm_check_write(crm_flow_t *f, crm_check_entry_t *e, const crm_write_t *w)
{
    unsigned          i;
    const crm_str_t  *argv = w->argv;

    e->name.data = argv[1].data + f->tenant->prefix.len;
    e->name.len = argv[1].len - f->tenant->prefix.len;
    e->value = (crm_str_t) crm_null_string;

    if (crm_str_is(&argv[0], "SETBIT")) {
        e->type = CRM_IX_BIT;
        e->member = argv[2];
        return crm_check_want(f, e);
    }

    if (crm_str_is(&argv[0], "SETRANGE")) {
        e->type = CRM_IX_ROW;
        e->member = argv[2];
        e->value = argv[3];
        return crm_check_want(f, e);
    }

    if (crm_str_is(&argv[0], "HINCRBY")) {
        e->type = CRM_IX_COUNT;
        e->member = argv[2];
        e->value = argv[3];
        return crm_check_want(f, e);
    }

    if (crm_str_is(&argv[0], "SADD")) {
        e->type = CRM_IX_SET;

        for (i = 2; i < w->argc; i++) {
            e->member = argv[i];

            if (crm_check_want(f, e) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        return NGX_OK;
    }

    e->type = crm_str_is(&argv[0], "ZADD") ? CRM_IX_ZSET : CRM_IX_FIELD;

    for (i = 2; i + 1 < w->argc; i += 2) {
        e->member = argv[e->type == CRM_IX_ZSET ? i + 1 : i];
        e->value = argv[e->type == CRM_IX_ZSET ? i : i + 1];

        if (crm_check_want(f, e) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * What a creation of the record would write into empty indexes: the
 * difference is taken by the function that the commits use, so that entries
 * emitted twice count here as they do there.
 */

ngx_int_t
crm_check_entries(crm_flow_t *f, const char *whose, int64_t id,
    crm_ix_list_t *list)
{
    unsigned           i;
    crm_ops_t          ops;
    crm_ix_list_t      nothing;
    crm_check_entry_t  e;

    crm_ix_init(&nothing, &f->arena, f->tenant->prefix);
    crm_ops_init(&ops, &f->arena);
    crm_ix_diff(&ops, &nothing, list);

    if (ops.failed) {
        return NGX_ERROR;
    }

    e.whose = whose;
    e.id = id;

    for (i = 0; i < ops.nwrites; i++) {
        if (crm_check_write(f, &e, &ops.writes[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* the tokens of one user; their entries are fields of the root hash */

static ngx_int_t
crm_check_token_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    uint32_t            i;
    crm_str_t           name, none = crm_null_string;
    crm_record_t       *token;
    crm_checker_t      *c = crm_checker(f);
    const crm_value_t  *v;
    crm_check_entry_t   e;

    if (!crm_check_ids_have(&c->users, id)) {
        name = crm_arena_printf(&f->arena, "tokens:%lld", (long long) id);
        crm_check_fault(c, crm_check_mix((uint64_t) id, 'T'),
                        "%.*s belongs to no user", (int) name.len, name.data);
        crm_check_put(f, "DEL", &name, none, none);
        return NGX_OK;
    }

    e.type = CRM_IX_FIELD;
    e.name = crm_str("tenant");
    e.whose = "token";

    for (i = 0; crm_reply_is_array(replies) && i + 1 < replies->n; i += 2) {

        if (crm_record_unpack(&f->arena, &crm_entities[CRM_KIND_TOKEN],
                              &replies->item[i + 1].str, &token)
            != CRM_OK)
        {
            crm_check_unreadable(c, "tokens of user", id);
            continue;
        }

        v = token->v;
        e.id = crm_record_id(token);
        e.member = crm_arena_printf(&f->arena, "k:%.*s",
                                    (int) v[CRM_TOKEN_HASH].str.len,
                                    v[CRM_TOKEN_HASH].str.data);
        e.value = crm_arena_printf(&f->arena, "%lld:%lld:%lld",
                                   (long long) id, (long long) e.id,
                                   (long long) v[CRM_TOKEN_EXPIRES_AT].num);

        crm_check_count(c, CRM_KIND_TOKEN, e.id, 1);

        if (crm_check_want(f, &e) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_check_feed_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    crm_check_entry_t  e;

    if (!crm_reply_is_string(replies)) {
        return NGX_OK;
    }

    e.type = CRM_IX_FIELD;
    e.name = crm_str("tenant");
    e.member = crm_arena_printf(&f->arena, "c:%.*s", (int) replies->str.len,
                                replies->str.data);
    e.value = crm_arena_printf(&f->arena, "%lld", (long long) id);
    e.whose = "the calendar of user";
    e.id = id;

    return crm_check_want(f, &e);
}


static ngx_int_t
crm_check_contact_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    ngx_int_t       rc;
    crm_record_t   *contact;
    crm_ix_list_t   list;

    rc = crm_check_load(f, CRM_KIND_CONTACT, id, replies, &contact);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_check_count(crm_checker(f), CRM_KIND_CONTACT, id, 1);

    crm_ix_init(&list, &f->arena, f->tenant->prefix);
    crm_contact_index(&list, contact);

    return crm_check_entries(f, "contact", id, &list);
}


static void
crm_check_mail_ask(crm_flow_t *f, const char *kind, int64_t id)
{
    crm_str_t  none = crm_null_string;

    (void) kind;

    crm_flow_call(f, "HGETALL",
                  crm_mid_lead_key(&f->arena, &f->tenant->prefix, id),
                  none, none, none);
}


/* the mails that have arrived at a lead, and where they are looked up */

static ngx_int_t
crm_check_mail_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    uint32_t        i;
    crm_str_t       name, none = crm_null_string;
    crm_checker_t  *c = crm_checker(f);
    crm_ix_list_t   list;

    if (!crm_check_ids_have(&c->leads, id)) {
        name = crm_arena_printf(&f->arena, "lead:%lld:mid", (long long) id);
        crm_check_fault(c, crm_check_mix((uint64_t) id, 'I'),
                        "%.*s belongs to no lead", (int) name.len,
                        name.data);
        crm_check_put(f, "DEL", &name, none, none);
        return NGX_OK;
    }

    crm_ix_init(&list, &f->arena, f->tenant->prefix);

    for (i = 0; crm_reply_is_array(replies) && i + 1 < replies->n; i += 2) {
        crm_mid_index(&list, &replies->item[i].str,
                      &replies->item[i + 1].str);
    }

    return crm_check_entries(f, "mails of lead", id, &list);
}


/* lists of messages whose lead is gone; both rows of ids are in order */

ngx_int_t
crm_check_orphans(crm_flow_t *f)
{
    uint32_t        i, k;
    crm_str_t       name, none = crm_null_string;
    crm_checker_t  *c = crm_checker(f);

    for (i = 0, k = 0; i < c->messages.n; i++) {

        while (k < c->leads.n && c->leads.id[k] < c->messages.id[i]) {
            k++;
        }

        if (k < c->leads.n && c->leads.id[k] == c->messages.id[i]) {
            continue;
        }

        name = crm_arena_printf(&f->arena, "lead:%lld:m",
                                (long long) c->messages.id[i]);

        crm_check_fault(c, crm_check_mix((uint64_t) c->messages.id[i], 'O'),
                        "%.*s belongs to no lead", (int) name.len,
                        name.data);

        if (c->ops.nwrites < CRM_CHECK_ORPHANS) {
            crm_check_put(f, "DEL", &name, none, none);
        }
    }

    if (crm_check_tombs(f) != NGX_OK) {
        return NGX_ERROR;
    }

    c->at = 0;
    c->nreaders = 0;
    c->phase = crm_check_read;

    return crm_check_mend(f);
}
