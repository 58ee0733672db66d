/* Orders: creation, change, totals, commit.  See crm_order.h. */

#include "crm_change.h"
#include "crm_money.h"
#include "crm_order.h"


#define CRM_ORDER_DIGITS  5         /* at least so many behind the S */


static void
crm_order_copy_id(crm_record_t *order, unsigned to, const crm_value_t *from)
{
    crm_value_clear(&order->v[to]);

    if (from->set) {
        crm_value_set_num(&order->v[to], from->num);
    }
}


void
crm_order_place(crm_record_t *order, const crm_record_t *lead)
{
    crm_order_copy_id(order, CRM_ORDER_OWNER,
                      lead != NULL ? &lead->v[CRM_LEAD_USER_ID]
                                   : &order->v[CRM_ORDER_USER_ID]);
}


/* ---- totals ------------------------------------------------------------- */

static void
crm_order_beyond(crm_faults_t *faults, const crm_str_t *field)
{
    crm_fault(faults, field, CRM_FAULT_INVALID,
              "the amount is beyond 10^15");
}


int
crm_order_total(crm_faults_t *faults, const crm_record_t *order,
    int64_t *total)
{
    int64_t                sum, amount;
    unsigned               i, n = faults->n;
    crm_str_t              place;
    const crm_value_t     *v;
    const crm_field_t     *field = &order->entity->fields[CRM_ORDER_LINES];
    const crm_objects_t   *lines = &order->v[CRM_ORDER_LINES].objects;

    for (sum = 0, i = 0; i < lines->n; i++) {
        v = lines->rec[i]->v;

        if (crm_money_line(v[CRM_ORDER_LINE_QUANTITY].num,
                           v[CRM_ORDER_LINE_UNIT_PRICE].num,
                           v[CRM_ORDER_LINE_DISCOUNT].num, &amount)
            == CRM_OK
            && crm_money_add(&sum, amount) == CRM_OK)
        {
            continue;
        }

        place = crm_arena_printf(faults->arena, "%.*s[%u]",
                                 (int) field->name.len, field->name.data, i);
        crm_order_beyond(faults, &place);
    }

    if (faults->n == n && (sum < -CRM_MONEY_MAX || sum > CRM_MONEY_MAX)) {
        crm_order_beyond(faults, &field->name);
    }

    *total = sum;

    return faults->n == n ? CRM_OK : CRM_DECLINED;
}


static crm_problem_t
crm_order_settle(const crm_rule_t *rule, crm_record_t *order)
{
    int64_t  total;

    if (crm_order_total(rule->faults, order, &total) == CRM_OK) {
        crm_value_set_num(&order->v[CRM_ORDER_TOTAL], total);
    }

    return crm_change_verdict(rule);
}


/* ---- creation and change ------------------------------------------------ */

static void
crm_order_defaults(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *lead, crm_record_t *order)
{
    int64_t       team;
    crm_value_t  *v = order->v;

    if (!crm_mask_has(&input->present, CRM_ORDER_USER_ID)) {
        if (lead != NULL) {
            crm_order_copy_id(order, CRM_ORDER_USER_ID,
                              &lead->v[CRM_LEAD_USER_ID]);

        } else if (rule->actor != 0) {
            crm_value_set_num(&v[CRM_ORDER_USER_ID], rule->actor);
        }
    }

    if (lead != NULL) {
        if (!v[CRM_ORDER_CONTACT_ID].set) {
            crm_order_copy_id(order, CRM_ORDER_CONTACT_ID,
                              &lead->v[CRM_LEAD_CONTACT_ID]);
        }

        if (!v[CRM_ORDER_TEAM_ID].set) {
            crm_order_copy_id(order, CRM_ORDER_TEAM_ID,
                              &lead->v[CRM_LEAD_TEAM_ID]);
        }

    } else if (!v[CRM_ORDER_TEAM_ID].set) {
        team = crm_team_default(rule->conf, v[CRM_ORDER_USER_ID].num);

        if (team != 0) {
            crm_value_set_num(&v[CRM_ORDER_TEAM_ID], team);
        }
    }
}


