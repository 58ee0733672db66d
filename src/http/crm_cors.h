/* Cross-origin requests: crm_cors_origin and preflight. */

#ifndef CRM_CORS_H
#define CRM_CORS_H

#include "crm_request.h"


/* the directive; conf is a crm_loc_conf_t */
char *crm_cors_conf_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* headers for an allowed Origin; none otherwise */
ngx_int_t crm_cors_headers(crm_request_t *q);

/* NGX_OK: it was a preflight and the answer is prepared; else DECLINED */
ngx_int_t crm_cors_preflight(crm_request_t *q);

#endif /* CRM_CORS_H */
