/* Paths and operations from the table of routes; see crm_openapi_int.h. */

#include "crm_actions.h"
#include "crm_openapi_int.h"


const crm_entity_t *
crm_doc_input(const crm_route_t *route)
{
    if (route->input != NULL || route->kind == CRM_KIND_NONE) {
        return route->input;
    }

    if (route->method == NGX_HTTP_PATCH
        || (route->method == NGX_HTTP_POST
            && route->gives == CRM_GIVES_CREATED))
    {
        return &crm_entities[route->kind];
    }

    return NULL;
}


/* a verb, and the words of the path; unique as method and path are */

static void
crm_doc_operation_id(crm_out_t *out, const crm_route_t *route)
{
    size_t       i, start;
    crm_str_t    word;
    const char  *verb;

    switch (route->method) {

    case NGX_HTTP_GET:
        verb = route->gives == CRM_GIVES_LIST ? "list" : "get";
        break;

    case NGX_HTTP_POST:
        verb = route->gives == CRM_GIVES_CREATED ? "create" : "post";
        break;

    case NGX_HTTP_PATCH:
        verb = "update";
        break;

    default:
        verb = "delete";
    }

    crm_doc(out, "'operationId':'%s", verb);

    for (start = 1, i = 1; i <= route->path.len; i++) {

        if (i < route->path.len && route->path.data[i] != '/') {
            continue;
        }

        word.data = route->path.data + start;
        word.len = i - start;
        start = i + 1;

        if (word.data[0] == '{') {
            crm_out_lit(out, "By");
        }

        crm_doc_name(out, &word);
    }

    crm_out_char(out, '"');
}


/* the lowest of the roles that may; each may what the ones below it may */

static const char *
crm_doc_role(unsigned roles)
{
    switch (roles) {

    case CRM_MAY_PUBLIC:
        return "none";

    case CRM_MAY_ALL:
        return "any";

    case CRM_MAY_MAIL:
        return "mail_gateway";

    case CRM_MAY_ADMIN:
        return "admin";

    case CRM_MAY_MANAGER:
        return "manager";

    default:
        return "salesperson";
    }
}


/* fields that are looked at, and not kept: crm_input.h, CRM_INPUT_CHECK */

static int
crm_doc_checks(const crm_route_t *route, const crm_entity_t *input,
    int action)
{
    return input != NULL && !action && route->method == NGX_HTTP_POST
           && route->gives != CRM_GIVES_CREATED;
}


/* an action's body may be left out where it has nothing that must be said */

static int
crm_doc_body_required(const crm_route_t *route, const crm_entity_t *input,
    int action)
{
    unsigned  i;

    for (i = 0; action && i < input->nfields; i++) {
        if (input->fields[i].flags & CRM_F_REQUIRED) {
            return 1;
        }
    }

    return !action && !crm_doc_checks(route, input, action);
}


static void
crm_doc_request_body(crm_out_t *out, const crm_route_t *route)
{
    int                     action;
    const crm_entity_t     *input = crm_doc_input(route);
    const crm_doc_extra_t  *extra = crm_doc_extra(route);

    if (input == NULL && (extra == NULL || extra->body == NULL)) {
        return;
    }

    action = input != NULL && (input < crm_entities
                               || input >= crm_entities + CRM_KINDS);

    if (input == &crm_action_mail) {
        crm_doc_text(out, ",'requestBody':{'required':true,'content':{"
                     "'message/rfc822':{'schema':{'type':'string','format':"
                     "'binary'}}}}");
        return;
    }

    crm_doc(out, ",'requestBody':{'required':%s,'content':{"
            "'application/json':{'schema':",
            crm_doc_body_required(route, input, action) ? "true"
                                                        : "false");

    if (extra != NULL && extra->body != NULL) {
        crm_doc_text(out, extra->body);

    } else if (action) {
        crm_doc_entity(out, input, CRM_DOC_CREATE);

    } else if (route->method == NGX_HTTP_PATCH) {
        crm_doc_ref(out, input, "Patch");

    } else if (route->gives == CRM_GIVES_CREATED) {
        crm_doc_ref(out, input, "Create");

    } else {
        crm_doc_entity(out, input, CRM_DOC_CHECK);
    }

    crm_doc_text(out, "}}}");
}


