/*
 * The records that the index names: whether their keys are equal indeed,
 * whether the caller may see them, and which is best; see crm_dup_find.h.
 */

#include <stdlib.h>
#include "crm_auth.h"
#include "crm_dup_find_int.h"
#include "crm_write.h"


#define CRM_DUP_SLICE  100              /* records read in one round */


static ngx_int_t crm_dup_load(crm_flow_t *f);
static ngx_int_t crm_dup_loaded(crm_flow_t *f);
static ngx_int_t crm_dup_decide(crm_flow_t *f, crm_dup_search_t *s,
    crm_dup_find_t *d);


static int ngx_libc_cdecl
crm_dup_seen_cmp(const void *one, const void *two)
{
    const crm_dup_seen_t  *a = one, *b = two;

    return (a->id > b->id) - (a->id < b->id);
}


ngx_int_t
crm_dup_judge(crm_flow_t *f)
{
    ngx_uint_t         i, k, n;
    crm_dup_search_t  *s = f->data;

    for (n = 0, i = 0; i < s->n; i++) {
        n += s->find[i].nhits;
    }

    s->seen = crm_arena_calloc(&f->arena, (n + 1) * sizeof(crm_dup_seen_t));
    if (s->seen == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < s->n; i++) {
        for (k = 0; k < s->find[i].nhits; k++) {
            s->seen[n++].id = s->find[i].hit[k].id;
        }
    }

    qsort(s->seen, n, sizeof(crm_dup_seen_t), crm_dup_seen_cmp);

    for (i = 0; i < n; i++) {
        if (s->nseen == 0 || s->seen[s->nseen - 1].id != s->seen[i].id) {
            s->seen[s->nseen++].id = s->seen[i].id;
        }
    }

    return crm_dup_load(f);
}


static ngx_int_t
crm_dup_load(crm_flow_t *f)
{
    ngx_uint_t         i, end;
    crm_str_t          argv[2];
    crm_dup_search_t  *s = f->data;

    if (s->loaded == s->nseen) {

        for (i = 0; i < s->n; i++) {
            if (crm_dup_decide(f, s, &s->find[i]) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        f->data = s->data;
        f->nreply = 0;

        return s->next(f);
    }

    end = ngx_min(s->loaded + CRM_DUP_SLICE, s->nseen);

    for (i = s->loaded; i < end; i++) {

        if (!s->find[0].whole) {
            crm_dup_read_ask(f, s->seen[i].id);
            continue;
        }

        argv[0] = crm_str("HGETALL");
        argv[1] = crm_lead_key(&f->arena, &f->tenant->prefix, s->seen[i].id);
        crm_flow_cmd(f, 2, argv);
    }

    return crm_flow_wait(f, crm_dup_loaded);
}


static ngx_int_t
crm_dup_loaded(crm_flow_t *f)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    crm_dup_seen_t    *seen;
    crm_dup_search_t  *s = f->data;

    for (i = 0; i < f->nreply; i++) {
        seen = &s->seen[s->loaded + i];

        rc = s->find[0].whole
             ? crm_read_record(f, &crm_entities[CRM_KIND_LEAD], seen->id,
                               &f->reply[i], &seen->lead)
             : crm_dup_read_take(f, seen->id, &f->reply[i], &seen->lead);

        if (rc != NGX_OK && rc != NGX_DECLINED) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED
            || seen->lead->v[CRM_LEAD_MERGED_INTO].set)
        {
            seen->lead = NULL;
            continue;
        }

        crm_dup_texts_init(&seen->texts, seen->lead);
    }

    s->loaded += f->nreply;

    return crm_dup_load(f);
}


/* ---- one pair ----------------------------------------------------------- */

static void
crm_dup_reason(crm_dup_match_t *m, int64_t rule, unsigned word,
    const crm_str_t *key, int64_t confidence)
{
    ngx_uint_t  i;

    for (i = m->nreasons; i > 0 && m->reason[i - 1].confidence < confidence;
         i--)
    {
        m->reason[i] = m->reason[i - 1];
    }

    m->reason[i].rule = rule;
    m->reason[i].word = word;
    m->reason[i].key = *key;
    m->reason[i].confidence = confidence;

    m->nreasons++;
}


