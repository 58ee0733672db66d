/*
 * Entries that are asked for, entries that are there, and what is said and
 * done about the difference; see crm_check_int.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include "crm_check_int.h"
#include "crm_digest.h"
#include "crm_text.h"


#define CRM_CHECK_SAMPLE_MAX  300       /* bytes */


static ngx_int_t crm_check_mended(crm_flow_t *f);


/* how an entry of each type is written, and taken away */

static const struct {
    const char  *add;
    const char  *remove;
} crm_check_commands[] = {
    [CRM_IX_ZSET] = { "ZADD", "ZREM" },
    [CRM_IX_BIT] = { "SETBIT", "SETBIT" },
    [CRM_IX_COUNT] = { NULL, "HDEL" },
    [CRM_IX_FIELD] = { "HSET", "HDEL" },
    [CRM_IX_SET] = { "SADD", "SREM" },
    [CRM_IX_ROW] = { "SETRANGE", "SETRANGE" }
};


/* members end in a control character and an id; Redis may hold anything */

static crm_str_t
crm_check_sample(crm_arena_t *a, const char *text, size_t len)
{
    size_t     i;
    ngx_uint_t plain;
    crm_str_t  s;

    if (crm_arena_dup(a, &s, text, len) != CRM_OK) {
        return (crm_str_t) crm_null_string;
    }

    plain = !crm_utf8_valid(&s);

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < ' ' || s.data[i] == 0x7f) {
            s.data[i] = ' ';

        } else if (plain && s.data[i] > 0x7f) {
            s.data[i] = '?';
        }
    }

    return s;
}


void
crm_check_fault(crm_checker_t *c, uint64_t hash, const char *fmt, ...)
{
    int         n;
    char        text[CRM_CHECK_SAMPLE_MAX];
    va_list     args;
    uint64_t   *known;
    crm_str_t   sample;

    known = crm_hashes_add(&c->faults, hash);

    if (known != NULL && (*known & 1)) {
        return;                             /* said before in this round */
    }

    if (known != NULL) {
        *known |= 1;
    }

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    sample = crm_check_sample(&c->arena, text,
                              ngx_min(ngx_max(n, 0),
                                      CRM_CHECK_SAMPLE_MAX - 1));

    c->nfaults++;

    if (c->nsamples < CRM_CHECK_SAMPLES) {
        c->sample[c->nsamples++] = sample;
    }

    if (crm_hashes_find(&c->before, hash) == NULL) {
        return;
    }

    c->nconfirmed++;

    if (c->nsure < CRM_CHECK_SAMPLES) {
        c->confirmed[c->nsure++] = sample;
    }
}


crm_str_t
crm_check_key(crm_flow_t *f, const crm_str_t *name)
{
    return crm_arena_printf(&f->arena, "%.*s%.*s",
                            (int) f->tenant->prefix.len,
                            f->tenant->prefix.data, (int) name->len,
                            name->data);
}


void
crm_check_put(crm_flow_t *f, const char *command, const crm_str_t *name,
    crm_str_t a, crm_str_t b)
{
    crm_checker_t  *c = crm_checker(f);

    if (c->repair) {
        crm_ops_put(&c->ops, command, crm_check_key(f, name), a, b,
                    (crm_str_t) crm_null_string);
    }
}


/*
 * What was found holds while nobody writes; should somebody have written,
 * the round is over and nothing is mended.
 */

ngx_int_t
crm_check_mend(crm_flow_t *f)
{
    crm_checker_t  *c = crm_checker(f);

    if (c->ops.nwrites == 0) {
        return NGX_OK;
    }

    crm_ops_check(&c->ops, CRM_CHECK_FIELD_EQ, f->tenant->root,
                  crm_str("writes"), c->mark.writes);
    crm_ops_check(&c->ops, CRM_CHECK_FIELD_EQ, f->tenant->root,
                  crm_str("conf"), c->mark.conf);

    if (c->ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &c->ops);

    return crm_flow_wait(f, crm_check_mended);
}


