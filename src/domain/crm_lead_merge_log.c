/*
 * The message of a merge: what the survivor changed, and of every other
 * record its name and each value that did not survive.
 *
 * `changes' has all of it, those of a loser with its id as "lead_id" beside
 * field, old and new; the body says it in words, without long texts.
 */

#include "crm_lead_merge.h"


/* bytes of the message's body behind which values are in its changes only, so
   that one more and the names of all records still fit */
#define CRM_MERGE_BODY_MAX  (CRM_LONG_MAX - (CRM_MERGE_MAX + 1) * 1024)


/* what no record has by its own */

static int
crm_merge_log_skips(const crm_field_t *f, unsigned field)
{
    return field == CRM_ID || field == CRM_VERSION
           || field == CRM_UPDATED_AT || field == CRM_UPDATED_BY
           || (f->flags & (CRM_F_COMPUTED|CRM_F_HIDDEN));
}


static int
crm_merge_survives(const crm_record_t *loser, const crm_record_t *lead,
    unsigned field, unsigned described)
{
    unsigned            i;
    const crm_value_t  *v = &loser->v[field];

    if (!v->set) {
        return 1;
    }

    switch (field) {

    case CRM_LEAD_NAME:
        return 0;

    case CRM_LEAD_DESCRIPTION:
        return described;

    case CRM_LEAD_TAG_IDS:
        for (i = 0; i < v->ids.n; i++) {
            if (!crm_ids_has(&lead->v[field].ids, v->ids.id[i])) {
                return 0;
            }
        }

        return 1;

    default:
        return crm_value_eq(loser->entity->fields[field].type, v,
                            &lead->v[field]);
    }
}


static void
crm_merge_log_change(crm_out_t *out, const crm_record_t *loser,
    const crm_record_t *lead, unsigned field)
{
    const crm_field_t  *f = &loser->entity->fields[field];

    crm_out_lit(out, "{\"field\":");
    crm_out_json(out, &f->name);
    crm_out_lit(out, ",\"old\":");
    crm_value_json(out, f, &loser->v[field]);
    crm_out_lit(out, ",\"new\":");
    crm_value_json(out, f, &lead->v[field]);
    crm_out_lit(out, ",\"lead_id\":");
    crm_out_int(out, crm_record_id(loser));
    crm_out_char(out, '}');
}


static void
crm_merge_log_name(crm_out_t *out, const crm_record_t *rec)
{
    crm_out_str(out, &rec->v[CRM_LEAD_NAME].str);
    crm_out_lit(out, " (#");
    crm_out_int(out, crm_record_id(rec));
    crm_out_char(out, ')');
}


/* as in JSON, without the quotes of a text, a date or a word */

static void
crm_merge_log_value(crm_out_t *out, const crm_field_t *f,
    const crm_value_t *v)
{
    crm_out_t  one;
    crm_str_t  text;

    if (f->type >= CRM_T_NUMERIC_MAX && f->type < CRM_T_STRING_MAX) {
        crm_out_str(out, &v->str);
        return;
    }

    crm_out_init(&one, out->arena, 64);
    crm_value_json(&one, f, v);

    if (crm_out_join(&one, &text) != CRM_OK) {
        out->failed = 1;
        return;
    }

    if (text.data[0] == '"') {
        text.data++;
        text.len -= 2;
    }

    crm_out_str(out, &text);
}


static void
crm_merge_log_line(crm_out_t *out, const crm_record_t *loser, unsigned field)
{
    const crm_field_t  *f = &loser->entity->fields[field];

    if (field == CRM_LEAD_NAME || f->type == CRM_T_LONG
        || crm_out_size(out) > CRM_MERGE_BODY_MAX)
    {
        return;
    }

    crm_out_lit(out, "\n\t");
    crm_out_str(out, &f->name);
    crm_out_lit(out, ": ");
    crm_merge_log_value(out, f, &loser->v[field]);
}


static void
crm_merge_log_loser(crm_out_t *changes, crm_out_t *body,
    const crm_record_t *loser, const crm_record_t *lead, unsigned described)
{
    unsigned            i;
    const crm_field_t  *fields = loser->entity->fields;

    crm_out_char(body, '\n');
    crm_merge_log_name(body, loser);

    for (i = 0; i < loser->entity->nfields; i++) {

        if (crm_merge_log_skips(&fields[i], i)
            || crm_merge_survives(loser, lead, i, described))
        {
            continue;
        }

        crm_out_char(changes, crm_out_size(changes) > 0 ? ',' : '[');
        crm_merge_log_change(changes, loser, lead, i);
        crm_merge_log_line(body, loser, i);
    }
}


int
crm_lead_merge_log(const crm_rule_t *rule, const crm_merge_t *m,
    crm_record_t *lead, const u_char *described, crm_record_t **message)
{
    unsigned       i;
    crm_str_t      own, text;
    crm_out_t      changes, body;
    crm_record_t  *msg;

    if (crm_lead_changes(rule->arena, m->rec[0], lead, &own) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_out_init(&changes, rule->arena, 1024);
    crm_out_init(&body, rule->arena, 1024);

    if (own.len > 0) {
        own.len--;                      /* the closing bracket */
        crm_out_str(&changes, &own);
    }

    crm_out_lit(&body, "Merged into this record:");

    for (i = 1; i < m->n; i++) {
        crm_merge_log_loser(&changes, &body, m->rec[i], lead, described[i]);
    }

    crm_out_char(&changes, ']');

    if (crm_out_join(&body, &text) != CRM_OK
        || crm_out_join(&changes, &own) != CRM_OK)
    {
        return CRM_ERROR;
    }

    msg = crm_message_new(rule, lead, CRM_MESSAGE_LOG, text);
    if (msg == NULL) {
        return CRM_ERROR;
    }

    crm_value_set_str(&msg->v[CRM_MESSAGE_CHANGES], own);
    *message = msg;

    return CRM_OK;
}
