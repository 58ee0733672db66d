/*
 * One JSON value to one field value, by the field's type (api.md, table of
 * kinds).  A refusal names its code and a message for people.  Texts with a
 * form of their own are in crm_input_form.c.
 */

#include <math.h>
#include "crm_input.h"
#include "crm_money.h"
#include "crm_text.h"
#include "crm_time.h"


typedef struct {
    crm_arena_t        *arena;
    const crm_field_t  *field;
    json_t             *json;
    crm_value_t        *value;
    crm_fault_code_t    code;
    const char         *message;
} crm_input_ctx_t;

typedef int (*crm_input_pt)(crm_input_ctx_t *ctx);


static int
crm_input_refuse(crm_input_ctx_t *ctx, crm_fault_code_t code,
    const char *message)
{
    ctx->code = code;
    ctx->message = message;

    return CRM_DECLINED;
}


static int
crm_input_bool(crm_input_ctx_t *ctx)
{
    if (!json_is_boolean(ctx->json)) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "must be true or false");
    }

    crm_value_set_num(ctx->value, json_is_true(ctx->json));

    return CRM_OK;
}


static int
crm_input_range(crm_input_ctx_t *ctx, int64_t min, int64_t max,
    const char *message)
{
    json_int_t  num;

    if (!json_is_integer(ctx->json)) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, message);
    }

    num = json_integer_value(ctx->json);

    if (num < min || num > max) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, message);
    }

    crm_value_set_num(ctx->value, num);

    return CRM_OK;
}


static int
crm_input_int(crm_input_ctx_t *ctx)
{
    return crm_input_range(ctx, ctx->field->min, ctx->field->max,
                           "must be an integer within its range");
}


static int
crm_input_id(crm_input_ctx_t *ctx)
{
    return crm_input_range(ctx, 1, INT64_MAX, "must be a positive integer");
}


static int
crm_input_money(crm_input_ctx_t *ctx)
{
    return crm_input_range(ctx, -CRM_MONEY_MAX, CRM_MONEY_MAX,
                           "must be an integer in the minor unit, within "
                           "10^15");
}


/* min and max in units of 1 / one: a number with no more decimals than that is
   the double next to it */

static int
crm_input_decimal(crm_input_ctx_t *ctx, int64_t one, int64_t min,
    int64_t max, const char *message)
{
    double   value;
    int64_t  num;

    value = json_number_value(ctx->json);

    if (!json_is_number(ctx->json)
        || !(value * one >= min && value * one <= max))
    {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, message);
    }

    num = llround(value * one);

    if ((double) num / one != value) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, message);
    }

    crm_value_set_num(ctx->value, num);

    return CRM_OK;
}


static int
crm_input_percent(crm_input_ctx_t *ctx)
{
    return crm_input_decimal(ctx, 100, 0, 10000,
                             "must be 0 to 100 with at most 2 decimals");
}


static int
crm_input_quantity(crm_input_ctx_t *ctx)
{
    return crm_input_decimal(ctx, 1000, ctx->field->min, ctx->field->max,
                             "must be a number within its range with at "
                             "most 3 decimals");
}


/* the string of the JSON value, in the arena; UTF-8 is checked by Jansson */

static int
crm_input_string(crm_input_ctx_t *ctx, crm_str_t *s)
{
    if (!json_is_string(ctx->json)) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, "must be a string");
    }

    return crm_arena_dup(ctx->arena, s, json_string_value(ctx->json),
                         json_string_length(ctx->json));
}


static int
crm_input_enum(crm_input_ctx_t *ctx)
{
    int        rc, word;
    crm_str_t  s;

    rc = crm_input_string(ctx, &s);
    if (rc != CRM_OK) {
        return rc;
    }

    word = crm_word_find(ctx->field->words, &s);

    if (word < 0) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "is not one of the words allowed");
    }

    crm_value_set_num(ctx->value, word);

    return CRM_OK;
}


