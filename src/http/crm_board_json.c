/*
 * The board's answer.  A card is what its lead has kept ready to send: it is
 * copied, not made (crm_lead_card.c).
 */

#include "crm_board.h"
#include "crm_lead.h"
#include "crm_respond.h"
#include "crm_time.h"


/*
 * A number of a card's JSON; 0 for null.  Within a text every quote is
 * escaped, so that the name of a member is found nowhere else.
 */

static int64_t
crm_card_number(const crm_str_t *card, const char *member, size_t len)
{
    u_char   *p, *end;
    int64_t   number;

    p = memmem(card->data, card->len, member, len);

    if (p == NULL) {
        return 0;
    }

    number = 0;
    end = card->data + card->len;

    for (p += len; p < end && *p >= '0' && *p <= '9'; p++) {
        number = number * 10 + *p - '0';
    }

    return number;
}

#define crm_card_id(card, name)                                               \
    crm_card_number(card, ",\"" name "\":", sizeof(name) + 3)


/* not moved or given away since its column was read */

static ngx_uint_t
crm_board_belongs(const crm_board_t *board, const crm_board_column_t *column,
    const crm_str_t *card)
{
    int64_t     user;
    ngx_uint_t  i;

    if (crm_card_id(card, "stage_id") != crm_record_id(column->stage)) {
        return 0;
    }

    if (board->team != CRM_BOARD_ALL
        && crm_card_id(card, "team_id") != board->team)
    {
        return 0;
    }

    if (board->users.id[0] == CRM_BOARD_ALL) {
        return 1;
    }

    user = crm_card_id(card, "user_id");

    for (i = 0; i < board->users.n; i++) {
        if (board->users.id[i] == user) {
            return 1;
        }
    }

    return 0;
}


/* when an open record begins to rot: stage and instant stand in front of a
   card's JSON */

static void
crm_board_rots(crm_flow_t *f, crm_board_t *board,
    const crm_board_column_t *column, int64_t since)
{
    int64_t  days = column->stage->v[CRM_STAGE_ROTTING_DAYS].num;

    if (days > 0) {
        crm_board_flips(f, board, since + days * CRM_DAY_MS + 1);
    }
}


static void
crm_board_card_rots(crm_flow_t *f, crm_board_t *board,
    const crm_board_column_t *column, const crm_str_t *card)
{
    u_char     *end;
    int64_t     since;
    crm_str_t   rest, text;

    rest = *card;
    end = memchr(rest.data, ';', rest.len);

    if (end == NULL || rest.data[0] == '0') {
        return;
    }

    rest.len -= end + 1 - rest.data;
    rest.data = end + 1;

    end = memchr(rest.data, ';', rest.len);
    text.data = rest.data;
    text.len = end != NULL ? (size_t) (end - rest.data) : 0;

    if (crm_str_int(&text, &since) == CRM_OK) {
        crm_board_rots(f, board, column, since);
    }
}


