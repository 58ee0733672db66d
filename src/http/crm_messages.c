/*
 * GET /leads/{id}/messages, newest first.
 *
 * A list in Redis, newest at its head; those of merged leads stay in the lists
 * of their tombstones, and are joined here by the time of each message.  The
 * cursor counts in each list from the oldest end, where nothing moves while
 * messages come: `score' in the lead's own, `text' ("7:12,9:3") in the others.
 */

#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_list.h"
#include "crm_messages_count.h"
#include "crm_scan.h"


#define CRM_MESSAGES_READ  200          /* of one LRANGE */
#define CRM_MESSAGES_FEW   4            /* of each list of many, at first */


/* one list; all numbers count from its oldest end, or with oldest_first from
   the newest */
typedef struct {
    int64_t         lead;
    int64_t         length;
    int64_t         from;               /* those behind the next to show */
    int64_t         left;               /* not yet read */
    ngx_uint_t      width;              /* of the next read */
    crm_record_t  **rec;                /* read, in the order of the answer */
    ngx_uint_t      n;
    ngx_uint_t      at;
    unsigned        asked:1;
} crm_messages_source_t;

typedef struct {
    crm_query_t             query;
    crm_list_t              list;
    crm_record_t           *lead;
    crm_messages_source_t  *source;     /* the lead's own first */
    ngx_uint_t              nsources;
    size_t                  bytes;      /* of those read */
    ngx_uint_t              nread;
    crm_messages_count_t    count;      /* with filters, for the total */
    unsigned                oldest_first:1;
} crm_messages_t;


static ngx_int_t crm_messages_visible(crm_flow_t *f);
static ngx_int_t crm_messages_begin(crm_flow_t *f);
static ngx_int_t crm_messages_total(crm_flow_t *f, crm_messages_t *m);
static ngx_int_t crm_messages_join(crm_flow_t *f);
static ngx_int_t crm_messages_taken(crm_flow_t *f);


static void
crm_messages_ask_length(crm_flow_t *f, int64_t id)
{
    const crm_str_t  none = crm_null_string;

    crm_flow_call(f, "LLEN", crm_lead_messages_key(&f->arena,
                                                   &f->tenant->prefix, id),
                  none, none, none);
}


ngx_int_t
crm_messages_list(crm_flow_t *f)
{
    int64_t          id = crm_request(f)->id[0];
    crm_str_t        none = crm_null_string;
    ngx_int_t        rc;
    crm_messages_t  *m;

    m = crm_arena_calloc(&f->arena, sizeof(crm_messages_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    f->data = m;

    rc = crm_query_parse(f, &crm_request(f)->params,
                         &crm_entities[CRM_KIND_MESSAGE], &m->query);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    m->oldest_first = !m->query.desc
                      && crm_param_get(&crm_request(f)->params, "sort")
                         != NULL;

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             id),
                  none, none, none);
    crm_lead_tombs_ask(f, id);
    crm_messages_ask_length(f, id);

    return crm_flow_wait(f, crm_messages_visible);
}


static ngx_int_t
crm_messages_visible(crm_flow_t *f)
{
    ngx_int_t        rc;
    ngx_uint_t       i;
    crm_messages_t  *m = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         crm_request(f)->id[0], &f->reply[0], &m->lead);

    if (rc == NGX_DECLINED) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    rc = rc == NGX_OK ? crm_lead_readable(f, m->lead) : rc;

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    m->nsources = 1 + f->reply[1].n;
    m->source = crm_arena_calloc(&f->arena, m->nsources
                                            * sizeof(crm_messages_source_t));
    if (m->source == NULL) {
        return NGX_ERROR;
    }

    m->source[0].lead = crm_record_id(m->lead);
    m->source[0].length = f->reply[2].num;

    for (i = 1; i < m->nsources; i++) {
        m->source[i].lead = crm_walk_id(&f->reply[1].item[i - 1].str);
        crm_messages_ask_length(f, m->source[i].lead);
    }

    if (m->nsources > 1) {
        return crm_flow_wait(f, crm_messages_begin);
    }

    f->nreply = 0;

    return crm_messages_begin(f);
}


/* ---- the cursor --------------------------------------------------------- */

/* the number behind "id:" in the text; 0 where it is not named */

