/* Answers as CSV (RFC 4180, UTF-8) for who asks for them. */

#ifndef CRM_CSV_H
#define CRM_CSV_H

#include "crm_request.h"


#define CRM_CSV_TYPE  "text/csv; charset=utf-8; header=present"


/* whether Accept names CSV, and does not rather have JSON */
ngx_uint_t crm_csv_wanted(crm_request_t *q);

/* a text as a cell, quoted where it must be, and never a formula */
void crm_csv_cell(crm_out_t *out, const crm_str_t *text);

#endif /* CRM_CSV_H */
