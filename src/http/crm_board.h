/*
 * GET /board: columns with figures and first cards (api.md, section 3).
 *
 * Two round trips: what every column holds, then the cards.  A column is the
 * sum of its scopes: one for a manager or one user, two (own and nobody's)
 * for a salesperson.
 */

#ifndef CRM_BOARD_H
#define CRM_BOARD_H

#include "crm_leads_plan.h"


#define CRM_BOARD_CARDS  20     /* of a column, if not told */


typedef struct {
    const crm_record_t   *stage;
    int64_t               count;
    int64_t               revenue;
    int64_t               weighted;
    int64_t               due;          /* with an open activity */
    int64_t               begun;        /* ... whose day has begun */
    int64_t               overdue;
    crm_sort_key_t       *card;
    ngx_uint_t            n;
    crm_record_t        **lead;         /* with q, by card; else NULL */
    ngx_uint_t            reply;        /* first one of the column */
    ngx_uint_t            load;         /* with q: candidates that are read */
    unsigned              more:1;
    crm_sort_key_t        last;         /* where its cursor stands */
} crm_board_column_t;

typedef struct {
    crm_scan_t            scan;         /* the query, and its words as bits */
    crm_id_set_t          users;        /* scopes; CRM_BOARD_ALL alone */
    int64_t               type;
    int64_t               team;         /* or CRM_BOARD_ALL */
    crm_board_column_t   *column;
    ngx_uint_t            ncolumns;
    ngx_uint_t            odd_reply;    /* days that have no 24 hours */
    unsigned              odd:1;        /* there are such */
    ngx_uint_t            flips;        /* replies with the next instants */
    int64_t               flip;         /* when the answer changes by itself */
    uint64_t              tag;          /* hash of viewer and query */
    crm_str_t             scope;        /* of the columns' cursors */
    crm_step_pt           done;         /* figures alone: runs with them */
} crm_board_t;


/* key of a column in one of its scopes */
crm_str_t crm_board_key(crm_flow_t *f, const crm_board_t *board,
    const char *what, const crm_board_column_t *column, ngx_uint_t scope);

/* an instant at which something changes; those that have passed do not */
void crm_board_flips(crm_flow_t *f, crm_board_t *board, int64_t at);

/* users, team, type and columns of the query */
ngx_int_t crm_board_columns(crm_flow_t *f, crm_board_t *board);

/* crm_board_read.c: reads columns and cards, then answers */
ngx_int_t crm_board_ask(crm_flow_t *f);

/* the answer with its ETag */
ngx_int_t crm_board_answer(crm_flow_t *f);

/* crm_board_words.c: with q */
ngx_int_t crm_board_words(crm_flow_t *f);

/* crm_board_json.c; replies hold the cards from `reply' on */
ngx_int_t crm_board_json(crm_flow_t *f, crm_board_t *board,
    ngx_uint_t reply);

/* count, revenues and activity of a column, with a comma before them */
void crm_board_figures_json(const crm_board_t *board,
    const crm_board_column_t *column, crm_out_t *out);

/* the figures of some columns as the caller sees them, without cards, then
   `done' with f->data the board; each stage is there */
ngx_int_t crm_board_figures_of(crm_flow_t *f, int64_t type,
    const int64_t *stages, ngx_uint_t n, crm_step_pt done);

#endif /* CRM_BOARD_H */
