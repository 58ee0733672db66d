/*
 * What the files of the checker share, and nobody else sees.
 *
 * A check goes in rounds, each of them in slices of a job:
 *
 *   crm_check.c        begin: the tenant's counters and configuration;
 *                      end: has anything moved, what is reported
 *   crm_check_scan.c   every key of the tenant
 *   crm_check_walk.c   every record, and the index entries that it asks for,
 *                      from the functions that the commits use;
 *                      crm_check_lead.c, crm_check_acts.c,
 *                      crm_check_orders.c: what records keep of themselves
 *                      and of one another; crm_check_tombs.c: where merged
 *                      ones went
 *   crm_check_read.c   every index as it is
 *   crm_check_dup.c    duplicate keys: which generations count, groups
 *   crm_check_tally.c  per key: how many entries, and the sum of their
 *                      hashes, asked for minus found: 0 where all is well
 *
 * Only keys that differ are looked at entry by entry: their records are
 * walked again (what do they want?), the keys are read again (does anybody
 * want this?), and where something is lacking walked a third time, to say
 * whose it is.  Memory is a tally per key, and a hash per entry of the keys
 * that differ.
 */

#ifndef CRM_CHECK_INT_H
#define CRM_CHECK_INT_H

#include "crm_check.h"
#include "crm_dup.h"


#define CRM_CHECK_SAMPLES  20
#define CRM_CHECK_NO_TYPE  CRM_IX_ROW + 1


/* ---- crm_check_tally.c -------------------------------------------------- */

typedef struct {
    crm_str_t      name;            /* of the key, without the prefix */
    uint64_t       hash;            /* of the name */
    int64_t        n;               /* entries asked for, minus found */
    uint64_t       sum;             /* of their hashes, alike */
    crm_ix_type_t  type;            /* CRM_CHECK_NO_TYPE: nobody asks */
    unsigned       bad:1;
} crm_tally_key_t;

typedef struct {
    crm_arena_t       arena;        /* names */
    crm_tally_key_t  *key;
    uint32_t          n;
    uint32_t          cap;
    uint32_t         *slot;         /* number of a key + 1; 0: empty */
    uint32_t          mask;
} crm_tally_t;

/* the key's entry, made where there is none; NULL: out of memory.  Valid
   until the next call. */
crm_tally_key_t *crm_tally_get(crm_tally_t *t, const crm_str_t *name);

/* NULL where there is none */
crm_tally_key_t *crm_tally_find(crm_tally_t *t, const crm_str_t *name);

void crm_tally_free(crm_tally_t *t);

/* a set of hashes, each with a mark */
typedef struct {
    uint64_t  *slot;                /* 0: empty; the lowest bit is the mark */
    uint32_t   n;
    uint32_t   mask;
} crm_hashes_t;

/* NULL: out of memory (add), not there (find) */
uint64_t *crm_hashes_add(crm_hashes_t *set, uint64_t hash);
uint64_t *crm_hashes_find(crm_hashes_t *set, uint64_t hash);
void crm_hashes_free(crm_hashes_t *set);

/* of an entry: member and what stands beside it */
uint64_t crm_check_hash(const crm_str_t *member, const crm_str_t *value);
uint64_t crm_check_mix(uint64_t a, uint64_t b);


/* ---- the check ---------------------------------------------------------- */

/* what an entry is shown to */
typedef enum {
    CRM_CHECK_TALLY = 0,            /* every key: sums */
    CRM_CHECK_DETAIL,               /* keys that differ: entry by entry */
    CRM_CHECK_LACKING               /* whose entry is not there? */
} crm_check_mode_t;

/* ids of one kind, from the keys' names */
typedef struct {
    int64_t   *id;
    uint32_t   n;
    uint32_t   cap;
} crm_check_ids_t;

/* what moves when somebody writes */
typedef struct {
    crm_str_t  writes;
    crm_str_t  conf;
    crm_str_t  token;
    int64_t    fields;              /* of the root hash: tokens come and go */
} crm_check_mark_t;

/* what a lead must know of an activity, and the other way round */
typedef struct {
    int64_t    lead;
    int64_t    id;
    int64_t    type;
    int64_t    user;
    int64_t    day;
    int64_t    team;
    int64_t    owner;
    uint32_t   next;                /* another one of the lead + 1; 0: none */
    unsigned   open:1;
    unsigned   held:1;
} crm_check_act_t;