static void
crm_dup_reason_contact(crm_flow_t *f, const crm_dup_find_t *d,
    crm_dup_match_t *m)
{
    int64_t      company = d->company, contact;
    crm_str_t    key;
    ngx_uint_t   i;

    if (!m->lead->v[CRM_LEAD_CONTACT_ID].set) {
        return;
    }

    contact = m->lead->v[CRM_LEAD_CONTACT_ID].num;

    if (d->lead->v[CRM_LEAD_CONTACT_ID].num == contact
        && !(d->counted & CRM_DUP_BY_CONTACT))
    {
        key = crm_dup_find_id(f, contact);
        crm_dup_reason(m, 0, CRM_DUP_CONTACT, &key, CRM_DUP_SAME_CONTACT);
        return;
    }

    for (i = 0; i < d->ncontacts; i++) {
        if (d->contact[i] == contact) {
            key = crm_dup_find_id(f, company);
            crm_dup_reason(m, 0, CRM_DUP_CONTACT, &key,
                           CRM_DUP_SAME_COMPANY);
            return;
        }
    }
}


static ngx_int_t
crm_dup_reasons(crm_flow_t *f, const crm_dup_find_t *d,
    const crm_dup_hit_t *hit, crm_dup_seen_t *seen, crm_dup_match_t *m)
{
    int              rc;
    unsigned         k;
    crm_str_t        key;
    crm_dup_rule_t  *rule;

    m->reason = crm_arena_alloc(&f->arena, (f->conf->ndup + 2)
                                           * sizeof(crm_dup_reason_t));
    if (m->reason == NULL) {
        return NGX_ERROR;
    }

    for (k = 0; k < f->conf->ndup; k++) {

        if (!(hit->reasons & (1ULL << k))) {
            continue;
        }

        rule = &f->conf->dup[k];
        rc = crm_dup_key(&f->arena, rule, &seen->texts, &key);

        if (rc == CRM_ERROR) {
            return NGX_ERROR;
        }

        if (rc == CRM_OK && crm_str_eq(&key, &d->key[k])) {
            crm_dup_reason(m, rule->id, rule->word, &key,
                           rule->rec->v[CRM_DUPLICATE_RULE_CONFIDENCE].num);
        }
    }

    if (hit->reasons & (CRM_DUP_BY_CONTACT | CRM_DUP_BY_COMPANY)) {
        crm_dup_reason_contact(f, d, m);
    }

    m->confidence = m->nreasons > 0 ? m->reason[0].confidence : 0;

    return NGX_OK;
}


static int ngx_libc_cdecl
crm_dup_match_cmp(const void *one, const void *two)
{
    int64_t                 x, y;
    const crm_dup_match_t  *a = one, *b = two;

    if (a->confidence != b->confidence) {
        return a->confidence > b->confidence ? -1 : 1;
    }

    if (a->nreasons != b->nreasons) {
        return a->nreasons > b->nreasons ? -1 : 1;
    }

    x = crm_record_id(a->lead);
    y = crm_record_id(b->lead);

    return (x > y) - (x < y);
}


static ngx_int_t
crm_dup_decide(crm_flow_t *f, crm_dup_search_t *s, crm_dup_find_t *d)
{
    ngx_uint_t        i;
    crm_dup_seen_t   *seen, wanted;
    crm_dup_match_t  *m;

    d->match = crm_arena_calloc(&f->arena, (d->nhits + 1)
                                           * sizeof(crm_dup_match_t));
    if (d->match == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < d->nhits; i++) {
        wanted.id = d->hit[i].id;
        seen = bsearch(&wanted, s->seen, s->nseen, sizeof(crm_dup_seen_t),
                       crm_dup_seen_cmp);

        if (seen == NULL || seen->lead == NULL
            || (!d->archived
                && crm_dup_segment(seen->lead) == CRM_DUP_ARCHIVED)
            || (d->self != 0 && crm_dup_kept(d->lead, seen->lead)))
        {
            continue;
        }

        m = &d->match[d->n];
        ngx_memzero(m, sizeof(crm_dup_match_t));
        m->lead = seen->lead;

        if (crm_dup_reasons(f, d, &d->hit[i], seen, m) != NGX_OK) {
            return NGX_ERROR;
        }

        if (m->nreasons == 0) {
            continue;
        }

        if (d->all || crm_may_see(f, m->lead)) {
            d->n++;
        } else {
            d->hidden++;
        }
    }

    qsort(d->match, d->n, sizeof(crm_dup_match_t), crm_dup_match_cmp);

    return NGX_OK;
}
