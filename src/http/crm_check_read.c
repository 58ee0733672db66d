/*
 * The tenant's indexes as they are: some keys side by side, each in windows
 * that Redis answers quickly; see crm_check_int.h.
 */

#include "crm_check_int.h"
#include "crm_row.h"


/* most keys are small: the first window is narrow, so that many fit into a
   slice, those that follow are wide */
#define CRM_CHECK_BUDGET      64
#define CRM_CHECK_WIDE        4         /* of the budget */
#define CRM_CHECK_ZSET_FIRST  64        /* members */
#define CRM_CHECK_ZSET_NEXT   500
#define CRM_CHECK_BITS_FIRST  4096      /* bytes of a bitmap */
#define CRM_CHECK_BITS_NEXT   32768
#define CRM_CHECK_ROWS_FIRST  (80 * CRM_ROW_SIZE)       /* bytes of rows */
#define CRM_CHECK_ROWS_NEXT   (640 * CRM_ROW_SIZE)
#define CRM_CHECK_HASH        "500"

/* counters corrected in one slice */
#define CRM_CHECK_COUNTERS  200


static ngx_int_t crm_check_typed(crm_flow_t *f);
static ngx_int_t crm_check_got(crm_flow_t *f);


static const struct {
    const char     *name;
    crm_ix_type_t   type;               /* how it is read */
} crm_check_types[] = {
    { "zset", CRM_IX_ZSET },
    { "string", CRM_IX_BIT },
    { "hash", CRM_IX_COUNT },
    { "set", CRM_IX_SET }
};


/*
 * In detail only keys that differ: groups after the keys that they follow
 * from, which are read once more for what groups lack.
 */

static ngx_uint_t
crm_check_is_read(crm_checker_t *c, const crm_tally_key_t *key)
{
    int  part;

    if (c->mode == CRM_CHECK_TALLY) {
        return 1;
    }

    part = crm_check_dup_part(&key->name);

    if (c->mode == CRM_CHECK_LACKING) {
        return key->bad && part == CRM_DUP_OPEN;
    }

    return key->bad && (part == 'g') == (c->part == 1);
}


/* the keys of the next window */

static void
crm_check_fill(crm_checker_t *c)
{
    crm_check_reader_t  *reader;

    c->nreaders = 0;

    while (c->at < c->tally.n && c->nreaders < CRM_CHECK_WINDOW) {

        if (crm_check_is_read(c, &c->tally.key[c->at])) {
            reader = &c->reader[c->nreaders++];

            ngx_memzero(reader, sizeof(crm_check_reader_t));
            reader->key = c->at;
            reader->cursor = crm_str("0");
        }

        c->at++;
    }
}


/* every key that differs is looked at entry by entry; where none does, all
   is well */

static void
crm_check_compare(crm_checker_t *c)
{
    uint32_t          i, bad;
    crm_tally_key_t  *key;

    for (bad = 0, i = 0; i < c->tally.n; i++) {
        key = &c->tally.key[i];

        if (key->n != 0 || key->sum != 0) {
            key->bad = 1;
        }

        bad += key->bad;
    }

    crm_check_dup_compare(c);

    c->mode = CRM_CHECK_DETAIL;
    c->part = 0;
    c->at = 0;
    c->phase = bad > 0 ? crm_check_walk : crm_check_end;
}


static void
crm_check_was_read(crm_checker_t *c)
{
    if (c->mode == CRM_CHECK_TALLY) {
        crm_check_compare(c);
        return;
    }

    c->at = 0;

    if (c->mode == CRM_CHECK_LACKING) {
        c->phase = crm_check_end;

    } else if (c->part == 0 && c->groups) {
        c->part = 1;

    } else {
        c->phase = crm_check_counters;
    }
}


/* members or bytes of the next window */

static int64_t
crm_check_width(const crm_check_reader_t *reader)
{
    if (reader->type == CRM_IX_ZSET) {
        return reader->begun ? CRM_CHECK_ZSET_NEXT : CRM_CHECK_ZSET_FIRST;
    }

    if (reader->type == CRM_IX_ROW) {
        return reader->begun ? CRM_CHECK_ROWS_NEXT : CRM_CHECK_ROWS_FIRST;
    }

    return reader->begun ? CRM_CHECK_BITS_NEXT : CRM_CHECK_BITS_FIRST;
}


