/* the board's two round trips to Redis; see crm_board.h */

#include "crm_board.h"
#include "crm_lead.h"
#include "crm_money.h"
#include "crm_time.h"


/* commands of a column in one scope, in this order */
enum {
    CRM_BOARD_FIGURES = 0,
    CRM_BOARD_RANKS,
    CRM_BOARD_DUE,
    CRM_BOARD_BEGUN,
    CRM_BOARD_OVER,
    CRM_BOARD_COMMANDS
};


static ngx_int_t crm_board_taken(crm_flow_t *f);
static ngx_int_t crm_board_cards(crm_flow_t *f);


/* ---- first round trip: the columns ------------------------------------- */

crm_str_t
crm_board_key(crm_flow_t *f, const crm_board_t *board, const char *what,
    const crm_board_column_t *column, ngx_uint_t scope)
{
    crm_str_t  key;

    if (crm_lead_board_key(&f->arena, &f->tenant->prefix, what, board->type,
                           crm_record_id(column->stage), board->team,
                           board->users.id[scope], &key)
        != CRM_OK)
    {
        key.len = 0;
        key.data = NULL;
    }

    return key;
}


static void
crm_board_ask_column(crm_flow_t *f, const crm_board_t *board,
    const crm_board_column_t *column, ngx_uint_t scope, crm_str_t now,
    crm_str_t yesterday, crm_str_t last)
{
    crm_str_t  due, none = crm_null_string;

    crm_flow_call(f, "HMGET", crm_board_key(f, board, "g", column, scope),
                  crm_str("n"), crm_str("r"), crm_str("w"));

    crm_flow_cmd(f, 5, (crm_str_t []) {
        crm_str("ZRANGE"), crm_board_key(f, board, "b", column, scope),
        crm_str("0"), last, crm_str("WITHSCORES")
    });

    due = crm_board_key(f, board, "d", column, scope);

    crm_flow_call(f, "ZCARD", due, none, none, none);
    crm_flow_call(f, "ZCOUNT", due, crm_str("-inf"), now, none);
    crm_flow_call(f, "ZCOUNT", due, crm_str("-inf"), yesterday, none);
}


ngx_int_t
crm_board_ask(crm_flow_t *f)
{
    ngx_uint_t    i, k, reply;
    crm_str_t     now, yesterday, last, *odd;
    crm_board_t  *board = f->data;

    if (board->scan.query.words.n > 0) {
        return crm_board_words(f);
    }

    if (board->ncolumns * board->users.n == 0) {
        return crm_board_json(f, board, 0);
    }

    now = crm_arena_printf(&f->arena, "%lld", (long long) f->now);
    yesterday = crm_arena_printf(&f->arena, "%lld",
                                 (long long) (f->now - CRM_DAY_MS));
    last = crm_arena_printf(&f->arena, "%lu",
                            (unsigned long) board->scan.query.limit);

    odd = crm_arena_alloc(&f->arena, (board->ncolumns * board->users.n + 1)
                                     * sizeof(crm_str_t));
    if (odd == NULL) {
        return NGX_ERROR;
    }

    odd[0] = crm_str("EXISTS");
    reply = 0;

    for (i = 0; i < board->ncolumns; i++) {
        board->column[i].reply = reply * CRM_BOARD_COMMANDS;

        for (k = 0; k < board->users.n; k++) {
            crm_board_ask_column(f, board, &board->column[i], k, now,
                                 yesterday, last);
            odd[++reply] = crm_board_key(f, board, "o", &board->column[i], k);
        }
    }

    board->odd_reply = reply * CRM_BOARD_COMMANDS;
    crm_flow_cmd(f, reply + 1, odd);

    return crm_flow_wait(f, crm_board_taken);
}


static int64_t
crm_board_number(const crm_reply_t *reply)
{
    int64_t  num;

    return crm_reply_is_string(reply)
           && crm_str_int(&reply->str, &num) == CRM_OK ? num : 0;
}


