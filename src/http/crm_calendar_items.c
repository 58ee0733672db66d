/* what the calendar as a list and as a feed have in common; see
   crm_calendar.h */

#include "crm_calendar.h"


ngx_uint_t
crm_calendar_is_meeting(const crm_conf_t *conf, const crm_record_t *activity)
{
    const crm_record_t  *type;

    if (activity->v[CRM_ACTIVITY_START_AT].set) {
        return 1;
    }

    type = crm_conf_find(conf, CRM_KIND_ACTIVITY_TYPE,
                         activity->v[CRM_ACTIVITY_OF_TYPE].num);

    return type != NULL && type->v[CRM_ACTIVITY_TYPE_CATEGORY].num
                           == CRM_CATEGORY_MEETING;
}


void
crm_calendar_ask(crm_flow_t *f, int64_t id)
{
    const crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL",
                  crm_activity_hash_key(&f->arena, &f->tenant->prefix, id),
                  none, none, none);
}


ngx_int_t
crm_calendar_take(crm_flow_t *f, int64_t id, const crm_reply_t *reply,
    crm_record_t **activity)
{
    return crm_read_record(f, &crm_entities[CRM_KIND_ACTIVITY], id, reply,
                           activity);
}


void
crm_calendar_range(crm_flow_t *f, crm_str_t key, int64_t low, int64_t high,
    ngx_uint_t desc, int64_t offset, ngx_uint_t limit)
{
    crm_str_t  argv[8];

    argv[0] = desc ? crm_str("ZREVRANGEBYSCORE") : crm_str("ZRANGEBYSCORE");
    argv[1] = key;
    argv[2] = crm_arena_printf(&f->arena, "%lld",
                               (long long) (desc ? high : low));
    argv[3] = crm_arena_printf(&f->arena, "%lld",
                               (long long) (desc ? low : high));
    argv[4] = crm_str("WITHSCORES");
    argv[5] = crm_str("LIMIT");
    argv[6] = crm_arena_printf(&f->arena, "%lld", (long long) offset);
    argv[7] = crm_arena_printf(&f->arena, "%lu", (unsigned long) limit);

    crm_flow_cmd(f, 8, argv);
}