static void
crm_check_read_ask(crm_flow_t *f, crm_check_reader_t *reader)
{
    crm_str_t               argv[6];
    crm_checker_t          *c = crm_checker(f);
    const crm_tally_key_t  *key = &c->tally.key[reader->key];

    argv[1] = crm_check_key(f, &key->name);

    switch (reader->type) {

    case CRM_IX_ZSET:
        argv[0] = crm_str("ZRANGE");
        argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) reader->at);
        argv[3] = crm_arena_printf(&f->arena, "%lld", (long long)
                                   (reader->at + crm_check_width(reader)
                                    - 1));
        argv[4] = crm_str("WITHSCORES");
        crm_flow_cmd(f, 5, argv);
        return;

    case CRM_IX_BIT:
    case CRM_IX_ROW:
        argv[0] = crm_str("GETRANGE");
        argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) reader->at);
        argv[3] = crm_arena_printf(&f->arena, "%lld", (long long)
                                   (reader->at + crm_check_width(reader)
                                    - 1));
        crm_flow_cmd(f, 4, argv);
        return;

    default:
        break;
    }

    argv[0] = reader->type == CRM_IX_SET ? crm_str("SSCAN")
                                         : crm_str("HSCAN");
    argv[2] = reader->cursor;
    argv[3] = crm_str("COUNT");
    argv[4] = crm_str(CRM_CHECK_HASH);

    /* of the root hash the tokens alone follow from records */

    if (crm_str_is(&key->name, "tenant")) {
        argv[3] = crm_str("MATCH");
        argv[4] = crm_str("[kc]:*");
    }

    crm_flow_cmd(f, 5, argv);
}


