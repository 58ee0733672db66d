/*
 * A move beside a neighbour: which rank that is.
 *
 * Usually the middle between two ranks.  Where the gap is used up, the
 * smallest window of records around it that has room is relabelled in the
 * same commit (model.md, 4), so that an order by hand never runs out.
 */

#include "crm_auth.h"
#include "crm_actions.h"
#include "crm_lead_op.h"
#include "crm_scan.h"


#define CRM_WINDOW_MIN  8
#define CRM_WINDOW_MAX  2048


/* a window of the column: half of it on each side of the place */
typedef struct {
    int64_t       *id;
    int64_t       *rank;
    ngx_uint_t     n;
    ngx_uint_t     split;               /* those before the place */
    ngx_uint_t     half;
    int64_t       *to;                  /* new ranks, with one at the place */
    unsigned       open_low:1;          /* nothing beyond it */
    unsigned       open_high:1;
} crm_window_t;


static ngx_int_t crm_lead_place_ask(crm_flow_t *f, ngx_uint_t half);
static ngx_int_t crm_lead_place_window(crm_flow_t *f);
static ngx_int_t crm_lead_place_relabel(crm_flow_t *f, crm_window_t *w);
static ngx_int_t crm_lead_place_relabelled(crm_flow_t *f);


static void
crm_lead_place_fault(crm_flow_t *f, crm_lead_op_t *o, crm_fault_code_t code,
    const char *message)
{
    const crm_field_t  *field;

    field = &crm_action_move.fields[o->place.after ? CRM_MOVE_AFTER_ID
                                                   : CRM_MOVE_BEFORE_ID];

    crm_fault(&f->answer.faults, &field->name, code, message);
}


/* stands in the column that the record moves to */

static ngx_uint_t
crm_lead_place_beside(const crm_lead_op_t *o, const crm_record_t *lead)
{
    const crm_value_t  *v = lead->v;

    return v[CRM_LEAD_ACTIVE].num
           && v[CRM_LEAD_STAGE_ID].num == o->column.stage
           && v[CRM_LEAD_TYPE].num == o->column.type;
}


ngx_int_t
crm_lead_place_find(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_record_t       *neighbour;
    crm_lead_op_t      *o = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], o->place.id,
                         &f->reply[o->place.reply - 1], &neighbour);

    if (rc == NGX_ERROR) {
        return rc;
    }

    /* hidden and absent look alike to who sees only a part */

    if (rc == NGX_DECLINED || neighbour->v[CRM_LEAD_MERGED_INTO].set
        || !crm_may_see(f, neighbour))
    {

        if (!crm_sees_all(f)) {
            return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        }

        crm_lead_place_fault(f, o, CRM_FAULT_NOT_FOUND,
                             "there is no such record");
        return crm_lead_op_decide(f);
    }

    if (!o->input.values->v[CRM_MOVE_STAGE_ID].set) {
        o->column.stage = neighbour->v[CRM_LEAD_STAGE_ID].num;
    }

    if (!crm_lead_place_beside(o, neighbour)
        || crm_record_id(neighbour) == o->id)
    {
        crm_lead_place_fault(f, o, CRM_FAULT_INVALID,
                             "is not in that column");
        return crm_lead_op_decide(f);
    }

    o->place.rank = neighbour->v[CRM_LEAD_RANK].num;

    return crm_lead_place_ask(f, 1);
}


/*
 * `half` records on each side of the place, the neighbour among them, and one
 * more on each side as the bounds.  The moving record may be one of them: it
 * is left out when the replies are read, so one more is asked for.
 */

