/*
 * POST /leads/batch: up to 1000 operations, each record whole or untouched.
 *
 * Every operation is a flow of its own, a few at a time on the long
 * connection, so that nobody waits for the batch.  With an Idempotency-Key
 * the batch claims the key first and makes each record idempotent under it:
 * repeating after a crash finishes the rest and doubles nothing.
 */

#include "crm_auth.h"
#include "crm_children.h"
#include "crm_handlers.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_respond.h"
#include "crm_route.h"


#define CRM_BATCH_MAX      1000
#define CRM_BATCH_DEADLINE 60000        /* milliseconds, of the whole */


typedef struct {
    crm_children_t       children;      /* one for each operation */
    json_t              *operations;
    ngx_uint_t           succeeded;
    crm_str_t           *result;        /* JSON of each, for the answer */
} crm_leads_batch_t;


static ngx_int_t crm_leads_batch_claim(crm_flow_t *f);
static ngx_int_t crm_leads_batch_claimed(crm_flow_t *f);
static ngx_int_t crm_leads_batch_end(crm_flow_t *f);
static ngx_int_t crm_leads_batch_one(crm_flow_t *f);
static void crm_leads_batch_note(crm_children_t *c, crm_child_t *child);


/* the frame of the body; what is in an operation is that record's business */

static ngx_int_t
crm_leads_batch_check(crm_flow_t *f, json_t *body, json_t **operations)
{
    json_t           *value;
    const char       *key;
    crm_str_t         name;
    const crm_str_t   field = crm_string("operations");

    json_object_foreach(body, key, value) {
        if (ngx_strcmp(key, "operations") != 0) {
            name.data = (u_char *) key;
            name.len = ngx_strlen(key);
            crm_fault(&f->answer.faults, &name, CRM_FAULT_UNKNOWN_FIELD,
                      "there is no such field");
        }
    }

    *operations = json_object_get(body, "operations");

    if (*operations == NULL || json_is_null(*operations)) {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_REQUIRED,
                  "a value is required");

    } else if (!json_is_array(*operations)
               || json_array_size(*operations) == 0)
    {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_INVALID,
                  "must be a list of 1 to 1000 operations");

    } else if (json_array_size(*operations) > CRM_BATCH_MAX) {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_TOO_LONG,
                  "must be a list of 1 to 1000 operations");
    }

    return f->answer.faults.n == 0 ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
crm_leads_batch(crm_flow_t *f)
{
    ngx_int_t           rc;
    json_t             *operations;
    crm_request_t      *q = crm_request(f);
    crm_leads_batch_t  *b;

    rc = crm_answer_no_params(f);

    if (rc == NGX_OK) {
        rc = crm_body_parse(q, 0);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_leads_batch_check(f, q->body, &operations) != NGX_OK) {
        return crm_answer_faults(f);
    }

    b = crm_arena_calloc(&f->arena, sizeof(crm_leads_batch_t));
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->children.parent = f;
    b->children.n = json_array_size(operations);
    b->children.width = CRM_CHILDREN;
    b->children.first = crm_leads_batch_one;
    b->children.note = crm_leads_batch_note;
    b->children.ended = crm_leads_batch_end;
    b->operations = operations;
    b->result = crm_arena_calloc(&f->arena, b->children.n
                                            * sizeof(crm_str_t));
    if (b->result == NULL) {
        return NGX_ERROR;
    }

    f->data = b;
    f->deadline = ngx_current_msec + CRM_BATCH_DEADLINE;

    /* nothing is written before the caller is proven: one empty wait where
       the proof is still under way */

    if (!q->approved) {
        crm_flow_call(f, "EXISTS", f->tenant->root,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);

        return crm_flow_wait(f, crm_leads_batch_claim);
    }

    return crm_leads_batch_claim(f);
}


static ngx_int_t
crm_leads_batch_claim(crm_flow_t *f)
{
    crm_ops_t  ops;

    if (f->idem_key.len == 0) {
        return crm_children_run(f);
    }

    crm_ops_init(&ops, &f->arena);
    crm_idem_claim(f, &ops);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_leads_batch_claimed);
}


static ngx_int_t
crm_leads_batch_claimed(crm_flow_t *f)
{
    ngx_uint_t  failed;

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        return crm_children_run(f);

    case NGX_DECLINED:
        return crm_flow_retry(f);       /* a copy was faster: its outcome */

    default:
        return NGX_ERROR;
    }
}


