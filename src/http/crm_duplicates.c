/*
 * GET /leads/{id}/duplicates and POST /duplicates/check (api.md, section 6):
 * the records that look like one, of a stored lead or of what somebody types.
 */

#include "crm_dup_find.h"
#include "crm_dup_http.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_duplicates_loaded(crm_flow_t *f);
static ngx_int_t crm_duplicates_checked(crm_flow_t *f);
static ngx_int_t crm_duplicates_found(crm_flow_t *f);
static ngx_int_t crm_duplicates_answer(crm_flow_t *f);


typedef struct {
    crm_dup_query_t    query;
    crm_dup_find_t     find;
    crm_input_t        input;
    ngx_uint_t         first;           /* of the page */
    ngx_uint_t         end;
} crm_duplicates_t;


static crm_duplicates_t *
crm_duplicates_begin(crm_flow_t *f, ngx_int_t *rc)
{
    crm_duplicates_t  *d;

    d = crm_arena_calloc(&f->arena, sizeof(crm_duplicates_t));
    if (d == NULL) {
        *rc = NGX_ERROR;
        return NULL;
    }

    f->data = d;

    *rc = crm_dup_query(f, &d->query, 1);
    d->find.archived = d->query.archived;
    d->find.whole = 1;

    return d;
}


ngx_int_t
crm_duplicates_of_lead(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_str_t          none = crm_null_string;
    crm_duplicates_t  *d;

    d = crm_duplicates_begin(f, &rc);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    d->find.self = crm_request(f)->id[0];

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             d->find.self),
                  none, none, none);

    return crm_flow_wait(f, crm_duplicates_loaded);
}


static ngx_int_t
crm_duplicates_loaded(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_record_t      *lead;
    crm_duplicates_t  *d = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], d->find.self,
                         &f->reply[0], &lead);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    rc = rc == NGX_OK ? crm_lead_readable(f, lead) : rc;

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    d->find.lead = lead;

    return crm_dup_find(f, &d->find, 1, crm_duplicates_found);
}


/* a form that is being filled in: any field, or none */