ngx_int_t
crm_check_read(crm_flow_t *f)
{
    crm_str_t            none = crm_null_string;
    ngx_uint_t           i, n;
    crm_checker_t       *c = crm_checker(f);
    crm_check_reader_t  *reader;

    for (n = 0, i = 0; i < c->nreaders && n < CRM_CHECK_BUDGET; i++) {
        reader = &c->reader[i];

        if (!reader->done) {
            crm_check_read_ask(f, reader);
            reader->asked = 1;
            n += reader->begun ? CRM_CHECK_WIDE : 1;
        }
    }

    if (n > 0) {
        return crm_flow_wait(f, crm_check_got);
    }

    crm_check_fill(c);

    if (c->nreaders == 0) {
        crm_check_was_read(c);
        return NGX_OK;
    }

    for (i = 0; i < c->nreaders; i++) {
        crm_flow_call(f, "TYPE",
                      crm_check_key(f, &c->tally.key[c->reader[i].key].name),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_check_typed);
}


/* a key that is as a whole what it should not be: no need to read it */

static void
crm_check_whole(crm_flow_t *f, crm_tally_key_t *key, const crm_str_t *type)
{
    crm_str_t       none = crm_null_string;
    crm_checker_t  *c = crm_checker(f);

    key->bad = 1;

    if (c->mode == CRM_CHECK_TALLY) {
        return;
    }

    if (key->type == CRM_CHECK_NO_TYPE) {
        crm_check_fault(c, crm_check_mix(key->hash, 'K'),
                        "%.*s is there, but follows from no record",
                        (int) key->name.len, key->name.data);
    } else {
        crm_check_fault(c, crm_check_mix(key->hash, 'K'),
                        "%.*s has the type %.*s", (int) key->name.len,
                        key->name.data, (int) type->len, type->data);
    }

    crm_check_put(f, "DEL", &key->name, none, none);
}


static void
crm_check_type(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_str_t *type)
{
    ngx_uint_t        i;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key = &c->tally.key[reader->key];

    reader->done = 1;

    if (crm_str_is(type, "none")) {
        return;
    }

    reader->type = CRM_CHECK_NO_TYPE;

    for (i = 0; i < sizeof(crm_check_types) / sizeof(crm_check_types[0]);
         i++)
    {
        if (crm_str_is(type, crm_check_types[i].name)) {
            reader->type = crm_check_types[i].type;
        }
    }

    if (reader->type == CRM_IX_COUNT && key->type == CRM_IX_FIELD) {
        reader->type = CRM_IX_FIELD;
    }

    if (reader->type == CRM_IX_BIT && key->type == CRM_IX_ROW) {
        reader->type = CRM_IX_ROW;
    }

    /* what nobody asks for is well where nothing is in it: cleared bits,
       counters at 0 */

    if (key->type == CRM_CHECK_NO_TYPE
        ? c->mode == CRM_CHECK_TALLY
          && (reader->type == CRM_IX_BIT || reader->type == CRM_IX_COUNT)
        : key->type == reader->type)
    {
        reader->done = 0;
        return;
    }

    crm_check_whole(f, key, type);
}


static ngx_int_t
crm_check_typed(crm_flow_t *f)
{
    ngx_uint_t      i;
    crm_checker_t  *c = crm_checker(f);

    for (i = 0; i < c->nreaders; i++) {
        crm_check_type(f, &c->reader[i], &f->reply[i].str);
    }

    return crm_check_mend(f);
}


static ngx_int_t
crm_check_zset(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_reply_t *reply)
{
    uint32_t        i;
    ngx_uint_t      groups;
    crm_checker_t  *c = crm_checker(f);

    groups = crm_check_dup_part(&c->tally.key[reader->key].name)
             == CRM_DUP_OPEN;

    reader->done = reply->n / 2 < crm_check_width(reader);
    reader->at += reply->n / 2;

    for (i = 0; i + 1 < reply->n; i += 2) {

        if (groups && crm_check_dup_run(f, reader, &reply->item[i + 1].str)
                      != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (c->mode == CRM_CHECK_LACKING) {
            continue;
        }

        if (crm_check_have(f, reader, &reply->item[i].str,
                           &reply->item[i + 1].str)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return groups && reader->done ? crm_check_dup_run(f, reader, NULL)
                                  : NGX_OK;
}


static ngx_int_t
crm_check_bits(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_reply_t *reply)
{
    int         bit;
    size_t      i;
    crm_str_t   member, none = crm_str("");
    u_char      buf[NGX_INT64_LEN + 1];

    member.data = buf;

    for (i = 0; i < reply->str.len; i++) {

        for (bit = 0; reply->str.data[i] != 0 && bit < 8; bit++) {

            if (!(reply->str.data[i] & (0x80 >> bit))) {
                continue;
            }

            member.len = crm_int_print(buf, (reader->at + (int64_t) i) * 8
                                            + bit) - buf;

            if (crm_check_have(f, reader, &member, &none) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    reader->done = (int64_t) reply->str.len < crm_check_width(reader);
    reader->at += reply->str.len;

    return NGX_OK;
}


static ngx_int_t
crm_check_rows(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_reply_t *reply)
{
    size_t     i;
    u_char     buf[NGX_INT64_LEN + 1];
    crm_str_t  member, row;

    static const u_char  zero[CRM_ROW_SIZE];

    member.data = buf;

    for (i = 0; i < reply->str.len; i += CRM_ROW_SIZE) {
        row.data = reply->str.data + i;
        row.len = ngx_min(CRM_ROW_SIZE, reply->str.len - i);

        if (ngx_memcmp(row.data, zero, row.len) == 0) {
            continue;
        }

        member.len = crm_int_print(buf, reader->at + (int64_t) i) - buf;

        if (crm_check_have(f, reader, &member, &row) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    reader->done = (int64_t) reply->str.len < crm_check_width(reader);
    reader->at += reply->str.len;

    return NGX_OK;
}


/* HSCAN and SSCAN: what they say twice does no harm in detail */

static ngx_int_t
crm_check_scanned_part(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_reply_t *reply)
{
    uint32_t            i, step;
    crm_str_t           none = crm_str("");
    const crm_reply_t  *items;

    if (reply->n != 2 || !crm_reply_is_array(&reply->item[1])
        || reply->item[0].str.len > sizeof(reader->buf))
    {
        return NGX_ERROR;
    }

    reader->cursor.data = reader->buf;
    reader->cursor.len = reply->item[0].str.len;
    ngx_memcpy(reader->buf, reply->item[0].str.data, reader->cursor.len);

    reader->done = crm_str_is(&reader->cursor, "0");

    items = &reply->item[1];
    step = reader->type == CRM_IX_SET ? 1 : 2;

    for (i = 0; i + step <= items->n; i += step) {
        if (crm_check_have(f, reader, &items->item[i].str,
                           step == 2 ? &items->item[i + 1].str : &none)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_check_got(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i, n;
    crm_checker_t       *c = crm_checker(f);
    const crm_reply_t   *reply;
    crm_check_reader_t  *reader;

    for (n = 0, i = 0; n < f->nreply; i++) {
        reader = &c->reader[i];

        if (!reader->asked) {
            continue;
        }

        reader->asked = 0;
        reply = &f->reply[n++];

        rc = reader->type == CRM_IX_ZSET ? crm_check_zset(f, reader, reply)
             : reader->type == CRM_IX_BIT ? crm_check_bits(f, reader, reply)
             : reader->type == CRM_IX_ROW ? crm_check_rows(f, reader, reply)
             : crm_check_scanned_part(f, reader, reply);

        if (rc != NGX_OK) {
            return rc;
        }

        reader->begun = 1;
    }

    return crm_check_mend(f);
}


/* counters that differ, field by field */

ngx_int_t
crm_check_counters(crm_flow_t *f)
{
    ngx_uint_t        n;
    crm_str_t         name, field;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *counter;

    for (n = 0; c->at < c->counts.n && n < CRM_CHECK_COUNTERS; c->at++) {
        counter = &c->counts.key[c->at];

        if (counter->n == 0) {
            continue;
        }

        name = counter->name;
        field.data = ngx_strlchr(name.data, name.data + name.len, '\n') + 1;
        field.len = name.data + name.len - field.data;
        name.len -= field.len + 1;

        crm_check_fault(c, crm_check_mix(counter->hash,
                                         (uint64_t) counter->n),
                        "%.*s has %.*s at %lld instead of %lld",
                        (int) name.len, name.data, (int) field.len,
                        field.data,
                        (long long) ((int64_t) counter->sum - counter->n),
                        (long long) counter->sum);

        crm_check_put(f, "HINCRBY", &name, field,
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) counter->n));
        n++;
    }

    if (c->at == c->counts.n) {
        c->part = 0;
        c->at = 0;
        c->mode = CRM_CHECK_LACKING;
        c->phase = c->nmatched < c->wanted.n ? crm_check_walk
                                             : crm_check_end;
    }

    return crm_check_mend(f);
}
