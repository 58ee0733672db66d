/*
 * Flows below another one: the numbered pieces of its work, a few at a time
 * on the long connection, so that nobody waits for the whole.
 *
 * A child has its parent's tenant, snapshot, caller and deadline, and its
 * part of the parent's Idempotency-Key; a retry begins with a fresh snapshot,
 * and with the caller's role in it.
 * When the parent goes away, what was sent is done, what was not is not.
 *
 * f->data of the parent begins with a crm_children_t, zeroed but for what is
 * said.
 */

#ifndef CRM_CHILDREN_H
#define CRM_CHILDREN_H

#include "crm_flow.h"


#define CRM_CHILDREN  16                /* under way at once, at most */


typedef struct crm_children_s  crm_children_t;

typedef struct {
    crm_flow_t           flow;          /* its owner is the child */
    crm_children_t      *of;            /* NULL: never used */
    ngx_uint_t           number;        /* of the piece */
    unsigned             busy:1;
} crm_child_t;

struct crm_children_s {
    crm_flow_t          *parent;
    ngx_uint_t           n;             /* pieces */
    ngx_uint_t           width;         /* at once */
    crm_step_pt          first;         /* of a child */
    crm_step_pt          ended;         /* of the parent, after the last */

    /* there is nothing to be done for it; may be NULL */
    ngx_uint_t         (*skip)(crm_children_t *c, ngx_uint_t number);

    /* takes what came of it from child->flow */
    void               (*note)(crm_children_t *c, crm_child_t *child);

    /* crm_children.c */
    ngx_uint_t           next;
    ngx_uint_t           running;
    unsigned             starting:1;
    crm_child_t          child[CRM_CHILDREN];
};


/* step of the parent: every piece, then `ended' */
ngx_int_t crm_children_run(crm_flow_t *f);

/* for what the parent of a request stores at its end: the tenant may be
   gone by then, or be another one of the same name */
void crm_children_check(crm_flow_t *f, crm_ops_t *ops);

#endif /* CRM_CHILDREN_H */
