/*
 * Messages of a lead: GET, newest first, and POST of a note.
 *
 * A list in Redis, newest at its head.  The cursor counts from the oldest
 * end, where nothing moves while messages come.
 */

#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_list.h"
#include "crm_respond.h"


#define CRM_MESSAGES_READ  200          /* of one LRANGE */


typedef struct {
    crm_query_t    query;
    crm_list_t     list;
    crm_record_t  *lead;
    crm_input_t    input;
    int64_t        from;                /* how many are older than the next,
                                           newer with oldest_first */
    int64_t        length;
    ngx_uint_t     read;
    unsigned       oldest_first:1;
} crm_messages_t;


static ngx_int_t crm_messages_visible(crm_flow_t *f);
static ngx_int_t crm_messages_read(crm_flow_t *f);
static ngx_int_t crm_messages_taken(crm_flow_t *f);
static ngx_int_t crm_message_note(crm_flow_t *f);


static ngx_int_t
crm_messages_load_lead(crm_flow_t *f, crm_step_pt next)
{
    const crm_str_t  none = crm_null_string;
    crm_request_t   *q = crm_request(f);

    crm_flow_call(f, "HGETALL", crm_lead_key(&f->arena, &f->tenant->prefix,
                                             q->id[0]),
                  none, none, none);
    crm_flow_call(f, "LLEN", crm_lead_messages_key(&f->arena,
                                                   &f->tenant->prefix,
                                                   q->id[0]),
                  none, none, none);

    return crm_flow_wait(f, next);
}


/* NGX_DECLINED: the answer is prepared */

static ngx_int_t
crm_messages_lead(crm_flow_t *f, crm_record_t **lead)
{
    ngx_int_t  rc;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         crm_request(f)->id[0], &f->reply[0], lead);

    if (rc == NGX_DECLINED) {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    return rc == NGX_OK ? crm_lead_visible(f, *lead) : rc;
}


ngx_int_t
crm_messages_list(crm_flow_t *f)
{
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

    return crm_messages_load_lead(f, crm_messages_visible);
}


static ngx_int_t
crm_messages_visible(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_cursor_t     cursor;
    crm_messages_t  *m = f->data;

    rc = crm_messages_lead(f, &m->lead);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    m->length = f->reply[1].num;
    m->from = m->length;

    if (m->query.cursor.len > 0) {

        if (crm_cursor_decode(&f->arena, m->query.hash, &m->query.cursor,
                              &cursor)
            != CRM_OK
            || cursor.id != crm_record_id(m->lead))
        {
            return crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        }

        m->from = m->oldest_first ? m->length - cursor.score : cursor.score;
        m->from = ngx_max(ngx_min(m->from, m->length), 0);
    }

    crm_list_open(f, &m->list, &m->query);

    return crm_messages_read(f);
}


static ngx_int_t
crm_messages_end(crm_flow_t *f)
{
    crm_str_t        text;
    crm_cursor_t     cursor;
    crm_messages_t  *m = f->data;

    text = crm_str("");

    if (m->from > 0) {
        ngx_memzero(&cursor, sizeof(crm_cursor_t));
        cursor.score = m->oldest_first ? m->length - m->from : m->from;
        cursor.id = crm_record_id(m->lead);

        if (crm_cursor_encode(&f->arena, m->query.hash, &cursor, &text)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return crm_list_end(f, &m->list, &text, m->length,
                        m->query.nfilters > 0);
}


/* the next stretch, newest first: places are counted from the tail, where
   nothing moves while messages come */

static ngx_int_t
crm_messages_read(crm_flow_t *f)
{
    int64_t          low;
    crm_str_t        argv[4];
    crm_messages_t  *m = f->data;

    if (m->from == 0 || m->list.n == m->query.limit) {
        return crm_messages_end(f);
    }

    m->read = ngx_min(m->query.limit - m->list.n, CRM_MESSAGES_READ);
    m->read = ngx_min(m->read, (ngx_uint_t) m->from);

    argv[0] = crm_str("LRANGE");
    argv[1] = crm_lead_messages_key(&f->arena, &f->tenant->prefix,
                                    crm_record_id(m->lead));

    low = m->oldest_first ? m->from - m->length - (int64_t) m->read
                          : -m->from;

    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) low);
    argv[3] = crm_arena_printf(&f->arena, "%lld",
                               (long long) low + (long long) m->read - 1);

    crm_flow_cmd(f, 4, argv);

    return crm_flow_wait(f, crm_messages_taken);
}


static ngx_int_t
crm_messages_taken(crm_flow_t *f)
{
    ngx_uint_t          i, k;
    crm_record_t       *message;
    crm_messages_t     *m = f->data;
    const crm_reply_t  *reply = &f->reply[0];

    for (i = 0; i < reply->n; i++) {
        k = m->oldest_first ? reply->n - 1 - i : i;

        if (crm_record_unpack(&f->arena, &crm_entities[CRM_KIND_MESSAGE],
                              &reply->item[k].str, &message)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        if (crm_query_match(f, &m->query, message)) {
            crm_list_add(f, &m->list, message);
        }
    }

    m->from -= m->read;

    return crm_messages_read(f);
}


ngx_int_t
crm_message_create(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_messages_t  *m;
    crm_request_t   *q = crm_request(f);

    m = crm_arena_calloc(&f->arena, sizeof(crm_messages_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    f->data = m;

    rc = crm_write_input(f, &crm_entities[CRM_KIND_MESSAGE],
                         CRM_INPUT_CREATE, -1, &m->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix,
                                          q->id[0]),
                          crm_message_note);
}


static ngx_int_t
crm_message_noted(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_ops_t        ops;
    crm_rule_t       rule;
    crm_record_t    *old, *lead, *message;
    crm_messages_t  *m = f->data;

    rc = crm_messages_lead(f, &old);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_write_match(f, old) != NGX_OK) {
        return NGX_OK;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    lead = crm_record_copy(&f->arena, old);
    if (lead == NULL) {
        return NGX_ERROR;
    }

    message = crm_message_new(&rule, lead, CRM_MESSAGE_NOTE,
                              m->input.values->v[CRM_MESSAGE_BODY].str);

    if (message == NULL
        || crm_lead_commit(&ops, &rule, old, lead, message) != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_CREATED, message, NULL);
    crm_answer_location(f, "/leads/%lld/messages?id=%lld",
                        (long long) crm_record_id(lead),
                        (long long) crm_record_id(message));

    return crm_write_commit(f, &ops);
}


static ngx_int_t
crm_message_note(crm_flow_t *f)
{
    return crm_messages_load_lead(f, crm_message_noted);
}
