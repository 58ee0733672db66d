/*
 * GET /duplicates (api.md, section 6): groups over the whole tenant, largest
 * first.
 *
 * Every rule has its keys in the order of the size of their groups
 * (P d:{rule}:{generation}:g); they are merged.  Keys with the same records
 * are one group, which is shown at the first of its rules.  A page is bounded
 * by the records that it looks at and by their size, and may be short.  It is
 * sorted by what its reader sees.
 */

#include "crm_dup_groups.h"
#include "crm_handlers.h"
#include "crm_list.h"
#include "crm_respond.h"


/* a score is size << 44 + 44 bits of the hash */
#define CRM_DUP_SIZE_SHIFT  44


static ngx_int_t crm_groups_begin(crm_flow_t *f);
static ngx_int_t crm_groups_round(crm_flow_t *f);
static ngx_int_t crm_groups_picked(crm_flow_t *f);
static ngx_int_t crm_groups_members(crm_flow_t *f);
static ngx_int_t crm_groups_loaded(crm_flow_t *f);
static ngx_int_t crm_groups_compared(crm_flow_t *f);
static ngx_int_t crm_groups_parts(crm_flow_t *f);
static ngx_int_t crm_groups_part_ids(crm_flow_t *f);
static ngx_int_t crm_groups_part_take(crm_flow_t *f);
static ngx_int_t crm_groups_collect(crm_flow_t *f);
static ngx_int_t crm_groups_finish(crm_flow_t *f);
static ngx_int_t crm_groups_answer(crm_flow_t *f);


typedef struct {
    crm_dup_query_t     query;
    crm_str_t           secret;         /* of its cursors */
    crm_dup_group_t    *group;          /* of this round */
    ngx_uint_t          ngroups;
    crm_dup_parts_t     parts;          /* other keys of those */
    crm_dup_group_t   **shown;
    ngx_uint_t          nshown;
    ngx_uint_t          looked;         /* records */
    size_t              bytes;          /* of those */
    ngx_uint_t          more;
} crm_groups_t;


ngx_int_t
crm_duplicates_groups(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_groups_t  *g;

    g = crm_arena_calloc(&f->arena, sizeof(crm_groups_t));
    if (g == NULL) {
        return NGX_ERROR;
    }

    f->data = g;

    rc = crm_dup_query(f, &g->query, 0);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    g->shown = crm_arena_alloc(&f->arena, g->query.query.limit
                                          * sizeof(crm_dup_group_t *));
    if (g->shown == NULL) {
        return NGX_ERROR;
    }

    crm_dup_seal_ask(f);

    return crm_flow_wait(f, crm_groups_begin);
}


static ngx_int_t
crm_groups_begin(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_groups_t  *g = f->data;

    rc = crm_dup_seal_take(f, &g->secret);

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? crm_flow_wait(f, crm_groups_begin) : rc;
    }

    if (!g->query.begun) {
        g->query.after.score = (int64_t) (CRM_DUP_COMMON + 1)
                               << CRM_DUP_SIZE_SHIFT;

    } else {
        rc = crm_dup_unseal(f, &g->secret, &g->query.after);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_groups_round(f);
}


/* ---- which ones --------------------------------------------------------- */

/* behind the last one: of equal scores the rules come by their ids */

