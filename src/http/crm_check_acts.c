/*
 * Activities and their leads: what each keeps of the other; see
 * crm_check_int.h.
 *
 * Activities are walked before leads and remembered by lead, in a few numbers
 * each, as a chain.
 */

#include "crm_activity.h"
#include "crm_check_int.h"


/* nothing is asked for one whose record is gone: its entries go with it */

static ngx_uint_t
crm_check_act_lost(crm_flow_t *f, const crm_record_t *rec)
{
    crm_str_t           name, none = crm_null_string;
    crm_checker_t      *c = crm_checker(f);
    const crm_value_t  *v = rec->v;

    if (v[CRM_ACTIVITY_LEAD_ID].set
        ? crm_check_ids_have(&c->leads, v[CRM_ACTIVITY_LEAD_ID].num)
        : crm_check_ids_have(&c->contacts, v[CRM_ACTIVITY_CONTACT_ID].num))
    {
        return 0;
    }

    if (c->mode == CRM_CHECK_TALLY) {
        name = crm_arena_printf(&f->arena, "activity:%lld",
                                (long long) crm_record_id(rec));

        crm_check_fault(c, crm_check_mix((uint64_t) crm_record_id(rec), 'A'),
                        "%.*s belongs to no record", (int) name.len,
                        name.data);
        crm_check_put(f, "DEL", &name, none, none);
    }

    return 1;
}


/* of one that has ended `held' means nothing any more */

static ngx_int_t
crm_check_act_add(crm_checker_t *c, const crm_record_t *rec)
{
    uint32_t            cap, *first;
    crm_check_act_t    *act;
    const crm_value_t  *v = rec->v;

    if (c->nacts == c->acts_cap) {
        cap = c->acts_cap == 0 ? 256 : c->acts_cap * 2;
        act = realloc(c->act, cap * sizeof(crm_check_act_t));

        if (act == NULL) {
            return NGX_ERROR;
        }

        c->act = act;
        c->acts_cap = cap;
    }

    act = &c->act[c->nacts++];

    act->lead = v[CRM_ACTIVITY_LEAD_ID].num;
    act->id = crm_record_id(rec);
    act->type = v[CRM_ACTIVITY_OF_TYPE].num;
    act->user = v[CRM_ACTIVITY_USER_ID].num;
    act->day = v[CRM_ACTIVITY_DUE_DATE].num;
    act->team = v[CRM_ACTIVITY_TEAM].num;
    act->owner = v[CRM_ACTIVITY_OWNER].num;
    act->open = v[CRM_ACTIVITY_OUTCOME].num == CRM_OUTCOME_OPEN;
    act->held = act->open && v[CRM_ACTIVITY_HELD].num != 0;

    first = &c->first_act[crm_check_ids_have(&c->leads, act->lead) - 1];
    act->next = *first;
    *first = c->nacts;

    return NGX_OK;
}


ngx_int_t
crm_check_act_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    ngx_int_t       rc;
    crm_record_t   *activity;
    crm_checker_t  *c = crm_checker(f);
    crm_ix_list_t   list;

    rc = crm_check_load(f, CRM_KIND_ACTIVITY, id, replies, &activity);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_check_count(c, CRM_KIND_ACTIVITY, id, 1);

    if (crm_check_act_lost(f, activity)) {
        return NGX_OK;
    }

    if (c->mode == CRM_CHECK_TALLY && activity->v[CRM_ACTIVITY_LEAD_ID].set
        && crm_check_act_add(c, activity) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_ix_init(&list, &f->arena, f->tenant->prefix);
    crm_activity_index(&list, activity);

    return crm_check_entries(f, "activity", id, &list);
}


/* what lists know of the lead; mended by what the lead says */

