/* the reads of a look-up for duplicates; see crm_dup_find.c */

#include "crm_bitmap.h"
#include "crm_dup_find_int.h"


static const char  crm_dup_segments[] = {
    CRM_DUP_OPEN, CRM_DUP_CLOSED, CRM_DUP_ARCHIVED
};


ngx_uint_t
crm_dup_nsegments(const crm_dup_find_t *d)
{
    return d->archived ? 3 : 2;
}


static void
crm_dup_ask_score(crm_flow_t *f, crm_str_t key, int64_t score)
{
    crm_dup_search_t  *s = f->data;

    s->asked++;
    crm_dup_read_ids(f, key, score);
}


static void
crm_dup_ask_count(crm_flow_t *f, crm_str_t key, int64_t score)
{
    crm_str_t  argv[4];

    argv[0] = crm_str("ZCOUNT");
    argv[1] = key;
    argv[2] = crm_arena_printf(&f->arena, "%lld", (long long) score);
    argv[3] = argv[2];

    crm_dup_find_call(f, 4, argv);
}


static crm_str_t
crm_dup_contact_leads(crm_flow_t *f, int64_t contact)
{
    return crm_flow_key(f, "l:c:%lld",
                        (long long) (contact >> CRM_CONTACT_SHIFT));
}


void
crm_dup_ask_first(crm_flow_t *f, crm_dup_find_t *d)
{
    int64_t     hash, contact;
    unsigned    k;
    crm_str_t   argv[4];
    ngx_uint_t  i;

    for (k = 0; k < f->conf->ndup; k++) {

        if (d->key[k].len == 0) {
            continue;
        }

        hash = crm_dup_hash(&d->key[k]);

        for (i = 0; i < crm_dup_nsegments(d); i++) {
            crm_dup_ask_score(f, crm_dup_bucket_key(&f->arena,
                                                    &f->tenant->prefix,
                                                    &f->conf->dup[k],
                                                    crm_dup_segments[i],
                                                    hash),
                              hash);
        }
    }

    if (!d->lead->v[CRM_LEAD_CONTACT_ID].set) {
        return;
    }

    contact = d->lead->v[CRM_LEAD_CONTACT_ID].num;

    crm_dup_ask_leads(f, contact);

    argv[0] = crm_str("HMGET");
    argv[1] = crm_flow_key(f, "contact:%lld", (long long) contact);
    argv[2] = crm_entities[CRM_KIND_CONTACT].fields[CRM_CONTACT_KIND].stored;
    argv[3] = crm_entities[CRM_KIND_CONTACT]
              .fields[CRM_CONTACT_PARENT_ID].stored;

    crm_dup_find_call(f, 4, argv);

    argv[0] = crm_str("HGET");
    argv[1] = f->tenant->root;
    argv[2] = crm_str("id:contact");

    crm_dup_find_call(f, 3, argv);
}


static ngx_uint_t
crm_dup_chunks(crm_flow_t *f)
{
    return (f->tenant->last_id[CRM_KIND_CONTACT] >> CRM_BITMAP_SHIFT) + 1;
}


void
crm_dup_ask_second(crm_flow_t *f, crm_dup_find_t *d)
{
    int64_t     hash, contact;
    unsigned    k;
    crm_str_t   argv[2];
    ngx_uint_t  i;

    for (k = 0; k < f->conf->ndup; k++) {

        if (!(d->counted & (1ULL << k))) {
            continue;
        }

        hash = crm_dup_hash(&d->key[k]);

        for (i = 0; i < crm_dup_nsegments(d); i++) {
            crm_dup_ask_count(f, crm_dup_bucket_key(&f->arena,
                                                    &f->tenant->prefix,
                                                    &f->conf->dup[k],
                                                    crm_dup_segments[i],
                                                    hash),
                              hash);
        }
    }

    if (d->counted & CRM_DUP_BY_CONTACT) {
        contact = d->lead->v[CRM_LEAD_CONTACT_ID].num;
        crm_dup_ask_count(f, crm_dup_contact_leads(f, contact), contact);
    }

    argv[0] = crm_str("GET");

    d->chunks = d->company != 0 ? crm_dup_chunks(f) : 0;

    for (i = 0; i < d->chunks; i++) {
        argv[1] = crm_flow_key(f, "c:f:parent:%lld:%lu",
                               (long long) d->company, (unsigned long) i);
        crm_dup_find_call(f, 2, argv);
    }
}


void
crm_dup_ask_leads(crm_flow_t *f, int64_t contact)
{
    crm_dup_ask_score(f, crm_dup_contact_leads(f, contact), contact);
}