crm_problem_t
crm_order_create(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *lead, crm_record_t **order)
{
    *order = crm_input_create(rule->arena, input);

    if (*order == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_order_defaults(rule, input, lead, *order);
    crm_order_place(*order, lead);
    crm_change_created(rule, *order);

    return crm_order_settle(rule, *order);
}


crm_problem_t
crm_order_update(const crm_rule_t *rule, const crm_record_t *old,
    const crm_input_t *input, const crm_record_t *lead,
    crm_record_t **order, int *touched)
{
    int            lines;
    crm_problem_t  problem;

    *order = crm_input_apply(rule->arena, input, old, rule->faults);

    if (*order == NULL) {
        return CRM_P_INTERNAL;
    }

    lines = !crm_value_eq(CRM_T_OBJECTS, &old->v[CRM_ORDER_LINES],
                          &(*order)->v[CRM_ORDER_LINES]);

    if (!(*order)->v[CRM_ORDER_LEAD_ID].set || lead != NULL) {
        crm_value_clear(&(*order)->v[CRM_ORDER_QUOTED_FROM]);
        crm_order_place(*order, lead);
    }

    problem = crm_order_settle(rule, *order);

    if (problem != CRM_P_NONE) {
        return problem;
    }

    *touched = crm_change_touch(rule, old, *order, NULL);

    return lines && !crm_order_editable(old) ? CRM_P_ORDER_LOCKED
                                             : CRM_P_NONE;
}


void
crm_order_unlink(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *order)
{
    crm_value_clear(&order->v[CRM_ORDER_LEAD_ID]);
    crm_value_clear(&order->v[CRM_ORDER_QUOTED_FROM]);
    crm_order_place(order, NULL);

    (void) crm_change_touch(rule, old, order, NULL);
}


/* ---- what follows from an order ----------------------------------------- */

int
crm_order_number(crm_arena_t *a, crm_record_t *order)
{
    crm_str_t  number;

    number = crm_arena_printf(a, "S%0*lld", CRM_ORDER_DIGITS,
                              (long long) crm_record_id(order));
    if (number.data == NULL) {
        return CRM_ERROR;
    }

    crm_value_set_str(&order->v[CRM_ORDER_NUMBER], number);

    return CRM_OK;
}


int64_t
crm_order_number_id(const crm_str_t *number)
{
    int64_t    id;
    crm_str_t  digits;

    if (number->len < 1 + CRM_ORDER_DIGITS || (number->data[0] | 0x20) != 's')
    {
        return 0;
    }

    digits.data = number->data + 1;
    digits.len = number->len - 1;

    while (digits.len > 1 && digits.data[0] == '0') {
        digits.data++;
        digits.len--;
    }

    return crm_str_int(&digits, &id) == CRM_OK && id > 0 ? id : 0;
}


void
crm_order_view(crm_record_t *order, const crm_conf_t *conf, int64_t now)
{
    const crm_value_t  *until = &order->v[CRM_ORDER_VALID_UNTIL];

    crm_value_set_num(&order->v[CRM_ORDER_EXPIRED],
                      crm_order_editable(order) && until->set
                      && until->num < crm_zone_date(conf->zone, now));
}


void
crm_order_raise(crm_record_t *lead, const crm_record_t *order)
{
    crm_value_t  *revenue = &lead->v[CRM_LEAD_EXPECTED_REVENUE];

    if (order->v[CRM_ORDER_TOTAL].num > revenue->num) {
        crm_value_set_num(revenue, order->v[CRM_ORDER_TOTAL].num);
    }
}


crm_str_t
crm_order_note(crm_arena_t *a, const crm_record_t *order)
{
    const crm_str_t  *number = &order->v[CRM_ORDER_NUMBER].str;
    const crm_str_t  *state
        = &crm_words_order_state.word[order->v[CRM_ORDER_STATE].num];

    return crm_arena_printf(a, "%.*s: %.*s", (int) number->len, number->data,
                            (int) state->len, state->data);
}


/* ---- the commit --------------------------------------------------------- */

/* an id that follows the last one given leaves no gap in the numbers */

static void
crm_order_id_next(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *order)
{
    int64_t  last = crm_record_id(order) - 1;

    crm_change_check(ops, last == 0 ? CRM_CHECK_FIELD_FREE
                                    : CRM_CHECK_FIELD_EQ,
                     crm_change_root(ops, rule),
                     crm_change_counter(ops, order->entity),
                     crm_change_number(ops, last), CRM_FAILED_ID);
}


static void
crm_order_checks(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *order)
{
    crm_change_conf(ops, rule);

    if (old == NULL) {
        crm_order_id_next(ops, rule, order);

    } else {
        crm_change_same(ops, key, old, CRM_VERSION, CRM_FAILED_VERSION);
        crm_change_same(ops, key, old, CRM_ORDER_OWNER, CRM_FAILED_VERSION);
    }

    if (order != NULL) {
        crm_change_contact(ops, rule, old, order, CRM_ORDER_CONTACT_ID);
    }
}


int
crm_order_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *order)
{
    crm_str_t  key;

    key = crm_order_key(ops->arena, &rule->prefix,
                        crm_record_id(order ? order : old));
    if (key.data == NULL) {
        return CRM_ERROR;
    }

    crm_order_checks(ops, rule, key, old, order);

    return crm_change_write(ops, rule, key, old, order, crm_order_index, 1);
}
