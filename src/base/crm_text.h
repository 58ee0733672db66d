/*
 * Text: UTF-8 checks, trimming, and the folded form.
 *
 * The folded form (design.md, "Time, money, text") is what search,
 * uniqueness and duplicate keys compare: NFKC, full case folding, accents
 * off, Arabic yeh, kaf and heh forms as the Persian letters, both digit sets
 * as ASCII, ZWNJ a blank, other zero-width characters and tatweel out, runs
 * of blanks one, trimmed.  Idempotent for every input.
 */

#ifndef CRM_TEXT_H
#define CRM_TEXT_H

#include "crm_arena.h"


/* non-zero when s is valid UTF-8 without NUL */
int crm_utf8_valid(const crm_str_t *s);

/* characters (code points) of valid UTF-8 */
size_t crm_utf8_length(const crm_str_t *s);

/* a control character (C0, DEL, C1) in it; with `multiline` \n and \t pass */
int crm_text_has_control(const crm_str_t *s, int multiline);

/* off both ends: ASCII and Unicode White_Space, also NBSP and BOM; no copy */
void crm_text_trim(crm_str_t *s);

/* loads ICU's tables; once per process, before any other call of this file.
   CRM_ERROR where they are missing */
int crm_text_init(void);

/* folded form of valid UTF-8 in the arena; pure ASCII takes a fast path */
int crm_text_fold(crm_arena_t *a, const crm_str_t *s, crm_str_t *folded);

/* Persian, Arabic and wide digits to ASCII, all else as it is; dst may equal
   src where there is nothing to change */
int crm_text_digits(crm_arena_t *a, const crm_str_t *s, crm_str_t *dst);

/* the digits of s alone, after folding digits: "+98 (21) ۸۸" -> "982188" */
int crm_text_phone(crm_arena_t *a, const crm_str_t *s, crm_str_t *digits);

/* the next word of folded text, split at everything that is no letter, mark
   or digit; CRM_DECLINED at the end.  *rest is advanced. */
int crm_text_word(crm_str_t *rest, crm_str_t *word);

/* first n characters of valid UTF-8, or all of a shorter one; no copy */
crm_str_t crm_text_prefix(const crm_str_t *s, size_t n);

/* bytes of an address (RFC 5321, 4.5.3.1) */
#define CRM_EMAIL_MAX  254

/* form of RFC 5321 with UTF-8 allowed (RFC 6531), no display name */
int crm_text_is_email(const crm_str_t *s);

/* what stands before the @ of an address, without quotes */
int crm_text_is_local_part(const crm_str_t *s);

/* http(s) URL or a bare host with optional path */
int crm_text_is_website(const crm_str_t *s);

#endif /* CRM_TEXT_H */
