/* GET /orders: the planner for orders (keys.md, P o:...) */

#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_order_op.h"
#include "crm_scan.h"


#define CRM_ORDERS_ALL     ((1 << CRM_ORDER_STATES) - 1)
#define CRM_ORDERS_QUOTED  ((1 << CRM_ORDER_DRAFT) | (1 << CRM_ORDER_SENT))
#define CRM_ORDERS_OF      4000     /* of one contact that are read */


typedef struct {
    crm_flow_t          *flow;
    crm_scan_t          *scan;
    const crm_query_t   *query;
    unsigned             states;        /* set of 1 << CRM_ORDER_* */
} crm_orders_plan_t;


/* P o:s:{state}:{letter} */

static const struct {
    unsigned      field;
    const char   *letter;
} crm_orders_sorts[] = {
    { CRM_CREATED_AT, "c" },
    { CRM_UPDATED_AT, "u" },
    { CRM_ORDER_TOTAL, "t" },
    { CRM_ORDER_VALID_UNTIL, "e" }
};

#define CRM_ORDERS_SORTS                                                      \
    (sizeof(crm_orders_sorts) / sizeof(crm_orders_sorts[0]))


static const char *
crm_orders_letter(unsigned field)
{
    ngx_uint_t  i;

    for (i = 0; i < CRM_ORDERS_SORTS; i++) {
        if (crm_orders_sorts[i].field == field) {
            return crm_orders_sorts[i].letter;
        }
    }

    return NULL;
}


static crm_str_t
crm_orders_sort_key(crm_flow_t *f, ngx_uint_t state, const char *letter)
{
    return crm_flow_key(f, "o:s:%s:%s",
                        (char *) crm_words_order_state.word[state].data,
                        letter);
}


static ngx_int_t
crm_orders_admit(crm_flow_t *f, crm_record_t *order)
{
    if (!crm_order_visible(f, order)) {
        return NGX_DECLINED;
    }

    crm_order_view(order, f->conf, f->now);

    return NGX_OK;
}


static void
crm_orders_states(crm_orders_plan_t *p)
{
    unsigned             i;
    const crm_filter_t  *filter;

    filter = crm_query_filter(p->query, CRM_ORDER_STATE);
    p->states = filter == NULL ? CRM_ORDERS_ALL : 0;

    for (i = 0; filter != NULL && i < filter->n; i++) {
        p->states |= 1 << filter->num[i];
    }
}


/* ---- the order ---------------------------------------------------------- */

static ngx_int_t
crm_orders_sources(crm_orders_plan_t *p, const char *letter)
{
    ngx_uint_t           i;
    crm_source_t        *source;
    const crm_filter_t  *range;

    range = crm_query_filter(p->query, p->query->sort);

    for (i = 0; i < CRM_ORDER_STATES; i++) {

        if (!(p->states & (1 << i))) {
            continue;
        }

        if (crm_scan_source(p->flow, p->scan,
                            crm_orders_sort_key(p->flow, i, letter), 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        source = &p->scan->source[p->scan->nsources - 1];

        if (range != NULL && range->range) {
            source->low = range->low;
            source->high = range->high;
        }
    }

    return NGX_OK;
}


/* by id there is only the bitmap; without a date of validity come last */

static ngx_int_t
crm_orders_group(crm_orders_plan_t *p)
{
    crm_group_t  *group;

    group = crm_arena_calloc(&p->flow->arena, sizeof(crm_group_t));
    if (group == NULL) {
        return NGX_ERROR;
    }

    p->scan->group = group;
    p->scan->ngroups = 1;

    if (p->query->sort == CRM_ID) {
        p->scan->by_groups = 1;
        group->set = 1;
        group->by_id = 1;
        return NGX_OK;
    }

    group->term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 1);
    if (group->term == NULL) {
        return NGX_ERROR;
    }

    crm_term_key(group->term, crm_flow_key(p->flow, "o:f:until:none"));

    return NGX_OK;
}


static ngx_int_t
crm_orders_order(crm_orders_plan_t *p)
{
    const char          *letter;
    const crm_filter_t  *range;

    letter = crm_orders_letter(p->query->sort);

    if (letter != NULL && crm_orders_sources(p, letter) != NGX_OK) {
        return NGX_ERROR;
    }

    range = crm_query_filter(p->query, CRM_ORDER_VALID_UNTIL);

    if (p->query->sort == CRM_ID
        || (p->query->sort == CRM_ORDER_VALID_UNTIL && range == NULL))
    {
        return crm_orders_group(p);
    }

    return NGX_OK;
}


/* ---- what is asked for -------------------------------------------------- */

static crm_term_t *
crm_orders_state_term(crm_orders_plan_t *p)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, CRM_ORDER_STATES);

    for (i = 0; term != NULL && i < CRM_ORDER_STATES; i++) {
        if (p->states & (1 << i)) {
            crm_term_key(term, crm_flow_key(p->flow, "o:f:state:%s", (char *)
                                   crm_words_order_state.word[i].data));
        }
    }

    return term;
}