/* whose an order of a lead is, as the order says */
typedef struct {
    int64_t    id;
    int64_t    owner;
    uint32_t   next;                /* as above */
} crm_check_order_t;

/* where a merged lead went */
typedef struct {
    int64_t    id;
    int64_t    into;
} crm_check_tomb_t;

#define CRM_CHECK_WINDOW  64        /* keys read side by side */

typedef struct {
    uint32_t        key;            /* in the tally */
    crm_ix_type_t   type;           /* as it is in Redis */
    int64_t         at;             /* place of the next read */
    crm_str_t       cursor;         /* of HSCAN, SSCAN */
    u_char          buf[24];
    unsigned        asked:1;
    unsigned        begun:1;        /* the first window is in */
    unsigned        done:1;

    /* entries in a row with the same score: a group of duplicates */
    u_char          run[24];
    size_t          run_len;
    int64_t         nrun;
} crm_check_reader_t;

typedef struct {
    crm_job_t          *job;
    crm_step_pt         phase;          /* of the next slice */
    crm_check_mode_t    mode;
    ngx_uint_t          repair;

    /* this round */
    ngx_uint_t          round;
    crm_arena_t         arena;
    crm_check_mark_t    mark;
    crm_tally_t         tally;
    crm_tally_t         counts;         /* "key\nfield" of counters */
    crm_hashes_t        wanted;         /* by keys that differ; marked:
                                           found there */
    uint32_t            nmatched;
    crm_str_t           scan;           /* SCAN's cursor */
    u_char              scan_buf[24];
    crm_check_ids_t     users;          /* that there are */
    crm_check_ids_t     tokens;         /* users with tokens */
    crm_check_ids_t     contacts;
    crm_check_ids_t     activities;
    crm_check_ids_t     orders;
    crm_check_ids_t     leads;
    crm_check_ids_t     messages;       /* leads with messages */
    crm_strs_t          gone;           /* generations that are swept away */
    ngx_uint_t          groups;         /* those of duplicates differ */
    crm_check_ids_t     unmerges;       /* merges that can be taken back */
    crm_check_ids_t     merges;         /* those of tombstones */
    crm_check_tomb_t   *tomb;           /* by id */
    uint32_t            ntombs;
    uint32_t            tombs_cap;
    crm_check_ids_t     mails;          /* leads known by Message-IDs */
    crm_check_act_t    *act;
    uint32_t           *first_act;      /* by place of the lead in `leads':
                                           number + 1, 0: it has none */
    uint32_t            nacts;
    uint32_t            acts_cap;
    crm_check_order_t  *order;
    uint32_t           *first_order;    /* as above */
    uint32_t            norders;
    uint32_t            orders_cap;
    int64_t             max[CRM_KINDS]; /* highest id */
    int64_t             entities;
    ngx_uint_t          part;           /* of the walk */
    uint32_t            at;             /* in the part, or in the tally */
    crm_check_reader_t  reader[CRM_CHECK_WINDOW];
    ngx_uint_t          nreaders;

    /* faults of this round, of the one before */
    crm_hashes_t        faults;
    crm_hashes_t        before;
    int64_t             nfaults;
    int64_t             nconfirmed;     /* in both */
    crm_str_t           sample[CRM_CHECK_SAMPLES];
    crm_str_t           confirmed[CRM_CHECK_SAMPLES];
    ngx_uint_t          nsamples;
    ngx_uint_t          nsure;
    ngx_uint_t          moved;          /* a repair was refused */

    /* repair */
    crm_ops_t           ops;            /* of this slice */
    int64_t             mended;         /* writes done in this round */
    int64_t             first;          /* faults when repair began; -1 */
    crm_str_t           said[CRM_CHECK_SAMPLES];    /* samples of that */
    ngx_uint_t          nsaid;
    crm_arena_t         said_arena;
} crm_checker_t;

#define crm_checker(f)  ((crm_checker_t *) crm_job(f)->data)


/* ---- crm_check_entry.c -------------------------------------------------- */

