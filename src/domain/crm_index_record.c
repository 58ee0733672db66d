/* index entries common to leads and contacts; see crm_index_record.h */

#include "crm_index_record.h"
#include "crm_text.h"
#include "crm_words.h"


int
crm_ixr_init(crm_ixr_t *x, crm_ix_list_t *list, const char *part,
    const crm_record_t *rec, crm_str_t segment)
{
    u_char  *p;

    p = crm_arena_bytes(list->arena, CRM_KEYER_INT);

    if (p == NULL) {
        list->failed = 1;
        return CRM_ERROR;
    }

    x->list = list;
    x->v = rec->v;
    x->id = crm_record_id(rec);
    x->id10.data = p;
    x->id10.len = (size_t) (crm_id10_print(p, x->id) - p);
    x->segment = segment;
    x->part = part;

    return CRM_OK;
}


int
crm_ixr_key(crm_ixr_t *x, crm_keyer_t *k, size_t room)
{
    if (crm_keyer_init(k, x->list->arena, &x->list->prefix, 2 + room)
        != CRM_OK)
    {
        x->list->failed = 1;
        return CRM_ERROR;
    }

    crm_keyer_char(k, x->part[0]);
    crm_keyer_char(k, ':');

    return CRM_OK;
}


static int
crm_ixr_sort_key(crm_ixr_t *x, u_char letter, crm_str_t *key)
{
    crm_keyer_t  k;

    if (crm_ixr_key(x, &k, 4 + x->segment.len) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_keyer_lit(&k, "s:");
    crm_keyer_str(&k, &x->segment);
    crm_keyer_char(&k, ':');
    crm_keyer_char(&k, letter);

    *key = crm_keyer_done(&k);

    return CRM_OK;
}


void
crm_ixr_sort(crm_ixr_t *x, u_char letter, const crm_value_t *v)
{
    crm_str_t  key;

    if (v->set && crm_ixr_sort_key(x, letter, &key) == CRM_OK) {
        crm_ix_zset(x->list, key, x->id10, v->num);
    }
}


void
crm_ixr_name(crm_ixr_t *x, const crm_str_t *name)
{
    crm_str_t    folded, key;
    crm_keyer_t  k;

    if (crm_ixr_sort_key(x, 'n', &key) != CRM_OK) {
        return;
    }

    if (crm_text_fold(x->list->arena, name, &folded) != CRM_OK
        || crm_keyer_init(&k, x->list->arena, &folded, 1 + x->id10.len)
           != CRM_OK)
    {
        x->list->failed = 1;
        return;
    }

    crm_keyer_char(&k, CRM_WORDS_END);
    crm_keyer_str(&k, &x->id10);

    crm_ix_zset(x->list, key, crm_keyer_done(&k), 0);
}


void
crm_ixr_bit(crm_ixr_t *x, const char *what, const crm_str_t *value)
{
    size_t       len;
    crm_keyer_t  k;

    len = strlen(what);

    if (crm_ixr_key(x, &k, 2 + len + value->len + CRM_KEYER_INT) != CRM_OK) {
        return;
    }

    crm_keyer_bytes(&k, what, len);
    crm_keyer_char(&k, ':');
    crm_keyer_str(&k, value);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, x->id >> CRM_BITMAP_SHIFT);

    crm_ix_bit(x->list, crm_keyer_done(&k), x->id & CRM_BITMAP_MASK);
}


void
crm_ixr_bit_number(crm_ixr_t *x, const char *what, int64_t value)
{
    u_char     buf[CRM_KEYER_INT];
    crm_str_t  text;

    text.data = buf;
    text.len = (size_t) (crm_int_print(buf, value) - buf);

    crm_ixr_bit(x, what, &text);
}


void
crm_ixr_bit_ids(crm_ixr_t *x, const char *what, const crm_ids_t *ids)
{
    unsigned  i;

    for (i = 0; i < ids->n; i++) {
        crm_ixr_bit_number(x, what, ids->id[i]);
    }

    if (ids->n == 0) {
        crm_ixr_bit_number(x, what, 0);
    }
}
