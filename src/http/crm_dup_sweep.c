/*
 * What belongs to no generation any more, taken away some keys at a time; see
 * crm_dup_job.c.
 *
 * Most of the names that a generation may use are not there: they are asked
 * for by the hundred.
 */

#include "crm_bitmap.h"
#include "crm_dup_job_int.h"


#define CRM_DUP_ASK      256            /* keys of one EXISTS */
#define CRM_DUP_ASKS     16
#define CRM_DUP_KEYS     (3 * CRM_DUP_BUCKETS)
#define CRM_DUP_MEMBERS  512            /* those of a listpack at most: gone at
                                           once; of more so many at a time */


static ngx_int_t crm_dup_sweep_next(crm_flow_t *f);
static ngx_int_t crm_dup_sweep_found(crm_flow_t *f);
static ngx_int_t crm_dup_sweep_sized(crm_flow_t *f);
static ngx_int_t crm_dup_sweep_large(crm_flow_t *f);
static ngx_int_t crm_dup_sweep_rest(crm_flow_t *f);


typedef struct {
    int64_t      rule;
    int64_t      gen;
    int64_t      place;                 /* segment x buckets + bucket */
    crm_str_t    large;                 /* a key that is taken in pieces */
} crm_dup_sweep_t;


static ngx_int_t
crm_dup_sweep_save(crm_flow_t *f, crm_ops_t *ops, const crm_dup_sweep_t *s)
{
    crm_str_t  cursor;

    cursor = crm_arena_printf(&f->arena, "s:%lld:%lld:%lld",
                              (long long) s->rule, (long long) s->gen,
                              (long long) s->place);

    return cursor.data != NULL ? crm_job_save(f, ops, &cursor) : NGX_ERROR;
}


static crm_str_t
crm_dup_sweep_key(crm_flow_t *f, const crm_dup_sweep_t *s, int64_t place)
{
    crm_dup_rule_t  rule;

    static const char  segments[] = {
        CRM_DUP_OPEN, CRM_DUP_CLOSED, CRM_DUP_ARCHIVED
    };

    rule.id = s->rule;
    rule.gen = s->gen;

    return crm_dup_bucket_key(&f->arena, &f->tenant->prefix, &rule,
                              segments[place / CRM_DUP_BUCKETS],
                              place % CRM_DUP_BUCKETS);
}


/* the members of a large one that go next */

static void
crm_dup_sweep_ask(crm_flow_t *f, const crm_dup_sweep_t *s)
{
    crm_flow_call(f, "ZRANGE", s->large, crm_str("0"),
                  crm_arena_printf(&f->arena, "%d", CRM_DUP_MEMBERS - 1),
                  (crm_str_t) crm_null_string);
}


