/* what reports add up of a lead; see crm_row.h */

#include <endian.h>
#include <stdlib.h>

#include "crm_digest.h"
#include "crm_fields.h"
#include "crm_row.h"
#include "crm_text.h"


/* places in a row, and bytes; numbers are little-endian */
typedef struct {
    unsigned  at;
    unsigned  size;
} crm_row_place_t;

static const crm_row_place_t  crm_row_ids[CRM_ROW_IDS] = {
    [CRM_ROW_STAGE] = { 24, 4 },
    [CRM_ROW_TEAM] = { 28, 4 },
    [CRM_ROW_USER] = { 32, 4 },
    [CRM_ROW_REASON] = { 36, 4 },
    [CRM_ROW_SOURCE] = { 44, 6 },
    [CRM_ROW_COUNTRY] = { 42, 2 }
};

static const crm_row_place_t  crm_row_nums[CRM_ROW_NUMS] = {
    [CRM_ROW_CREATED] = { 8, 6 },
    [CRM_ROW_CLOSED] = { 14, 6 },
    [CRM_ROW_CLOSE] = { 20, 3 },
    [CRM_ROW_REVENUE] = { 0, 8 }
};

#define CRM_ROW_FLAGS        23
#define CRM_ROW_PROBABILITY  40

/* added to a date, so that none is 0 and every one has three bytes */
#define CRM_ROW_DATE  (1 << 23)

/* flags: a lead is there, type, active, state, has a revenue, priority */
#define CRM_ROW_THERE    0x01
#define CRM_ROW_REVENUED 0x20


static void
crm_row_put(u_char *p, uint64_t value, size_t n)
{
    value = htole64(value);
    memcpy(p, &value, n);
}


/* always eight bytes of the row, since a load of what was just put together
   from smaller ones waits for them */

static inline uint64_t
crm_row_get(const u_char *row, unsigned at, unsigned size)
{
    unsigned  from = at + 8 <= CRM_ROW_SIZE ? at : CRM_ROW_SIZE - 8;
    uint64_t  value;

    memcpy(&value, row + from, 8);
    value = le64toh(value) >> (8 * (at - from));

    return size == 8 ? value : value & ((1ULL << (8 * size)) - 1);
}


int64_t
crm_row_country(const crm_str_t *letters)
{
    return letters->len == 2 ? (letters->data[0] & ~0x20)
                               | (letters->data[1] & ~0x20) << 8
                             : 0;
}


int
crm_row_source(crm_arena_t *a, const crm_str_t *source, int64_t *hash)
{
    crm_str_t  folded;

    if (crm_text_fold(a, source, &folded) != CRM_OK) {
        return CRM_ERROR;
    }

    *hash = (int64_t) (crm_hash64(folded.data, folded.len) >> 16);
    *hash += *hash == 0;

    return CRM_OK;
}


/* the lead as a row has it */

static int
crm_row_of(crm_arena_t *a, const crm_value_t *v, crm_row_t *row)
{
    memset(row, 0, sizeof(crm_row_t));

    row->id[CRM_ROW_STAGE] = v[CRM_LEAD_STAGE_ID].num;
    row->id[CRM_ROW_TEAM] = v[CRM_LEAD_TEAM_ID].num;
    row->id[CRM_ROW_USER] = v[CRM_LEAD_USER_ID].num;
    row->id[CRM_ROW_REASON] = v[CRM_LEAD_LOST_REASON_ID].num;
    row->id[CRM_ROW_COUNTRY] = crm_row_country(&v[CRM_LEAD_COUNTRY].str);

    row->num[CRM_ROW_CREATED] = v[CRM_CREATED_AT].num;
    row->num[CRM_ROW_CLOSED] = v[CRM_LEAD_CLOSED_AT].num;
    row->num[CRM_ROW_REVENUE] = v[CRM_LEAD_EXPECTED_REVENUE].num;
    row->num[CRM_ROW_CLOSE] = v[CRM_LEAD_EXPECTED_CLOSE].set
                              ? v[CRM_LEAD_EXPECTED_CLOSE].num + CRM_ROW_DATE
                              : 0;

    row->word[CRM_ROW_TYPE] = (unsigned) v[CRM_LEAD_TYPE].num;
    row->word[CRM_ROW_ACTIVE] = (unsigned) v[CRM_LEAD_ACTIVE].num;
    row->word[CRM_ROW_STATE] = (unsigned) v[CRM_LEAD_STATE].num;
    row->word[CRM_ROW_PRIORITY] = (unsigned) v[CRM_LEAD_PRIORITY].num;
    row->probability = (unsigned) v[CRM_LEAD_PROBABILITY].num;

    return v[CRM_LEAD_SOURCE].set
           ? crm_row_source(a, &v[CRM_LEAD_SOURCE].str,
                            &row->id[CRM_ROW_SOURCE])
           : CRM_OK;
}


static void
crm_row_print(u_char *p, const crm_row_t *row, unsigned revenued)
{
    unsigned  i;

    memset(p, 0, CRM_ROW_SIZE);

    for (i = 0; i < CRM_ROW_IDS; i++) {
        crm_row_put(p + crm_row_ids[i].at, (uint64_t) row->id[i],
                    crm_row_ids[i].size);
    }

    for (i = 0; i < CRM_ROW_NUMS; i++) {
        crm_row_put(p + crm_row_nums[i].at, (uint64_t) row->num[i],
                    crm_row_nums[i].size);
    }

    crm_row_put(p + CRM_ROW_PROBABILITY, row->probability, 2);

    p[CRM_ROW_FLAGS] = (u_char) (CRM_ROW_THERE
                                 | row->word[CRM_ROW_TYPE] << 1
                                 | row->word[CRM_ROW_ACTIVE] << 2
                                 | row->word[CRM_ROW_STATE] << 3
                                 | (revenued ? CRM_ROW_REVENUED : 0)
                                 | row->word[CRM_ROW_PRIORITY] << 6);
}


