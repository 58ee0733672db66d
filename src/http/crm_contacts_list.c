/* GET /contacts: the planner for contacts (keys.md, P c:...) */

#include "crm_contact.h"
#include "crm_handlers.h"
#include "crm_scan.h"


typedef struct {
    crm_flow_t          *flow;
    crm_scan_t          *scan;
    const crm_query_t   *query;
    unsigned             active;        /* bit 0: archived, bit 1: active */
} crm_contacts_plan_t;


/* bitmaps by value */

static const struct {
    unsigned      field;
    const char   *name;
} crm_contacts_facets[] = {
    { CRM_CONTACT_KIND, "f:kind" },
    { CRM_CONTACT_PARENT_ID, "f:parent" },
    { CRM_CONTACT_USER_ID, "f:user" },
    { CRM_CONTACT_TAG_IDS, "tag" }
};

#define CRM_CONTACTS_FACETS                                                   \
    (sizeof(crm_contacts_facets) / sizeof(crm_contacts_facets[0]))


static void
crm_contacts_active(crm_contacts_plan_t *p)
{
    unsigned             i;
    const crm_filter_t  *filter;

    filter = crm_query_filter(p->query, CRM_CONTACT_ACTIVE);

    if (filter == NULL) {
        p->active = 3;
        return;
    }

    for (i = 0; i < filter->n; i++) {
        p->active |= 1 << filter->num[i];
    }
}


/* c:s:{a}:{letter}; by id there is only the bitmap */

static ngx_int_t
crm_contacts_sources(crm_contacts_plan_t *p)
{
    ngx_int_t            rc;
    ngx_uint_t           i, k;
    crm_str_t            key;
    const crm_filter_t  *range;

    static const struct {
        unsigned      field;
        const char   *letter;
    } sorts[] = {
        { CRM_CREATED_AT, "c" },
        { CRM_UPDATED_AT, "u" },
        { CRM_CONTACT_NAME, "n" }
    };

    range = crm_query_filter(p->query, p->query->sort);

    for (i = 0; i < 3; i++) {
        for (k = 0; k < 2; k++) {

            if (sorts[i].field != p->query->sort || !(p->active & (1 << k))) {
                continue;
            }

            key = crm_flow_key(p->flow, "c:s:%d:%s", (int) k,
                               sorts[i].letter);
            rc = crm_scan_source(p->flow, p->scan, key,
                                 sorts[i].field == CRM_CONTACT_NAME);
            if (rc != NGX_OK) {
                return rc;
            }

            if (range != NULL && range->range) {
                p->scan->source[p->scan->nsources - 1].low = range->low;
                p->scan->source[p->scan->nsources - 1].high = range->high;
            }
        }
    }

    if (p->query->sort != CRM_ID) {
        return NGX_OK;
    }

    p->scan->group = crm_arena_calloc(&p->flow->arena, sizeof(crm_group_t));
    if (p->scan->group == NULL) {
        return NGX_ERROR;
    }

    p->scan->by_groups = 1;
    p->scan->ngroups = 1;
    p->scan->group->set = 1;
    p->scan->group->by_id = 1;

    return NGX_OK;
}


static crm_term_t *
crm_contacts_active_term(crm_contacts_plan_t *p)
{
    ngx_uint_t   k;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 2);

    for (k = 0; term != NULL && k < 2; k++) {
        if (p->active & (1 << k)) {
            crm_term_key(term, crm_flow_key(p->flow, "c:f:active:%d",
                                            (int) k));
        }
    }

    return term;
}


static crm_term_t *
crm_contacts_facet_term(crm_contacts_plan_t *p, const char *name,
    const crm_filter_t *filter)
{
    ngx_uint_t           i;
    crm_term_t          *term;
    const crm_str_t     *word;
    const crm_field_t   *field = &p->query->entity->fields[filter->field];

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, filter->n + 1);

    for (i = 0; term != NULL && i < filter->n; i++) {

        if (field->type == CRM_T_ENUM) {
            word = &field->words->word[filter->num[i]];
            crm_term_key(term, crm_flow_key(p->flow, "c:%s:%.*s", name,
                                            (int) word->len, word->data));
            continue;
        }

        crm_term_key(term, crm_flow_key(p->flow, "c:%s:%lld", name,
                                        (long long) filter->num[i]));
    }

    if (term != NULL && filter->none) {
        crm_term_key(term, crm_flow_key(p->flow, "c:%s:0", name));
    }

    return term;
}


