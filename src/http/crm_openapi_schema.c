/* Schemas from the tables of fields and problems; see crm_openapi_int.h. */

#include "crm_money.h"
#include "crm_openapi_int.h"


/* what a text looks like; formats of JSON Schema where one says the same */

static const struct {
    crm_type_t   type;
    const char  *members;
} crm_doc_forms[] = {
    { CRM_T_DATE, ",'format':'date'" },
    { CRM_T_INSTANT, ",'format':'date-time'" },
    { CRM_T_EMAIL, ",'format':'idn-email'" },
    { CRM_T_COUNTRY, ",'description':'ISO 3166-1 alpha-2','minLength':2,"
      "'maxLength':2" },
    { CRM_T_CURRENCY, ",'description':'ISO 4217','minLength':3,"
      "'maxLength':3" },
    { CRM_T_ZONE, ",'description':'IANA time zone'" },
    { CRM_T_LOCALE, ",'description':'Locale, as en or fa','maxLength':35" },
    { CRM_T_ALIAS, ",'description':'Local part of an e-mail address',"
      "'maxLength':64" },
    { CRM_T_PATTERN, "" }
};


static void
crm_doc_integer(crm_out_t *out, int64_t min, int64_t max)
{
    crm_doc_text(out, ",'format':'int64'");

    if (min != INT64_MIN) {
        crm_doc(out, ",'minimum':%lld", (long long) min);
    }

    if (max != INT64_MAX) {
        crm_doc(out, ",'maximum':%lld", (long long) max);
    }
}


static void
crm_doc_words(crm_out_t *out, const crm_words_t *words, int nullable)
{
    unsigned  i;

    crm_doc_text(out, ",'enum':[");

    for (i = 0; i < words->n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_json(out, &words->word[i]);
    }

    crm_doc_text(out, nullable ? ",null]" : "]");
}


static void
crm_doc_string(crm_out_t *out, const crm_field_t *f)
{
    size_t  i;

    for (i = 0; i < sizeof(crm_doc_forms) / sizeof(crm_doc_forms[0]); i++) {
        if (crm_doc_forms[i].type == f->type) {
            crm_doc_text(out, crm_doc_forms[i].members);
            break;
        }
    }

    if (f->max > 0 && f->type >= CRM_T_NUMERIC_MAX) {
        crm_doc(out, ",'maxLength':%lld", (long long) f->max);
    }
}


static void
crm_doc_list(crm_out_t *out, const crm_field_t *f)
{
    if (f->type == CRM_T_IDS) {
        crm_doc_text(out, "'type':'array','items':{'type':'integer',"
                     "'format':'int64','minimum':1}");

    } else if (f->type == CRM_T_OBJECTS) {
        crm_doc_text(out, "'type':'array','items':");
        crm_doc_entity(out, f->items, CRM_DOC_CREATE);

        if (f->flags & CRM_F_REQUIRED) {
            crm_doc_text(out, ",'minItems':1");
        }

    } else {
        crm_doc(out, "'type':'array','items':{'type':'string',"
                "'maxLength':%d}", CRM_NAME_MAX);
    }

    if (f->max > 0) {
        crm_doc(out, ",'maxItems':%lld", (long long) f->max);
    }
}


static void
crm_doc_type_name(crm_out_t *out, const char *name, int nullable)
{
    crm_doc(out, nullable ? "'type':['%s','null']" : "'type':'%s'", name);
}


void
crm_doc_type(crm_out_t *out, const crm_field_t *f, int nullable)
{
    switch (f->type) {

    case CRM_T_BOOL:
        crm_doc_type_name(out, "boolean", nullable);
        break;

    case CRM_T_INT:
        crm_doc_type_name(out, "integer", nullable);
        crm_doc_integer(out, f->min, f->max);
        break;

    case CRM_T_ID:
        crm_doc_type_name(out, "integer", nullable);
        crm_doc_integer(out, 1, INT64_MAX);
        break;

    case CRM_T_MONEY:
        crm_doc_type_name(out, "integer", nullable);
        crm_doc_integer(out, -CRM_MONEY_MAX, CRM_MONEY_MAX);
        crm_doc_text(out, ",'description':'In the minor unit of the "
                     "currency'");
        break;

    case CRM_T_PERCENT:
        crm_doc_type_name(out, "number", nullable);
        crm_doc_text(out, ",'minimum':0,'maximum':100,"
                     "'description':'Per cent, at most 2 decimals'");
        break;

    case CRM_T_QUANTITY:
        crm_doc_type_name(out, "number", nullable);
        crm_doc(out, ",'minimum':%lld,'maximum':%lld,"
                "'description':'At most 3 decimals'",
                (long long) f->min / 1000, (long long) f->max / 1000);
        break;

    case CRM_T_ENUM:
        crm_doc_type_name(out, "string", nullable);
        crm_doc_words(out, f->words, nullable);
        break;

    case CRM_T_JSON:
        crm_doc_text(out, crm_doc_extra_json(f));
        break;

    case CRM_T_IDS:
    case CRM_T_STRINGS:
    case CRM_T_OBJECTS:
        crm_doc_list(out, f);
        break;

    default:
        crm_doc_type_name(out, "string", nullable);
        crm_doc_string(out, f);
    }
}


