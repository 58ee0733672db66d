/*
 * Gates: writes of one worker to one entity, one after another.
 *
 * A gate exists while somebody is in it or waits.  Other workers are not
 * held: the commit's version check decides between them.
 */

#include "crm_flow.h"
#include "crm_digest.h"


typedef struct {
    ngx_rbtree_node_t   node;           /* by hash of the key: two keys that
                                           collide share a gate, no harm */
    crm_flow_t         *inside;
    ngx_queue_t         waiting;        /* of crm_flow_t.gate_link */
} crm_gate_t;


static void crm_gate_timeout(ngx_event_t *ev);
static void crm_gate_turn(ngx_event_t *ev);


static crm_gate_t *
crm_gate_find(crm_worker_t *worker, ngx_rbtree_key_t key)
{
    crm_gate_t         *gate;
    ngx_rbtree_node_t  *node;

    node = worker->gates.root;

    while (node != &worker->gates_sentinel) {

        if (key == node->key) {
            return (crm_gate_t *) node;
        }

        node = key < node->key ? node->left : node->right;
    }

    gate = ngx_alloc(sizeof(crm_gate_t), worker->log);
    if (gate == NULL) {
        return NULL;
    }

    gate->node.key = key;
    gate->inside = NULL;
    ngx_queue_init(&gate->waiting);
    ngx_rbtree_insert(&worker->gates, &gate->node);

    return gate;
}


ngx_int_t
crm_gate_enter(crm_flow_t *f, crm_str_t key, crm_step_pt next)
{
    crm_gate_t  *gate;

    if (f->gate != NULL) {
        return next(f);                 /* a retry keeps its gate */
    }

    gate = crm_gate_find(f->worker,
                         (ngx_rbtree_key_t) crm_hash64(key.data, key.len));
    if (gate == NULL) {
        return crm_flow_error(f);
    }

    f->gate = gate;

    if (gate->inside == NULL) {
        gate->inside = f;
        return next(f);
    }

    ngx_queue_insert_tail(&gate->waiting, &f->gate_link);

    f->next = next;
    f->timer.handler = crm_gate_timeout;

    ngx_add_timer(&f->timer,
                  ngx_max((ngx_msec_int_t) (f->deadline - ngx_current_msec),
                          1));

    return CRM_WAIT;
}


/* from an event of its own: a long row of waiters must not nest */

static void
crm_gate_turn(ngx_event_t *ev)
{
    crm_flow_t  *f = ev->data;

    crm_flow_resume(f, f->next);
}


static void
crm_gate_timeout(ngx_event_t *ev)
{
    crm_flow_t  *f = ev->data;

    crm_flow_resume(f, crm_flow_busy);
}


void
crm_gate_leave(crm_flow_t *f)
{
    crm_flow_t   *waiter;
    crm_gate_t   *gate = f->gate;
    ngx_queue_t  *q;

    if (gate == NULL) {
        return;
    }

    f->gate = NULL;

    if (gate->inside != f) {
        ngx_queue_remove(&f->gate_link);
        return;
    }

    if (ngx_queue_empty(&gate->waiting)) {
        ngx_rbtree_delete(&f->worker->gates, &gate->node);
        ngx_free(gate);
        return;
    }

    q = ngx_queue_head(&gate->waiting);
    ngx_queue_remove(q);

    waiter = ngx_queue_data(q, crm_flow_t, gate_link);
    gate->inside = waiter;

    if (waiter->timer.timer_set) {
        ngx_del_timer(&waiter->timer);
    }

    waiter->timer.handler = crm_gate_turn;
    ngx_post_event(&waiter->timer, &ngx_posted_events);
}