static ngx_int_t
crm_board_figures(crm_flow_t *f, crm_board_t *board,
    crm_board_column_t *column)
{
    ngx_uint_t          k;
    const crm_reply_t  *reply = &f->reply[column->reply];

    for (k = 0; k < board->users.n; k++) {

        if (reply[CRM_BOARD_FIGURES].n != 3) {
            return NGX_ERROR;
        }

        column->count += crm_board_number(&reply[CRM_BOARD_FIGURES].item[0]);
        crm_money_sum(&column->revenue,
                      crm_board_number(&reply[CRM_BOARD_FIGURES].item[1]));
        crm_money_sum(&column->weighted,
                      crm_board_number(&reply[CRM_BOARD_FIGURES].item[2]));
        column->due += reply[CRM_BOARD_DUE].num;
        column->begun += reply[CRM_BOARD_BEGUN].num;
        column->overdue += reply[CRM_BOARD_OVER].num;

        reply += CRM_BOARD_COMMANDS;
    }

    return NGX_OK;
}


/* the first cards out of all scopes, each in order */

static ngx_int_t
crm_board_merge(crm_flow_t *f, crm_board_t *board,
    crm_board_column_t *column)
{
    ngx_uint_t          k, best, pos[2] = { 0, 0 };
    ngx_uint_t          limit = board->scan.query.limit;
    crm_sort_key_t      key;
    const crm_reply_t  *ranks;

    column->card = crm_arena_alloc(&f->arena,
                                   (limit + 1) * sizeof(crm_sort_key_t));
    if (column->card == NULL) {
        return NGX_ERROR;
    }

    while (column->n <= limit) {
        best = 2;

        for (k = 0; k < board->users.n; k++) {
            ranks = &f->reply[column->reply + k * CRM_BOARD_COMMANDS
                              + CRM_BOARD_RANKS];

            if (pos[k] + 1 >= ranks->n
                || crm_walk_key(&ranks->item[pos[k]], &key) != NGX_OK)
            {
                continue;
            }

            if (best == 2 || key.score < column->card[column->n].score
                || (key.score == column->card[column->n].score
                    && key.id < column->card[column->n].id))
            {
                column->card[column->n] = key;
                best = k;
            }
        }

        if (best == 2) {
            return NGX_OK;
        }

        pos[best] += 2;
        column->n++;
    }

    column->more = 1;
    column->n = limit;
    column->last = column->card[limit - 1];

    return NGX_OK;
}


/* ---- second round trip: cards, and when something flips ---------------- */

/* the first activity whose day has not begun, the first not overdue */

static void
crm_board_ask_flips(crm_flow_t *f, crm_board_t *board,
    const crm_board_column_t *column, ngx_uint_t scope)
{
    int64_t             at[2];
    ngx_uint_t          i;
    crm_str_t           index;
    const crm_reply_t  *reply;

    reply = &f->reply[column->reply + scope * CRM_BOARD_COMMANDS];

    at[0] = reply[CRM_BOARD_BEGUN].num;
    at[1] = reply[CRM_BOARD_OVER].num;

    for (i = 0; i < 2; i++) {
        if (at[i] >= reply[i == 0 ? CRM_BOARD_DUE : CRM_BOARD_BEGUN].num) {
            continue;
        }

        index = crm_arena_printf(&f->arena, "%lld", (long long) at[i]);

        crm_flow_call(f, "ZRANGE", crm_board_key(f, board, "d", column,
                                                 scope),
                      index, index, crm_str("WITHSCORES"));
        board->flips++;
    }
}


/* days that have no 24 hours: counted by their own start and end */

static void
crm_board_ask_odd(crm_flow_t *f, const crm_board_t *board,
    const crm_board_column_t *column, ngx_uint_t scope)
{
    crm_str_t  end, now, yesterday, none = crm_null_string;

    now = crm_arena_printf(&f->arena, "%lld", (long long) f->now);
    yesterday = crm_arena_printf(&f->arena, "%lld",
                                 (long long) (f->now - CRM_DAY_MS));

    end = crm_board_key(f, board, "o", column, scope);

    crm_flow_call(f, "ZCOUNT", end, crm_str("-inf"), now, none);
    crm_flow_call(f, "ZCOUNT", crm_board_key(f, board, "ot", column, scope),
                  crm_str("-inf"), yesterday, none);

    crm_flow_cmd(f, 8, (crm_str_t []) {
        crm_str("ZRANGEBYSCORE"), end,
        crm_arena_printf(&f->arena, "(%lld", (long long) f->now),
        crm_str("+inf"), crm_str("WITHSCORES"), crm_str("LIMIT"),
        crm_str("0"), crm_str("1")
    });
}


