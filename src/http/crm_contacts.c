/* Contacts over HTTP: create, read, patch, delete (api.md, section 2) */

#include "crm_activity.h"
#include "crm_change.h"
#include "crm_contact.h"
#include "crm_count.h"
#include "crm_handlers.h"
#include "crm_keyer.h"
#include "crm_order.h"
#include "crm_record_read.h"
#include "crm_respond.h"
#include "crm_take.h"


typedef struct {
    crm_input_t     input;
    int64_t         id;
    crm_record_t   *old;
    crm_record_t   *rec;
    crm_record_t   *parent;
    crm_counts_t    counts;
    ngx_uint_t      chunks;         /* replies that count its people */
    ngx_uint_t      takes;          /* replies with its id */
    int64_t         taken;          /* see crm_take.h; 0: none */
} crm_contact_op_t;


static ngx_int_t crm_contact_create_loaded(crm_flow_t *f);
static ngx_int_t crm_contact_patch_load(crm_flow_t *f);
static ngx_int_t crm_contact_patch_loaded(crm_flow_t *f);
static ngx_int_t crm_contact_delete_load(crm_flow_t *f);
static ngx_int_t crm_contact_delete_loaded(crm_flow_t *f);


static const crm_entity_t  *crm_contact_entity
    = &crm_entities[CRM_KIND_CONTACT];


static crm_contact_op_t *
crm_contact_op(crm_flow_t *f)
{
    crm_contact_op_t  *o;

    o = crm_arena_calloc(&f->arena, sizeof(crm_contact_op_t));

    if (o != NULL) {
        o->id = crm_request(f)->id[0];
    }

    f->data = o;

    return o;
}


static void
crm_contact_call(crm_flow_t *f, const char *command, crm_str_t key)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, command, key, none, none, none);
}


static void
crm_contact_load(crm_flow_t *f, int64_t id)
{
    crm_contact_call(f, "HGETALL", crm_contact_key(&f->arena,
                                                   &f->tenant->prefix, id));
}


/* those below a company */

static void
crm_contact_count_people(crm_flow_t *f, crm_contact_op_t *o)
{
    o->chunks = crm_count_bits(&o->counts,
                               crm_flow_key(f, "c:f:parent:%lld",
                                            (long long) o->id),
                               CRM_KIND_CONTACT);
}


static int64_t
crm_contact_people(const crm_contact_op_t *o, const crm_reply_t *reply)
{
    int64_t     people;
    ngx_uint_t  i;

    for (people = 0, i = 0; i < o->chunks; i++) {
        people += reply[i].num;
    }

    return people;
}


/* the body; its faults are told with those of the parent */

static ngx_int_t
crm_contact_input(crm_flow_t *f, crm_contact_op_t *o, crm_input_mode_t mode)
{
    return o != NULL ? crm_write_collect(f, crm_contact_entity, mode, -1,
                                         &o->input)
                     : NGX_ERROR;
}


/* ---- GET --------------------------------------------------------------- */

ngx_int_t
crm_contact_read(crm_flow_t *f)
{
    static const crm_record_reader_t  reader = {
        .kind = CRM_KIND_CONTACT,
        .key = crm_contact_key
    };

    return crm_record_read(f, &reader);
}


/* ---- POST -------------------------------------------------------------- */

ngx_int_t
crm_contact_create_handler(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_contact_op_t   *o;
    const crm_value_t  *parent;

    o = crm_contact_op(f);

    rc = crm_contact_input(f, o, CRM_INPUT_CREATE);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    /* 0 where none is named: there is no such contact */

    parent = &o->input.values->v[CRM_CONTACT_PARENT_ID];
    crm_contact_load(f, parent->num);
    o->takes = crm_take_ask(f, CRM_KIND_CONTACT);

    return crm_flow_wait(f, crm_contact_create_loaded);
}


