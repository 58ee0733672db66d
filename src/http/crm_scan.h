/*
 * The engine of record lists (design.md, "Keys, and reading lists").
 *
 * A planner (crm_leads_plan.c, crm_contacts_list.c) says which sorted sets
 * hold the records in the order wanted, and which bitmaps and ranges hold
 * those that are asked for; the engine finds a page in one of three ways:
 *
 *   walk    merges the sorted sets from the cursor on; where there are
 *           bitmaps, they are tested in the worker (crm_scan_bare.c)
 *   few     1,000 records match, or some more of very many: their sort values
 *           are fetched
 *   groups  by id within groups of the same sort value, out of the bitmaps:
 *           order by id or priority, and what has no sort value at all
 *
 * Every record is loaded and matched against the query before it is shown, so
 * that indexes only propose.  A page may end early after CRM_SCAN_WALK
 * entries, with a cursor.
 *
 * Must not know any field or role.  f->data of the flow begins with a
 * crm_scan_t.
 */

#ifndef CRM_SCAN_H
#define CRM_SCAN_H

#include "crm_bitmap.h"
#include "crm_list.h"


#define CRM_SCAN_WALK     4000      /* entries of a walk in one request */
#define CRM_SCAN_LEARN    16000     /* ... that learns words as it goes */
#define CRM_SCAN_FEW      1000      /* matches that are sorted in the worker */
#define CRM_SCAN_MORE     3000      /* ... rather than a walk without end */
#define CRM_SCAN_WHOLE    100       /* matches that are loaded at once */
#define CRM_SCAN_LOADS    1000      /* records in vain in one request */
#define CRM_SCAN_BIG      100000    /* ids from which a list is long */
#define CRM_SCAN_VALUES   50        /* of one facet, as bitmaps */
#define CRM_SCAN_SOURCES  256       /* that are merged rather than a few wide
                                       ones */
#define CRM_SCAN_TERMS    32


/* ids with something in common; one of three kinds */
typedef enum {
    CRM_TERM_BITMAPS = 0,           /* any of the bitmaps key:{chunk} */
    CRM_TERM_RANGES,                /* in any of the sorted sets within
                                       low <= score < high */
    CRM_TERM_IDS                    /* bits are filled already */
} crm_term_type_t;

typedef struct {
    crm_str_t             key;
    int64_t               low;
    int64_t               high;
} crm_term_key_t;

typedef struct {
    crm_term_type_t       type;
    crm_term_key_t       *key;
    ngx_uint_t            n;
    ngx_uint_t            limit;    /* of each range; more, and the term says
                                       nothing */
    ngx_uint_t            reply;
    crm_bitmap_t          bits;
    unsigned              dropped:1;
} crm_term_t;

/* records with the same sort value, in order of id */
typedef struct {
    crm_term_t           *term;     /* NULL: all that match */
    int64_t               score;
    unsigned              set:1;
    unsigned              by_id:1;  /* the id is the sort value */
} crm_group_t;

typedef enum {
    CRM_SEEK_START = 0,             /* from one end, or from a score on */
    CRM_SEEK_INDEX,                 /* from a place in the set on */
    CRM_SEEK_CARD,                  /* find that place: how many are there */
    CRM_SEEK_HALVE                  /* ... and halve the span */
} crm_seek_t;

/* a sorted set that is walked */
typedef struct {
    crm_str_t             key;
    unsigned              lex:1;    /* folded text, 0x01, id */
    unsigned              done:1;   /* nothing behind what is fetched */
    unsigned              begun:1;  /* `after' is meant */
    unsigned              bare:1;   /* asked for without scores */
    unsigned              unproven:1;   /* entries have no scores yet */
    unsigned              follows:1;    /* `before' is meant */
    unsigned              moved:1;  /* a look without scores has failed */
    int64_t               low;
    int64_t               high;
    crm_sort_key_t       *entry;
    ngx_uint_t            n;
    ngx_uint_t            pos;
    crm_sort_key_t        before;   /* of what is unproven: the place it
                                       follows */
    crm_sort_key_t        after;
    ngx_uint_t            passed;   /* entries that were left out */

    crm_seek_t            seek;
    int64_t               index;    /* about where `after' is; -1: unknown */
    int64_t               from;     /* first one asked for by index */
    int64_t               first;    /* span of the search by halves */
    int64_t               last;
    ngx_uint_t            asked;
    ngx_uint_t            reply;
} crm_source_t;

/* a word of q */
typedef struct {
    const crm_str_t      *text;
    crm_str_t             bare;     /* or who has this (crm_words_bare) */
    crm_bitmap_t          bits;     /* who has it; until it is read: who has
                                       its first two letters */
    crm_bitmap_t          sure;     /* who has a bare one of two letters */
    int64_t               estimate; /* of how many records have it */
    ngx_uint_t           *set;      /* those asked for */
    ngx_uint_t            nsets;
    ngx_uint_t            reply;
    unsigned              read:1;   /* bits are those who have it */
    unsigned              common:1;
} crm_word_t;

