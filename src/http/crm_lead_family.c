/*
 * Leads with their activities and tombstones; see crm_lead_family.h.
 *
 * Activities are rewritten, one HSET each, since every list of activities
 * knows team and user of the lead; their index entries are joined, so that a
 * sorted set gets one command for all of them.  1,000 of them cost Redis
 * about 3 ms.  Messages are not touched (crm_messages.c).
 */

#include "crm_change.h"
#include "crm_lead_family.h"
#include "crm_lead_op.h"
#include "crm_respond.h"
#include "crm_scan.h"


#define CRM_FAMILY_READ  500            /* records of one step */


static ngx_int_t crm_family_loaded(crm_flow_t *f);


static ngx_int_t
crm_family_part(crm_flow_t *f, crm_family_part_t *part, ngx_uint_t n)
{
    part->n = 0;
    part->id = crm_arena_calloc(&f->arena, (n + 1) * sizeof(int64_t));
    part->rec = crm_arena_calloc(&f->arena, (n + 1)
                                            * sizeof(crm_record_t *));

    return part->id != NULL && part->rec != NULL ? NGX_OK : NGX_ERROR;
}


crm_family_t *
crm_family_new(crm_flow_t *f, const int64_t *id, ngx_uint_t n)
{
    crm_family_t  *family;

    family = crm_arena_calloc(&f->arena, sizeof(crm_family_t));

    if (family == NULL || crm_family_part(f, &family->lead, n) != NGX_OK) {
        return NULL;
    }

    ngx_memcpy(family->lead.id, id, n * sizeof(int64_t));
    family->lead.n = n;

    crm_ix_init(&family->was, &f->arena, f->tenant->prefix);
    crm_ix_init(&family->is, &f->arena, f->tenant->prefix);

    return family;
}


void
crm_family_ask(crm_flow_t *f, crm_family_t *family)
{
    int64_t      id;
    crm_str_t    none = crm_null_string, text;
    ngx_uint_t   i;
    crm_arena_t *a = &f->arena;

    for (i = 0; i < family->lead.n; i++) {
        id = family->lead.id[i];

        crm_flow_call(f, "HGETALL",
                      crm_lead_key(a, &f->tenant->prefix, id), none, none,
                      none);
        crm_lead_acts_ids(f, id);

        text = crm_arena_printf(a, "%lld", (long long) id);

        crm_flow_call(f, "ZRANGEBYSCORE",
                      crm_order_bucket(a, &f->tenant->prefix, CRM_KIND_LEAD,
                                       id),
                      text, text, none);
        crm_flow_call(f, "ZRANGEBYSCORE",
                      crm_lead_merged_key(a, &f->tenant->prefix, id), text,
                      text, none);
    }
}


static void
crm_family_ids(crm_family_part_t *part, const crm_reply_t *reply)
{
    ngx_uint_t  i;

    for (i = 0; i < reply->n; i++) {
        part->id[part->n++] = crm_walk_id(&reply->item[i].str);
    }
}


ngx_int_t
crm_family_take(crm_flow_t *f, crm_family_t *family,
    const crm_reply_t *replies)
{
    ngx_int_t           rc;
    ngx_uint_t          i, nacts, norders, ntombs;
    const crm_reply_t  *r;

    nacts = norders = ntombs = 0;

    for (i = 0; i < family->lead.n; i++) {
        r = &replies[5 * i];
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                             family->lead.id[i], &r[0],
                             &family->lead.rec[i]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED) {
            family->lead.rec[i] = NULL;
        }

        nacts += r[1].n + r[2].n;
        norders += r[3].n;
        ntombs += r[4].n;
    }

    if (crm_family_part(f, &family->act, nacts) != NGX_OK
        || crm_family_part(f, &family->order, norders) != NGX_OK
        || crm_family_part(f, &family->tomb, ntombs) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < family->lead.n; i++) {
        r = &replies[5 * i];

        crm_family_ids(&family->act, &r[1]);
        crm_family_ids(&family->act, &r[2]);
        crm_family_ids(&family->order, &r[3]);
        crm_family_ids(&family->tomb, &r[4]);
    }

    return NGX_OK;
}


static const struct {
    size_t       part;                  /* offset in crm_family_t */
    crm_kind_t   kind;
    const char  *name;                  /* in the key of a record */
} crm_family_parts[] = {
    { offsetof(crm_family_t, act), CRM_KIND_ACTIVITY, "activity" },
    { offsetof(crm_family_t, order), CRM_KIND_ORDER, "order" },
    { offsetof(crm_family_t, tomb), CRM_KIND_LEAD, "lead" }
};

#define CRM_FAMILY_PARTS                                                      \
    (sizeof(crm_family_parts) / sizeof(crm_family_parts[0]))


