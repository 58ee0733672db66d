/* Idempotency-Key; see crm_idem.h */

#include "crm_actions.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_registry.h"
#include "crm_respond.h"
#include "crm_route.h"


#define CRM_IDEM_TTL       "86400000"       /* 24 h in milliseconds */
#define CRM_IDEM_CLAIM     "10000"          /* should its worker die; a copy
                                               that comes after it, while the
                                               first still runs, does no harm:
                                               each record has a key */
#define CRM_IDEM_BODY_MAX  65536

/*
 * Stored: one line each of body hash, status, Location, ETag, form of the body
 * ("+" as it is; "*" sealed with a key that only who sent the request can
 * make: it holds a secret; "-" none: it was too large, the replay is the
 * current representation) with the columns that a move was about, then the
 * body.  Their figures are those of the replay.
 */


static ngx_uint_t
crm_idem_valid(const ngx_str_t *key)
{
    size_t  i;

    for (i = 0; i < key->len; i++) {
        if (key->data[i] < 0x20 || key->data[i] > 0x7e) {
            return 0;
        }
    }

    return key->len >= 1 && key->len <= 255;
}


ngx_int_t
crm_idem_look_up(crm_flow_t *f)
{
    u_char         *p;
    crm_str_t       mark;
    crm_request_t  *q = crm_request(f);
    ngx_str_t      *key = &q->headers.idempotency_key;

    f->idem_key.len = 0;

    if (key->data == NULL || q->r->method != NGX_HTTP_POST) {
        return NGX_OK;
    }

    if (!crm_idem_valid(key)) {
        (void) crm_flow_problem(f, CRM_P_BAD_REQUEST,
                                "Idempotency-Key must be 1 to 255 printable "
                                "ASCII characters");
        return NGX_DECLINED;
    }

    if (q->route != NULL && q->route->input == &crm_action_mail) {
        return NGX_OK;
    }

    if (q->body_text.data == NULL && crm_body_collect(q) != NGX_OK) {
        return q->flow.answer.problem ? NGX_DECLINED : NGX_ERROR;
    }

    p = crm_arena_bytes(&f->arena, CRM_SHA256_TEXT);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) crm_sha256_text(p, q->body_text.data, q->body_text.len);
    mark.data = p;
    mark.len = CRM_SHA256_TEXT;

    return crm_idem_ask(f, &mark);
}


ngx_int_t
crm_idem_ask(crm_flow_t *f, const crm_str_t *mark)
{
    crm_str_t       text;
    crm_request_t  *q = crm_request(f);
    ngx_str_t      *key = &q->headers.idempotency_key;

    f->idem_mark = *mark;

    text = crm_arena_printf(&f->arena, "%lld %.*s %.*s",
                            f->user ? (long long) crm_record_id(f->user) : 0,
                            (int) q->r->uri.len, q->r->uri.data,
                            (int) key->len, key->data);

    f->idem_secret = text;

    crm_idem_home(f, f->tenant ? f->tenant->prefix
                               : crm_str(CRM_REGISTRY_PREFIX));

    crm_flow_call(f, "GET", f->idem_key, (crm_str_t) crm_null_string,
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string);

    return NGX_OK;
}


void
crm_idem_home(crm_flow_t *f, crm_str_t prefix)
{
    u_char  hash[CRM_SHA256_TEXT];

    (void) crm_sha256_text(hash, f->idem_secret.data, f->idem_secret.len);

    f->idem_key = crm_arena_printf(&f->arena, "%.*si:%.*s", (int) prefix.len,
                                   prefix.data, CRM_SHA256_TEXT, hash);
}


static crm_str_t
crm_idem_line(crm_str_t *rest)
{
    u_char     *p;
    crm_str_t   line;

    p = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

    line.data = rest->data;
    line.len = p ? (size_t) (p - rest->data) : rest->len;

    rest->data += line.len + (p != NULL);
    rest->len -= line.len + (p != NULL);

    return line;
}


/* takes the form of the body from its line */

static u_char
crm_idem_form(crm_str_t *line)
{
    if (line->len == 0) {
        return '-';
    }

    line->len--;

    return *line->data++;
}


/* the answer was too large to keep: its status with what is there now */

