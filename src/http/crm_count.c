/* counts of what refers to a record; see crm_count.h */

#include "crm_bitmap.h"
#include "crm_change.h"
#include "crm_count.h"


#define CRM_COUNTS_FIRST  16


static crm_count_t *crm_counts_add(crm_counts_t *counts,
    crm_check_type_t type, crm_str_t key);


void
crm_counts_init(crm_counts_t *counts, crm_flow_t *f)
{
    ngx_memzero(counts, sizeof(crm_counts_t));

    counts->flow = f;
}


void
crm_count_members(crm_counts_t *counts, crm_str_t key)
{
    crm_str_t  none = crm_null_string;

    (void) crm_counts_add(counts, CRM_CHECK_KEY_FREE, key);
    crm_flow_call(counts->flow, "ZCARD", key, none, none, none);
}


void
crm_count_scores(crm_counts_t *counts, crm_str_t key, crm_str_t low,
    crm_str_t high)
{
    crm_str_t     none = crm_null_string;
    crm_count_t  *count;

    count = crm_counts_add(counts, CRM_CHECK_NO_SCORES, key);

    if (count != NULL) {
        count->field = low;
        count->value = high;
    }

    crm_flow_call(counts->flow, "ZCOUNT", key, low, high, none);
}


ngx_uint_t
crm_count_bits(crm_counts_t *counts, crm_str_t bitmap, crm_kind_t ids)
{
    crm_str_t         key, none = crm_null_string;
    ngx_uint_t        i, chunks;
    crm_flow_t       *f = counts->flow;
    crm_count_t      *count;
    const crm_str_t  *name = &crm_entities[ids].name;

    chunks = (f->tenant->last_id[ids] >> CRM_BITMAP_SHIFT) + 1;

    for (i = 0; i < chunks; i++) {
        key = crm_arena_printf(&f->arena, "%.*s:%lu", (int) bitmap.len,
                               bitmap.data, (unsigned long) i);

        (void) crm_counts_add(counts, CRM_CHECK_NO_BITS, key);
        crm_flow_call(f, "BITCOUNT", key, none, none, none);
    }

    /* and no id lies in a further one */

    count = crm_counts_add(counts, CRM_CHECK_FIELD_BELOW, f->tenant->root);

    if (count != NULL) {
        count->field = crm_arena_printf(&f->arena, "id:%.*s",
                                        (int) name->len, name->data);
        count->value = crm_arena_printf(&f->arena, "%lld",
                                        (long long) chunks
                                        << CRM_BITMAP_SHIFT);
    }

    return chunks;
}


ngx_int_t
crm_counts_check(const crm_counts_t *counts, crm_ops_t *ops)
{
    ngx_uint_t          i;
    const crm_count_t  *count;

    if (counts->failed) {
        return NGX_ERROR;
    }

    for (i = 0; i < counts->n; i++) {
        count = &counts->count[i];

        crm_change_check(ops, count->type, count->key, count->field,
                         count->value, CRM_FAILED_VERSION);
    }

    return NGX_OK;
}


ngx_int_t
crm_counts_in_use(crm_flow_t *f, const int64_t *counts)
{
    size_t      i;
    crm_str_t  *members = &f->answer.members;
    crm_out_t   out;
    crm_kind_t  kind;
    ngx_uint_t  n;

    crm_out_init(&out, &f->arena, 256);
    crm_out_lit(&out, "\"counts\":{");

    for (n = 0, kind = 0; kind < CRM_KINDS; kind++) {
        if (counts[kind] == 0) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(&out, ',');
        }

        crm_out_json(&out, &crm_entities[kind].plural);
        crm_out_char(&out, ':');
        crm_out_int(&out, counts[kind]);
    }

    if (n == 0) {
        return NGX_OK;
    }

    crm_out_char(&out, '}');

    if (crm_out_join(&out, members) != CRM_OK) {
        return NGX_ERROR;
    }

    /* names in JSON are snake_case, those of routes are not */

    for (i = 0; i < members->len; i++) {
        if (members->data[i] == '-') {
            members->data[i] = '_';
        }
    }

    (void) crm_flow_problem(f, CRM_P_IN_USE, NULL);

    return NGX_DECLINED;
}


static crm_count_t *
crm_counts_add(crm_counts_t *counts, crm_check_type_t type, crm_str_t key)
{
    ngx_uint_t    cap;
    crm_count_t  *count;

    if (counts->n == counts->cap) {
        cap = counts->cap ? counts->cap * 2 : CRM_COUNTS_FIRST;
        count = crm_arena_alloc(&counts->flow->arena,
                                cap * sizeof(crm_count_t));
        if (count == NULL) {
            counts->failed = 1;
            return NULL;
        }

        if (counts->n > 0) {
            ngx_memcpy(count, counts->count, counts->n * sizeof(crm_count_t));
        }

        counts->count = count;
        counts->cap = cap;
    }

    count = &counts->count[counts->n++];
    count->type = type;
    count->key = key;
    count->field = crm_str("");
    count->value = crm_str("");

    return count;
}
