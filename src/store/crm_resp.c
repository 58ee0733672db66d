/*
 * RESP: commands and commits into bytes, error texts into classes.
 *
 * Pure: no I/O, no nginx, no hiredis, so that it is tested alone.  Must not
 * know what the commit function does with a check or a write, only how its
 * invocation is spelt (crm_commit_lua.h).
 */

#include "crm_resp.h"
#include "crm_digest.h"


/* "$", at most 10 digits, two line ends */
#define CRM_RESP_OVERHEAD  16


typedef struct {
    uint32_t           *slots;          /* numbers of keys, 0: empty */
    uint32_t            mask;
    crm_resp_commit_t  *commit;
} crm_resp_keys_t;

typedef struct {
    crm_str_t           text;
    crm_resp_error_t    class;
} crm_resp_prefix_t;


static u_char *crm_resp_number(u_char *p, u_char type, size_t n);
static u_char *crm_resp_bulk(u_char *p, const crm_str_t *s);
static u_char *crm_resp_bulk_number(u_char *p, size_t n);
static unsigned crm_resp_write_refs(const crm_write_t *write);
static int crm_resp_keys_init(crm_resp_keys_t *table,
    crm_resp_commit_t *commit, crm_arena_t *arena);
static void crm_resp_keys_add(crm_resp_keys_t *table, const crm_str_t *key);


/* anything not listed is a fault of ours */

static const crm_resp_prefix_t  crm_resp_prefixes[] = {
    { crm_string("LOADING"), CRM_RESP_REFUSED },
    { crm_string("BUSY"), CRM_RESP_REFUSED },
    { crm_string("OOM"), CRM_RESP_REFUSED },
    { crm_string("MISCONF"), CRM_RESP_REFUSED },
    { crm_string("NOREPLICAS"), CRM_RESP_REFUSED },
    { crm_string("MASTERDOWN"), CRM_RESP_REFUSED },
    { crm_string("TRYAGAIN"), CRM_RESP_REFUSED },
    { crm_string("CLUSTERDOWN"), CRM_RESP_REFUSED },
    { crm_string("MOVED"), CRM_RESP_REFUSED },
    { crm_string("ASK"), CRM_RESP_REFUSED },
    { crm_string("EXECABORT"), CRM_RESP_REFUSED },
    { crm_string("NOPERM"), CRM_RESP_REFUSED },
    { crm_string("WRONGPASS"), CRM_RESP_REFUSED },
    { crm_string("NOAUTH"), CRM_RESP_STALE },
    { crm_string("READONLY"), CRM_RESP_STALE },
    { crm_string("ERR Function not found"), CRM_RESP_STALE },
    { crm_null_string, CRM_RESP_FAULT }
};


size_t
crm_resp_command_size(unsigned argc, const crm_str_t *argv)
{
    size_t    size;
    unsigned  i;

    size = CRM_RESP_OVERHEAD * (argc + 1);

    for (i = 0; i < argc; i++) {
        size += argv[i].len;
    }

    return size;
}


u_char *
crm_resp_command(u_char *p, unsigned argc, const crm_str_t *argv)
{
    unsigned  i;

    p = crm_resp_number(p, '*', argc);

    for (i = 0; i < argc; i++) {
        p = crm_resp_bulk(p, &argv[i]);
    }

    return p;
}


static u_char *
crm_resp_number(u_char *p, u_char type, size_t n)
{
    *p++ = type;
    p = crm_int_print(p, (int64_t) n);
    *p++ = '\r';
    *p++ = '\n';

    return p;
}


static u_char *
crm_resp_bulk(u_char *p, const crm_str_t *s)
{
    p = crm_resp_number(p, '$', s->len);

    if (s->len != 0) {
        memcpy(p, s->data, s->len);
        p += s->len;
    }

    *p++ = '\r';
    *p++ = '\n';

    return p;
}


static u_char *
crm_resp_bulk_number(u_char *p, size_t n)
{
    u_char     digits[21];
    crm_str_t  s;

    s.data = digits;
    s.len = crm_int_print(digits, (int64_t) n) - digits;

    return crm_resp_bulk(p, &s);
}


int
crm_resp_commit_prepare(crm_resp_commit_t *commit, const crm_ops_t *ops,
    crm_str_t function, crm_arena_t *arena)
{
    unsigned            i, j;
    crm_resp_keys_t     table;
    const crm_write_t  *write;

    commit->ops = ops;
    commit->function = function;
    commit->nkeys = 0;
    commit->nrefs = 0;
    commit->argc = 4 + 4 * ops->nchecks;
    commit->size = function.len;

    if (crm_resp_keys_init(&table, commit, arena) != CRM_OK) {
        return CRM_ERROR;
    }

    for (i = 0; i < ops->nchecks; i++) {
        crm_resp_keys_add(&table, &ops->checks[i].key);
        commit->size += ops->checks[i].field.len + ops->checks[i].value.len;
    }

    for (i = 0; i < ops->nwrites; i++) {
        write = &ops->writes[i];

        if (write->argc < 2) {
            return CRM_DECLINED;
        }

        for (j = 1; j <= crm_resp_write_refs(write); j++) {
            crm_resp_keys_add(&table, &write->argv[j]);
        }

        for (j = 0; j < write->argc; j++) {
            commit->size += write->argv[j].len;
        }

        commit->argc += 1 + write->argc;
    }

    for (i = 0; i < commit->nkeys; i++) {
        commit->size += commit->keys[i].len;
    }

    /* numbers have up to 10 digits, and so has each argument's length */

    commit->argc += commit->nkeys;
    commit->size += (CRM_RESP_OVERHEAD + 10) * (size_t) (commit->argc + 1);

    return CRM_OK;
}


