/* the contact that a lead is about though it names none; see crm_dup_find.h */

#include "crm_contact.h"
#include "crm_dup_find.h"
#include "crm_text.h"
#include "crm_write.h"


#define CRM_DUP_CONTACTS  50            /* looked at of each kind */

/* how they were found, best first */
enum { CRM_BY_EMAIL, CRM_BY_PHONE, CRM_BY_NAME, CRM_BY_COMPANY, CRM_BY_MAX };


static ngx_int_t crm_dup_contact_indexed(crm_flow_t *f);
static ngx_int_t crm_dup_contact_loaded(crm_flow_t *f);


typedef struct {
    crm_dup_contact_t  *contact;
    ngx_uint_t          asked[CRM_BY_MAX];
    ngx_uint_t          n[CRM_BY_MAX];  /* replies of each kind */
} crm_dup_contact_work_t;


static const unsigned  crm_dup_contact_fields[CRM_BY_MAX] = {
    CRM_LEAD_EMAIL, CRM_LEAD_PHONE, CRM_LEAD_CONTACT_NAME,
    CRM_LEAD_COMPANY_NAME
};


/* addresses and numbers are in buckets by hash */

static ngx_int_t
crm_dup_contact_ask_hash(crm_flow_t *f, unsigned field,
    const crm_str_t *value)
{
    int         rc;
    int64_t     score;
    crm_str_t   argv[7];

    rc = crm_contact_bucket(&f->arena, &f->tenant->prefix, field, value,
                            &argv[1], &score);

    if (rc != CRM_OK) {
        return rc == CRM_DECLINED ? NGX_DECLINED : NGX_ERROR;
    }

    argv[0] = crm_str("ZRANGEBYSCORE");
    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) score);
    argv[3] = argv[2];
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_arena_printf(&f->arena, "%d", CRM_DUP_CONTACTS);

    crm_flow_cmd(f, 7, argv);

    return NGX_OK;
}


/* names are in the order of the folded text, active contacts only */

ngx_int_t
crm_dup_contact_ask_name(crm_flow_t *f, const crm_str_t *value)
{
    crm_str_t   argv[7], folded;

    if (crm_text_fold(&f->arena, value, &folded) != CRM_OK) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("ZRANGEBYLEX");
    argv[1] = crm_flow_key(f, "c:s:1:n");
    argv[2] = crm_arena_printf(&f->arena, "[%.*s\x01", (int) folded.len,
                               folded.data);
    argv[3] = crm_arena_printf(&f->arena, "(%.*s\x02", (int) folded.len,
                               folded.data);
    argv[4] = crm_str("LIMIT");
    argv[5] = crm_str("0");
    argv[6] = crm_arena_printf(&f->arena, "%d", CRM_DUP_CONTACTS);

    crm_flow_cmd(f, 7, argv);

    return NGX_OK;
}


ngx_int_t
crm_dup_contact_find(crm_flow_t *f, crm_dup_contact_t *c, crm_step_pt next)
{
    ngx_int_t                rc;
    ngx_uint_t               i, any;
    const crm_value_t       *v;
    crm_dup_contact_work_t  *work;

    work = crm_arena_calloc(&f->arena, sizeof(crm_dup_contact_work_t));
    if (work == NULL) {
        return NGX_ERROR;
    }

    work->contact = c;
    c->contact = NULL;
    c->next = next;
    c->data = f->data;
    f->data = work;

    for (any = 0, i = 0; i < CRM_BY_MAX; i++) {
        v = &c->lead->v[crm_dup_contact_fields[i]];

        /* a person's name alone says nothing */

        if (!v->set
            || (i == CRM_BY_NAME && !c->lead->v[CRM_LEAD_COMPANY_NAME].set))
        {
            continue;
        }

        rc = i == CRM_BY_EMAIL
             ? crm_dup_contact_ask_hash(f, CRM_CONTACT_EMAIL, &v->str)
             : i == CRM_BY_PHONE
             ? crm_dup_contact_ask_hash(f, CRM_CONTACT_PHONE, &v->str)
             : crm_dup_contact_ask_name(f, &v->str);

        if (rc == NGX_ERROR) {
            return rc;
        }

        work->asked[i] = rc == NGX_OK;
        any |= work->asked[i];
    }

    if (any) {
        return crm_flow_wait(f, crm_dup_contact_indexed);
    }

    f->data = c->data;
    f->nreply = 0;

    return next(f);
}


/* the id behind a member: padded, after a name or alone */

int64_t
crm_dup_contact_id(const crm_str_t *member)
{
    int64_t    id;
    crm_str_t  digits = *member;

    if (digits.len > 10) {
        digits.data += digits.len - 10;
        digits.len = 10;
    }

    return crm_str_int(&digits, &id) == CRM_OK ? id : 0;
}


