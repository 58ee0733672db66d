/*
 * From a raw message (RFC 5322, MIME) to what the CRM wants to know of it.
 *
 * Plain C over GMime and libxml2: no nginx, no Redis, no clock.  Parsing
 * takes milliseconds for large mail, so it runs on the thread pool; all that
 * it returns is in the arena, which belongs to that thread until it is done.
 * Whatever comes in, the result is valid UTF-8 without control characters,
 * bounded as said below.
 */

#ifndef CRM_MAIL_H
#define CRM_MAIL_H

#include "crm_arena.h"


/* more than this is no mail that anybody wrote: refused as unparsable */
#define CRM_MAIL_DEPTH        32        /* multiparts inside one another */
#define CRM_MAIL_PARTS        1000
#define CRM_MAIL_HEADERS      10000     /* lines, of all parts together */
#define CRM_MAIL_HEADER_BYTES (512 * 1024)

/* what is kept; the rest is cut off */
#define CRM_MAIL_BODY         65536     /* bytes of text */
#define CRM_MAIL_NAME         200       /* characters of subject and names */
#define CRM_MAIL_LINE         2000      /* characters of From and To */
#define CRM_MAIL_FILES        200
#define CRM_MAIL_IDS          50        /* answered messages */
#define CRM_MAIL_ID           998       /* bytes of a Message-ID */


typedef struct {
    crm_str_t         name;
    crm_str_t         type;             /* "application/pdf" */
    int64_t           size;             /* decoded */
} crm_mail_file_t;

/* strings that the message lacks are empty */
typedef struct {
    crm_str_t         from;             /* "Name <address>", as it says */
    crm_str_t         from_name;
    crm_str_t         from_address;     /* has the form of one */
    crm_str_t         to;
    crm_str_t         subject;
    crm_str_t         message_id;       /* with its angle brackets; never
                                           empty: made of the message's hash
                                           where it has none */
    crm_str_t        *id;               /* messages it answers, likeliest
                                           first: In-Reply-To, then
                                           References from the last */
    unsigned          nids;
    crm_str_t         body;
    int64_t           quoted_from;      /* characters before signature and
                                           quotes; -1: there are none */
    crm_mail_file_t  *file;
    unsigned          nfiles;
    unsigned          automatic:1;      /* no person has written it */
} crm_mail_t;


/* once per process, before the first thread; and at its end */
void crm_mail_init(void);
void crm_mail_exit(void);

/*
 * Text without a charset of its own is taken for UTF-8, or else for what the
 * locale's people use.  CRM_DECLINED: no mail, or one beyond the bounds
 * above.  `raw' is not changed.
 */
int crm_mail_parse(crm_arena_t *a, const crm_str_t *raw,
    const crm_str_t *locale, crm_mail_t *mail);

#endif /* CRM_MAIL_H */
