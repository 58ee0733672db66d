/* patterns of duplicate rules: checks, and the compiled ones; see
   crm_pattern.h */

#include <stdlib.h>
#include "crm_digest.h"
#include "crm_pattern_int.h"


/* bytes of compiled code: repeats of repeats cost memory and time to compile
   that their text does not show */
#define CRM_PATTERN_SIZE     16384

#define CRM_PATTERN_BUCKETS  256
#define CRM_PATTERN_IDLE     512    /* kept though nobody holds them */


static crm_pattern_t  *crm_patterns[CRM_PATTERN_BUCKETS];
static unsigned        crm_pattern_idle;
static uint64_t        crm_pattern_clock;


static int
crm_pattern_refuse(crm_arena_t *a, crm_str_t *message, const char *text,
    size_t offset)
{
    *message = crm_arena_printf(a, "%s (offset %zu)", text, offset);

    return message->data ? CRM_DECLINED : CRM_ERROR;
}


static int
crm_pattern_refuse_code(crm_arena_t *a, crm_str_t *message, int error,
    size_t offset)
{
    PCRE2_UCHAR  text[256];

    (void) pcre2_get_error_message(error, text, sizeof(text));

    return crm_pattern_refuse(a, message, (char *) text, offset);
}


/* (*UTF), (*LIMIT_MATCH=...) and their like could lift our limits, and a
   callout has nobody to call */

static int
crm_pattern_forbidden(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message)
{
    size_t  i;

    if (pattern->len >= 2 && memcmp(pattern->data, "(*", 2) == 0) {
        return crm_pattern_refuse(a, message,
                                  "options at the start of a pattern are "
                                  "not allowed", 0);
    }

    for (i = 0; i + 2 < pattern->len; i++) {

        if (pattern->data[i] == '\\') {
            i++;

        } else if (memcmp(pattern->data + i, "(?C", 3) == 0) {
            return crm_pattern_refuse(a, message,
                                      "callouts are not allowed", i);
        }
    }

    return CRM_OK;
}


static pcre2_code *
crm_pattern_compile(const crm_str_t *pattern, int *error, size_t *offset)
{
    return pcre2_compile(pattern->data, pattern->len, CRM_PATTERN_OPTIONS,
                         error, offset, NULL);
}


int
crm_pattern_check(crm_arena_t *a, const crm_str_t *pattern,
    crm_str_t *message)
{
    int          rc, error;
    size_t       offset, size;
    pcre2_code  *code;

    rc = crm_pattern_forbidden(a, pattern, message);
    if (rc != CRM_OK) {
        return rc;
    }

    code = crm_pattern_compile(pattern, &error, &offset);

    if (code == NULL) {
        return crm_pattern_refuse_code(a, message, error, offset);
    }

    (void) pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);

    pcre2_code_free(code);

    return size <= CRM_PATTERN_SIZE
           ? CRM_OK : crm_pattern_refuse(a, message,
                                         "the pattern is too large",
                                         pattern->len);
}


/*
 * PCRE2 reads a replacement when something matches: an empty alternative in
 * front makes the pattern match, with its groups and names as they are.
 */

int
crm_pattern_check_replacement(crm_arena_t *a, const crm_str_t *pattern,
    const crm_str_t *replacement, crm_str_t *message)
{
    int           rc;
    size_t        offset, len;
    crm_str_t     text;
    pcre2_code   *code;
    PCRE2_UCHAR   out[1];

    text = crm_arena_printf(a, "|%.*s", (int) pattern->len, pattern->data);
    if (text.data == NULL) {
        return CRM_ERROR;
    }

    code = crm_pattern_compile(&text, &rc, &offset);
    if (code == NULL) {
        return CRM_ERROR;
    }

    len = 0;
    rc = pcre2_substitute(code, (PCRE2_SPTR) "", 0, 0,
                          CRM_PATTERN_EXPAND
                          | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH, NULL, NULL,
                          replacement->data, replacement->len, out, &len);
    pcre2_code_free(code);

    /*
     * One replacement, or no room for it: it is well formed.  An unknown
     * escape is an error of the compiler, which are positive numbers.
     */

    if (rc == 1 || rc == PCRE2_ERROR_NOMEMORY) {
        return CRM_OK;
    }

    return crm_pattern_refuse_code(a, message, rc,
                                   len <= replacement->len
                                   ? len : replacement->len);
}


/* ---- compiled ones ------------------------------------------------------ */

static void
crm_pattern_free(crm_pattern_t **place)
{
    crm_pattern_t  *pattern = *place;

    *place = pattern->next;

    pcre2_code_free(pattern->code);
    free(pattern);
}


/* the one that has not been used for the longest time goes */

static void
crm_pattern_evict(void)
{
    unsigned         i;
    crm_pattern_t  **place, **oldest;

    oldest = NULL;

    for (i = 0; i < CRM_PATTERN_BUCKETS; i++) {
        for (place = &crm_patterns[i]; *place != NULL;
             place = &(*place)->next)
        {
            if ((*place)->refs == 0
                && (oldest == NULL || (*place)->used < (*oldest)->used))
            {
                oldest = place;
            }
        }
    }

    if (oldest != NULL) {
        crm_pattern_free(oldest);
        crm_pattern_idle--;
    }
}


static crm_pattern_t *
crm_pattern_new(const crm_str_t *text, uint64_t hash)
{
    int             error;
    size_t          offset;
    crm_pattern_t  *pattern;

    pattern = calloc(1, sizeof(crm_pattern_t) + text->len);
    if (pattern == NULL) {
        return NULL;
    }

    pattern->code = crm_pattern_compile(text, &error, &offset);

    if (pattern->code == NULL) {
        free(pattern);
        return NULL;
    }

    /* where the system forbids to execute what was written, PCRE2
       interprets: slower, and just as right */

    (void) pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);

    pattern->text.data = (u_char *) (pattern + 1);
    pattern->text.len = text->len;

    if (text->len > 0) {
        memcpy(pattern->text.data, text->data, text->len);
    }

    pattern->hash = hash;

    return pattern;
}


crm_pattern_t *
crm_pattern_get(const crm_str_t *text)
{
    uint64_t         hash;
    crm_pattern_t   *pattern, **bucket;

    hash = crm_hash64(text->data, text->len);
    bucket = &crm_patterns[hash % CRM_PATTERN_BUCKETS];

    for (pattern = *bucket; pattern != NULL; pattern = pattern->next) {
        if (pattern->hash == hash && crm_str_eq(&pattern->text, text)) {
            crm_pattern_idle -= pattern->refs == 0;
            pattern->refs++;
            return pattern;
        }
    }

    pattern = crm_pattern_new(text, hash);

    if (pattern != NULL) {
        pattern->refs = 1;
        pattern->next = *bucket;
        *bucket = pattern;
    }

    return pattern;
}


void
crm_pattern_put(crm_pattern_t *pattern)
{
    if (pattern == NULL || --pattern->refs > 0) {
        return;
    }

    pattern->used = ++crm_pattern_clock;

    if (++crm_pattern_idle > CRM_PATTERN_IDLE) {
        crm_pattern_evict();
    }
}


void
crm_pattern_release(void)
{
    unsigned         i;
    crm_pattern_t  **place;

    for (i = 0; i < CRM_PATTERN_BUCKETS; i++) {
        for (place = &crm_patterns[i]; *place != NULL; /* void */) {
            if ((*place)->refs == 0) {
                crm_pattern_free(place);
            } else {
                place = &(*place)->next;
            }
        }
    }

    crm_pattern_idle = 0;

    crm_pattern_run_release();
}
