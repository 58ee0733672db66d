/* the board: what is asked, and the ETag; see crm_board.h */

#include "crm_board.h"
#include "crm_column.h"
#include "crm_digest.h"
#include "crm_handlers.h"
#include "crm_lead.h"
#include "crm_respond.h"


static ngx_int_t crm_board_unchanged(crm_flow_t *f);


static const crm_str_t  crm_board_params[] = {
    crm_string("type"), crm_string("team_id"), crm_string("user_id"),
    crm_string("q"), crm_string("limit")
};

#define CRM_BOARD_PARAMS                                                      \
    (sizeof(crm_board_params) / sizeof(crm_board_params[0]))


/* the request's parameters, with the type where it is not named */

static ngx_int_t
crm_board_named(crm_flow_t *f, crm_params_t *params)
{
    ngx_uint_t           i, k;
    crm_param_t         *param;
    const crm_params_t  *given = &crm_request(f)->params;

    param = crm_arena_calloc(&f->arena, (given->n + 1) * sizeof(crm_param_t));
    if (param == NULL) {
        return NGX_ERROR;
    }

    params->param = param;
    params->n = 0;

    for (i = 0; i < given->n; i++) {
        param[params->n] = given->param[i];

        for (k = 0; k < CRM_BOARD_PARAMS; k++) {
            if (crm_str_eq(&param[i].name, &crm_board_params[k])) {
                break;
            }
        }

        if (k == CRM_BOARD_PARAMS) {
            (void) crm_answer_bad_param(f, &param[i].name,
                                        crm_str_nearest(&param[i].name,
                                            crm_board_params,
                                            CRM_BOARD_PARAMS),
                                        1);
            return NGX_DECLINED;
        }

        params->n++;
    }

    if (crm_param_get(params, "type") == NULL) {
        param[params->n].name = crm_str("type");
        param[params->n++].value = crm_str("opportunity");
    }

    return NGX_OK;
}


/* one value each: the board of a team, of a user */

static ngx_int_t
crm_board_single(crm_flow_t *f, const crm_query_t *query, unsigned field)
{
    const crm_filter_t  *filter;

    filter = crm_query_filter(query, field);

    if (filter == NULL || filter->n + filter->none == 1) {
        return NGX_OK;
    }

    return crm_query_bad(f, (char *) query->entity->fields[field].name.data);
}


static ngx_int_t
crm_board_parse(crm_flow_t *f, crm_board_t *board)
{
    ngx_int_t      rc;
    crm_params_t   params;
    crm_query_t   *query = &board->scan.query;

    rc = crm_board_named(f, &params);

    if (rc == NGX_OK) {
        rc = crm_query_parse(f, &params, &crm_entities[CRM_KIND_LEAD], query);
    }

    if (rc == NGX_OK) {
        rc = crm_board_single(f, query, CRM_LEAD_TYPE);
    }

    if (rc == NGX_OK) {
        rc = crm_board_single(f, query, CRM_LEAD_TEAM_ID);
    }

    if (rc == NGX_OK) {
        rc = crm_board_single(f, query, CRM_LEAD_USER_ID);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (crm_param_get(&params, "limit") == NULL) {
        query->limit = ngx_min(query->limit, CRM_BOARD_CARDS);
    }

    return crm_column_scope(f, &params, &board->scope);
}


ngx_int_t
crm_board_columns(crm_flow_t *f, crm_board_t *board)
{
    unsigned        i;
    unsigned        n = f->conf->list[CRM_KIND_STAGE].n;
    crm_id_set_t    teams, types;
    crm_query_t    *query = &board->scan.query;

    if (crm_leads_ids(f, query, CRM_LEAD_USER_ID, &board->users) != NGX_OK
        || crm_leads_ids(f, query, CRM_LEAD_TEAM_ID, &teams) != NGX_OK
        || crm_leads_ids(f, query, CRM_LEAD_TYPE, &types) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (board->users.all) {
        board->users.id[0] = CRM_BOARD_ALL;
        board->users.n = 1;
    }

    board->type = types.id[0];
    board->team = teams.all ? CRM_BOARD_ALL : teams.id[0];
    board->flip = INT64_MAX;

    board->column = crm_arena_calloc(&f->arena,
                                     (n + 1) * sizeof(crm_board_column_t));
    if (board->column == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (teams.all || crm_stage_fits(f->conf->stages[i], board->team)) {
            board->column[board->ncolumns++].stage = f->conf->stages[i];
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_board_handler(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_board_t    *board;
    crm_request_t  *q = crm_request(f);

    board = crm_arena_calloc(&f->arena, sizeof(crm_board_t));
    if (board == NULL) {
        return NGX_ERROR;
    }

    f->data = board;

    rc = crm_board_parse(f, board);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_board_columns(f, board) != NGX_OK) {
        return NGX_ERROR;
    }

    /* an unchanged poll needs the counter and nothing else */

    if (q->r->headers_in.if_none_match != NULL) {
        return q->approved ? crm_board_unchanged(f)
                           : crm_flow_wait(f, crm_board_unchanged);
    }

    return crm_board_ask(f);
}


/* ---- ETag -------------------------------------------------------------- */

/*
 * "writes-tag-flip": the tenant's counter, a hash of who asks what under
 * which configuration, and the next instant at which a figure or a card
 * changes without a write, both in hex.
 */

static crm_str_t
crm_board_tag(crm_flow_t *f, crm_board_t *board)
{
    crm_str_t  text;

    text = crm_arena_printf(&f->arena, "%llx;%lld;%d;%lld",
                            (unsigned long long) board->scan.query.hash,
                            (long long) board->scan.query.limit,
                            (int) f->role, (long long) f->conf->version);

    return crm_arena_printf(&f->arena, "\"%lld-%016llx-",
                            (long long) f->writes,
                            (unsigned long long) crm_hash64(text.data,
                                                            text.len));
}


void
crm_board_flips(crm_flow_t *f, crm_board_t *board, int64_t at)
{
    if (at > f->now && at < board->flip) {
        board->flip = at;
    }
}


/* the header holds a tag of ours whose instant is still to come */

static ngx_int_t
crm_board_unchanged(crm_flow_t *f)
{
    u_char       *p, *end, *last;
    int64_t       flip;
    crm_str_t     tag;
    crm_board_t  *board = f->data;
    ngx_str_t    *header = &crm_request(f)->r->headers_in.if_none_match->value;

    tag = crm_board_tag(f, board);
    last = header->data + header->len;

    p = tag.len > 0 ? memmem(header->data, header->len, tag.data, tag.len)
                    : NULL;

    if (p == NULL) {
        return crm_board_ask(f);
    }

    for (end = p + tag.len; end < last && *end != '"'; end++) { /* void */ }

    flip = ngx_hextoi(p + tag.len, end - p - tag.len);

    if (end == last || flip == NGX_ERROR || flip <= f->now) {
        return crm_board_ask(f);
    }

    (void) crm_answer_json(f, NGX_HTTP_OK);

    f->answer.etag.data = p;
    f->answer.etag.len = end + 1 - p;

    return NGX_OK;
}


ngx_int_t
crm_board_answer(crm_flow_t *f)
{
    crm_str_t     tag;
    crm_board_t  *board = f->data;

    tag = crm_board_tag(f, board);

    f->answer.etag = crm_arena_printf(&f->arena, "%.*s%llx\"",
                                      (int) tag.len, tag.data,
                                      (unsigned long long) board->flip);

    return NGX_OK;
}
