/* every key of the tenant, by its name: a record, an index, or nothing to
   look at; see crm_check_int.h */

#include "crm_check_int.h"


#define CRM_CHECK_SCAN_COUNT  "1000"


static ngx_int_t crm_check_scanned(crm_flow_t *f);


/* names that begin so and go on with an id */

typedef struct {
    const char  *start;
    const char  *end;
    size_t       ids;               /* offset in crm_checker_t */
} crm_check_name_t;

static const crm_check_name_t  crm_check_names[] = {
    { "lead:",    "",   offsetof(crm_checker_t, leads) },
    { "lead:",    ":m", offsetof(crm_checker_t, messages) },
    { "lead:",    ":mid", offsetof(crm_checker_t, mails) },
    { "contact:", "",   offsetof(crm_checker_t, contacts) },
    { "activity:", "",  offsetof(crm_checker_t, activities) },
    { "order:",   "",   offsetof(crm_checker_t, orders) },
    { "tokens:",  "",   offsetof(crm_checker_t, tokens) },
    { "unmerge:", "",   offsetof(crm_checker_t, unmerges) }
};

/* what follows from nothing, and is read by itself */

static const char  *const crm_check_ignored[] = {
    "i:", "job:", "used:", "conf:"
};

#define crm_check_n(array)  (sizeof(array) / sizeof(array[0]))


int
crm_check_ids_add(crm_check_ids_t *ids, int64_t id)
{
    int64_t  *p;
    uint32_t  cap;

    if (ids->n == ids->cap) {
        cap = ids->cap == 0 ? 256 : ids->cap * 2;
        p = realloc(ids->id, cap * sizeof(int64_t));

        if (p == NULL) {
            return CRM_ERROR;
        }

        ids->id = p;
        ids->cap = cap;
    }

    ids->id[ids->n++] = id;

    return CRM_OK;
}


/* byte by byte, from the lowest: to compare a million with one another would
   hold up the worker for a fifth of a second */

static int
crm_check_ids_order(crm_check_ids_t *ids)
{
    int64_t   *from, *to, *swap;
    uint32_t   i, sum, n, at[256];
    uint64_t   all;
    unsigned   shift;

    from = ids->id;
    to = malloc(ids->cap * sizeof(int64_t));

    if (to == NULL) {
        return CRM_ERROR;
    }

    for (all = 0, i = 0; i < ids->n; i++) {
        all |= (uint64_t) from[i];
    }

    for (shift = 0; shift < 64 && all >> shift != 0; shift += 8) {
        ngx_memzero(at, sizeof(at));

        for (i = 0; i < ids->n; i++) {
            at[from[i] >> shift & 0xff]++;
        }

        for (sum = 0, i = 0; i < 256; i++) {
            n = at[i];
            at[i] = sum;
            sum += n;
        }

        for (i = 0; i < ids->n; i++) {
            to[at[from[i] >> shift & 0xff]++] = from[i];
        }

        swap = from;
        from = to;
        to = swap;
    }

    ids->id = from;
    free(to);

    return CRM_OK;
}


int
crm_check_ids_sort(crm_check_ids_t *ids)
{
    uint32_t  i, n;

    if (ids->n == 0) {
        return CRM_OK;
    }

    if (crm_check_ids_order(ids) != CRM_OK) {
        return CRM_ERROR;
    }

    for (n = 1, i = 1; i < ids->n; i++) {
        if (ids->id[i] != ids->id[n - 1]) {
            ids->id[n++] = ids->id[i];
        }
    }

    ids->n = n;

    return CRM_OK;
}


