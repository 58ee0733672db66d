/*
 * Transport: a context of hiredis behind a batch of bytes and its replies.
 *
 * The only file that knows hiredis, 0.14 and 1.x.  It hands bytes over,
 * builds replies in the arena of the batch that they answer, and says when
 * the connection comes and goes.  hiredis may free the context inside
 * redisAsyncHandleRead() and -Write(): nothing of it is touched afterwards
 * (pitfalls 28).
 *
 * Must not know what a reply means, when to connect again, or how nginx
 * waits for a socket (crm_redis_event.c).
 */

#include "crm_redis_int.h"
#include <hiredis/hiredis.h>
#include <hiredis/async.h>


/* the reader's buffer is kept below this size, and freed when larger */
#define CRM_REDIS_READ_KEEP  (256 * 1024)

/* far above what any command of ours asks for */
#define CRM_REDIS_ARRAY_MAX  (4 * 1024 * 1024)


#if (HIREDIS_MAJOR >= 1)
typedef size_t  crm_redis_count_t;
#else
typedef int     crm_redis_count_t;
#endif


static redisAsyncContext *crm_redis_hiredis_open(crm_redis_conf_t *conf);
static void crm_redis_hiredis_hook(redisAsyncContext *ac,
    crm_redis_t *redis);
static void crm_redis_hiredis_connected(const redisAsyncContext *ac,
    int status);
static void crm_redis_hiredis_disconnected(const redisAsyncContext *ac,
    int status);
static void crm_redis_hiredis_reply(redisAsyncContext *ac, void *reply,
    void *data);
static void crm_redis_hiredis_cleanup(void *data);
static crm_reply_t *crm_redis_reply_of(const redisReadTask *task);
static crm_batch_t *crm_redis_batch_of(const redisReadTask *task);
static void *crm_redis_make_string(const redisReadTask *task, char *str,
    size_t len);
static void *crm_redis_make_array(const redisReadTask *task,
    crm_redis_count_t n);
static void *crm_redis_make_integer(const redisReadTask *task,
    long long value);
static void *crm_redis_make_nil(const redisReadTask *task);
static void crm_redis_free_object(void *object);
#if (HIREDIS_MAJOR >= 1)
static void *crm_redis_make_double(const redisReadTask *task, double value,
    char *str, size_t len);
static void *crm_redis_make_bool(const redisReadTask *task, int value);
#endif


static redisReplyObjectFunctions  crm_redis_functions = {
    .createString = crm_redis_make_string,
    .createArray = crm_redis_make_array,
    .createInteger = crm_redis_make_integer,
    .createNil = crm_redis_make_nil,
#if (HIREDIS_MAJOR >= 1)
    .createDouble = crm_redis_make_double,
    .createBool = crm_redis_make_bool,
#endif
    .freeObject = crm_redis_free_object
};


/*
 * A reply that nothing was sent for.  Only then does hiredis look into a
 * reply itself: at an error's text, and it aborts the process if the reply
 * is anything else.  So whatever came becomes this error.
 */

static char        crm_redis_stray_text[128];

static redisReply  crm_redis_stray = {
    .type = REDIS_REPLY_ERROR,
    .str = crm_redis_stray_text
};


ngx_int_t
crm_redis_hiredis_connect(crm_redis_t *redis)
{
    redisAsyncContext  *ac;

    ac = crm_redis_hiredis_open(redis->conf);

    if (ac == NULL) {
        return NGX_ERROR;
    }

    if (ac->err) {
        if (crm_redis_may_log(redis, CRM_REDIS_LOG_CONNECT)) {
            ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                          "crm: redis %s: connecting to %V failed: %s",
                          redis->name, &redis->conf->address, ac->errstr);
        }

        redisAsyncFree(ac);
        return NGX_ERROR;
    }

    if (crm_redis_event_open(redis, ac->c.fd) != NGX_OK) {
        redisAsyncFree(ac);
        return NGX_ERROR;
    }

    redis->ac = ac;

    crm_redis_hiredis_hook(ac, redis);

    return NGX_OK;
}


/* the address is numeric: hiredis would wait for a name's resolution */