/* a fault by a hash that it keeps from round to round, in words */
void crm_check_fault(crm_checker_t *c, uint64_t hash, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* a write that mends: command, key's name, arguments (data NULL: none) */
void crm_check_put(crm_flow_t *f, const char *command, const crm_str_t *name,
    crm_str_t a, crm_str_t b);

/* sends those of this slice, if there are any; the slice ends with it */
ngx_int_t crm_check_mend(crm_flow_t *f);

/* "crm:{slug}:" and a key's name */
crm_str_t crm_check_key(crm_flow_t *f, const crm_str_t *name);

/* an entry that a record asks for, by mode; `whose' names the record */
typedef struct {
    crm_ix_type_t      type;
    crm_str_t          name;            /* of the key */
    crm_str_t          member;          /* or field, or bit */
    crm_str_t          value;           /* or score; empty: none */
    const char        *whose;
    int64_t            id;
} crm_check_entry_t;

ngx_int_t crm_check_want(crm_flow_t *f, const crm_check_entry_t *e);

/* one that Redis holds */
ngx_int_t crm_check_have(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_str_t *member, const crm_str_t *value);


/* ---- crm_check_scan.c --------------------------------------------------- */

int crm_check_ids_add(crm_check_ids_t *ids, int64_t id);

/* sorts, and drops doubles */
int crm_check_ids_sort(crm_check_ids_t *ids);

/* the place of one in those that are sorted, + 1; 0: it is not there */
uint32_t crm_check_ids_have(const crm_check_ids_t *ids, int64_t id);


/* ---- crm_check_walk.c, crm_check_lead.c, crm_check_acts.c --------------- */

/* a record from the reply to HGETALL; NGX_DECLINED: it is not there, or
   cannot be read, which is a fault */
ngx_int_t crm_check_load(crm_flow_t *f, crm_kind_t kind, int64_t id,
    const crm_reply_t *reply, crm_record_t **rec);

/* counts a record in the first walk of a round */
void crm_check_count(crm_checker_t *c, crm_kind_t kind, int64_t id,
    int64_t entities);

/* asks for the entries of a record */
ngx_int_t crm_check_entries(crm_flow_t *f, const char *whose, int64_t id,
    crm_ix_list_t *list);

/* the records of a walk, from what was read of each */
ngx_int_t crm_check_act_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);
ngx_int_t crm_check_lead_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);

/* compares the lead's due summary, and what its activities know of it; the
   lead then has the summary that it should have.  f->conf is there. */
ngx_int_t crm_check_lead_acts(crm_flow_t *f, crm_record_t *lead);


/* ---- crm_check_orders.c ------------------------------------------------- */

ngx_int_t crm_check_order_take(crm_flow_t *f, int64_t id,
    const crm_reply_t *replies);

/* compares what the orders of the lead know of it */
void crm_check_lead_orders(crm_flow_t *f, const crm_record_t *lead);


/* ---- crm_check_dup.c ----------------------------------------------------- */

/* takes the generations that are swept away */
ngx_int_t crm_check_dup_gone(crm_checker_t *c, const crm_reply_t *reply);

/* whether a key's name is one of duplicates that nothing can be said of: its
   generation is being built or swept away */
ngx_uint_t crm_check_dup_ignored(crm_flow_t *f, const crm_str_t *name);

/* whether it is that of the groups of a rule that there is */
ngx_uint_t crm_check_dup_known(crm_flow_t *f, const crm_str_t *name);

/* CRM_DUP_OPEN: entries of open leads, 'g': their groups; 0: another key */
int crm_check_dup_part(const crm_str_t *name);

/* keys whose entries make groups that differ are looked at, too */
void crm_check_dup_compare(crm_checker_t *c);

/* the next entry of a key of open leads (NULL: the end of the key) */
ngx_int_t crm_check_dup_run(crm_flow_t *f, crm_check_reader_t *reader,
    const crm_str_t *score);


/* ---- crm_check_tombs.c -------------------------------------------------- */

/* remembers a lead that is one */
ngx_int_t crm_check_tomb_add(crm_checker_t *c, const crm_record_t *lead);

/* all of them, once every lead was taken */
ngx_int_t crm_check_tombs(crm_flow_t *f);


/* ---- phases, in their order --------------------------------------------- */

ngx_int_t crm_check_begin(crm_flow_t *f);
ngx_int_t crm_check_conf(crm_flow_t *f);
ngx_int_t crm_check_scan(crm_flow_t *f);
ngx_int_t crm_check_walk(crm_flow_t *f);
ngx_int_t crm_check_orphans(crm_flow_t *f);
ngx_int_t crm_check_read(crm_flow_t *f);
ngx_int_t crm_check_counters(crm_flow_t *f);
ngx_int_t crm_check_end(crm_flow_t *f);


#endif /* CRM_CHECK_INT_H */
