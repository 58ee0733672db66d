/* the parts of a message: its text, its attachments; see crm_mail_parts.c */

#ifndef CRM_MAIL_PARTS_H
#define CRM_MAIL_PARTS_H

#include <gmime/gmime.h>
#include "crm_mail_int.h"


/* fills body, quoted_from and the files; CRM_DECLINED beyond the bounds */
int crm_mail_parts(crm_arena_t *a, GMimeObject *message,
    const char *fallback, crm_mail_t *m);

#endif /* CRM_MAIL_PARTS_H */
