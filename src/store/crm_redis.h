/*
 * The worker's connections to Redis.
 *
 * Two pipelined connections per worker: the shared one for requests and one
 * for what is long (reports, jobs).  A batch is one or several commands that
 * are sent together and answered together; it owns the arena in which its
 * replies are built, and it outlives the request that made it: an abandoned
 * batch stays queued and its replies are dropped (pitfalls 1).
 *
 * The only part of the module that knows hiredis is crm_redis_hiredis.c.
 */

#ifndef CRM_REDIS_H
#define CRM_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include "crm_arena.h"
#include "crm_ops.h"
#include "crm_reply.h"


typedef struct crm_redis_s  crm_redis_t;
typedef struct crm_batch_s  crm_batch_t;

/* how a batch ended; anything but OK means that no reply can be trusted */
typedef enum {
    CRM_BATCH_OK = 0,
    CRM_BATCH_DOWN,             /* not connected, or the queue is full: not
                                   sent, safe to repeat */
    CRM_BATCH_LOST,             /* connection lost or deadline passed after
                                   sending: outcome of writes unknown */
    CRM_BATCH_REFUSED,          /* LOADING, READONLY, OOM, MASTERDOWN, BUSY,
                                   NOAUTH, MISCONF, ...: nothing was done */
    CRM_BATCH_OVERFLOW,         /* of a sum: that commit did nothing */
    CRM_BATCH_FAULT             /* WRONGTYPE, ERR, ...: our bug, logged */
} crm_batch_status_t;

/* called once per sent batch, from the event loop, never from inside
   crm_batch_send() */
typedef void (*crm_batch_pt)(void *data, crm_batch_t *batch);

typedef struct {
    ngx_str_t    address;           /* "unix:/path" or "host:port" as given */
    ngx_str_t    path;              /* NUL-terminated; empty for TCP */
    ngx_str_t    host;              /* NUL-terminated numeric address */
    in_port_t    port;
    ngx_int_t    database;
    ngx_str_t    user;              /* empty: AUTH with password only */
    ngx_str_t    password;          /* empty: no AUTH */
    ngx_msec_t   connect_timeout;   /* default 1s */
    ngx_msec_t   timeout;           /* of a command, default 2s */
    ngx_uint_t   queue;             /* batches in flight and waiting, 4096 */
} crm_redis_conf_t;

struct crm_batch_s {
    ngx_queue_t          link;
    crm_redis_t         *redis;
    crm_arena_t          arena;     /* replies and whatever the maker needs */
    crm_batch_pt         handler;   /* NULL once abandoned */
    void                *data;
    crm_batch_status_t   status;
    ngx_uint_t           n;         /* commands */
    ngx_uint_t           answered;
    crm_reply_t         *replies;   /* n of them, valid in and after handler
                                       until crm_batch_free() */
    u_char              *bytes;     /* RESP, kept until answered */
    size_t               len;
    size_t               cap;
    ngx_msec_t           sent_at;   /* ngx_current_msec */
    ngx_msec_t           deadline;
    unsigned             failed:1;  /* out of memory while building */
    unsigned             sent:1;    /* the client's until handler is called */
    unsigned             piped:1;   /* handed to the transport */
};


/* opens (without waiting) and keeps open; in init_process.  A Redis that is
   down is no error. */
ngx_int_t crm_redis_init(crm_redis_t **redis, crm_redis_conf_t *conf,
    ngx_cycle_t *cycle, const char *name);

/*
 * Closes and frees; in exit_process.  What is still in flight then (a fast
 * shutdown only) is dropped, and its handlers are not called: a graceful
 * shutdown does not come here before everything was answered.
 */
void crm_redis_shutdown(crm_redis_t *redis);

/* connected, handshake and function load done, not LOADING */
ngx_uint_t crm_redis_ready(crm_redis_t *redis);

/* for /health/ready and metrics: as it is now, and counted since the start */
typedef struct {
    ngx_uint_t    connected;        /* now */
    ngx_uint_t    in_flight;        /* batches, now */
    ngx_uint_t    reconnects;
    ngx_uint_t    timeouts;
    ngx_uint_t    refused;          /* batches turned away: queue full, down */
    uint64_t      commands;
} crm_redis_stats_t;

void crm_redis_stats(crm_redis_t *redis, crm_redis_stats_t *stats);


/* a batch with an empty arena from the worker's free list, or NULL */
crm_batch_t *crm_batch_create(crm_redis_t *redis);

/* appends one command; argument bytes are copied.  Failure is remembered. */
void crm_batch_add(crm_batch_t *batch, ngx_uint_t argc,
    const crm_str_t *argv);

/* appends the FCALL of the commit (its reply: see crm_commit_reply) */
void crm_batch_add_commit(crm_batch_t *batch, const crm_ops_t *ops);

/*
 * NGX_OK: handler will be called once.  NGX_ERROR: batch->status says why
 * (DOWN, or FAULT when out of memory), handler will not be called, and the
 * batch still belongs to the caller.
 */
ngx_int_t crm_batch_send(crm_batch_t *batch, crm_batch_pt handler,
    void *data);

/* the maker goes away: what was sent still happens, and frees itself */
void crm_batch_abandon(crm_batch_t *batch);

/* gives an answered, refused or never sent batch back; replies are gone */
void crm_batch_free(crm_batch_t *batch);


/*
 * What the commit answered: NGX_OK applied; NGX_DECLINED a check failed
 * (*failed is its number; *current, if not NULL, the value found, empty when
 * absent); NGX_ERROR something else, already logged.
 */
ngx_int_t crm_commit_reply(const crm_reply_t *reply, ngx_uint_t *failed,
    crm_str_t *current);

/* what the last HINCRBY of an applied commit came to; 0: it had none */
int64_t crm_commit_counter(const crm_reply_t *reply);

#endif /* CRM_REDIS_H */
