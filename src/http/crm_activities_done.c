/*
 * POST /activities/{id}/done: the message, what is proposed, what is
 * triggered (semantics.md, "Activities").
 */

#include "crm_actions.h"
#include "crm_activity_op.h"
#include "crm_handlers.h"
#include "crm_respond.h"


static ngx_int_t
crm_activity_done_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    crm_problem_t        problem;
    const crm_record_t  *type;

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_DECLINED;
    }

    problem = crm_activity_done(rule, o->old,
                                o->input.values->v[CRM_DONE_FEEDBACK].str,
                                &o->rec);
    if (problem != CRM_P_NONE) {
        return crm_write_declined(f, problem);
    }

    if (o->lead != NULL) {
        o->message = crm_activity_message(rule, o->lead, o->rec);

        if (o->message == NULL) {
            return NGX_ERROR;
        }
    }

    type = crm_activity_triggered(f->conf, o->rec);

    if (type == NULL) {
        return NGX_OK;
    }

    o->added = crm_arena_alloc(&f->arena, sizeof(crm_record_t *));
    if (o->added == NULL) {
        return NGX_ERROR;
    }

    o->added[0] = crm_activity_next(rule, o->rec, type);
    o->nadded = 1;

    return o->added[0] != NULL ? NGX_OK : NGX_ERROR;
}


/* a proposal: what the next one would be */

static ngx_int_t
crm_activity_proposal(const crm_rule_t *rule, crm_out_t *out,
    const crm_record_t *done, const crm_record_t *type)
{
    crm_record_t  *next;

    static const unsigned  shown[] = {
        CRM_ACTIVITY_DUE_DATE, CRM_ACTIVITY_SUMMARY, CRM_ACTIVITY_USER_ID
    };

    ngx_uint_t          i;
    const crm_field_t  *field;

    next = crm_activity_next(rule, done, type);
    if (next == NULL) {
        return NGX_ERROR;
    }

    crm_out_lit(out, "{\"type_id\":");
    crm_out_int(out, crm_record_id(type));
    crm_out_lit(out, ",\"name\":");
    crm_out_json(out, &type->v[CRM_ACTIVITY_TYPE_NAME].str);

    for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        field = &crm_entities[CRM_KIND_ACTIVITY].fields[shown[i]];

        crm_out_char(out, ',');
        crm_out_json(out, &field->name);
        crm_out_char(out, ':');
        crm_value_json(out, field, &next->v[shown[i]]);
    }

    crm_out_char(out, '}');

    return NGX_OK;
}


static ngx_int_t
crm_activity_done_answer(crm_flow_t *f, crm_activity_op_t *o)
{
    unsigned             i, n;
    crm_out_t           *out;
    crm_rule_t           rule;
    const crm_ids_t     *ids;
    const crm_record_t  *type;

    crm_write_rule(f, &rule);
    crm_activity_view(o->rec, f->conf, f->now);

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_lit(out, "{\"activity\":");
    crm_activity_json(f, out, o->rec);
    crm_out_lit(out, ",\"suggested_next\":[");

    ids = crm_activity_suggested(f->conf, o->rec);

    for (n = 0, i = 0; i < ids->n; i++) {
        type = crm_conf_find(f->conf, CRM_KIND_ACTIVITY_TYPE, ids->id[i]);

        if (type == NULL || !type->v[CRM_ACTIVITY_TYPE_ACTIVE].num) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        if (crm_activity_proposal(&rule, out, o->rec, type) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    crm_out_lit(out, "],\"next\":");

    if (o->nadded > 0) {
        crm_activity_json(f, out, o->added[0]);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_char(out, '}');

    crm_answer_etag(f, crm_record_version(o->rec),
                    crm_activity_moment(o->rec));
    f->answer.id = o->id;

    return NGX_OK;
}


ngx_int_t
crm_activity_done_handler(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_activity_op_t  *o;

    rc = crm_activity_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_action(f, &crm_action_done, &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->decide = crm_activity_done_decide;
    o->answer = crm_activity_done_answer;

    return crm_activity_op_start(f);
}
