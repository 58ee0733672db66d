/*
 * The worker's memory of tenants: the configuration snapshot, recently seen
 * tokens, the last ids given.  All of it is proved against Redis by every
 * request that uses it; losing it costs one round trip.
 */

#ifndef CRM_TENANT_H
#define CRM_TENANT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include "crm_conf.h"
#include "crm_digest.h"
#include "crm_reply.h"


typedef struct crm_tenants_s  crm_tenants_t;

/* where the newest record of a column of the board was put */
typedef struct {
    int64_t             column;         /* 0: none */
    int64_t             rank;
} crm_top_t;

#define CRM_TENANT_TOPS  8

typedef struct {
    ngx_str_node_t      node;           /* str is the slug */
    ngx_queue_t         lru;
    crm_str_t           slug;
    crm_str_t           prefix;         /* "crm:{slug}:" */
    crm_str_t           root;           /* key of the root hash */
    crm_conf_t         *conf;           /* newest snapshot, or NULL */
    int64_t             last_id[CRM_KINDS];
    ngx_msec_t          others[CRM_KINDS];  /* when somebody else was seen to
                                               give ids; 0: never */
    crm_top_t           top[CRM_TENANT_TOPS];
    int64_t             proven_conf;    /* version at the last look-up */
    uint64_t            serial;         /* no other entry of the worker has
                                           or had it */
    unsigned            refs;           /* flows that use it */
    unsigned            known:1;        /* was active when last looked at */
} crm_tenant_t;

/* a token that was valid when last looked at */
typedef struct {
    u_char              hash[CRM_SHA256_TEXT];
    uint64_t            tenant;         /* its serial; 0: no token */
    crm_str_t           value;          /* text of the root hash's field */
    u_char              buf[64];
    int64_t             user;
    int64_t             token;
    int64_t             expires;        /* instant, 0: never */
    int64_t             touched;        /* last_used_at was written then */
    uint64_t            asked;          /* number of the last shared look-up */
    uint64_t            proven;         /* of the last one that was right */
    uint64_t            turn;           /* of the event loop, it was asked in */
} crm_token_t;


/* max: tenants kept per worker beyond those in use.  NULL: out of memory */
crm_tenants_t *crm_tenant_cache_create(ngx_log_t *log, ngx_uint_t max);
void crm_tenant_cache_destroy(crm_tenants_t *tenants);

/* the tenant's entry, made where there is none; slug is valid.  Balanced by
   crm_tenant_release().  NULL: out of memory. */
crm_tenant_t *crm_tenant_get(crm_tenants_t *tenants, const crm_str_t *slug);
void crm_tenant_release(crm_tenants_t *tenants, crm_tenant_t *tenant);

/* the present snapshot with a reference, or NULL */
crm_conf_t *crm_tenant_conf(crm_tenant_t *tenant);
void crm_conf_release(crm_conf_t *conf);

/*
 * A snapshot from the replies to one HGET root conf, one HGETALL per
 * configuration kind and one more HGET root conf (all in one batch): NGX_OK
 * with the tenant's snapshot replaced, NGX_DECLINED when the counter moved
 * meanwhile, NGX_ERROR on what cannot be read.
 */
ngx_int_t crm_tenant_load(crm_tenant_t *tenant, const crm_reply_t *replies,
    ngx_log_t *log);

/* commands of which crm_tenant_load() takes the replies */
#define CRM_TENANT_LOAD_N  (CRM_CONF_KINDS + 2)

/* direct-mapped cache of tokens; NULL if not seen lately */
crm_token_t *crm_token_find(crm_tenants_t *tenants, crm_tenant_t *tenant,
    const u_char *hash);

/* remembers; `value` is "user_id:token_id:expires_ms" as stored;
   NULL when it is malformed */
crm_token_t *crm_token_put(crm_tenants_t *tenants, crm_tenant_t *tenant,
    const u_char *hash, const crm_str_t *value);

void crm_token_forget(crm_token_t *token);

/*
 * The next id of a kind: above everything given here and above `seen`, the
 * counter as read from Redis (0: not read).  The commit proves it.
 */
int64_t crm_tenant_next_id(crm_tenant_t *tenant, crm_kind_t kind,
    int64_t seen);

/* the counter as Redis says it; absent: 0 */
void crm_tenant_seen_id(crm_tenant_t *tenant, crm_kind_t kind,
    const crm_str_t *counter);

/* somebody else was faster to make a record */
void crm_tenant_raced(crm_tenant_t *tenant, crm_kind_t kind);

/* an id was taken from the counter for a record that is made here */
void crm_tenant_took_id(crm_tenant_t *tenant, crm_kind_t kind, int64_t id);

/* whether somebody else gives ids of this kind at present, so that the next
   one here is likely to be theirs */
ngx_uint_t crm_tenant_others(const crm_tenant_t *tenant, crm_kind_t kind);

/*
 * The rank of a new record above those that are still on their way to the same
 * column: `rank', or one step before the last one given.  A column is any
 * number but 0.
 */
int64_t crm_tenant_top(crm_tenant_t *tenant, int64_t column, int64_t rank,
    int64_t step);

#endif /* CRM_TENANT_H */