static ngx_int_t
crm_orders_visible_term(crm_orders_plan_t *p)
{
    crm_term_t  *term;

    if (crm_sees_all(p->flow)) {
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 2);
    if (term == NULL) {
        return NGX_ERROR;
    }

    crm_term_key(term, crm_flow_key(p->flow, "o:f:owner:0"));
    crm_term_key(term, crm_flow_key(p->flow, "o:f:owner:%lld", (long long)
                                    crm_record_id(p->flow->user)));

    crm_scan_add(p->scan, term);

    p->scan->visible = term;
    p->scan->use_bits = 1;

    return NGX_OK;
}


static crm_term_t *
crm_orders_facet_term(crm_orders_plan_t *p, const char *name,
    const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, filter->n + 1);

    for (i = 0; term != NULL && i < filter->n; i++) {
        crm_term_key(term, crm_flow_key(p->flow, "o:f:%s:%lld", name,
                                        (long long) filter->num[i]));
    }

    if (term != NULL && filter->none) {
        crm_term_key(term, crm_flow_key(p->flow, "o:f:%s:0", name));
    }

    return term;
}


/* those of leads, of contacts, out of their buckets */

static crm_term_t *
crm_orders_bucket_term(crm_orders_plan_t *p, crm_kind_t kind,
    const crm_filter_t *filter)
{
    int64_t      id;
    ngx_uint_t   i;
    crm_flow_t  *f = p->flow;
    crm_term_t  *term;

    term = crm_term_new(f, p->scan, CRM_TERM_RANGES, filter->n);

    for (i = 0; term != NULL && i < filter->n; i++) {
        id = filter->num[i];
        crm_term_range(term, crm_order_bucket(&f->arena, &f->tenant->prefix,
                                              kind, id),
                       id, id + (id < INT64_MAX));
    }

    if (term != NULL) {
        term->limit = CRM_ORDERS_OF;
        p->scan->narrow = term;
    }

    return term;
}


static crm_term_t *
crm_orders_id_term(crm_orders_plan_t *p, const crm_filter_t *filter)
{
    int64_t      id;
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_IDS, 0);

    for (i = 0; term != NULL && i < filter->n; i++) {
        id = filter->field == CRM_ID ? filter->num[i]
                                     : crm_order_number_id(&filter->str[i]);

        if (id != 0) {
            crm_bitmap_set(&term->bits, id);
        }
    }

    p->scan->narrow = term;

    return term;
}


static crm_term_t *
crm_orders_range_term(crm_orders_plan_t *p, const char *letter,
    unsigned states, int64_t low, int64_t high)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_RANGES, CRM_ORDER_STATES);

    for (i = 0; term != NULL && i < CRM_ORDER_STATES; i++) {
        if (states & (1 << i)) {
            crm_term_range(term, crm_orders_sort_key(p->flow, i, letter),
                           low, high);
        }
    }

    return term;
}


/* the term of a filter; NULL with NGX_DECLINED: the records tell */

