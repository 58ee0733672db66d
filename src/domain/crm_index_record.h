/*
 * Index entries that leads and contacts have alike: sorts, names, facets,
 * owners.  `part` is "l" or "c", a segment is what splits the sorts: type and
 * active ("o1") or active ("1").
 */

#ifndef CRM_INDEX_RECORD_H
#define CRM_INDEX_RECORD_H

#include "crm_entity.h"
#include "crm_keyer.h"


/* what all entries of one record share */
typedef struct {
    crm_ix_list_t      *list;
    const crm_value_t  *v;
    int64_t             id;
    crm_str_t           id10;           /* the usual member */
    crm_str_t           segment;
    const char         *part;
} crm_ixr_t;


int crm_ixr_init(crm_ixr_t *x, crm_ix_list_t *list, const char *part,
    const crm_record_t *rec, crm_str_t segment);

/* a key to be put together, begun with "{part}:"; room for what follows */
int crm_ixr_key(crm_ixr_t *x, crm_keyer_t *k, size_t room);

/* {part}:s:{segment}:{letter} by a number; nothing where it is unset */
void crm_ixr_sort(crm_ixr_t *x, u_char letter, const crm_value_t *v);

/* {part}:s:{segment}:n by the bytes of the folded name */
void crm_ixr_name(crm_ixr_t *x, const crm_str_t *name);

/* the bit of the record in {part}:{what}:{value}:{chunk} */
void crm_ixr_bit(crm_ixr_t *x, const char *what, const crm_str_t *value);
void crm_ixr_bit_number(crm_ixr_t *x, const char *what, int64_t value);

/* a bit for each id, that of 0 where there is none */
void crm_ixr_bit_ids(crm_ixr_t *x, const char *what, const crm_ids_t *ids);

#endif /* CRM_INDEX_RECORD_H */
