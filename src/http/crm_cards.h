/*
 * The cards of teams: their figures, exact at the moment of asking, from
 * counters that the commits move (crm_team_index.h).
 */

#ifndef CRM_CARDS_H
#define CRM_CARDS_H

#include "crm_team_index.h"
#include "crm_list.h"


typedef struct {
    const crm_record_t  *team;
    int64_t              open;
    int64_t              open_revenue;
    int64_t              open_weighted;
    int64_t              overdue;
    int64_t              overdue_revenue;
    int64_t              activities;        /* overdue */
    int64_t              unassigned;
    int64_t              quotations;
    int64_t              quotations_total;
    int64_t              orders;
    int64_t              orders_total;
    int64_t              won;
    int64_t              won_revenue;
} crm_card_t;

/* the moment, in the tenant's time zone where that matters */
typedef struct {
    int64_t              today;
    int64_t              month;             /* its first instant */
    int64_t              utc;               /* day of UTC */
    int64_t              first;             /* the least today of any user */
    int64_t              last;              /* the greatest */
} crm_cards_clock_t;

typedef struct crm_cards_ask_s    crm_cards_ask_t;
typedef struct crm_cards_group_s  crm_cards_group_t;

/* what cards are made from; n of them, in one round trip */
typedef struct {
    crm_card_t          *card;
    ngx_uint_t           n;
    crm_cards_clock_t    clock;
    int64_t              user[2];           /* whose records: */
    ngx_uint_t           nusers;            /* CRM_TEAM_IX_ALL, or the
                                               caller's and nobody's */
    crm_cards_group_t   *group;             /* of teams that share hashes */
    ngx_uint_t           ngroups;
    crm_cards_ask_t     *ask;
    ngx_uint_t           nasks;
    ngx_uint_t           cap;
} crm_cards_t;

/* replies to crm_cards_ask() */
#define crm_cards_replies(cards)                                              \
    ((cards)->nasks + (cards)->ngroups * CRM_FLOW_MULTI_N(0))


/* queues what the cards of these teams need; the replies begin at 0.  Each
   card is that of one moment. */
ngx_int_t crm_cards_ask(crm_flow_t *f, crm_cards_t *cards,
    crm_record_t **team, ngx_uint_t n);

/* takes the replies */
ngx_int_t crm_cards_take(crm_flow_t *f, crm_cards_t *cards);

/* the members of a card, without braces */
void crm_card_json(crm_out_t *out, const crm_card_t *card);

#endif /* CRM_CARDS_H */
