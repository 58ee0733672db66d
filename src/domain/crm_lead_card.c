/*
 * The card: what the board shows of a lead, kept ready to send.
 *
 * A board answers 160 of them, so that the JSON is made when the lead is
 * written; only what the clock changes is added when it is read.  Owns the
 * text of the hash field `card`; knows no column and no figure.
 */

#include "crm_lead.h"
#include "crm_time.h"


/* rotting, activity_state and next_activity with their names */
#define CRM_CARD_TAIL    (96 + CRM_DUE_JSON_MAX)


int
crm_lead_rotten(const crm_conf_t *conf, int64_t stage, int64_t since,
    int64_t now)
{
    int64_t              days;
    const crm_record_t  *rec;

    if (stage == 0) {
        return 0;
    }

    rec = crm_conf_find(conf, CRM_KIND_STAGE, stage);
    days = rec ? rec->v[CRM_STAGE_ROTTING_DAYS].num : 0;

    return days > 0 && now - since > days * CRM_DAY_MS;
}


/* 0 for one that cannot rot */

static int64_t
crm_lead_rotting_stage(const crm_record_t *lead)
{
    return lead->v[CRM_LEAD_STATE].num == CRM_STATE_OPEN
           ? lead->v[CRM_LEAD_STAGE_ID].num : 0;
}


int
crm_lead_view(crm_arena_t *a, crm_record_t *lead, const crm_conf_t *conf,
    int64_t now)
{
    crm_due_t     due;
    crm_str_t     json;
    crm_value_t  *v = lead->v;

    crm_value_set_num(&v[CRM_LEAD_ROTTING],
                      crm_lead_rotten(conf, crm_lead_rotting_stage(lead),
                                      v[CRM_LEAD_STAGE_CHANGED_AT].num,
                                      now));

    crm_value_clear(&v[CRM_LEAD_ACTIVITY_STATE]);
    crm_value_clear(&v[CRM_LEAD_NEXT_ACTIVITY]);

    if (!v[CRM_LEAD_DUE].set || !v[CRM_LEAD_ACTIVE].num
        || crm_due_parse(&v[CRM_LEAD_DUE].str, &due) != CRM_OK)
    {
        return CRM_OK;
    }

    json.data = crm_arena_bytes(a, CRM_DUE_JSON_MAX);

    if (json.data == NULL) {
        return CRM_ERROR;
    }

    json.len = (size_t) (crm_due_json(json.data, &due) - json.data);

    crm_value_set_num(&v[CRM_LEAD_ACTIVITY_STATE], crm_due_state(&due, now));
    crm_value_set_str(&v[CRM_LEAD_NEXT_ACTIVITY], json);

    return CRM_OK;
}


int
crm_lead_card(crm_arena_t *a, const crm_record_t *lead, crm_str_t *card)
{
    unsigned            i;
    crm_out_t           out;
    crm_mask_t          mask;
    const crm_value_t  *v = lead->v;

    memset(&mask, 0, sizeof(crm_mask_t));

    for (i = 0; i < lead->entity->nfields; i++) {
        if ((lead->entity->fields[i].flags & (CRM_F_CARD|CRM_F_COMPUTED))
            == CRM_F_CARD)
        {
            crm_mask_set(&mask, i);
        }
    }

    crm_out_init(&out, a, 1024);

    crm_out_int(&out, crm_lead_rotting_stage(lead));
    crm_out_char(&out, ';');
    crm_out_int(&out, v[CRM_LEAD_STAGE_CHANGED_AT].num);
    crm_out_char(&out, ';');

    if (v[CRM_LEAD_ACTIVE].num) {
        crm_out_str(&out, &v[CRM_LEAD_DUE].str);
    }

    crm_out_lit(&out, ";{");
    crm_record_json_fields(&out, lead, &mask);

    return crm_out_join(&out, card);
}


/* a string literal, without its length at run time */

#define crm_card_put(p, text)                                                 \
    (memcpy(p, text, sizeof(text) - 1), (p) + sizeof(text) - 1)


static u_char *
crm_card_activity(u_char *p, const crm_due_t *due, int64_t now)
{
    const crm_str_t  *word;

    word = &crm_words_activity_state.word[crm_due_state(due, now)];

    p = crm_card_put(p, ",\"activity_state\":\"");
    memcpy(p, word->data, word->len);
    p += word->len;
    p = crm_card_put(p, "\",\"next_activity\":");

    return crm_due_json(p, due);
}


int
crm_lead_card_json(crm_out_t *out, const crm_str_t *card,
    const crm_conf_t *conf, int64_t now)
{
    u_char     *to;
    int64_t     stage, since;
    crm_due_t   due;
    crm_str_t   part[2], text, json = *card;

    part[0] = crm_str_part(&json, ';');
    part[1] = crm_str_part(&json, ';');
    text = crm_str_part(&json, ';');

    if (crm_str_int(&part[0], &stage) != CRM_OK
        || crm_str_int(&part[1], &since) != CRM_OK
        || (text.len > 0 && crm_due_parse(&text, &due) != CRM_OK)
        || json.len == 0)
    {
        return CRM_DECLINED;
    }

    to = crm_out_reserve(out, json.len + CRM_CARD_TAIL);

    if (to == NULL) {
        return CRM_ERROR;
    }

    memcpy(to, json.data, json.len);
    to += json.len;

    to = crm_lead_rotten(conf, stage, since, now)
         ? crm_card_put(to, ",\"rotting\":true")
         : crm_card_put(to, ",\"rotting\":false");

    to = text.len > 0
         ? crm_card_activity(to, &due, now)
         : crm_card_put(to, ",\"activity_state\":null"
                            ",\"next_activity\":null");
    *to++ = '}';

    out->chunk->last = to;

    return CRM_OK;
}