static void
crm_check_act_placed(crm_flow_t *f, const crm_check_act_t *act,
    const crm_record_t *lead)
{
    ngx_uint_t          i;
    crm_str_t           name, none = crm_null_string;
    crm_checker_t      *c = crm_checker(f);
    const crm_field_t  *fields = crm_entities[CRM_KIND_ACTIVITY].fields;

    const struct {
        unsigned  field;
        int64_t   value;
    } known[] = {
        { CRM_ACTIVITY_TEAM, lead->v[CRM_LEAD_TEAM_ID].num },
        { CRM_ACTIVITY_OWNER, lead->v[CRM_LEAD_USER_ID].num },
        { CRM_ACTIVITY_HELD, !lead->v[CRM_LEAD_ACTIVE].num }
    };

    if (act->team == known[0].value && act->owner == known[1].value
        && (!act->open || act->held == known[2].value))
    {
        return;
    }

    crm_check_fault(c, crm_check_mix((uint64_t) act->id, 'P'),
                    "activity %lld does not know lead %lld as it is",
                    (long long) act->id, (long long) act->lead);

    name = crm_arena_printf(&f->arena, "activity:%lld", (long long) act->id);

    for (i = 0; i < (act->open ? 3 : 2); i++) {
        if (known[i].value == 0 && i < 2) {
            crm_check_put(f, "HDEL", &name, fields[known[i].field].stored,
                          none);
        } else {
            crm_check_put(f, "HSET", &name, fields[known[i].field].stored,
                          crm_arena_printf(&f->arena, "%lld",
                                           (long long) known[i].value));
        }
    }
}


static crm_record_t *
crm_check_act_record(crm_flow_t *f, const crm_check_act_t *act)
{
    crm_record_t  *rec;

    rec = crm_record_new(&f->arena, &crm_entities[CRM_KIND_ACTIVITY]);

    if (rec == NULL) {
        return NULL;
    }

    crm_value_set_num(&rec->v[CRM_ID], act->id);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OF_TYPE], act->type);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_USER_ID], act->user);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_DUE_DATE], act->day);
    crm_value_set_num(&rec->v[CRM_ACTIVITY_OUTCOME],
                      act->open ? CRM_OUTCOME_OPEN : CRM_OUTCOME_DONE);

    return rec;
}


/* the lead as its n activities say, in a copy; by the commits' function */

static crm_record_t *
crm_check_lead_due(crm_flow_t *f, const crm_record_t *lead, uint32_t first,
    uint32_t n)
{
    uint32_t        i, k;
    crm_rule_t      rule;
    crm_record_t   *copy, **rec;
    crm_checker_t  *c = crm_checker(f);

    ngx_memzero(&rule, sizeof(crm_rule_t));

    rule.arena = &f->arena;
    rule.conf = f->conf;
    rule.now = f->now;

    copy = crm_record_copy(&f->arena, lead);
    rec = crm_arena_alloc(&f->arena, (n + 1) * sizeof(crm_record_t *));

    if (copy == NULL || rec == NULL) {
        return NULL;
    }

    for (k = 0, i = first; i != 0; i = c->act[i - 1].next) {
        rec[k] = crm_check_act_record(f, &c->act[i - 1]);

        if (rec[k++] == NULL) {
            return NULL;
        }
    }

    return crm_activity_due(&rule, copy, rec, n) == CRM_OK ? copy : NULL;
}


ngx_int_t
crm_check_lead_acts(crm_flow_t *f, crm_record_t *lead)
{
    int64_t              id = crm_record_id(lead);
    uint32_t             i, n, first;
    crm_str_t            name, none = crm_null_string;
    crm_record_t        *copy;
    crm_checker_t       *c = crm_checker(f);
    const crm_field_t   *field = &lead->entity->fields[CRM_LEAD_DUE];
    const crm_value_t   *due;

    first = c->first_act[crm_check_ids_have(&c->leads, id) - 1];

    for (n = 0, i = first; i != 0; i = c->act[i - 1].next, n++) {
        if (c->mode == CRM_CHECK_TALLY) {
            crm_check_act_placed(f, &c->act[i - 1], lead);
        }
    }

    copy = crm_check_lead_due(f, lead, first, n);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    due = &copy->v[CRM_LEAD_DUE];

    if (crm_str_eq(&due->str, &lead->v[CRM_LEAD_DUE].str)) {
        return NGX_OK;
    }

    lead->v[CRM_LEAD_DUE] = *due;

    if (c->mode != CRM_CHECK_TALLY) {
        return NGX_OK;
    }

    crm_check_fault(c, crm_check_mix((uint64_t) id, 'D'),
                    "lead %lld has another next activity or due day than its "
                    "activities say", (long long) id);

    name = crm_arena_printf(&f->arena, "lead:%lld", (long long) id);

    crm_check_put(f, due->set ? "HSET" : "HDEL", &name, field->stored,
                  due->set ? due->str : none);

    return NGX_OK;
}