static ngx_int_t
crm_board_cards_json(crm_flow_t *f, crm_board_t *board,
    crm_board_column_t *column, crm_out_t *out, const crm_reply_t *reply)
{
    ngx_uint_t        i, n;
    const crm_str_t  *card;

    for (n = 0, i = 0; i < column->n; i++) {
        card = &reply[i].str;

        if (!crm_reply_is_string(&reply[i]) || card->len == 0
            || !crm_board_belongs(board, column, card))
        {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        if (crm_lead_card_json(out, card, f->conf, f->now) != CRM_OK) {
            return NGX_ERROR;
        }

        if (column->stage->v[CRM_STAGE_ROTTING_DAYS].num > 0) {
            crm_board_card_rots(f, board, column, card);
        }
    }

    return NGX_OK;
}


/* with q there are no figures: what flips are the cards that are shown */

static void
crm_board_lead_flips(crm_flow_t *f, crm_board_t *board,
    const crm_board_column_t *column, const crm_record_t *lead)
{
    crm_due_t           due;
    const crm_value_t  *v = lead->v;

    if (v[CRM_LEAD_STATE].num == CRM_STATE_OPEN) {
        crm_board_rots(f, board, column, v[CRM_LEAD_STAGE_CHANGED_AT].num);
    }

    if (v[CRM_LEAD_DUE].set
        && crm_due_parse(&v[CRM_LEAD_DUE].str, &due) == CRM_OK)
    {
        crm_board_flips(f, board, due.start);
        crm_board_flips(f, board, due.end);
    }
}


/* with q: the fields of a card out of whole records */

static void
crm_board_leads_json(crm_flow_t *f, crm_board_t *board,
    const crm_board_column_t *column, crm_out_t *out)
{
    unsigned             k;
    ngx_uint_t           i;
    crm_mask_t           mask;
    const crm_entity_t  *entity = &crm_entities[CRM_KIND_LEAD];

    ngx_memzero(&mask, sizeof(crm_mask_t));

    for (k = 0; k < entity->nfields; k++) {
        if (entity->fields[k].flags & CRM_F_CARD) {
            crm_mask_set(&mask, k);
        }
    }

    for (i = 0; i < column->n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_record_json(out, column->lead[i], &mask);
        crm_board_lead_flips(f, board, column, column->lead[i]);
    }
}


static void
crm_board_number_json(crm_out_t *out, const char *name, int64_t number)
{
    crm_out_bytes(out, name, ngx_strlen(name));
    crm_out_int(out, number);
}


void
crm_board_figures_json(const crm_board_t *board,
    const crm_board_column_t *column, crm_out_t *out)
{
    if (board->scan.query.words.n > 0) {
        crm_out_lit(out, ",\"count\":null,\"expected_revenue\":null,"
                         "\"weighted_revenue\":null,\"activity\":null");
        return;
    }

    crm_board_number_json(out, ",\"count\":", column->count);
    crm_board_number_json(out, ",\"expected_revenue\":", column->revenue);
    crm_board_number_json(out, ",\"weighted_revenue\":", column->weighted);
    crm_board_number_json(out, ",\"activity\":{\"overdue\":",
                          column->overdue);
    crm_board_number_json(out, ",\"today\":",
                          column->begun - column->overdue);
    crm_board_number_json(out, ",\"planned\":", column->due - column->begun);
    crm_board_number_json(out, ",\"none\":", column->count - column->due);
    crm_out_char(out, '}');
}


/* as crm_query_hash() makes it for ?stage_id=...&sort=position */

static ngx_int_t
crm_board_cursor_json(crm_flow_t *f, const crm_board_t *board,
    crm_board_column_t *column, crm_out_t *out)
{
    crm_str_t     cursor;
    crm_query_t   query;
    crm_param_t   param = { crm_string("stage_id"), crm_null_string, 1 };
    crm_params_t  params = { &param, 1 };

    crm_out_lit(out, "],\"next_cursor\":");

    if (!column->more) {
        crm_out_lit(out, "null");
        return NGX_OK;
    }

    ngx_memzero(&query, sizeof(crm_query_t));
    query.entity = &crm_entities[CRM_KIND_LEAD];
    query.sort = CRM_LEAD_RANK;

    param.value = crm_arena_printf(&f->arena, "%lld",
                                   (long long)
                                   crm_record_id(column->stage));

    column->last.text = board->scope;

    if (crm_query_hash(f, &query, &params) != NGX_OK
        || crm_sort_key_cursor(f, &query, &column->last, &cursor) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_out_json(out, &cursor);

    return NGX_OK;
}


ngx_int_t
crm_board_json(crm_flow_t *f, crm_board_t *board, ngx_uint_t reply)
{
    ngx_uint_t           i;
    crm_out_t           *out;
    crm_board_column_t  *column;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_lit(out, "{\"columns\":[");

    for (i = 0; i < board->ncolumns; i++) {
        column = &board->column[i];

        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"stage\":");
        crm_record_json(out, column->stage, NULL);
        crm_board_figures_json(board, column, out);
        crm_out_lit(out, ",\"leads\":[");

        if (column->lead != NULL) {
            crm_board_leads_json(f, board, column, out);

        } else if (crm_board_cards_json(f, board, column, out,
                                        &f->reply[reply])
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        reply += column->n;

        if (crm_board_cursor_json(f, board, column, out) != NGX_OK) {
            return NGX_ERROR;
        }

        crm_out_char(out, '}');
    }

    crm_out_lit(out, "]}");

    return crm_board_answer(f);
}
