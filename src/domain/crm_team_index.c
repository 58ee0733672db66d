/* the counters of teams; see crm_team_index.h */

#include "crm_team_index.h"
#include "crm_fields.h"
#include "crm_money.h"
#include "crm_time.h"


#define CRM_TEAM_IX_ROOM   (16 + 3 * (CRM_KEYER_INT + 2))
#define CRM_TEAM_IX_LAST   1023         /* span of 64 days */
#define CRM_TEAM_IX_PLAIN  INT64_MIN    /* a figure without a number */


static const struct {
    const char  *what;
    unsigned     shift;
} crm_team_ix_spans[CRM_TEAM_IX_SPANS] = {
    { "e6", 6 }, { "e3", 3 }, { "e0", 0 }
};


/* whose record is counted where */

typedef struct {
    crm_ixr_t    *x;
    int64_t       team;
    int64_t       user;                 /* 0: nobody's */
} crm_team_ix_t;


static void
crm_team_ix_user(crm_keyer_t *k, int64_t user)
{
    if (user != CRM_TEAM_IX_ALL) {
        crm_keyer_lit(k, ":u");
        crm_keyer_int(k, user);
    }
}


int
crm_team_ix_key(crm_arena_t *a, const crm_str_t *prefix, const char *what,
    int64_t group, int64_t user, int64_t part, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_TEAM_IX_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "t:");
    crm_keyer_bytes(&k, what, strlen(what));
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, group);
    crm_team_ix_user(&k, user);

    if (part != CRM_TEAM_IX_WHOLE) {
        crm_keyer_char(&k, ':');
        crm_keyer_int(&k, part);
    }

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


int
crm_team_ix_won_key(crm_arena_t *a, const crm_str_t *prefix, int64_t team,
    int64_t user, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, a, prefix, CRM_TEAM_IX_ROOM) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "t:w:");
    crm_keyer_int(&k, team);
    crm_team_ix_user(&k, user);

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


static int64_t
crm_team_ix_span(unsigned i, int64_t day)
{
    int64_t  span = day >> crm_team_ix_spans[i].shift;

    if (i > 0) {
        return span;
    }

    return span < 0 ? 0 : span > CRM_TEAM_IX_LAST ? CRM_TEAM_IX_LAST : span;
}


static int64_t
crm_team_ix_part(unsigned i, int64_t day)
{
    return i == 0 ? CRM_TEAM_IX_WHOLE
                  : day >> crm_team_ix_spans[i - 1].shift;
}


void
crm_team_ix_before(int64_t day, crm_team_ix_span_t spans[CRM_TEAM_IX_SPANS])
{
    unsigned  i;

    for (i = 0; i < CRM_TEAM_IX_SPANS; i++) {
        spans[i].what = crm_team_ix_spans[i].what;
        spans[i].part = crm_team_ix_part(i, day);
        spans[i].below = crm_team_ix_span(i, day);
    }
}


/* ---- entries ------------------------------------------------------------ */

/* "{team}:{figure}{number}" */

static crm_str_t
crm_team_ix_field(const crm_team_ix_t *f, const char *figure, int64_t number)
{
    crm_str_t    none = crm_str("");
    crm_keyer_t  k;

    if (crm_keyer_init(&k, f->x->list->arena, &none, CRM_TEAM_IX_ROOM)
        != CRM_OK)
    {
        f->x->list->failed = 1;
        return none;
    }

    crm_keyer_int(&k, f->team);
    crm_keyer_char(&k, ':');
    crm_keyer_bytes(&k, figure, strlen(figure));

    if (number != CRM_TEAM_IX_PLAIN) {
        crm_keyer_int(&k, number);
    }

    return crm_keyer_done(&k);
}


static void
crm_team_ix_put(const crm_team_ix_t *f, const char *what, int64_t part,
    const char *figure, int64_t number, int64_t delta)
{
    unsigned        i;
    crm_str_t       field, key;
    crm_ix_list_t  *list = f->x->list;

    const int64_t  users[] = { CRM_TEAM_IX_ALL, f->user };

    if (delta == 0) {
        return;
    }

    field = crm_team_ix_field(f, figure, number);

    for (i = 0; i < 2; i++) {
        if (crm_team_ix_key(list->arena, &list->prefix, what,
                            f->team >> CRM_TEAM_IX_SHIFT, users[i], part,
                            &key)
            != CRM_OK)
        {
            list->failed = 1;
            return;
        }

        crm_ix_count(list, key, field, delta);
    }
}


