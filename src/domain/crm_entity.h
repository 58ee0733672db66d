/*
 * Entities as data: kinds, fields, records.
 *
 * crm_fields.h lists every field of every entity, one line each; the engine
 * (crm_input.c, crm_codec.c, crm_encode.c, the lists and the OpenAPI
 * document) reads nothing but these tables.
 */

#ifndef CRM_ENTITY_H
#define CRM_ENTITY_H

#include "crm_out.h"
#include "crm_problem.h"


/* kinds up to CRM_CONF_KINDS are configuration: few, cached by the workers
   (crm_conf.h); the others are records */
typedef enum {
    CRM_KIND_SETTINGS = 0,
    CRM_KIND_USER,
    CRM_KIND_TEAM,
    CRM_KIND_STAGE,
    CRM_KIND_LOST_REASON,
    CRM_KIND_TAG,
    CRM_KIND_ACTIVITY_TYPE,
    CRM_KIND_DUPLICATE_RULE,
    CRM_KIND_ACTIVITY_PLAN,
    CRM_CONF_KINDS,

    CRM_KIND_TOKEN = CRM_CONF_KINDS,
    CRM_KIND_CONTACT,
    CRM_KIND_LEAD,
    CRM_KIND_ACTIVITY,
    CRM_KIND_ORDER,
    CRM_KIND_MESSAGE,
    CRM_KIND_JOB,
    CRM_KINDS,

    CRM_KIND_NONE = CRM_KINDS
} crm_kind_t;


typedef enum {
    CRM_T_BOOL = 0,
    CRM_T_INT,                  /* within min..max */
    CRM_T_PERCENT,              /* stored as basis points: 12.5 % is 1250 */
    CRM_T_QUANTITY,             /* stored in thousandths, within min..max */
    CRM_T_MONEY,
    CRM_T_ENUM,                 /* index into words */
    CRM_T_DATE,                 /* days */
    CRM_T_INSTANT,              /* milliseconds */
    CRM_T_ID,                   /* of field->ref */
    CRM_T_NUMERIC_MAX,          /* all above are value.num */

    CRM_T_TEXT = CRM_T_NUMERIC_MAX,     /* one line, max characters */
    CRM_T_LONG,                 /* \n and \t allowed, max bytes */
    CRM_T_EMAIL,
    CRM_T_PHONE,
    CRM_T_WEBSITE,
    CRM_T_COUNTRY,
    CRM_T_CURRENCY,
    CRM_T_ZONE,
    CRM_T_LOCALE,
    CRM_T_ALIAS,                /* local part of an address */
    CRM_T_PATTERN,              /* PCRE2, not trimmed */
    CRM_T_JSON,                 /* ready JSON text, never input */
    CRM_T_STRING_MAX,           /* all above are value.str */

    CRM_T_IDS = CRM_T_STRING_MAX,       /* ids of field->ref, no doubles */
    CRM_T_STRINGS,              /* list of texts */
    CRM_T_OBJECTS,              /* list of records of field->items */
    CRM_T_MAX
} crm_type_t;


#define CRM_F_REQUIRED    0x0001
#define CRM_F_READ_ONLY   0x0002
#define CRM_F_ONCE        0x0004        /* given at creation only */
#define CRM_F_COMPUTED    0x0008        /* not stored, filled for answers */
#define CRM_F_HIDDEN      0x0010        /* stored, never shown */
#define CRM_F_CARD        0x0020        /* part of the board card */
#define CRM_F_UNIQUE      0x0040        /* by its folded text */
#define CRM_F_FILTER      0x0080        /* ?field=value, hidden ones too */
#define CRM_F_RANGE       0x0100        /* ?field_from=, ?field_to= */
#define CRM_F_SORT        0x0200        /* ?sort=field */
#define CRM_F_WORDS       0x0400        /* searched by q */
#define CRM_F_FACET       0x0800        /* bitmap by value */
#define CRM_F_UNTRACKED   0x1000        /* no entry in the change log */
#define CRM_F_SPARSE      0x2000        /* shown only where it is set */


typedef struct crm_entity_s  crm_entity_t;
typedef struct crm_record_s  crm_record_t;

typedef struct {
    unsigned           n;
    const crm_str_t   *word;
} crm_words_t;

typedef struct {
    crm_str_t           name;           /* in JSON and in queries */
    crm_str_t           member;         /* "\"name\":null", ready to send */
    crm_str_t           stored;         /* in Redis */
    crm_type_t          type;
    unsigned            flags;
    int64_t             min;
    int64_t             max;            /* INT: value; texts: characters */
    crm_kind_t          ref;            /* ID, IDS */
    const crm_words_t  *words;          /* ENUM */
    const crm_entity_t *items;          /* OBJECTS; kind CRM_KIND_NONE */
    const char         *value;          /* default, in stored form */
} crm_field_t;

/* name of a field in a table, with what the encoder writes for it */
#define CRM_NAMED(json)                                                       \
    .name = crm_string(json), .member = crm_string("\"" json "\":null")