static void
crm_doc_schema_of(crm_out_t *out, const crm_route_t *route)
{
    const crm_doc_extra_t  *extra = crm_doc_extra(route);

    if (extra != NULL && extra->answer != NULL) {
        crm_doc_text(out, extra->answer);
        return;
    }

    if (route->gives == CRM_GIVES_JOB) {
        crm_doc_ref(out, &crm_entities[CRM_KIND_JOB], "");

    } else if (route->kind != CRM_KIND_NONE) {
        crm_doc_ref(out, &crm_entities[route->kind], "");

    } else {
        crm_doc_text(out, "{'type':'object'}");
    }
}


static void
crm_doc_content(crm_out_t *out, const crm_route_t *route, const char *status,
    const char *description, const char *headers)
{
    crm_doc(out, "'%s':{'description':'%s','headers':{", status,
            description);
    crm_doc_text(out, headers);
    crm_doc_text(out, "'X-Request-Id':{'schema':{'type':'string'}}},");
    crm_doc(out, "'content':{'%s':{'schema':", crm_doc_extra_media(route));

    if (route->gives == CRM_GIVES_LIST && route->kind != CRM_KIND_NONE) {
        crm_doc_text(out, "{'type':'object','required':['data',"
                     "'next_cursor'],'properties':{'data':{'type':'array',"
                     "'items':");
        crm_doc_schema_of(out, route);
        crm_doc_text(out, "},'next_cursor':{'type':['string','null']},"
                     "'total':{'type':'integer'},'total_at_least':{'type':"
                     "'integer'}}}");

    } else {
        crm_doc_schema_of(out, route);
    }

    crm_doc_text(out, "}}}");
}


static int
crm_doc_begins(const crm_str_t *path, const char *start)
{
    size_t  len = ngx_strlen(start);

    return path->len >= len && ngx_memcmp(path->data, start, len) == 0;
}


static void
crm_doc_success(crm_out_t *out, const crm_route_t *route)
{
    const char  *also = crm_doc_extra_success(route);

    static const char  etag[] = "'ETag':{'schema':{'type':'string'}},";
    static const char  location[] =
        "'Location':{'schema':{'type':'string','format':'uri-reference'}},";

    if (route->method == NGX_HTTP_GET
        && crm_doc_begins(&route->path, "/leads/{id}"))
    {
        crm_doc_text(out, "'301':{'description':'Merged: where the survivor "
                     "has it','headers':{");
        crm_doc_text(out, location);
        crm_doc_text(out, "'Cache-Control':{'schema':{'type':'string'}}}},");
    }

    switch (route->gives) {

    case CRM_GIVES_OBJECT:
        crm_doc_content(out, route, "200", "The object", etag);

        if (route->method == NGX_HTTP_GET) {
            crm_doc_text(out, ",'304':{'description':'Not modified'}");
        }
        break;

    case CRM_GIVES_LIST:
        crm_doc_content(out, route, "200", "A page of the list", "");
        break;

    case CRM_GIVES_CREATED:
        crm_doc_content(out, route, "201", "Created", location);
        break;

    case CRM_GIVES_NOTHING:
        crm_doc_text(out, "'204':{'description':'Done'}");
        break;

    case CRM_GIVES_JOB:
        crm_doc_content(out, route, "202", "A job does it", location);
        break;

    case CRM_GIVES_REPORT:
        crm_doc_report_success(out, route);
        break;

    default:
        crm_doc_content(out, route, "200", "Done", "");
    }

    if (also != NULL) {
        crm_out_char(out, ',');
        crm_doc_text(out, also);
    }
}


