/*
 * POST /mail/inbound: a mail becomes a lead, or a message on the lead that it
 * answers (api.md, 8; semantics.md, "Teams, mail").
 *
 * The commit checks that nobody has stored this Message-ID: of two deliveries
 * at once one writes, the other begins anew and finds what the first did.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_idem.h"
#include "crm_inbound.h"
#include "crm_mid.h"
#include "crm_respond.h"


static ngx_int_t crm_inbound_parse(crm_flow_t *f);
static ngx_int_t crm_inbound_parsed(crm_flow_t *f);
static ngx_int_t crm_inbound_replay(crm_flow_t *f);
static ngx_int_t crm_inbound_place(crm_flow_t *f);
static ngx_int_t crm_inbound_decide(crm_flow_t *f);


/* ---- the request -------------------------------------------------------- */

static ngx_uint_t
crm_inbound_is_mail(ngx_http_request_t *r)
{
    ngx_str_t  *type;

    static const ngx_str_t  mail = ngx_string("message/rfc822");

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    return type->len >= mail.len
           && ngx_strncasecmp(type->data, mail.data, mail.len) == 0
           && (type->len == mail.len || type->data[mail.len] == ';'
               || type->data[mail.len] == ' ');
}


ngx_int_t
crm_mail_inbound(crm_flow_t *f)
{
    crm_str_t      *recipient;
    crm_param_t    *param;
    crm_inbound_t  *in;
    crm_request_t  *q = crm_request(f);

    static const crm_str_t  name = crm_string("recipient");

    in = crm_arena_calloc(&f->arena, sizeof(crm_inbound_t));
    if (in == NULL) {
        return NGX_ERROR;
    }

    f->data = in;

    recipient = crm_param_get(&q->params, "recipient");
    param = crm_param_unknown(&q->params);

    if (param != NULL) {
        return crm_answer_bad_param(f, &param->name, &name, 1);
    }

    if (recipient == NULL || recipient->len == 0) {
        return crm_answer_bad_param(f, &name, NULL, 0);
    }

    in->recipient = *recipient;

    if (!crm_inbound_is_mail(q->r)) {
        return crm_flow_problem(f, CRM_P_UNSUPPORTED_MEDIA_TYPE,
                                "The body must be message/rfc822");
    }

    return crm_auth_prove(f, crm_inbound_parse);
}


/* a repetition finds the message parsed */

static ngx_int_t
crm_inbound_parse(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_request_t       *q = crm_request(f);
    crm_inbound_task_t  *task;

    if (f->task != NULL) {
        return crm_inbound_parsed(f);
    }

    rc = crm_inbound_task(q, &task);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_flow_thread(f, q->conf->mail_threads, &task->task,
                           crm_inbound_parsed);
}


/* the recipient is part of what a repeated request must repeat */

