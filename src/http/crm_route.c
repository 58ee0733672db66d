/* matching paths against the table; see crm_route.h */

#include "crm_route.h"


/* one segment of the pattern against one of the path */

static ngx_uint_t
crm_route_segment(crm_request_t *q, const u_char *pattern, size_t plen,
    const u_char *text, size_t len, ngx_uint_t *nid)
{
    int64_t    id;
    crm_str_t  s;

    if (plen == 0 || pattern[0] != '{') {
        return plen == len && ngx_memcmp(pattern, text, len) == 0;
    }

    if (plen == sizeof("{slug}") - 1 && pattern[1] == 's') {
        q->slug.data = (u_char *) text;
        q->slug.len = len;
        return len > 0;
    }

    s.data = (u_char *) text;
    s.len = len;

    if (*nid == CRM_PATH_IDS || len == 0 || text[0] < '1' || text[0] > '9'
        || crm_str_int(&s, &id) != CRM_OK)
    {
        return 0;
    }

    q->id[(*nid)++] = id;

    return 1;
}


static ngx_uint_t
crm_route_path(crm_request_t *q, const crm_str_t *pattern,
    const ngx_str_t *path)
{
    u_char      *p, *pend, *pnext, *t, *tend, *tnext;
    ngx_uint_t   nid;

    p = pattern->data;
    pend = p + pattern->len;
    t = path->data;
    tend = t + path->len;
    nid = 0;

    while (p < pend && t < tend) {

        if (*p++ != '/' || *t++ != '/') {
            return 0;
        }

        pnext = ngx_strlchr(p, pend, '/');
        if (pnext == NULL) {
            pnext = pend;
        }

        tnext = ngx_strlchr(t, tend, '/');
        if (tnext == NULL) {
            tnext = tend;
        }

        if (!crm_route_segment(q, p, pnext - p, t, tnext - t, &nid)) {
            return 0;
        }

        p = pnext;
        t = tnext;
    }

    return p == pend && t == tend;
}


void
crm_route_match(crm_request_t *q, const crm_route_t *table,
    const ngx_str_t *uri)
{
    ngx_str_t           path, *prefix = &q->conf->prefix;
    ngx_uint_t          method;
    const crm_route_t  *route;

    method = q->head ? NGX_HTTP_GET : q->r->method;

    q->route = NULL;
    q->allowed = 0;

    /* nor is it below a named location, or where a rewrite has led */

    if (uri->len < prefix->len + 3
        || ngx_memcmp(uri->data, prefix->data, prefix->len) != 0)
    {
        return;
    }

    path.data = uri->data + prefix->len;
    path.len = uri->len - prefix->len;

    for (route = table; route->path.len != 0; route++) {

        /* most routes differ in the first letters: a cheap look first */

        if (route->path.data[1] != path.data[1]
            || route->path.data[2] != path.data[2]
            || !crm_route_path(q, &route->path, &path))
        {
            continue;
        }

        q->allowed |= route->method;

        if (route->method == method) {
            q->route = route;
            return;
        }
    }
}


ngx_uint_t
crm_route_number(const crm_route_t *table, const crm_route_t *route)
{
    return route - table;
}


u_char *
crm_route_allow(u_char *p, ngx_uint_t methods)
{
    ngx_uint_t  i;
    u_char     *start = p;

    static const struct {
        ngx_uint_t   method;
        const char  *name;
    } names[] = {
        { NGX_HTTP_GET, "GET, HEAD" },
        { NGX_HTTP_POST, "POST" },
        { NGX_HTTP_PATCH, "PATCH" },
        { NGX_HTTP_DELETE, "DELETE" }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (methods & names[i].method) {
            p = ngx_sprintf(p, "%s%s", p == start ? "" : ", ",
                            names[i].name);
        }
    }

    return p;
}
