/*
 * The words that q finds: index entries and queries (keys.md, l:w and l:p).
 *
 * A word of three characters or more lies in the sorted set of its first
 * three characters and of 2048 ids; every word of two or more sets the bit of
 * its first two.  So each word of a query is a prefix look-up.
 */

#ifndef CRM_WORDS_H
#define CRM_WORDS_H

#include "crm_entity.h"
#include "crm_index.h"


#define CRM_WORDS_SHIFT  11     /* ids of one sorted set of words */
#define CRM_WORDS_MASK   ((1 << CRM_WORDS_SHIFT) - 1)
#define CRM_WORDS_END    0x01   /* between a word and its id */
#define CRM_WORDS_ASKED  50     /* by one query, at most */


/* entries for the words of the fields with CRM_F_WORDS; part is "l" for
   leads, "c" for contacts */
void crm_words_index(crm_ix_list_t *list, const char *part,
    const crm_record_t *rec);

/* whether none of these fields differs */
int crm_words_same(const crm_record_t *old, const crm_record_t *rec);

/*
 * The folded words that a record must have, each as a prefix of one of its
 * own.  Those that begin another word are left out, those of one character
 * come last.  What consists of nothing but five digits or more and what stands
 * between them in phone numbers is one word.  CRM_DECLINED when no word has
 * two characters, or when they are too many.
 */
int crm_words_query(crm_arena_t *a, const crm_str_t *q, crm_strs_t *words);

/* how many of these words, from the first, have entries in the index */
unsigned crm_words_indexed(const crm_strs_t *words);

/*
 * A word of a query that may be the first digits of a telephone number:
 * without the 0 or 00 in front, as numbers with a country code have it.  It is
 * found by either; empty: there is no other.
 */
crm_str_t crm_words_bare(const crm_str_t *word);

/* whether the record has all words of a query; 0 when out of memory */
int crm_words_match(crm_arena_t *a, const crm_record_t *rec,
    const crm_strs_t *words);

#endif /* CRM_WORDS_H */