uint32_t
crm_check_ids_have(const crm_check_ids_t *ids, int64_t id)
{
    uint32_t  low, high, mid;

    for (low = 0, high = ids->n; low < high; ) {
        mid = (low + high) / 2;

        if (ids->id[mid] == id) {
            return mid + 1;
        }

        if (ids->id[mid] < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return 0;
}


static ngx_uint_t
crm_check_begins(const crm_str_t *name, const char *start)
{
    size_t  len = ngx_strlen(start);

    return name->len > len && ngx_memcmp(name->data, start, len) == 0;
}


/* the id in the name, 0 where it has another form */

static int64_t
crm_check_name_id(const crm_str_t *name, const crm_check_name_t *form)
{
    size_t     start, end;
    int64_t    id;
    crm_str_t  number;

    start = ngx_strlen(form->start);
    end = ngx_strlen(form->end);

    if (!crm_check_begins(name, form->start) || name->len <= start + end
        || ngx_memcmp(name->data + name->len - end, form->end, end) != 0)
    {
        return 0;
    }

    number.data = name->data + start;
    number.len = name->len - start - end;

    return number.data[0] != '0' && crm_str_int(&number, &id) == CRM_OK
           && id > 0 ? id : 0;
}


static int
crm_check_name(crm_flow_t *f, const crm_str_t *name)
{
    int64_t           id;
    ngx_uint_t        i;
    crm_checker_t    *c = crm_checker(f);
    crm_tally_key_t  *key;

    for (i = 0; i < crm_check_n(crm_check_names); i++) {
        id = crm_check_name_id(name, &crm_check_names[i]);

        if (id != 0) {
            return crm_check_ids_add((crm_check_ids_t *)
                                     ((u_char *) c + crm_check_names[i].ids),
                                     id);
        }
    }

    for (i = 0; i < crm_check_n(crm_check_ignored); i++) {
        if (crm_check_begins(name, crm_check_ignored[i])) {
            return CRM_OK;
        }
    }

    if (crm_check_dup_ignored(f, name)) {
        return CRM_OK;
    }

    key = crm_tally_get(&c->tally, name);
    if (key == NULL) {
        return CRM_ERROR;
    }

    /* whether anybody asks for what is in it is found when others are read */

    if (crm_check_dup_known(f, name)) {
        key->type = CRM_IX_ZSET;
    }

    return CRM_OK;
}


ngx_int_t
crm_check_scan(crm_flow_t *f)
{
    crm_str_t       argv[6];
    crm_checker_t  *c = crm_checker(f);

    argv[0] = crm_str("SCAN");
    argv[1] = c->scan;
    argv[2] = crm_str("MATCH");
    argv[3] = crm_flow_key(f, "*");
    argv[4] = crm_str("COUNT");
    argv[5] = crm_str(CRM_CHECK_SCAN_COUNT);

    crm_flow_cmd(f, 6, argv);

    return crm_flow_wait(f, crm_check_scanned);
}


static ngx_int_t
crm_check_scan_ended(crm_checker_t *c)
{
    if (crm_check_ids_sort(&c->tokens) != CRM_OK
        || crm_check_ids_sort(&c->contacts) != CRM_OK
        || crm_check_ids_sort(&c->activities) != CRM_OK
        || crm_check_ids_sort(&c->orders) != CRM_OK
        || crm_check_ids_sort(&c->leads) != CRM_OK
        || crm_check_ids_sort(&c->messages) != CRM_OK
        || crm_check_ids_sort(&c->unmerges) != CRM_OK
        || crm_check_ids_sort(&c->mails) != CRM_OK)
    {
        return NGX_ERROR;
    }

    c->first_act = calloc(c->leads.n + 1, sizeof(uint32_t));
    c->first_order = calloc(c->leads.n + 1, sizeof(uint32_t));

    if (c->first_act == NULL || c->first_order == NULL) {
        return NGX_ERROR;
    }

    c->job->done = c->entities;
    c->job->total = c->entities + c->contacts.n + c->activities.n
                    + c->orders.n + c->leads.n;

    c->phase = crm_check_walk;

    return NGX_OK;
}


static ngx_int_t
crm_check_scanned(crm_flow_t *f)
{
    uint32_t            i;
    crm_str_t           name;
    crm_checker_t      *c = crm_checker(f);
    const crm_reply_t  *keys, *reply = &f->reply[0];

    if (!crm_reply_is_array(reply) || reply->n != 2
        || !crm_reply_is_array(&reply->item[1])
        || reply->item[0].str.len > sizeof(c->scan_buf))
    {
        return NGX_ERROR;
    }

    keys = &reply->item[1];

    for (i = 0; i < keys->n; i++) {
        name.data = keys->item[i].str.data + f->tenant->prefix.len;
        name.len = keys->item[i].str.len - f->tenant->prefix.len;

        if (crm_check_name(f, &name) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    c->scan.data = c->scan_buf;
    c->scan.len = reply->item[0].str.len;
    ngx_memcpy(c->scan_buf, reply->item[0].str.data, c->scan.len);

    return crm_str_is(&c->scan, "0") ? crm_check_scan_ended(c) : NGX_OK;
}