/* answers: what is always set; bodies: where null means something */

static int
crm_doc_nullable(const crm_field_t *f, unsigned number, crm_doc_mode_t mode)
{
    if (mode != CRM_DOC_READ) {
        return mode == CRM_DOC_CHECK || !(f->flags & CRM_F_REQUIRED);
    }

    if (number < CRM_COMMON_FIELDS || f->type == CRM_T_BOOL) {
        return 0;
    }

    return !(f->flags & CRM_F_REQUIRED) && f->value == NULL;
}


static void
crm_doc_default(crm_out_t *out, const crm_field_t *f)
{
    crm_str_t    text;
    crm_value_t  value;

    text.data = (u_char *) f->value;
    text.len = strlen(f->value);

    if (crm_value_load(out->arena, f, &text, &value) != CRM_OK) {
        out->failed = 1;
        return;
    }

    crm_doc_text(out, ",'default':");
    crm_value_json(out, f, &value);
}


static void
crm_doc_field(crm_out_t *out, const crm_entity_t *entity, unsigned number,
    crm_doc_mode_t mode)
{
    const crm_field_t  *f = &entity->fields[number];

    crm_out_json(out, &f->name);
    crm_doc_text(out, ":{");

    crm_doc_type(out, f, crm_doc_nullable(f, number, mode));

    if (f->flags & CRM_F_READ_ONLY) {
        crm_doc_text(out, ",'readOnly':true");
    }

    if (f->flags & CRM_F_SPARSE) {
        crm_doc_text(out, ",'description':'Left out where there is none'");
    }

    if (mode == CRM_DOC_CREATE && f->value != NULL
        && !crm_doc_extra_derived(entity, f))
    {
        crm_doc_default(out, f);
    }

    crm_out_char(out, '}');
}


/* a patch may repeat read-only fields as they were read (api.md, "Bodies") */

static int
crm_doc_shows(const crm_field_t *f, crm_doc_mode_t mode)
{
    if (f->flags & CRM_F_HIDDEN) {
        return 0;
    }

    return mode == CRM_DOC_READ || mode == CRM_DOC_PATCH
           || !(f->flags & CRM_F_READ_ONLY);
}


static void
crm_doc_required(crm_out_t *out, const crm_entity_t *entity,
    crm_doc_mode_t mode)
{
    unsigned            i, n;
    const crm_field_t  *f;

    if (mode == CRM_DOC_READ) {
        crm_doc_text(out, ",'required':['id']");
        return;
    }

    if (mode != CRM_DOC_CREATE) {
        return;
    }

    for (n = 0, i = 0; i < entity->nfields; i++) {
        f = &entity->fields[i];

        if (!crm_doc_shows(f, mode) || !(f->flags & CRM_F_REQUIRED)
            || f->value != NULL)
        {
            continue;
        }

        crm_doc_text(out, n++ == 0 ? ",'required':[" : ",");
        crm_out_json(out, &f->name);
    }

    if (n > 0) {
        crm_out_char(out, ']');
    }
}


void
crm_doc_entity(crm_out_t *out, const crm_entity_t *entity,
    crm_doc_mode_t mode)
{
    unsigned  i, n;

    crm_doc_text(out, "{'type':'object'");
    crm_doc_required(out, entity, mode);
    crm_doc_text(out, ",'properties':{");

    for (n = 0, i = 0; i < entity->nfields; i++) {

        if (!crm_doc_shows(&entity->fields[i], mode)) {
            continue;
        }

        if (n++ > 0) {
            crm_out_char(out, ',');
        }

        crm_doc_field(out, entity, i, mode);
    }

    crm_doc_text(out, mode == CRM_DOC_READ
                      ? "}}" : "},'additionalProperties':false}");
}


