/* The query string, decoded: form-urlencoded, so that + is a blank. */

#ifndef CRM_PARAMS_H
#define CRM_PARAMS_H

#include "crm_arena.h"


typedef struct {
    crm_str_t     name;
    crm_str_t     value;
    unsigned      used:1;       /* somebody knew the name */
} crm_param_t;

typedef struct {
    crm_param_t  *param;
    unsigned      n;
} crm_params_t;


/* CRM_DECLINED: a broken escape, invalid UTF-8 or too many of them (400) */
int crm_params_parse(crm_arena_t *a, const crm_str_t *query,
    crm_params_t *params);

/* marks it as used; NULL when it is not there */
crm_str_t *crm_param_get(crm_params_t *params, const char *name);

/* true, false or absent (then `absent`); CRM_DECLINED on anything else */
int crm_param_bool(crm_params_t *params, const char *name, int absent,
    int *value);

/* digits of any script; absent keeps *value; CRM_DECLINED outside min..max */
int crm_param_int(crm_arena_t *a, crm_params_t *params, const char *name,
    int64_t min, int64_t max, int64_t *value);

/* the first parameter that nobody used; NULL: all were */
crm_param_t *crm_param_unknown(crm_params_t *params);

#endif /* CRM_PARAMS_H */
