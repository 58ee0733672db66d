/* the total of filtered messages; see crm_messages_count.h */

#include "crm_lead.h"
#include "crm_messages_count.h"


#define CRM_COUNT_READ  200         /* of one LRANGE */
#define CRM_COUNT_MOST  10000       /* looked at */


static ngx_int_t crm_messages_count_next(crm_flow_t *f);


ngx_int_t
crm_messages_count(crm_flow_t *f, crm_messages_count_t *count)
{
    int64_t     sum;
    ngx_uint_t  i;

    for (sum = 0, i = 0; i < count->nparts; i++) {
        sum += count->part[i].left;
    }

    /* what is long holds up nobody else */

    if (sum > CRM_COUNT_READ) {
        f->redis = f->worker->bulk;
    }

    count->data = f->data;
    f->data = count;

    return crm_messages_count_next(f);
}


/* in an arena for the moment: texts are long, and there may be many.
   NGX_OK: wanted; NGX_DECLINED; NGX_ERROR */

static ngx_int_t
crm_messages_count_look(crm_flow_t *f, const crm_query_t *query,
    const crm_str_t *packed)
{
    ngx_int_t      rc;
    crm_arena_t    arena;
    crm_record_t  *message;

    crm_arena_init(&arena);

    if (crm_record_unpack(&arena, &crm_entities[CRM_KIND_MESSAGE], packed,
                          &message)
        != CRM_OK)
    {
        rc = NGX_ERROR;

    } else {
        rc = crm_query_match(f, query, message) ? NGX_OK : NGX_DECLINED;
    }

    crm_arena_reset(&arena);

    return rc;
}


static ngx_int_t
crm_messages_count_taken(crm_flow_t *f)
{
    ngx_uint_t             i;
    crm_messages_count_t  *count = f->data;

    for (i = 0; i < f->reply[0].n; i++) {
        switch (crm_messages_count_look(f, count->query,
                                        &f->reply[0].item[i].str))
        {
        case NGX_OK:
            count->total++;
            break;

        case NGX_ERROR:
            return NGX_ERROR;
        }
    }

    return crm_messages_count_next(f);
}


/* the oldest that are left: nothing moves there while messages come */

static ngx_int_t
crm_messages_count_next(crm_flow_t *f)
{
    crm_str_t              argv[4];
    ngx_uint_t             n;
    crm_messages_part_t   *part;
    crm_messages_count_t  *count = f->data;

    while (count->at < count->nparts && count->part[count->at].left == 0) {
        count->at++;
    }

    if (count->at == count->nparts || count->looked >= CRM_COUNT_MOST) {
        count->more = count->at < count->nparts;
        f->data = count->data;

        return count->next(f);
    }

    part = &count->part[count->at];
    n = ngx_min(part->left, CRM_COUNT_READ);

    argv[0] = crm_str("LRANGE");
    argv[1] = crm_lead_messages_key(&f->arena, &f->tenant->prefix,
                                    part->lead);
    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) -part->left);
    argv[3] = crm_arena_printf(&f->arena, "%lld",
                               (long long) -part->left + (long long) n - 1);

    crm_flow_cmd(f, 4, argv);

    part->left -= n;
    count->looked += n;

    return crm_flow_wait(f, crm_messages_count_taken);
}
