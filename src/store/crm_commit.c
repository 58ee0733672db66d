/*
 * The commit function from nginx's side: the name of its library, how it is
 * called, what it answers.
 *
 * The name carries a hash of the source, so that the workers of before and
 * after an upgrade each find their own in Redis (pitfalls 75).  Must not
 * know what is committed.
 */

#include "crm_redis_int.h"
#include "crm_commit_lua.h"
#include "crm_digest.h"


#define CRM_COMMIT_HASH  12


static u_char     crm_commit_name[sizeof("crm_commit_") + CRM_COMMIT_HASH];
static u_char     crm_commit_lib[sizeof("crm_") + CRM_COMMIT_HASH];
static crm_str_t  crm_commit_function;


void
crm_commit_init(void)
{
    u_char    hex[17];
    uint64_t  hash;

    hash = crm_hash64(crm_commit_lua, sizeof(crm_commit_lua) - 1);

    (void) ngx_sprintf(hex, "%016xL%Z", hash);

    hex[CRM_COMMIT_HASH] = '\0';

    (void) ngx_sprintf(crm_commit_lib, "crm_%s%Z", hex);
    (void) ngx_sprintf(crm_commit_name, "crm_commit_%s%Z", hex);

    crm_commit_function.data = crm_commit_name;
    crm_commit_function.len = sizeof(crm_commit_name) - 1;
}


crm_str_t
crm_commit_library(void)
{
    crm_str_t  s;

    s.data = crm_commit_lib;
    s.len = sizeof(crm_commit_lib) - 1;

    return s;
}


crm_str_t
crm_commit_source(crm_arena_t *arena)
{
    return crm_arena_printf(arena, "#!lua name=%s\n%s"
                            "redis.register_function('%s', commit)\n",
                            (char *) crm_commit_lib, crm_commit_lua,
                            (char *) crm_commit_name);
}


void
crm_batch_add_commit(crm_batch_t *batch, const crm_ops_t *ops)
{
    u_char             *p;
    crm_resp_commit_t   commit;

    if (ops->failed
        || crm_resp_commit_prepare(&commit, ops, crm_commit_function)
           != CRM_OK)
    {
        batch->failed = 1;
        return;
    }

    p = crm_batch_reserve(batch, commit.size);

    if (p != NULL) {
        crm_batch_wrote(batch, crm_resp_commit(p, &commit));
    }
}


ngx_int_t
crm_commit_reply(const crm_reply_t *reply, ngx_uint_t *failed,
    crm_str_t *current)
{
    const crm_reply_t  *item = reply->item;

    if (crm_reply_is_array(reply) && reply->n >= 1
        && item[0].type == CRM_REPLY_INTEGER)
    {
        if (item[0].num == 1) {
            return NGX_OK;
        }

        if (reply->n == 3 && item[1].type == CRM_REPLY_INTEGER
            && crm_reply_is_string(&item[2]))
        {
            *failed = (ngx_uint_t) item[1].num;

            if (current != NULL) {
                *current = item[2].str;
            }

            return NGX_DECLINED;
        }
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "crm: unexpected answer to a commit");

    return NGX_ERROR;
}


int64_t
crm_commit_counter(const crm_reply_t *reply)
{
    return reply->n == 2 && reply->item[1].type == CRM_REPLY_INTEGER
           ? reply->item[1].num : 0;
}