static ngx_int_t
crm_dup_contact_indexed(crm_flow_t *f)
{
    uint32_t                 k;
    crm_str_t                argv[2];
    ngx_uint_t               i;
    const crm_reply_t       *reply = f->reply;
    crm_dup_contact_work_t  *work = f->data;
    crm_dup_contact_t       *c = work->contact;

    c->nids = 0;
    c->id = crm_arena_alloc(&f->arena, CRM_BY_MAX * CRM_DUP_CONTACTS
                                       * sizeof(int64_t));
    if (c->id == NULL) {
        return NGX_ERROR;
    }

    argv[0] = crm_str("HGETALL");

    for (i = 0; i < CRM_BY_MAX; i++) {

        if (!work->asked[i]) {
            continue;
        }

        if (!crm_reply_is_array(reply)) {
            return NGX_ERROR;
        }

        for (k = 0; k < reply->n && k < CRM_DUP_CONTACTS; k++) {
            c->id[c->nids] = crm_dup_contact_id(&reply->item[k].str);
            argv[1] = crm_flow_key(f, "contact:%lld",
                                   (long long) c->id[c->nids++]);
            crm_flow_cmd(f, 2, argv);
            work->n[i]++;
        }

        reply++;
    }

    if (c->nids > 0) {
        return crm_flow_wait(f, crm_dup_contact_loaded);
    }

    f->data = c->data;
    f->nreply = 0;

    return c->next(f);
}


/* hashes collide, and phones are compared by their last digits */

static ngx_uint_t
crm_dup_contact_same(crm_flow_t *f, unsigned field, const crm_value_t *one,
    const crm_value_t *other)
{
    int64_t     score, wanted;
    crm_str_t   key, x, y;

    if (!one->set || !other->set) {
        return 0;
    }

    if (field == CRM_CONTACT_PHONE) {
        return crm_contact_bucket(&f->arena, &f->tenant->prefix, field,
                                  &one->str, &key, &score)
               == CRM_OK
               && crm_contact_bucket(&f->arena, &f->tenant->prefix, field,
                                     &other->str, &key, &wanted)
                  == CRM_OK
               && score == wanted;
    }

    return crm_text_fold(&f->arena, &one->str, &x) == CRM_OK
           && crm_text_fold(&f->arena, &other->str, &y) == CRM_OK
           && crm_str_eq(&x, &y);
}


/* the person's company is among those with the lead's company name */

static ngx_uint_t
crm_dup_contact_below(crm_flow_t *f, const crm_record_t *person,
    crm_record_t **company, ngx_uint_t n, const crm_value_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (company[i] != NULL
            && company[i]->v[CRM_CONTACT_KIND].num == CRM_CONTACT_COMPANY
            && person->v[CRM_CONTACT_PARENT_ID].set
            && person->v[CRM_CONTACT_PARENT_ID].num
               == crm_record_id(company[i])
            && crm_dup_contact_same(f, CRM_CONTACT_NAME, name,
                                    &company[i]->v[CRM_CONTACT_NAME]))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
crm_dup_contact_matches(crm_flow_t *f, const crm_dup_contact_t *c,
    ngx_uint_t by, const crm_record_t *one, crm_record_t **company,
    ngx_uint_t n)
{
    const crm_value_t  *v;

    static const unsigned  fields[CRM_BY_MAX] = {
        CRM_CONTACT_EMAIL, CRM_CONTACT_PHONE, CRM_CONTACT_NAME,
        CRM_CONTACT_NAME
    };

    v = &c->lead->v[crm_dup_contact_fields[by]];

    if (!one->v[CRM_CONTACT_ACTIVE].num
        || !crm_dup_contact_same(f, fields[by], v, &one->v[fields[by]]))
    {
        return 0;
    }

    if (by == CRM_BY_NAME) {
        return crm_dup_contact_below(f, one, company, n,
                                     &c->lead->v[CRM_LEAD_COMPANY_NAME]);
    }

    return by != CRM_BY_COMPANY
           || (!c->lead->v[CRM_LEAD_CONTACT_NAME].set
               && one->v[CRM_CONTACT_KIND].num == CRM_CONTACT_COMPANY);
}


static ngx_int_t
crm_dup_contact_loaded(crm_flow_t *f)
{
    ngx_int_t                rc;
    ngx_uint_t               i, k, at;
    crm_record_t           **rec;
    crm_dup_contact_work_t  *work = f->data;
    crm_dup_contact_t       *c = work->contact;

    rec = crm_arena_calloc(&f->arena, c->nids * sizeof(crm_record_t *));
    if (rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < c->nids; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT], c->id[i],
                             &f->reply[i], &rec[i]);

        if (rc != NGX_OK && rc != NGX_DECLINED) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            rec[i] = NULL;
        }
    }

    at = 0;

    for (i = 0; i < CRM_BY_MAX && c->contact == NULL; i++) {

        for (k = at; k < at + work->n[i]; k++) {
            if (rec[k] != NULL
                && crm_dup_contact_matches(f, c, i, rec[k],
                                           rec + c->nids
                                           - work->n[CRM_BY_COMPANY],
                                           work->n[CRM_BY_COMPANY])
                && (c->contact == NULL
                    || crm_record_id(rec[k]) < crm_record_id(c->contact)))
            {
                c->contact = rec[k];
            }
        }

        at += work->n[i];
    }

    f->data = c->data;
    f->nreply = 0;

    return c->next(f);
}