static redisAsyncContext *
crm_redis_hiredis_open(crm_redis_conf_t *conf)
{
    redisAsyncContext  *ac;

    if (conf->path.len != 0) {
        return redisAsyncConnectUnix((char *) conf->path.data);
    }

    ac = redisAsyncConnect((char *) conf->host.data, conf->port);

    if (ac != NULL && !ac->err) {
        (void) redisEnableKeepAlive(&ac->c);
    }

    return ac;
}


/* setting the connect callback asks for the first write event: last */

static void
crm_redis_hiredis_hook(redisAsyncContext *ac, crm_redis_t *redis)
{
    ac->data = redis;
    ac->ev.data = redis;
    ac->ev.addRead = crm_redis_event_add_read;
    ac->ev.delRead = crm_redis_event_del_read;
    ac->ev.addWrite = crm_redis_event_add_write;
    ac->ev.delWrite = crm_redis_event_del_write;
    ac->ev.cleanup = crm_redis_hiredis_cleanup;

    ac->c.reader->fn = &crm_redis_functions;
    ac->c.reader->privdata = redis;
    ac->c.reader->maxbuf = CRM_REDIS_READ_KEEP;

    (void) redisAsyncSetDisconnectCallback(ac,
                                           crm_redis_hiredis_disconnected);
    (void) redisAsyncSetConnectCallback(ac, crm_redis_hiredis_connected);
}


static void
crm_redis_hiredis_connected(const redisAsyncContext *ac, int status)
{
    crm_redis_t  *redis = ac->data;

    if (status == REDIS_OK) {
        crm_redis_connected(redis);
        return;
    }

    if (crm_redis_may_log(redis, CRM_REDIS_LOG_CONNECT)) {
        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: connecting to %V failed: %s",
                      redis->name, &redis->conf->address, ac->c.errstr);
    }
}


/* with REDIS_OK it was us */

static void
crm_redis_hiredis_disconnected(const redisAsyncContext *ac, int status)
{
    crm_redis_t  *redis = ac->data;

    if (status != REDIS_OK
        && crm_redis_may_log(redis, CRM_REDIS_LOG_LOST))
    {
        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: connection lost: %s", redis->name,
                      ac->c.errstr);
    }
}


/*
 * hiredis wants one callback for each reply, but all commands of a batch are
 * already one text.  It goes out with the first callback; the others add
 * nothing to the output.
 */