typedef struct {
    crm_sort_key_t        key;
    crm_record_t         *rec;
    unsigned              loaded:1;
} crm_candidate_t;

typedef enum {
    CRM_SCAN_BY_WALK = 0,
    CRM_SCAN_BY_GROUPS,
    CRM_SCAN_BY_FEW
} crm_scan_mode_t;

typedef struct {
    crm_query_t           query;

    /* what the planner says */

    const char           *part;         /* "l", "c": of the keys */
    crm_kind_t            kind;
    unsigned              empty:1;      /* nothing can match */
    unsigned              use_bits:1;   /* sources alone would propose too
                                           much */
    unsigned              loose:1;      /* terms and words do not say all */
    unsigned              by_groups:1;  /* the order is that of the groups */
    crm_source_t         *source;
    ngx_uint_t            nsources;
    crm_term_t           *term[CRM_SCAN_TERMS];     /* all must hold */
    ngx_uint_t            nterms;
    crm_term_t           *narrow;       /* one of them, which few have: read
                                           first, and alone if so; or NULL */
    crm_term_t           *visible;      /* one of them: what the caller may
                                           see; NULL: everything */
    crm_group_t          *group;        /* of a walk: those without a value */
    ngx_uint_t            ngroups;
    crm_str_t             scope;        /* goes into the cursor */

    /* computed fields and rights: NGX_OK, NGX_DECLINED, NGX_ERROR */
    ngx_int_t           (*admit)(crm_flow_t *f, crm_record_t *rec);

    /* fills total and counted where they are asked for and the bitmaps do not
       say it; goes on with crm_scan_gathered(), without bitmaps with
       crm_scan_go_on().  May be NULL */
    crm_step_pt           count;

    /* runs instead of the page once the bitmaps are combined; may be NULL */
    crm_step_pt           gathered;

    /* what the engine has found */

    crm_scan_mode_t       mode;
    unsigned              has_bits:1;
    unsigned              begun:1;      /* `after' is meant */
    unsigned              counted:1;    /* total is exact */
    unsigned              narrowed:1;   /* the narrow term was too wide */
    unsigned              learns:1;     /* bits are exact only in sets of words
                                           that are known */
    int64_t               last_id;
    int64_t               among;        /* records that the terms hold */
    double                share;        /* of all records: about so many
                                           match */
    crm_bitmap_t          bits;
    crm_word_t           *word;         /* those of the query that have
                                           entries */
    ngx_uint_t            nwords;
    ngx_uint_t            nsets;        /* of every word */
    crm_word_t           *reading;
    u_char               *known;        /* by set */
    ngx_uint_t           *learnt;       /* sets being learnt */
    ngx_uint_t            nlearnt;
    int64_t               total;

    crm_sort_key_t        after;
    ngx_uint_t            at_group;
    crm_bitmap_t          group_bits;
    crm_candidate_t      *candidate;
    ngx_uint_t            ncandidates;
    ngx_uint_t            next;         /* candidate to look at */
    ngx_uint_t            last_load;    /* end of those being loaded */
    ngx_uint_t            walked;
    ngx_uint_t            loaded;
    size_t                bytes;        /* of those */
    crm_sort_key_t        mark;         /* the last one looked at */
    crm_sort_key_t        walk_mark;    /* the last one walked over that the
                                           caller may see */
    unsigned              marked:1;     /* there is one */
    unsigned              more:1;       /* the list goes on behind mark */

    crm_record_t        **rec;          /* the page */
    ngx_uint_t            n;
    crm_list_t            list;
} crm_scan_t;


/* runs a planned scan up to the answer */
ngx_int_t crm_scan_start(crm_flow_t *f);

/* the whole of a list whose planner needs no more than the query */
ngx_int_t crm_scan_list(crm_flow_t *f, crm_kind_t kind,
    ngx_int_t (*plan)(crm_flow_t *f, crm_scan_t *scan));

/*
 * What a planner builds with.  A term with room for so many keys; NULL: out
 * of memory.  It becomes one of those that must hold by crm_scan_add().
 */
crm_term_t *crm_term_new(crm_flow_t *f, crm_scan_t *scan,
    crm_term_type_t type, ngx_uint_t keys);
void crm_term_key(crm_term_t *term, crm_str_t key);
void crm_term_range(crm_term_t *term, crm_str_t key, int64_t low,
    int64_t high);
void crm_scan_add(crm_scan_t *scan, crm_term_t *term);

/* a sorted set that is walked; NGX_ERROR: out of memory, also for the key */
ngx_int_t crm_scan_source(crm_flow_t *f, crm_scan_t *scan, crm_str_t key,
    ngx_uint_t lex);


/* ---- within the engine ------------------------------------------------- */

/* the next candidates, or the end */
ngx_int_t crm_scan_go_on(crm_flow_t *f);

/* room for n candidates; those before are gone */
ngx_int_t crm_scan_room(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t n);

/* as many as may still be shown, and some more where many fail */
ngx_uint_t crm_scan_wanted(const crm_scan_t *scan);

