/*
 * One commit: checks, then writes, all or nothing (design.md, "Redis").
 *
 * A pure value: domain and HTTP code fill it, the store sends it as one
 * FCALL.  Checks run first and in order; the first that fails ends the
 * commit with nothing written.  Writes are applied in order.  Every key
 * belongs to one tenant.
 *
 * Strings are referenced, not copied: they live as long as the arena that
 * the ops were made in.  Failure to allocate is remembered in ->failed.
 */

#ifndef CRM_OPS_H
#define CRM_OPS_H

#include "crm_arena.h"


typedef enum {
    CRM_CHECK_FIELD_EQ = 0,     /* hash field holds exactly this value */
    CRM_CHECK_FIELD_FREE,       /* hash field is absent */
    CRM_CHECK_FIELD_BELOW,      /* integer hash field (absent: 0) < value */
    CRM_CHECK_KEY_FREE,         /* key is absent (an empty set is) */
    CRM_CHECK_KEY_THERE,        /* key exists */
    CRM_CHECK_NO_BITS,          /* no bit of a bitmap is set */
    CRM_CHECK_NO_SCORES,        /* nothing in a sorted set from field to
                                   value, which are bounds as of ZCOUNT */
    CRM_CHECK_FIELD_REACHED,    /* integer hash field (absent: 0) >= value */
    CRM_CHECK_MAX
} crm_check_type_t;

typedef struct {
    crm_check_type_t  type;
    crm_str_t         key;
    crm_str_t         field;
    crm_str_t         value;
    int               tag;      /* the caller's word for "which failed" */
} crm_check_t;

typedef struct {
    unsigned          argc;     /* command, key, arguments */
    const crm_str_t  *argv;
} crm_write_t;

typedef struct {
    crm_arena_t  *arena;
    crm_check_t  *checks;
    unsigned      nchecks;
    unsigned      checks_cap;
    crm_write_t  *writes;
    unsigned      nwrites;
    unsigned      writes_cap;
    unsigned      failed:1;
} crm_ops_t;


void crm_ops_init(crm_ops_t *ops, crm_arena_t *arena);

/* returns the check, so that the caller can set its tag; NULL: no memory */
crm_check_t *crm_ops_check(crm_ops_t *ops, crm_check_type_t type,
    crm_str_t key, crm_str_t field, crm_str_t value);

/* copies the argv array (not the bytes); the command must be one of those
   that the commit function knows: HSET HDEL HINCRBY ZADD ZREM SADD SREM
   SETBIT SETRANGE SET DEL LPUSH RPUSH LREM LTRIM RENAME PEXPIREAT ZGROUP; SET
   takes "key value" or "key value PX ms" */
void crm_ops_write(crm_ops_t *ops, unsigned argc, const crm_str_t *argv);

/* the same for short ones: command, key and up to three arguments; an
   argument with data NULL ends the list */
void crm_ops_put(crm_ops_t *ops, const char *command, crm_str_t key,
    crm_str_t a, crm_str_t b, crm_str_t c);

/* this commit makes the key itself: drops checks that ask for it to be there,
   which run before the writes */
void crm_ops_makes(crm_ops_t *ops, const crm_str_t *key);

/* counters before all other writes, as the commit function wants them; for a
   commit made of several changes.  The order is kept otherwise. */
void crm_ops_counters_first(crm_ops_t *ops);

#endif /* CRM_OPS_H */
