/*
 * What is on record of a mail: the message itself, those it answers, their
 * leads and the survivors of those, its sender; see crm_inbound.h.
 *
 * Three round trips at most: by Message-ID and address, then the leads and
 * contacts found, then a survivor.
 */

#include "crm_inbound.h"
#include "crm_mid.h"


static ngx_int_t crm_inbound_known(crm_flow_t *f);
static ngx_int_t crm_inbound_loaded(crm_flow_t *f);
static ngx_int_t crm_inbound_resolve(crm_flow_t *f);
static ngx_int_t crm_inbound_survivor(crm_flow_t *f);


static crm_inbound_t *
crm_inbound_of(crm_flow_t *f)
{
    return f->data;
}


static ngx_int_t
crm_inbound_ask_id(crm_flow_t *f, const crm_str_t *message_id)
{
    crm_str_t  field, none = crm_null_string;

    if (crm_mid_field(&f->arena, message_id, &field) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_flow_call(f, "HGET", crm_mid_key(&f->arena, &f->tenant->prefix,
                                         &field),
                  field, none, none);

    return NGX_OK;
}


ngx_int_t
crm_inbound_read(crm_flow_t *f, crm_inbound_t *in, crm_step_pt next)
{
    int64_t            score;
    unsigned           i;
    crm_str_t          argv[7];
    const crm_mail_t  *m = in->mail;

    in->next = next;

    if (crm_inbound_ask_id(f, &m->message_id) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < m->nids; i++) {
        if (crm_inbound_ask_id(f, &m->id[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (m->from_address.len > 0) {

        if (crm_contact_bucket(&f->arena, &f->tenant->prefix,
                               CRM_CONTACT_EMAIL, &m->from_address, &argv[1],
                               &score)
            != CRM_OK)
        {
            return NGX_ERROR;
        }

        argv[0] = crm_str("ZRANGEBYSCORE");
        argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) score);
        argv[3] = argv[2];
        argv[4] = crm_str("LIMIT");
        argv[5] = crm_str("0");
        argv[6] = crm_arena_printf(&f->arena, "%d", CRM_INBOUND_CONTACTS);

        crm_flow_cmd(f, 7, argv);
    }

    return crm_flow_wait(f, crm_inbound_known);
}


static void
crm_inbound_place(crm_inbound_t *in, int64_t message)
{
    int64_t     lead;
    ngx_uint_t  i;

    lead = crm_mid_lead(message);

    for (i = 0; i < in->nplaces; i++) {
        if (in->place[i].lead == lead) {
            return;
        }
    }

    if (in->nplaces < CRM_INBOUND_LEADS) {
        in->place[in->nplaces].message = message;
        in->place[in->nplaces++].lead = lead;
    }
}


/* does the lead exist, where has it gone, how many mails does it have */

static void
crm_inbound_ask_lead(crm_flow_t *f, int64_t lead)
{
    crm_str_t           none = crm_null_string;
    const crm_field_t  *fields = crm_entities[CRM_KIND_LEAD].fields;

    crm_flow_call(f, "HMGET", crm_lead_key(&f->arena, &f->tenant->prefix,
                                           lead),
                  fields[CRM_VERSION].stored,
                  fields[CRM_LEAD_MERGED_INTO].stored, none);
    crm_flow_call(f, "HLEN", crm_mid_lead_key(&f->arena, &f->tenant->prefix,
                                              lead),
                  none, none, none);
}


static ngx_int_t
crm_inbound_ask_found(crm_flow_t *f, crm_inbound_t *in)
{
    ngx_uint_t  i;
    crm_str_t   none = crm_null_string;

    for (i = 0; i < in->ncontacts; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_contact_key(&f->arena, &f->tenant->prefix,
                                      in->contacts[i]),
                      none, none, none);
    }

    if (in->seen.message != 0) {
        crm_inbound_ask_lead(f, in->seen.lead);
    }

    for (i = 0; i < in->nplaces; i++) {
        crm_inbound_ask_lead(f, in->place[i].lead);
    }

    return f->batch != NULL ? crm_flow_wait(f, crm_inbound_loaded)
                            : in->next(f);
}


static ngx_int_t
crm_inbound_known(crm_flow_t *f)
{
    int64_t             id;
    ngx_uint_t          i;
    crm_inbound_t      *in = crm_inbound_of(f);
    const crm_reply_t  *reply = f->reply;

    if (crm_reply_is_string(reply)
        && crm_str_int(&reply->str, &id) == CRM_OK)
    {
        in->seen.message = id;
        in->seen.lead = crm_mid_lead(id);
    }

    for (i = 0; i < in->mail->nids; i++) {
        reply = &f->reply[1 + i];

        if (crm_reply_is_string(reply)
            && crm_str_int(&reply->str, &id) == CRM_OK)
        {
            crm_inbound_place(in, id);
        }
    }

    if (in->mail->from_address.len > 0) {
        reply = &f->reply[1 + in->mail->nids];

        for (i = 0; crm_reply_is_array(reply) && i < reply->n
                    && i < CRM_INBOUND_CONTACTS; i++)
        {
            if (crm_str_int(&reply->item[i].str, &id) == CRM_OK) {
                in->contacts[in->ncontacts++] = id;
            }
        }
    }

    return crm_inbound_ask_found(f, in);
}


/* returns the replies behind those of this lead */

static const crm_reply_t *
crm_inbound_take_lead(crm_inbound_place_t *place, const crm_reply_t *reply)
{
    place->there = crm_reply_is_array(&reply[0]) && reply[0].n == 2
                   && crm_reply_is_string(&reply[0].item[0]);
    place->merged = 0;
    place->mids = reply[1].num;

    if (place->there && crm_reply_is_string(&reply[0].item[1])
        && crm_str_int(&reply[0].item[1].str, &place->merged) != CRM_OK)
    {
        place->merged = 0;
    }

    return reply + 2;
}


static ngx_int_t
crm_inbound_loaded(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    crm_record_t       *contact;
    crm_inbound_t      *in = crm_inbound_of(f);
    const crm_reply_t  *reply = f->reply;

    for (i = 0; i < in->ncontacts; i++, reply++) {

        rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT],
                             in->contacts[i], reply, &contact);

        if (rc == NGX_ERROR) {
            return rc;
        }

        /* of several the oldest */

        if (rc == NGX_OK
            && crm_mail_is_contact(&f->arena, contact, in->mail)
            && (in->contact == NULL
                || crm_record_id(contact) < crm_record_id(in->contact)))
        {
            in->contact = contact;
        }
    }

    if (in->seen.message != 0) {
        reply = crm_inbound_take_lead(&in->seen, reply);
    }

    for (i = 0; i < in->nplaces; i++) {
        reply = crm_inbound_take_lead(&in->place[i], reply);
    }

    return crm_inbound_resolve(f);
}


