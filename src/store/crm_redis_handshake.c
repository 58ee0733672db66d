/*
 * From connected to ready: AUTH, then in one write SELECT, a client name, a
 * look at the server and at its library of functions, then the library if it
 * is missing.  No other command goes out before (pitfalls 49).
 *
 * Owns what must be true of a Redis that we use.  Must not log what the
 * server says about AUTH beyond its first word: it may quote the password.
 */

#include "crm_redis_int.h"


typedef struct {
    const char  *what;
    void       (*add)(crm_redis_t *redis, crm_batch_t *batch);
    ngx_int_t  (*check)(crm_redis_t *redis, const crm_reply_t *reply);
} crm_redis_step_t;

typedef struct {
    crm_str_t    name;
    int64_t      least;             /* 0: exactly the text */
    const char  *text;
} crm_redis_advice_t;


static ngx_int_t crm_redis_pipe(crm_redis_t *redis, crm_batch_t *batch,
    crm_batch_pt handler);
static ngx_int_t crm_redis_auth(crm_redis_t *redis);
static void crm_redis_authenticated(void *data, crm_batch_t *batch);
static ngx_int_t crm_redis_greet(crm_redis_t *redis);
static void crm_redis_greeted(void *data, crm_batch_t *batch);
static ngx_int_t crm_redis_load(crm_redis_t *redis);
static void crm_redis_loaded(void *data, crm_batch_t *batch);
static void crm_redis_done(crm_redis_t *redis);

static void crm_redis_select_add(crm_redis_t *redis, crm_batch_t *batch);
static void crm_redis_name_add(crm_redis_t *redis, crm_batch_t *batch);
static void crm_redis_config_add(crm_redis_t *redis, crm_batch_t *batch);
static void crm_redis_list_add(crm_redis_t *redis, crm_batch_t *batch);

static ngx_int_t crm_redis_must(crm_redis_t *redis,
    const crm_reply_t *reply);
static ngx_int_t crm_redis_may(crm_redis_t *redis, const crm_reply_t *reply);
static ngx_int_t crm_redis_config_check(crm_redis_t *redis,
    const crm_reply_t *reply);
static ngx_int_t crm_redis_list_check(crm_redis_t *redis,
    const crm_reply_t *reply);
static void crm_redis_advise(crm_redis_t *redis, const crm_str_t *name,
    const crm_str_t *value);
static void crm_redis_unfit(crm_redis_t *redis, const char *what,
    const crm_reply_t *reply);


/* the last step's reply says whether the library is there */

static const crm_redis_step_t  crm_redis_steps[] = {
    { "SELECT", crm_redis_select_add, crm_redis_must },
    { "CLIENT SETNAME", crm_redis_name_add, crm_redis_may },
    { "CONFIG GET", crm_redis_config_add, crm_redis_config_check },
    { "FUNCTION LIST", crm_redis_list_add, crm_redis_list_check }
};

#define CRM_REDIS_STEPS                                                       \
    (sizeof(crm_redis_steps) / sizeof(crm_redis_steps[0]))


/* model.md, 1: smaller ones multiply the memory of a lead */

static const crm_redis_advice_t  crm_redis_advices[] = {
    { crm_string("hash-max-listpack-value"), 8192, "8192" },
    { crm_string("zset-max-listpack-entries"), 512, "512" },
    { crm_string("set-max-intset-entries"), 32768, "32768" },
    { crm_string("maxmemory-policy"), 0, "noeviction" }
};

#define CRM_REDIS_ADVICES                                                     \
    (sizeof(crm_redis_advices) / sizeof(crm_redis_advices[0]))


/* once per process is enough, whatever the number of connections */
static ngx_uint_t  crm_redis_advised;


ngx_int_t
crm_redis_handshake(crm_redis_t *redis)
{
    if (redis->conf->password.len != 0) {
        return crm_redis_auth(redis);
    }

    return crm_redis_greet(redis);
}