ngx_int_t
crm_redis_hiredis_append(crm_redis_t *redis, crm_batch_t *batch)
{
    ngx_uint_t  i;

    for (i = 0; i < batch->n; i++) {

        if (redisAsyncFormattedCommand(redis->ac, crm_redis_hiredis_reply,
                                       batch, (char *) batch->bytes,
                                       (i == 0) ? batch->len : 0)
            != REDIS_OK)
        {
            /* callbacks and commands no longer agree */

            crm_redis_close_later(redis);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
crm_redis_hiredis_close(crm_redis_t *redis)
{
    redisAsyncFree(redis->ac);
}


/*
 * The reply is NULL when the connection ends: crm_redis_lost() tells the
 * batches, and this one may already be gone.
 */

static void
crm_redis_hiredis_reply(redisAsyncContext *ac, void *reply, void *data)
{
    ngx_queue_t  *q;
    crm_redis_t  *redis = ac->data;
    crm_batch_t  *batch = data;

    if (reply == NULL) {
        return;
    }

    q = ngx_queue_head(&redis->sent);

    if (q != &batch->link || reply != &batch->replies[batch->answered]) {

        /* an answer to nothing was half read when this batch was sent */

        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: unexpected reply", redis->name);
        redisAsyncFree(ac);
        return;
    }

    batch->answered++;

    if (batch->answered == batch->n) {
        crm_batch_deliver(batch);
    }
}


/* nginx closes the descriptor; hiredis must not do it again (pitfalls 29) */

static void
crm_redis_hiredis_cleanup(void *data)
{
    crm_redis_t  *redis = data;

    redis->ac->c.fd = -1;
    redis->ac = NULL;

    crm_redis_event_close(redis);
    crm_redis_lost(redis);
}


void
crm_redis_hiredis_read(crm_redis_t *redis)
{
    redisAsyncHandleRead(redis->ac);
}


void
crm_redis_hiredis_write(crm_redis_t *redis)
{
    redisAsyncHandleWrite(redis->ac);
}


/* where the reply of this task belongs; NULL: to nothing that we sent */

static crm_reply_t *
crm_redis_reply_of(const redisReadTask *task)
{
    crm_batch_t  *batch;
    crm_reply_t  *parent;
    crm_redis_t  *redis = task->privdata;

    if (task->parent != NULL) {

        if (task->parent->obj == &crm_redis_stray) {
            return NULL;
        }

        parent = task->parent->obj;
        return &parent->item[task->idx];
    }

    if (ngx_queue_empty(&redis->sent)) {
        return NULL;
    }

    batch = ngx_queue_data(ngx_queue_head(&redis->sent), crm_batch_t, link);

    return &batch->replies[batch->answered];
}


static crm_batch_t *
crm_redis_batch_of(const redisReadTask *task)
{
    crm_redis_t  *redis = task->privdata;

    return ngx_queue_data(ngx_queue_head(&redis->sent), crm_batch_t, link);
}


static void *
crm_redis_make_string(const redisReadTask *task, char *str, size_t len)
{
    crm_batch_t  *batch;
    crm_reply_t  *r;

    r = crm_redis_reply_of(task);

    if (r == NULL) {
        len = ngx_min(len, sizeof(crm_redis_stray_text) - 1);
        ngx_memcpy(crm_redis_stray_text, str, len);
        crm_redis_stray_text[len] = '\0';
        return &crm_redis_stray;
    }

    batch = crm_redis_batch_of(task);

    r->type = (task->type == REDIS_REPLY_ERROR) ? CRM_REPLY_ERROR
              : (task->type == REDIS_REPLY_STATUS) ? CRM_REPLY_STATUS
                                                   : CRM_REPLY_STRING;

    /* copied: hiredis' buffer moves when a reply comes in pieces */

    if (crm_arena_dup(&batch->arena, &r->str, str, len) != CRM_OK) {
        return NULL;
    }

    if (r->type == CRM_REPLY_ERROR) {
        crm_redis_error(batch->redis, batch, &r->str);
    }

    return r;
}


/* NULL ends the connection */

static void *
crm_redis_make_array(const redisReadTask *task, crm_redis_count_t n)
{
    crm_reply_t  *r;

    if (n > CRM_REDIS_ARRAY_MAX) {
        return NULL;
    }

#if (HIREDIS_MAJOR >= 1)

    /* of RESP3, and the answer to nothing */

    if (task->type == REDIS_REPLY_PUSH) {
        return NULL;
    }

#endif

    r = crm_redis_reply_of(task);

    if (r == NULL) {
        return &crm_redis_stray;
    }

    r->type = CRM_REPLY_ARRAY;
    r->n = (uint32_t) n;
    r->item = NULL;

    if (n > 0) {
        r->item = crm_arena_calloc(&crm_redis_batch_of(task)->arena,
                                   (size_t) n * sizeof(crm_reply_t));
        if (r->item == NULL) {
            return NULL;
        }
    }

    return r;
}


static void *
crm_redis_make_integer(const redisReadTask *task, long long value)
{
    crm_reply_t  *r;

    r = crm_redis_reply_of(task);

    if (r == NULL) {
        return &crm_redis_stray;
    }

    r->type = CRM_REPLY_INTEGER;
    r->num = value;

    return r;
}


static void *
crm_redis_make_nil(const redisReadTask *task)
{
    crm_reply_t  *r;

    r = crm_redis_reply_of(task);

    if (r == NULL) {
        return &crm_redis_stray;
    }

    r->type = CRM_REPLY_NIL;

    return r;
}


/* it goes with the arena */

static void
crm_redis_free_object(void *object)
{
    (void) object;
}


#if (HIREDIS_MAJOR >= 1)

/* of RESP3, which we never ask for */

static void *
crm_redis_make_double(const redisReadTask *task, double value, char *str,
    size_t len)
{
    (void) task;
    (void) value;
    (void) str;
    (void) len;

    return NULL;
}


static void *
crm_redis_make_bool(const redisReadTask *task, int value)
{
    (void) task;
    (void) value;

    return NULL;
}

#endif