static ngx_int_t
crm_orders_term_of(crm_orders_plan_t *p, const crm_filter_t *filter,
    crm_term_t **term)
{
    *term = NULL;

    if (filter->range) {
        *term = crm_orders_range_term(p, crm_orders_letter(filter->field),
                                      p->states, filter->low, filter->high);
        return NGX_OK;
    }

    switch (filter->field) {

    case CRM_ID:
    case CRM_ORDER_NUMBER:
        *term = crm_orders_id_term(p, filter);
        return NGX_OK;

    case CRM_ORDER_EXPIRED:
        if (filter->n != 1 || filter->num[0] != 1) {
            return NGX_DECLINED;
        }

        *term = crm_orders_range_term(p, "e", p->states & CRM_ORDERS_QUOTED,
                                      INT64_MIN,
                                      crm_zone_date(p->flow->conf->zone,
                                                    p->flow->now));
        return NGX_OK;
    }

    if (filter->n > CRM_SCAN_VALUES) {
        return NGX_DECLINED;
    }

    switch (filter->field) {

    case CRM_ORDER_TEAM_ID:
        *term = crm_orders_facet_term(p, "team", filter);
        return NGX_OK;

    case CRM_ORDER_USER_ID:
        *term = crm_orders_facet_term(p, "user", filter);
        return NGX_OK;

    case CRM_ORDER_LEAD_ID:
    case CRM_ORDER_CONTACT_ID:
        if (filter->none) {
            return NGX_DECLINED;
        }

        *term = crm_orders_bucket_term(p, filter->field == CRM_ORDER_LEAD_ID
                                          ? CRM_KIND_LEAD : CRM_KIND_CONTACT,
                                       filter);
        return NGX_OK;

    default:
        return NGX_DECLINED;
    }
}


static ngx_int_t
crm_orders_terms(crm_orders_plan_t *p)
{
    unsigned             i;
    crm_term_t          *term;
    const crm_filter_t  *filter;

    for (i = 0; i < p->query->nfilters; i++) {
        filter = &p->query->filter[i];

        if (filter->field == CRM_ORDER_STATE
            || (filter->range && filter->field == p->query->sort))
        {
            continue;
        }

        p->scan->use_bits = 1;

        if (crm_orders_term_of(p, filter, &term) != NGX_OK) {
            p->scan->loose = 1;
            continue;
        }

        if (term == NULL) {
            return NGX_ERROR;
        }

        crm_scan_add(p->scan, term);
    }

    return NGX_OK;
}


static ngx_int_t
crm_orders_plan(crm_flow_t *f, crm_scan_t *scan)
{
    crm_term_t         *term;
    crm_orders_plan_t   p = { f, scan, &scan->query, 0 };

    scan->part = "o";
    scan->admit = crm_orders_admit;

    crm_orders_states(&p);

    term = crm_orders_state_term(&p);
    if (term == NULL) {
        return NGX_ERROR;
    }

    crm_scan_add(scan, term);

    if (crm_orders_visible_term(&p) != NGX_OK
        || crm_orders_order(&p) != NGX_OK
        || crm_orders_terms(&p) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the sources do not hold those without a date */

    if (scan->query.total && scan->ngroups > 0) {
        scan->use_bits = 1;
    }

    return NGX_OK;
}


/* leads that a filter names must not be hidden (api.md, "Authentication") */

static ngx_int_t
crm_orders_seen(crm_flow_t *f)
{
    ngx_int_t      rc;
    ngx_uint_t     i;
    crm_record_t  *lead;

    for (i = 0; i < f->nreply; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], 1,
                             &f->reply[i], &lead);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED || lead->v[CRM_LEAD_MERGED_INTO].set
            || !crm_may_see(f, lead))
        {
            return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        }
    }

    return crm_scan_list(f, CRM_KIND_ORDER, crm_orders_plan);
}


ngx_int_t
crm_orders_list(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    crm_str_t            none = crm_null_string;
    crm_query_t          query;
    const crm_filter_t  *filter;

    if (crm_sees_all(f)) {
        return crm_scan_list(f, CRM_KIND_ORDER, crm_orders_plan);
    }

    ngx_memzero(&query, sizeof(crm_query_t));

    rc = crm_query_parse(f, &crm_request(f)->params,
                         &crm_entities[CRM_KIND_ORDER], &query);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    filter = crm_query_filter(&query, CRM_ORDER_LEAD_ID);

    if (filter == NULL || filter->n == 0) {
        return crm_scan_list(f, CRM_KIND_ORDER, crm_orders_plan);
    }

    for (i = 0; i < filter->n; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   filter->num[i]),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_orders_seen);
}
