/*
 * The OpenAPI document: its frame, and the copy that the worker keeps; see
 * crm_openapi.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include "crm_auth.h"
#include "crm_digest.h"
#include "crm_openapi_int.h"
#include "crm_respond.h"


#define CRM_DOC_LINE  4096


static ngx_int_t crm_openapi_answer(crm_flow_t *f);


static const char  crm_doc_info[] =
    "'info':{'title':'nginx-crm','version':'0.1.0',"
    "'summary':'A CRM for web frontends, scripts and mail servers',"
    "'license':{'name':'BSD-2-Clause','identifier':'BSD-2-Clause'}},"
    "'jsonSchemaDialect':'https://json-schema.org/draft/2020-12/schema',"
    "'security':[{'bearer':[]}]";

static const char  crm_doc_security[] =
    "'securitySchemes':{'bearer':{'type':'http','scheme':'bearer',"
    "'description':'A token of one user of the tenant'}}";


/* of this worker: everything behind the opening brace but `servers' */
static crm_arena_t  crm_openapi_arena;
static crm_str_t    crm_openapi_text;
static uint64_t     crm_openapi_hash;


void
crm_doc_text(crm_out_t *out, const char *text)
{
    const char  *quote;

    for (quote = strchr(text, '\''); quote; quote = strchr(text, '\'')) {
        crm_out_bytes(out, text, quote - text);
        crm_out_char(out, '"');
        text = quote + 1;
    }

    crm_out_bytes(out, text, strlen(text));
}


void
crm_doc(crm_out_t *out, const char *fmt, ...)
{
    int      n;
    char     quoted[CRM_DOC_LINE];
    size_t   i;
    u_char  *p;
    va_list  args;

    for (i = 0; fmt[i] != '\0' && i < sizeof(quoted) - 1; i++) {
        quoted[i] = fmt[i] == '\'' ? '"' : fmt[i];
    }

    quoted[i] = '\0';

    p = crm_out_reserve(out, CRM_DOC_LINE);
    if (p == NULL) {
        return;
    }

    va_start(args, fmt);
    n = vsnprintf((char *) p, CRM_DOC_LINE, quoted, args);
    va_end(args);

    if (n < 0 || n >= CRM_DOC_LINE) {
        out->failed = 1;
        return;
    }

    out->chunk->last = p + n;
}


void
crm_doc_name(crm_out_t *out, const crm_str_t *name)
{
    size_t  i;
    u_char  c;
    int     upper;

    for (upper = 1, i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            upper = 1;
            continue;
        }

        crm_out_char(out, upper ? ngx_toupper(c) : c);
        upper = 0;
    }
}


void
crm_doc_ref(crm_out_t *out, const crm_entity_t *entity, const char *suffix)
{
    crm_doc_text(out, "{'$ref':'#/components/schemas/");
    crm_doc_name(out, &entity->name);
    crm_doc(out, "%s'}", suffix);
}


static void
crm_openapi_write(crm_out_t *out)
{
    crm_doc_text(out, crm_doc_info);

    crm_doc_text(out, ",'paths':{");
    crm_doc_paths(out);

    crm_doc_text(out, "},'components':{");
    crm_doc_text(out, crm_doc_security);
    crm_doc_text(out, ",'parameters':{");
    crm_doc_shared_params(out);
    crm_doc_text(out, "},'schemas':{");
    crm_doc_schemas(out);
    crm_doc_text(out, "},'responses':{");
    crm_doc_problems(out);
    crm_doc_text(out, "}}}");
}


static ngx_int_t
crm_openapi_make(void)
{
    crm_out_t  out;

    if (crm_openapi_text.len > 0) {
        return NGX_OK;
    }

    crm_arena_init(&crm_openapi_arena);
    crm_out_init(&out, &crm_openapi_arena, 65536);

    crm_openapi_write(&out);

    if (crm_out_join(&out, &crm_openapi_text) != CRM_OK) {
        crm_openapi_release();
        return NGX_ERROR;
    }

    crm_openapi_hash = crm_hash64(crm_openapi_text.data,
                                  crm_openapi_text.len);

    return NGX_OK;
}


/* it is everybody's, but only of a tenant that there is (api.md, "Tenant") */

ngx_int_t
crm_openapi_handler(crm_flow_t *f)
{
    crm_flow_call(f, "HGET", f->tenant->root, crm_str("state"),
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string);

    return crm_flow_wait(f, crm_openapi_answer);
}


static ngx_int_t
crm_openapi_answer(crm_flow_t *f)
{
    uint64_t        hash;
    crm_out_t      *out;
    crm_str_t       prefix;
    crm_request_t  *q = crm_request(f);

    if (crm_auth_state(f, &f->reply[0].str) != NGX_OK) {
        return NGX_OK;
    }

    if (crm_params_parse(&f->arena, (crm_str_t *) &q->args, &q->params)
        != CRM_OK)
    {
        return crm_flow_problem(f, CRM_P_INVALID_PARAMETER,
                                "the query string is not well-formed");
    }

    if (q->params.n > 0) {
        return crm_answer_bad_param(f, &q->params.param[0].name, NULL, 1);
    }

    if (crm_openapi_make() != NGX_OK) {
        return NGX_ERROR;
    }

    prefix.data = q->conf->prefix.data;
    prefix.len = q->conf->prefix.len;

    if (prefix.len == 0) {
        prefix = crm_str("/");
    }

    out = crm_answer_json(f, NGX_HTTP_OK);

    crm_doc_text(out, "{'openapi':'3.1.0','servers':[{'url':");
    crm_out_json(out, &prefix);
    crm_doc_text(out, "}],");
    crm_out_str(out, &crm_openapi_text);

    hash = crm_openapi_hash ^ crm_hash64(prefix.data, prefix.len);

    f->answer.etag = crm_arena_printf(&f->arena, "\"%016llx\"",
                                      (unsigned long long) hash);
    f->answer.cache_control = crm_str("no-cache");

    return NGX_OK;
}


void
crm_openapi_release(void)
{
    if (crm_openapi_arena.block != NULL) {
        crm_arena_reset(&crm_openapi_arena);
    }

    crm_openapi_text = (crm_str_t) crm_null_string;
}