static int
crm_input_date(crm_input_ctx_t *ctx)
{
    int        rc;
    int64_t    day;
    crm_str_t  s;

    rc = crm_input_string(ctx, &s);
    if (rc != CRM_OK) {
        return rc;
    }

    if (crm_date_parse(&s, &day) != CRM_OK) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "must be a date like 2026-11-23");
    }

    crm_value_set_num(ctx->value, day);

    return CRM_OK;
}


static int
crm_input_instant(crm_input_ctx_t *ctx)
{
    int        rc;
    int64_t    ms;
    crm_str_t  s;

    rc = crm_input_string(ctx, &s);
    if (rc != CRM_OK) {
        return rc;
    }

    if (crm_instant_parse(&s, &ms) != CRM_OK) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "must be an instant like "
                                "2026-11-23T14:26:00Z");
    }

    crm_value_set_num(ctx->value, ms);

    return CRM_OK;
}


/* of printable characters; with `multiline' \n and \t are some */

static int
crm_input_printable(crm_input_ctx_t *ctx, crm_str_t *s, int trimmed,
    int multiline)
{
    int  rc;

    rc = crm_input_string(ctx, s);
    if (rc != CRM_OK) {
        return rc;
    }

    if (trimmed) {
        crm_text_trim(s);
    }

    return crm_text_has_control(s, multiline)
           ? crm_input_refuse(ctx, CRM_FAULT_INVALID,
                              "has control characters")
           : CRM_OK;
}


/* one line: `max' counts characters */

static int
crm_input_line(crm_input_ctx_t *ctx, crm_str_t *s, int trimmed)
{
    int      rc;
    int64_t  max = ctx->field->max;

    rc = crm_input_printable(ctx, s, trimmed, 0);
    if (rc != CRM_OK) {
        return rc;
    }

    return crm_utf8_length(s) > (size_t) (max > 0 ? max : CRM_NAME_MAX)
           ? crm_input_refuse(ctx, CRM_FAULT_TOO_LONG, "is too long")
           : CRM_OK;
}


static int
crm_input_text(crm_input_ctx_t *ctx)
{
    int        rc;
    crm_str_t  s;

    rc = crm_input_line(ctx, &s, 1);

    if (rc == CRM_OK) {
        crm_value_set_str(ctx->value, s);
    }

    return rc;
}


static int
crm_input_long(crm_input_ctx_t *ctx)
{
    int        rc;
    crm_str_t  s;

    rc = crm_input_printable(ctx, &s, 1, 1);
    if (rc != CRM_OK) {
        return rc;
    }

    if (s.len > (size_t) ctx->field->max) {
        return crm_input_refuse(ctx, CRM_FAULT_TOO_LONG, "is too long");
    }

    crm_value_set_str(ctx->value, s);

    return CRM_OK;
}


static int
crm_input_pattern(crm_input_ctx_t *ctx)
{
    int        rc;
    crm_str_t  s;

    rc = crm_input_line(ctx, &s, 0);

    if (rc == CRM_OK) {
        crm_value_set_str(ctx->value, s);
    }

    return rc;
}


static int
crm_input_formed(crm_input_ctx_t *ctx)
{
    int          rc;
    crm_str_t    s;
    const char  *message;

    rc = crm_input_line(ctx, &s, 1);
    if (rc != CRM_OK) {
        return rc;
    }

    if (s.len > 0
        && crm_input_form(ctx->field->type, &s, &message) != CRM_OK)
    {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID, message);
    }

    crm_value_set_str(ctx->value, s);

    return CRM_OK;
}


static int
crm_input_json(crm_input_ctx_t *ctx)
{
    return crm_input_refuse(ctx, CRM_FAULT_READ_ONLY,
                            "the field is read only");
}


