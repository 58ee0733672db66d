/* what the files share that know GMime */

#ifndef CRM_MAIL_PARTS_H
#define CRM_MAIL_PARTS_H

#include <gmime/gmime.h>
#include "crm_mail_int.h"


typedef struct {
    crm_str_t            raw;
    const char          *fallback;      /* charset */
    GByteArray          *bytes;
    GMimeStream         *stream;
    GMimeParserOptions  *options;
    GMimeObject         *message;
} crm_mail_source_t;


/* as it stands there; NULL: there is none */
const char *crm_mail_header_raw(GMimeObject *message, const char *name);

/* crm_mail_ids.c: message_id, and id[] */
int crm_mail_id(crm_arena_t *a, const crm_mail_source_t *src, crm_mail_t *m);
int crm_mail_ids(crm_arena_t *a, GMimeObject *message, crm_mail_t *m);

/* fills body, quoted_from and the files; CRM_DECLINED beyond the bounds */
int crm_mail_parts(crm_arena_t *a, GMimeObject *message,
    const char *fallback, crm_mail_t *m);

#endif /* CRM_MAIL_PARTS_H */
