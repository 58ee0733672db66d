/*
 * A connection to Redis: when it is opened, given up and opened again.
 *
 * DOWN -> CONNECTING -> HANDSHAKE -> READY, and from each of them back to
 * DOWN through crm_redis_lost(), which is the only way a connection ends.
 * Replies cannot be skipped in a pipeline, so the deadline of the oldest
 * batch is the deadline of the connection (pitfalls 47), unless others have
 * been answered lately: a long queue is no dead Redis, and to close would lose
 * the answers to all of it.
 *
 * Owns the timers and what error replies mean.  Must not know hiredis, nor
 * what the commands are.
 */

#include "crm_redis_int.h"


#define CRM_REDIS_BACKOFF_MAX  1000


static void crm_redis_init_events(crm_redis_t *redis);
static void crm_redis_connect(crm_redis_t *redis);
static void crm_redis_schedule(crm_redis_t *redis);
static void crm_redis_reconnect_handler(ngx_event_t *ev);
static void crm_redis_timer_handler(ngx_event_t *ev);
static void crm_redis_work_handler(ngx_event_t *ev);


/* log lines of a kind are at least so many milliseconds apart */

static const ngx_msec_t  crm_redis_log_every[CRM_REDIS_LOG_MAX] = {
    1000,                                  /* CRM_REDIS_LOG_REFUSED */
    1000,                                  /* CRM_REDIS_LOG_FAULT */
    1000,                                  /* CRM_REDIS_LOG_LOST */
    10000                                  /* CRM_REDIS_LOG_CONNECT */
};


ngx_int_t
crm_redis_init(crm_redis_t **out, crm_redis_conf_t *conf, ngx_cycle_t *cycle,
    const char *name)
{
    ngx_uint_t    i;
    crm_redis_t  *redis;

    crm_commit_init();

    redis = ngx_calloc(sizeof(crm_redis_t), cycle->log);
    if (redis == NULL) {
        return NGX_ERROR;
    }

    redis->conf = conf;
    redis->log = cycle->log;
    redis->name = name;
    redis->first = 1;
    redis->backoff = CRM_REDIS_BACKOFF_MIN;

    for (i = 0; i < CRM_REDIS_LOG_MAX; i++) {
        redis->logged[i] = ngx_current_msec - crm_redis_log_every[i];
    }

    ngx_queue_init(&redis->waiting);
    ngx_queue_init(&redis->sent);
    ngx_queue_init(&redis->failed);
    ngx_queue_init(&redis->free);

    crm_redis_init_events(redis);

    *out = redis;

    crm_redis_connect(redis);

    return NGX_OK;
}


/* idle timers must not hold a worker that wants to leave (pitfalls 70) */

static void
crm_redis_init_events(crm_redis_t *redis)
{
    redis->work.handler = crm_redis_work_handler;
    redis->work.data = redis;
    redis->work.log = redis->log;

    redis->timer.handler = crm_redis_timer_handler;
    redis->timer.data = redis;
    redis->timer.log = redis->log;
    redis->timer.cancelable = 1;

    redis->reconnect.handler = crm_redis_reconnect_handler;
    redis->reconnect.data = redis;
    redis->reconnect.log = redis->log;
    redis->reconnect.cancelable = 1;
}


void
crm_redis_shutdown(crm_redis_t *redis)
{
    if (redis == NULL) {
        return;
    }

    if (redis->ac != NULL) {
        crm_redis_hiredis_close(redis);
    }

    if (redis->work.posted) {
        ngx_delete_posted_event(&redis->work);
    }

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (redis->reconnect.timer_set) {
        ngx_del_timer(&redis->reconnect);
    }

    crm_batch_drop_all(redis);

    ngx_free(redis);
}


ngx_uint_t
crm_redis_ready(crm_redis_t *redis)
{
    return redis->state == CRM_REDIS_READY;
}


void
crm_redis_stats(crm_redis_t *redis, crm_redis_stats_t *stats)
{
    *stats = redis->stats;

    stats->connected = crm_redis_ready(redis);
}


static void
crm_redis_connect(crm_redis_t *redis)
{
    redis->state = CRM_REDIS_CONNECTING;
    redis->connect_by = ngx_current_msec + redis->conf->connect_timeout;

    ngx_add_timer(&redis->timer, redis->conf->connect_timeout);

    if (crm_redis_hiredis_connect(redis) != NGX_OK) {
        crm_redis_lost(redis);
    }
}


void
crm_redis_connected(crm_redis_t *redis)
{
    redis->state = CRM_REDIS_HANDSHAKE;

    if (crm_redis_handshake(redis) != NGX_OK) {
        crm_redis_close_later(redis);
    }
}


void
crm_redis_is_ready(crm_redis_t *redis)
{
    if (redis->was_ready) {
        redis->stats.reconnects++;
    }

    redis->state = CRM_REDIS_READY;
    redis->was_ready = 1;
    redis->first = 0;

    /* it was set for connecting, perhaps for longer than a command may take */

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    crm_batch_pipe_waiting(redis);
    crm_redis_watch(redis);
}


void
crm_redis_lost(crm_redis_t *redis)
{
    redis->state = CRM_REDIS_DOWN;
    redis->first = 0;
    redis->stale = 0;
    redis->close = 0;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    crm_batch_fail_all(redis, &redis->sent, CRM_BATCH_LOST);
    crm_batch_fail_all(redis, &redis->waiting, CRM_BATCH_DOWN);

    /* while draining only on demand: see crm_redis_wanted() */

    if (!ngx_exiting) {
        crm_redis_schedule(redis);
    }
}


