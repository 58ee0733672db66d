/* one group of GET /duplicates; see crm_dup_groups.h */

#include "crm_auth.h"
#include "crm_dup_groups.h"
#include "crm_write.h"


static ngx_int_t
crm_dup_group_keys(crm_flow_t *f, crm_dup_group_t *g)
{
    int          rc;
    unsigned     k;
    crm_str_t    key;
    ngx_uint_t   i;

    for (k = 0; k < f->conf->ndup; k++) {

        if (!f->conf->dup[k].complete) {
            continue;
        }

        for (i = 0; i < g->nmembers; i++) {
            rc = crm_dup_key(&f->arena, &f->conf->dup[k],
                             &g->member[i].texts, &key);

            if (rc == CRM_ERROR) {
                return NGX_ERROR;
            }

            if (rc != CRM_OK || (i > 0 && !crm_str_eq(&key, &g->key[k]))) {
                g->key[k].len = 0;
                break;
            }

            g->key[k] = key;
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_dup_group_take(crm_flow_t *f, crm_dup_group_t *g,
    const crm_reply_t *replies)
{
    int                 rc;
    crm_str_t           key, first = crm_null_string;
    ngx_uint_t          i;
    crm_dup_member_t   *m;

    g->member = crm_arena_alloc(&f->arena, (g->n + 1)
                                           * sizeof(crm_dup_member_t));
    g->key = crm_arena_calloc(&f->arena, f->conf->ndup * sizeof(crm_str_t));

    if (g->member == NULL || g->key == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < g->n; i++) {
        m = &g->member[g->nmembers];
        rc = g->brief
             ? crm_dup_read_take(f, g->id[i], &replies[i], &m->lead)
             : crm_read_record(f, &crm_entities[CRM_KIND_LEAD], g->id[i],
                               &replies[i], &m->lead);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED || m->lead->v[CRM_LEAD_MERGED_INTO].set
            || crm_dup_segment(m->lead) != CRM_DUP_OPEN)
        {
            continue;
        }

        crm_dup_texts_init(&m->texts, m->lead);

        rc = crm_dup_key(&f->arena, &f->conf->dup[g->rule], &m->texts, &key);

        if (rc == CRM_ERROR) {
            return NGX_ERROR;
        }

        if (rc != CRM_OK || (first.len > 0 && !crm_str_eq(&key, &first))) {
            continue;
        }

        first = key;
        g->nmembers++;
    }

    return g->brief ? NGX_OK : crm_dup_group_keys(f, g);
}


static ngx_uint_t
crm_dup_group_other(crm_flow_t *f, const crm_dup_group_t *g, unsigned k)
{
    return k != g->rule && f->conf->dup[k].complete && g->key[k].len > 0;
}


void
crm_dup_group_ask(crm_flow_t *f, crm_dup_group_t *g, ngx_uint_t *asked)
{
    int64_t    hash;
    unsigned   k;
    crm_str_t  score, none = crm_null_string;

    for (k = 0; g->nmembers > 1 && k < f->conf->ndup; k++) {

        if (!crm_dup_group_other(f, g, k)) {
            continue;
        }

        hash = crm_dup_hash(&g->key[k]);
        score = crm_arena_printf(&f->arena, "%lld", (long long) hash);

        crm_flow_call(f, "ZCOUNT",
                      crm_dup_bucket_key(&f->arena, &f->tenant->prefix,
                                         &f->conf->dup[k], CRM_DUP_OPEN,
                                         hash),
                      score, score, none);
        (*asked)++;
    }
}


const crm_reply_t *
crm_dup_group_compare(crm_flow_t *f, crm_dup_group_t *g,
    const crm_reply_t *reply)
{
    unsigned  k;

    g->shown = g->nmembers > 1;

    for (k = 0; g->nmembers > 1 && k < f->conf->ndup; k++) {

        if (!crm_dup_group_other(f, g, k)) {
            continue;
        }

        if (reply->num != (int64_t) g->nmembers) {
            g->key[k].len = 0;

        } else if (k < g->rule) {
            g->shown = 0;
        }

        reply++;
    }

    return reply;
}


/* kept separate from every other one that the caller sees: the rest of the
   group is nothing to them */

static ngx_uint_t
crm_dup_group_apart(crm_flow_t *f, const crm_dup_group_t *g, ngx_uint_t one)
{
    ngx_uint_t  i;

    for (i = 0; i < g->nmembers; i++) {
        if (i != one && crm_may_see(f, g->member[i].lead)
            && !crm_dup_kept(g->member[one].lead, g->member[i].lead))
        {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
crm_dup_group_show(crm_flow_t *f, crm_dup_group_t *g)
{
    ngx_uint_t  i;

    g->lead = crm_arena_alloc(&f->arena, (g->nmembers + 1)
                                         * sizeof(crm_record_t *));
    if (g->lead == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; g->shown && i < g->nmembers; i++) {
        if (crm_may_see(f, g->member[i].lead)
            && !crm_dup_group_apart(f, g, i))
        {
            g->lead[g->nleads++] = g->member[i].lead;
        }
    }

    if (g->nleads < 2) {
        g->nleads = 0;
        g->shown = 0;
    }

    return NGX_OK;
}


void
crm_dup_group_json(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_dup_group_t *g)
{
    unsigned     k;
    ngx_uint_t   i, n;

    crm_out_lit(out, "{\"leads\":[");

    for (i = 0; i < g->nleads; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_view_json(f, view, out, g->lead[i]);
    }

    crm_out_lit(out, "],\"matched\":[");

    for (n = 0, k = 0; k < f->conf->ndup; k++) {

        if (!f->conf->dup[k].complete || g->key[k].len == 0) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_dup_reason_json(out, f->conf->dup[k].id, f->conf->dup[k].word,
                            &g->key[k]);
    }

    crm_out_lit(out, "]}");
}
