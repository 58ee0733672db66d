/*
 * Batches: commands that travel together, and their way through the queues.
 *
 * A batch belongs to its maker until crm_batch_send(), to the client until
 * its handler is called, then to the maker again.  Redis answers in order,
 * so one that its maker abandons stays where it is and only loses its
 * handler.  Must not know why a connection comes or goes (crm_redis.c), nor
 * how bytes reach Redis (crm_redis_hiredis.c).
 */

#include "crm_redis_int.h"


/* kept for reuse: so many batches, with buffers of at most so many bytes */
#define CRM_BATCH_FREE_MAX  128
#define CRM_BATCH_KEEP      16384

#define CRM_BATCH_FIRST     512

/* AddressSanitizer sees the use of a batch after its end only if it is freed */
#if defined(__SANITIZE_ADDRESS__)
#define CRM_BATCH_RECYCLE   0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRM_BATCH_RECYCLE   0
#endif
#endif

#ifndef CRM_BATCH_RECYCLE
#define CRM_BATCH_RECYCLE   1
#endif


static ngx_int_t crm_batch_prepare(crm_batch_t *batch, crm_batch_pt handler,
    void *data);
static ngx_int_t crm_batch_append(crm_batch_t *batch);
static void crm_batch_account(crm_batch_t *batch);
static void crm_batch_destroy(crm_batch_t *batch);
static void crm_batch_release(crm_batch_t *batch);
static void crm_batch_drop_queue(ngx_queue_t *queue);


crm_batch_t *
crm_batch_create(crm_redis_t *redis)
{
    u_char       *bytes;
    size_t        cap;
    ngx_queue_t  *q;
    crm_batch_t  *batch;

    if (!ngx_queue_empty(&redis->free)) {
        q = ngx_queue_head(&redis->free);
        ngx_queue_remove(q);
        redis->nfree--;

        batch = ngx_queue_data(q, crm_batch_t, link);
        bytes = batch->bytes;
        cap = batch->cap;

    } else {
        batch = ngx_alloc(sizeof(crm_batch_t), redis->log);
        if (batch == NULL) {
            return NULL;
        }

        bytes = NULL;
        cap = 0;
    }

    ngx_memzero(batch, sizeof(crm_batch_t));

    batch->redis = redis;
    batch->bytes = bytes;
    batch->cap = cap;

    crm_arena_init(&batch->arena);

    return batch;
}


void
crm_batch_add(crm_batch_t *batch, ngx_uint_t argc, const crm_str_t *argv)
{
    u_char  *p;

    if (argc == 0) {
        batch->failed = 1;
        return;
    }

    p = crm_batch_reserve(batch, crm_resp_command_size(argc, argv));

    if (p != NULL) {
        crm_batch_wrote(batch, crm_resp_command(p, argc, argv));
    }
}


/* one byte more than asked for: see crm_batch_wrote() */

u_char *
crm_batch_reserve(crm_batch_t *batch, size_t size)
{
    size_t   cap;
    u_char  *bytes;

    if (batch->failed) {
        return NULL;
    }

    if (size >= batch->cap - batch->len || batch->bytes == NULL) {

        cap = ngx_max(batch->cap * 2, CRM_BATCH_FIRST);
        cap = ngx_max(cap, batch->len + size + 1);

        bytes = realloc(batch->bytes, cap);
        if (bytes == NULL) {
            batch->failed = 1;
            return NULL;
        }

        batch->bytes = bytes;
        batch->cap = cap;
    }

    return batch->bytes + batch->len;
}


/* hiredis looks for a second argument, also behind the last one */

void
crm_batch_wrote(crm_batch_t *batch, u_char *end)
{
    *end = '\0';

    batch->len = end - batch->bytes;
    batch->n++;
}


