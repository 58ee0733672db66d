/*
 * Index entries: what Redis must hold because an entity is as it is.
 *
 * One pure function per entity emits them; the difference between the lists
 * of the old and the new record is what a commit writes, and the union over
 * all entities is what the checker expects to find.
 */

#ifndef CRM_INDEX_H
#define CRM_INDEX_H

#include "crm_ops.h"


typedef enum {
    CRM_IX_ZSET = 0,        /* member with score */
    CRM_IX_BIT,             /* bit `score` is set */
    CRM_IX_COUNT,           /* hash field `member` contains `score` of this */
    CRM_IX_FIELD,           /* hash field `member` holds `value` */
    CRM_IX_SET,             /* set member; no entity has one */
    CRM_IX_ROW              /* `value' at offset `score' of a string; absent:
                               zero bytes */
} crm_ix_type_t;

#define CRM_IX_ROW_MAX  64      /* bytes of a row */

typedef struct {
    crm_ix_type_t  type;
    crm_str_t      key;
    crm_str_t      member;
    crm_str_t      value;
    int64_t        score;
    uint64_t       rank;        /* of the key in the order of the walk */
} crm_ix_t;

typedef struct {
    crm_arena_t   *arena;
    crm_str_t      prefix;      /* "crm:{slug}:" */
    crm_ix_t      *ix;
    unsigned       n;
    unsigned       cap;
    unsigned       failed:1;
} crm_ix_list_t;


void crm_ix_init(crm_ix_list_t *list, crm_arena_t *arena, crm_str_t prefix);

void crm_ix_zset(crm_ix_list_t *list, crm_str_t key, crm_str_t member,
    int64_t score);
void crm_ix_bit(crm_ix_list_t *list, crm_str_t key, int64_t bit);
/* delta 0 is not stored: an absent counter is zero */
void crm_ix_count(crm_ix_list_t *list, crm_str_t key, crm_str_t field,
    int64_t delta);
void crm_ix_field(crm_ix_list_t *list, crm_str_t key, crm_str_t field,
    crm_str_t value);
/* all rows of a key have one length; none is all zero */
void crm_ix_row(crm_ix_list_t *list, crm_str_t key, int64_t offset,
    crm_str_t row);

/*
 * Appends to ops the writes that lead from `old` to `new` (either may be
 * NULL: creation, deletion); the lists stay as they are.  Counter writes come
 * first: the commit function can undo those (crm_commit_lua.h).  Then, by key,
 * one command for what a key loses and one for what it gains.  Of entries for
 * the same place in one list the last one counts; counters add up.
 */
void crm_ix_diff(crm_ops_t *ops, crm_ix_list_t *old, crm_ix_list_t *new);

#endif /* CRM_INDEX_H */