static ngx_int_t
crm_idem_current(crm_flow_t *f, const crm_str_t *location)
{
    ngx_str_t       uri;
    crm_request_t  *q = crm_request(f);

    q->replay_status = f->answer.status;

    uri.data = location->data;
    uri.len = location->len;

    q->head = 1;                        /* match as GET */
    crm_route_match(q, crm_routes, &uri);
    q->head = 0;

    if (q->route == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    return q->route->handler(f);
}


/* what stands behind the status; what the step returns */

static ngx_int_t
crm_idem_answer(crm_flow_t *f, int64_t status, crm_str_t rest)
{
    u_char      form;
    crm_out_t  *out;
    crm_str_t   location, columns;

    f->answer = (crm_answer_t) { 0 };
    crm_faults_init(&f->answer.faults, &f->arena);

    location = crm_idem_line(&rest);
    f->answer.location = location;
    f->answer.etag = crm_idem_line(&rest);
    f->answer.replayed = 1;
    f->answer.status = status;
    columns = crm_idem_line(&rest);
    form = crm_idem_form(&columns);

    if (form == '-') {
        return crm_idem_current(f, &location);
    }

    if (form == '*'
        && crm_unseal(&f->arena, &f->idem_secret, &rest, &rest) != CRM_OK)
    {
        return crm_flow_problem(f, CRM_P_IDEMPOTENCY_MISMATCH, NULL);
    }

    if (rest.len == 0) {
        return NGX_OK;
    }

    out = crm_answer_json(f, status);
    crm_out_str(out, &rest);

    return columns.len > 0 ? crm_lead_columns_again(f, &columns) : NGX_OK;
}


ngx_int_t
crm_idem_replay(crm_flow_t *f, const crm_reply_t *reply, ngx_int_t *rc)
{
    int64_t    status;
    crm_str_t  rest, mark, line;

    if (!crm_reply_is_string(reply)) {
        return NGX_DECLINED;
    }

    rest = reply->str;
    mark = crm_idem_line(&rest);
    line = crm_idem_line(&rest);

    if (!crm_str_eq(&mark, &f->idem_mark)) {
        *rc = crm_flow_problem(f, CRM_P_IDEMPOTENCY_MISMATCH, NULL);

    } else if (crm_str_int(&line, &status) != CRM_OK) {
        *rc = crm_flow_problem(f, CRM_P_IDEMPOTENCY_IN_PROGRESS, NULL);

    } else {
        *rc = crm_idem_answer(f, status, rest);
    }

    return NGX_OK;
}


static void
crm_idem_check(crm_flow_t *f, crm_ops_t *ops)
{
    crm_check_t  *check;

    check = crm_ops_check(ops, CRM_CHECK_KEY_FREE, f->idem_key,
                          crm_str(""), crm_str(""));
    if (check != NULL) {
        check->tag = CRM_IDEM_TAG;
    }
}


static void
crm_idem_set(crm_ops_t *ops, crm_str_t key, crm_out_t *out, const char *ttl)
{
    crm_str_t  argv[5];

    argv[0] = crm_str("SET");
    argv[1] = key;
    argv[3] = crm_str("PX");
    argv[4].data = (u_char *) ttl;
    argv[4].len = ngx_strlen(ttl);

    if (crm_out_join(out, &argv[2]) != CRM_OK) {
        ops->failed = 1;
        return;
    }

    crm_ops_write(ops, 5, argv);
}


/* only one object at its own address can be read again in its place */

static ngx_uint_t
crm_idem_kept(const crm_answer_t *answer, size_t size)
{
    const crm_str_t  *location = &answer->location;

    return size <= CRM_IDEM_BODY_MAX || answer->etag.len == 0
           || location->len == 0
           || memchr(location->data, '?', location->len) != NULL;
}


void
crm_idem_store(crm_flow_t *f, crm_ops_t *ops)
{
    size_t         size;
    crm_out_t      out;
    crm_str_t      body;
    crm_answer_t  *answer = &f->answer;

    size = answer->has_body ? crm_out_size(&answer->body) : 0;

    crm_out_init(&out, &f->arena, 256 + ngx_min(size, CRM_IDEM_BODY_MAX));
    crm_out_str(&out, &f->idem_mark);
    crm_out_char(&out, '\n');
    crm_out_int(&out, answer->status);
    crm_out_char(&out, '\n');
    crm_out_str(&out, &answer->location);
    crm_out_char(&out, '\n');
    crm_out_str(&out, &answer->etag);
    crm_out_char(&out, '\n');

    if (!crm_idem_kept(answer, size)) {
        crm_out_lit(&out, "-\n");

    } else {
        crm_out_char(&out, answer->secret ? '*' : '+');
        crm_out_str(&out, &answer->columns);
        crm_out_char(&out, '\n');

        if (size > 0 && crm_out_join(&answer->body, &body) == CRM_OK) {

            if (answer->secret
                && crm_seal(&f->arena, &f->idem_secret, &body, &body)
                   != CRM_OK)
            {
                ops->failed = 1;
                return;
            }

            crm_out_str(&out, &body);
        }
    }

    crm_idem_set(ops, f->idem_key, &out, CRM_IDEM_TTL);
}


void
crm_idem_commit(crm_flow_t *f, crm_ops_t *ops)
{
    if (f->idem_key.len == 0) {
        return;
    }

    crm_idem_check(f, ops);
    crm_idem_store(f, ops);
}


void
crm_idem_claim(crm_flow_t *f, crm_ops_t *ops)
{
    crm_out_t  out;

    crm_idem_check(f, ops);

    crm_out_init(&out, &f->arena, 64);
    crm_out_str(&out, &f->idem_mark);
    crm_out_lit(&out, "\nrunning\n");

    crm_idem_set(ops, f->idem_key, &out, CRM_IDEM_CLAIM);
}


static crm_str_t
crm_idem_job_key(crm_flow_t *f)
{
    return crm_arena_printf(&f->arena, "%.*s:job", (int) f->idem_key.len,
                            f->idem_key.data);
}


void
crm_idem_store_job(crm_flow_t *f, crm_ops_t *ops, int64_t id)
{
    crm_out_t  out;

    crm_out_init(&out, &f->arena, 128);
    crm_out_str(&out, &f->idem_mark);
    crm_out_char(&out, '\n');
    crm_out_int(&out, id);

    crm_idem_set(ops, crm_idem_job_key(f), &out, CRM_IDEM_TTL);
}


void
crm_idem_ask_job(crm_flow_t *f)
{
    crm_flow_call(f, "GET", crm_idem_job_key(f),
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string,
                  (crm_str_t) crm_null_string);
}


ngx_int_t
crm_idem_take_job(crm_flow_t *f, const crm_reply_t *reply, int64_t *id)
{
    crm_str_t  rest, mark;

    if (!crm_reply_is_string(reply)) {
        return NGX_DECLINED;
    }

    rest = reply->str;
    mark = crm_idem_line(&rest);

    if (!crm_str_eq(&mark, &f->idem_mark)) {
        (void) crm_flow_problem(f, CRM_P_IDEMPOTENCY_MISMATCH, NULL);
        return NGX_DONE;
    }

    return crm_str_int(&rest, id) == CRM_OK ? NGX_OK : NGX_DECLINED;
}


void
crm_idem_part(crm_flow_t *f, crm_flow_t *part, ngx_uint_t number)
{
    if (f->idem_key.len == 0) {
        return;
    }

    part->idem_mark = f->idem_mark;
    part->idem_key = crm_arena_printf(&part->arena, "%.*s:%lu",
                                      (int) f->idem_key.len,
                                      f->idem_key.data,
                                      (unsigned long) number);
}


void
crm_idem_store_part(crm_flow_t *f, crm_flow_t *whole, ngx_uint_t number,
    crm_ops_t *ops)
{
    crm_str_t  own = f->idem_key;

    if (whole->idem_key.len == 0) {
        return;
    }

    crm_idem_part(whole, f, number);
    crm_idem_store(f, ops);

    f->idem_key = own;
}


void
crm_idem_result(crm_flow_t *f)
{
    crm_answer_t  *answer = &f->answer;

    if (crm_str_int(&answer->location, &answer->id) != CRM_OK) {
        answer->id = 0;
    }

    if (crm_str_int(&answer->etag, &answer->version) != CRM_OK) {
        answer->version = 0;
    }
}