static void
crm_team_ix_now(const crm_team_ix_t *f, const char *figure, int64_t delta)
{
    crm_team_ix_put(f, "g", CRM_TEAM_IX_WHOLE, figure, CRM_TEAM_IX_PLAIN,
                    delta);
}


static void
crm_team_ix_open(const crm_team_ix_t *f, const crm_value_t *v)
{
    int64_t   day, span, part;
    unsigned  i;

    crm_team_ix_now(f, "n", 1);
    crm_team_ix_now(f, "r", v[CRM_LEAD_EXPECTED_REVENUE].num);
    crm_team_ix_now(f, "w",
                    crm_money_weighted(v[CRM_LEAD_EXPECTED_REVENUE].num,
                                       v[CRM_LEAD_PROBABILITY].num));

    if (!v[CRM_LEAD_EXPECTED_CLOSE].set) {
        return;
    }

    day = v[CRM_LEAD_EXPECTED_CLOSE].num;

    for (i = 0; i < CRM_TEAM_IX_SPANS; i++) {
        span = crm_team_ix_span(i, day);
        part = crm_team_ix_part(i, day);

        crm_team_ix_put(f, crm_team_ix_spans[i].what, part, "n", span, 1);
        crm_team_ix_put(f, crm_team_ix_spans[i].what, part, "r", span,
                        v[CRM_LEAD_EXPECTED_REVENUE].num);
    }
}


static void
crm_team_ix_won(const crm_team_ix_t *f, const crm_value_t *v)
{
    int64_t     day, quarter, revenue, closed;
    unsigned    i;
    crm_str_t   key;
    crm_ix_list_t  *list = f->x->list;

    const int64_t  users[] = { CRM_TEAM_IX_ALL, f->user };

    closed = v[CRM_LEAD_CLOSED_AT].num;
    revenue = v[CRM_LEAD_EXPECTED_REVENUE].num;

    day = closed / CRM_DAY_MS - (closed % CRM_DAY_MS < 0);
    quarter = (closed - day * CRM_DAY_MS) / CRM_QUARTER_MS;

    crm_team_ix_put(f, "d", day >> CRM_TEAM_IX_DAYS, "n", day, 1);
    crm_team_ix_put(f, "d", day >> CRM_TEAM_IX_DAYS, "r", day, revenue);
    crm_team_ix_put(f, "q", day, "n", quarter, 1);
    crm_team_ix_put(f, "q", day, "r", quarter, revenue);

    for (i = 0; i < 2; i++) {
        if (crm_team_ix_won_key(list->arena, &list->prefix, f->team,
                                users[i], &key)
            != CRM_OK)
        {
            list->failed = 1;
            return;
        }

        crm_ix_zset(list, key, f->x->id10, closed);
    }
}


void
crm_team_ix_lead(crm_ixr_t *x)
{
    crm_team_ix_t       f;
    const crm_value_t  *v = x->v;

    if (!v[CRM_LEAD_TEAM_ID].set || !v[CRM_LEAD_ACTIVE].num) {
        return;
    }

    f.x = x;
    f.team = v[CRM_LEAD_TEAM_ID].num;
    f.user = v[CRM_LEAD_USER_ID].num;

    if (v[CRM_LEAD_TYPE].num == CRM_TYPE_LEAD) {

        if (v[CRM_LEAD_STATE].num == CRM_STATE_OPEN
            && !v[CRM_LEAD_USER_ID].set)
        {
            crm_team_ix_now(&f, "u", 1);
        }

        return;
    }

    if (v[CRM_LEAD_STATE].num == CRM_STATE_OPEN) {
        crm_team_ix_open(&f, v);

    } else if (v[CRM_LEAD_STATE].num == CRM_STATE_WON
               && v[CRM_LEAD_CLOSED_AT].set)
    {
        crm_team_ix_won(&f, v);
    }
}


void
crm_team_ix_order(crm_ixr_t *x)
{
    crm_team_ix_t       f;
    const crm_value_t  *v = x->v;

    if (!v[CRM_ORDER_TEAM_ID].set) {
        return;
    }

    f.x = x;
    f.team = v[CRM_ORDER_TEAM_ID].num;
    f.user = v[CRM_ORDER_OWNER].num;

    switch (v[CRM_ORDER_STATE].num) {

    case CRM_ORDER_DRAFT:
    case CRM_ORDER_SENT:
        crm_team_ix_now(&f, "qn", 1);
        crm_team_ix_now(&f, "qt", v[CRM_ORDER_TOTAL].num);
        break;

    case CRM_ORDER_SALE:
        crm_team_ix_now(&f, "sn", 1);
        crm_team_ix_now(&f, "st", v[CRM_ORDER_TOTAL].num);
        break;

    default:
        break;
    }
}
