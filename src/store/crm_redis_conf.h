/*
 * Where Redis is, as the directive crm_redis says it; files with secrets.
 *
 * Runs in the master, as root, while the configuration is read: the only
 * moment at which a name may be resolved and a secret file be read.
 */

#ifndef CRM_REDIS_CONF_H
#define CRM_REDIS_CONF_H

#include "crm_redis.h"


/* marks what crm_redis_conf_slot() may set; conf is zeroed memory */
void crm_redis_conf_create(crm_redis_conf_t *conf);

/* defaults of what the configuration left out */
void crm_redis_conf_init(crm_redis_conf_t *conf);

/*
 * A directive's `set` for a crm_redis_conf_t at cmd->offset.  Arguments: an
 * address, "unix:/path", "host", "host:port" or "[::1]:6379", then
 * name=value.  A host name is resolved here, once.
 */
char *crm_redis_conf_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * The first line of a file, without blanks at its end.  A relative path is
 * one beside nginx.conf.  What is wrong is logged with the directive's name.
 */
char *crm_conf_read_secret(ngx_conf_t *cf, ngx_str_t *path,
    ngx_str_t *secret);

#endif /* CRM_REDIS_CONF_H */