static ngx_int_t
crm_inbound_idem(crm_flow_t *f, crm_inbound_t *in, crm_inbound_task_t *task)
{
    u_char     *p;
    crm_str_t   text, mark;

    text = crm_arena_printf(&f->arena, "%.*s %.*s", CRM_SHA256_TEXT,
                            task->mark, (int) in->recipient.len,
                            in->recipient.data);
    p = crm_arena_bytes(&f->arena, CRM_SHA256_TEXT);

    if (text.data == NULL || p == NULL) {
        return NGX_ERROR;
    }

    (void) crm_sha256_text(p, text.data, text.len);

    mark.data = p;
    mark.len = CRM_SHA256_TEXT;

    if (crm_idem_ask(f, &mark) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_flow_wait(f, crm_inbound_replay);
}


static ngx_int_t
crm_inbound_parsed(crm_flow_t *f)
{
    crm_inbound_t       *in = f->data;
    crm_inbound_task_t  *task = (crm_inbound_task_t *) f->task;

    if (task->rc == CRM_DECLINED) {
        return crm_flow_problem(f, CRM_P_UNPARSABLE_MAIL, NULL);
    }

    if (task->rc != CRM_OK) {
        return NGX_ERROR;
    }

    in->mail = &task->mail;

    return crm_request(f)->headers.idempotency_key.data != NULL
           ? crm_inbound_idem(f, in, task) : crm_inbound_place(f);
}


static ngx_int_t
crm_inbound_replay(crm_flow_t *f)
{
    ngx_int_t  rc;

    if (crm_idem_replay(f, &f->reply[0], &rc) == NGX_OK) {
        return rc;
    }

    return crm_inbound_place(f);
}


static ngx_int_t
crm_inbound_place(crm_flow_t *f)
{
    crm_inbound_t  *in = f->data;

    in->team = crm_mail_team(&f->arena, f->conf, &in->recipient);

    if (in->team == NULL) {
        return crm_flow_problem(f, CRM_P_UNKNOWN_ALIAS, NULL);
    }

    in->user = crm_mail_user(&f->arena, f->conf, in->mail);

    return crm_inbound_read(f, in, crm_inbound_decide);
}


/* ---- the answer --------------------------------------------------------- */

static void
crm_inbound_id(crm_out_t *out, int64_t id)
{
    if (id != 0) {
        crm_out_int(out, id);

    } else {
        crm_out_lit(out, "null");
    }
}


static void
crm_inbound_says(crm_flow_t *f, ngx_uint_t status, int64_t lead,
    int64_t message, ngx_uint_t threaded)
{
    crm_out_t  *out;

    out = crm_answer_json(f, status);

    crm_out_lit(out, "{\"lead_id\":");
    crm_inbound_id(out, lead);
    crm_out_lit(out, ",\"message_id\":");
    crm_inbound_id(out, message);
    crm_out_lit(out, ",\"threaded\":");

    if (threaded) {
        crm_out_lit(out, "true}");

    } else {
        crm_out_lit(out, "false}");
    }

    f->answer.id = lead;

    if (status == NGX_HTTP_CREATED) {
        crm_answer_location(f, "/leads/%lld", (long long) lead);
    }
}


static ngx_int_t
crm_inbound_answer(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_inbound_says(f, o->op == CRM_OP_CREATE ? NGX_HTTP_CREATED
                                               : NGX_HTTP_OK,
                     crm_record_id(o->lead), crm_record_id(o->message),
                     o->op != CRM_OP_CREATE);

    return NGX_OK;
}


/* ---- the change --------------------------------------------------------- */

static crm_problem_t
crm_inbound_apply(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    /* nothing of the lead changes: a lost one stays lost */

    o->lead = crm_record_copy(rule->arena, o->old);

    return o->lead != NULL ? CRM_P_NONE : CRM_P_INTERNAL;
}


static ngx_int_t
crm_inbound_compose(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    crm_inbound_t  *in = o->of;

    (void) f;

    o->message = crm_mail_message(rule, o->lead, in->mail, in->user);

    return o->message != NULL ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_inbound_extend(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_rule_t      rule;
    crm_inbound_t  *in = o->of;

    if (in->mids >= CRM_MID_MAX) {
        return NGX_OK;
    }

    crm_write_rule(f, &rule);

    return crm_mid_add(&o->ops, &rule, o->message) == CRM_OK ? NGX_OK
                                                             : NGX_ERROR;
}


static ngx_int_t
crm_inbound_write(crm_flow_t *f, crm_inbound_t *in, crm_op_t op)
{
    crm_rule_t      rule;
    crm_lead_op_t  *o = &in->op;

    o->op = op;
    o->id = in->lead;
    o->of = in;
    o->found = 1;
    o->use_header = 1;
    o->apply = crm_inbound_apply;
    o->compose = crm_inbound_compose;
    o->extend = crm_inbound_extend;
    o->answer = crm_inbound_answer;

    if (op == CRM_OP_CREATE) {
        crm_write_rule(f, &rule);

        if (crm_mail_input(&rule, in->mail, in->team,
                           in->contact ? crm_record_id(in->contact) : 0,
                           &o->input)
            != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    f->data = o;

    return crm_lead_op_start(f);
}


/* the first message of a lead is the mail that made it */

static ngx_uint_t
crm_inbound_was_answer(int64_t message)
{
    return (message & ((1LL << CRM_MESSAGE_SHIFT) - 1)) > 1;
}


static ngx_int_t
crm_inbound_decide(crm_flow_t *f)
{
    crm_inbound_t  *in = f->data;

    if (!crm_mail_welcome(in->team, in->user, in->contact)) {
        return crm_flow_problem(f, CRM_P_SENDER_REFUSED, NULL);
    }

    if (in->seen.message != 0) {
        crm_inbound_says(f, NGX_HTTP_OK, in->lead, in->seen.message,
                         crm_inbound_was_answer(in->seen.message));
        return crm_write_nothing(f);
    }

    if (in->lead != 0) {
        return crm_inbound_write(f, in, CRM_OP_OTHER);
    }

    if (in->mail->automatic) {
        crm_inbound_says(f, NGX_HTTP_OK, 0, 0, 0);
        return crm_write_nothing(f);
    }

    return crm_inbound_write(f, in, CRM_OP_CREATE);
}