static ngx_int_t
crm_check_mended(crm_flow_t *f)
{
    ngx_uint_t      failed;
    crm_checker_t  *c = crm_checker(f);

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        c->mended += c->ops.nwrites;
        return NGX_OK;

    case NGX_DECLINED:
        c->moved = 1;
        c->phase = crm_check_end;
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


static int64_t
crm_check_number(const crm_str_t *text)
{
    int64_t  num;

    return crm_str_int(text, &num) == CRM_OK ? num : 0;
}


/* the tally of one field of a counter that differs */

static crm_tally_key_t *
crm_check_counter(crm_flow_t *f, const crm_tally_key_t *key,
    const crm_str_t *field)
{
    crm_str_t       name;
    crm_checker_t  *c = crm_checker(f);

    name = crm_arena_printf(&f->arena, "%.*s\n%.*s", (int) key->name.len,
                            key->name.data, (int) field->len, field->data);

    return name.data == NULL ? NULL : crm_tally_get(&c->counts, &name);
}


static ngx_int_t
crm_check_want_tally(crm_flow_t *f, const crm_check_entry_t *e)
{
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key;

    key = crm_tally_get(&c->tally, &e->name);
    if (key == NULL) {
        return NGX_ERROR;
    }

    key->type = e->type;

    if (e->type == CRM_IX_COUNT) {
        key->sum += crm_hash64(e->member.data, e->member.len)
                    * (uint64_t) crm_check_number(&e->value);
        return NGX_OK;
    }

    key->n++;
    key->sum += crm_check_hash(&e->member, &e->value);

    return NGX_OK;
}


static ngx_int_t
crm_check_want_detail(crm_flow_t *f, const crm_check_entry_t *e,
    const crm_tally_key_t *key)
{
    int64_t           delta;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *counter;

    if (e->type != CRM_IX_COUNT) {
        return crm_hashes_add(&c->wanted,
                              crm_check_mix(key->hash,
                                            crm_check_hash(&e->member,
                                                           &e->value)))
               != NULL ? NGX_OK : NGX_ERROR;
    }

    counter = crm_check_counter(f, key, &e->member);
    if (counter == NULL) {
        return NGX_ERROR;
    }

    delta = crm_check_number(&e->value);

    counter->n += delta;
    counter->sum += (uint64_t) delta;

    return NGX_OK;
}


static void
crm_check_lacking(crm_flow_t *f, const crm_check_entry_t *e,
    const crm_tally_key_t *key)
{
    uint64_t        hash, *known;
    crm_str_t       none = crm_null_string;
    crm_checker_t  *c = crm_checker(f);

    hash = crm_check_mix(key->hash, crm_check_hash(&e->member, &e->value));
    known = crm_hashes_find(&c->wanted, hash);

    if (e->type == CRM_IX_COUNT || known == NULL || (*known & 1)) {
        return;
    }

    *known |= 1;

    crm_check_fault(c, hash, "%.*s lacks %s %lld", (int) e->name.len,
                    e->name.data, e->whose, (long long) e->id);

    switch (e->type) {

    case CRM_IX_ZSET:
        crm_check_put(f, "ZADD", &e->name, e->value, e->member);
        break;

    case CRM_IX_BIT:
        crm_check_put(f, "SETBIT", &e->name, e->member, crm_str("1"));
        break;

    case CRM_IX_FIELD:
        crm_check_put(f, "HSET", &e->name, e->member, e->value);
        break;

    case CRM_IX_ROW:
        crm_check_put(f, "SETRANGE", &e->name, e->member, e->value);
        break;

    default:
        crm_check_put(f, crm_check_commands[e->type].add, &e->name,
                      e->member, none);
    }
}


ngx_int_t
crm_check_want(crm_flow_t *f, const crm_check_entry_t *e)
{
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key;

    if (c->mode == CRM_CHECK_TALLY) {
        return crm_check_want_tally(f, e);
    }

    key = crm_tally_find(&c->tally, &e->name);

    if (key == NULL || !key->bad) {
        return NGX_OK;
    }

    if (c->mode == CRM_CHECK_DETAIL) {
        return crm_check_want_detail(f, e, key);
    }

    crm_check_lacking(f, e, key);

    return NGX_OK;
}


static void
crm_check_have_tally(crm_check_reader_t *reader, crm_tally_key_t *key,
    const crm_str_t *member, const crm_str_t *value)
{
    int64_t  num;

    if (reader->type != CRM_IX_COUNT) {
        key->n--;
        key->sum -= crm_check_hash(member, value);
        return;
    }

    if (crm_str_int(value, &num) != CRM_OK) {
        key->bad = 1;
        return;
    }

    key->sum -= crm_hash64(member->data, member->len) * (uint64_t) num;
}


/* what stands behind key and member in the command that takes it away */

static crm_str_t
crm_check_nothing(crm_ix_type_t type, const crm_str_t *value)
{
    crm_str_t  zeros, none = crm_null_string;

    static const u_char  zero[CRM_IX_ROW_MAX];

    if (type == CRM_IX_ROW) {
        zeros.data = (u_char *) zero;
        zeros.len = ngx_min(value->len, CRM_IX_ROW_MAX);
        return zeros;
    }

    return type == CRM_IX_BIT ? crm_str("0") : none;
}


static void
crm_check_surplus(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_tally_key_t *key, uint64_t hash, const crm_str_t *member,
    const crm_str_t *value)
{
    crm_str_t       copy, shown;
    crm_checker_t  *c = crm_checker(f);

    /* a row is no text */

    shown = reader->type == CRM_IX_ROW ? crm_str("") : *value;

    crm_check_fault(c, hash, "%.*s has %s%.*s%s%.*s, which no record asks "
                    "for", (int) key->name.len, key->name.data,
                    reader->type == CRM_IX_BIT ? "bit "
                    : reader->type == CRM_IX_ROW ? "a row at " : "",
                    (int) member->len, member->data,
                    shown.len > 0 ? " with " : "", (int) shown.len,
                    shown.data);

    if (crm_arena_dup(&f->arena, &copy, member->data, member->len) != CRM_OK) {
        c->ops.failed = 1;
        return;
    }

    crm_check_put(f, crm_check_commands[reader->type].remove, &key->name,
                  copy, crm_check_nothing(reader->type, value));

    /* the next window begins earlier by what is taken away from this one */

    if (c->repair && reader->type == CRM_IX_ZSET) {
        reader->at--;
    }
}


ngx_int_t
crm_check_have(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_str_t *member, const crm_str_t *value)
{
    int64_t           num;
    uint64_t          hash, *known;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key = &c->tally.key[reader->key], *counter;

    if (c->mode == CRM_CHECK_TALLY) {
        crm_check_have_tally(reader, key, member, value);
        return NGX_OK;
    }

    hash = crm_check_mix(key->hash, crm_check_hash(member, value));

    if (reader->type == CRM_IX_COUNT && crm_str_int(value, &num) == CRM_OK) {
        counter = crm_check_counter(f, key, member);

        if (counter == NULL) {
            return NGX_ERROR;
        }

        counter->n -= num;
        return NGX_OK;
    }

    known = crm_hashes_find(&c->wanted, hash);

    if (known == NULL) {
        crm_check_surplus(f, reader, key, hash, member, value);
        return NGX_OK;
    }

    if (!(*known & 1)) {
        *known |= 1;
        c->nmatched++;
    }

    return NGX_OK;
}