static ngx_int_t
crm_lead_place_ask(crm_flow_t *f, ngx_uint_t half)
{
    crm_str_t       argv[8], rank;
    crm_lead_op_t  *o = f->data;
    crm_window_t   *w;

    w = crm_arena_calloc(&f->arena, sizeof(crm_window_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->half = half;
    o->window = w;

    if (crm_lead_board_key(&f->arena, &f->tenant->prefix, "b",
                           o->column.type, o->column.stage, CRM_BOARD_ALL,
                           CRM_BOARD_ALL, &argv[1])
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    rank = crm_arena_printf(&f->arena, "%lld", (long long) o->place.rank);

    argv[4] = crm_str("WITHSCORES");
    argv[5] = crm_str("LIMIT");
    argv[6] = crm_str("0");
    argv[7] = crm_arena_printf(&f->arena, "%lu",
                               (unsigned long) half + 3);

    argv[0] = crm_str("ZREVRANGEBYSCORE");
    argv[2] = rank;
    argv[3] = crm_str("-inf");
    crm_flow_cmd(f, 8, argv);

    argv[0] = crm_str("ZRANGEBYSCORE");
    argv[3] = crm_str("+inf");
    crm_flow_cmd(f, 8, argv);

    return crm_flow_wait(f, crm_lead_place_window);
}


/* position of (rank, id) against the neighbour's: as Redis orders them */

static ngx_int_t
crm_lead_place_side(const crm_lead_op_t *o, int64_t rank, int64_t id)
{
    if (rank != o->place.rank) {
        return rank < o->place.rank ? -1 : 1;
    }

    return id < o->place.id ? -1 : id > o->place.id;
}


/* the records of one reply that lie on its side, nearest first */

static ngx_int_t
crm_lead_place_take(crm_lead_op_t *o, const crm_reply_t *reply,
    ngx_int_t side, int64_t *id, int64_t *rank, ngx_uint_t *n)
{
    ngx_uint_t      i;
    crm_sort_key_t  key;

    *n = 0;

    if (!crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    for (i = 0; i + 1 < reply->n; i += 2) {

        if (crm_walk_key(&reply->item[i], &key) != NGX_OK) {
            return NGX_ERROR;
        }

        if (key.id != o->id
            && crm_lead_place_side(o, key.score, key.id) == side)
        {
            id[*n] = key.id;
            rank[(*n)++] = key.score;
        }
    }

    return NGX_OK;
}


/* both sides in one row, lowest rank first, with the neighbour on the side
   where it stays */

static ngx_int_t
crm_lead_place_rows(crm_flow_t *f, crm_lead_op_t *o, crm_window_t *w)
{
    int64_t     *id, *rank;
    ngx_uint_t   i, nlow, nhigh, size;

    size = w->half + 4;

    id = crm_arena_alloc(&f->arena, 4 * size * sizeof(int64_t));
    w->id = crm_arena_alloc(&f->arena, 4 * size * sizeof(int64_t));

    if (id == NULL || w->id == NULL) {
        return NGX_ERROR;
    }

    rank = id + 2 * size;
    w->rank = w->id + 2 * size;

    if (crm_lead_place_take(o, &f->reply[0], -1, id, rank, &nlow) != NGX_OK
        || crm_lead_place_take(o, &f->reply[1], 1, id + size, rank + size,
                               &nhigh)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    w->open_low = f->reply[0].n / 2 < w->half + 3;
    w->open_high = f->reply[1].n / 2 < w->half + 3;

    for (i = 0; i < nlow; i++) {
        w->id[i] = id[nlow - 1 - i];
        w->rank[i] = rank[nlow - 1 - i];
    }

    w->id[nlow] = o->place.id;
    w->rank[nlow] = o->place.rank;

    for (i = 0; i < nhigh; i++) {
        w->id[nlow + 1 + i] = id[size + i];
        w->rank[nlow + 1 + i] = rank[size + i];
    }

    w->n = nlow + 1 + nhigh;
    w->split = nlow + (o->place.after ? 1 : 0);

    return NGX_OK;
}


static ngx_int_t
crm_lead_place_window(crm_flow_t *f)
{
    int64_t        *before, *after;
    ngx_uint_t      half;
    crm_lead_op_t  *o = f->data;
    crm_window_t   *w = o->window;

    if (crm_lead_place_rows(f, o, w) != NGX_OK) {
        return NGX_ERROR;
    }

    before = w->split > 0 ? &w->rank[w->split - 1] : NULL;
    after = w->split < w->n ? &w->rank[w->split] : NULL;

    /* among many of the same rank a reply may hold none of its side: those
       that stand there are not known yet */

    if ((before != NULL || w->open_low) && (after != NULL || w->open_high)
        && crm_rank_between(before, after, &o->place.rank) == CRM_OK)
    {
        return crm_lead_op_decide(f);
    }

    if (w->half > 1 && crm_lead_place_relabel(f, w) == NGX_OK) {
        return crm_flow_wait(f, crm_lead_place_relabelled);
    }

    half = w->half > 1 ? w->half * 4 : CRM_WINDOW_MIN;

    if (half > CRM_WINDOW_MAX) {
        return NGX_ERROR;               /* 2^53 ranks for 4096 records */
    }

    return crm_lead_place_ask(f, half);
}


/*
 * New ranks for the records between the outermost two of the window (those
 * are its bounds, unless the column ends there), with a free one at the
 * place.  NGX_DECLINED: too tight, a larger window is needed.
 */

static ngx_int_t
crm_lead_place_relabel(crm_flow_t *f, crm_window_t *w)
{
    int64_t         *low, *high;
    ngx_uint_t       i, first, last, n;
    const crm_str_t  none = crm_null_string;
    crm_lead_op_t   *o = f->data;

    first = w->open_low ? 0 : 1;
    last = w->open_high ? w->n : w->n - 1;

    if (first > w->split || last < w->split || first == last) {
        return NGX_DECLINED;
    }

    low = first > 0 ? &w->rank[first - 1] : NULL;
    high = last < w->n ? &w->rank[last] : NULL;
    n = last - first;

    w->to = crm_arena_alloc(&f->arena, (n + 1) * sizeof(int64_t));

    if (w->to == NULL
        || crm_rank_spread(low, high, n + 1, w->to) != CRM_OK)
    {
        return NGX_DECLINED;
    }

    /* from here on the window is what is relabelled */

    w->id += first;
    w->rank += first;
    w->split -= first;
    w->n = n;

    for (i = 0; i < n; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix, w->id[i]),
                      none, none, none);
    }

    o->place.rank = w->to[w->split];

    return NGX_OK;
}


static ngx_int_t
crm_lead_place_extend(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_uint_t     i;
    crm_rule_t     rule;
    crm_window_t  *w = o->window;
    crm_record_t  *moved;

    crm_write_rule(f, &rule);

    for (i = 0; i < w->n; i++) {
        moved = crm_record_copy(&f->arena, o->neighbour[i]);
        if (moved == NULL) {
            return NGX_ERROR;
        }

        crm_value_set_num(&moved->v[CRM_LEAD_RANK],
                          w->to[i + (i >= w->split)]);

        if (crm_lead_commit(&o->ops, &rule, o->neighbour[i], moved, NULL)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_lead_place_relabelled(crm_flow_t *f)
{
    ngx_int_t       rc;
    ngx_uint_t      i;
    crm_lead_op_t  *o = f->data;
    crm_window_t   *w = o->window;

    o->neighbour = crm_arena_alloc(&f->arena, w->n * sizeof(crm_record_t *));
    if (o->neighbour == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < w->n; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], w->id[i],
                             &f->reply[i], &o->neighbour[i]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        /* gone, or moved by somebody who must not find it back here */

        if (rc == NGX_DECLINED
            || !crm_lead_place_beside(o, o->neighbour[i])
            || o->neighbour[i]->v[CRM_LEAD_RANK].num != w->rank[i])
        {
            return crm_flow_retry(f);
        }
    }

    o->extend = crm_lead_place_extend;

    return crm_lead_op_decide(f);
}
