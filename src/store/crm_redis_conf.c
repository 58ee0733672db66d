/* the directive crm_redis; see crm_redis_conf.h */

#include "crm_redis_conf.h"


#define CRM_REDIS_PORT        6379
#define CRM_REDIS_DATABASES   65536
#define CRM_REDIS_QUEUE_MAX   1000000
#define CRM_CONF_SECRET_MAX   1024


typedef struct {
    ngx_str_t      name;
    const char    *reason;              /* of a refusal */
    char        *(*set)(ngx_conf_t *cf, crm_redis_conf_t *conf,
                      ngx_str_t *value);
} crm_redis_option_t;


static char *crm_redis_conf_address(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);
static char *crm_redis_conf_option(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *arg);
static char *crm_redis_conf_database(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);
static char *crm_redis_conf_queue(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);
static char *crm_redis_conf_connect_timeout(ngx_conf_t *cf,
    crm_redis_conf_t *conf, ngx_str_t *value);
static char *crm_redis_conf_timeout(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);
static char *crm_redis_conf_user(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);
static char *crm_redis_conf_password(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value);


/* a setter whose reason is NULL logs what is wrong itself */

static const crm_redis_option_t  crm_redis_options[] = {
    { ngx_string("database="), "must be 0 to 65535",
      crm_redis_conf_database },
    { ngx_string("queue="), "must be 1 to 1000000", crm_redis_conf_queue },
    { ngx_string("connect_timeout="), "must be a time above 0",
      crm_redis_conf_connect_timeout },
    { ngx_string("timeout="), "must be a time above 0",
      crm_redis_conf_timeout },
    { ngx_string("user="), "must not be empty", crm_redis_conf_user },
    { ngx_string("password_file="), NULL, crm_redis_conf_password },
    { ngx_null_string, NULL, NULL }
};


void
crm_redis_conf_create(crm_redis_conf_t *conf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->address, path, host, port, user, password
     */

    conf->database = NGX_CONF_UNSET;
    conf->connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->timeout = NGX_CONF_UNSET_MSEC;
    conf->queue = NGX_CONF_UNSET_UINT;
}


void
crm_redis_conf_init(crm_redis_conf_t *conf)
{
    ngx_conf_init_value(conf->database, 0);
    ngx_conf_init_msec_value(conf->connect_timeout, 1000);
    ngx_conf_init_msec_value(conf->timeout, 2000);
    ngx_conf_init_uint_value(conf->queue, 4096);
}