/* e-mail addresses and phone numbers, out of their buckets */

static crm_term_t *
crm_contacts_bucket_term(crm_contacts_plan_t *p, const crm_filter_t *filter)
{
    int64_t      score;
    ngx_uint_t   i;
    crm_str_t    key;
    crm_flow_t  *f = p->flow;
    crm_term_t  *term;

    term = crm_term_new(f, p->scan, CRM_TERM_RANGES, filter->n);

    for (i = 0; term != NULL && i < filter->n; i++) {
        switch (crm_contact_bucket(&f->arena, &f->tenant->prefix,
                                   filter->field, &filter->str[i], &key,
                                   &score))
        {
        case CRM_OK:
            crm_term_range(term, key, score, score + 1);
            break;

        case CRM_DECLINED:
            break;

        default:
            return NULL;
        }
    }

    return term;
}


static crm_term_t *
crm_contacts_range_term(crm_contacts_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   k;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_RANGES, 2);

    for (k = 0; term != NULL && k < 2; k++) {
        if (p->active & (1 << k)) {
            crm_term_range(term, crm_flow_key(p->flow, "c:s:%d:c", (int) k),
                           filter->low, filter->high);
        }
    }

    return term;
}


static crm_term_t *
crm_contacts_id_term(crm_contacts_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_IDS, 0);

    for (i = 0; term != NULL && i < filter->n; i++) {
        crm_bitmap_set(&term->bits, filter->num[i]);
    }

    return term;
}


static ngx_int_t
crm_contacts_term(crm_contacts_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    for (i = 0; i < CRM_CONTACTS_FACETS; i++) {
        if (crm_contacts_facets[i].field == filter->field) {
            break;
        }
    }

    if (filter->field == CRM_CONTACT_ACTIVE) {
        return NGX_OK;
    }

    if (filter->range && filter->field == CRM_CREATED_AT) {
        term = crm_contacts_range_term(p, filter);

    } else if (filter->field == CRM_ID) {
        term = crm_contacts_id_term(p, filter);

    } else if (i < CRM_CONTACTS_FACETS && filter->n <= CRM_SCAN_VALUES) {
        term = crm_contacts_facet_term(p, crm_contacts_facets[i].name,
                                       filter);

    } else if ((filter->field == CRM_CONTACT_EMAIL
                || filter->field == CRM_CONTACT_PHONE)
               && !filter->none)
    {
        term = crm_contacts_bucket_term(p, filter);

    } else {
        p->scan->loose = 1;
        return NGX_OK;
    }

    if (term == NULL) {
        return NGX_ERROR;
    }

    crm_scan_add(p->scan, term);

    if (term->type != CRM_TERM_BITMAPS && filter->field != CRM_CREATED_AT) {
        p->scan->narrow = term;
    }

    return NGX_OK;
}


static ngx_int_t
crm_contacts_plan(crm_flow_t *f, crm_scan_t *scan)
{
    unsigned              i;
    crm_term_t           *term;
    const crm_filter_t   *filter;
    crm_contacts_plan_t   p = { f, scan, &scan->query, 0 };

    scan->part = "c";
    scan->use_bits = scan->query.words.n > 0;

    crm_contacts_active(&p);

    term = crm_contacts_active_term(&p);

    if (term == NULL || crm_contacts_sources(&p) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_scan_add(scan, term);

    for (i = 0; i < scan->query.nfilters; i++) {
        filter = &scan->query.filter[i];

        if (crm_contacts_term(&p, filter) != NGX_OK) {
            return NGX_ERROR;
        }

        if (filter->field != CRM_CONTACT_ACTIVE
            && !(filter->range && filter->field == scan->query.sort))
        {
            scan->use_bits = 1;
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_contacts_list(crm_flow_t *f)
{
    return crm_scan_list(f, CRM_KIND_CONTACT, crm_contacts_plan);
}
