/*
 * What a query about leads asks for, as bitmaps and ranges (keys.md).
 *
 * A condition that has no index, or too many values, is left to the records:
 * the scan is `loose' then.
 */

#include "crm_auth.h"
#include "crm_lead.h"
#include "crm_leads_plan.h"


#define CRM_LEADS_CONTACT  4000     /* leads of one contact that are read */


/* facets that are bitmaps by value; those of text by their folded form */

static const struct {
    unsigned      field;
    const char   *name;
} crm_leads_facets[] = {
    { CRM_LEAD_STATE, "state" },
    { CRM_LEAD_STAGE_ID, "stage" },
    { CRM_LEAD_TEAM_ID, "team" },
    { CRM_LEAD_PRIORITY, "prio" },
    { CRM_LEAD_LOST_REASON_ID, "reason" },
    { CRM_LEAD_TAG_IDS, "tag" },
    { CRM_LEAD_COUNTRY, "country" },
    { CRM_LEAD_SOURCE, "source" }
};

#define CRM_LEADS_FACETS                                                      \
    (sizeof(crm_leads_facets) / sizeof(crm_leads_facets[0]))


/* ranges that are read as such where the order is another */

static const struct {
    unsigned      field;
    const char   *letter;           /* NULL: l:s:closed:{state} */
} crm_leads_ranges[] = {
    { CRM_CREATED_AT, "c" },
    { CRM_LEAD_EXPECTED_REVENUE, "r" },
    { CRM_LEAD_EXPECTED_CLOSE, "e" },
    { CRM_LEAD_CLOSED_AT, NULL }
};

#define CRM_LEADS_RANGES                                                      \
    (sizeof(crm_leads_ranges) / sizeof(crm_leads_ranges[0]))


/* the segments asked for: there is always one term */

crm_term_t *
crm_leads_segment_term(crm_leads_plan_t *p, const crm_id_set_t *actives)
{
    ngx_uint_t   i, k;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, 4);

    for (i = 0; term != NULL && i < p->types.n; i++) {
        for (k = 0; k < actives->n; k++) {
            crm_term_key(term,
                         crm_flow_key(p->flow, "l:f:ta:%c%c",
                                      p->types.id[i] == CRM_TYPE_LEAD
                                      ? 'l' : 'o',
                                      actives->id[k] ? '1' : '0'));
        }
    }

    return term;
}


static ngx_int_t
crm_leads_user_term(crm_leads_plan_t *p)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    if (p->users.all) {
        return NGX_OK;
    }

    if (p->users.n > CRM_SCAN_VALUES) {
        p->scan->loose = 1;
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, p->users.n);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < p->users.n; i++) {
        crm_term_key(term, crm_flow_key(p->flow, "l:f:user:%lld",
                                        (long long) p->users.id[i]));
    }

    crm_scan_add(p->scan, term);

    if (!crm_sees_all(p->flow)) {
        p->scan->visible = term;
    }

    return NGX_OK;
}


/* the value of a facet as its key names it */

static crm_str_t
crm_leads_facet_value(crm_leads_plan_t *p, const crm_filter_t *filter,
    ngx_uint_t i)
{
    size_t              k;
    crm_str_t           text;
    const crm_field_t  *field = &p->query->entity->fields[filter->field];

    if (field->type == CRM_T_ENUM) {
        return field->words->word[filter->num[i]];
    }

    if (field->type < CRM_T_NUMERIC_MAX || field->type == CRM_T_IDS) {
        return crm_arena_printf(&p->flow->arena, "%lld",
                                (long long) filter->num[i]);
    }

    text = filter->str[i];

    if (field->type == CRM_T_COUNTRY
        && crm_arena_dup(&p->flow->arena, &text, text.data, text.len)
           == CRM_OK)
    {
        for (k = 0; k < text.len; k++) {
            text.data[k] = ngx_toupper(text.data[k]);
        }
    }

    return text;
}


static crm_str_t
crm_leads_facet_key(crm_leads_plan_t *p, const char *name,
    const crm_str_t *value)
{
    crm_str_t  *prefix = &p->flow->tenant->prefix;

    return crm_arena_printf(&p->flow->arena, "%.*sl:f:%s:%.*s",
                            (int) prefix->len, prefix->data, name,
                            (int) value->len, value->data);
}


static ngx_int_t
crm_leads_facet_term(crm_leads_plan_t *p, const char *name,
    const crm_filter_t *filter)
{
    ngx_uint_t          i;
    crm_str_t           value;
    crm_term_t         *term;
    const crm_field_t  *field = &p->query->entity->fields[filter->field];

    if (filter->n > CRM_SCAN_VALUES) {
        p->scan->loose = 1;
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, filter->n + 1);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < filter->n; i++) {
        value = crm_leads_facet_value(p, filter, i);
        crm_term_key(term, crm_leads_facet_key(p, name, &value));
    }

    if (filter->none) {
        value = field->type == CRM_T_COUNTRY || field->type == CRM_T_TEXT
                ? crm_str("none") : crm_str("0");
        crm_term_key(term, crm_leads_facet_key(p, name, &value));
    }

    crm_scan_add(p->scan, term);

    return NGX_OK;
}


/* l:c:{bucket} by contact */

