/*
 * What the index has of a lead's keys and contact; see crm_dup_find.h.
 *
 * Steps (crm_dup_ask.c queues their reads): the entries of its keys and of its
 * contact; how many there are of those that are too many, and the contacts of
 * its company; the leads of those; then the records themselves
 * (crm_dup_judge.c).
 */

#include "crm_bitmap.h"
#include "crm_dup_find_int.h"


static ngx_int_t crm_dup_find_indexed(crm_flow_t *f);
static ngx_int_t crm_dup_find_counted(crm_flow_t *f);
static ngx_int_t crm_dup_find_company(crm_flow_t *f);
static ngx_int_t crm_dup_take_first(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply);
static ngx_int_t crm_dup_take_second(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply);
static ngx_int_t crm_dup_take_third(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply);


/* ---- the whole of it ---------------------------------------------------- */

ngx_int_t
crm_dup_find(crm_flow_t *f, crm_dup_find_t *find, ngx_uint_t n,
    crm_step_pt next)
{
    int                 rc;
    unsigned            k;
    ngx_uint_t          i;
    crm_dup_rule_t     *rule;
    crm_dup_texts_t     texts;
    crm_dup_search_t   *s;

    s = crm_arena_calloc(&f->arena, sizeof(crm_dup_search_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->find = find;
    s->n = n;
    s->next = next;
    s->data = f->data;
    f->data = s;

    for (i = 0; i < n; i++) {
        crm_dup_texts_init(&texts, find[i].lead);

        find[i].key = crm_arena_calloc(&f->arena, (f->conf->ndup + 1)
                                                  * sizeof(crm_str_t));
        if (find[i].key == NULL) {
            return NGX_ERROR;
        }

        for (k = 0; k < f->conf->ndup; k++) {
            rule = &f->conf->dup[k];

            if (!rule->complete) {
                continue;
            }

            rc = crm_dup_key(&f->arena, rule, &texts, &find[i].key[k]);

            if (rc == CRM_ERROR) {
                return NGX_ERROR;
            }

            if (rc != CRM_OK) {
                find[i].key[k].len = 0;
            }
        }

        crm_dup_ask_first(f, &find[i]);
    }

    return crm_dup_find_wait(f, crm_dup_find_indexed);
}


ngx_int_t
crm_dup_find_wait(crm_flow_t *f, crm_step_pt next)
{
    crm_dup_search_t  *s = f->data;

    if (s->asked > 0) {
        s->asked = 0;
        return crm_flow_wait(f, next);
    }

    f->nreply = 0;

    return next(f);
}


void
crm_dup_find_call(crm_flow_t *f, ngx_uint_t argc, const crm_str_t *argv)
{
    crm_dup_search_t  *s = f->data;

    s->asked++;
    crm_flow_cmd(f, argc, argv);
}


static ngx_int_t
crm_dup_find_indexed(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_dup_search_t   *s = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < s->n; i++) {
        if (crm_dup_take_first(f, &s->find[i], &reply) != NGX_OK) {
            return NGX_ERROR;
        }

        crm_dup_ask_second(f, &s->find[i]);
    }

    return crm_dup_find_wait(f, crm_dup_find_counted);
}


static ngx_int_t
crm_dup_find_counted(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_dup_search_t   *s = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < s->n; i++) {
        if (crm_dup_take_second(f, &s->find[i], &reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_dup_find_wait(f, crm_dup_find_company);
}


static ngx_int_t
crm_dup_find_company(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_dup_search_t   *s = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < s->n; i++) {
        if (crm_dup_take_third(f, &s->find[i], &reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_dup_judge(f);
}


/* ---- what comes of it --------------------------------------------------- */

static ngx_int_t
crm_dup_hits(crm_flow_t *f, crm_dup_find_t *d, const crm_reply_t *reply,
    uint64_t reason)
{
    int64_t         id;
    uint32_t        i;
    ngx_uint_t      k, cap;
    crm_dup_hit_t  *hit;

    for (i = 0; i < reply->n; i++) {

        if (crm_str_int(&reply->item[i].str, &id) != CRM_OK || id == d->self) {
            continue;
        }

        for (k = 0; k < d->nhits && d->hit[k].id != id; k++) { /* void */ }

        if (k < d->nhits) {
            d->hit[k].reasons |= reason;
            continue;
        }

        if (d->nhits == d->hits_cap) {
            cap = d->hits_cap == 0 ? 16 : d->hits_cap * 2;
            hit = crm_arena_alloc(&f->arena, cap * sizeof(crm_dup_hit_t));

            if (hit == NULL) {
                return NGX_ERROR;
            }

            if (d->nhits > 0) {
                ngx_memcpy(hit, d->hit, d->nhits * sizeof(crm_dup_hit_t));
            }

            d->hit = hit;
            d->hits_cap = cap;
        }

        d->hit[d->nhits].id = id;
        d->hit[d->nhits++].reasons = reason;
    }

    return NGX_OK;
}


static ngx_int_t
crm_dup_take_rule(crm_flow_t *f, crm_dup_find_t *d, unsigned k,
    const crm_reply_t **reply)
{
    ngx_uint_t  i, n, segments;

    segments = crm_dup_nsegments(d);

    for (n = 0, i = 0; i < segments; i++) {

        if (!crm_reply_is_array(&(*reply)[i])) {
            return NGX_ERROR;
        }

        n += (*reply)[i].n;
    }

    for (i = 0; n <= CRM_DUP_COMMON && i < segments; i++) {
        if (crm_dup_hits(f, d, &(*reply)[i], 1ULL << k) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (n > CRM_DUP_COMMON) {
        d->counted |= 1ULL << k;
    }

    *reply += segments;

    return NGX_OK;
}


static ngx_int_t
crm_dup_take_contact(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply)
{
    const crm_reply_t  *leads = &(*reply)[0], *contact = &(*reply)[1];

    if (!crm_reply_is_array(leads) || !crm_reply_is_array(contact)
        || contact->n != 2)
    {
        return NGX_ERROR;
    }

    if (leads->n > CRM_DUP_COMMON) {
        d->counted |= CRM_DUP_BY_CONTACT;

    } else if (crm_dup_hits(f, d, leads, CRM_DUP_BY_CONTACT) != NGX_OK) {
        return NGX_ERROR;
    }

    if (crm_reply_is_string(&contact->item[1])) {
        (void) crm_str_int(&contact->item[1].str, &d->company);

    } else if (crm_reply_is_string(&contact->item[0])
               && crm_str_eq(&contact->item[0].str,
                             &crm_words_contact_kind
                              .word[CRM_CONTACT_COMPANY]))
    {
        d->company = d->lead->v[CRM_LEAD_CONTACT_ID].num;
    }

    crm_tenant_seen_id(f->tenant, CRM_KIND_CONTACT, &(*reply)[2].str);

    *reply += 3;

    return NGX_OK;
}


static ngx_int_t
crm_dup_take_first(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply)
{
    unsigned  k;

    for (k = 0; k < f->conf->ndup; k++) {
        if (d->key[k].len > 0 && crm_dup_take_rule(f, d, k, reply) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return d->lead->v[CRM_LEAD_CONTACT_ID].set
           ? crm_dup_take_contact(f, d, reply) : NGX_OK;
}


static ngx_int_t
crm_dup_add_common(crm_flow_t *f, crm_dup_find_t *d, int64_t rule,
    crm_str_t key, int64_t count)
{
    if (d->common == NULL) {
        d->common = crm_arena_alloc(&f->arena, (f->conf->ndup + 2)
                                               * sizeof(crm_dup_common_t));
        if (d->common == NULL) {
            return NGX_ERROR;
        }
    }

    d->common[d->ncommon].rule = rule;
    d->common[d->ncommon].key = key;
    d->common[d->ncommon++].count = count;

    return NGX_OK;
}


/* the company's own leads, and those of the contacts below it */

static ngx_int_t
crm_dup_take_company(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply)
{
    int64_t       id, n;
    ngx_uint_t    i;
    crm_bitmap_t  bits;

    if (crm_bitmap_init(&bits, &f->arena,
                        f->tenant->last_id[CRM_KIND_CONTACT])
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < d->chunks; i++) {
        if (crm_reply_is_string(*reply)) {
            crm_bitmap_or(&bits, i, &(*reply)->str);
        }

        (*reply)++;
    }

    n = crm_bitmap_count(&bits);

    if (n > CRM_DUP_COMMON) {
        return crm_dup_add_common(f, d, 0, crm_dup_find_id(f, d->company), n);
    }

    d->contact = crm_arena_alloc(&f->arena, (n + 1) * sizeof(int64_t));
    if (d->contact == NULL) {
        return NGX_ERROR;
    }

    d->contact[d->ncontacts++] = d->company;

    for (id = 0; d->ncontacts <= (ngx_uint_t) n; /* void */) {
        id = crm_bitmap_next(&bits, id, 0);
        d->contact[d->ncontacts++] = id;
    }

    for (i = 0; i < d->ncontacts; i++) {
        crm_dup_ask_leads(f, d->contact[i]);
    }

    return NGX_OK;
}


static ngx_int_t
crm_dup_take_second(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply)
{
    int64_t     n;
    unsigned    k;
    ngx_uint_t  i;

    for (k = 0; k < f->conf->ndup; k++) {

        if (!(d->counted & (1ULL << k))) {
            continue;
        }

        for (n = 0, i = 0; i < crm_dup_nsegments(d); i++) {
            n += (*reply)++->num;
        }

        if (crm_dup_add_common(f, d, f->conf->dup[k].id, d->key[k], n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (d->counted & CRM_DUP_BY_CONTACT) {
        if (crm_dup_add_common(f, d, 0,
                               crm_dup_find_id(f, d->lead
                                               ->v[CRM_LEAD_CONTACT_ID].num),
                               (*reply)++->num)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return d->company != 0 ? crm_dup_take_company(f, d, reply) : NGX_OK;
}


static ngx_int_t
crm_dup_take_third(crm_flow_t *f, crm_dup_find_t *d,
    const crm_reply_t **reply)
{
    ngx_uint_t          i, n;
    const crm_reply_t  *leads;

    for (n = 0, i = 0; i < d->ncontacts; i++) {
        leads = &(*reply)[i];

        if (!crm_reply_is_array(leads)) {
            return NGX_ERROR;
        }

        n += leads->n;
    }

    for (i = 0; n <= CRM_DUP_COMMON && i < d->ncontacts; i++) {
        if (crm_dup_hits(f, d, &(*reply)[i], CRM_DUP_BY_COMPANY) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    *reply += d->ncontacts;

    return n > CRM_DUP_COMMON
           ? crm_dup_add_common(f, d, 0, crm_dup_find_id(f, d->company), n)
           : NGX_OK;
}


crm_str_t
crm_dup_find_id(crm_flow_t *f, int64_t id)
{
    return crm_arena_printf(&f->arena, "%lld", (long long) id);
}
