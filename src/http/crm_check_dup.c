/*
 * Duplicate keys in the checker (crm_dup.h); see crm_check_int.h.
 *
 * Entries of a generation that is being built, and those of one that is being
 * swept away, are on their way: nothing can be said of them.  Groups follow
 * from the entries of open leads, which their sorted sets hold side by side.
 */

#include "crm_check_int.h"


ngx_int_t
crm_check_dup_gone(crm_checker_t *c, const crm_reply_t *reply)
{
    uint32_t  i;

    c->gone.n = 0;

    if (!crm_reply_is_array(reply)) {
        return NGX_ERROR;
    }

    c->gone.str = crm_arena_alloc(&c->arena,
                                  (reply->n + 1) * sizeof(crm_str_t));
    if (c->gone.str == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        if (crm_arena_dup(&c->arena, &c->gone.str[c->gone.n++],
                          reply->item[i].str.data, reply->item[i].str.len)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* "7:19" of "d:7:19:o:3", and what stands behind; 0: another name */

static ngx_uint_t
crm_check_dup_split(const crm_str_t *name, crm_str_t *gen, crm_str_t *rest)
{
    size_t      i;
    ngx_uint_t  colons;

    if (name->len < 2 || ngx_memcmp(name->data, "d:", 2) != 0) {
        return 0;
    }

    gen->data = name->data + 2;

    for (colons = 0, i = 2; i < name->len; i++) {

        if (name->data[i] == ':' && ++colons == 2) {
            gen->len = i - 2;
            rest->data = name->data + i + 1;
            rest->len = name->len - i - 1;
            return rest->len > 0;
        }
    }

    return 0;
}


/* the rule of a generation; NULL: there is none */

static const crm_dup_rule_t *
crm_check_dup_rule(crm_flow_t *f, const crm_str_t *gen)
{
    u_char                *colon;
    int64_t                id, number;
    unsigned               i;
    crm_str_t              text;
    const crm_dup_rule_t  *rule;

    colon = memchr(gen->data, ':', gen->len);

    text.data = gen->data;
    text.len = (size_t) (colon - gen->data);

    if (crm_str_int(&text, &id) != CRM_OK) {
        return NULL;
    }

    text.data = colon + 1;
    text.len = gen->len - text.len - 1;

    if (crm_str_int(&text, &number) != CRM_OK) {
        return NULL;
    }

    for (i = 0; i < f->conf->ndup; i++) {
        rule = &f->conf->dup[i];

        if (rule->id == id && rule->gen == number) {
            return rule;
        }
    }

    return NULL;
}


ngx_uint_t
crm_check_dup_known(crm_flow_t *f, const crm_str_t *name)
{
    crm_str_t  gen, rest;

    return f->conf != NULL && crm_check_dup_part(name) == 'g'
           && crm_check_dup_split(name, &gen, &rest) && rest.len == 1
           && crm_check_dup_rule(f, &gen) != NULL;
}


ngx_uint_t
crm_check_dup_ignored(crm_flow_t *f, const crm_str_t *name)
{
    unsigned               i;
    crm_str_t              gen, rest;
    crm_checker_t         *c = crm_checker(f);
    const crm_dup_rule_t  *rule;

    if (crm_str_is(name, "d:gone")) {
        return 1;
    }

    if (!crm_check_dup_split(name, &gen, &rest)) {
        return 0;
    }

    if (f->conf == NULL) {
        return 1;
    }

    for (i = 0; i < c->gone.n; i++) {
        if (crm_str_eq(&c->gone.str[i], &gen)) {
            return 1;
        }
    }

    rule = crm_check_dup_rule(f, &gen);

    return rule != NULL && !rule->complete;
}


int
crm_check_dup_part(const crm_str_t *name)
{
    crm_str_t  gen, rest;

    if (!crm_check_dup_split(name, &gen, &rest)) {
        return 0;
    }

    return rest.data[0] == CRM_DUP_OPEN || rest.data[0] == 'g'
           ? rest.data[0] : 0;
}


void
crm_check_dup_compare(crm_checker_t *c)
{
    uint32_t    i, k;
    crm_str_t   groups, gen, rest;

    for (i = 0; i < c->tally.n; i++) {

        if (!c->tally.key[i].bad
            || crm_check_dup_part(&c->tally.key[i].name) != 'g')
        {
            continue;
        }

        c->groups = 1;
        (void) crm_check_dup_split(&c->tally.key[i].name, &groups, &rest);

        for (k = 0; k < c->tally.n; k++) {
            if (crm_check_dup_part(&c->tally.key[k].name) == CRM_DUP_OPEN
                && crm_check_dup_split(&c->tally.key[k].name, &gen, &rest)
                && crm_str_eq(&gen, &groups))
            {
                c->tally.key[k].bad = 1;
            }
        }
    }
}


/* the group that has just ended */

static ngx_int_t
crm_check_dup_group(crm_flow_t *f, crm_check_reader_t *reader)
{
    crm_str_t            gen, rest;
    crm_checker_t       *c = crm_checker(f);
    crm_check_entry_t    e;

    if (reader->nrun < 2) {
        return NGX_OK;
    }

    (void) crm_check_dup_split(&c->tally.key[reader->key].name, &gen, &rest);

    e.type = CRM_IX_ZSET;
    e.name = crm_arena_printf(&f->arena, "d:%.*s:g", (int) gen.len, gen.data);
    e.member.data = reader->run;
    e.member.len = reader->run_len;
    e.whose = "the duplicates of key";
    e.id = 0;

    if (e.name.data == NULL
        || crm_arena_dup(&f->arena, &e.member, reader->run, reader->run_len)
           != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (crm_str_int(&e.member, &e.id) != CRM_OK) {
        return NGX_OK;                      /* said of the entry itself */
    }

    /* as the commit's ZGROUP has it */

    e.value = crm_arena_printf(&f->arena, "%lld",
                               ((long long) ngx_min(reader->nrun, 255) << 44)
                               + ((long long) e.id & ((1LL << 44) - 1)));

    return e.value.data != NULL ? crm_check_want(f, &e) : NGX_ERROR;
}


ngx_int_t
crm_check_dup_run(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_str_t *score)
{
    if (score != NULL && score->len == reader->run_len
        && ngx_memcmp(score->data, reader->run, score->len) == 0)
    {
        reader->nrun++;
        return NGX_OK;
    }

    if (crm_check_dup_group(f, reader) != NGX_OK) {
        return NGX_ERROR;
    }

    if (score != NULL && score->len <= sizeof(reader->run)) {
        reader->run_len = score->len;
        reader->nrun = 1;
        ngx_memcpy(reader->run, score->data, score->len);
    }

    return NGX_OK;
}