/* a table that nothing is stored by: the body of an action */
#define CRM_BODY(variable, text, list)                                        \
    const crm_entity_t  variable = {                                          \
        CRM_KIND_NONE, crm_string(text), crm_string(text), list,              \
        sizeof(list) / sizeof(list[0])                                        \
    }

struct crm_entity_s {
    crm_kind_t          kind;
    crm_str_t           name;           /* "lead" */
    crm_str_t           plural;         /* "leads": route and key part */
    const crm_field_t  *fields;
    unsigned            nfields;
};


typedef struct {
    int64_t    *id;
    unsigned    n;
} crm_ids_t;

typedef struct {
    crm_str_t  *str;
    unsigned    n;
} crm_strs_t;

/* an item has no id and no version: its fields begin at number 0 */
typedef struct {
    crm_record_t  **rec;
    unsigned        n;
} crm_objects_t;

/* a value that is not set has set == 0 and everything else zero */
typedef struct {
    unsigned        set;
    union {
        int64_t     num;
        crm_str_t   str;
        crm_ids_t   ids;
        crm_strs_t  strs;
        crm_objects_t  objects;
    };
} crm_value_t;

struct crm_record_s {
    const crm_entity_t  *entity;
    crm_value_t          v[];           /* by field number */
};


/* the first fields of every entity */
enum {
    CRM_ID = 0,
    CRM_VERSION,
    CRM_CREATED_AT,
    CRM_UPDATED_AT,
    CRM_COMMON_FIELDS,

    CRM_CREATED_BY = CRM_COMMON_FIELDS,     /* contacts and leads */
    CRM_UPDATED_BY
};


extern const crm_entity_t  crm_entities[CRM_KINDS];

#define crm_record_id(rec)       ((rec)->v[CRM_ID].num)
#define crm_record_version(rec)  ((rec)->v[CRM_VERSION].num)


/* empty record, or NULL when out of memory */
crm_record_t *crm_record_new(crm_arena_t *a, const crm_entity_t *entity);

/* shallow copy: strings and lists are shared */
crm_record_t *crm_record_copy(crm_arena_t *a, const crm_record_t *rec);

/* field by JSON name; -1 if there is none.  `hint` is the number to try
   first: the one after the last found. */
int crm_field_find(const crm_entity_t *entity, const crm_str_t *name,
    unsigned hint);

/* index of word in words, or -1 */
int crm_word_find(const crm_words_t *words, const crm_str_t *word);

int crm_value_eq(crm_type_t type, const crm_value_t *a,
    const crm_value_t *b);

void crm_value_set_num(crm_value_t *v, int64_t num);
void crm_value_set_str(crm_value_t *v, crm_str_t str);  /* empty: unset */
void crm_value_clear(crm_value_t *v);

int crm_ids_has(const crm_ids_t *ids, int64_t id);


/* ---- crm_codec.c: stored form ------------------------------------------- */

/* the stored text of a set value */
int crm_value_store(crm_arena_t *a, const crm_field_t *f,
    const crm_value_t *v, crm_str_t *text);

/* the reverse; strings are not copied.  CRM_DECLINED on what this program
   never wrote. */
int crm_value_load(crm_arena_t *a, const crm_field_t *f,
    const crm_str_t *text, crm_value_t *v);

/* record from name, value, name, value, ...; unknown names are skipped (an
   older program may read what a newer one wrote) */
int crm_record_load(crm_arena_t *a, const crm_entity_t *entity, int64_t id,
    const crm_str_t *pairs, unsigned n, crm_record_t **rec);

/* one JSON object of stored texts: how configuration is kept */
int crm_record_pack(crm_arena_t *a, const crm_record_t *rec,
    crm_str_t *text);
int crm_record_unpack(crm_arena_t *a, const crm_entity_t *entity,
    const crm_str_t *text, crm_record_t **rec);

/* every default of the table into unset fields */
int crm_record_defaults(crm_arena_t *a, crm_record_t *rec);


/* ---- crm_encode.c: JSON -------------------------------------------------- */

/* a set of field numbers */
typedef struct {
    uint64_t  bits[2];
} crm_mask_t;

#define crm_mask_set(m, i)  ((m)->bits[(i) >> 6] |= 1ULL << ((i) & 63))
#define crm_mask_unset(m, i)                                                  \
    ((m)->bits[(i) >> 6] &= ~(1ULL << ((i) & 63)))
#define crm_mask_has(m, i)  (((m)->bits[(i) >> 6] >> ((i) & 63)) & 1)

/* value as JSON; null when unset (lists: []) */
void crm_value_json(crm_out_t *out, const crm_field_t *f,
    const crm_value_t *v);

/* "name":value,"name":value without braces; mask NULL: all visible */
void crm_record_json_fields(crm_out_t *out, const crm_record_t *rec,
    const crm_mask_t *mask);

/* the object, braces included */
void crm_record_json(crm_out_t *out, const crm_record_t *rec,
    const crm_mask_t *mask);

#endif /* CRM_ENTITY_H */