char *
crm_redis_conf_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t         *value;
    ngx_uint_t         i;
    crm_redis_conf_t  *redis;

    redis = (crm_redis_conf_t *) ((char *) conf + cmd->offset);

    if (redis->address.len != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (crm_redis_conf_address(cf, redis, &value[1]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (crm_redis_conf_option(cf, redis, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (redis->user.len > 0 && redis->password.len == 0) {
        return "has \"user\" without \"password_file\"";
    }

    return NGX_CONF_OK;
}


static char *
crm_redis_conf_host(ngx_conf_t *cf, crm_redis_conf_t *conf, ngx_addr_t *addr)
{
    /* without a port an IPv6 address has no brackets: what hiredis wants */

    conf->host.data = ngx_pcalloc(cf->pool, NGX_SOCKADDR_STRLEN + 1);
    if (conf->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->host.len = ngx_sock_ntop(addr->sockaddr, addr->socklen,
                                   conf->host.data, NGX_SOCKADDR_STRLEN, 0);
    conf->port = ngx_inet_get_port(addr->sockaddr);

    return NGX_CONF_OK;
}


static char *
crm_redis_conf_address(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *value;
    u.default_port = CRM_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in address \"%V\" of \"crm_redis\"",
                           u.err ? u.err : "no host", value);
        return NGX_CONF_ERROR;
    }

    conf->address = *value;

    if (u.family != AF_UNIX) {
        return crm_redis_conf_host(cf, conf, &u.addrs[0]);
    }

    /* arguments of directives end with a NUL that is not counted */

    conf->path.data = value->data + sizeof("unix:") - 1;
    conf->path.len = value->len - (sizeof("unix:") - 1);

    return NGX_CONF_OK;
}


static char *
crm_redis_conf_option(ngx_conf_t *cf, crm_redis_conf_t *conf, ngx_str_t *arg)
{
    char                      *rv;
    ngx_str_t                  value;
    const crm_redis_option_t  *option;

    for (option = crm_redis_options; option->name.len != 0; option++) {

        if (ngx_strncmp(arg->data, option->name.data, option->name.len)
            != 0)
        {
            continue;
        }

        value.data = arg->data + option->name.len;
        value.len = arg->len - option->name.len;

        rv = option->set(cf, conf, &value);

        if (rv != NGX_CONF_OK && option->reason != NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"crm_redis\": "
                               "%s", arg, option->reason);
        }

        return rv;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown parameter \"%V\" in \"crm_redis\"", arg);

    return NGX_CONF_ERROR;
}


static char *
crm_redis_conf_database(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    conf->database = ngx_atoi(value->data, value->len);

    return conf->database == NGX_ERROR
           || conf->database >= CRM_REDIS_DATABASES
           ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
crm_redis_conf_queue(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);
    if (n < 1 || n > CRM_REDIS_QUEUE_MAX) {
        return NGX_CONF_ERROR;
    }

    conf->queue = n;

    return NGX_CONF_OK;
}


static char *
crm_redis_conf_time(ngx_str_t *value, ngx_msec_t *time)
{
    ngx_int_t  ms;

    ms = ngx_parse_time(value, 0);
    if (ms == NGX_ERROR || ms == 0) {
        return NGX_CONF_ERROR;
    }

    *time = ms;

    return NGX_CONF_OK;
}


static char *
crm_redis_conf_connect_timeout(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    return crm_redis_conf_time(value, &conf->connect_timeout);
}


static char *
crm_redis_conf_timeout(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    return crm_redis_conf_time(value, &conf->timeout);
}


static char *
crm_redis_conf_user(ngx_conf_t *cf, crm_redis_conf_t *conf, ngx_str_t *value)
{
    conf->user = *value;

    return value->len > 0 ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
crm_redis_conf_password(ngx_conf_t *cf, crm_redis_conf_t *conf,
    ngx_str_t *value)
{
    return crm_conf_read_secret(cf, value, &conf->password);
}


static char *
crm_conf_no_secret(ngx_conf_t *cf, ngx_str_t *path, ngx_err_t err,
    const char *reason)
{
    ngx_str_t  *directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, err, "\"%V\" names \"%V\", %s",
                       directive, path, reason);

    return NGX_CONF_ERROR;
}


char *
crm_conf_read_secret(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *secret)
{
    size_t     len;
    ssize_t    n;
    ngx_fd_t   fd;
    ngx_err_t  err;
    ngx_str_t  name = *path;
    u_char     buf[CRM_CONF_SECRET_MAX];

    if (name.len == 0) {
        return crm_conf_no_secret(cf, &name, 0, "which is no file");
    }

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return crm_conf_no_secret(cf, &name, ngx_errno,
                                  "which cannot be opened");
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));
    err = n < 0 ? ngx_errno : 0;

    (void) ngx_close_file(fd);

    for (len = 0; (ssize_t) len < n && buf[len] != LF; len++) { /* void */ }

    if (len == sizeof(buf)) {
        return crm_conf_no_secret(cf, &name, 0,
                                  "whose first line is too long");
    }

    while (len > 0 && buf[len - 1] <= ' ') {
        len--;
    }

    if (len == 0) {
        return crm_conf_no_secret(cf, &name, err,
                                  "whose first line is empty");
    }

    secret->len = len;
    secret->data = ngx_pnalloc(cf->pool, len);
    if (secret->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(secret->data, buf, len);
    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_CONF_OK;
}
