/* include=duplicate_count: how many duplicates of each lead the caller sees */

#include <stdlib.h>
#include "crm_dup_http.h"


#define CRM_DUP_COUNT_SLICE  50         /* leads looked up side by side */


static ngx_int_t crm_dup_count_slice(crm_flow_t *f);
static ngx_int_t crm_dup_counted(crm_flow_t *f);


typedef struct {
    crm_view_t       *view;
    crm_record_t    **lead;
    ngx_uint_t        n;
    ngx_uint_t        done;
    ngx_uint_t        asked;
    crm_dup_find_t   *find;
    void             *data;
    crm_step_pt       next;
} crm_dup_counter_t;


ngx_int_t
crm_dup_count(crm_flow_t *f, crm_view_t *view, crm_record_t **lead,
    ngx_uint_t n, crm_step_pt next)
{
    crm_dup_counter_t  *c;

    c = crm_arena_calloc(&f->arena, sizeof(crm_dup_counter_t));
    view->counted = crm_arena_calloc(&f->arena, (n + 1)
                                                * sizeof(crm_view_count_t));

    if (c == NULL || view->counted == NULL) {
        return NGX_ERROR;
    }

    c->view = view;
    c->lead = lead;
    c->n = n;
    c->data = f->data;
    c->next = next;
    f->data = c;

    return crm_dup_count_slice(f);
}


static int ngx_libc_cdecl
crm_dup_count_cmp(const void *one, const void *two)
{
    const crm_view_count_t  *a = one, *b = two;

    return (a->id > b->id) - (a->id < b->id);
}


static ngx_int_t
crm_dup_count_slice(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_dup_counter_t  *c = f->data;

    if (c->done == c->n) {
        c->view->ncounted = c->n;
        qsort(c->view->counted, c->n, sizeof(crm_view_count_t),
              crm_dup_count_cmp);

        f->data = c->data;
        f->nreply = 0;

        return c->next(f);
    }

    c->asked = ngx_min(c->n - c->done, CRM_DUP_COUNT_SLICE);
    c->find = crm_arena_calloc(&f->arena, c->asked * sizeof(crm_dup_find_t));

    if (c->find == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < c->asked; i++) {
        c->find[i].lead = c->lead[c->done + i];
        c->find[i].self = crm_record_id(c->find[i].lead);
    }

    return crm_dup_find(f, c->find, c->asked, crm_dup_counted);
}


static ngx_int_t
crm_dup_counted(crm_flow_t *f)
{
    ngx_uint_t          i;
    crm_dup_counter_t  *c = f->data;

    for (i = 0; i < c->asked; i++) {
        c->view->counted[c->done].id = c->find[i].self;
        c->view->counted[c->done++].n = c->find[i].n;
    }

    return crm_dup_count_slice(f);
}
