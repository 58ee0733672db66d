/*
 * The face toward nginx: directives, configuration merge, content handlers,
 * worker start and stop.  No CRM in here.
 */

#include "crm_cors.h"
#include "crm_job.h"
#include "crm_lead_cache.h"
#include "crm_mail.h"
#include "crm_metrics.h"
#include "crm_openapi.h"
#include "crm_pattern.h"
#include "crm_redis_conf.h"
#include "crm_text.h"
#include "crm_variables.h"


typedef struct {
    crm_redis_conf_t    redis;
    ngx_uint_t          tenants;        /* kept per worker */
} ngx_http_crm_main_conf_t;


static ngx_int_t ngx_http_crm_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_crm_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_crm_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_crm_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_crm_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_crm_enable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_crm_problem(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_crm_operator_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_crm_mail_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_crm_init_process(ngx_cycle_t *cycle);
static void ngx_http_crm_exit_process(ngx_cycle_t *cycle);


static ngx_conf_num_bounds_t  ngx_http_crm_result_bounds = {
    ngx_conf_check_num_bounds, 1, 1000
};

static ngx_conf_num_bounds_t  ngx_http_crm_tenants_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000
};


static ngx_command_t  ngx_http_crm_commands[] = {

    { ngx_string("crm"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_crm_enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, enable),
      NULL },

    { ngx_string("crm_operator"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_http_crm_enable,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, operator),
      NULL },

    { ngx_string("crm_problem"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_crm_problem,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("crm_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, tenant),
      NULL },

    { ngx_string("crm_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      crm_redis_conf_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_crm_main_conf_t, redis),
      NULL },

    { ngx_string("crm_tenant_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_crm_main_conf_t, tenants),
      &ngx_http_crm_tenants_bounds },

    { ngx_string("crm_operator_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_crm_operator_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, operator_key),
      NULL },

    { ngx_string("crm_cors_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      crm_cors_conf_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("crm_body_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, body_limit),
      NULL },

    { ngx_string("crm_mail_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, mail_limit),
      NULL },

    { ngx_string("crm_mail_threads"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_crm_mail_threads,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("crm_result_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, result_limit),
      &ngx_http_crm_result_bounds },

    { ngx_string("crm_deadline"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(crm_loc_conf_t, deadline),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_crm_module_ctx = {
    crm_variables_add,                     /* preconfiguration */
    ngx_http_crm_postconfiguration,        /* postconfiguration */

    ngx_http_crm_create_main_conf,         /* create main configuration */
    ngx_http_crm_init_main_conf,           /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_crm_create_loc_conf,          /* create location configuration */
    ngx_http_crm_merge_loc_conf            /* merge location configuration */
};


ngx_module_t  ngx_http_crm_module = {
    NGX_MODULE_V1,
    &ngx_http_crm_module_ctx,              /* module context */
    ngx_http_crm_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_crm_init_process,             /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_crm_exit_process,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* of one phase, the handler that was added last runs first */

static ngx_int_t
ngx_http_crm_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *handler;
    ngx_http_core_main_conf_t  *core;

    core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handler = ngx_array_push(&core->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = crm_request_hide;

    return NGX_OK;
}


static void *
ngx_http_crm_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_crm_main_conf_t  *cmcf;

    cmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_crm_main_conf_t));
    if (cmcf == NULL) {
        return NULL;
    }

    crm_redis_conf_create(&cmcf->redis);
    cmcf->tenants = NGX_CONF_UNSET_UINT;

    return cmcf;
}


static char *
ngx_http_crm_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_crm_main_conf_t  *cmcf = conf;

    crm_redis_conf_init(&cmcf->redis);
    ngx_conf_init_uint_value(cmcf->tenants, 4096);

    return crm_metrics_zone(cf) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static void *
ngx_http_crm_create_loc_conf(ngx_conf_t *cf)
{
    crm_loc_conf_t  *clcf;

    clcf = ngx_pcalloc(cf->pool, sizeof(crm_loc_conf_t));
    if (clcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     clcf->tenant, cors_origins = NULL
     *     clcf->operator_key, prefix = { 0, NULL }
     *     clcf->mail_threads = NULL
     *     clcf->problem = 0
     */

    clcf->enable = NGX_CONF_UNSET;
    clcf->operator = NGX_CONF_UNSET;
    clcf->body_limit = NGX_CONF_UNSET_SIZE;
    clcf->mail_limit = NGX_CONF_UNSET_SIZE;
    clcf->result_limit = NGX_CONF_UNSET_UINT;
    clcf->deadline = NGX_CONF_UNSET_MSEC;

    return clcf;
}


/* what a location with our handler cannot do without */

static char *
ngx_http_crm_check_loc_conf(ngx_conf_t *cf, crm_loc_conf_t *conf)
{
    ngx_http_crm_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_crm_module);

    if (conf->enable + conf->operator + (ngx_int_t) conf->problem > 1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"crm\", \"crm_operator\" and \"crm_problem\" cannot "
                      "share location \"%V\"", &conf->prefix);
        return NGX_CONF_ERROR;
    }

    if ((conf->enable || conf->operator || conf->problem)
        && cmcf->redis.address.len == 0)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"crm_redis\" must be set for location \"%V\"",
                      &conf->prefix);
        return NGX_CONF_ERROR;
    }

    if (conf->enable && conf->tenant == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"crm_tenant\" must be set for location \"%V\"",
                      &conf->prefix);
        return NGX_CONF_ERROR;
    }

    if (conf->operator && conf->operator_key.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"crm_operator_key_file\" must be set for location "
                      "\"%V\"", &conf->prefix);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_crm_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    crm_loc_conf_t            *prev = parent;
    crm_loc_conf_t            *conf = child;
    ngx_http_core_loc_conf_t  *core;

    /* the handler belongs to one location: "on" is not inherited, but by what
       "if" and "limit_except" make within that location, unless they name
       another handler */

    core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (core->noname && core->handler == NULL
        && (prev->enable == 1 || prev->operator == 1))
    {
        conf->enable = prev->enable;
        conf->operator = prev->operator;
        conf->prefix = prev->prefix;
        core->handler = crm_request_handler;
    }

    ngx_conf_init_value(conf->enable, 0);
    ngx_conf_init_value(conf->operator, 0);

    ngx_conf_merge_size_value(conf->body_limit, prev->body_limit,
                              8 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->mail_limit, prev->mail_limit,
                              25 * 1024 * 1024);
    ngx_conf_merge_uint_value(conf->result_limit, prev->result_limit, 1000);
    ngx_conf_merge_msec_value(conf->deadline, prev->deadline, 5000);
    ngx_conf_merge_str_value(conf->operator_key, prev->operator_key, "");

    if (conf->tenant == NULL) {
        conf->tenant = prev->tenant;
    }

    if (conf->cors_origins == NULL) {
        conf->cors_origins = prev->cors_origins;
    }

    if (conf->mail_threads == NULL) {
        conf->mail_threads = prev->mail_threads;
    }

    if (conf->enable && conf->mail_threads == NULL) {
        conf->mail_threads = ngx_thread_pool_add(cf, NULL);

        if (conf->mail_threads == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_crm_check_loc_conf(cf, conf);
}


static char *
ngx_http_crm_enable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                      *rv;
    crm_loc_conf_t            *clcf = conf;
    ngx_http_core_loc_conf_t  *core;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK || *(ngx_flag_t *) ((char *) conf + cmd->offset)
                             == 0)
    {
        return rv;
    }

    core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

#if (NGX_PCRE)
    if (core->regex != NULL) {
        return "cannot be used in a location given by a regular expression";
    }
#endif

    core->handler = crm_request_handler;

    clcf->prefix = core->name;

    while (clcf->prefix.len > 0
           && clcf->prefix.data[clcf->prefix.len - 1] == '/')
    {
        clcf->prefix.len--;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_crm_problem(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    crm_loc_conf_t            *clcf = conf;
    ngx_http_core_loc_conf_t  *core;

    core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    core->handler = crm_request_problem_handler;

    clcf->problem = 1;
    clcf->prefix = core->name;

    /* over HTTP/2 a body that is too large is found so again on the way to
       the answer about it, which would then be nginx's own page */

    core->client_max_body_size = 0;

    return NGX_CONF_OK;
}


static char *
ngx_http_crm_operator_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char            *rv;
    ngx_str_t        key, *value;
    crm_loc_conf_t  *clcf = conf;

    if (clcf->operator_key.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = crm_conf_read_secret(cf, &value[1], &key);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (key.len < 16) {
        return "must name a file with a key of 16 characters or more";
    }

    clcf->operator_key.data = ngx_pnalloc(cf->pool, CRM_SHA256_TEXT);
    if (clcf->operator_key.data == NULL || crm_digest_init() != CRM_OK) {
        return NGX_CONF_ERROR;
    }

    (void) crm_sha256_text(clcf->operator_key.data, key.data, key.len);
    clcf->operator_key.len = CRM_SHA256_TEXT;

    ngx_explicit_memzero(key.data, key.len);

    return NGX_CONF_OK;
}


static char *
ngx_http_crm_mail_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t       *value;
    crm_loc_conf_t  *clcf = conf;

    if (clcf->mail_threads != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    /* nginx itself says so where no such pool is defined */

    clcf->mail_threads = ngx_thread_pool_add(cf, &value[1]);

    return clcf->mail_threads != NULL ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_crm_init_process(ngx_cycle_t *cycle)
{
    crm_worker_t              *worker;
    ngx_http_crm_main_conf_t  *cmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;                      /* cache manager and loader */
    }

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_crm_module);

    if (cmcf == NULL || cmcf->redis.address.len == 0) {
        return NGX_OK;
    }

    if (crm_digest_init() != CRM_OK || crm_text_init() != CRM_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "crm: libsodium or ICU cannot be initialised");
        return NGX_ERROR;
    }

    json_object_seed(0);
    crm_mail_init();

    worker = ngx_pcalloc(cycle->pool, sizeof(crm_worker_t));
    if (worker == NULL) {
        return NGX_ERROR;
    }

    worker->cycle = cycle;
    worker->log = cycle->log;
    worker->id = ngx_worker;
    worker->deadline = 5000;
    worker->tenants = crm_tenant_cache_create(cycle->log, cmcf->tenants);

    ngx_rbtree_init(&worker->gates, &worker->gates_sentinel,
                    ngx_rbtree_insert_value);

    if (worker->tenants == NULL
        || crm_redis_init(&worker->redis, &cmcf->redis, cycle, "requests")
           != NGX_OK
        || crm_redis_init(&worker->bulk, &cmcf->redis, cycle, "bulk")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_worker = worker;
    crm_metrics_worker_start(worker);

    return crm_job_worker_start(worker);
}


static void
ngx_http_crm_exit_process(ngx_cycle_t *cycle)
{
    crm_worker_t  *worker = crm_worker;

    if (worker == NULL) {
        return;
    }

    crm_job_worker_stop();
    crm_redis_shutdown(worker->redis);
    crm_redis_shutdown(worker->bulk);
    crm_tenant_cache_destroy(worker->tenants);
    crm_lead_cache_release();
    crm_openapi_release();
    crm_pattern_release();
    crm_zone_release();
    crm_mail_exit();
    crm_arena_release_free();

    crm_worker = NULL;
}
