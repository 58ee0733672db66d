/*
 * The board with q: the first cards of each column that have the words.
 *
 * Few matches are fetched with their stage and rank; of many, the first
 * entries of every column are tested.  Either way the records are loaded and
 * compared before they are shown.
 */

#include <stdlib.h>
#include "crm_board.h"
#include "crm_lead.h"
#include "crm_write.h"


#define CRM_BOARD_CHUNK   500   /* entries of a column */
#define CRM_BOARD_LOADS   8000  /* records of all columns; those behind them are
                                   behind the columns' cursors */


static ngx_int_t crm_board_gathered(crm_flow_t *f);
static ngx_int_t crm_board_few_taken(crm_flow_t *f);
static ngx_int_t crm_board_walk(crm_flow_t *f, crm_board_t *board);
static ngx_int_t crm_board_walked(crm_flow_t *f);
static ngx_int_t crm_board_load(crm_flow_t *f, crm_board_t *board);
static ngx_int_t crm_board_loaded(crm_flow_t *f);


ngx_int_t
crm_board_words(crm_flow_t *f)
{
    crm_board_t  *board = f->data;

    if (crm_leads_plan(f, &board->scan) != NGX_OK) {
        return NGX_ERROR;
    }

    if (board->scan.empty) {
        return crm_board_load(f, board);
    }

    board->scan.gathered = crm_board_gathered;

    return crm_scan_gather(f);
}


/* room for candidates in every column */

