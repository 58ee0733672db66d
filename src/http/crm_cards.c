/* reads the figures of teams; see crm_cards.h */

#include "crm_activity.h"
#include "crm_auth.h"
#include "crm_cards.h"
#include "crm_money.h"
#include "crm_scan.h"
#include "crm_time.h"


/* the name of a figure in a hash, and where it goes */

typedef struct {
    crm_str_t  name;
    size_t     offset;
} crm_card_figure_t;

#define CRM_CARD_FIGURE(name, member)                                         \
    { crm_string(name), offsetof(crm_card_t, member) }

static const crm_card_figure_t  crm_card_now[] = {
    CRM_CARD_FIGURE("n", open),
    CRM_CARD_FIGURE("r", open_revenue),
    CRM_CARD_FIGURE("w", open_weighted),
    CRM_CARD_FIGURE("u", unassigned),
    CRM_CARD_FIGURE("qn", quotations),
    CRM_CARD_FIGURE("qt", quotations_total),
    CRM_CARD_FIGURE("sn", orders),
    CRM_CARD_FIGURE("st", orders_total),
    { crm_null_string, 0 }
};

static const crm_card_figure_t  crm_card_overdue[] = {
    CRM_CARD_FIGURE("n", overdue),
    CRM_CARD_FIGURE("r", overdue_revenue),
    { crm_null_string, 0 }
};

static const crm_card_figure_t  crm_card_won[] = {
    CRM_CARD_FIGURE("n", won),
    CRM_CARD_FIGURE("r", won_revenue),
    { crm_null_string, 0 }
};


/* the cards of teams that share their hashes, by the last bits of the id */

struct crm_cards_group_s {
    int64_t                   number;
    crm_card_t               *card[CRM_TEAM_IX_GROUP];
    ngx_uint_t                nasks;        /* of crm_cards_t, in order */
};

/* a reply: figures of a group whose numbers are low <= n < high, or of one
   card a count of activities, or those of a day by assignee */

struct crm_cards_ask_s {
    const crm_card_figure_t  *figures;
    crm_cards_group_t        *group;
    crm_card_t               *card;
    int64_t                   low;
    int64_t                   high;         /* a day: it is over from then */
};


/* ---- asking ------------------------------------------------------------- */

static crm_cards_ask_t *
crm_cards_expect(crm_flow_t *f, crm_cards_t *cards)
{
    crm_cards_ask_t  *ask;

    if (cards->nasks == cards->cap) {
        ask = crm_arena_alloc(&f->arena, 2 * (cards->cap + 64)
                                         * sizeof(crm_cards_ask_t));
        if (ask == NULL) {
            return NULL;
        }

        if (cards->nasks > 0) {
            ngx_memcpy(ask, cards->ask,
                       cards->nasks * sizeof(crm_cards_ask_t));
        }

        cards->ask = ask;
        cards->cap = 2 * (cards->cap + 64);
    }

    ask = &cards->ask[cards->nasks++];
    ngx_memzero(ask, sizeof(crm_cards_ask_t));

    return ask;
}


/* a hash of the group, for each of the users */

static ngx_int_t
crm_cards_ask_hash(crm_flow_t *f, crm_cards_t *cards,
    const crm_cards_ask_t *what, const char *name, int64_t part)
{
    ngx_uint_t        i;
    crm_str_t         key, none = crm_null_string;
    crm_cards_ask_t  *ask;

    for (i = 0; i < cards->nusers; i++) {
        ask = crm_cards_expect(f, cards);

        if (ask == NULL
            || crm_team_ix_key(&f->arena, &f->tenant->prefix, name,
                               what->group->number, cards->user[i], part,
                               &key)
               != CRM_OK)
        {
            return NGX_ERROR;
        }

        *ask = *what;
        crm_flow_call(f, "HGETALL", key, none, none, none);
    }

    return NGX_OK;
}


/* since the first instant of the month: the quarters of the day of UTC in
   which it lies, and the days behind that one */