/* which problems a route can answer with, by what it takes */

static void
crm_doc_failures(crm_out_t *out, const crm_route_t *route)
{
    unsigned  i, set;

    enum { ALWAYS = 0, CALLER = 1, WRITE = 2, VERSION = 4, BODY = 8 };

    static const struct {
        int       status;
        unsigned  when;
    } failures[] = {
        { 400, ALWAYS }, { 401, CALLER }, { 403, CALLER }, { 404, ALWAYS },
        { 408, BODY }, { 409, WRITE }, { 412, VERSION }, { 413, BODY },
        { 415, BODY }, { 422, BODY }, { 429, ALWAYS }, { 500, ALWAYS },
        { 503, ALWAYS }
    };

    set = route->roles != CRM_MAY_PUBLIC ? CALLER : 0;

    if (route->method != NGX_HTTP_GET) {
        set |= WRITE;
    }

    if (route->method & (NGX_HTTP_PATCH|NGX_HTTP_DELETE)
        || route->gives == CRM_GIVES_OBJECT)
    {
        set |= set & WRITE ? VERSION : 0;
    }

    if (route->method & (NGX_HTTP_POST|NGX_HTTP_PATCH)) {
        set |= BODY;
    }

    for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].when == ALWAYS || (failures[i].when & set)) {
            crm_doc(out, ",'%d':{'$ref':'#/components/responses/Problem%d'}",
                    failures[i].status, failures[i].status);
        }
    }

    crm_doc_text(out, ",'default':{'$ref':'#/components/responses/Problem'}");
}


static void
crm_doc_operation(crm_out_t *out, const crm_route_t *route)
{
    crm_str_t    tag, summary;
    const char  *name;

    switch (route->method) {

    case NGX_HTTP_GET:
        name = "get";
        break;

    case NGX_HTTP_POST:
        name = "post";
        break;

    case NGX_HTTP_PATCH:
        name = "patch";
        break;

    default:
        name = "delete";
    }

    crm_doc(out, ",'%s':{", name);
    crm_doc_operation_id(out, route);

    summary.data = (u_char *) route->summary;
    summary.len = route->summary != NULL ? strlen(route->summary) : 0;

    crm_doc_text(out, ",'summary':");
    crm_out_json(out, &summary);

    tag.data = route->path.data + 1;

    for (tag.len = 0; tag.len + 1 < route->path.len; tag.len++) {
        if (tag.data[tag.len] == '/' || tag.data[tag.len] == '.') {
            break;
        }
    }

    crm_doc_text(out, ",'tags':[");
    crm_out_json(out, &tag);
    crm_doc(out, "],'x-role':'%s'", crm_doc_role(route->roles));

    if (route->roles == CRM_MAY_PUBLIC) {
        crm_doc_text(out, ",'security':[]");
    }

    crm_doc_params(out, route);
    crm_doc_request_body(out, route);

    crm_doc_text(out, ",'responses':{");
    crm_doc_success(out, route);
    crm_doc_failures(out, route);
    crm_doc_text(out, "}}");
}


void
crm_doc_paths(crm_out_t *out)
{
    const crm_route_t  *route, *other;

    for (route = crm_routes; route->path.len != 0; route++) {

        for (other = crm_routes; !crm_str_eq(&other->path, &route->path);
             other++)
        {
            /* void */
        }

        if (other != route) {
            continue;                   /* written with its first row */
        }

        if (route != crm_routes) {
            crm_out_char(out, ',');
        }

        crm_out_json(out, &route->path);
        crm_doc_text(out, ":{");
        crm_doc_path_params(out, &route->path);

        for ( /* void */ ; other->path.len != 0; other++) {
            if (crm_str_eq(&other->path, &route->path)) {
                crm_doc_operation(out, other);
            }
        }

        crm_out_char(out, '}');
    }
}
