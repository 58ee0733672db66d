/* Cursors within a column of the board; see crm_leads_list.c. */

#ifndef CRM_COLUMN_H
#define CRM_COLUMN_H

#include "crm_query.h"


#define CRM_COLUMN_PARAMS  4        /* type, team_id, user_id, q */


/* what the text of such a cursor is, from the parameters that are named */
ngx_int_t crm_column_scope(crm_flow_t *f, crm_params_t *params,
    crm_str_t *scope);

#endif /* CRM_COLUMN_H */