/* ---- one operation ------------------------------------------------------ */

static void
crm_leads_batch_unknown(crm_flow_t *f, json_t *item)
{
    json_t      *value;
    crm_str_t    name;
    const char  *key;

    json_object_foreach(item, key, value) {
        if (ngx_strcmp(key, "op") != 0 && ngx_strcmp(key, "id") != 0
            && ngx_strcmp(key, "if_match") != 0
            && ngx_strcmp(key, "body") != 0)
        {
            name.data = (u_char *) key;
            name.len = ngx_strlen(key);
            crm_fault(&f->answer.faults, &name, CRM_FAULT_UNKNOWN_FIELD,
                      "there is no such field");
        }
    }
}


static ngx_int_t
crm_leads_batch_word(crm_flow_t *f, json_t *item, crm_lead_op_t *o)
{
    size_t       i;
    const char  *word;

    static const struct {
        const char  *word;
        crm_op_t     op;
    } words[] = {
        { "create", CRM_OP_CREATE },
        { "update", CRM_OP_PATCH },
        { "delete", CRM_OP_DELETE }
    };

    static const crm_str_t  field = crm_string("op");

    word = json_string_value(json_object_get(item, "op"));

    for (i = 0; i < 3; i++) {
        if (word != NULL && ngx_strcmp(word, words[i].word) == 0) {
            o->op = words[i].op;
            return NGX_OK;
        }
    }

    crm_fault(&f->answer.faults, &field, word ? CRM_FAULT_INVALID
                                              : CRM_FAULT_REQUIRED,
              "must be create, update or delete");

    return NGX_DECLINED;
}


static void
crm_leads_batch_id(crm_flow_t *f, json_t *item, crm_lead_op_t *o)
{
    json_t  *value = json_object_get(item, "id");

    static const crm_str_t  field = crm_string("id");

    if (o->op != CRM_OP_CREATE) {
        o->id = json_integer_value(value);

        if (o->id < 1) {
            crm_fault(&f->answer.faults, &field, value ? CRM_FAULT_INVALID
                                                       : CRM_FAULT_REQUIRED,
                      "must be a positive integer");
        }

    } else if (value != NULL && !json_is_null(value)) {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_READ_ONLY,
                  "the server gives the id");
    }
}


static ngx_int_t
crm_leads_batch_op(crm_flow_t *f, json_t *item, crm_lead_op_t *o)
{
    static const crm_str_t  field = crm_string("op");

    if (!json_is_object(item)) {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_REQUIRED,
                  "an operation is an object");
        return NGX_DECLINED;
    }

    crm_leads_batch_unknown(f, item);

    if (crm_leads_batch_word(f, item, o) != NGX_OK) {
        return NGX_DECLINED;
    }

    crm_leads_batch_id(f, item, o);

    return f->answer.faults.n == 0 ? NGX_OK : NGX_DECLINED;
}


/* a version as a number, or as the ETag that was read */