void
crm_redis_wanted(crm_redis_t *redis)
{
    if (ngx_exiting && redis->state == CRM_REDIS_DOWN
        && !redis->reconnect.timer_set)
    {
        crm_redis_schedule(redis);
    }
}


/* with jitter, or all workers would come at once (pitfalls 48) */

static void
crm_redis_schedule(crm_redis_t *redis)
{
    ngx_msec_t  delay;

    delay = redis->backoff / 2
            + (ngx_msec_t) ngx_random() % (redis->backoff / 2 + 1);

    ngx_add_timer(&redis->reconnect, delay);

    redis->backoff = ngx_min(redis->backoff * 2, CRM_REDIS_BACKOFF_MAX);
}


static void
crm_redis_reconnect_handler(ngx_event_t *ev)
{
    crm_redis_connect(ev->data);
}


void
crm_redis_watch(crm_redis_t *redis)
{
    ngx_uint_t  awaited, idle;

    idle = ngx_queue_empty(&redis->sent);

    awaited = !ngx_queue_empty(&redis->waiting)
              || (redis->state == CRM_REDIS_READY && !idle);

    redis->timer.cancelable = awaited ? 0 : 1;

    if (awaited && !redis->timer.timer_set) {
        ngx_add_timer(&redis->timer, redis->conf->timeout);
    }

    if (idle && redis->stale) {
        crm_redis_close_later(redis);
    }
}


/* of a connection with something sent */

static ngx_msec_t
crm_redis_deadline(const crm_redis_t *redis)
{
    ngx_msec_t    by;
    crm_batch_t  *batch;

    batch = ngx_queue_data(ngx_queue_head(&redis->sent), crm_batch_t, link);
    by = redis->answered_at + redis->conf->timeout;

    return (ngx_msec_int_t) (by - batch->deadline) > 0 ? by : batch->deadline;
}


/* set for the oldest batch once, moved on only here */

static void
crm_redis_timer_handler(ngx_event_t *ev)
{
    ngx_msec_t       by;
    crm_redis_t     *redis = ev->data;
    ngx_msec_int_t   left;

    by = redis->connect_by;

    if (redis->state == CRM_REDIS_READY) {

        if (ngx_queue_empty(&redis->sent)) {
            return;
        }

        by = crm_redis_deadline(redis);
    }

    left = (ngx_msec_int_t) (by - ngx_current_msec);

    if (left > 0) {
        ngx_add_timer(ev, (ngx_msec_t) left);
        return;
    }

    redis->stats.timeouts++;

    if (crm_redis_may_log(redis, CRM_REDIS_LOG_LOST)) {
        ngx_log_error(NGX_LOG_ERR, redis->log, NGX_ETIMEDOUT,
                      "crm: redis %s: no answer%s", redis->name,
                      (redis->state == CRM_REDIS_READY) ? ""
                                                        : " to connecting");
    }

    crm_redis_hiredis_close(redis);
}


void
crm_redis_close_later(crm_redis_t *redis)
{
    redis->close = 1;

    ngx_post_event(&redis->work, &ngx_posted_events);
}


/*
 * Outside of every callback of hiredis: there a connection may be freed, and
 * a handler may do what it likes.
 */

static void
crm_redis_work_handler(ngx_event_t *ev)
{
    ngx_queue_t  *q;
    crm_redis_t  *redis = ev->data;

    if (redis->close && redis->ac != NULL) {
        crm_redis_hiredis_close(redis);
    }

    while (!ngx_queue_empty(&redis->failed)) {
        q = ngx_queue_head(&redis->failed);
        crm_batch_deliver(ngx_queue_data(q, crm_batch_t, link));
    }
}


/*
 * Before READY only the handshake's own batches are under way, and the
 * handshake looks at each of its replies itself.
 */

void
crm_redis_error(crm_redis_t *redis, crm_batch_t *batch, const crm_str_t *text)
{
    crm_str_t         s;
    crm_redis_log_t   kind;
    crm_resp_error_t  class;

    if (redis->state != CRM_REDIS_READY) {
        return;
    }

    class = crm_resp_error(text);

    if (class == CRM_RESP_OVERFLOW) {

        /* of what a user may ask for: nothing to log */

        if (batch->status == CRM_BATCH_OK) {
            batch->status = CRM_BATCH_OVERFLOW;
        }

        return;
    }

    if (class == CRM_RESP_FAULT) {
        kind = CRM_REDIS_LOG_FAULT;
        batch->status = CRM_BATCH_FAULT;

    } else {
        kind = CRM_REDIS_LOG_REFUSED;

        if (batch->status == CRM_BATCH_OK) {
            batch->status = CRM_BATCH_REFUSED;
        }

        /* what else is under way is still answered */

        if (class == CRM_RESP_STALE) {
            redis->stale = 1;
        }
    }

    if (crm_redis_may_log(redis, kind)) {
        s = crm_resp_error_text(text);

        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: %*s", redis->name, s.len, s.data);
    }
}


ngx_uint_t
crm_redis_may_log(crm_redis_t *redis, crm_redis_log_t kind)
{
    if (ngx_current_msec - redis->logged[kind] < crm_redis_log_every[kind]) {
        return 0;
    }

    redis->logged[kind] = ngx_current_msec;

    return 1;
}