static ngx_int_t
crm_redis_pipe(crm_redis_t *redis, crm_batch_t *batch, crm_batch_pt handler)
{
    if (crm_batch_pipe(batch, handler, redis) != NGX_OK) {
        crm_batch_free(batch);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
crm_redis_auth(crm_redis_t *redis)
{
    ngx_uint_t         n;
    crm_str_t          argv[3];
    crm_batch_t       *batch;
    crm_redis_conf_t  *conf = redis->conf;

    batch = crm_batch_create(redis);
    if (batch == NULL) {
        return NGX_ERROR;
    }

    n = 0;
    argv[n++] = crm_str("AUTH");

    if (conf->user.len != 0) {
        argv[n].data = conf->user.data;
        argv[n++].len = conf->user.len;
    }

    argv[n].data = conf->password.data;
    argv[n++].len = conf->password.len;

    crm_batch_add(batch, n, argv);

    return crm_redis_pipe(redis, batch, crm_redis_authenticated);
}


static void
crm_redis_authenticated(void *data, crm_batch_t *batch)
{
    u_char       *p;
    crm_redis_t  *redis = data;
    crm_reply_t   reply;

    reply = batch->replies[0];

    if (batch->status != CRM_BATCH_OK) {
        /* void: the connection is gone */

    } else if (reply.type == CRM_REPLY_ERROR) {

        p = ngx_strlchr(reply.str.data, reply.str.data + reply.str.len, ' ');
        if (p != NULL) {
            reply.str.len = p - reply.str.data;
        }

        crm_redis_unfit(redis, "AUTH", &reply);

    } else if (crm_redis_greet(redis) != NGX_OK) {
        crm_redis_close_later(redis);
    }

    crm_batch_free(batch);
}


static ngx_int_t
crm_redis_greet(crm_redis_t *redis)
{
    ngx_uint_t    i;
    crm_batch_t  *batch;

    batch = crm_batch_create(redis);
    if (batch == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < CRM_REDIS_STEPS; i++) {
        crm_redis_steps[i].add(redis, batch);
    }

    return crm_redis_pipe(redis, batch, crm_redis_greeted);
}


static void
crm_redis_greeted(void *data, crm_batch_t *batch)
{
    ngx_uint_t          i;
    crm_redis_t        *redis = data;
    const crm_reply_t  *reply;

    if (batch->status != CRM_BATCH_OK) {
        crm_batch_free(batch);
        return;
    }

    for (i = 0; i < CRM_REDIS_STEPS; i++) {
        reply = &batch->replies[i];

        if (crm_redis_steps[i].check(redis, reply) != NGX_OK) {
            crm_redis_unfit(redis, crm_redis_steps[i].what, reply);
            crm_batch_free(batch);
            return;
        }
    }

    reply = &batch->replies[CRM_REDIS_STEPS - 1];

    if (crm_reply_is_array(reply) && reply->n != 0) {
        crm_redis_done(redis);

    } else if (crm_redis_load(redis) != NGX_OK) {
        crm_redis_close_later(redis);
    }

    crm_batch_free(batch);
}


/* REPLACE, because other workers are doing the same at this moment */

static ngx_int_t
crm_redis_load(crm_redis_t *redis)
{
    crm_str_t     argv[4];
    crm_batch_t  *batch;

    batch = crm_batch_create(redis);
    if (batch == NULL) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("FUNCTION");
    argv[1] = crm_str("LOAD");
    argv[2] = crm_str("REPLACE");
    argv[3] = crm_commit_source(&batch->arena);

    if (argv[3].data == NULL) {
        crm_batch_free(batch);
        return NGX_ERROR;
    }

    crm_batch_add(batch, 4, argv);

    return crm_redis_pipe(redis, batch, crm_redis_loaded);
}


static void
crm_redis_loaded(void *data, crm_batch_t *batch)
{
    crm_redis_t  *redis = data;

    if (batch->status != CRM_BATCH_OK) {
        /* void */

    } else if (batch->replies[0].type == CRM_REPLY_ERROR) {
        crm_redis_unfit(redis, "FUNCTION LOAD", &batch->replies[0]);

    } else {
        crm_redis_done(redis);
    }

    crm_batch_free(batch);
}


static void
crm_redis_done(crm_redis_t *redis)
{
    crm_redis_advised = 1;

    ngx_log_error(NGX_LOG_NOTICE, redis->log, 0,
                  "crm: redis %s: ready at %V", redis->name,
                  &redis->conf->address);

    crm_redis_is_ready(redis);
}


static void
crm_redis_select_add(crm_redis_t *redis, crm_batch_t *batch)
{
    u_char     digits[NGX_INT_T_LEN];
    crm_str_t  argv[2];

    argv[0] = crm_str("SELECT");
    argv[1].data = digits;
    argv[1].len = ngx_sprintf(digits, "%i", redis->conf->database) - digits;

    crm_batch_add(batch, 2, argv);
}


static void
crm_redis_name_add(crm_redis_t *redis, crm_batch_t *batch)
{
    u_char     text[64];
    crm_str_t  argv[3];

    argv[0] = crm_str("CLIENT");
    argv[1] = crm_str("SETNAME");
    argv[2].data = text;
    argv[2].len = ngx_snprintf(text, sizeof(text), "nginx-crm:%s:%P",
                               redis->name, ngx_pid)
                  - text;

    crm_batch_add(batch, 3, argv);
}


static void
crm_redis_config_add(crm_redis_t *redis, crm_batch_t *batch)
{
    ngx_uint_t  i;
    crm_str_t   argv[2 + CRM_REDIS_ADVICES];

    (void) redis;

    argv[0] = crm_str("CONFIG");
    argv[1] = crm_str("GET");

    for (i = 0; i < CRM_REDIS_ADVICES; i++) {
        argv[2 + i] = crm_redis_advices[i].name;
    }

    crm_batch_add(batch, 2 + CRM_REDIS_ADVICES, argv);
}


static void
crm_redis_list_add(crm_redis_t *redis, crm_batch_t *batch)
{
    crm_str_t  argv[4];

    (void) redis;

    argv[0] = crm_str("FUNCTION");
    argv[1] = crm_str("LIST");
    argv[2] = crm_str("LIBRARYNAME");
    argv[3] = crm_commit_library();

    crm_batch_add(batch, 4, argv);
}


static ngx_int_t
crm_redis_must(crm_redis_t *redis, const crm_reply_t *reply)
{
    (void) redis;

    return (reply->type == CRM_REPLY_ERROR) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
crm_redis_may(crm_redis_t *redis, const crm_reply_t *reply)
{
    (void) redis;
    (void) reply;

    return NGX_OK;
}


/* hosted Redis often forbids CONFIG: then nothing is said */

static ngx_int_t
crm_redis_config_check(crm_redis_t *redis, const crm_reply_t *reply)
{
    uint32_t  i;

    if (!crm_reply_is_array(reply) || crm_redis_advised || ngx_worker != 0) {
        return NGX_OK;
    }

    for (i = 0; i + 1 < reply->n; i += 2) {
        crm_redis_advise(redis, &reply->item[i].str, &reply->item[i + 1].str);
    }

    return NGX_OK;
}


static void
crm_redis_advise(crm_redis_t *redis, const crm_str_t *name,
    const crm_str_t *value)
{
    int64_t                    n;
    ngx_uint_t                 i;
    const crm_redis_advice_t  *advice;

    for (i = 0; i < CRM_REDIS_ADVICES; i++) {
        advice = &crm_redis_advices[i];

        if (!crm_str_eq(&advice->name, name)) {
            continue;
        }

        if (advice->least != 0) {

            if (crm_str_int(value, &n) != CRM_OK || n >= advice->least) {
                return;
            }

        } else if (crm_str_is(value, advice->text)) {
            return;
        }

        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "crm: redis %s: %*s is \"%*s\", \"%s\" is needed",
                      redis->name, name->len, name->data, value->len,
                      value->data, advice->text);
        return;
    }
}


/* before 7.0 there are no functions */

static ngx_int_t
crm_redis_list_check(crm_redis_t *redis, const crm_reply_t *reply)
{
    if (reply->type != CRM_REPLY_ERROR) {
        return NGX_OK;
    }

    if (crm_resp_error(&reply->str) == CRM_RESP_FAULT
        && crm_redis_may_log(redis, CRM_REDIS_LOG_FAULT))
    {
        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: Redis 7.0 or newer is needed",
                      redis->name);
    }

    return NGX_ERROR;
}


/* a Redis that is loading its data says so here; the back-off goes on */

static void
crm_redis_unfit(crm_redis_t *redis, const char *what,
    const crm_reply_t *reply)
{
    crm_str_t  s;

    if (crm_redis_may_log(redis, CRM_REDIS_LOG_CONNECT)) {
        s = crm_resp_error_text(&reply->str);

        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "crm: redis %s: %s failed: %*s", redis->name, what,
                      s.len, s.data);
    }

    crm_redis_close_later(redis);
}
