/*
 * Parameters: what lists take by the tables of fields, and what all routes of
 * a sort take; see crm_openapi_int.h.
 */

#include "crm_include.h"
#include "crm_openapi_int.h"
#include "crm_query.h"


typedef struct {
    crm_out_t  *out;
    unsigned    n;              /* written */
} crm_doc_list_t;


static void
crm_doc_next(crm_doc_list_t *l)
{
    if (l->n++ > 0) {
        crm_out_char(l->out, ',');
    }
}


void
crm_doc_shared_params(crm_out_t *out)
{
    crm_doc_text(out,
        "'Limit':{'name':'limit','in':'query','schema':{'type':'integer',"
        "'minimum':1,'maximum':1000,'default':50}},"
        "'Cursor':{'name':'cursor','in':'query','description':"
        "'next_cursor of the page before','schema':{'type':'string'}},"
        "'Total':{'name':'total','in':'query','description':"
        "'Whether to count all that match','schema':{'type':'boolean',"
        "'default':false}},"
        "'Query':{'name':'q','in':'query','description':'Words, at most 50, "
        "each of them the beginning of one in the record','schema':{'type':"
        "'string'}},"
        "'IfMatch':{'name':'If-Match','in':'header','description':"
        "'The version that the change is meant for','schema':{'type':"
        "'string'}},"
        "'IfNoneMatch':{'name':'If-None-Match','in':'header','schema':{"
        "'type':'string'}},"
        "'IdempotencyKey':{'name':'Idempotency-Key','in':'header',"
        "'description':'Repeating a request with its key does nothing "
        "again, for 24 hours','schema':{'type':'string','minLength':1,"
        "'maxLength':255}}");
}


static void
crm_doc_param_ref(crm_doc_list_t *l, const char *name)
{
    crm_doc_next(l);
    crm_doc(l->out, "{'$ref':'#/components/parameters/%s'}", name);
}


/* "a,b" in one parameter */

static void
crm_doc_param_words(crm_doc_list_t *l, const char *name)
{
    crm_doc_next(l);
    crm_doc(l->out, "{'name':'%s','in':'query','style':'form',"
            "'explode':false,'schema':{'type':'array','items':{'type':"
            "'string','enum':[", name);
}


static void
crm_doc_sort(crm_doc_list_t *l, const crm_entity_t *entity)
{
    unsigned            i, n;
    const char         *extra;
    const crm_field_t  *f;

    crm_doc_next(l);
    crm_doc_text(l->out, "{'name':'sort','in':'query','description':"
                 "'A field; with - the other way round','schema':{'type':"
                 "'string','enum':[");

    for (n = 0, i = 0; i < entity->nfields; i++) {
        f = &entity->fields[i];

        if (f->flags & CRM_F_SORT) {
            crm_doc(l->out, "%s'%.*s','-%.*s'", n++ ? "," : "",
                    (int) f->name.len, f->name.data,
                    (int) f->name.len, f->name.data);
        }
    }

    extra = crm_doc_extra_sorts(entity->kind);

    if (extra[0] != '\0') {
        crm_doc(l->out, "%s'%s','-%s'", n ? "," : "", extra, extra);
    }

    crm_doc_text(l->out, "]}}");
}


static void
crm_doc_fields(crm_doc_list_t *l, const crm_entity_t *entity)
{
    unsigned  i, n;

    crm_doc_param_words(l, "fields");

    for (n = 0, i = 0; i < entity->nfields; i++) {
        if (!(entity->fields[i].flags & CRM_F_HIDDEN)) {
            crm_doc_text(l->out, n++ ? "," : "");
            crm_out_json(l->out, &entity->fields[i].name);
        }
    }

    crm_doc_text(l->out, "]}}}");
}


static void
crm_doc_include(crm_doc_list_t *l, const crm_entity_t *entity)
{
    u_char    name[64];
    size_t    len;
    unsigned  i, n;

    for (n = 0, i = 0; i < entity->nfields; i++) {

        if (entity->fields[i].flags & CRM_F_HIDDEN) {
            continue;
        }

        len = crm_view_include_name(&entity->fields[i], name);

        if (len == 0) {
            continue;
        }

        if (n++ == 0) {
            crm_doc_param_words(l, "include");
        }

        crm_doc(l->out, "%s'%.*s'", n > 1 ? "," : "", (int) len, name);
    }

    if (n > 0) {
        crm_doc_text(l->out, crm_doc_extra_includes(entity->kind));
        crm_doc_text(l->out, "]}}}");
    }
}


/* ---- filters ------------------------------------------------------------- */

/* one of the values of a filter, without the words for unset and the like */

static void
crm_doc_filter_item(crm_out_t *out, const crm_field_t *f)
{
    switch (f->type) {

    case CRM_T_BOOL:
        crm_doc_text(out, crm_str_is(&f->name, "active")
                          ? "{'enum':['true','false','any']}"
                          : "{'enum':['true','false']}");
        return;

    case CRM_T_ID:
        crm_doc_text(out, "{'anyOf':[{'type':'integer','minimum':1}");
        crm_doc_text(out, crm_query_unset(f) ? ",{'const':'none'}" : "");
        crm_doc_text(out, f->ref == CRM_KIND_USER ? ",{'const':'me'}]}"
                                                  : "]}");
        return;

    case CRM_T_IDS:
        crm_doc_text(out, "{'type':'integer','minimum':1}");
        return;

    case CRM_T_ENUM:
        crm_doc_text(out, "{'anyOf':[{");
        crm_doc_type(out, f, 0);
        crm_doc_text(out, f->value == NULL && !(f->flags & CRM_F_REQUIRED)
                          ? "},{'const':'none'}]}" : "}]}");
        return;

    case CRM_T_INT:
        crm_out_char(out, '{');
        crm_doc_type(out, f, 0);
        crm_out_char(out, '}');
        return;

    default:
        crm_doc_text(out, "{'type':'string'}");
    }
}