ngx_int_t
crm_dup_sweep(crm_flow_t *f)
{
    int64_t           k, place[3];
    crm_str_t        *argv, none = crm_null_string;
    ngx_uint_t        i;
    crm_dup_sweep_t  *s;

    s = crm_arena_calloc(&f->arena, sizeof(crm_dup_sweep_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    f->data = s;

    crm_dup_cursor(crm_job(f), place, 3);

    s->rule = place[0];
    s->gen = place[1];
    s->place = place[2];

    if (s->rule == 0) {
        crm_flow_call(f, "SRANDMEMBER", crm_flow_key(f, "d:gone"), none, none,
                      none);
        return crm_flow_wait(f, crm_dup_sweep_next);
    }

    if (s->place >= CRM_DUP_KEYS) {
        s->large = crm_flow_key(f, "d:%lld:%lld:g", (long long) s->rule,
                                (long long) s->gen);

        crm_dup_sweep_ask(f, s);
        crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lead"), none,
                      none);
        return crm_flow_wait(f, crm_dup_sweep_rest);
    }

    argv = crm_arena_alloc(&f->arena, (1 + CRM_DUP_ASK) * sizeof(crm_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("EXISTS");

    for (i = 0, place[2] = s->place;
         i < CRM_DUP_ASKS && place[2] < CRM_DUP_KEYS;
         i++)
    {
        for (k = 0; k < CRM_DUP_ASK; k++) {
            argv[1 + k] = crm_dup_sweep_key(f, s, place[2]++);
        }

        crm_flow_cmd(f, 1 + CRM_DUP_ASK, argv);
    }

    return crm_flow_wait(f, crm_dup_sweep_found);
}


static ngx_int_t
crm_dup_sweep_next(crm_flow_t *f)
{
    u_char            *colon;
    crm_str_t          text, number, nothing = crm_string("{}");
    crm_dup_sweep_t   *s = f->data;

    if (!crm_reply_is_string(&f->reply[0])) {
        return crm_job_finish(f, NULL, &nothing);
    }

    text = f->reply[0].str;
    colon = memchr(text.data, ':', text.len);

    if (colon == NULL) {
        return NGX_ERROR;
    }

    number.data = text.data;
    number.len = colon - text.data;

    text.len -= number.len + 1;
    text.data = colon + 1;

    if (crm_str_int(&number, &s->rule) != CRM_OK
        || crm_str_int(&text, &s->gen) != CRM_OK)
    {
        return NGX_ERROR;
    }

    return crm_dup_sweep_save(f, NULL, s);
}


static ngx_int_t
crm_dup_sweep_found(crm_flow_t *f)
{
    crm_str_t         none = crm_null_string;
    ngx_uint_t        i, k;
    crm_dup_sweep_t  *s = f->data;

    for (i = 0; i < f->nreply && f->reply[i].num == 0; i++) {
        s->place += CRM_DUP_ASK;
    }

    if (i == f->nreply) {
        return crm_dup_sweep_save(f, NULL, s);
    }

    for (k = 0; k < CRM_DUP_ASK; k++) {
        crm_flow_call(f, "ZCARD", crm_dup_sweep_key(f, s, s->place + k), none,
                      none, none);
    }

    return crm_flow_wait(f, crm_dup_sweep_sized);
}


/* a large one goes first, and alone */

static ngx_int_t
crm_dup_sweep_sized(crm_flow_t *f)
{
    crm_ops_t         ops;
    crm_str_t         key, none = crm_null_string;
    ngx_uint_t        k;
    crm_dup_sweep_t  *s = f->data;

    crm_ops_init(&ops, &f->arena);

    for (k = 0; k < CRM_DUP_ASK; k++) {

        if (f->reply[k].num == 0) {
            continue;
        }

        key = crm_dup_sweep_key(f, s, s->place + k);

        if (f->reply[k].num > CRM_DUP_MEMBERS) {
            s->large = key;
            crm_dup_sweep_ask(f, s);

            return crm_flow_wait(f, crm_dup_sweep_large);
        }

        crm_ops_put(&ops, "DEL", key, none, none, none);
    }

    s->place += CRM_DUP_ASK;

    return crm_dup_sweep_save(f, &ops, s);
}


/* the members that were read; 1: there are no others, nor is the set */

static ngx_uint_t
crm_dup_sweep_take(crm_flow_t *f, crm_ops_t *ops, const crm_dup_sweep_t *s)
{
    uint32_t            i;
    crm_str_t          *argv, none = crm_null_string;
    const crm_reply_t  *members = &f->reply[0];

    if (members->n < CRM_DUP_MEMBERS) {
        crm_ops_put(ops, "DEL", s->large, none, none, none);
        return 1;
    }

    argv = crm_arena_alloc(&f->arena, (2 + members->n) * sizeof(crm_str_t));
    if (argv == NULL) {
        ops->failed = 1;
        return 0;
    }

    argv[0] = crm_str("ZREM");
    argv[1] = s->large;

    for (i = 0; i < members->n; i++) {
        argv[2 + i] = members->item[i].str;
    }

    crm_ops_write(ops, 2 + members->n, argv);

    return 0;
}


static ngx_int_t
crm_dup_sweep_large(crm_flow_t *f)
{
    crm_ops_t         ops;
    crm_dup_sweep_t  *s = f->data;

    crm_ops_init(&ops, &f->arena);
    (void) crm_dup_sweep_take(f, &ops, s);

    return crm_dup_sweep_save(f, &ops, s);
}


/* groups, and leads that ran into limits */

static ngx_int_t
crm_dup_sweep_rest(crm_flow_t *f)
{
    int64_t           last, chunk;
    crm_ops_t         ops;
    crm_str_t         none = crm_null_string;
    crm_dup_sweep_t  *s = f->data;

    crm_ops_init(&ops, &f->arena);

    if (!crm_dup_sweep_take(f, &ops, s)) {
        return crm_dup_sweep_save(f, &ops, s);
    }

    if (crm_str_int(&f->reply[1].str, &last) != CRM_OK) {
        last = 0;
    }

    for (chunk = 0; chunk <= last >> CRM_BITMAP_SHIFT; chunk++) {
        crm_ops_put(&ops, "DEL", crm_flow_key(f, "d:%lld:%lld:n:%lld",
                                              (long long) s->rule,
                                              (long long) s->gen,
                                              (long long) chunk),
                    none, none, none);
    }

    crm_ops_put(&ops, "SREM", crm_flow_key(f, "d:gone"),
                crm_arena_printf(&f->arena, "%lld:%lld", (long long) s->rule,
                                 (long long) s->gen),
                none, none);

    ngx_memzero(s, sizeof(crm_dup_sweep_t));

    return crm_dup_sweep_save(f, &ops, s);
}
