/*
 * What the files of the Redis client share, and nobody else sees.
 *
 *   crm_batch.c              batches: made, queued, answered, recycled
 *   crm_redis.c              the connection's life: deadlines, back-off
 *   crm_redis_handshake.c    from connected to ready
 *   crm_redis_hiredis.c      bytes and replies
 *   crm_redis_event.c        the socket on nginx's events
 */

#ifndef CRM_REDIS_INT_H
#define CRM_REDIS_INT_H

#include "crm_redis.h"
#include "crm_resp.h"


/* of reconnecting; set back by an answer, not by a connection: one that
   is lost again and again must not come every 50 ms */
#define CRM_REDIS_BACKOFF_MIN  50

/* bytes of all batches in flight; hiredis does not survive their shortage */
#define CRM_REDIS_MAX_BYTES  (64 * 1024 * 1024)


typedef enum {
    CRM_REDIS_DOWN = 0,         /* waits for the reconnect timer */
    CRM_REDIS_CONNECTING,
    CRM_REDIS_HANDSHAKE,
    CRM_REDIS_READY
} crm_redis_state_t;

typedef enum {
    CRM_REDIS_LOG_REFUSED = 0,
    CRM_REDIS_LOG_FAULT,
    CRM_REDIS_LOG_LOST,
    CRM_REDIS_LOG_CONNECT,
    CRM_REDIS_LOG_MAX
} crm_redis_log_t;

struct crm_redis_s {
    crm_redis_conf_t          *conf;
    ngx_log_t                 *log;         /* the cycle's */
    const char                *name;
    crm_redis_state_t          state;

    ngx_connection_t          *connection;
    struct redisAsyncContext  *ac;          /* hiredis' */

    ngx_queue_t                waiting;     /* before the first connection */
    ngx_queue_t                sent;        /* in the order of the replies */
    ngx_queue_t                failed;      /* to be told so */
    ngx_queue_t                free;
    ngx_uint_t                 nfree;
    size_t                     bytes;

    ngx_event_t                flush;       /* once per turn of the loop */
    ngx_event_t                work;        /* what no callback may do */
    ngx_event_t                timer;       /* oldest batch, or connecting */
    ngx_event_t                reconnect;
    ngx_msec_t                 connect_by;
    ngx_msec_t                 answered_at; /* the last batch */
    ngx_msec_t                 backoff;

    ngx_msec_t                 logged[CRM_REDIS_LOG_MAX];
    crm_redis_stats_t          stats;

    unsigned                   first:1;     /* batches may wait */
    unsigned                   close:1;     /* in the next work event */
    unsigned                   stale:1;     /* close when all is answered */
    unsigned                   was_ready:1;
    unsigned                   flushing:1;  /* inside hiredis' write */
};


/* crm_redis.c */

/* the transport is connected: starts the handshake */
void crm_redis_connected(crm_redis_t *redis);

/* the handshake is through */
void crm_redis_is_ready(crm_redis_t *redis);

/* the transport is gone, whatever the reason; runs no handler */
void crm_redis_lost(crm_redis_t *redis);

/* closes the connection from the event loop, soon */
void crm_redis_close_later(crm_redis_t *redis);

/* an error reply inside the batch at the head; decides the batch's status */
void crm_redis_error(crm_redis_t *redis, crm_batch_t *batch,
    const crm_str_t *text);

/* arms the timer, and lets the worker leave only when nothing is awaited */
void crm_redis_watch(crm_redis_t *redis);

/* wanted while draining: a connection for what is still to come */
void crm_redis_wanted(crm_redis_t *redis);

/* whether a line of this kind may be logged now */
ngx_uint_t crm_redis_may_log(crm_redis_t *redis, crm_redis_log_t kind);


/* crm_batch.c */

/* what crm_batch_send() does once the connection is there; also used by the
   handshake, for which it is never "ready" */
ngx_int_t crm_batch_pipe(crm_batch_t *batch, crm_batch_pt handler,
    void *data);

/* hands the waiting ones to the transport */
void crm_batch_pipe_waiting(crm_redis_t *redis);

/* takes the batch from its queue and calls its handler */
void crm_batch_deliver(crm_batch_t *batch);

/* moves all batches of a queue to the failed ones */
void crm_batch_fail_all(crm_redis_t *redis, ngx_queue_t *queue,
    crm_batch_status_t status);

/* space for size bytes at the end of the batch, or NULL and batch->failed */
u_char *crm_batch_reserve(crm_batch_t *batch, size_t size);

/* one command has been written, up to end */
void crm_batch_wrote(crm_batch_t *batch, u_char *end);

/* releases every batch that the client still holds; no handler runs */
void crm_batch_drop_all(crm_redis_t *redis);


/* crm_redis_handshake.c */

ngx_int_t crm_redis_handshake(crm_redis_t *redis);


/* crm_commit.c */

/* names the library after its source; each connection does it alike */
void crm_commit_init(void);

/* the library's name, and its source as FUNCTION LOAD wants it */
crm_str_t crm_commit_library(void);
crm_str_t crm_commit_source(crm_arena_t *arena);


/* crm_redis_hiredis.c */

ngx_int_t crm_redis_hiredis_connect(crm_redis_t *redis);
ngx_int_t crm_redis_hiredis_append(crm_redis_t *redis, crm_batch_t *batch);

/* the socket is ready; both may end in crm_redis_lost() */
void crm_redis_hiredis_read(crm_redis_t *redis);
void crm_redis_hiredis_write(crm_redis_t *redis);

/* ends in crm_redis_lost(), at once except inside a callback of hiredis */
void crm_redis_hiredis_close(crm_redis_t *redis);


/* crm_redis_event.c */

ngx_int_t crm_redis_event_open(crm_redis_t *redis, int fd);

/* closes the descriptor too */
void crm_redis_event_close(crm_redis_t *redis);

/* what hiredis calls; data is the crm_redis_t */
void crm_redis_event_add_read(void *data);
void crm_redis_event_del_read(void *data);
void crm_redis_event_add_write(void *data);
void crm_redis_event_del_write(void *data);

#endif /* CRM_REDIS_INT_H */