static ngx_int_t
crm_board_room(crm_flow_t *f, crm_board_t *board, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < board->ncolumns; i++) {
        board->column[i].card = crm_arena_alloc(&f->arena, (n + 1)
                                                * sizeof(crm_sort_key_t));
        if (board->column[i].card == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_board_gathered(crm_flow_t *f)
{
    int64_t              id, n;
    crm_str_t            argv[4];
    crm_board_t         *board = f->data;
    const crm_bitmap_t  *bits = &board->scan.bits;
    const crm_field_t   *fields = board->scan.query.entity->fields;

    n = crm_bitmap_count(bits);

    if (n > CRM_SCAN_MORE) {
        return crm_board_walk(f, board);
    }

    if (n > CRM_SCAN_FEW) {
        f->redis = f->worker->bulk;
    }

    argv[0] = crm_str("HMGET");
    argv[2] = fields[CRM_LEAD_STAGE_ID].stored;
    argv[3] = fields[CRM_LEAD_RANK].stored;

    for (id = crm_bitmap_next(bits, 0, 0);
         id > 0;
         id = crm_bitmap_next(bits, id, 0))
    {
        argv[1] = crm_lead_key(&f->arena, &f->tenant->prefix, id);
        crm_flow_cmd(f, 4, argv);
    }

    return f->batch != NULL ? crm_flow_wait(f, crm_board_few_taken)
                            : crm_board_load(f, board);
}


static crm_board_column_t *
crm_board_column(crm_board_t *board, int64_t stage)
{
    ngx_uint_t  i;

    for (i = 0; i < board->ncolumns; i++) {
        if (crm_record_id(board->column[i].stage) == stage) {
            return &board->column[i];
        }
    }

    return NULL;
}


static int
crm_board_cmp(const void *a, const void *b)
{
    const crm_sort_key_t  *x = a, *y = b;

    if (x->score != y->score) {
        return x->score < y->score ? -1 : 1;
    }

    return x->id < y->id ? -1 : x->id > y->id;
}


static ngx_int_t
crm_board_few_taken(crm_flow_t *f)
{
    int64_t              id, stage, rank;
    ngx_uint_t           i;
    crm_board_t         *board = f->data;
    crm_sort_key_t      *key;
    crm_board_column_t  *column;

    if (crm_board_room(f, board, f->nreply) != NGX_OK) {
        return NGX_ERROR;
    }

    for (id = 0, i = 0; i < f->nreply; i++) {
        id = crm_bitmap_next(&board->scan.bits, id, 0);

        if (f->reply[i].n != 2
            || crm_str_int(&f->reply[i].item[0].str, &stage) != CRM_OK
            || crm_str_int(&f->reply[i].item[1].str, &rank) != CRM_OK)
        {
            continue;
        }

        column = crm_board_column(board, stage);

        if (column != NULL) {
            key = &column->card[column->n++];
            ngx_memzero(key, sizeof(crm_sort_key_t));
            key->set = 1;
            key->id = id;
            key->score = rank;
        }
    }

    for (i = 0; i < board->ncolumns; i++) {
        qsort(board->column[i].card, board->column[i].n,
              sizeof(crm_sort_key_t), crm_board_cmp);
    }

    return crm_board_load(f, board);
}


/* ---- many -------------------------------------------------------------- */

static ngx_int_t
crm_board_walk(crm_flow_t *f, crm_board_t *board)
{
    ngx_uint_t  i, k;
    crm_str_t   last;

    last = crm_arena_printf(&f->arena, "%d", CRM_BOARD_CHUNK - 1);

    for (i = 0; i < board->ncolumns; i++) {
        for (k = 0; k < board->users.n; k++) {
            crm_flow_cmd(f, 5, (crm_str_t []) {
                crm_str("ZRANGE"),
                crm_board_key(f, board, "b", &board->column[i], k),
                crm_str("0"), last, crm_str("WITHSCORES")
            });
        }
    }

    return f->batch != NULL ? crm_flow_wait(f, crm_board_walked)
                            : crm_board_load(f, board);
}


/* entries of all scopes up to where the first of them was cut */

static void
crm_board_walk_column(crm_board_t *board, crm_board_column_t *column,
    const crm_reply_t *reply)
{
    ngx_uint_t       i, k, n;
    crm_sort_key_t   key, *cut, *card = column->card;

    cut = NULL;
    ngx_memzero(&key, sizeof(crm_sort_key_t));

    for (n = 0, k = 0; k < board->users.n; k++) {
        for (i = 0; i + 1 < reply[k].n; i += 2) {
            if (crm_walk_key(&reply[k].item[i], &key) == NGX_OK) {
                card[n++] = key;
            }
        }

        if (reply[k].n == 2 * CRM_BOARD_CHUNK
            && (cut == NULL || crm_board_cmp(&key, cut) < 0))
        {
            column->last = key;
            cut = &column->last;
        }
    }

    qsort(card, n, sizeof(crm_sort_key_t), crm_board_cmp);

    column->more = cut != NULL;

    for (i = 0; i < n; i++) {
        if ((cut == NULL || crm_board_cmp(&card[i], cut) <= 0)
            && crm_bitmap_has(&board->scan.bits, card[i].id))
        {
            card[column->n++] = card[i];
        }
    }
}


static ngx_int_t
crm_board_walked(crm_flow_t *f)
{
    ngx_uint_t    i;
    crm_board_t  *board = f->data;

    if (crm_board_room(f, board, board->users.n * CRM_BOARD_CHUNK)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < board->ncolumns; i++) {
        crm_board_walk_column(board, &board->column[i],
                              &f->reply[i * board->users.n]);
    }

    return crm_board_load(f, board);
}


/* ---- records ----------------------------------------------------------- */

static ngx_int_t
crm_board_load(crm_flow_t *f, crm_board_t *board)
{
    ngx_uint_t           i, k, limit;
    crm_str_t            none = crm_null_string;
    crm_board_column_t  *column;

    limit = board->scan.query.limit;

    if (board->scan.loose) {
        limit *= 3;                     /* some will not have the words */
    }

    limit = ngx_min(limit, 1 + CRM_BOARD_LOADS / (board->ncolumns + 1));

    for (i = 0; i < board->ncolumns; i++) {
        column = &board->column[i];

        column->load = ngx_min(column->n, limit);
        column->lead = crm_arena_alloc(&f->arena, (column->load + 1)
                                                  * sizeof(crm_record_t *));
        if (column->lead == NULL) {
            return NGX_ERROR;
        }

        for (k = 0; k < column->load; k++) {
            crm_flow_call(f, "HGETALL",
                          crm_lead_key(&f->arena, &f->tenant->prefix,
                                       column->card[k].id),
                          none, none, none);
        }
    }

    f->nreply = 0;

    return f->batch != NULL ? crm_flow_wait(f, crm_board_loaded)
                            : crm_board_loaded(f);
}


static ngx_int_t
crm_board_admit(crm_flow_t *f, const crm_board_t *board,
    const crm_board_column_t *column, crm_record_t *lead)
{
    ngx_int_t  rc;

    rc = crm_leads_admit(f, lead);
    if (rc != NGX_OK) {
        return rc;
    }

    return lead->v[CRM_LEAD_STAGE_ID].num == crm_record_id(column->stage)
           && crm_query_match(f, &board->scan.query, lead)
           && crm_query_match_words(f, &board->scan.query, lead)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
crm_board_load_column(crm_flow_t *f, crm_board_t *board,
    crm_board_column_t *column, const crm_reply_t *reply)
{
    ngx_int_t      rc;
    ngx_uint_t     k, n;
    crm_record_t  *lead;

    for (n = 0, k = 0; k < column->load && n < board->scan.query.limit; k++) {

        rc = crm_read_record(f, board->scan.query.entity, column->card[k].id,
                             &reply[k], &lead);

        if (rc == NGX_OK) {
            rc = crm_board_admit(f, board, column, lead);
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            column->lead[n++] = lead;
        }
    }

    if (k < column->n) {
        column->more = 1;
        column->last = column->card[k - 1];
    }

    column->n = n;

    return NGX_OK;
}


static ngx_int_t
crm_board_loaded(crm_flow_t *f)
{
    ngx_uint_t           i, reply;
    crm_board_t         *board = f->data;
    crm_board_column_t  *column;

    for (reply = 0, i = 0; i < board->ncolumns; i++) {
        column = &board->column[i];

        if (crm_board_load_column(f, board, column, &f->reply[reply])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        reply += column->load;
    }

    return crm_board_json(f, board, 0);
}