static ngx_int_t
crm_groups_round(crm_flow_t *f)
{
    unsigned         k;
    crm_str_t        argv[8];
    ngx_uint_t       n;
    crm_groups_t    *g = f->data;
    crm_dup_rule_t  *rule;

    argv[0] = crm_str("ZREVRANGEBYSCORE");
    argv[3] = crm_arena_printf(&f->arena, "%lld",
                               2LL << CRM_DUP_SIZE_SHIFT);
    argv[4] = crm_str("WITHSCORES");
    argv[5] = crm_str("LIMIT");
    argv[6] = crm_str("0");
    argv[7] = crm_arena_printf(&f->arena, "%d", CRM_DUP_GROUP_BATCH + 1);

    for (n = 0, k = 0; k < f->conf->ndup; k++) {
        rule = &f->conf->dup[k];

        if (!rule->complete) {
            continue;
        }

        argv[1] = crm_dup_groups_key(&f->arena, &f->tenant->prefix, rule->id,
                                     rule->gen);
        argv[2] = crm_arena_printf(&f->arena, "%s%lld",
                                   rule->id > g->query.after.id ? "" : "(",
                                   (long long) g->query.after.score);
        crm_flow_cmd(f, 8, argv);
        n++;
    }

    g->ngroups = 0;

    return n > 0 ? crm_flow_wait(f, crm_groups_picked) : crm_groups_finish(f);
}


/* the next of the rules' lists; NULL: they are at their end */

static const crm_reply_t *
crm_groups_best(crm_flow_t *f, ngx_uint_t *at, unsigned *best)
{
    int64_t             score, top;
    unsigned            k, r;
    const crm_reply_t  *found;

    found = NULL;
    top = 0;

    for (r = 0, k = 0; k < f->conf->ndup; k++) {

        if (!f->conf->dup[k].complete) {
            continue;
        }

        if (2 * at[k] + 1 < f->reply[r].n
            && crm_str_int(&f->reply[r].item[2 * at[k] + 1].str, &score)
               == CRM_OK
            && score > top)
        {
            top = score;
            found = &f->reply[r].item[2 * at[k]];
            *best = k;
        }

        r++;
    }

    return found;
}


static ngx_int_t
crm_groups_picked(crm_flow_t *f)
{
    unsigned            k;
    crm_str_t           text;
    ngx_uint_t         *at, leads, room;
    crm_groups_t       *g = f->data;
    crm_dup_group_t    *one;
    const crm_reply_t  *entry;

    at = crm_arena_calloc(&f->arena, (f->conf->ndup + 1)
                                     * sizeof(ngx_uint_t));
    g->group = crm_arena_calloc(&f->arena, CRM_DUP_GROUP_BATCH
                                           * sizeof(crm_dup_group_t));
    if (at == NULL || g->group == NULL) {
        return NGX_ERROR;
    }

    g->more = 0;
    room = ngx_min(CRM_DUP_GROUP_LEADS, crm_list_room(g->bytes, g->looked));

    for (leads = 0; (entry = crm_groups_best(f, at, &k)) != NULL; at[k]++) {

        if (g->ngroups == CRM_DUP_GROUP_BATCH || leads >= room) {
            g->more = 1;
            break;
        }

        one = &g->group[g->ngroups++];
        one->rule = k;
        text = entry[0].str;

        if (crm_str_int(&text, &one->hash) != CRM_OK
            || crm_str_int(&entry[1].str, &one->score) != CRM_OK)
        {
            return NGX_ERROR;
        }

        leads += one->score >> CRM_DUP_SIZE_SHIFT;
    }

    if (g->ngroups == 0) {
        return crm_groups_finish(f);
    }

    for (k = 0; k < g->ngroups; k++) {
        one = &g->group[k];

        crm_dup_read_ids(f, crm_dup_bucket_key(&f->arena, &f->tenant->prefix,
                                               &f->conf->dup[one->rule],
                                               CRM_DUP_OPEN, one->hash),
                         one->hash);
    }

    return crm_flow_wait(f, crm_groups_members);
}


/* ---- what they are ------------------------------------------------------ */

