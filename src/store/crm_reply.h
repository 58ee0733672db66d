/*
 * A Redis reply as the steps of a request see it; no hiredis in here.
 *
 * Replies live in the arena of the batch they answer.  Children of an array
 * are contiguous.
 */

#ifndef CRM_REPLY_H
#define CRM_REPLY_H

#include "crm_str.h"


typedef enum {
    CRM_REPLY_NIL = 0,
    CRM_REPLY_INTEGER,
    CRM_REPLY_STRING,
    CRM_REPLY_STATUS,
    CRM_REPLY_ARRAY,
    CRM_REPLY_ERROR
} crm_reply_type_t;

typedef struct crm_reply_s  crm_reply_t;

struct crm_reply_s {
    crm_reply_type_t   type;
    uint32_t           n;           /* children of an array */
    int64_t            num;         /* integer replies */
    crm_str_t          str;         /* string, status, error */
    crm_reply_t       *item;
};


#define crm_reply_is_string(r)  ((r)->type == CRM_REPLY_STRING)
#define crm_reply_is_array(r)   ((r)->type == CRM_REPLY_ARRAY)

#endif /* CRM_REPLY_H */
