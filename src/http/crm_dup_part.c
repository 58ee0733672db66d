/*
 * Groups of GET /duplicates of which a part is shown, as the rest is hidden
 * or kept separate; see crm_dup_groups.h.
 *
 * The records that are shown may have further keys in common, which others of
 * the rest have, too.  To the reader these are the same records under several
 * keys, one group, and a second one would tell of what is hidden.  It is shown
 * at the first of its rules, whichever page that is on.
 */

#include "crm_auth.h"
#include "crm_dup_groups.h"


/* the key that all shown records of a group have by another rule;
   NGX_DECLINED: there is none, or all of the group have it */

static ngx_int_t
crm_dup_part_key(crm_flow_t *f, crm_dup_group_t *g, unsigned k,
    crm_str_t *key)
{
    int          rc;
    crm_str_t    one;
    ngx_uint_t   i, n;

    if (k == g->rule || !f->conf->dup[k].complete || g->key[k].len > 0) {
        return NGX_DECLINED;
    }

    for (n = 0, i = 0; n < g->nleads; i++) {

        if (g->member[i].lead != g->lead[n]) {
            continue;
        }

        rc = crm_dup_key(&f->arena, &f->conf->dup[k], &g->member[i].texts,
                         &one);

        if (rc == CRM_ERROR) {
            return NGX_ERROR;
        }

        if (rc != CRM_OK || (n > 0 && !crm_str_eq(&one, key))) {
            return NGX_DECLINED;
        }

        *key = one;
        n++;
    }

    return NGX_OK;
}


/* whether there may be a rest: what is kept separate from all of them is named
   by each */

static ngx_uint_t
crm_dup_part_rest(crm_flow_t *f, const crm_dup_group_t *g)
{
    ngx_uint_t  i;

    if (!crm_sees_all(f)) {
        return 1;
    }

    for (i = 0; i < g->nleads; i++) {
        if (!g->lead[i]->v[CRM_LEAD_KEPT].set) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
crm_dup_part_ask(crm_flow_t *f, crm_dup_group_t *g, crm_dup_parts_t *parts)
{
    unsigned         k;
    ngx_int_t        rc;
    crm_str_t        key;
    crm_dup_part_t  *part;

    if (!crm_dup_part_rest(f, g)) {
        return NGX_OK;
    }

    for (k = 0; k < f->conf->ndup; k++) {
        rc = crm_dup_part_key(f, g, k, &key);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            continue;
        }

        part = &parts->part[parts->n++];
        part->of = g;
        part->key = key;
        part->group.rule = k;
        part->group.brief = 1;
        part->group.hash = crm_dup_hash(&key);

        crm_dup_read_ids(f, crm_dup_bucket_key(&f->arena, &f->tenant->prefix,
                                               &f->conf->dup[k], CRM_DUP_OPEN,
                                               part->group.hash),
                         part->group.hash);
    }

    return NGX_OK;
}


static ngx_int_t
crm_dup_part_members(crm_flow_t *f, crm_dup_group_t *one,
    const crm_reply_t *reply)
{
    uint32_t  m;

    if (!crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    /* what is too common is no group */

    if (reply->n > CRM_DUP_COMMON) {
        return NGX_OK;
    }

    one->id = crm_arena_alloc(&f->arena, (reply->n + 1) * sizeof(int64_t));
    if (one->id == NULL) {
        return NGX_ERROR;
    }

    for (m = 0; m < reply->n; m++) {
        if (crm_str_int(&reply->item[m].str, &one->id[one->n]) == CRM_OK) {
            one->n++;
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_dup_part_ids(crm_flow_t *f, crm_dup_parts_t *parts, ngx_uint_t *asked)
{
    ngx_uint_t       i, k, n;
    crm_dup_part_t  *part;

    for (n = 0, i = 0; i < parts->n; i++) {
        part = &parts->part[i];

        if (crm_dup_part_members(f, &part->group, &f->reply[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        n += part->group.n;

        /* one group is looked at in any case */

        if (n > CRM_DUP_GROUP_LEADS && part->of != parts->part[0].of) {
            parts->n = i;
        }
    }

    for (*asked = 0, i = 0; i < parts->n; i++) {
        part = &parts->part[i];

        for (k = 0; k < part->group.n; k++) {
            crm_dup_read_ask(f, part->group.id[k]);
        }

        *asked += part->group.n;
    }

    f->nreply = 0;

    return NGX_OK;
}


/* whether the same records are shown of both */

static ngx_uint_t
crm_dup_part_same(const crm_dup_group_t *one, const crm_dup_group_t *other)
{
    ngx_uint_t  i;

    if (!one->shown || one->nleads != other->nleads) {
        return 0;
    }

    for (i = 0; i < one->nleads; i++) {
        if (crm_record_id(one->lead[i]) != crm_record_id(other->lead[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
crm_dup_part_take(crm_flow_t *f, crm_dup_parts_t *parts)
{
    ngx_uint_t          i;
    crm_dup_part_t     *part;
    crm_dup_group_t    *one;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < parts->n; i++) {
        part = &parts->part[i];
        one = &part->group;

        if (crm_dup_group_take(f, one, reply) != NGX_OK) {
            return NGX_ERROR;
        }

        reply += one->n;
        one->shown = one->nmembers > 1;

        if (crm_dup_group_show(f, one) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!crm_dup_part_same(one, part->of)) {
            continue;
        }

        if (one->rule < part->of->rule) {
            part->of->shown = 0;
        } else {
            part->of->key[one->rule] = part->key;
        }
    }

    return NGX_OK;
}
