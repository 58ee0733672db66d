/*
 * The value of one commit: growing arrays of checks and writes.
 *
 * Must not know what a check or a write means; that is the commit function's
 * business (src/store).
 */

#include "crm_ops.h"


#define CRM_OPS_FIRST  16


static void *crm_ops_grow(crm_ops_t *ops, void *old, unsigned n,
    unsigned *cap, size_t size);


void
crm_ops_init(crm_ops_t *ops, crm_arena_t *arena)
{
    memset(ops, 0, sizeof(crm_ops_t));

    ops->arena = arena;
}


crm_check_t *
crm_ops_check(crm_ops_t *ops, crm_check_type_t type, crm_str_t key,
    crm_str_t field, crm_str_t value)
{
    crm_check_t  *check;

    if (ops->nchecks == ops->checks_cap) {
        check = crm_ops_grow(ops, ops->checks, ops->nchecks,
                             &ops->checks_cap, sizeof(crm_check_t));
        if (check == NULL) {
            return NULL;
        }

        ops->checks = check;
    }

    check = &ops->checks[ops->nchecks++];

    check->type = type;
    check->key = key;
    check->field = field;
    check->value = value;
    check->tag = 0;

    return check;
}


void
crm_ops_write(crm_ops_t *ops, unsigned argc, const crm_str_t *argv)
{
    crm_str_t    *copy;
    crm_write_t  *write;

    copy = crm_arena_alloc(ops->arena, argc * sizeof(crm_str_t));

    if (copy == NULL) {
        ops->failed = 1;
        return;
    }

    if (ops->nwrites == ops->writes_cap) {
        write = crm_ops_grow(ops, ops->writes, ops->nwrites,
                             &ops->writes_cap, sizeof(crm_write_t));
        if (write == NULL) {
            return;
        }

        ops->writes = write;
    }

    memcpy(copy, argv, argc * sizeof(crm_str_t));

    write = &ops->writes[ops->nwrites++];

    write->argc = argc;
    write->argv = copy;
}


void
crm_ops_put(crm_ops_t *ops, const char *command, crm_str_t key, crm_str_t a,
    crm_str_t b, crm_str_t c)
{
    unsigned   argc;
    crm_str_t  argv[5];

    argv[0].len = strlen(command);
    argv[0].data = (u_char *) command;
    argv[1] = key;
    argv[2] = a;
    argv[3] = b;
    argv[4] = c;

    for (argc = 2; argc < 5 && argv[argc].data != NULL; argc++) {
        /* void */
    }

    crm_ops_write(ops, argc, argv);
}


static void *
crm_ops_grow(crm_ops_t *ops, void *old, unsigned n, unsigned *cap,
    size_t size)
{
    void      *p;
    unsigned   more;

    more = (n == 0) ? CRM_OPS_FIRST : n * 2;

    p = crm_arena_alloc(ops->arena, more * size);

    if (p == NULL) {
        ops->failed = 1;
        return NULL;
    }

    if (n != 0) {
        memcpy(p, old, n * size);
    }

    *cap = more;

    return p;
}


void
crm_ops_makes(crm_ops_t *ops, const crm_str_t *key)
{
    unsigned      i, n;
    crm_check_t  *check;

    for (n = 0, i = 0; i < ops->nchecks; i++) {
        check = &ops->checks[i];

        if (!crm_str_eq(&check->key, key)
            || (check->type != CRM_CHECK_KEY_THERE
                && check->type != CRM_CHECK_FIELD_EQ))
        {
            ops->checks[n++] = *check;
        }
    }

    ops->nchecks = n;
}


void
crm_ops_counters_first(crm_ops_t *ops)
{
    unsigned      i, n, pass;
    crm_write_t  *writes;

    if (ops->nwrites == 0) {
        return;
    }

    writes = crm_arena_alloc(ops->arena, ops->nwrites * sizeof(crm_write_t));
    if (writes == NULL) {
        ops->failed = 1;
        return;
    }

    for (n = 0, pass = 0; pass < 2; pass++) {
        for (i = 0; i < ops->nwrites; i++) {
            if (crm_str_is(&ops->writes[i].argv[0], "HINCRBY") == (pass == 0)) {
                writes[n++] = ops->writes[i];
            }
        }
    }

    memcpy(ops->writes, writes, ops->nwrites * sizeof(crm_write_t));
}