ngx_int_t
crm_batch_send(crm_batch_t *batch, crm_batch_pt handler, void *data)
{
    crm_redis_t  *redis = batch->redis;

    batch->status = CRM_BATCH_DOWN;

    if (redis->stats.in_flight >= redis->conf->queue
        || redis->bytes + batch->len > CRM_REDIS_MAX_BYTES)
    {
        redis->stats.refused++;
        return NGX_ERROR;
    }

    if (redis->state == CRM_REDIS_READY && !redis->stale && !redis->close) {

        if (crm_batch_pipe(batch, handler, data) != NGX_OK) {
            redis->stats.refused++;
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (!redis->first) {
        redis->stats.refused++;
        crm_redis_wanted(redis);
        return NGX_ERROR;
    }

    if (crm_batch_prepare(batch, handler, data) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&redis->waiting, &batch->link);

    crm_batch_account(batch);

    return NGX_OK;
}


ngx_int_t
crm_batch_pipe(crm_batch_t *batch, crm_batch_pt handler, void *data)
{
    if (crm_batch_prepare(batch, handler, data) != NGX_OK
        || crm_batch_append(batch) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_batch_account(batch);

    return NGX_OK;
}


static ngx_int_t
crm_batch_prepare(crm_batch_t *batch, crm_batch_pt handler, void *data)
{
    if (!batch->failed && batch->n != 0) {
        batch->replies = crm_arena_calloc(&batch->arena,
                                          batch->n * sizeof(crm_reply_t));
    }

    if (batch->replies == NULL) {
        batch->status = CRM_BATCH_FAULT;
        return NGX_ERROR;
    }

    batch->answered = 0;
    batch->handler = handler;
    batch->data = data;

    return NGX_OK;
}


static ngx_int_t
crm_batch_append(crm_batch_t *batch)
{
    crm_redis_t  *redis = batch->redis;

    if (crm_redis_hiredis_append(redis, batch) != NGX_OK) {
        batch->status = CRM_BATCH_DOWN;
        return NGX_ERROR;
    }

    batch->status = CRM_BATCH_OK;
    batch->piped = 1;
    batch->sent_at = ngx_current_msec;
    batch->deadline = ngx_current_msec + redis->conf->timeout;

    ngx_queue_insert_tail(&redis->sent, &batch->link);

    redis->stats.commands += batch->n;

    return NGX_OK;
}


static void
crm_batch_account(crm_batch_t *batch)
{
    crm_redis_t  *redis = batch->redis;

    batch->sent = 1;

    redis->stats.in_flight++;
    redis->bytes += batch->len;

    crm_redis_watch(redis);
}


void
crm_batch_pipe_waiting(crm_redis_t *redis)
{
    ngx_queue_t  *q;
    crm_batch_t  *batch;

    while (!ngx_queue_empty(&redis->waiting)) {
        q = ngx_queue_head(&redis->waiting);
        batch = ngx_queue_data(q, crm_batch_t, link);

        ngx_queue_remove(q);

        if (crm_batch_append(batch) != NGX_OK) {
            ngx_queue_insert_tail(&redis->failed, q);
            ngx_post_event(&redis->work, &ngx_posted_events);
        }
    }
}


void
crm_batch_deliver(crm_batch_t *batch)
{
    crm_batch_pt   handler;
    crm_redis_t   *redis = batch->redis;

    handler = batch->handler;

    ngx_queue_remove(&batch->link);

    batch->handler = NULL;
    batch->sent = 0;
    batch->piped = 0;

    redis->stats.in_flight--;
    redis->bytes -= batch->len;

    if (redis->state == CRM_REDIS_READY && batch->status == CRM_BATCH_OK) {
        redis->answered_at = ngx_current_msec;
        redis->backoff = CRM_REDIS_BACKOFF_MIN;
    }

    crm_redis_watch(redis);

    if (handler != NULL) {
        handler(batch->data, batch);

    } else {
        crm_batch_destroy(batch);
    }
}


void
crm_batch_fail_all(crm_redis_t *redis, ngx_queue_t *queue,
    crm_batch_status_t status)
{
    ngx_queue_t  *q;
    crm_batch_t  *batch;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        batch = ngx_queue_data(q, crm_batch_t, link);

        batch->status = status;
        batch->piped = 0;

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&redis->failed, q);

        ngx_post_event(&redis->work, &ngx_posted_events);
    }
}


void
crm_batch_abandon(crm_batch_t *batch)
{
    if (!batch->sent) {
        crm_batch_destroy(batch);
        return;
    }

    batch->handler = NULL;

    if (!batch->piped) {
        crm_batch_deliver(batch);
    }
}


void
crm_batch_free(crm_batch_t *batch)
{
    crm_batch_abandon(batch);
}


static void
crm_batch_destroy(crm_batch_t *batch)
{
    crm_redis_t  *redis = batch->redis;

    if (!CRM_BATCH_RECYCLE
        || redis->nfree == CRM_BATCH_FREE_MAX
        || batch->cap > CRM_BATCH_KEEP)
    {
        crm_batch_release(batch);
        return;
    }

    crm_arena_reset(&batch->arena);

    ngx_queue_insert_head(&redis->free, &batch->link);
    redis->nfree++;
}


static void
crm_batch_release(crm_batch_t *batch)
{
    crm_arena_reset(&batch->arena);

    free(batch->bytes);
    ngx_free(batch);
}


void
crm_batch_drop_all(crm_redis_t *redis)
{
    crm_batch_drop_queue(&redis->waiting);
    crm_batch_drop_queue(&redis->sent);
    crm_batch_drop_queue(&redis->failed);
    crm_batch_drop_queue(&redis->free);
}


static void
crm_batch_drop_queue(ngx_queue_t *queue)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);
        crm_batch_release(ngx_queue_data(q, crm_batch_t, link));
    }
}