/* P lead:{id} */
crm_str_t crm_scan_record_key(crm_flow_t *f, const crm_scan_t *scan,
    int64_t id);

/* a record of nothing but these fields, from the reply to the HMGET that
   crm_scan_part_ask() queues.  NGX_DECLINED: none of them is set */
#define CRM_SCAN_PART  16
void crm_scan_part_ask(crm_flow_t *f, const crm_scan_t *scan, int64_t id,
    const unsigned *field, ngx_uint_t n);
ngx_int_t crm_scan_part(crm_flow_t *f, const crm_scan_t *scan, int64_t id,
    const unsigned *field, const crm_reply_t *reply, crm_record_t **rec);

ngx_int_t crm_scan_few(crm_flow_t *f);

/* whether a loaded candidate is shown: it may have changed, or the indexes
   propose too much.  NGX_OK, NGX_DECLINED, NGX_ERROR */
ngx_int_t crm_scan_admit(crm_flow_t *f, crm_scan_t *scan,
    crm_candidate_t *c);

ngx_int_t crm_scan_load(crm_flow_t *f);
ngx_int_t crm_scan_finish(crm_flow_t *f, ngx_uint_t more);
ngx_int_t crm_scan_answer(crm_flow_t *f);


/* ---- crm_scan_set.c: bitmaps ------------------------------------------- */

/* reads terms and words, and combines them into scan->bits */
ngx_int_t crm_scan_gather(crm_flow_t *f);

/* what crm_scan_gather() and `count' run in the end; crm_scan.c */
ngx_int_t crm_scan_gathered(crm_flow_t *f);

/* ---- crm_scan_words.c -------------------------------------------------- */

/* queues the first look at every word; counts replies */
ngx_int_t crm_scan_ask_words(crm_flow_t *f, crm_scan_t *scan,
    ngx_uint_t *reply);

/* takes the replies: bits of each word, and estimates */
void crm_scan_take_words(crm_flow_t *f, crm_scan_t *scan);

/* narrows scan->bits by the words that are not read yet, or leaves that to the
   walk; goes on with crm_scan_gathered() */
ngx_int_t crm_scan_words(crm_flow_t *f, crm_scan_t *scan);

/* of a walk that learns: asks for the words of what was fetched; 0: all of
   that is known */
ngx_uint_t crm_scan_learn(crm_flow_t *f, crm_scan_t *scan);
ngx_int_t crm_scan_take_learnt(crm_flow_t *f, crm_scan_t *scan);

/* ---- crm_scan_walk.c: sorted sets -------------------------------------- */

/* queues what each source lacks for n more entries; 0: nothing */
ngx_uint_t crm_walk_ask(crm_flow_t *f, crm_scan_t *scan, ngx_uint_t n);

/* takes the replies; NGX_AGAIN: some source must be asked again */
ngx_int_t crm_walk_take(crm_flow_t *f, crm_scan_t *scan);

/*
 * Where bitmaps are tested, entries come without scores: with its score a
 * member takes Redis 7.0 0.75 us, without 0.25.  crm_walk_prove() leaves out
 * what does not match and asks for the scores of the rest, which
 * crm_walk_proved() takes.
 * Returns the number of commands; 0: all have scores.
 */
ngx_uint_t crm_walk_prove(crm_flow_t *f, crm_scan_t *scan);
ngx_int_t crm_walk_proved(crm_flow_t *f, crm_scan_t *scan);

/* queues one command for the scores of n members in this set; their keys lie
   `size' bytes apart */
void crm_walk_ask_scores(crm_flow_t *f, const crm_str_t *set,
    const crm_sort_key_t *key, size_t size, ngx_uint_t n);

/* a look by index without scores, for crm_scan_walk.c; returns the number of
   commands */
ngx_uint_t crm_source_ask_bare(crm_flow_t *f, const crm_scan_t *scan,
    crm_source_t *s, int64_t from, int64_t to);
ngx_int_t crm_source_take_bare(crm_flow_t *f, crm_source_t *s);

/* the next entry of all sources in order; NGX_AGAIN: a source has run dry;
   NGX_DONE: the end */
ngx_int_t crm_walk_next(crm_scan_t *scan, crm_sort_key_t *key);

/* "-inf", "5", "(7": the bounds of a range of scores */
crm_str_t crm_walk_low(crm_flow_t *f, int64_t low);
crm_str_t crm_walk_high(crm_flow_t *f, int64_t high);

crm_str_t crm_walk_number(crm_flow_t *f, int64_t n);

/* id10, and the id of a member; 0: malformed */
crm_str_t crm_walk_member(crm_flow_t *f, int64_t id);
int64_t crm_walk_id(const crm_str_t *member);

/* NGX_ERROR: there is none */
ngx_int_t crm_walk_score(const crm_reply_t *reply, int64_t *score);

/* the place of a member and the score behind it; NGX_ERROR: malformed */
ngx_int_t crm_walk_key(const crm_reply_t *item, crm_sort_key_t *key);

#endif /* CRM_SCAN_H */
