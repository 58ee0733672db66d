/* pieces of a flow's work, a few at a time; see crm_children.h */

#include "crm_auth.h"
#include "crm_children.h"
#include "crm_conf_load.h"
#include "crm_idem.h"


static ngx_int_t crm_child_state(crm_flow_t *f);
static ngx_int_t crm_child_caller(crm_flow_t *f);
static void crm_child_finished(crm_flow_t *f);


/*
 * A retry begins here with a fresh snapshot.  Below a request it asks whether
 * the tenant is still active, and who the caller is by now; a job goes on
 * with what was begun.
 */

static ngx_int_t
crm_child_first(crm_flow_t *f)
{
    crm_child_t  *child = f->owner;

    if (f->attempts == 0) {
        return child->of->first(f);
    }

    if (!child->of->parent->of_request) {
        return crm_conf_load_begin(f, child->of->first);
    }

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("state"),
                  (crm_str_t) crm_null_string, (crm_str_t) crm_null_string);

    return crm_flow_wait(f, crm_child_state);
}


static ngx_int_t
crm_child_state(crm_flow_t *f)
{
    return crm_auth_state(f, &f->reply[0].str) == NGX_OK
           ? crm_conf_load_begin(f, crm_child_caller) : NGX_OK;
}


/* the tenant's life: another one may have its name by now */

static int64_t
crm_children_since(crm_flow_t *f)
{
    return f->conf->settings->v[CRM_CREATED_AT].num;
}


void
crm_children_check(crm_flow_t *f, crm_ops_t *ops)
{
    crm_ops_check(ops, CRM_CHECK_FIELD_EQ, f->tenant->root, crm_str("state"),
                  crm_str("active"));
    crm_ops_check(ops, CRM_CHECK_FIELD_EQ, f->tenant->root, crm_str("ct"),
                  crm_arena_printf(&f->arena, "%lld",
                                   (long long) crm_children_since(f)));
}


static ngx_int_t
crm_child_caller(crm_flow_t *f)
{
    crm_child_t  *child = f->owner;

    if (crm_children_since(f) != crm_children_since(child->of->parent)) {
        return crm_flow_problem(f, CRM_P_UNKNOWN_TENANT, NULL);
    }

    if (f->user == NULL || !f->user->v[CRM_USER_ACTIVE].num) {
        return crm_flow_problem(f, CRM_P_UNAUTHORIZED, NULL);
    }

    f->role = f->user->v[CRM_USER_ROLE].num;

    return child->of->first(f);
}


static void
crm_child_launch(crm_children_t *c, crm_child_t *child)
{
    crm_flow_t  *f = &child->flow, *parent = c->parent;

    ngx_memzero(child, sizeof(crm_child_t));

    child->of = c;
    child->number = c->next++;
    child->busy = 1;

    c->running++;

    crm_flow_init(f, parent->worker, crm_child_finished, child);

    f->redis = parent->worker->bulk;
    f->deadline = parent->deadline;
    f->tenant = crm_tenant_get(parent->worker->tenants,
                               &parent->tenant->slug);
    f->conf = parent->conf;
    f->conf->refs++;
    f->user = parent->user;
    f->role = parent->role;

    crm_idem_part(parent, f, child->number);

    crm_flow_start(f, crm_child_first);
}


static void
crm_child_finished(crm_flow_t *f)
{
    crm_child_t     *child = f->owner;
    crm_children_t  *c = child->of;

    c->note(c, child);

    child->busy = 0;
    c->running--;

    /* the flow that ends is still on the stack: its memory goes when the
       child is used again, or with the parent */

    if (!c->starting) {
        crm_flow_resume(c->parent, crm_children_run);
    }
}


static void
crm_children_detach(crm_flow_t *f)
{
    ngx_uint_t       i;
    crm_children_t  *c = f->data;

    for (i = 0; i < CRM_CHILDREN; i++) {
        if (c->child[i].of != NULL) {
            crm_flow_destroy(&c->child[i].flow);
            c->child[i].of = NULL;
        }
    }
}


static ngx_uint_t
crm_children_left(crm_children_t *c)
{
    while (c->next < c->n && c->skip != NULL && c->skip(c, c->next)) {
        c->next++;
    }

    return c->next < c->n;
}


ngx_int_t
crm_children_run(crm_flow_t *f)
{
    ngx_uint_t       i;
    crm_children_t  *c = f->data;

    f->detach = crm_children_detach;

    c->starting = 1;

    for (i = 0; i < c->width && crm_children_left(c); i++) {

        while (!c->child[i].busy && crm_children_left(c)) {
            if (c->child[i].of != NULL) {
                crm_flow_destroy(&c->child[i].flow);
            }

            crm_child_launch(c, &c->child[i]);
        }
    }

    c->starting = 0;

    return c->running > 0 ? CRM_WAIT : c->ended(f);
}
