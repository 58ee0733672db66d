/* how much of an object is shown; see crm_include.h */

#include <stdlib.h>
#include "crm_auth.h"
#include "crm_digest.h"
#include "crm_handlers.h"
#include "crm_include.h"
#include "crm_lead.h"
#include "crm_respond.h"
#include "crm_write.h"


typedef ngx_int_t (*crm_view_name_pt)(crm_view_t *view,
    const crm_str_t *name);


static ngx_int_t crm_view_field(crm_view_t *view, const crm_str_t *name);
static ngx_int_t crm_view_include(crm_view_t *view, const crm_str_t *name);


void
crm_view_init(crm_flow_t *f, const crm_entity_t *entity, crm_view_t *view)
{
    unsigned           i;
    const crm_mask_t  *mask;

    ngx_memzero(view, sizeof(crm_view_t));

    view->entity = entity;
    mask = crm_config_mask(f, entity->kind);

    for (i = 0; i < entity->nfields; i++) {
        if (!(entity->fields[i].flags & CRM_F_HIDDEN)
            && (mask == NULL || crm_mask_has(mask, i)))
        {
            crm_mask_set(&view->visible, i);
        }
    }

    view->mask = view->visible;
}


size_t
crm_view_include_name(const crm_field_t *field, u_char *name)
{
    size_t  len = field->name.len;

    /* messages are read by their lead: that is no news */

    if (field->ref >= CRM_CONF_KINDS && field->ref != CRM_KIND_CONTACT
        && (field->ref != CRM_KIND_LEAD
            || (field->flags & CRM_F_READ_ONLY)))
    {
        return 0;
    }

    if (field->type == CRM_T_ID && len > 3
        && ngx_memcmp(field->name.data + len - 3, "_id", 3) == 0)
    {
        ngx_memcpy(name, field->name.data, len - 3);
        return len - 3;
    }

    if (field->type == CRM_T_IDS && len > 4) {
        ngx_memcpy(name, field->name.data, len - 4);
        name[len - 4] = 's';
        return len - 3;
    }

    return 0;
}


static ngx_int_t
crm_view_field(crm_view_t *view, const crm_str_t *name)
{
    int  k;

    k = crm_field_find(view->entity, name, 0);

    if (k < 0 || !crm_mask_has(&view->visible, k)) {
        return NGX_DECLINED;
    }

    crm_mask_set(&view->mask, k);

    return NGX_OK;
}


