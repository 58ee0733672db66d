/*
 * Who was written to by a bulk change of many (crm_bulk.h): every mark holds
 * the address, so that a run that dies loses none, and the last slice reads
 * them, piece by piece in the order of the ids.
 */

#include "crm_bitmap.h"
#include "crm_bulk.h"


#define CRM_BULK_PIECES  16             /* in one round trip */


static ngx_int_t crm_bulk_mail_read(crm_flow_t *f);
static ngx_int_t crm_bulk_mail_recalled(crm_flow_t *f);


static ngx_int_t
crm_bulk_mail_ask(crm_flow_t *f)
{
    int64_t      end, last;
    crm_str_t    none = crm_null_string;
    crm_bulk_t  *b = f->data;

    last = json_integer_value(json_object_get(b->job->params, "chunks"))
           << (CRM_BITMAP_SHIFT - CRM_BULK_PIECE);

    if (b->piece >= last || b->recipients.truncated) {
        return b->collected(f);
    }

    end = b->piece + CRM_BULK_PIECES < last ? b->piece + CRM_BULK_PIECES
                                            : last;

    for ( /* void */ ; b->piece < end; b->piece++) {
        crm_flow_call(f, "HGETALL",
                      crm_bulk_mark_key(f, b->job_id,
                                        b->piece << CRM_BULK_PIECE),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_bulk_mail_read);
}


ngx_int_t
crm_bulk_mail_collect(crm_flow_t *f, crm_step_pt next)
{
    crm_bulk_t  *b = f->data;

    b->collected = next;
    b->piece = 0;

    if (crm_recipients_init(&b->recipients, &f->arena, b->job->done)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    return crm_bulk_mail_ask(f);
}


/* a hash has no order of its own */

static ngx_int_t
crm_bulk_mail_piece(crm_bulk_t *b, const crm_reply_t *reply)
{
    int64_t           id;
    uint32_t          i;
    ngx_uint_t        n;
    const crm_str_t  *mark[1 << CRM_BULK_PIECE];

    ngx_memzero(mark, sizeof(mark));

    for (i = 0; i + 1 < reply->n; i += 2) {
        if (crm_str_int(&reply->item[i].str, &id) == CRM_OK) {
            mark[id & ((1 << CRM_BULK_PIECE) - 1)] = &reply->item[i + 1].str;
        }
    }

    for (n = 0; n < sizeof(mark) / sizeof(mark[0]); n++) {
        if (mark[n] != NULL
            && crm_recipients_add(&b->recipients, mark[n]) != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_bulk_mail_read(crm_flow_t *f)
{
    ngx_uint_t   i;
    crm_bulk_t  *b = f->data;

    for (i = 0; i < f->nreply; i++) {
        if (crm_bulk_mail_piece(b, &f->reply[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return crm_bulk_mail_ask(f);
}


/* ---- of a request ------------------------------------------------------- */

static ngx_uint_t
crm_bulk_mail_unknown(const crm_bulk_item_t *item)
{
    return item->problem == CRM_P_NONE && !item->skipped
           && item->email.len == 0;
}


ngx_int_t
crm_bulk_mail_recall(crm_flow_t *f, crm_step_pt next)
{
    crm_str_t    none = crm_null_string;
    ngx_uint_t   i, n;
    crm_bulk_t  *b = f->data;

    b->collected = next;

    for (n = 0, i = 0; i < b->n; i++) {

        if (!crm_bulk_mail_unknown(&b->item[i])) {
            continue;
        }

        crm_flow_call(f, "HGET",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   b->item[i].id),
                      crm_entities[CRM_KIND_LEAD]
                          .fields[CRM_LEAD_EMAIL].stored,
                      none, none);
        n++;
    }

    return n > 0 ? crm_flow_wait(f, crm_bulk_mail_recalled) : next(f);
}


static ngx_int_t
crm_bulk_mail_recalled(crm_flow_t *f)
{
    ngx_uint_t          i, n;
    crm_bulk_t         *b = f->data;
    const crm_reply_t  *reply;

    for (n = 0, i = 0; i < b->n; i++) {

        if (!crm_bulk_mail_unknown(&b->item[i])) {
            continue;
        }

        reply = &f->reply[n++];

        if (crm_reply_is_string(reply)
            && crm_arena_dup(&f->arena, &b->item[i].email, reply->str.data,
                             reply->str.len)
               != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    return b->collected(f);
}


void
crm_bulk_mail_json(crm_out_t *out, const crm_recipients_t *r)
{
    unsigned  i;

    crm_out_lit(out, "\"recipients\":[");

    for (i = 0; i < r->n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_json(out, &r->address[i]);
    }

    crm_out_char(out, ']');

    if (r->truncated) {
        crm_out_lit(out, ",\"recipients_truncated\":true");
    }
}
