/*
 * Groups by tag, of which a record can have several: a row does not hold
 * them, the bitmaps of the tags do; see crm_report.h.
 *
 * A string of rows lies within one chunk of the bitmaps or two, and strings
 * come in their order: the chunks in use are kept, one with an even number
 * and one with an odd one.
 */

#include "crm_report.h"


#define CRM_REPORT_MGET  64             /* bitmaps in one command */


typedef struct {
    u_char               *data;         /* CRM_BITMAP_BYTES; or NULL */
    size_t                len;          /* that are set */
} crm_report_bits_t;

struct crm_report_tags_s {
    ngx_uint_t            n;            /* tags, and one for none */
    crm_report_bits_t    *bits[2];      /* by tag, of the two chunks */
    int64_t               ask;          /* first chunk that was not yet */
    int64_t               take;

    /* the rows of one string */
    crm_row_t             row[CRM_ROWS];
    u_char                there[CRM_ROWS];
};


static int64_t
crm_report_tag_id(crm_flow_t *f, ngx_uint_t i)
{
    const crm_conf_list_t  *tags = &f->conf->list[CRM_KIND_TAG];

    return i < tags->n ? crm_record_id(tags->rec[i]) : 0;
}


void
crm_report_tags_row(crm_report_t *report, int64_t id, const crm_row_t *row)
{
    report->tags->row[id % CRM_ROWS] = *row;
    report->tags->there[id % CRM_ROWS] = 1;
}


/* ---- reading ------------------------------------------------------------ */

static void
crm_report_tags_mget(crm_flow_t *f, int64_t chunk, ngx_uint_t from,
    ngx_uint_t end)
{
    ngx_uint_t  argc;
    crm_str_t   argv[1 + CRM_REPORT_MGET];

    argv[0] = crm_str("MGET");

    for (argc = 1; from < end; from++) {
        argv[argc++] = crm_flow_key(f, "l:f:tag:%lld:%lld",
                                    (long long) crm_report_tag_id(f, from),
                                    (long long) chunk);
    }

    crm_flow_cmd(f, argc, argv);
}


/* chunks that no string before has asked for */

static ngx_uint_t
crm_report_tags_ask(crm_flow_t *f, crm_rows_t *rows, int64_t string)
{
    int64_t             last;
    ngx_uint_t          i, n;
    crm_report_t       *report = rows->data;
    crm_report_tags_t  *tags = report->tags;

    last = ((string + 1) * CRM_ROWS - 1) >> CRM_BITMAP_SHIFT;
    tags->ask = ngx_max(tags->ask, (string * CRM_ROWS) >> CRM_BITMAP_SHIFT);

    for (n = 0; tags->ask <= last; tags->ask++) {
        for (i = 0; i < tags->n; i += CRM_REPORT_MGET) {
            crm_report_tags_mget(f, tags->ask, i,
                                 ngx_min(i + CRM_REPORT_MGET, tags->n));
            n++;
        }
    }

    return n;
}


static ngx_int_t
crm_report_tags_keep(crm_flow_t *f, crm_report_bits_t *bits,
    const crm_str_t *text)
{
    bits->len = ngx_min(text->len, CRM_BITMAP_BYTES);

    if (bits->len == 0) {
        return NGX_OK;
    }

    if (bits->data == NULL) {
        bits->data = crm_arena_bytes(&f->arena, CRM_BITMAP_BYTES);

        if (bits->data == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(bits->data, text->data, bits->len);

    return NGX_OK;
}


static ngx_int_t
crm_report_tags_chunk(crm_flow_t *f, crm_report_tags_t *tags, int64_t chunk,
    const crm_reply_t *reply)
{
    ngx_uint_t          i;
    crm_report_bits_t  *bits = tags->bits[chunk & 1];

    for (i = 0; i < tags->n; i++) {
        if (crm_report_tags_keep(f, &bits[i],
                                 &reply[i / CRM_REPORT_MGET]
                                      .item[i % CRM_REPORT_MGET].str)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* ---- adding ------------------------------------------------------------- */

/* ids from first to end of one chunk, at the beginning of a byte each */

static void
crm_report_tags_add(crm_report_t *report, int64_t tag,
    const crm_report_bits_t *bits, int64_t first, int64_t end)
{
    int                 bit;
    size_t              i, last;
    int64_t             id;
    crm_report_tags_t  *tags = report->tags;

    i = (size_t) (first & CRM_BITMAP_MASK) / 8;
    last = ngx_min(bits->len, i + (size_t) (end - first) / 8);

    for (id = first; i < last; i++, id += 8) {

        for (bit = 0; bits->data[i] != 0 && bit < 8; bit++) {

            if ((bits->data[i] & (0x80 >> bit))
                && tags->there[(id + bit) % CRM_ROWS])
            {
                crm_report_put(report, tag, id + bit,
                               &tags->row[(id + bit) % CRM_ROWS]);
            }
        }
    }
}


static ngx_int_t
crm_report_tags_taken(crm_flow_t *f, crm_rows_t *rows, int64_t string,
    const crm_reply_t *reply)
{
    int64_t             first, last, end;
    ngx_uint_t          i;
    crm_report_t       *report = rows->data;
    crm_report_tags_t  *tags = report->tags;

    first = string * CRM_ROWS;
    last = first + CRM_ROWS;

    tags->take = ngx_max(tags->take, first >> CRM_BITMAP_SHIFT);

    for ( /* void */ ; tags->take <= (last - 1) >> CRM_BITMAP_SHIFT;
         tags->take++)
    {
        if (crm_report_tags_chunk(f, tags, tags->take, reply) != NGX_OK) {
            return NGX_ERROR;
        }

        reply += (tags->n + CRM_REPORT_MGET - 1) / CRM_REPORT_MGET;
    }

    for ( /* void */ ; first < last; first = end) {
        end = ngx_min(last, (first | CRM_BITMAP_MASK) + 1);

        for (i = 0; i < tags->n; i++) {
            crm_report_tags_add(report, crm_report_tag_id(f, i),
                                &tags->bits[first >> CRM_BITMAP_SHIFT & 1][i],
                                first, end);
        }
    }

    ngx_memzero(tags->there, CRM_ROWS);

    return NGX_OK;
}


ngx_int_t
crm_report_tags_init(crm_flow_t *f, crm_report_t *report)
{
    ngx_uint_t          i;
    crm_report_tags_t  *tags;

    tags = crm_arena_calloc(&f->arena, sizeof(crm_report_tags_t));
    if (tags == NULL) {
        return NGX_ERROR;
    }

    tags->n = f->conf->list[CRM_KIND_TAG].n + 1;

    for (i = 0; i < 2; i++) {
        tags->bits[i] = crm_arena_calloc(&f->arena, tags->n
                                               * sizeof(crm_report_bits_t));
        if (tags->bits[i] == NULL) {
            return NGX_ERROR;
        }
    }

    report->tags = tags;
    report->rows.ask = crm_report_tags_ask;
    report->rows.taken = crm_report_tags_taken;

    return NGX_OK;
}