static ngx_int_t
crm_cards_ask_won(crm_flow_t *f, crm_cards_t *cards, crm_cards_group_t *group)
{
    int64_t          day, block, rest;
    crm_cards_ask_t  ask = { crm_card_won, group, NULL, 0, INT64_MAX };

    day = cards->clock.month / CRM_DAY_MS;
    rest = cards->clock.month % CRM_DAY_MS;

    if (rest != 0) {
        ask.low = rest / CRM_QUARTER_MS;

        if (crm_cards_ask_hash(f, cards, &ask, "q", day) != NGX_OK) {
            return NGX_ERROR;
        }

        day++;
    }

    ask.low = day;

    for (block = day >> CRM_TEAM_IX_DAYS;
         block <= cards->clock.utc >> CRM_TEAM_IX_DAYS;
         block++)
    {
        if (crm_cards_ask_hash(f, cards, &ask, "d", block) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_cards_ask_group(crm_flow_t *f, crm_cards_t *cards,
    crm_cards_group_t *group)
{
    ngx_uint_t          i;
    crm_cards_ask_t     ask = { crm_card_now, group, NULL, INT64_MIN,
                                INT64_MAX };
    crm_team_ix_span_t  span[CRM_TEAM_IX_SPANS];

    if (crm_cards_ask_hash(f, cards, &ask, "g", CRM_TEAM_IX_WHOLE)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_team_ix_before(cards->clock.today, span);
    ask.figures = crm_card_overdue;

    for (i = 0; i < CRM_TEAM_IX_SPANS; i++) {
        ask.high = span[i].below;

        if (crm_cards_ask_hash(f, cards, &ask, span[i].what, span[i].part)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_cards_ask_won(f, cards, group);
}


/* before the first today, wherever the assignee is */

static ngx_int_t
crm_cards_ask_activities(crm_flow_t *f, crm_cards_t *cards, crm_card_t *card)
{
    int                    rc;
    ngx_uint_t             i;
    crm_str_t              key, none = crm_null_string;
    crm_cards_ask_t       *ask;
    crm_activity_scope_t   scope = { 't', crm_record_id(card->team), 0 };

    for (i = 0; i < cards->nusers; i++) {
        ask = crm_cards_expect(f, cards);
        if (ask == NULL) {
            return NGX_ERROR;
        }

        ask->card = card;

        rc = cards->user[i] == CRM_TEAM_IX_ALL
             ? crm_activity_key(&f->arena, &f->tenant->prefix,
                                CRM_SEGMENT_OPEN, &scope, &key)
             : crm_activity_team_key(&f->arena, &f->tenant->prefix, scope.id,
                                     'w', cards->user[i], &key);
        if (rc != CRM_OK) {
            return NGX_ERROR;
        }

        crm_flow_call(f, "ZCOUNT", key, crm_str("-inf"),
                      crm_walk_high(f, cards->clock.first), none);
    }

    return NGX_OK;
}


/* days that are over for some of the users only */

static ngx_int_t
crm_cards_ask_days(crm_flow_t *f, crm_cards_t *cards, crm_card_t *card)
{
    int64_t           day;
    crm_str_t         key, none = crm_null_string;
    crm_cards_ask_t  *ask;

    for (day = cards->clock.first; day < cards->clock.last; day++) {
        ask = crm_cards_expect(f, cards);

        if (ask == NULL
            || crm_activity_day_key(&f->arena, &f->tenant->prefix,
                                    crm_record_id(card->team), day, &key)
               != CRM_OK)
        {
            return NGX_ERROR;
        }

        ask->card = card;
        ask->high = day + 1;

        crm_flow_call(f, "HGETALL", key, none, none, none);
    }

    return NGX_OK;
}


static void
crm_cards_clock(crm_flow_t *f, crm_cards_clock_t *clock)
{
    int                     year, month, day;
    int64_t                 today;
    unsigned                i;
    const crm_zone_t       *zone = f->conf->zone;
    const crm_conf_list_t  *users = &f->conf->list[CRM_KIND_USER];

    clock->today = crm_zone_date(zone, f->now);
    clock->first = clock->today;
    clock->last = clock->today;
    clock->utc = f->now / CRM_DAY_MS;

    crm_date_to_civil(clock->today, &year, &month, &day);
    clock->month = crm_zone_day_start(zone, clock->today - day + 1);

    for (i = 0; i < users->n; i++) {
        today = crm_zone_date(crm_conf_user_zone(f->conf,
                                             crm_record_id(users->rec[i])),
                              f->now);

        clock->first = ngx_min(clock->first, today);
        clock->last = ngx_max(clock->last, today);
    }
}


static void
crm_cards_users(crm_flow_t *f, crm_cards_t *cards)
{
    cards->nusers = 1;
    cards->user[0] = CRM_TEAM_IX_ALL;

    if (!crm_sees_all(f)) {
        cards->nusers = 2;
        cards->user[0] = crm_record_id(f->user);
        cards->user[1] = 0;
    }
}


/* the group of a team, made where there is none: a few dozen */

static crm_cards_group_t *
crm_cards_group(crm_cards_t *cards, int64_t number)
{
    ngx_uint_t  i;

    for (i = 0; i < cards->ngroups; i++) {
        if (cards->group[i].number == number) {
            return &cards->group[i];
        }
    }

    cards->group[i].number = number;
    cards->ngroups++;

    return &cards->group[i];
}


/* everything of one group at one moment */

static ngx_int_t
crm_cards_ask_all(crm_flow_t *f, crm_cards_t *cards, crm_cards_group_t *group)
{
    ngx_uint_t   i, before = cards->nasks;
    crm_card_t  *card;

    crm_flow_multi(f);

    for (i = 0; i < CRM_TEAM_IX_GROUP; i++) {
        card = group->card[i];

        if (card != NULL
            && (crm_cards_ask_activities(f, cards, card) != NGX_OK
                || crm_cards_ask_days(f, cards, card) != NGX_OK))
        {
            return NGX_ERROR;
        }
    }

    if (crm_cards_ask_group(f, cards, group) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_flow_exec(f);

    group->nasks = cards->nasks - before;

    return NGX_OK;
}


ngx_int_t
crm_cards_ask(crm_flow_t *f, crm_cards_t *cards, crm_record_t **team,
    ngx_uint_t n)
{
    int64_t      id;
    ngx_uint_t   i;
    crm_card_t  *card;

    crm_cards_clock(f, &cards->clock);
    crm_cards_users(f, cards);

    cards->n = n;
    cards->card = crm_arena_calloc(&f->arena, n * sizeof(crm_card_t));
    cards->group = crm_arena_calloc(&f->arena,
                                    n * sizeof(crm_cards_group_t));

    if (cards->card == NULL || cards->group == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        id = crm_record_id(team[i]);

        card = &cards->card[i];
        card->team = team[i];

        crm_cards_group(cards, id >> CRM_TEAM_IX_SHIFT)
            ->card[id & (CRM_TEAM_IX_GROUP - 1)] = card;
    }

    for (i = 0; i < cards->ngroups; i++) {
        if (crm_cards_ask_all(f, cards, &cards->group[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* ---- taking ------------------------------------------------------------- */

/* the number up to the end, or to a colon; what follows is left in *text */

static ngx_int_t
crm_cards_number(crm_str_t *text, int64_t *number)
{
    u_char     *colon;
    crm_str_t   digits = *text;

    colon = text->len ? memchr(text->data, ':', text->len) : NULL;

    if (colon != NULL) {
        digits.len = colon - text->data;
        text->len -= digits.len + 1;
        text->data = colon + 1;
    }

    return crm_str_int(&digits, number) == CRM_OK ? NGX_OK : NGX_ERROR;
}


/* "{team}:{figure}{number}" */

static void
crm_cards_field(const crm_cards_ask_t *ask, crm_str_t field,
    const crm_str_t *value)
{
    size_t                    len;
    int64_t                   team, number, sum;
    crm_str_t                 name;
    crm_card_t               *card;
    const crm_card_figure_t  *figure;

    if (crm_cards_number(&field, &team) != NGX_OK) {
        return;
    }

    card = ask->group->card[team & (CRM_TEAM_IX_GROUP - 1)];

    if (card == NULL || crm_str_int(value, &sum) != CRM_OK) {
        return;
    }

    for (len = 0; len < field.len && field.data[len] >= 'a'; len++) {
        /* void */
    }

    name.data = field.data;
    name.len = len;
    field.data += len;
    field.len -= len;

    if (ask->low != INT64_MIN || ask->high != INT64_MAX) {
        if (crm_str_int(&field, &number) != CRM_OK
            || number < ask->low || number >= ask->high)
        {
            return;
        }
    }

    for (figure = ask->figures; figure->name.len > 0; figure++) {
        if (crm_str_eq(&figure->name, &name)) {
            crm_money_sum((int64_t *) ((u_char *) card + figure->offset), sum);
            return;
        }
    }
}


/* "{assignee}:{user of the lead}" / how many are due on a day */

static void
crm_cards_day(crm_flow_t *f, const crm_cards_t *cards,
    const crm_cards_ask_t *ask, crm_str_t field, const crm_str_t *value)
{
    int64_t  user, owner, n;

    if (crm_cards_number(&field, &user) != NGX_OK
        || crm_cards_number(&field, &owner) != NGX_OK
        || crm_str_int(value, &n) != CRM_OK)
    {
        return;
    }

    if ((cards->user[0] == CRM_TEAM_IX_ALL || owner == 0
         || owner == cards->user[0])
        && crm_zone_date(crm_conf_user_zone(f->conf, user), f->now)
           >= ask->high)
    {
        ask->card->activities += n;
    }
}


static void
crm_cards_reply(crm_flow_t *f, const crm_cards_t *cards,
    const crm_cards_ask_t *ask, const crm_reply_t *reply)
{
    uint32_t  i;

    if (!crm_reply_is_array(reply)) {
        ask->card->activities += reply->num;
        return;
    }

    for (i = 0; i + 1 < reply->n; i += 2) {
        if (ask->figures != NULL) {
            crm_cards_field(ask, reply->item[i].str,
                            &reply->item[i + 1].str);
        } else {
            crm_cards_day(f, cards, ask, reply->item[i].str,
                          &reply->item[i + 1].str);
        }
    }
}


ngx_int_t
crm_cards_take(crm_flow_t *f, crm_cards_t *cards)
{
    ngx_uint_t                i, k;
    const crm_reply_t        *reply = f->reply;
    const crm_cards_ask_t    *ask = cards->ask;
    const crm_cards_group_t  *group;

    for (i = 0; i < cards->ngroups; i++) {
        group = &cards->group[i];

        reply += CRM_FLOW_MULTI_N(group->nasks);

        if (reply[-1].n != group->nasks) {
            return NGX_ERROR;
        }

        for (k = 0; k < group->nasks; k++) {
            crm_cards_reply(f, cards, ask++, &reply[-1].item[k]);
        }
    }

    return NGX_OK;
}


/* ---- the answer --------------------------------------------------------- */

/* "name":{"count":1,"expected_revenue":2} */

static void
crm_card_sum(crm_out_t *out, const char *name, int64_t count,
    const char *of, int64_t sum)
{
    crm_out_bytes(out, name, ngx_strlen(name));
    crm_out_lit(out, ":{\"count\":");
    crm_out_int(out, count);
    crm_out_char(out, ',');
    crm_out_bytes(out, of, ngx_strlen(of));
    crm_out_char(out, ':');
    crm_out_int(out, sum);
}


void
crm_card_json(crm_out_t *out, const crm_card_t *card)
{
    crm_out_lit(out, "\"team\":");
    crm_record_json(out, card->team, NULL);

    crm_card_sum(out, ",\"open_opportunities\"", card->open,
                 "\"expected_revenue\"", card->open_revenue);
    crm_out_lit(out, ",\"weighted_revenue\":");
    crm_out_int(out, card->open_weighted);

    crm_card_sum(out, "},\"overdue_opportunities\"", card->overdue,
                 "\"expected_revenue\"", card->overdue_revenue);

    crm_out_lit(out, "},\"overdue_activities\":");
    crm_out_int(out, card->activities);
    crm_out_lit(out, ",\"unassigned_leads\":");
    crm_out_int(out, card->unassigned);

    crm_card_sum(out, ",\"quotations\"", card->quotations, "\"total\"",
                 card->quotations_total);
    crm_card_sum(out, "},\"sales_orders\"", card->orders, "\"total\"",
                 card->orders_total);
    crm_card_sum(out, "},\"won_this_month\"", card->won,
                 "\"expected_revenue\"", card->won_revenue);
    crm_out_char(out, '}');
}