static ngx_int_t
crm_groups_members(crm_flow_t *f)
{
    uint32_t          m;
    crm_str_t         none = crm_null_string;
    ngx_uint_t        i;
    crm_groups_t     *g = f->data;
    crm_dup_group_t  *one;

    for (i = 0; i < g->ngroups; i++) {
        one = &g->group[i];

        if (!crm_reply_is_array(&f->reply[i])) {
            return NGX_ERROR;
        }

        one->id = crm_arena_alloc(&f->arena, (f->reply[i].n + 1)
                                             * sizeof(int64_t));
        if (one->id == NULL) {
            return NGX_ERROR;
        }

        for (m = 0; m < f->reply[i].n; m++) {
            if (crm_str_int(&f->reply[i].item[m].str, &one->id[one->n])
                == CRM_OK)
            {
                crm_flow_call(f, "HGETALL",
                              crm_lead_key(&f->arena, &f->tenant->prefix,
                                           one->id[one->n++]),
                              none, none, none);
            }
        }

        g->looked += one->n;
    }

    f->nreply = 0;

    for (i = 0; i < g->ngroups; i++) {
        if (g->group[i].n > 0) {
            return crm_flow_wait(f, crm_groups_loaded);
        }
    }

    return crm_groups_loaded(f);
}


static ngx_int_t
crm_groups_loaded(crm_flow_t *f)
{
    ngx_uint_t          i, asked;
    crm_groups_t       *g = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < f->nreply; i++) {
        g->bytes += crm_list_bytes(&reply[i]);
    }

    for (asked = 0, i = 0; i < g->ngroups; i++) {

        if (crm_dup_group_take(f, &g->group[i], reply) != NGX_OK) {
            return NGX_ERROR;
        }

        reply += g->group[i].n;

        crm_dup_group_ask(f, &g->group[i], &asked);
    }

    return asked > 0 ? crm_flow_wait(f, crm_groups_compared)
                     : crm_groups_compared(f);
}


