/*
 * POST /mail/inbound: what its files share.
 *
 *   crm_inbound.c        the steps: parse, look up, decide
 *   crm_inbound_task.c   the message on the thread pool
 *   crm_inbound_read.c   what is on record: Message-IDs, leads, contacts
 */

#ifndef CRM_INBOUND_H
#define CRM_INBOUND_H

#include "crm_lead_op.h"
#include "crm_mail_lead.h"


#define CRM_INBOUND_CONTACTS  20        /* with one address; the first fits */
#define CRM_INBOUND_LEADS     10        /* that the mail may answer */


/* a raw message on its way through a thread; owns all that it uses */
typedef struct {
    crm_task_t            task;
    crm_arena_t           arena;        /* of the mail */
    int                   rc;           /* of crm_mail_parse() */
    crm_mail_t            mail;
    u_char                mark[CRM_SHA256_TEXT];    /* hash of the body */
} crm_inbound_task_t;

/* where a mail is on record */
typedef struct {
    int64_t               message;
    int64_t               lead;         /* it arrived at */
    int64_t               merged;       /* into this one; 0: is itself */
    int64_t               mids;         /* known mails of the lead */
    unsigned              there:1;      /* the lead is */
} crm_inbound_place_t;

typedef struct {
    crm_lead_op_t         op;
    crm_str_t             recipient;
    const crm_mail_t     *mail;
    const crm_record_t   *team;
    const crm_record_t   *user;         /* who sent it; NULL: no user */
    crm_record_t         *contact;      /* NULL: none is known */
    crm_inbound_place_t   seen;         /* message 0: it is new */
    crm_inbound_place_t   place[CRM_INBOUND_LEADS];     /* it may answer */
    ngx_uint_t            nplaces;
    int64_t               contacts[CRM_INBOUND_CONTACTS];
    ngx_uint_t            ncontacts;
    int64_t               lead;         /* it goes to; 0: a new one */
    int64_t               mids;         /* known mails of that one */
    crm_step_pt           next;         /* when all is looked up */
} crm_inbound_t;


/* the body as a task; NGX_DECLINED: the problem is set (413) */
ngx_int_t crm_inbound_task(crm_request_t *q, crm_inbound_task_t **task);

/* looks up what the mail may concern, then `next': fills seen, contact,
   lead, mids */
ngx_int_t crm_inbound_read(crm_flow_t *f, crm_inbound_t *in,
    crm_step_pt next);

#endif /* CRM_INBOUND_H */
