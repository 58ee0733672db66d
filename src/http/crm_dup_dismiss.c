/* POST /duplicates/dismiss: records that are kept separate (api.md, 6) */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_dup.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


static ngx_int_t crm_dismiss_loaded(crm_flow_t *f);


typedef struct {
    crm_input_t        input;
    const crm_ids_t   *ids;
    crm_record_t     **old;
    crm_record_t     **lead;
    crm_str_t         *key;             /* by lead and rule; empty: none */
} crm_dismiss_t;


ngx_int_t
crm_duplicates_dismiss(crm_flow_t *f)
{
    unsigned        i;
    ngx_int_t       rc;
    crm_str_t       none = crm_null_string;
    crm_dismiss_t  *d;

    d = crm_arena_calloc(&f->arena, sizeof(crm_dismiss_t));
    if (d == NULL) {
        return NGX_ERROR;
    }

    f->data = d;

    rc = crm_write_collect(f, &crm_action_dismiss, CRM_INPUT_CREATE, -1,
                           &d->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    d->ids = &d->input.values->v[CRM_DISMISS_IDS].ids;

    if (f->answer.faults.n == 0 && d->ids->n < 2) {
        crm_fault(&f->answer.faults, &crm_action_dismiss.fields[0].name,
                  CRM_FAULT_INVALID, "must be two or more distinct ids");
    }

    if (f->answer.faults.n > 0) {
        return crm_answer_faults(f);
    }

    for (i = 0; i < d->ids->n; i++) {
        crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena,
                                                 &f->tenant->prefix,
                                                 d->ids->id[i]),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_dismiss_loaded);
}


/* NGX_DECLINED: the answer is prepared; CRM_WAIT: it is asked for, as one was
   merged.  Hidden and absent look alike to who sees only a part */

static ngx_int_t
crm_dismiss_take(crm_flow_t *f, crm_dismiss_t *d)
{
    unsigned             i;
    ngx_int_t            rc;
    const crm_record_t  *merged;

    for (merged = NULL, i = 0; i < d->ids->n; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], d->ids->id[i],
                             &f->reply[i], &d->old[i]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED && crm_sees_all(f)) {
            crm_fault(&f->answer.faults, &crm_action_dismiss.fields[0].name,
                      CRM_FAULT_NOT_FOUND, "there is no such lead");
            (void) crm_answer_faults(f);
            return NGX_DECLINED;
        }

        if (rc == NGX_DECLINED) {
            (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
            return NGX_DECLINED;
        }

        if (d->old[i]->v[CRM_LEAD_MERGED_INTO].set) {
            merged = d->old[i];
            continue;
        }

        if (crm_lead_visible(f, d->old[i]) != NGX_OK) {
            return NGX_DECLINED;
        }

        d->lead[i] = crm_record_copy(&f->arena, d->old[i]);
        if (d->lead[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return merged != NULL ? crm_lead_visible(f, merged) : NGX_OK;
}


/* each pattern runs once for each lead, however many pairs they make */

static ngx_int_t
crm_dismiss_keys(crm_flow_t *f, crm_dismiss_t *d)
{
    int               rc;
    unsigned          i, k;
    crm_str_t        *key;
    crm_dup_texts_t   texts;

    d->key = crm_arena_calloc(&f->arena, (d->ids->n * f->conf->ndup + 1)
                                         * sizeof(crm_str_t));
    if (d->key == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < d->ids->n; i++) {
        crm_dup_texts_init(&texts, d->old[i]);

        for (k = 0; k < f->conf->ndup; k++) {

            if (!f->conf->dup[k].complete) {
                continue;
            }

            key = &d->key[i * f->conf->ndup + k];
            rc = crm_dup_key(&f->arena, &f->conf->dup[k], &texts, key);

            if (rc == CRM_ERROR) {
                return NGX_ERROR;
            }

            if (rc != CRM_OK) {
                key->len = 0;
            }
        }
    }

    return NGX_OK;
}


/* the fields by which two leads match, as bits; contacts count where both
   have one, as they can be of one company */

static unsigned
crm_dismiss_fields(crm_flow_t *f, const crm_dismiss_t *d, unsigned one,
    unsigned other)
{
    unsigned          k, fields;
    const crm_str_t  *key, *same;

    fields = d->old[one]->v[CRM_LEAD_CONTACT_ID].set
             && d->old[other]->v[CRM_LEAD_CONTACT_ID].set
             ? 1U << CRM_DUP_CONTACT : 0;

    key = &d->key[one * f->conf->ndup];
    same = &d->key[other * f->conf->ndup];

    for (k = 0; k < f->conf->ndup; k++) {
        if (key[k].len > 0 && crm_str_eq(&key[k], &same[k])) {
            fields |= 1U << f->conf->dup[k].word;
        }
    }

    return fields;
}


static ngx_int_t
crm_dismiss_pairs(crm_flow_t *f, crm_dismiss_t *d)
{
    unsigned  i, k, fields;

    for (i = 0; i < d->ids->n; i++) {
        for (k = i + 1; k < d->ids->n; k++) {

            fields = crm_dismiss_fields(f, d, i, k);

            if (crm_dup_keep(&f->arena, d->lead[i], d->ids->id[k], fields)
                   != CRM_OK
                || crm_dup_keep(&f->arena, d->lead[k], d->ids->id[i], fields)
                   != CRM_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_dismiss_loaded(crm_flow_t *f)
{
    unsigned        i;
    crm_ops_t       ops;
    crm_out_t      *out;
    ngx_int_t       rc;
    crm_rule_t      rule;
    crm_dismiss_t  *d = f->data;

    d->old = crm_arena_calloc(&f->arena, d->ids->n * sizeof(crm_record_t *));
    d->lead = crm_arena_calloc(&f->arena, d->ids->n * sizeof(crm_record_t *));

    if (d->old == NULL || d->lead == NULL) {
        return NGX_ERROR;
    }

    rc = crm_dismiss_take(f, d);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_dismiss_keys(f, d) != NGX_OK
        || crm_dismiss_pairs(f, d) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    for (i = 0; i < d->ids->n; i++) {
        crm_change_same(&ops, crm_lead_key(&f->arena, &f->tenant->prefix,
                                           d->ids->id[i]),
                        d->old[i], CRM_LEAD_KEPT, CRM_FAILED_VERSION);

        if (crm_lead_commit(&ops, &rule, d->old[i], d->lead[i], NULL)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    crm_ops_counters_first(&ops);

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_out_lit(out, "{\"ids\":");
    crm_value_json(out, &crm_action_dismiss.fields[CRM_DISMISS_IDS],
                   &d->input.values->v[CRM_DISMISS_IDS]);
    crm_out_char(out, '}');

    return crm_write_commit(f, &ops);
}