static void
crm_board_ask_cards(crm_flow_t *f, const crm_board_t *board)
{
    ngx_uint_t  i, k;
    crm_str_t   argv[3];

    argv[0] = crm_str("HGET");
    argv[2] = crm_str("card");

    for (i = 0; i < board->ncolumns; i++) {
        for (k = 0; k < board->column[i].n; k++) {
            argv[1] = crm_lead_key(&f->arena, &f->tenant->prefix,
                                   board->column[i].card[k].id);
            crm_flow_cmd(f, 3, argv);
        }
    }
}


static ngx_int_t
crm_board_end(crm_flow_t *f, crm_board_t *board, ngx_uint_t reply)
{
    return board->done != NULL ? board->done(f)
                               : crm_board_json(f, board, reply);
}


static ngx_int_t
crm_board_taken(crm_flow_t *f)
{
    ngx_uint_t           i, k;
    crm_board_t         *board = f->data;
    crm_board_column_t  *column;

    board->odd = f->reply[board->odd_reply].num > 0;

    for (i = 0; i < board->ncolumns; i++) {
        column = &board->column[i];

        if (crm_board_figures(f, board, column) != NGX_OK) {
            return NGX_ERROR;
        }

        if (board->done != NULL) {
            continue;
        }

        if (crm_board_merge(f, board, column) != NGX_OK) {
            return NGX_ERROR;
        }

        for (k = 0; k < board->users.n; k++) {
            crm_board_ask_flips(f, board, column, k);
        }
    }

    for (i = 0; board->odd && i < board->ncolumns; i++) {
        for (k = 0; k < board->users.n; k++) {
            crm_board_ask_odd(f, board, &board->column[i], k);
        }
    }

    crm_board_ask_cards(f, board);

    return f->batch != NULL ? crm_flow_wait(f, crm_board_cards)
                            : crm_board_end(f, board, 0);
}


ngx_int_t
crm_board_figures_of(crm_flow_t *f, int64_t type, const int64_t *stages,
    ngx_uint_t n, crm_step_pt done)
{
    ngx_uint_t     i;
    crm_board_t   *board;
    crm_params_t   none = { NULL, 0 };

    board = crm_arena_calloc(&f->arena, sizeof(crm_board_t));
    if (board == NULL) {
        return NGX_ERROR;
    }

    f->data = board;
    board->done = done;

    if (crm_query_parse(f, &none, &crm_entities[CRM_KIND_LEAD],
                        &board->scan.query)
        != NGX_OK
        || crm_board_columns(f, board) != NGX_OK)
    {
        return NGX_ERROR;
    }

    board->type = type;
    board->ncolumns = 0;

    for (i = 0; i < n; i++) {
        board->column[i].stage = crm_conf_find(f->conf, CRM_KIND_STAGE,
                                               stages[i]);

        if (board->column[i].stage == NULL) {
            return NGX_ERROR;
        }

        board->ncolumns++;
    }

    return crm_board_ask(f);
}


static void
crm_board_take_flip(crm_flow_t *f, crm_board_t *board,
    const crm_reply_t *reply)
{
    crm_sort_key_t  key;

    if (reply->n < 2 || crm_walk_key(&reply->item[0], &key) != NGX_OK) {
        return;
    }

    /* one that has not begun begins, one that has is overdue a day later */

    crm_board_flips(f, board, key.score > f->now ? key.score
                                                 : key.score + CRM_DAY_MS);
}


static ngx_int_t
crm_board_cards(crm_flow_t *f)
{
    ngx_uint_t           i, k, reply;
    crm_board_t         *board = f->data;
    crm_sort_key_t       key;
    const crm_reply_t   *odd;

    for (reply = 0; reply < board->flips; reply++) {
        crm_board_take_flip(f, board, &f->reply[reply]);
    }

    for (i = 0; board->odd && i < board->ncolumns; i++) {
        for (k = 0; k < board->users.n; k++) {
            odd = &f->reply[reply];
            reply += 3;

            board->column[i].overdue += odd[0].num - odd[1].num;

            if (odd[2].n == 2
                && crm_walk_key(&odd[2].item[0], &key) == NGX_OK)
            {
                crm_board_flips(f, board, key.score);
            }
        }
    }

    return crm_board_end(f, board, reply);
}
