/*
 * Tombstones of merges: each points to a record that is there and is none
 * itself, and what takes a merge back belongs to some of them; see
 * crm_check_int.h.
 */

#include "crm_check_int.h"
#include "crm_lead.h"


ngx_int_t
crm_check_tomb_add(crm_checker_t *c, const crm_record_t *lead)
{
    uint32_t            cap;
    crm_check_tomb_t   *tomb;
    const crm_value_t  *v = lead->v;

    if (c->mode != CRM_CHECK_TALLY || !v[CRM_LEAD_MERGED_INTO].set) {
        return NGX_OK;
    }

    if (c->ntombs == c->tombs_cap) {
        cap = c->tombs_cap == 0 ? 64 : c->tombs_cap * 2;
        tomb = realloc(c->tomb, cap * sizeof(crm_check_tomb_t));

        if (tomb == NULL) {
            return NGX_ERROR;
        }

        c->tomb = tomb;
        c->tombs_cap = cap;
    }

    tomb = &c->tomb[c->ntombs++];

    tomb->id = crm_record_id(lead);
    tomb->into = v[CRM_LEAD_MERGED_INTO].num;

    return crm_check_ids_add(&c->merges, v[CRM_LEAD_MERGE_ID].num) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* leads are walked in the order of their ids */

static const crm_check_tomb_t *
crm_check_tomb_find(const crm_checker_t *c, int64_t id)
{
    uint32_t  low, high, mid;

    for (low = 0, high = c->ntombs; low < high; ) {
        mid = (low + high) / 2;

        if (c->tomb[mid].id == id) {
            return &c->tomb[mid];
        }

        if (c->tomb[mid].id < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return NULL;
}


static void
crm_check_tomb(crm_flow_t *f, const crm_check_tomb_t *tomb)
{
    crm_str_t                name, none = crm_null_string;
    crm_checker_t           *c = crm_checker(f);
    const crm_field_t       *field;
    const crm_check_tomb_t  *next;

    next = crm_check_tomb_find(c, tomb->into);
    field = &crm_entities[CRM_KIND_LEAD].fields[CRM_LEAD_MERGED_INTO];
    name = crm_arena_printf(&f->arena, "lead:%lld", (long long) tomb->id);

    if (next != NULL) {
        crm_check_fault(c, crm_check_mix((uint64_t) tomb->id, 'H'),
                        "lead %lld is merged into %lld, which is merged "
                        "itself", (long long) tomb->id,
                        (long long) tomb->into);
        crm_check_put(f, "HSET", &name, field->stored,
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) next->into));

    } else if (!crm_check_ids_have(&c->leads, tomb->into)) {
        crm_check_fault(c, crm_check_mix((uint64_t) tomb->id, 'G'),
                        "lead %lld is merged into %lld, which is gone",
                        (long long) tomb->id, (long long) tomb->into);
        crm_check_put(f, "DEL", &name, none, none);
    }
}


ngx_int_t
crm_check_tombs(crm_flow_t *f)
{
    uint32_t        i;
    crm_str_t       name, none = crm_null_string;
    crm_checker_t  *c = crm_checker(f);

    if (crm_check_ids_sort(&c->merges) != CRM_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < c->ntombs; i++) {
        crm_check_tomb(f, &c->tomb[i]);
    }

    for (i = 0; i < c->unmerges.n; i++) {

        if (crm_check_ids_have(&c->merges, c->unmerges.id[i])) {
            continue;
        }

        name = crm_arena_printf(&f->arena, "unmerge:%lld",
                                (long long) c->unmerges.id[i]);

        crm_check_fault(c, crm_check_mix((uint64_t) c->unmerges.id[i], 'V'),
                        "%.*s belongs to no merge", (int) name.len,
                        name.data);
        crm_check_put(f, "DEL", &name, none, none);
    }

    return NGX_OK;
}