ngx_int_t
crm_duplicates_check(crm_flow_t *f)
{
    int64_t            contact;
    ngx_int_t          rc;
    crm_str_t          none = crm_null_string;
    crm_duplicates_t  *d;

    d = crm_duplicates_begin(f, &rc);

    if (rc == NGX_OK) {
        rc = crm_write_collect(f, &crm_entities[CRM_KIND_LEAD],
                               CRM_INPUT_CHECK, -1, &d->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    d->find.lead = d->input.values;

    if (!d->find.lead->v[CRM_LEAD_CONTACT_ID].set) {
        return f->answer.faults.n > 0
               ? crm_answer_faults(f)
               : crm_dup_find(f, &d->find, 1, crm_duplicates_found);
    }

    contact = d->find.lead->v[CRM_LEAD_CONTACT_ID].num;

    crm_flow_call(f, "EXISTS", crm_flow_key(f, "contact:%lld",
                                            (long long) contact),
                  none, none, none);

    return crm_flow_wait(f, crm_duplicates_checked);
}


static ngx_int_t
crm_duplicates_checked(crm_flow_t *f)
{
    crm_duplicates_t  *d = f->data;

    if (f->reply[0].num == 0) {
        crm_fault(&f->answer.faults,
                  &d->input.entity->fields[CRM_LEAD_CONTACT_ID].name,
                  CRM_FAULT_NOT_FOUND, "there is no such contact");
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    return crm_dup_find(f, &d->find, 1, crm_duplicates_found);
}


/* ---- the page ----------------------------------------------------------- */

/* whether a match stands behind the cursor's place */

static ngx_uint_t
crm_duplicates_behind(const crm_dup_match_t *m, const crm_cursor_t *after)
{
    if (m->confidence != after->score) {
        return m->confidence < after->score;
    }

    if ((int64_t) m->nreasons != after->source) {
        return (int64_t) m->nreasons < after->source;
    }

    return crm_record_id(m->lead) > after->id;
}


static ngx_int_t
crm_duplicates_found(crm_flow_t *f)
{
    ngx_uint_t         i;
    crm_record_t     **lead;
    crm_duplicates_t  *d = f->data;

    while (d->query.begun && d->first < d->find.n
           && !crm_duplicates_behind(&d->find.match[d->first],
                                     &d->query.after))
    {
        d->first++;
    }

    d->end = ngx_min(d->first + d->query.query.limit, d->find.n);

    lead = crm_arena_alloc(&f->arena, (d->end - d->first + 1)
                                      * sizeof(crm_record_t *));
    if (lead == NULL) {
        return NGX_ERROR;
    }

    for (i = d->first; i < d->end; i++) {
        lead[i - d->first] = d->find.match[i].lead;
    }

    return crm_dup_view(f, &d->query.query.view, lead, d->end - d->first,
                        crm_duplicates_answer);
}


void
crm_dup_reason_json(crm_out_t *out, int64_t rule, unsigned word,
    const crm_str_t *key)
{
    crm_out_lit(out, "{\"rule_id\":");

    if (rule != 0) {
        crm_out_int(out, rule);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_lit(out, ",\"field\":");

    if (word == CRM_DUP_CONTACT) {
        crm_out_lit(out, "\"contact\"");
    } else {
        crm_out_json(out, &crm_words_rule_field.word[word]);
    }

    crm_out_lit(out, ",\"key\":");
    crm_out_json(out, key);
    crm_out_char(out, '}');
}


void
crm_dup_match_json(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_dup_match_t *m)
{
    ngx_uint_t  i;

    crm_out_lit(out, "{\"lead\":");
    crm_view_json(f, view, out, m->lead);
    crm_out_lit(out, ",\"confidence\":");
    crm_out_int(out, m->confidence);
    crm_out_lit(out, ",\"matched\":[");

    for (i = 0; i < m->nreasons; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_dup_reason_json(out, m->reason[i].rule, m->reason[i].word,
                            &m->reason[i].key);
    }

    crm_out_lit(out, "]}");
}


static void
crm_duplicates_common(crm_out_t *out, const crm_dup_find_t *find)
{
    ngx_uint_t  i;

    crm_out_lit(out, ",\"hidden\":");
    crm_out_int(out, (int64_t) find->hidden);
    crm_out_lit(out, ",\"too_common\":[");

    for (i = 0; i < find->ncommon; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"rule_id\":");

        if (find->common[i].rule != 0) {
            crm_out_int(out, find->common[i].rule);
        } else {
            crm_out_lit(out, "null");
        }

        crm_out_lit(out, ",\"key\":");
        crm_out_json(out, &find->common[i].key);
        crm_out_lit(out, ",\"count\":");
        crm_out_int(out, find->common[i].count);
        crm_out_char(out, '}');
    }

    crm_out_char(out, ']');
}


static ngx_int_t
crm_duplicates_answer(crm_flow_t *f)
{
    ngx_uint_t         i;
    crm_out_t         *out;
    crm_cursor_t       after;
    crm_duplicates_t  *d = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_out_lit(out, "{\"data\":[");

    for (i = d->first; i < d->end; i++) {
        if (i > d->first) {
            crm_out_char(out, ',');
        }

        crm_dup_match_json(f, &d->query.query.view, out, &d->find.match[i]);
    }

    crm_out_char(out, ']');

    ngx_memzero(&after, sizeof(crm_cursor_t));

    if (d->end < d->find.n) {
        after.score = d->find.match[d->end - 1].confidence;
        after.source = d->find.match[d->end - 1].nreasons;
        after.id = crm_record_id(d->find.match[d->end - 1].lead);
    }

    if (crm_dup_cursor_json(f, &d->query, out, after.id != 0 ? &after : NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (d->query.query.total) {
        crm_out_lit(out, ",\"total\":");
        crm_out_int(out, (int64_t) d->find.n);
    }

    crm_duplicates_common(out, &d->find);
    crm_out_char(out, '}');

    return crm_write_nothing(f);
}
