/* What the calendar as a list and as a feed have in common. */

#ifndef CRM_CALENDAR_H
#define CRM_CALENDAR_H

#include "crm_activity.h"
#include "crm_write.h"


/* the type's category is meeting */
ngx_uint_t crm_calendar_is_meeting(const crm_conf_t *conf,
    const crm_record_t *activity);

/* queues HGETALL of an activity; takes the reply: NGX_OK, NGX_DECLINED where
   it is gone, NGX_ERROR */
void crm_calendar_ask(crm_flow_t *f, int64_t id);
ngx_int_t crm_calendar_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *reply, crm_record_t **activity);

/* ZRANGEBYSCORE (desc: ZREVRANGEBYSCORE) key low high WITHSCORES LIMIT */
void crm_calendar_range(crm_flow_t *f, crm_str_t key, int64_t low,
    int64_t high, ngx_uint_t desc, int64_t offset, ngx_uint_t limit);

#endif /* CRM_CALENDAR_H */
