/* The OpenAPI 3.1 document, made from the tables that route and validate. */

#ifndef CRM_OPENAPI_H
#define CRM_OPENAPI_H

#include "crm_request.h"


/* GET /openapi.json; made on first use, kept by the worker */
ngx_int_t crm_openapi_handler(crm_flow_t *f);

/* at exit of the worker */
void crm_openapi_release(void);

#endif /* CRM_OPENAPI_H */
