/*
 * Parts of the OpenAPI document.
 *
 *   crm_openapi.c           the document, kept by the worker
 *   crm_openapi_path.c      operations, from the table of routes
 *   crm_openapi_param.c     query parameters and headers
 *   crm_openapi_schema.c    schemas, from the tables of fields and problems
 *   crm_openapi_report.c    reports
 *   crm_openapi_extra.c     the few bodies and parameters that no table has
 */

#ifndef CRM_OPENAPI_INT_H
#define CRM_OPENAPI_INT_H

#include "crm_openapi.h"
#include "crm_route.h"


/* which of an entity's fields, and what of them is required */
typedef enum {
    CRM_DOC_READ = 0,           /* an answer */
    CRM_DOC_CREATE,
    CRM_DOC_PATCH,
    CRM_DOC_CHECK               /* as CREATE, but nothing is required */
} crm_doc_mode_t;

/* what the tables do not say of a route; JSON with ' for " */
typedef struct {
    ngx_uint_t   method;
    const char  *path;
    const char  *params;        /* members of an array, or NULL */
    const char  *body;          /* a schema, or NULL */
    const char  *answer;        /* a schema, or NULL */
} crm_doc_extra_t;


/* printf whose format has ' for " */
void crm_doc(crm_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* JSON text that has ' for " */
void crm_doc_text(crm_out_t *out, const char *text);

/* "lost_reason" as LostReason */
void crm_doc_name(crm_out_t *out, const crm_str_t *name);

/* {"$ref": "#/components/schemas/LostReasonPatch"} */
void crm_doc_ref(crm_out_t *out, const crm_entity_t *entity,
    const char *suffix);


/* the entity's object schema */
void crm_doc_entity(crm_out_t *out, const crm_entity_t *entity,
    crm_doc_mode_t mode);

/* "type":..., of one value of the field, with its limits */
void crm_doc_type(crm_out_t *out, const crm_field_t *f, int nullable);

/* members of components.schemas and of components.responses */
void crm_doc_schemas(crm_out_t *out);
void crm_doc_problems(crm_out_t *out);

/* members of components.parameters */
void crm_doc_shared_params(crm_out_t *out);

/* "parameters" of an operation, of a path */
void crm_doc_params(crm_out_t *out, const crm_route_t *route);
void crm_doc_path_params(crm_out_t *out, const crm_str_t *path);

/* members of paths */
void crm_doc_paths(crm_out_t *out);

/* the entity of a route's body; NULL: none, or an extra one */
const crm_entity_t *crm_doc_input(const crm_route_t *route);

/* NULL: the tables say it all */
const crm_doc_extra_t *crm_doc_extra(const crm_route_t *route);

/* the same of a report; and how it ends */
const crm_doc_extra_t *crm_doc_report(const crm_route_t *route);
void crm_doc_report_success(crm_out_t *out, const crm_route_t *route);

/* a further success of the route, as a member of its responses; NULL: none */
const char *crm_doc_extra_success(const crm_route_t *route);

/* of the answer */
const char *crm_doc_extra_media(const crm_route_t *route);

/* more than the tables say on the list of a kind: sorts and includes that
   are no fields; texts may be empty */
const char *crm_doc_extra_sorts(crm_kind_t kind);
const char *crm_doc_extra_includes(crm_kind_t kind);

/* a rule, not the table, says what the field is when it was not given: who
   sends the table's default would ask for something else */
int crm_doc_extra_derived(const crm_entity_t *entity, const crm_field_t *f);

/* schema of a field of type CRM_T_JSON */
const char *crm_doc_extra_json(const crm_field_t *f);

#endif /* CRM_OPENAPI_INT_H */