static ngx_int_t
crm_contact_create_loaded(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_ops_t          ops;
    crm_rule_t         rule;
    crm_problem_t      problem;
    crm_contact_op_t  *o = f->data;

    rc = crm_read_record(f, crm_contact_entity,
                         o->input.values->v[CRM_CONTACT_PARENT_ID].num,
                         &f->reply[0], &o->parent);

    if (rc != NGX_OK && rc != NGX_DECLINED) {
        return rc;
    }

    o->taken = o->takes ? crm_take_id(f, CRM_KIND_CONTACT, &f->reply[1]) : 0;

    crm_write_rule(f, &rule);
    crm_take_rule(&rule, CRM_KIND_CONTACT, o->taken);

    problem = crm_contact_create(&rule, &o->input, o->parent, &o->rec);

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    crm_value_set_num(&o->rec->v[CRM_ID],
                      crm_take_or_next(f, CRM_KIND_CONTACT, o->taken, 0));

    crm_ops_init(&ops, &f->arena);

    if (crm_contact_commit(&ops, &rule, NULL, o->rec) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_write_answer(f, NGX_HTTP_CREATED, o->rec, NULL);

    return crm_write_commit(f, &ops);
}


/* ---- PATCH ------------------------------------------------------------- */

ngx_int_t
crm_contact_patch(crm_flow_t *f)
{
    ngx_int_t          rc;
    crm_contact_op_t  *o;

    o = crm_contact_op(f);

    rc = crm_contact_input(f, o, CRM_INPUT_PATCH);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_gate_enter(f, crm_contact_key(&f->arena, &f->tenant->prefix,
                                             o->id),
                          crm_contact_patch_load);
}


/* the kind is named and is not company, or cleared: then it is person */

static ngx_uint_t
crm_contact_to_person(const crm_contact_op_t *o)
{
    return crm_mask_has(&o->input.present, CRM_CONTACT_KIND)
           && o->input.values->v[CRM_CONTACT_KIND].num
              != CRM_CONTACT_COMPANY;
}


static ngx_int_t
crm_contact_patch_load(crm_flow_t *f)
{
    crm_contact_op_t  *o = f->data;

    crm_contact_load(f, o->id);
    crm_contact_load(f, o->input.values->v[CRM_CONTACT_PARENT_ID].num);

    if (crm_contact_to_person(o)) {
        crm_counts_init(&o->counts, f);
        crm_contact_count_people(f, o);
    }

    return crm_flow_wait(f, crm_contact_patch_loaded);
}


/* a company with people below it stays one */

static ngx_int_t
crm_contact_stays_company(crm_flow_t *f, crm_contact_op_t *o, crm_ops_t *ops)
{
    const crm_field_t  *kind;

    if (!crm_contact_to_person(o)
        || o->old->v[CRM_CONTACT_KIND].num != CRM_CONTACT_COMPANY)
    {
        return NGX_OK;
    }

    if (crm_contact_people(o, &f->reply[2]) > 0) {
        kind = &crm_contact_entity->fields[CRM_CONTACT_KIND];
        crm_fault(&f->answer.faults, &kind->name, CRM_FAULT_INVALID,
                  "people belong to this company");
        return NGX_OK;
    }

    return crm_counts_check(&o->counts, ops);
}


static ngx_int_t
crm_contact_patch_loaded(crm_flow_t *f)
{
    int                touched;
    ngx_int_t          rc;
    crm_ops_t          ops;
    crm_rule_t         rule;
    crm_problem_t      problem;
    crm_contact_op_t  *o = f->data;

    rc = crm_read_record(f, crm_contact_entity, o->id, &f->reply[0], &o->old);

    if (rc == NGX_OK) {
        rc = crm_read_record(f, crm_contact_entity,
                             o->input.values->v[CRM_CONTACT_PARENT_ID].num,
                             &f->reply[1], &o->parent);
        rc = rc == NGX_DECLINED ? NGX_OK : rc;

    } else if (rc == NGX_DECLINED) {
        return f->answer.faults.n > 0
               ? crm_answer_faults(f)
               : crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    crm_ops_init(&ops, &f->arena);

    if (crm_contact_stays_company(f, o, &ops) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_write_rule(f, &rule);

    problem = crm_contact_update(&rule, o->old, &o->input, o->parent,
                                 &o->rec, &touched);

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_OK;
    }

    crm_write_answer(f, NGX_HTTP_OK, o->rec, NULL);

    if (!touched) {
        return NGX_OK;
    }

    return crm_contact_commit(&ops, &rule, o->old, o->rec) == CRM_OK
           ? crm_write_commit(f, &ops) : NGX_ERROR;
}


/* ---- DELETE ------------------------------------------------------------ */

ngx_int_t
crm_contact_delete(crm_flow_t *f)
{
    crm_contact_op_t  *o;

    o = crm_contact_op(f);
    if (o == NULL) {
        return NGX_ERROR;
    }

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    return crm_gate_enter(f, crm_contact_key(&f->arena, &f->tenant->prefix,
                                             o->id),
                          crm_contact_delete_load);
}


/* open ones and others: two replies */

static void
crm_contact_count_activities(crm_flow_t *f, crm_contact_op_t *o)
{
    unsigned      ended;
    crm_arena_t  *a = &f->arena;

    for (ended = 0; ended < 2; ended++) {
        crm_count_scores(&o->counts,
                         crm_activity_bucket(a, &f->tenant->prefix,
                                             CRM_KIND_CONTACT, o->id, ended),
                         crm_arena_printf(a, "%lld", (long long)
                              crm_activity_score(o->id, CRM_ACTIVITY_FIRST)),
                         crm_arena_printf(a, "(%lld", (long long)
                              crm_activity_score(o->id, CRM_ACTIVITY_LAST)));
    }
}


static ngx_int_t
crm_contact_delete_load(crm_flow_t *f)
{
    crm_str_t          id;
    crm_contact_op_t  *o = f->data;

    crm_counts_init(&o->counts, f);
    id = crm_arena_printf(&f->arena, "%lld", (long long) o->id);

    crm_contact_load(f, o->id);
    crm_count_scores(&o->counts,
                     crm_flow_key(f, "l:c:%lld",
                                  (long long) (o->id >> CRM_CONTACT_SHIFT)),
                     id, id);
    crm_contact_count_people(f, o);
    crm_contact_count_activities(f, o);
    crm_count_scores(&o->counts,
                     crm_order_bucket(&f->arena, &f->tenant->prefix,
                                      CRM_KIND_CONTACT, o->id),
                     id, id);

    return crm_flow_wait(f, crm_contact_delete_loaded);
}


static ngx_int_t
crm_contact_delete_loaded(crm_flow_t *f)
{
    int64_t            counts[CRM_KINDS];
    ngx_int_t          rc;
    crm_ops_t          ops;
    crm_rule_t         rule;
    crm_contact_op_t  *o = f->data;

    rc = crm_read_record(f, crm_contact_entity, o->id, &f->reply[0], &o->old);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED
               ? crm_flow_problem(f, CRM_P_NOT_FOUND, NULL) : rc;
    }

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_OK;
    }

    ngx_memzero(counts, sizeof(counts));

    counts[CRM_KIND_LEAD] = f->reply[1].num;
    counts[CRM_KIND_CONTACT] = crm_contact_people(o, &f->reply[2]);
    counts[CRM_KIND_ACTIVITY] = f->reply[f->nreply - 3].num
                                + f->reply[f->nreply - 2].num;
    counts[CRM_KIND_ORDER] = f->reply[f->nreply - 1].num;

    rc = crm_counts_in_use(f, counts);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    if (crm_counts_check(&o->counts, &ops) != NGX_OK
        || crm_contact_commit(&ops, &rule, o->old, NULL) != CRM_OK)
    {
        return NGX_ERROR;
    }

    (void) crm_answer_nothing(f);

    return crm_write_commit(f, &ops);
}