static crm_family_part_t *
crm_family_reading(crm_family_t *family)
{
    return (crm_family_part_t *) ((u_char *) family
                                  + crm_family_parts[family->part].part);
}


/* one part after another, so many records at a time */

static ngx_int_t
crm_family_more(crm_flow_t *f, crm_family_t *family)
{
    crm_str_t           none = crm_null_string;
    ngx_uint_t          i;
    crm_family_part_t  *part;

    for ( ;; ) {
        if (family->part == CRM_FAMILY_PARTS) {
            return family->next(f);
        }

        part = crm_family_reading(family);

        if (family->read < part->n) {
            break;
        }

        family->part++;
        family->read = 0;
    }

    family->asked = family->read;

    for (i = family->read;
         i < part->n && i - family->asked < CRM_FAMILY_READ;
         i++)
    {
        crm_flow_call(f, "HGETALL",
                      crm_change_key(&f->arena, &f->tenant->prefix,
                                     crm_family_parts[family->part].name,
                                     part->id[i]),
                      none, none, none);
    }

    family->read = i;

    return crm_flow_wait(f, crm_family_loaded);
}


ngx_int_t
crm_family_load(crm_flow_t *f, crm_family_t *family, crm_step_pt next)
{
    if (family->act.n + family->order.n > CRM_FAMILY_ACTS) {
        return crm_flow_problem(f, CRM_P_TOO_MANY_MERGED, NULL);
    }

    family->next = next;
    family->part = 0;
    family->read = 0;

    return crm_family_more(f, family);
}


static ngx_int_t
crm_family_loaded(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i, k;
    crm_family_t        *family = *(crm_family_t **) f->data;
    crm_family_part_t   *part = crm_family_reading(family);
    const crm_entity_t  *entity;

    entity = &crm_entities[crm_family_parts[family->part].kind];

    for (i = 0; i < f->nreply; i++) {
        k = family->asked + i;

        rc = crm_read_record(f, entity, part->id[k], &f->reply[i],
                             &part->rec[k]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED) {
            part->rec[k] = NULL;
        }
    }

    return crm_family_more(f, family);
}


ngx_int_t
crm_family_move(crm_flow_t *f, crm_family_t *family, crm_ops_t *ops,
    const crm_record_t *act, const crm_record_t *lead, int64_t from,
    crm_record_t **moved)
{
    crm_mask_t     differ;
    crm_record_t  *rec;

    rec = crm_record_copy(&f->arena, act);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    *moved = rec;

    crm_activity_place(rec, lead);
    crm_value_clear(&rec->v[CRM_ACTIVITY_QUOTED_FROM]);

    if (from != 0) {
        crm_value_set_num(&rec->v[CRM_ACTIVITY_QUOTED_FROM], from);
    }

    if (!crm_change_fields(act, rec, &differ)) {
        return NGX_OK;
    }

    /* when it was cancelled stays: a restored lead asks for it */

    if (crm_mask_has(&differ, CRM_ACTIVITY_LEAD_ID)) {
        crm_value_set_num(&rec->v[CRM_VERSION], crm_record_version(act) + 1);
        crm_mask_set(&differ, CRM_VERSION);
    }

    crm_activity_index(&family->was, act);
    crm_activity_index(&family->is, rec);

    crm_change_store(ops, crm_activity_hash_key(&f->arena,
                                                &f->tenant->prefix,
                                                crm_record_id(rec)),
                     rec, &differ, NULL);

    return NGX_OK;
}


ngx_int_t
crm_family_move_order(crm_flow_t *f, crm_ops_t *ops,
    const crm_record_t *order, const crm_record_t *lead, int64_t from)
{
    crm_rule_t     rule;
    crm_record_t  *rec;

    crm_write_rule(f, &rule);

    rec = crm_record_copy(&f->arena, order);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&rec->v[CRM_ORDER_LEAD_ID], crm_record_id(lead));
    crm_value_clear(&rec->v[CRM_ORDER_QUOTED_FROM]);

    if (from != 0) {
        crm_value_set_num(&rec->v[CRM_ORDER_QUOTED_FROM], from);
    }

    crm_order_place(rec, lead);
    (void) crm_change_touch(&rule, order, rec, NULL);

    return crm_order_commit(ops, &rule, order, rec) == CRM_OK ? NGX_OK
                                                              : NGX_ERROR;
}


ngx_int_t
crm_family_moved(crm_family_t *family, crm_ops_t *ops)
{
    if (family->was.failed || family->is.failed) {
        return NGX_ERROR;
    }

    if (family->was.n > 0 || family->is.n > 0) {
        crm_ix_diff(ops, &family->was, &family->is);
    }

    return ops->failed ? NGX_ERROR : NGX_OK;
}