static ngx_int_t
crm_leads_contact_term(crm_leads_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    if (filter->none && filter->n == 0) {
        return crm_leads_facet_term(p, "contact", filter);
    }

    if (filter->none || filter->n > CRM_SCAN_VALUES) {
        p->scan->loose = 1;
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_RANGES, filter->n);
    if (term == NULL) {
        return NGX_ERROR;
    }

    term->limit = CRM_LEADS_CONTACT;

    for (i = 0; i < filter->n; i++) {
        crm_term_range(term, crm_flow_key(p->flow, "l:c:%lld",
                                          (long long) filter->num[i]
                                          >> CRM_CONTACT_SHIFT),
                       filter->num[i],
                       filter->num[i] + (filter->num[i] < INT64_MAX));
    }

    crm_scan_add(p->scan, term);
    p->scan->narrow = term;

    return NGX_OK;
}


static ngx_int_t
crm_leads_id_term(crm_leads_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    term = crm_term_new(p->flow, p->scan, CRM_TERM_IDS, 0);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < filter->n; i++) {
        crm_bitmap_set(&term->bits, filter->num[i]);
    }

    crm_scan_add(p->scan, term);
    p->scan->narrow = term;

    return NGX_OK;
}


static ngx_int_t
crm_leads_range_term(crm_leads_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t   i;
    crm_term_t  *term;

    static const char  *closed[] = { "l:s:closed:won", "l:s:closed:lost" };

    for (i = 0; i < CRM_LEADS_RANGES; i++) {
        if (crm_leads_ranges[i].field == filter->field) {
            break;
        }
    }

    if (i == CRM_LEADS_RANGES) {
        p->scan->loose = 1;
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_RANGES, 4);
    if (term == NULL) {
        return NGX_ERROR;
    }

    if (crm_leads_ranges[i].letter != NULL) {
        crm_leads_segments(p, term, crm_leads_ranges[i].letter, filter->low,
                           filter->high);

    } else {
        for (i = 0; i < 2; i++) {
            crm_term_range(term, crm_flow_key(p->flow, "%s", closed[i]),
                           filter->low, filter->high);
        }
    }

    crm_scan_add(p->scan, term);

    return NGX_OK;
}


/* what is due out of the columns; who has nothing due is seen at the record */

static ngx_int_t
crm_leads_due_term(crm_leads_plan_t *p)
{
    int64_t        low, high;
    ngx_uint_t     i, exact;
    crm_str_t      key;
    crm_flow_t    *f = p->flow;
    crm_term_t    *term;
    crm_id_set_t   stages;

    if (crm_leads_due(p, &low, &high, &exact) != NGX_OK) {
        p->scan->loose = 1;
        return NGX_OK;
    }

    if (crm_leads_stages(p, &stages) != NGX_OK) {
        return NGX_ERROR;
    }

    term = crm_term_new(f, p->scan, CRM_TERM_RANGES, p->types.n * stages.n);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < p->types.n * stages.n; i++) {
        if (crm_lead_board_key(&f->arena, &f->tenant->prefix, "d",
                               p->types.id[i / stages.n],
                               stages.id[i % stages.n], CRM_BOARD_ALL,
                               CRM_BOARD_ALL, &key)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        crm_term_range(term, key, low, high);
    }

    crm_scan_add(p->scan, term);

    if (!exact) {
        p->scan->loose = 1;
    }

    return NGX_OK;
}


/* only open records in stages with a limit can rot */

static ngx_int_t
crm_leads_rotting_term(crm_leads_plan_t *p, const crm_filter_t *filter)
{
    unsigned                i;
    crm_term_t             *term;
    const crm_conf_list_t  *list = &p->flow->conf->list[CRM_KIND_STAGE];

    p->scan->loose = 1;

    if (filter->n != 1 || filter->num[0] != 1) {
        return NGX_OK;
    }

    term = crm_term_new(p->flow, p->scan, CRM_TERM_BITMAPS, list->n);
    if (term == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < list->n; i++) {
        if (list->rec[i]->v[CRM_STAGE_ROTTING_DAYS].num > 0) {
            crm_term_key(term,
                         crm_flow_key(p->flow, "l:f:stage:%lld",
                                      (long long)
                                      crm_record_id(list->rec[i])));
        }
    }

    crm_scan_add(p->scan, term);

    return NGX_OK;
}


static ngx_int_t
crm_leads_term(crm_leads_plan_t *p, const crm_filter_t *filter)
{
    ngx_uint_t  i;

    if (filter->range) {
        return crm_leads_range_term(p, filter);
    }

    for (i = 0; i < CRM_LEADS_FACETS; i++) {
        if (crm_leads_facets[i].field == filter->field) {
            return crm_leads_facet_term(p, crm_leads_facets[i].name, filter);
        }
    }

    switch (filter->field) {

    case CRM_ID:
        return crm_leads_id_term(p, filter);

    case CRM_LEAD_CONTACT_ID:
        return crm_leads_contact_term(p, filter);

    case CRM_LEAD_ACTIVITY_STATE:
        return crm_leads_due_term(p);

    case CRM_LEAD_ROTTING:
        return crm_leads_rotting_term(p, filter);

    case CRM_LEAD_TYPE:
    case CRM_LEAD_ACTIVE:
    case CRM_LEAD_USER_ID:
        return NGX_OK;                  /* terms of their own */

    default:
        p->scan->loose = 1;
        return NGX_OK;
    }
}


ngx_int_t
crm_leads_terms(crm_leads_plan_t *p)
{
    unsigned     i;
    crm_term_t  *term;

    term = crm_leads_segment_term(p, &p->actives);

    if (term == NULL) {
        return NGX_ERROR;
    }

    crm_scan_add(p->scan, term);

    if (crm_leads_user_term(p) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < p->query->nfilters; i++) {
        if (crm_leads_term(p, &p->query->filter[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