static ngx_int_t
crm_view_include(crm_view_t *view, const crm_str_t *name)
{
    u_char     buf[64];
    size_t     len;
    unsigned   i;

    if (view->entity->kind == CRM_KIND_LEAD
        && crm_str_is(name, "stage_times"))
    {
        view->stage_times = 1;
        return NGX_OK;
    }

    if (view->entity->kind == CRM_KIND_LEAD
        && crm_str_is(name, "duplicate_count"))
    {
        view->duplicates = 1;
        return NGX_OK;
    }

    for (i = 0; i < view->entity->nfields; i++) {

        if (!crm_mask_has(&view->visible, i)) {
            continue;
        }

        len = crm_view_include_name(&view->entity->fields[i], buf);

        if (len > 0 && len == name->len
            && ngx_memcmp(buf, name->data, len) == 0)
        {
            view->nincluded += !crm_mask_has(&view->include, i);
            crm_mask_set(&view->include, i);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* each of the names between the commas */

static ngx_int_t
crm_view_names(crm_flow_t *f, crm_view_t *view, const crm_param_t *param,
    crm_view_name_pt take)
{
    u_char     *comma;
    crm_str_t   rest, name;

    rest = param->value;

    for ( ;; ) {
        comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        name.data = rest.data;
        name.len = comma ? (size_t) (comma - rest.data) : rest.len;

        if (take(view, &name) != NGX_OK) {
            (void) crm_answer_bad_param(f, &param->name, NULL, 0);
            f->answer.detail = crm_arena_printf(&f->arena,
                                   "\"%.*s\" has no \"%.*s\" here",
                                   (int) param->name.len, param->name.data,
                                   (int) ngx_min(name.len, 200), name.data);
            return NGX_DECLINED;
        }

        if (comma == NULL) {
            return NGX_OK;
        }

        rest.len -= name.len + 1;
        rest.data = comma + 1;
    }
}


ngx_int_t
crm_view_param(crm_flow_t *f, crm_view_t *view, const crm_param_t *param)
{
    if (crm_str_is(&param->name, "include")) {
        return crm_view_names(f, view, param, crm_view_include);
    }

    ngx_memzero(&view->mask, sizeof(crm_mask_t));
    crm_mask_set(&view->mask, CRM_ID);

    return crm_view_names(f, view, param, crm_view_field);
}


ngx_int_t
crm_view_parse(crm_flow_t *f, const crm_entity_t *entity, crm_view_t *view)
{
    unsigned       i;
    ngx_int_t      rc;
    crm_param_t   *param;
    crm_params_t  *params = &crm_request(f)->params;

    static const crm_str_t  known[] = {
        crm_string("fields"), crm_string("include")
    };

    crm_view_init(f, entity, view);

    for (i = 0; i < params->n; i++) {
        param = &params->param[i];

        if (!crm_str_eq(&param->name, &known[0])
            && !crm_str_eq(&param->name, &known[1]))
        {
            (void) crm_answer_bad_param(f, &param->name,
                                        crm_str_nearest(&param->name, known,
                                                        2),
                                        1);
            return NGX_DECLINED;
        }

        param->used = 1;
        rc = crm_view_param(f, view, param);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static int
crm_view_id_cmp(const void *a, const void *b)
{
    int64_t  x = *(const int64_t *) a, y = *(const int64_t *) b;

    return x < y ? -1 : x > y;
}


/* sorted, without doubles */

static ngx_uint_t
crm_view_unique(int64_t *id, ngx_uint_t n)
{
    ngx_uint_t  i, k;

    qsort(id, n, sizeof(int64_t), crm_view_id_cmp);

    for (k = 0, i = 0; i < n; i++) {
        if (k == 0 || id[k - 1] != id[i]) {
            id[k++] = id[i];
        }
    }

    return k;
}


static ngx_uint_t
crm_view_look_up_kind(crm_flow_t *f, crm_view_t *view,
    crm_view_found_t *found, crm_record_t **rec, ngx_uint_t n)
{
    unsigned             k;
    ngx_uint_t           i, m;
    const crm_field_t   *field;
    const crm_entity_t  *of = &crm_entities[found->kind];

    found->id = crm_arena_alloc(&f->arena, view->nincluded * n
                                           * sizeof(int64_t));
    if (found->id == NULL) {
        return 0;
    }

    for (m = 0, k = 0; k < view->entity->nfields; k++) {
        field = &view->entity->fields[k];

        if (!crm_mask_has(&view->include, k) || field->ref != found->kind
            || field->type != CRM_T_ID)
        {
            continue;
        }

        for (i = 0; i < n; i++) {
            if (rec[i]->v[k].set) {
                found->id[m++] = rec[i]->v[k].num;
            }
        }
    }

    found->n = crm_view_unique(found->id, m);

    for (i = 0; i < found->n; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_flow_key(f, "%.*s:%lld", (int) of->name.len,
                                   of->name.data, (long long) found->id[i]),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
    }

    return found->n;
}


ngx_uint_t
crm_view_look_up(crm_flow_t *f, crm_view_t *view, crm_record_t **rec,
    ngx_uint_t n)
{
    ngx_uint_t  i, asked;

    static const crm_kind_t  kinds[CRM_VIEW_KINDS] = {
        CRM_KIND_CONTACT, CRM_KIND_LEAD
    };

    if (view->nincluded == 0 || n == 0) {
        return 0;
    }

    for (asked = 0, i = 0; i < CRM_VIEW_KINDS; i++) {
        view->found[i].kind = kinds[i];
        asked += crm_view_look_up_kind(f, view, &view->found[i], rec, n);
    }

    return asked;
}


/* as the caller may see it; NGX_DECLINED: not at all */

static ngx_int_t
crm_view_seen(crm_flow_t *f, crm_kind_t kind, crm_record_t *rec)
{
    if (kind != CRM_KIND_LEAD) {
        return NGX_OK;
    }

    if (!crm_may_see(f, rec)) {
        return NGX_DECLINED;
    }

    return crm_lead_view(&f->arena, rec, f->conf, f->now) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_view_looked_up_kind(crm_flow_t *f, crm_view_found_t *found)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    found->rec = crm_arena_calloc(&f->arena, (found->n + 1)
                                             * sizeof(crm_record_t *));
    if (found->rec == NULL || f->nreply < found->n) {
        return NGX_ERROR;
    }

    for (i = 0; i < found->n; i++) {
        rc = crm_read_record(f, &crm_entities[found->kind], found->id[i],
                             &f->reply[i], &found->rec[i]);

        if (rc == NGX_OK) {
            rc = crm_view_seen(f, found->kind, found->rec[i]);
        }

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED) {
            found->rec[i] = NULL;
        }
    }

    crm_flow_shift(f, found->n);

    return NGX_OK;
}


ngx_int_t
crm_view_looked_up(crm_flow_t *f, crm_view_t *view)
{
    ngx_uint_t  i;

    for (i = 0; i < CRM_VIEW_KINDS; i++) {
        if (crm_view_looked_up_kind(f, &view->found[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what an id refers to, or NULL */

static const crm_record_t *
crm_view_find(crm_flow_t *f, const crm_view_t *view,
    const crm_field_t *field, int64_t id)
{
    int64_t                 *at;
    ngx_uint_t               i;
    const crm_view_found_t  *found;

    if (field->ref < CRM_CONF_KINDS) {
        return crm_conf_find(f->conf, field->ref, id);
    }

    for (i = 0; i < CRM_VIEW_KINDS; i++) {
        found = &view->found[i];

        if (found->rec == NULL || found->kind != field->ref) {
            continue;
        }

        at = bsearch(&id, found->id, found->n, sizeof(int64_t),
                     crm_view_id_cmp);

        return at != NULL ? found->rec[at - found->id] : NULL;
    }

    return NULL;
}


static void
crm_view_object(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_field_t *field, int64_t id)
{
    const crm_record_t  *rec;

    rec = crm_view_find(f, view, field, id);

    if (rec == NULL) {
        crm_out_lit(out, "null");
        return;
    }

    crm_record_json(out, rec, crm_config_mask(f, field->ref));
}


static void
crm_view_objects(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_field_t *field, const crm_value_t *v)
{
    unsigned  i, n;

    if (field->type == CRM_T_ID) {
        if (v->set) {
            crm_view_object(f, view, out, field, v->num);
        } else {
            crm_out_lit(out, "null");
        }

        return;
    }

    crm_out_char(out, '[');

    for (n = 0, i = 0; i < v->ids.n; i++) {

        if (crm_view_find(f, view, field, v->ids.id[i]) == NULL) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_view_object(f, view, out, field, v->ids.id[i]);
    }

    crm_out_char(out, ']');
}


static void
crm_view_included(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_record_t *rec)
{
    u_char              buf[64];
    unsigned            i;
    crm_str_t           name;
    const crm_field_t  *field;

    name.data = buf;

    for (i = 0; i < rec->entity->nfields; i++) {

        if (!crm_mask_has(&view->include, i)) {
            continue;
        }

        field = &rec->entity->fields[i];
        name.len = crm_view_include_name(field, buf);

        crm_out_char(out, ',');
        crm_out_json(out, &name);
        crm_out_char(out, ':');
        crm_view_objects(f, view, out, field, &rec->v[i]);
    }
}


static int ngx_libc_cdecl
crm_view_count_cmp(const void *id, const void *counted)
{
    int64_t  a = *(const int64_t *) id;
    int64_t  b = ((const crm_view_count_t *) counted)->id;

    return (a > b) - (a < b);
}


static void
crm_view_counted(const crm_view_t *view, crm_out_t *out,
    const crm_record_t *rec)
{
    int64_t                  id = crm_record_id(rec);
    const crm_view_count_t  *found;

    found = view->ncounted > 0
            ? bsearch(&id, view->counted, view->ncounted,
                      sizeof(crm_view_count_t), crm_view_count_cmp)
            : NULL;

    if (found != NULL) {
        crm_out_lit(out, ",\"duplicate_count\":");
        crm_out_int(out, (int64_t) found->n);
    }
}


void
crm_view_json(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_record_t *rec)
{
    crm_out_char(out, '{');
    crm_record_json_fields(out, rec, &view->mask);

    if (view->nincluded > 0) {
        crm_view_included(f, view, out, rec);
    }

    if (view->stage_times) {
        crm_out_lit(out, ",\"stage_times\":");
        crm_lead_stage_times(out, rec, f->now);
    }

    crm_view_counted(view, out, rec);

    crm_out_char(out, '}');
}


uint64_t
crm_view_hash(crm_flow_t *f, const crm_view_t *view, const crm_record_t *rec)
{
    crm_out_t  out;
    crm_str_t  text;

    if (view->nincluded == 0 && !view->stage_times && !view->duplicates) {
        return 0;
    }

    crm_out_init(&out, &f->arena, 1024);
    crm_view_included(f, view, &out, rec);

    if (view->stage_times) {
        crm_lead_stage_times(&out, rec, f->now);
    }

    crm_view_counted(view, &out, rec);

    return crm_out_join(&out, &text) == CRM_OK
           ? crm_hash64(text.data, text.len) : 0;
}
