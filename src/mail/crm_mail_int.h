/* what the files of src/mail share, and nobody else sees */

#ifndef CRM_MAIL_INT_H
#define CRM_MAIL_INT_H

#include "crm_mail.h"


/* a text that grows up to a limit and then takes no more */
typedef struct {
    crm_arena_t  *arena;
    u_char       *data;
    size_t        len;
    size_t        cap;
    size_t        max;
    unsigned      failed:1;             /* out of memory */
} crm_mail_buf_t;

void crm_mail_buf_init(crm_mail_buf_t *b, crm_arena_t *a, size_t max);
void crm_mail_buf_add(crm_mail_buf_t *b, const void *data, size_t len);


/* ---- crm_mail_guard.c ---------------------------------------------------- */

/* CRM_DECLINED where a parser would make too many parts of it */
int crm_mail_guard(const crm_str_t *raw);


/* ---- crm_mail_text.c ----------------------------------------------------- */

/* the charset of unlabelled text of people with this locale */
const char *crm_mail_fallback(const crm_str_t *locale);

/*
 * Bytes of a charset (NULL: unknown) as valid UTF-8; what has no meaning in
 * it becomes U+FFFD.
 */
int crm_mail_utf8(crm_arena_t *a, const char *charset, const char *fallback,
    const crm_str_t *src, crm_str_t *dst);

/* lines end with \n, no other control characters, trimmed, at most `max'
   bytes */
int crm_mail_clean(crm_arena_t *a, const crm_str_t *src, size_t max,
    crm_str_t *dst);

/* the same on one line of at most `max' characters, runs of blanks one; src
   may be anything, NULL too */
int crm_mail_line(crm_arena_t *a, const char *src, size_t max,
    crm_str_t *dst);

/* ASCII letters, in place */
void crm_mail_lower(crm_str_t *s);


/* ---- crm_mail_words.c ---------------------------------------------------- */

/* a header with encoded words that belong together as one; g_free().  NULL
   for NULL. */
char *crm_mail_join_words(const char *header);


/* ---- crm_mail_html.c ----------------------------------------------------- */

/*
 * HTML in UTF-8 as text, with "> " before what is quoted.  *cut is the place
 * in it where mail programs have marked the beginning of the answered
 * message or the signature, or -1.
 */
int crm_mail_html(crm_arena_t *a, const crm_str_t *html, crm_str_t *text,
    int64_t *cut);


/* ---- crm_mail_quote.c ---------------------------------------------------- */

/*
 * Where signature and quotes begin that stand behind all that was written:
 * bytes into the text, or -1.  `cut' is what is known from HTML, or -1.
 */
int64_t crm_mail_quoted(const crm_str_t *text, int64_t cut);

#endif /* CRM_MAIL_INT_H */