static ngx_int_t
crm_groups_compared(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_groups_t       *g = f->data;
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < g->ngroups; i++) {
        reply = crm_dup_group_compare(f, &g->group[i], reply);

        if (crm_dup_group_show(f, &g->group[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_groups_parts(f);
}


/* ---- those of which a part is shown ------------------------------------- */

/* the rest of the round is left to the next one, or to the next page */

static void
crm_groups_cut(crm_groups_t *g, ngx_uint_t n)
{
    if (n < g->ngroups) {
        g->ngroups = n;
        g->more = 1;
    }
}


static ngx_int_t
crm_groups_parts(crm_flow_t *f)
{
    ngx_uint_t     i, room;
    crm_groups_t  *g = f->data;

    g->parts.n = 0;
    g->parts.part = crm_arena_calloc(&f->arena, g->ngroups * f->conf->ndup
                                                * sizeof(crm_dup_part_t));
    if (g->parts.part == NULL) {
        return NGX_ERROR;
    }

    room = g->query.query.limit - g->nshown;

    for (i = 0; i < g->ngroups && room > 0; i++) {

        if (!g->group[i].shown) {
            continue;
        }

        if (crm_dup_part_ask(f, &g->group[i], &g->parts) != NGX_OK) {
            return NGX_ERROR;
        }

        room--;
    }

    crm_groups_cut(g, i);

    return g->parts.n > 0 ? crm_flow_wait(f, crm_groups_part_ids)
                          : crm_groups_collect(f);
}


static ngx_int_t
crm_groups_part_ids(crm_flow_t *f)
{
    ngx_uint_t     n, asked;
    crm_groups_t  *g = f->data;

    n = g->parts.n;

    if (crm_dup_part_ids(f, &g->parts, &asked) != NGX_OK) {
        return NGX_ERROR;
    }

    if (g->parts.n < n) {
        crm_groups_cut(g, g->parts.part[g->parts.n].of - g->group);
    }

    g->looked += asked;

    return asked > 0 ? crm_flow_wait(f, crm_groups_part_take)
                     : crm_groups_collect(f);
}


static ngx_int_t
crm_groups_part_take(crm_flow_t *f)
{
    ngx_uint_t     i;
    crm_groups_t  *g = f->data;

    for (i = 0; i < f->nreply; i++) {
        g->bytes += crm_list_bytes(&f->reply[i]);
    }

    return crm_dup_part_take(f, &g->parts) == NGX_OK ? crm_groups_collect(f)
                                                     : NGX_ERROR;
}


static ngx_int_t
crm_groups_collect(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_groups_t     *g = f->data;
    crm_dup_group_t  *one;

    for (i = 0; i < g->ngroups; i++) {
        one = &g->group[i];

        if (g->nshown == g->query.query.limit) {
            g->more = 1;
            break;
        }

        if (one->shown) {
            g->shown[g->nshown++] = one;
        }

        g->query.after.score = one->score;
        g->query.after.id = f->conf->dup[one->rule].id;
    }

    return g->more && g->nshown < g->query.query.limit
           && g->looked < CRM_DUP_GROUP_LOOKS && g->bytes < CRM_LIST_BYTES
           ? crm_groups_round(f) : crm_groups_finish(f);
}


/* ---- the page ----------------------------------------------------------- */

static int ngx_libc_cdecl
crm_groups_lead_cmp(const void *one, const void *two)
{
    const crm_record_t  *a = *(crm_record_t *const *) one;
    const crm_record_t  *b = *(crm_record_t *const *) two;

    return (crm_record_id(a) > crm_record_id(b))
           - (crm_record_id(a) < crm_record_id(b));
}


/* the size that the caller sees: that of the list counts hidden records, and
   those that are kept separate */

static int ngx_libc_cdecl
crm_groups_size_cmp(const void *one, const void *two)
{
    const crm_dup_group_t  *a = *(crm_dup_group_t *const *) one;
    const crm_dup_group_t  *b = *(crm_dup_group_t *const *) two;

    if (a->nleads != b->nleads) {
        return a->nleads < b->nleads ? 1 : -1;
    }

    if (a->score != b->score) {
        return a->score < b->score ? 1 : -1;
    }

    return (a->rule > b->rule) - (a->rule < b->rule);
}


static ngx_int_t
crm_groups_finish(crm_flow_t *f)
{
    ngx_uint_t       i, n;
    crm_groups_t    *g = f->data;
    crm_record_t   **lead;

    ngx_qsort(g->shown, g->nshown, sizeof(crm_dup_group_t *),
              crm_groups_size_cmp);

    for (n = 0, i = 0; i < g->nshown; i++) {
        n += g->shown[i]->nleads;
    }

    lead = crm_arena_alloc(&f->arena, (n + 1) * sizeof(crm_record_t *));
    if (lead == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < g->nshown; i++) {
        ngx_qsort(g->shown[i]->lead, g->shown[i]->nleads,
                  sizeof(crm_record_t *), crm_groups_lead_cmp);
        ngx_memcpy(lead + n, g->shown[i]->lead,
                   g->shown[i]->nleads * sizeof(crm_record_t *));
        n += g->shown[i]->nleads;
    }

    return crm_dup_view(f, &g->query.query.view, lead, n, crm_groups_answer);
}


static ngx_int_t
crm_groups_answer(crm_flow_t *f)
{
    ngx_uint_t     i;
    crm_out_t     *out;
    crm_cursor_t   cursor;
    crm_groups_t  *g = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);
    crm_out_lit(out, "{\"data\":[");

    for (i = 0; i < g->nshown; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_dup_group_json(f, &g->query.query.view, out, g->shown[i]);
    }

    crm_out_char(out, ']');

    if (g->more
        && crm_dup_seal(f, &g->secret, &g->query.after, &cursor) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (crm_dup_cursor_json(f, &g->query, out, g->more ? &cursor : NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (g->query.query.total) {
        if (g->more || g->query.begun) {
            crm_out_lit(out, ",\"total_at_least\":");
        } else {
            crm_out_lit(out, ",\"total\":");
        }

        crm_out_int(out, (int64_t) g->nshown);
    }

    crm_out_char(out, '}');

    return NGX_OK;
}