static void
crm_doc_filter(crm_doc_list_t *l, const crm_field_t *f, size_t len)
{
    crm_doc_next(l);
    crm_doc(l->out, "{'name':'%.*s','in':'query','style':'form',"
            "'explode':false,'schema':{'type':'array','items':",
            (int) len, f->name.data);
    crm_doc_filter_item(l->out, f);
    crm_doc_text(l->out, "}}");
}


static void
crm_doc_range(crm_doc_list_t *l, const crm_field_t *f, const char *suffix)
{
    crm_doc_next(l);
    crm_doc(l->out, "{'name':'%.*s%s','in':'query','schema':{",
            (int) f->name.len, f->name.data, suffix);
    crm_doc_type(l->out, f, 0);
    crm_doc_text(l->out, "}}");
}


static void
crm_doc_filters(crm_doc_list_t *l, const crm_entity_t *entity)
{
    unsigned            i, words;
    const crm_field_t  *f;

    for (words = 0, i = 0; i < entity->nfields; i++) {
        f = &entity->fields[i];
        words |= f->flags & CRM_F_WORDS;

        if (f->flags & CRM_F_FILTER) {
            crm_doc_filter(l, f, f->name.len);
        }

        /* a list of ids is asked for one of them: tag_ids as tag_id */

        if (f->type == CRM_T_IDS && entity->kind >= CRM_CONF_KINDS) {
            crm_doc_filter(l, f, f->name.len - 1);
        }

        if (f->flags & CRM_F_RANGE) {
            crm_doc_range(l, f, "_from");
            crm_doc_range(l, f, "_to");
        }
    }

    if (words) {
        crm_doc_param_ref(l, "Query");
    }
}


static void
crm_doc_list_params(crm_doc_list_t *l, const crm_entity_t *entity)
{
    crm_doc_param_ref(l, "Limit");
    crm_doc_param_ref(l, "Cursor");
    crm_doc_param_ref(l, "Total");
    crm_doc_sort(l, entity);
    crm_doc_fields(l, entity);
    crm_doc_include(l, entity);
    crm_doc_filters(l, entity);
}


/* ---- of a route ---------------------------------------------------------- */

static void
crm_doc_headers(crm_doc_list_t *l, const crm_route_t *route)
{
    int  by_id;

    by_id = memchr(route->path.data, '{', route->path.len) != NULL;

    switch (route->method) {

    case NGX_HTTP_GET:
        if (route->gives == CRM_GIVES_OBJECT
            || route->gives == CRM_GIVES_REPORT)
        {
            crm_doc_param_ref(l, "IfNoneMatch");
        }
        break;

    case NGX_HTTP_POST:
        crm_doc_param_ref(l, "IdempotencyKey");

        if (by_id && route->gives == CRM_GIVES_OBJECT) {
            crm_doc_param_ref(l, "IfMatch");
        }
        break;

    default:
        crm_doc_param_ref(l, "IfMatch");
    }
}


/* takes fields and include: reads one object, or something around objects */

static int
crm_doc_is_view(const crm_route_t *route)
{
    if (route->gives == CRM_GIVES_OTHER) {
        return route->kind != CRM_KIND_NONE;
    }

    return route->method == NGX_HTTP_GET && route->gives == CRM_GIVES_OBJECT
           && crm_str_is(&route->path, "/me") == 0
           && route->kind != CRM_KIND_JOB;
}


void
crm_doc_params(crm_out_t *out, const crm_route_t *route)
{
    crm_doc_list_t          l = { out, 0 };
    const crm_doc_extra_t  *extra = crm_doc_extra(route);

    crm_doc_text(out, ",'parameters':[");

    if (route->method == NGX_HTTP_GET && route->gives == CRM_GIVES_LIST
        && route->kind != CRM_KIND_NONE)
    {
        crm_doc_list_params(&l, &crm_entities[route->kind]);
    }

    if (crm_doc_is_view(route)) {
        crm_doc_fields(&l, &crm_entities[route->kind]);
        crm_doc_include(&l, &crm_entities[route->kind]);
    }

    if (extra != NULL && extra->params != NULL) {
        crm_doc_next(&l);
        crm_doc_text(out, extra->params);
    }

    if (route->gives == CRM_GIVES_REPORT && route->kind != CRM_KIND_NONE) {
        crm_doc_filters(&l, &crm_entities[route->kind]);
    }

    crm_doc_headers(&l, route);

    crm_out_char(out, ']');
}


void
crm_doc_path_params(crm_out_t *out, const crm_str_t *path)
{
    size_t           i, start;
    crm_doc_list_t   l = { out, 0 };

    crm_doc_text(out, "'parameters':[");

    for (start = 0, i = 0; i < path->len; i++) {

        if (path->data[i] == '{') {
            start = i + 1;
        }

        if (path->data[i] == '}') {
            crm_doc_next(&l);
            crm_doc(out, "{'name':'%.*s','in':'path','required':true,"
                    "'schema':{'type':'integer','format':'int64',"
                    "'minimum':1}}", (int) (i - start), path->data + start);
        }
    }

    crm_out_char(out, ']');
}