/* the lead of the message itself, else the first one answered that is there;
   a merged one leads to its survivor */

static crm_inbound_place_t *
crm_inbound_pick(crm_inbound_t *in)
{
    ngx_uint_t  i;

    if (in->seen.message != 0) {
        return in->seen.there ? &in->seen : NULL;
    }

    for (i = 0; i < in->nplaces; i++) {
        if (in->place[i].there) {
            return &in->place[i];
        }
    }

    return NULL;
}


static ngx_int_t
crm_inbound_resolve(crm_flow_t *f)
{
    crm_inbound_t        *in = crm_inbound_of(f);
    crm_inbound_place_t  *place;

    place = crm_inbound_pick(in);

    if (place == NULL) {
        return in->next(f);
    }

    if (place->merged != 0) {
        crm_inbound_ask_lead(f, place->merged);
        return crm_flow_wait(f, crm_inbound_survivor);
    }

    in->lead = place->lead;
    in->mids = place->mids;

    return in->next(f);
}


static ngx_int_t
crm_inbound_survivor(crm_flow_t *f)
{
    crm_inbound_t        *in = crm_inbound_of(f);
    crm_inbound_place_t  *place;

    place = crm_inbound_pick(in);
    place->lead = place->merged;

    (void) crm_inbound_take_lead(place, f->reply);

    return crm_inbound_resolve(f);
}
