/*
 * Transport: the socket to Redis on nginx's events.
 *
 * Two rules (pitfalls 30 to 32):
 * - events are level-triggered, both of them, since they share a registration:
 *   hiredis reads 16K at a time and does not say whether there is more;
 * - a command is not written at once, but with all others of this turn of the
 *   event loop.
 *
 * Must not know what is read or written.
 */

#include "crm_redis_int.h"


static void crm_redis_event_readable(ngx_event_t *rev);
static void crm_redis_event_writable(ngx_event_t *wev);
static void crm_redis_event_flush(ngx_event_t *ev);
static void crm_redis_event_write(crm_redis_t *redis);


ngx_int_t
crm_redis_event_open(crm_redis_t *redis, int fd)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, redis->log);

    if (c == NULL) {
        return NGX_ERROR;
    }

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->data = redis;
    c->read->log = redis->log;
    c->write->log = redis->log;
    c->read->handler = crm_redis_event_readable;
    c->write->handler = crm_redis_event_writable;

    redis->flush.handler = crm_redis_event_flush;
    redis->flush.data = redis;
    redis->flush.log = redis->log;

    redis->connection = c;
    redis->flushing = 0;

    return NGX_OK;
}


void
crm_redis_event_close(crm_redis_t *redis)
{
    if (redis->flush.posted) {
        ngx_delete_posted_event(&redis->flush);
    }

    ngx_close_connection(redis->connection);

    redis->connection = NULL;
}


void
crm_redis_event_add_read(void *data)
{
    crm_redis_t  *redis = data;
    ngx_event_t  *rev = redis->connection->read;

    if (!rev->active
        && ngx_add_event(rev, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK)
    {
        crm_redis_close_later(redis);
    }
}


void
crm_redis_event_del_read(void *data)
{
    crm_redis_t  *redis = data;
    ngx_event_t  *rev = redis->connection->read;

    if (rev->active) {
        (void) ngx_del_event(rev, NGX_READ_EVENT, 0);
    }
}


/*
 * A real event while the socket is connecting (its first one is what tells
 * hiredis, pitfalls 34) and when the kernel took only a part.
 */

void
crm_redis_event_add_write(void *data)
{
    crm_redis_t  *redis = data;
    ngx_event_t  *wev = redis->connection->write;

    if (wev->active) {
        return;
    }

    if (redis->state != CRM_REDIS_CONNECTING && !redis->flushing) {
        ngx_post_event(&redis->flush, &ngx_posted_events);
        return;
    }

    if (ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        crm_redis_close_later(redis);
    }
}


void
crm_redis_event_del_write(void *data)
{
    crm_redis_t  *redis = data;
    ngx_event_t  *wev = redis->connection->write;

    if (wev->active) {
        (void) ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }
}


/* worker_shutdown_timeout sets c->close and calls us (pitfalls 73) */

static void
crm_redis_event_readable(ngx_event_t *rev)
{
    ngx_connection_t  *c = rev->data;
    crm_redis_t       *redis = c->data;

    if (c->close) {
        crm_redis_hiredis_close(redis);
        return;
    }

    crm_redis_hiredis_read(redis);
}


static void
crm_redis_event_writable(ngx_event_t *wev)
{
    ngx_connection_t  *c = wev->data;

    crm_redis_event_write(c->data);
}


static void
crm_redis_event_flush(ngx_event_t *ev)
{
    crm_redis_event_write(ev->data);
}


/* a connection that is about to be closed must not send what was refused */

static void
crm_redis_event_write(crm_redis_t *redis)
{
    if (redis->close) {
        return;
    }

    redis->flushing = 1;
    crm_redis_hiredis_write(redis);
    redis->flushing = 0;
}