static int64_t
crm_messages_mark(const crm_str_t *text, int64_t lead)
{
    size_t     i, start, colon;
    int64_t    id, n;
    crm_str_t  part;

    for (start = 0; start < text->len; start = i + 1) {

        for (colon = start, i = start;
             i < text->len && text->data[i] != ',';
             i++)
        {
            colon = text->data[i] == ':' ? i : colon;
        }

        part.data = text->data + start;
        part.len = colon - start;

        if (crm_str_int(&part, &id) != CRM_OK || id != lead) {
            continue;
        }

        part.data = text->data + colon + 1;
        part.len = i - colon - 1;

        return crm_str_int(&part, &n) == CRM_OK ? n : 0;
    }

    return 0;
}


static ngx_int_t
crm_messages_resume(crm_flow_t *f, crm_messages_t *m)
{
    int64_t                 mark;
    ngx_uint_t              i;
    crm_cursor_t            cursor;
    crm_messages_source_t  *s;

    if (crm_cursor_decode(&f->arena, m->query.hash, &m->query.cursor,
                          &cursor)
        != CRM_OK
        || cursor.id != crm_record_id(m->lead))
    {
        (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        return NGX_DECLINED;
    }

    for (i = 0; i < m->nsources; i++) {
        s = &m->source[i];

        mark = i == 0 ? cursor.score
                      : crm_messages_mark(&cursor.text, s->lead);

        mark = ngx_max(ngx_min(mark, s->length), 0);

        s->from = m->oldest_first ? s->length - mark : mark;
        s->left = s->from;
    }

    return NGX_OK;
}


static ngx_int_t
crm_messages_end(crm_flow_t *f)
{
    int64_t                 mark, more, total;
    crm_out_t               out;
    crm_str_t               text;
    ngx_uint_t              i;
    crm_cursor_t            cursor;
    crm_messages_t         *m = f->data;
    crm_messages_source_t  *s;

    ngx_memzero(&cursor, sizeof(crm_cursor_t));
    cursor.id = crm_record_id(m->lead);

    crm_out_init(&out, &f->arena, 64);

    for (more = 0, total = 0, i = 0; i < m->nsources; i++) {
        s = &m->source[i];
        mark = m->oldest_first ? s->length - s->from : s->from;

        more += s->from;
        total += s->length;

        if (i == 0) {
            cursor.score = mark;

        } else if (mark > 0) {
            if (crm_out_size(&out) > 0) {
                crm_out_char(&out, ',');
            }

            crm_out_int(&out, s->lead);
            crm_out_char(&out, ':');
            crm_out_int(&out, mark);
        }
    }

    text = crm_str("");

    if (more > 0
        && (crm_out_join(&out, &cursor.text) != CRM_OK
            || crm_cursor_encode(&f->arena, m->query.hash, &cursor, &text)
               != CRM_OK))
    {
        return NGX_ERROR;
    }

    if (m->query.nfilters > 0) {
        total = ngx_max(m->count.total, (int64_t) m->list.n);
    }

    crm_list_end(&m->list, &text, total, m->count.more);

    return NGX_OK;
}


/* ---- the lists ---------------------------------------------------------- */

static ngx_int_t
crm_messages_begin(crm_flow_t *f)
{
    ngx_uint_t              i;
    crm_messages_t         *m = f->data;
    crm_messages_source_t  *s;

    for (i = 0; i < m->nsources; i++) {
        s = &m->source[i];

        if (i > 0) {
            s->length = f->reply[i - 1].num;
        }

        s->from = s->length;
        s->left = s->length;
        s->width = m->nsources == 1 ? CRM_MESSAGES_READ : CRM_MESSAGES_FEW;
    }

    if (m->query.cursor.len > 0 && crm_messages_resume(f, m) != NGX_OK) {
        return NGX_OK;
    }

    crm_list_open(f, &m->list, &m->query);

    return m->query.total && m->query.nfilters > 0
           ? crm_messages_total(f, m) : crm_messages_join(f);
}


static ngx_int_t
crm_messages_total(crm_flow_t *f, crm_messages_t *m)
{
    ngx_uint_t  i;

    m->count.query = &m->query;
    m->count.next = crm_messages_join;
    m->count.nparts = m->nsources;
    m->count.part = crm_arena_alloc(&f->arena, m->nsources
                                               * sizeof(crm_messages_part_t));
    if (m->count.part == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < m->nsources; i++) {
        m->count.part[i].lead = m->source[i].lead;
        m->count.part[i].left = m->source[i].length;
    }

    return crm_messages_count(f, &m->count);
}


/* the next stretch of a list: places are counted from the end where nothing
   moves while messages come */

static void
crm_messages_ask(crm_flow_t *f, crm_messages_t *m, crm_messages_source_t *s)
{
    int64_t     low;
    crm_str_t   argv[4];
    ngx_uint_t  n;

    n = ngx_min(s->width, (ngx_uint_t) s->left);

    /* with filters nobody knows how many of them will be shown */

    if (m->query.nfilters == 0) {
        n = ngx_min(n, m->query.limit - m->list.n);
    }

    n = ngx_min(n, crm_list_room(m->bytes, m->nread));

    low = m->oldest_first ? s->left - s->length - (int64_t) n : -s->left;

    argv[0] = crm_str("LRANGE");
    argv[1] = crm_lead_messages_key(&f->arena, &f->tenant->prefix, s->lead);
    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) low);
    argv[3] = crm_arena_printf(&f->arena, "%lld",
                               (long long) low + (long long) n - 1);

    crm_flow_cmd(f, 4, argv);

    s->asked = 1;
    s->left -= n;
    s->width = ngx_min(s->width * 2, CRM_MESSAGES_READ);
}


