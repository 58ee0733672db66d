/*
 * Duplicates: keys of leads by the tenant's rules (api.md, section 7;
 * semantics.md, "Duplicates").
 *
 * What a rule makes of a field is indexed under the rule's generation, a
 * number that is new whenever its keys change.  A generation is being built
 * or complete: leads have entries under both, look-ups use complete ones.  So
 * a changed rule goes on as it was until a job has indexed every lead
 * (crm_dup_job.c).
 */

#ifndef CRM_DUP_H
#define CRM_DUP_H

#include "crm_lead.h"
#include "crm_pattern.h"


/* a key of more records means nothing (semantics.md, "Duplicates") */
#define CRM_DUP_COMMON      200

/* rules of a tenant: every change of a lead is matched against all */
#define CRM_DUP_RULES       30

/* sorted sets of a segment of a generation, and what tells keys apart in
   them: exact as a score */
#define CRM_DUP_BUCKETS     4096
#define CRM_DUP_HASH        ((1ULL << 52) - 1)

/* leads of a generation stand in one of these: open and active; won or lost;
   archived */
#define CRM_DUP_OPEN        'o'
#define CRM_DUP_CLOSED      'c'
#define CRM_DUP_ARCHIVED    'a'

/* confidence of contacts (0-100), which have no rule */
#define CRM_DUP_SAME_CONTACT  90
#define CRM_DUP_SAME_COMPANY  45

/* the fields that rules look at, as the words of a rule's field, and the
   contact as one more */
#define CRM_DUP_FIELDS      5
#define CRM_DUP_CONTACT     CRM_DUP_FIELDS


/* one generation of a rule in a snapshot */
typedef struct crm_dup_rule_s {
    const crm_record_t  *rec;           /* the rule */
    int64_t              id;
    int64_t              gen;
    unsigned             word;          /* of the rule's field */
    unsigned             complete:1;
    unsigned             ready:1;       /* compiled, or broken */
    unsigned             broken:1;
    crm_str_t            pattern;
    crm_str_t            replacement;
    crm_str_t            exclude;       /* empty: none */
    const crm_strs_t    *free_mail;     /* NULL: not looked at */
    crm_pattern_t       *match;
    crm_pattern_t       *except;
} crm_dup_rule_t;

/* the prepared fields of one lead, each made when it is first needed */
typedef struct {
    const crm_record_t  *lead;
    crm_str_t            text[CRM_DUP_FIELDS];
    unsigned             made[CRM_DUP_FIELDS];
} crm_dup_texts_t;


/* ---- crm_dup_field.c ---------------------------------------------------- */

/* field of a lead (CRM_LEAD_*) by word; also of CRM_DUP_CONTACT */
extern const unsigned  crm_dup_fields[CRM_DUP_FIELDS + 1];

/* a field's text as rules see it: folded, then by kind */
int crm_dup_prepare(crm_arena_t *a, unsigned word, const crm_str_t *value,
    crm_str_t *text);

void crm_dup_texts_init(crm_dup_texts_t *texts, const crm_record_t *lead);


/* ---- crm_dup_rule.c ----------------------------------------------------- */

/* fills conf->dup from the rules; part of crm_conf_finish() */
int crm_dup_conf(crm_conf_t *conf);

/* gives the compiled patterns of a snapshot back */
void crm_dup_conf_release(crm_conf_t *conf);

/*
 * The key that a rule makes of a lead: CRM_OK; CRM_DECLINED where there is
 * none; CRM_AGAIN where there is none because a limit was reached; CRM_ERROR.
 */
int crm_dup_key(crm_arena_t *a, crm_dup_rule_t *rule, crm_dup_texts_t *texts,
    crm_str_t *key);

/* the same for a text, with the patterns of a rule that is not stored */
int crm_dup_sample(crm_arena_t *a, const crm_record_t *rule,
    const crm_strs_t *free_mail, const crm_str_t *sample, crm_str_t *key);

/* faults of pattern, replacement and exclude_pattern */
int crm_dup_rule_check(const crm_rule_t *rule, const crm_record_t *rec);


/* ---- crm_dup_gen.c ------------------------------------------------------ */

/*
 * The generations of `rec', about to replace old (NULL: creation): in place.
 * Keys that change ask for a new generation, and what answered before goes
 * on.
 */
int crm_dup_rule_next(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec);

/* the rule as it is when free_mail_domains were `old' and are other ones now;
   NULL in *rec: nothing changes for it */
int crm_dup_rule_free_mail(const crm_rule_t *rule, const crm_record_t *old,
    const crm_strs_t *domains, crm_record_t **rec);

/* the rule once its generation is complete */
crm_record_t *crm_dup_rule_complete(crm_arena_t *a, const crm_record_t *old);

/* whether a change leaves work for the job */
int crm_dup_rule_carries(const crm_record_t *old, const crm_record_t *rec);

/* remembers the generations that old has and rec (NULL: deleted) has not, for
   the job to sweep */
void crm_dup_rule_retire(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec);


/* ---- crm_dup_index.c ---------------------------------------------------- */

/* the segment of a lead */
int crm_dup_segment(const crm_record_t *lead);

/* 52 bits of a key */
int64_t crm_dup_hash(const crm_str_t *key);

/* P d:{rule}:{generation}:{segment}:{bucket}: members are ids, scores hashes;
   data NULL: out of memory */
crm_str_t crm_dup_bucket_key(crm_arena_t *a, const crm_str_t *prefix,
    const crm_dup_rule_t *rule, int segment, int64_t hash);

/* P d:{rule}:{generation}:g: keys of more than one open record, members are
   hashes, scores begin with numbers of records (ZGROUP, crm_commit_lua.h) */
crm_str_t crm_dup_groups_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t rule, int64_t gen);

/* the entries of a lead, none for a tombstone; `which': those of complete
   generations, of all, or of those built that are not newer than `upto' */
typedef enum {
    CRM_DUP_COMPLETE = 0,
    CRM_DUP_ALL,
    CRM_DUP_BUILDING
} crm_dup_which_t;

void crm_dup_index(crm_ix_list_t *list, const crm_conf_t *conf,
    const crm_record_t *lead, crm_dup_which_t which, int64_t upto);

/* whether both have the same entries */
int crm_dup_same(const crm_record_t *old, const crm_record_t *lead);

/* counts anew, behind the writes that follow from two lists, what their
   entries belong to */
void crm_dup_groups(crm_ops_t *ops, const crm_ix_list_t *was,
    const crm_ix_list_t *is);


/* ---- crm_dup_kept.c: pairs that are kept separate ----------------------- */

/* whether each of two leads names the other */
int crm_dup_kept(const crm_record_t *one, const crm_record_t *other);

/* adds a pair to one of its leads, in place: fields is a set of bits by word
   (CRM_DUP_CONTACT: the contact); 0 stands for all */
int crm_dup_keep(crm_arena_t *a, crm_record_t *lead, int64_t other,
    unsigned fields);

/* the words whose fields differ, as bits */
unsigned crm_dup_differ(const crm_record_t *old, const crm_record_t *lead);

/* drops what has become void, in place */
int crm_dup_keep_prune(crm_arena_t *a, const crm_record_t *old,
    crm_record_t *lead);

#endif /* CRM_DUP_H */