static void
crm_doc_schema(crm_out_t *out, const crm_entity_t *entity,
    const char *suffix, crm_doc_mode_t mode)
{
    crm_out_char(out, ',');
    crm_out_char(out, '"');
    crm_doc_name(out, &entity->name);
    crm_doc(out, "%s':", suffix);
    crm_doc_entity(out, entity, mode);
}


/* what the routes make of a kind decides which schemas it has */

static void
crm_doc_schemas_of(crm_out_t *out, const crm_entity_t *entity)
{
    int                 read, create, patch;
    const crm_route_t  *route;

    read = 0;
    create = 0;
    patch = 0;

    for (route = crm_routes; route->path.len != 0; route++) {
        read |= route->kind == entity->kind
                || (route->gives == CRM_GIVES_JOB
                    && entity->kind == CRM_KIND_JOB);

        if (crm_doc_input(route) == entity) {
            create |= route->method == NGX_HTTP_POST
                      && route->gives == CRM_GIVES_CREATED;
            patch |= route->method == NGX_HTTP_PATCH;
        }
    }

    if (read) {
        crm_doc_schema(out, entity, "", CRM_DOC_READ);
    }

    if (create) {
        crm_doc_schema(out, entity, "Create", CRM_DOC_CREATE);
    }

    if (patch) {
        crm_doc_schema(out, entity, "Patch", CRM_DOC_PATCH);
    }
}


void
crm_doc_schemas(crm_out_t *out)
{
    size_t      i;
    crm_kind_t  kind;

    crm_doc_text(out, "'Problem':{'type':'object','required':['type',"
                 "'title','status','code','detail','request_id'],"
                 "'properties':{'type':{'type':'string','format':"
                 "'uri-reference'},'title':{'type':'string'},'status':{"
                 "'type':'integer'},'code':{'type':'string','description':"
                 "'The stable word for programs'},'detail':{'type':"
                 "'string'},'request_id':{'type':'string'},'errors':{"
                 "'type':'array','items':{'$ref':"
                 "'#/components/schemas/Fault'}}}},"
                 "'Fault':{'type':'object','required':['field','code',"
                 "'message'],'properties':{'field':{'type':'string'},"
                 "'message':{'type':'string'},'code':{'type':'string',"
                 "'enum':[");

    for (i = 0; i < CRM_FAULT_MAX; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_json(out, &crm_fault_codes[i]);
    }

    crm_doc_text(out, "]}}}");

    for (kind = 0; kind < CRM_KINDS; kind++) {
        if (crm_entities[kind].nfields > 0) {
            crm_doc_schemas_of(out, &crm_entities[kind]);
        }
    }
}


static void
crm_doc_problem(crm_out_t *out, int status)
{
    unsigned          i, n;
    const crm_str_t  *title;

    for (title = NULL, i = 1; title == NULL; i++) {
        if (crm_problems[i].status == status) {
            title = &crm_problems[i].title;
        }
    }

    crm_doc(out, "'Problem%d':{'description':", status);
    crm_out_json(out, title);
    crm_doc(out, ",'content':{'application/problem+json':{'schema':{'allOf':"
            "[{'$ref':'#/components/schemas/Problem'},{'properties':{"
            "'status':{'const':%d},'code':{'enum':[", status);

    for (n = 0, i = 1; i < CRM_P_MAX; i++) {
        if (crm_problems[i].status == status) {
            if (n++ > 0) {
                crm_out_char(out, ',');
            }

            crm_out_json(out, &crm_problems[i].code);
        }
    }

    crm_doc_text(out, "]}}}]}}}},");
}


void
crm_doc_problems(crm_out_t *out)
{
    unsigned  i, k;

    for (i = 1; i < CRM_P_MAX; i++) {

        for (k = 1; crm_problems[k].status != crm_problems[i].status; k++) {
            /* void */
        }

        if (k == i) {
            crm_doc_problem(out, crm_problems[i].status);
        }
    }

    crm_doc_text(out, "'Problem':{'description':'Any other error',"
                 "'content':{'application/problem+json':{'schema':{'$ref':"
                 "'#/components/schemas/Problem'}}}}");
}