/* whether the first message that is read of `a' comes before that of `b' */

static ngx_uint_t
crm_messages_before(const crm_messages_t *m, const crm_messages_source_t *a,
    const crm_messages_source_t *b)
{
    int64_t             x, y;
    const crm_value_t  *v = a->rec[a->at]->v, *w = b->rec[b->at]->v;

    x = v[CRM_CREATED_AT].num;
    y = w[CRM_CREATED_AT].num;

    if (x == y) {
        x = v[CRM_ID].num;
        y = w[CRM_ID].num;
    }

    return m->oldest_first ? x < y : x > y;
}


static void
crm_messages_show(crm_flow_t *f, crm_messages_t *m,
    crm_messages_source_t *s)
{
    crm_record_t  *message = s->rec[s->at++];

    s->from--;

    if (s != m->source) {
        crm_value_set_num(&message->v[CRM_MESSAGE_LEAD_ID],
                          crm_record_id(m->lead));
        crm_value_set_num(&message->v[CRM_MESSAGE_MERGED_FROM], s->lead);

        /* in a mail that is where its quote begins */

        if (message->v[CRM_MESSAGE_KIND].num != CRM_MESSAGE_EMAIL) {
            crm_value_set_num(&message->v[CRM_MESSAGE_QUOTED_FROM], s->lead);
        }
    }

    if (crm_query_match(f, &m->query, message)) {
        crm_list_add(f, &m->list, message);
    }
}


/* shows what is certain to be next; reads where a list is used up, up to the
   bytes of a page */

static ngx_int_t
crm_messages_join(crm_flow_t *f)
{
    ngx_uint_t              i, asked;
    crm_messages_t         *m = f->data;
    crm_messages_source_t  *s, *best;

    while (m->list.n < m->query.limit) {
        best = NULL;

        for (asked = 0, i = 0; i < m->nsources; i++) {
            s = &m->source[i];

            if (s->at < s->n) {
                if (best == NULL || crm_messages_before(m, s, best)) {
                    best = s;
                }

            } else if (s->left > 0) {
                if (m->bytes >= CRM_LIST_BYTES) {
                    return crm_messages_end(f);
                }

                crm_messages_ask(f, m, s);
                asked++;
            }
        }

        if (asked > 0) {
            return crm_flow_wait(f, crm_messages_taken);
        }

        if (best == NULL) {
            break;
        }

        crm_messages_show(f, m, best);
    }

    return crm_messages_end(f);
}


static ngx_int_t
crm_messages_take(crm_flow_t *f, crm_messages_t *m,
    crm_messages_source_t *s, const crm_reply_t *reply)
{
    ngx_uint_t  i, k;

    s->asked = 0;
    s->at = 0;
    s->n = reply->n;
    m->nread += reply->n;
    s->rec = crm_arena_alloc(&f->arena, (reply->n + 1)
                                        * sizeof(crm_record_t *));
    if (s->rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        k = m->oldest_first ? reply->n - 1 - i : i;
        m->bytes += reply->item[k].str.len;

        if (crm_record_unpack(&f->arena, &crm_entities[CRM_KIND_MESSAGE],
                              &reply->item[k].str, &s->rec[i])
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    /* a list that has gone since it was counted */

    if (reply->n == 0) {
        s->left = 0;
        s->from = 0;
    }

    return NGX_OK;
}


static ngx_int_t
crm_messages_taken(crm_flow_t *f)
{
    ngx_uint_t       i, n;
    crm_messages_t  *m = f->data;

    for (n = 0, i = 0; i < m->nsources; i++) {
        if (m->source[i].asked
            && crm_messages_take(f, m, &m->source[i], &f->reply[n++])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_messages_join(f);
}
