/*
 * Counted strings and the return codes of the core.
 *
 * An int function that says nothing else returns CRM_OK, or CRM_ERROR when out
 * of memory.
 *
 * crm_str_t has the layout of nginx's ngx_str_t, so that the HTTP layer can
 * pass one for the other without a copy.  Strings are never NUL-terminated
 * unless a function says so.
 */

#ifndef CRM_STR_H
#define CRM_STR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>


#define CRM_OK         0
#define CRM_ERROR     -1        /* out of memory or a broken invariant */
#define CRM_AGAIN     -2
#define CRM_DECLINED  -5        /* the input is refused, or nothing found */


typedef struct {
    size_t   len;
    u_char  *data;
} crm_str_t;


#define crm_string(text)  { sizeof(text) - 1, (u_char *) text }
#define crm_null_string   { 0, NULL }
#define crm_str(text)     ((crm_str_t) crm_string(text))


static inline int
crm_str_eq(const crm_str_t *a, const crm_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


static inline int
crm_str_is(const crm_str_t *a, const char *text)
{
    size_t  len = strlen(text);

    return a->len == len && (len == 0 || memcmp(a->data, text, len) == 0);
}


/* what stands before the first separator, or all there is; *rest goes on
   behind it */

static inline crm_str_t
crm_str_part(crm_str_t *rest, u_char separator)
{
    u_char     *p;
    crm_str_t   part = *rest;

    if (rest->len == 0) {
        return part;
    }

    p = memchr(rest->data, separator, rest->len);

    if (p != NULL) {
        part.len = (size_t) (p - rest->data);
    }

    rest->data += part.len + (p != NULL);
    rest->len -= part.len + (p != NULL);

    return part;
}


/* bytewise order, the shorter one first among equal prefixes; <0, 0, >0 */
int crm_str_cmp(const crm_str_t *a, const crm_str_t *b);

/*
 * A decimal integer, optional minus sign, nothing else around it.
 * CRM_DECLINED on anything else, also on overflow of int64_t.
 */
int crm_str_int(const crm_str_t *s, int64_t *value);

/* decimal digits of value into p (21 bytes are enough); returns the end */
u_char *crm_int_print(u_char *p, int64_t value);

/* as above, non-negative, left-padded with zeros to ten digits */
u_char *crm_id10_print(u_char *p, int64_t id);

/*
 * The candidate nearest to s by Levenshtein distance, where one that begins
 * with s counts as near; the shortest of several.  NULL where there are none,
 * or s has more than 64 bytes.
 */
const crm_str_t *crm_str_nearest(const crm_str_t *s,
    const crm_str_t *candidates, size_t n);

#endif /* CRM_STR_H */