void
crm_row_index(crm_ixr_t *x)
{
    crm_row_t    row;
    crm_str_t    text;
    crm_keyer_t  k;

    text.len = CRM_ROW_SIZE;
    text.data = crm_arena_bytes(x->list->arena, CRM_ROW_SIZE);

    if (text.data == NULL
        || crm_row_of(x->list->arena, x->v, &row) != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    if (crm_ixr_key(x, &k, 2 + CRM_KEYER_INT) != CRM_OK) {
        return;
    }

    crm_row_print(text.data, &row, x->v[CRM_LEAD_EXPECTED_REVENUE].set);

    crm_keyer_lit(&k, "x:");
    crm_keyer_int(&k, x->id / CRM_ROWS);

    crm_ix_row(x->list, crm_keyer_done(&k),
               x->id % CRM_ROWS * CRM_ROW_SIZE, text);
}


/* spelled out, since it runs for every lead of a tenant */

int
crm_row_read(const u_char *p, crm_row_t *row)
{
    u_char   flags = p[CRM_ROW_FLAGS];
    int64_t  closed, close, revenue;

    if (!(flags & CRM_ROW_THERE)) {
        return CRM_DECLINED;
    }

#define CRM_ROW_FIELD(places, which)                                          \
    ((int64_t) crm_row_get(p, places[which].at, places[which].size))

    row->id[CRM_ROW_STAGE] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_STAGE);
    row->id[CRM_ROW_TEAM] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_TEAM);
    row->id[CRM_ROW_USER] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_USER);
    row->id[CRM_ROW_REASON] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_REASON);
    row->id[CRM_ROW_SOURCE] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_SOURCE);
    row->id[CRM_ROW_COUNTRY] = CRM_ROW_FIELD(crm_row_ids, CRM_ROW_COUNTRY);

    closed = CRM_ROW_FIELD(crm_row_nums, CRM_ROW_CLOSED);
    close = CRM_ROW_FIELD(crm_row_nums, CRM_ROW_CLOSE);
    revenue = CRM_ROW_FIELD(crm_row_nums, CRM_ROW_REVENUE);

    row->num[CRM_ROW_CREATED] = CRM_ROW_FIELD(crm_row_nums, CRM_ROW_CREATED);
    row->num[CRM_ROW_CLOSED] = closed != 0 ? closed : CRM_ROW_UNSET;
    row->num[CRM_ROW_CLOSE] = close != 0 ? close - CRM_ROW_DATE
                                         : CRM_ROW_UNSET;
    row->num[CRM_ROW_REVENUE] = flags & CRM_ROW_REVENUED ? revenue
                                                         : CRM_ROW_UNSET;

#undef CRM_ROW_FIELD

    row->probability = (unsigned) crm_row_get(p, CRM_ROW_PROBABILITY, 2);

    row->word[CRM_ROW_TYPE] = flags >> 1 & 1;
    row->word[CRM_ROW_ACTIVE] = flags >> 2 & 1;
    row->word[CRM_ROW_STATE] = flags >> 3 & 3;
    row->word[CRM_ROW_PRIORITY] = flags >> 6;

    return CRM_OK;
}


/* ---- which of them ------------------------------------------------------- */

void
crm_row_filter_init(crm_row_filter_t *filter)
{
    unsigned  i;

    memset(filter, 0, sizeof(crm_row_filter_t));

    for (i = 0; i < CRM_ROW_WORDS; i++) {
        filter->word[i] = ~0u;
    }
}


static int
crm_row_id_cmp(const void *one, const void *two)
{
    int64_t  a = *(const int64_t *) one, b = *(const int64_t *) two;

    return (a > b) - (a < b);
}


int
crm_row_filter_ids(crm_row_filter_t *filter, crm_arena_t *a, unsigned which,
    const int64_t *id, unsigned n)
{
    int64_t  *copy;

    copy = crm_arena_alloc(a, (n + 1) * sizeof(int64_t));
    if (copy == NULL) {
        return CRM_ERROR;
    }

    if (n > 0) {
        memcpy(copy, id, n * sizeof(int64_t));
        qsort(copy, n, sizeof(int64_t), crm_row_id_cmp);
    }

    filter->id[which].id = copy;
    filter->id[which].n = n;
    filter->id[which].some = 1;

    return CRM_OK;
}


static int
crm_row_among(const crm_row_set_t *set, int64_t id)
{
    unsigned  low, high, middle;

    for (low = 0, high = set->n; low < high; /* void */ ) {
        middle = (low + high) / 2;

        if (set->id[middle] == id) {
            return 1;
        }

        if (set->id[middle] < id) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return 0;
}


int
crm_row_match(const crm_row_filter_t *filter, const crm_row_t *row)
{
    unsigned                i;
    const crm_row_range_t  *range;

    for (i = 0; i < CRM_ROW_WORDS; i++) {
        if (!(filter->word[i] >> row->word[i] & 1)) {
            return 0;
        }
    }

    for (i = 0; i < CRM_ROW_IDS; i++) {
        if (filter->id[i].some && !crm_row_among(&filter->id[i], row->id[i])) {
            return 0;
        }
    }

    for (i = 0; i < CRM_ROW_NUMS; i++) {
        range = &filter->num[i];

        if (range->some
            && (row->num[i] == CRM_ROW_UNSET || row->num[i] < range->low
                || row->num[i] >= range->high))
        {
            return 0;
        }
    }

    return 1;
}
