/*
 * RESP: commands and commits into bytes, error texts into classes.
 *
 * Pure: no I/O, no nginx, no hiredis, so that it is tested alone.  Must not
 * know what the commit function does with a check or a write, only how its
 * invocation is spelt (crm_commit_lua.h).
 */

#include "crm_resp.h"


/* "$", at most 10 digits, two line ends */
#define CRM_RESP_OVERHEAD  16


typedef struct {
    crm_str_t           text;
    crm_resp_error_t    class;
} crm_resp_prefix_t;


static u_char *crm_resp_number(u_char *p, u_char type, size_t n);
static u_char *crm_resp_bulk(u_char *p, const crm_str_t *s);
static u_char *crm_resp_bulk_number(u_char *p, size_t n);
static unsigned crm_resp_keys(const crm_write_t *write);
static unsigned crm_resp_run(const crm_ops_t *ops, unsigned i);
static u_char *crm_resp_commit_keys(u_char *p, const crm_ops_t *ops);
static u_char *crm_resp_writes(u_char *p, const crm_ops_t *ops);


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
    { crm_string("ERR increment or decrement would overflow"),
      CRM_RESP_OVERFLOW },
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
    crm_str_t function)
{
    unsigned            i, j;
    const crm_write_t  *write;

    commit->ops = ops;
    commit->function = function;
    commit->nkeys = ops->nchecks;
    commit->argc = 4 + 3 * ops->nchecks;
    commit->size = function.len;

    for (i = 0; i < ops->nchecks; i++) {
        commit->size += ops->checks[i].key.len + ops->checks[i].field.len
                        + ops->checks[i].value.len;
    }

    for (i = 0; i < ops->nwrites; i++) {
        write = &ops->writes[i];

        if (write->argc < 2) {
            return CRM_DECLINED;
        }

        for (j = 0; j < write->argc; j++) {
            commit->size += write->argv[j].len;
        }

        commit->nkeys += crm_resp_keys(write);
        commit->argc += write->argc - 1 - crm_resp_keys(write);
    }

    for (i = 0; i < ops->nwrites; i += crm_resp_run(ops, i)) {
        commit->argc += 3;
    }

    /* numbers have up to 10 digits, and so has each argument's length */

    commit->argc += commit->nkeys;
    commit->size += (CRM_RESP_OVERHEAD + 10) * (size_t) (commit->argc + 1);

    return CRM_OK;
}


/* how many words behind the command are keys */

static unsigned
crm_resp_keys(const crm_write_t *write)
{
    return (write->argc == 3 && crm_str_is(&write->argv[0], "RENAME"))
           || (write->argc == 5 && crm_str_is(&write->argv[0], "ZGROUP"))
           ? 2 : 1;
}


/* how many writes, from this one, have its command and as many words */

static unsigned
crm_resp_run(const crm_ops_t *ops, unsigned i)
{
    unsigned            n;
    const crm_write_t  *write, *first = &ops->writes[i];

    for (n = 1; i + n < ops->nwrites; n++) {
        write = &ops->writes[i + n];

        if (write->argc != first->argc
            || !crm_str_eq(&write->argv[0], &first->argv[0]))
        {
            break;
        }
    }

    return n;
}


u_char *
crm_resp_commit(u_char *p, const crm_resp_commit_t *commit)
{
    unsigned            i;
    const crm_ops_t    *ops = commit->ops;
    const crm_check_t  *check;

    p = crm_resp_number(p, '*', commit->argc);
    p = crm_resp_bulk(p, &crm_str("FCALL"));
    p = crm_resp_bulk(p, &commit->function);
    p = crm_resp_bulk_number(p, commit->nkeys);
    p = crm_resp_commit_keys(p, ops);
    p = crm_resp_bulk_number(p, ops->nchecks);

    for (i = 0; i < ops->nchecks; i++) {
        check = &ops->checks[i];

        p = crm_resp_bulk_number(p, check->type);
        p = crm_resp_bulk(p, &check->field);
        p = crm_resp_bulk(p, &check->value);
    }

    return crm_resp_writes(p, ops);
}


static u_char *
crm_resp_commit_keys(u_char *p, const crm_ops_t *ops)
{
    unsigned            i, j;
    const crm_write_t  *write;

    for (i = 0; i < ops->nchecks; i++) {
        p = crm_resp_bulk(p, &ops->checks[i].key);
    }

    for (i = 0; i < ops->nwrites; i++) {
        write = &ops->writes[i];

        for (j = 1; j <= crm_resp_keys(write); j++) {
            p = crm_resp_bulk(p, &write->argv[j]);
        }
    }

    return p;
}


static u_char *
crm_resp_writes(u_char *p, const crm_ops_t *ops)
{
    unsigned            i, j, last, keys;
    const crm_write_t  *write;

    for (i = 0, last = 0; i < ops->nwrites; i++) {
        write = &ops->writes[i];
        keys = crm_resp_keys(write);

        if (i == last) {
            last += crm_resp_run(ops, i);

            p = crm_resp_bulk(p, &write->argv[0]);
            p = crm_resp_bulk_number(p, write->argc - 1 - keys);
            p = crm_resp_bulk_number(p, last - i);
        }

        for (j = 1 + keys; j < write->argc; j++) {
            p = crm_resp_bulk(p, &write->argv[j]);
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