static ngx_int_t
crm_leads_batch_match(crm_flow_t *f, json_t *item, crm_lead_op_t *o)
{
    size_t            i;
    json_t           *value;
    crm_str_t         text;
    ngx_uint_t        end;

    static const crm_str_t  field = crm_string("if_match");

    value = json_object_get(item, "if_match");

    if (value == NULL || json_is_null(value)) {
        return NGX_OK;
    }

    if (json_is_integer(value) && json_integer_value(value) > 0) {
        o->expected = json_integer_value(value);
        return NGX_OK;
    }

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (text.len > 2 && ngx_strncmp(text.data, "W/", 2) == 0) {
        text.data += 2;
        text.len -= 2;
    }

    if (text.len > 1 && text.data[0] == '"') {
        text.data++;
        text.len--;
    }

    for (i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9';
         i++)
    {
        /* void */
    }

    end = i == text.len || text.data[i] == '"' || text.data[i] == '-';
    text.len = i;

    if (!end || crm_str_int(&text, &o->expected) != CRM_OK
        || o->expected < 1)
    {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_INVALID,
                  "must be a version");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_leads_batch_input(crm_flow_t *f, json_t *item, crm_lead_op_t *o)
{
    json_t           *body, *empty;
    ngx_int_t         rc;

    static const crm_str_t  field = crm_string("body");

    if (o->op == CRM_OP_DELETE) {
        return NGX_OK;
    }

    body = json_object_get(item, "body");

    if (body != NULL && !json_is_null(body) && !json_is_object(body)) {
        crm_fault(&f->answer.faults, &field, CRM_FAULT_INVALID,
                  "must be an object");
        return NGX_DECLINED;
    }

    empty = json_is_object(body) ? NULL : json_object();

    rc = crm_input_parse(&f->arena, &crm_entities[CRM_KIND_LEAD],
                         empty ? empty : body,
                         o->op == CRM_OP_CREATE ? CRM_INPUT_CREATE
                                                : CRM_INPUT_PATCH,
                         o->op == CRM_OP_CREATE ? CRM_LEAD_USER_ID : -1,
                         &o->input, &f->answer.faults);
    json_decref(empty);

    if (rc != CRM_OK) {
        return NGX_ERROR;
    }

    crm_input_refs(f->conf, &o->input, &f->answer.faults);

    return f->answer.faults.n == 0 ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
crm_leads_batch_one(crm_flow_t *f)
{
    json_t             *item;
    ngx_int_t           rc;
    crm_child_t        *child = f->owner;
    crm_lead_op_t      *o;
    crm_leads_batch_t  *b = (crm_leads_batch_t *) child->of;

    o = crm_arena_calloc(&f->arena, sizeof(crm_lead_op_t));
    if (o == NULL) {
        return NGX_ERROR;
    }

    o->quiet = 1;
    f->data = o;

    item = json_array_get(b->operations, child->number);

    rc = crm_leads_batch_op(f, item, o);

    if (rc == NGX_OK) {
        rc = crm_leads_batch_match(f, item, o);
    }

    if (rc == NGX_OK) {
        rc = crm_leads_batch_input(f, item, o);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? crm_answer_faults(f) : rc;
    }

    if (o->op == CRM_OP_DELETE && !crm_sees_all(f)) {
        return crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
    }

    return crm_lead_op_start(f);
}


/* ---- what came of it ---------------------------------------------------- */

static void
crm_leads_batch_note(crm_children_t *c, crm_child_t *child)
{
    int64_t             id;
    crm_out_t           out;
    crm_answer_t       *answer = &child->flow.answer;
    crm_lead_op_t      *o = child->flow.data;
    crm_leads_batch_t  *b = (crm_leads_batch_t *) c;

    crm_out_init(&out, &c->parent->arena, 64);

    crm_out_lit(&out, "{\"status\":");
    crm_out_int(&out, answer->status);
    crm_out_lit(&out, ",\"id\":");

    /* as it was asked for: the answer's may be a survivor's */

    id = o != NULL && o->id > 0 && o->op != CRM_OP_CREATE ? o->id
                                                          : answer->id;

    if (id > 0) {
        crm_out_int(&out, id);

    } else {
        crm_out_lit(&out, "null");
    }

    crm_out_lit(&out, ",\"version\":");

    if (answer->version > 0) {
        crm_out_int(&out, answer->version);
    } else {
        crm_out_lit(&out, "null");
    }

    crm_out_lit(&out, ",\"code\":");

    if (answer->problem != CRM_P_NONE) {
        crm_out_json(&out, &crm_problems[answer->problem].code);
    } else {
        crm_out_lit(&out, "null");
        b->succeeded++;
    }

    crm_faults_json(&out, &answer->faults);
    crm_out_char(&out, '}');

    (void) crm_out_join(&out, &b->result[child->number]);
}


static ngx_int_t
crm_leads_batch_stored(crm_flow_t *f)
{
    (void) f;

    return NGX_OK;
}


static ngx_int_t
crm_leads_batch_end(crm_flow_t *f)
{
    crm_ops_t           ops;
    crm_out_t          *out;
    ngx_uint_t          i;
    crm_leads_batch_t  *b = f->data;

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_out_lit(out, "{\"succeeded\":");
    crm_out_int(out, b->succeeded);
    crm_out_lit(out, ",\"failed\":");
    crm_out_int(out, b->children.n - b->succeeded);
    crm_out_lit(out, ",\"results\":[");

    for (i = 0; i < b->children.n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_str(out, &b->result[i]);
    }

    crm_out_lit(out, "]}");

    if (f->idem_key.len == 0) {
        return NGX_OK;
    }

    crm_ops_init(&ops, &f->arena);
    crm_children_check(f, &ops);
    crm_idem_store(f, &ops);
    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_leads_batch_stored);
}