/* how many arguments of a write are keys */

static unsigned
crm_resp_write_refs(const crm_write_t *write)
{
    return (write->argc == 3 && crm_str_is(&write->argv[0], "RENAME")) ? 2
                                                                        : 1;
}


static int
crm_resp_keys_init(crm_resp_keys_t *table, crm_resp_commit_t *commit,
    crm_arena_t *arena)
{
    size_t    max;
    uint32_t  size;

    max = commit->ops->nchecks + 2 * (size_t) commit->ops->nwrites;

    for (size = 16; size < 2 * max; size *= 2) { /* void */ }

    table->commit = commit;
    table->mask = size - 1;
    table->slots = crm_arena_calloc(arena, size * sizeof(uint32_t));

    commit->keys = crm_arena_alloc(arena, (max + 1) * sizeof(crm_str_t));
    commit->refs = crm_arena_alloc(arena, (max + 1) * sizeof(uint32_t));

    return (table->slots == NULL || commit->keys == NULL
            || commit->refs == NULL) ? CRM_ERROR : CRM_OK;
}


static void
crm_resp_keys_add(crm_resp_keys_t *table, const crm_str_t *key)
{
    uint32_t            at, number;
    crm_resp_commit_t  *commit = table->commit;

    at = (uint32_t) crm_hash64(key->data, key->len) & table->mask;

    for ( ;; ) {
        number = table->slots[at];

        if (number == 0) {
            commit->keys[commit->nkeys++] = *key;
            number = commit->nkeys;
            table->slots[at] = number;
            break;
        }

        if (crm_str_eq(&commit->keys[number - 1], key)) {
            break;
        }

        at = (at + 1) & table->mask;
    }

    commit->refs[commit->nrefs++] = number;
}


u_char *
crm_resp_commit(u_char *p, const crm_resp_commit_t *commit)
{
    unsigned            i, j, keys;
    const uint32_t     *ref = commit->refs;
    const crm_ops_t    *ops = commit->ops;
    const crm_check_t  *check;
    const crm_write_t  *write;

    p = crm_resp_number(p, '*', commit->argc);
    p = crm_resp_bulk(p, &crm_str("FCALL"));
    p = crm_resp_bulk(p, &commit->function);
    p = crm_resp_bulk_number(p, commit->nkeys);

    for (i = 0; i < commit->nkeys; i++) {
        p = crm_resp_bulk(p, &commit->keys[i]);
    }

    p = crm_resp_bulk_number(p, ops->nchecks);

    for (i = 0; i < ops->nchecks; i++) {
        check = &ops->checks[i];

        p = crm_resp_bulk_number(p, check->type);
        p = crm_resp_bulk_number(p, *ref++);
        p = crm_resp_bulk(p, &check->field);
        p = crm_resp_bulk(p, &check->value);
    }

    for (i = 0; i < ops->nwrites; i++) {
        write = &ops->writes[i];
        keys = crm_resp_write_refs(write);

        p = crm_resp_bulk_number(p, write->argc);
        p = crm_resp_bulk(p, &write->argv[0]);

        for (j = 1; j < write->argc; j++) {
            p = (j <= keys) ? crm_resp_bulk_number(p, *ref++)
                            : crm_resp_bulk(p, &write->argv[j]);
        }
    }

    return p;
}


crm_resp_error_t
crm_resp_error(const crm_str_t *text)
{
    const crm_resp_prefix_t  *p;

    for (p = crm_resp_prefixes; p->text.len != 0; p++) {

        if (text->len >= p->text.len
            && memcmp(text->data, p->text.data, p->text.len) == 0
            && (text->len == p->text.len || text->data[p->text.len] == ' '))
        {
            return p->class;
        }
    }

    return CRM_RESP_FAULT;
}


/*
 * "ERR unknown command 'AUTH', with args beginning with: 'secret'" is what a
 * Redis with renamed commands says.
 */

crm_str_t
crm_resp_error_text(const crm_str_t *text)
{
    size_t                  i;
    crm_str_t               part;
    static const crm_str_t  tail = crm_string(", with args");

    part = *text;

    for (i = 0; i + tail.len <= part.len; i++) {

        if (memcmp(part.data + i, tail.data, tail.len) == 0) {
            part.len = i;
            break;
        }
    }

    if (part.len > 200) {
        part.len = 200;
    }

    return part;
}