static int
crm_input_ids(crm_input_ctx_t *ctx)
{
    size_t       i;
    json_t      *item;
    crm_ids_t   *ids = &ctx->value->ids;

    if (!json_is_array(ctx->json)) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "must be a list of ids");
    }

    if (json_array_size(ctx->json) > (size_t) ctx->field->max) {
        return crm_input_refuse(ctx, CRM_FAULT_TOO_LONG,
                                "has too many entries");
    }

    crm_value_clear(ctx->value);

    ids->id = crm_arena_alloc(ctx->arena, (json_array_size(ctx->json) + 1)
                                          * sizeof(int64_t));
    if (ids->id == NULL) {
        return CRM_ERROR;
    }

    json_array_foreach(ctx->json, i, item) {
        if (!json_is_integer(item) || json_integer_value(item) < 1) {
            return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                    "must be a list of ids");
        }

        if (!crm_ids_has(ids, json_integer_value(item))) {
            ids->id[ids->n++] = json_integer_value(item);
        }
    }

    ctx->value->set = ids->n > 0;

    return CRM_OK;
}


static int
crm_input_strings(crm_input_ctx_t *ctx)
{
    int            rc;
    size_t         i;
    json_t        *item;
    crm_value_t   *v = ctx->value;
    crm_field_t    one;
    crm_value_t    text;

    if (!json_is_array(ctx->json)) {
        return crm_input_refuse(ctx, CRM_FAULT_INVALID,
                                "must be a list of strings");
    }

    if (json_array_size(ctx->json) > (size_t) ctx->field->max) {
        return crm_input_refuse(ctx, CRM_FAULT_TOO_LONG,
                                "has too many entries");
    }

    crm_value_clear(v);

    v->strs.str = crm_arena_alloc(ctx->arena, (json_array_size(ctx->json) + 1)
                                              * sizeof(crm_str_t));
    if (v->strs.str == NULL) {
        return CRM_ERROR;
    }

    one = *ctx->field;
    one.type = CRM_T_TEXT;
    one.max = CRM_NAME_MAX;

    json_array_foreach(ctx->json, i, item) {
        rc = crm_input_value(ctx->arena, &one, item, &text, &ctx->code,
                             &ctx->message);

        if (rc != CRM_OK) {
            return rc;
        }

        if (text.set) {
            v->strs.str[v->strs.n++] = text.str;
        }
    }

    /* set also when empty: an empty list is not the default list */

    v->set = 1;

    return CRM_OK;
}


static const crm_input_pt  crm_input_types[CRM_T_MAX] = {
    [CRM_T_BOOL] = crm_input_bool,
    [CRM_T_INT] = crm_input_int,
    [CRM_T_PERCENT] = crm_input_percent,
    [CRM_T_QUANTITY] = crm_input_quantity,
    [CRM_T_MONEY] = crm_input_money,
    [CRM_T_ENUM] = crm_input_enum,
    [CRM_T_DATE] = crm_input_date,
    [CRM_T_INSTANT] = crm_input_instant,
    [CRM_T_ID] = crm_input_id,
    [CRM_T_TEXT] = crm_input_text,
    [CRM_T_LONG] = crm_input_long,
    [CRM_T_EMAIL] = crm_input_formed,
    [CRM_T_PHONE] = crm_input_formed,
    [CRM_T_WEBSITE] = crm_input_formed,
    [CRM_T_COUNTRY] = crm_input_formed,
    [CRM_T_CURRENCY] = crm_input_formed,
    [CRM_T_ZONE] = crm_input_formed,
    [CRM_T_LOCALE] = crm_input_formed,
    [CRM_T_ALIAS] = crm_input_formed,
    [CRM_T_PATTERN] = crm_input_pattern,
    [CRM_T_JSON] = crm_input_json,
    [CRM_T_IDS] = crm_input_ids,
    [CRM_T_STRINGS] = crm_input_strings,
};


int
crm_input_value(crm_arena_t *a, const crm_field_t *f, json_t *json,
    crm_value_t *v, crm_fault_code_t *code, const char **message)
{
    int              rc;
    crm_input_ctx_t  ctx;

    ctx.arena = a;
    ctx.field = f;
    ctx.json = json;
    ctx.value = v;
    ctx.code = CRM_FAULT_INVALID;
    ctx.message = "is invalid";

    rc = crm_input_types[f->type](&ctx);

    *code = ctx.code;
    *message = ctx.message;

    return rc;
}
