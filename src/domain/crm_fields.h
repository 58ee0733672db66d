/*
 * Every field of every entity, one line each (api.md, section 2 and 3).
 *
 * X(ID, "name in JSON", "name in Redis", TYPE, flags, extras).  From these
 * lines come validation, storage, JSON, filters, sorts and OpenAPI.  The short
 * flag names are those of crm_entities.c, where the lines expand.  Fields
 * that exist in stored data are renamed or retyped only with a migration.
 */

#ifndef CRM_FIELDS_H
#define CRM_FIELDS_H

#include "crm_entity.h"


/* limits of api.md, "Conventions" */
#define CRM_NAME_MAX    200
#define CRM_LONG_MAX    65536
#define CRM_INT_MAX     1000000000


#define CRM_COMMON(X)                                                         \
    X(ID,         "id",         "id", INT,     AUTO|CARD|FILT|SORT,           \
      .min = 1, .max = INT64_MAX)                                             \
    X(VERSION,    "version",    "v",  INT,     AUTO|CARD, .max = INT64_MAX)   \
    X(CREATED_AT, "created_at", "ct", INSTANT, AUTO|SORT|RANGE)               \
    X(UPDATED_AT, "updated_at", "ut", INSTANT, AUTO|SORT)

#define CRM_AUTHORED(X)                                                       \
    X(CREATED_BY, "created_by", "cb", ID,      AUTO, .ref = CRM_KIND_USER)    \
    X(UPDATED_BY, "updated_by", "ub", ID,      AUTO, .ref = CRM_KIND_USER)


#define CRM_SETTINGS_FIELDS(X)                                                \
    CRM_COMMON(X)                                                             \
    X(COMPANY_NAME, "company_name", "company_name", TEXT, REQ,                \
      .max = CRM_NAME_MAX)                                                    \
    X(CURRENCY,  "currency",  "currency",  CURRENCY, REQ, .value = "EUR")     \
    X(TIMEZONE,  "timezone",  "timezone",  ZONE,     REQ, .value = "UTC")     \
    X(LOCALE,    "locale",    "locale",    LOCALE,   REQ, .value = "en")      \
    X(USE_LEADS, "use_leads", "use_leads", BOOL,     0,   .value = "0")       \
    X(FREE_MAIL_DOMAINS, "free_mail_domains", "free_mail_domains", STRINGS,   \
      0, .max = 1000, .value = CRM_FREE_MAIL)

#define CRM_FREE_MAIL                                                         \
    "gmail.com\ngooglemail.com\nyahoo.com\nhotmail.com\noutlook.com\n"        \
    "live.com\nmsn.com\nicloud.com\naol.com\ngmx.de\ngmx.net\nweb.de\n"       \
    "mail.ru\nyandex.ru\nproton.me\nprotonmail.com\nchmail.ir\nmailfa.com"


#define CRM_USER_FIELDS(X)                                                    \
    CRM_COMMON(X)                                                             \
    X(NAME,     "name",     "name",     TEXT,  REQ|SORT|FILT,                 \
      .max = CRM_NAME_MAX)                                                    \
    X(EMAIL,    "email",    "email",    EMAIL, REQ|UNIQ|SORT|FILT,            \
      .max = CRM_EMAIL_MAX)                                                   \
    X(ROLE,     "role",     "role",     ENUM,  REQ|FILT|SORT,                 \
      .words = &crm_words_role)                                               \
    X(ACTIVE,   "active",   "active",   BOOL,  FILT, .value = "1")            \
    X(TIMEZONE, "timezone", "timezone", ZONE,  0)                             \
    X(COLOR,    "color",    "color",    INT,   0, .max = 11)

#define CRM_TOKEN_FIELDS(X)                                                   \
    CRM_COMMON(X)                                                             \
    X(NAME,         "name",         "name",       TEXT,    SORT|FILT,         \
      .max = CRM_NAME_MAX)                                                    \
    X(EXPIRES_AT,   "expires_at",   "expires_at", INSTANT, 0)                 \
    X(LAST_USED_AT, "last_used_at", "used_at",    INSTANT, RO)                \
    X(HASH,         "hash",         "hash",       TEXT,    HID, .max = 64)

#define CRM_TEAM_FIELDS(X)                                                    \
    CRM_COMMON(X)                                                             \
    X(NAME,         "name",         "name",         TEXT,  REQ|SORT|FILT,     \
      .max = CRM_NAME_MAX)                                                    \
    X(COLOR,        "color",        "color",        INT,   0,                 \
      .max = 11, .value = "0")                                                \
    X(USER_ID,      "user_id",      "user_id",      ID,    FILT,              \
      .ref = CRM_KIND_USER)                                                   \
    X(MEMBER_IDS,   "member_ids",   "member_ids",   IDS,   0,                 \
      .ref = CRM_KIND_USER, .max = 1000)                                      \
    X(ALIAS,        "alias",        "alias",        ALIAS, UNIQ|FILT)         \
    X(ALIAS_POLICY, "alias_policy", "alias_policy", ENUM,  0,                 \
      .words = &crm_words_alias_policy, .value = "everyone")                  \
    X(USE_LEADS,    "use_leads",    "use_leads",    BOOL,  FILT,              \
      .value = "1")                                                           \
    X(USE_OPPORTUNITIES, "use_opportunities", "use_opportunities", BOOL,      \
      FILT, .value = "1")                                                     \
    X(SEQUENCE,     "sequence",     "sequence",     INT,   SORT|FILT,         \
      .min = -CRM_INT_MAX, .max = CRM_INT_MAX)                                \
    X(ACTIVE,       "active",       "active",       BOOL,  FILT, .value = "1")

#define CRM_STAGE_FIELDS(X)                                                   \
    CRM_COMMON(X)                                                             \
    X(NAME,         "name",         "name",         TEXT,    REQ|SORT|FILT,   \
      .max = CRM_NAME_MAX)                                                    \
    X(SEQUENCE,     "sequence",     "sequence",     INT,     SORT|FILT,       \
      .min = -CRM_INT_MAX, .max = CRM_INT_MAX)                                \
    X(PROBABILITY,  "probability",  "probability",  PERCENT, SORT,            \
      .value = "0")                                                           \
    X(IS_WON,       "is_won",       "is_won",       BOOL,    FILT,            \
      .value = "0")                                                           \
    X(FOLD,         "fold",         "fold",         BOOL,    FILT,            \
      .value = "0")                                                           \
    X(TEAM_ID,      "team_id",      "team_id",      ID,      FILT,            \
      .ref = CRM_KIND_TEAM)                                                   \
    X(REQUIREMENTS, "requirements", "requirements", LONG,    0,               \
      .max = CRM_LONG_MAX)                                                    \
    X(ROTTING_DAYS, "rotting_days", "rotting_days", INT,     0,               \
      .max = 36500, .value = "0")

#define CRM_LOST_REASON_FIELDS(X)                                             \
    CRM_COMMON(X)                                                             \
    X(NAME,   "name",   "name",   TEXT, REQ|UNIQ|SORT|FILT,                   \
      .max = CRM_NAME_MAX)                                                    \
    X(ACTIVE, "active", "active", BOOL, FILT, .value = "1")                   \
    X(USED,   "used",   "used",   INT,  COMP, .max = INT64_MAX)

#define CRM_TAG_FIELDS(X)                                                     \
    CRM_COMMON(X)                                                             \
    X(NAME,  "name",  "name",  TEXT, REQ|UNIQ|SORT|FILT,                      \
      .max = CRM_NAME_MAX)                                                    \
    X(COLOR, "color", "color", INT,  0, .max = 11)

#define CRM_ACTIVITY_TYPE_FIELDS(X)                                           \
    CRM_COMMON(X)                                                             \
    X(NAME,        "name",        "name",        TEXT, REQ|SORT|FILT,         \
      .max = CRM_NAME_MAX)                                                    \
    X(CATEGORY,    "category",    "category",    ENUM, FILT,                  \
      .words = &crm_words_category, .value = "todo")                          \
    X(ICON,        "icon",        "icon",        TEXT, 0, .max = CRM_NAME_MAX)\
    X(COLOR,       "color",       "color",       INT,  0,                     \
      .max = 11)                                                              \
    X(DELAY_COUNT, "delay_count", "delay_count", INT,  0,                     \
      .max = 3650, .value = "0")                                              \
    X(DELAY_UNIT,  "delay_unit",  "delay_unit",  ENUM, 0,                     \
      .words = &crm_words_delay_unit, .value = "days")                        \
    X(DELAY_FROM,  "delay_from",  "delay_from",  ENUM, 0,                     \
      .words = &crm_words_delay_from, .value = "completion")                  \
    X(CHAINING,    "chaining",    "chaining",    ENUM, FILT,                  \
      .words = &crm_words_chaining, .value = "none")                          \
    X(NEXT_TYPE_IDS, "next_type_ids", "next_type_ids", IDS, 0,                \
      .ref = CRM_KIND_ACTIVITY_TYPE, .max = 50)                               \
    X(NEXT_TYPE_ID, "next_type_id", "next_type_id", ID, 0,                    \
      .ref = CRM_KIND_ACTIVITY_TYPE)                                          \
    X(DEFAULT_SUMMARY, "default_summary", "default_summary", TEXT, 0,         \
      .max = CRM_NAME_MAX)                                                    \
    X(DEFAULT_NOTE, "default_note", "default_note", LONG, 0,                  \
      .max = CRM_LONG_MAX)                                                    \
    X(DEFAULT_USER_ID, "default_user_id", "default_user_id", ID, 0,           \
      .ref = CRM_KIND_USER)                                                   \
    X(ACTIVE,      "active",      "active",      BOOL, FILT, .value = "1")

#define CRM_DUPLICATE_RULE_FIELDS(X)                                          \
    CRM_COMMON(X)                                                             \
    X(NAME,        "name",        "name",        TEXT, REQ|SORT|FILT,         \
      .max = CRM_NAME_MAX)                                                    \
    X(FIELD,       "field",       "field",       ENUM, REQ|FILT,              \
      .words = &crm_words_rule_field)                                         \
    X(PATTERN,     "pattern",     "pattern",     PATTERN, REQ, .max = 1000)   \
    X(REPLACEMENT, "replacement", "replacement", PATTERN, 0,                  \
      .max = 1000, .value = "$0")                                             \
    X(EXCLUDE_PATTERN, "exclude_pattern", "exclude_pattern", PATTERN, 0,      \
      .max = 1000)                                                            \
    X(EXCLUDE_FREE_MAIL, "exclude_free_mail", "exclude_free_mail", BOOL, 0,   \
      .value = "0")                                                           \
    X(CONFIDENCE,  "confidence",  "confidence",  INT,  SORT,                  \
      .min = 1, .max = 100, .value = "50")                                    \
    X(ACTIVE,      "active",      "active",      BOOL, FILT, .value = "1")    \
    X(HEALTH,      "health",      "health",      TEXT, COMP,                  \
      .max = CRM_NAME_MAX)                                                    \
    X(GEN,         "generation",  "gen",         INT,  HID,                   \
      .max = INT64_MAX)                                                       \
    X(BUILDING,    "building",    "building",    BOOL, HID)                   \
    X(WAS,         "was",         "was",         OBJECTS, HID,                \
      .items = &crm_dup_was, .max = 1)

/* a rule as it goes on while what it has become is being indexed */
#define CRM_DUP_WAS_FIELDS(X)                                                 \
    X(GEN,         "generation",  "gen",         INT,  HID,                   \
      .max = INT64_MAX)                                                       \
    X(FIELD,       "field",       "field",       ENUM, HID,                   \
      .words = &crm_words_rule_field)                                         \
    X(PATTERN,     "pattern",     "pattern",     PATTERN, HID)                \
    X(REPLACEMENT, "replacement", "replacement", PATTERN, HID)                \
    X(EXCLUDE_PATTERN, "exclude_pattern", "exclude_pattern", PATTERN, HID)    \
    X(EXCLUDE_FREE_MAIL, "exclude_free_mail", "exclude_free_mail", BOOL, HID) \
    X(FREE_MAIL_DOMAINS, "free_mail_domains", "free_mail_domains", STRINGS,   \
      HID)

/* body of POST /duplicate-rules/test */
#define CRM_RULE_TEST_FIELDS(X)                                               \
    X(FIELD,       "field",       "field",       ENUM, REQ,                   \
      .words = &crm_words_rule_field)                                         \
    X(PATTERN,     "pattern",     "pattern",     PATTERN, REQ, .max = 1000)   \
    X(REPLACEMENT, "replacement", "replacement", PATTERN, 0,                  \
      .max = 1000, .value = "$0")                                             \
    X(EXCLUDE_PATTERN, "exclude_pattern", "exclude_pattern", PATTERN, 0,      \
      .max = 1000)                                                            \
    X(EXCLUDE_FREE_MAIL, "exclude_free_mail", "exclude_free_mail", BOOL, 0,   \
      .value = "0")                                                           \
    X(SAMPLES,     "samples",     "samples",     STRINGS, REQ, .max = 100)


/* what a plan schedules (api.md, "activity plan"); the user who is null is
   asked for when the plan is launched */
#define CRM_PLAN_STEP_FIELDS(X)                                               \
    X(TYPE_ID,     "type_id",     "type",  ID,   REQ,                         \
      .ref = CRM_KIND_ACTIVITY_TYPE)                                          \
    X(DELAY_COUNT, "delay_count", "count", INT,  0,                           \
      .max = 3650, .value = "0")                                              \
    X(DELAY_UNIT,  "delay_unit",  "unit",  ENUM, 0,                           \
      .words = &crm_words_delay_unit, .value = "days")                        \
    X(WHEN,        "when",        "when",  ENUM, 0,                           \
      .words = &crm_words_when, .value = "after")                             \
    X(USER_ID,     "user_id",     "user",  ID,   0, .ref = CRM_KIND_USER)

#define CRM_ACTIVITY_PLAN_FIELDS(X)                                           \
    CRM_COMMON(X)                                                             \
    X(NAME,   "name",   "name",   TEXT, REQ|SORT|FILT, .max = CRM_NAME_MAX)   \
    X(STEPS,  "steps",  "steps",  OBJECTS, REQ, .max = 100,                   \
      .items = &crm_plan_step)                                                \
    X(ACTIVE, "active", "active", BOOL, FILT, .value = "1")


/* where one lives: one block (semantics.md, "Merge") */
#define CRM_ADDRESS(X, flags)                                                 \
    X(STREET,      "street",      "street",  TEXT,    0, .max = CRM_NAME_MAX) \
    X(CITY,        "city",        "city",    TEXT,    0, .max = CRM_NAME_MAX) \
    X(REGION,      "region",      "region",  TEXT,    0, .max = CRM_NAME_MAX) \
    X(POSTAL_CODE, "postal_code", "zip",     TEXT,    0, .max = CRM_NAME_MAX) \
    X(COUNTRY,     "country",     "country", COUNTRY, flags)

#define CRM_CONTACT_FIELDS(X)                                                 \
    CRM_COMMON(X)                                                             \
    CRM_AUTHORED(X)                                                           \
    X(NAME,      "name",      "name",   TEXT,    REQ|SORT|WORDS,              \
      .max = CRM_NAME_MAX)                                                    \
    X(KIND,      "kind",      "kind",   ENUM,    FACET,                       \
      .words = &crm_words_contact_kind, .value = "person")                    \
    X(PARENT_ID, "parent_id", "parent", ID,      FACET,                       \
      .ref = CRM_KIND_CONTACT)                                                \
    X(EMAIL,     "email",     "email",  EMAIL,   FILT|WORDS,                  \
      .max = CRM_EMAIL_MAX)                                                   \
    X(PHONE,     "phone",     "phone",  PHONE,   FILT|WORDS,                  \
      .max = CRM_NAME_MAX)                                                    \
    X(WEBSITE,   "website",   "web",    WEBSITE, 0, .max = CRM_NAME_MAX)      \
    X(JOB_TITLE, "job_title", "job",    TEXT,    0, .max = CRM_NAME_MAX)      \
    CRM_ADDRESS(X, 0)                                                         \
    X(TAG_IDS,   "tag_ids",   "tags",   IDS,     0,                           \
      .ref = CRM_KIND_TAG, .max = 100)                                        \
    X(USER_ID,   "user_id",   "user",   ID,      FACET,                       \
      .ref = CRM_KIND_USER)                                                   \
    X(NOTE,      "note",      "note",   LONG,    0, .max = CRM_LONG_MAX)      \
    X(ACTIVE,    "active",    "active", BOOL,    FACET, .value = "1")


/* the first line in Redis of a lead is its card (crm_lead_card.c), then
   these; the order is that of the answer */
#define CRM_LEAD_FIELDS(X)                                                    \
    CRM_COMMON(X)                                                             \
    CRM_AUTHORED(X)                                                           \
    X(NAME,         "name",         "name",    TEXT,    REQ|CARD|SORT|WORDS,  \
      .max = CRM_NAME_MAX)                                                    \
    X(TYPE,         "type",         "type",    ENUM,                          \
      CRM_F_ONCE|CARD|FACET, .words = &crm_words_lead_type,                   \
      .value = "opportunity")                                                 \
    X(STATE,        "state",        "state",   ENUM,    RO|CARD|FACET,        \
      .words = &crm_words_lead_state, .value = "open")                        \
    X(ACTIVE,       "active",       "active",  BOOL,    RO|FILT,              \
      .value = "1")                                                           \
    X(STAGE_ID,     "stage_id",     "stage",   ID,      CARD|FACET,           \
      .ref = CRM_KIND_STAGE)                                                  \
    X(TEAM_ID,      "team_id",      "team",    ID,      CARD|FACET,           \
      .ref = CRM_KIND_TEAM)                                                   \
    X(USER_ID,      "user_id",      "user",    ID,      CARD|FACET,           \
      .ref = CRM_KIND_USER)                                                   \
    X(CONTACT_ID,   "contact_id",   "contact", ID,      CARD|FILT,            \
      .ref = CRM_KIND_CONTACT)                                                \
    X(CONTACT_NAME, "contact_name", "person",  TEXT,    CARD|WORDS,           \
      .max = CRM_NAME_MAX)                                                    \
    X(COMPANY_NAME, "company_name", "company", TEXT,    CARD|WORDS,           \
      .max = CRM_NAME_MAX)                                                    \
    X(JOB_TITLE,    "job_title",    "job",     TEXT,    0,                    \
      .max = CRM_NAME_MAX)                                                    \
    X(EMAIL,        "email",        "email",   EMAIL,   WORDS,                \
      .max = CRM_EMAIL_MAX)                                                   \
    X(PHONE,        "phone",        "phone",   PHONE,   WORDS,                \
      .max = CRM_NAME_MAX)                                                    \
    X(WEBSITE,      "website",      "web",     WEBSITE, 0,                    \
      .max = CRM_NAME_MAX)                                                    \
    CRM_ADDRESS(X, FACET)                                                     \
    X(DESCRIPTION,  "description",  "descr",   LONG,    0,                    \
      .max = CRM_LONG_MAX)                                                    \
    X(PRIORITY,     "priority",     "prio",    INT,     CARD|FACET|SORT,      \
      .max = 3, .value = "0")                                                 \
    X(EXPECTED_REVENUE, "expected_revenue", "revenue", MONEY,                 \
      CARD|SORT|RANGE)                                                        \
    X(RECURRING_REVENUE, "recurring_revenue", "recur", MONEY, 0)              \
    X(RECURRING_MONTHS, "recurring_months", "months", INT, 0,                 \
      .max = 1200)                                                            \
    X(PROBABILITY,  "probability",  "prob",    PERCENT, CARD|SORT,            \
      .value = "0")                                                           \
    X(PROBABILITY_MODE, "probability_mode", "pmode", ENUM, 0,                 \
      .words = &crm_words_probability_mode, .value = "auto")                  \
    X(EXPECTED_CLOSE, "expected_close", "close", DATE,  CARD|SORT|RANGE)      \
    X(TAG_IDS,      "tag_ids",      "tags",    IDS,     CARD,                 \
      .ref = CRM_KIND_TAG, .max = 100)                                        \
    X(SOURCE,       "source",       "source",  TEXT,    FACET,                \
      .max = CRM_NAME_MAX)                                                    \
    X(MEDIUM,       "medium",       "medium",  TEXT,    0,                    \
      .max = CRM_NAME_MAX)                                                    \
    X(CAMPAIGN,     "campaign",     "campaign", TEXT,   0,                    \
      .max = CRM_NAME_MAX)                                                    \
    X(REFERRED_BY,  "referred_by",  "referred", TEXT,   0,                    \
      .max = CRM_NAME_MAX)                                                    \
    X(COLOR,        "color",        "color",   INT,     CARD, .max = 11)      \
    X(LOST_REASON_ID, "lost_reason_id", "reason", ID,   FACET,                \
      .ref = CRM_KIND_LOST_REASON)                                            \
    X(CLOSED_AT,    "closed_at",    "closed",  INSTANT, RO|RANGE)             \
    X(CONVERTED_AT, "converted_at", "conv",    INSTANT, RO)                   \
    X(ASSIGNED_AT,  "assigned_at",  "assigned", INSTANT, AUTO)                \
    X(STAGE_CHANGED_AT, "stage_changed_at", "staged", INSTANT, AUTO)          \
    X(MERGED_INTO,  "merged_into",  "merged",  ID,      RO,                   \
      .ref = CRM_KIND_LEAD)                                                   \
    X(MERGED_BY,    "merged_by",    "mby",     INT,     HID,                  \
      .max = INT64_MAX)                                                       \
    X(MERGE_ID,     "merge_id",     "merge",   INT,     HID,                  \
      .max = INT64_MAX)                                                       \
    X(ROTTING,      "rotting",      "",        BOOL,    COMP|CARD|FILT)       \
    X(ACTIVITY_STATE, "activity_state", "",    ENUM,    COMP|CARD|FILT,       \
      .words = &crm_words_activity_state)                                     \
    X(NEXT_ACTIVITY, "next_activity", "",      JSON,    COMP|CARD|SORT)       \
    X(RANK,         "rank",         "k",       INT,     HID,                  \
      .min = INT64_MIN, .max = INT64_MAX)                                     \
    X(MESSAGES,     "messages",     "mc",      INT,     HID,                  \
      .max = INT64_MAX)                                                       \
    X(STAGE_TIMES,  "stage_times",  "times",   TEXT,    HID)                  \
    X(DUE,          "due",          "act",     TEXT,    HID)                  \
    X(ACTIVITIES,   "activities",   "ac",      INT,     HID,                  \
      .max = INT64_MAX)                                                       \
    X(KEPT,         "kept",         "kept",    TEXT,    HID)


/* lead_id or contact_id, exactly one; in order of due_date only, which is what
   their sorted sets know.  What is hidden: how it ended, and what
   lists need to know of the lead: its team, its user, whether it is inactive
   (crm_activity_place) */
#define CRM_ACTIVITY_FIELDS(X)                                                \
    X(ID,         "id",         "id",      INT,     AUTO|FILT,                \
      .min = 1, .max = INT64_MAX)                                             \
    X(VERSION,    "version",    "v",       INT,     AUTO, .max = INT64_MAX)   \
    X(CREATED_AT, "created_at", "ct",      INSTANT, AUTO)                     \
    X(UPDATED_AT, "updated_at", "ut",      INSTANT, AUTO)                     \
    CRM_AUTHORED(X)                                                           \
    X(LEAD_ID,    "lead_id",    "lead",    ID,      CRM_F_ONCE|FILT,          \
      .ref = CRM_KIND_LEAD)                                                   \
    X(CONTACT_ID, "contact_id", "contact", ID,      CRM_F_ONCE|FILT,          \
      .ref = CRM_KIND_CONTACT)                                                \
    X(OF_TYPE,    "type_id",    "type",    ID,      REQ|FILT,                 \
      .ref = CRM_KIND_ACTIVITY_TYPE)                                          \
    X(SUMMARY,    "summary",    "summary", TEXT,    0, .max = CRM_NAME_MAX)   \
    X(NOTE,       "note",       "note",    LONG,    0, .max = CRM_LONG_MAX)   \
    X(USER_ID,    "user_id",    "user",    ID,      FILT,                     \
      .ref = CRM_KIND_USER)                                                   \
    X(DUE_DATE,   "due_date",   "due",     DATE,    SORT|RANGE)               \
    X(START_AT,   "start_at",   "start",   INSTANT, 0)                        \
    X(END_AT,     "end_at",     "end",     INSTANT, 0)                        \
    X(STATE,      "state",      "",        ENUM,    COMP|FILT,                \
      .words = &crm_words_activity_status)                                    \
    X(DONE_AT,    "done_at",    "done",    INSTANT, RO)                       \
    X(DONE_BY,    "done_by",    "by",      ID,      RO, .ref = CRM_KIND_USER) \
    X(FEEDBACK,   "feedback",   "feedback", LONG,   RO, .max = CRM_LONG_MAX)  \
    X(QUOTED_FROM, "quoted_from", "quoted", ID,     RO|CRM_F_SPARSE,          \
      .ref = CRM_KIND_LEAD)                                                   \
    X(OUTCOME,    "outcome",    "outcome", ENUM,    HID,                      \
      .words = &crm_words_activity_outcome, .value = "open")                  \
    X(TEAM,       "team_id",    "team",    ID,      HID|FILT,                 \
      .ref = CRM_KIND_TEAM)                                                   \
    X(USER_ACTIVE, "user_active", "",      BOOL,    COMP|HID|FILT)            \
    X(OWNER,      "owner",      "owner",   ID,      HID,                      \
      .ref = CRM_KIND_USER)                                                   \
    X(HELD,       "held",       "held",    BOOL,    HID, .value = "0")


/* what an order is about; a quantity is kept in thousandths */
#define CRM_QUANTITY_MAX  (1000LL * CRM_INT_MAX)

#define CRM_ORDER_LINE_FIELDS(X)                                              \
    X(DESCRIPTION, "description", "text",     LONG,     REQ,                  \
      .max = CRM_LONG_MAX)                                                    \
    X(QUANTITY,    "quantity",    "quantity", QUANTITY, 0,                    \
      .min = -CRM_QUANTITY_MAX, .max = CRM_QUANTITY_MAX, .value = "1000")     \
    X(UNIT_PRICE,  "unit_price",  "price",    MONEY,    REQ)                  \
    X(DISCOUNT,    "discount",    "discount", PERCENT,  0, .value = "0")

/* hidden: whose the lead is, or the order itself where it has none; so that
   lists know who may see it (crm_order_place) */
#define CRM_ORDER_FIELDS(X)                                                   \
    CRM_COMMON(X)                                                             \
    CRM_AUTHORED(X)                                                           \
    X(LEAD_ID,     "lead_id",     "lead",    ID,      FILT,                   \
      .ref = CRM_KIND_LEAD)                                                   \
    X(CONTACT_ID,  "contact_id",  "contact", ID,      FILT,                   \
      .ref = CRM_KIND_CONTACT)                                                \
    X(TEAM_ID,     "team_id",     "team",    ID,      FACET,                  \
      .ref = CRM_KIND_TEAM)                                                   \
    X(USER_ID,     "user_id",     "user",    ID,      FACET,                  \
      .ref = CRM_KIND_USER)                                                   \
    X(NUMBER,      "number",      "number",  TEXT,    RO|FILT,                \
      .max = CRM_NAME_MAX)                                                    \
    X(STATE,       "state",       "state",   ENUM,    RO|FACET,               \
      .words = &crm_words_order_state, .value = "draft")                      \
    X(TOTAL,       "total",       "total",   MONEY,   RO|SORT|RANGE)          \
    X(EXPIRED,     "expired",     "",        BOOL,    COMP|FILT)              \
    X(VALID_UNTIL, "valid_until", "until",   DATE,    SORT|RANGE)             \
    X(LINES,       "lines",       "lines",   OBJECTS, REQ, .max = 500,        \
      .items = &crm_order_line)                                               \
    X(QUOTED_FROM, "quoted_from", "quoted",  ID,      RO|CRM_F_SPARSE,        \
      .ref = CRM_KIND_LEAD)                                                   \
    X(OWNER,       "owner",       "owner",   ID,      HID,                    \
      .ref = CRM_KIND_USER)


/* quoted_from: of a mail, the character at which what it quotes begins */
#define CRM_MESSAGE_FIELDS(X)                                                 \
    CRM_COMMON(X)                                                             \
    X(LEAD_ID,     "lead_id",     "lead",    ID,   RO,                        \
      .ref = CRM_KIND_LEAD)                                                   \
    X(KIND,        "kind",        "kind",    ENUM, FILT,                      \
      .words = &crm_words_message_kind, .value = "note")                      \
    X(BODY,        "body",        "body",    LONG, REQ, .max = CRM_LONG_MAX)  \
    X(AUTHOR_ID,   "author_id",   "author",  ID,   RO|FILT,                   \
      .ref = CRM_KIND_USER)                                                   \
    X(FROM,        "from",        "from",    TEXT, RO)                        \
    X(TO,          "to",          "to",      TEXT, RO)                        \
    X(SUBJECT,     "subject",     "subject", TEXT, RO)                        \
    X(MESSAGE_ID,  "message_id",  "mid",     TEXT, RO)                        \
    X(QUOTED_FROM, "quoted_from", "quoted",  INT,  RO, .max = INT64_MAX)      \
    X(ATTACHMENTS, "attachments", "files",   JSON, RO, .value = "[]")         \
    X(CHANGES,     "changes",     "changes", JSON, RO, .value = "[]")         \
    X(JOB_ID,      "job_id",      "job",     ID,   RO, .ref = CRM_KIND_JOB)   \
    X(MERGED_FROM, "merged_from", "",        ID,   COMP|CRM_F_SPARSE,         \
      .ref = CRM_KIND_LEAD)


#define CRM_JOB_FIELDS(X)                                                     \
    X(ID,          "id",          "id",       INT,     AUTO,                  \
      .min = 1, .max = INT64_MAX)                                             \
    X(VERSION,     "version",     "v",        INT,     AUTO,                  \
      .max = INT64_MAX)                                                       \
    X(CREATED_AT,  "created_at",  "ct",       INSTANT, AUTO)                  \
    X(UPDATED_AT,  "updated_at",  "ut",       INSTANT, AUTO)                  \
    X(JOB_KIND,    "kind",        "kind",     TEXT,    RO)                    \
    X(STATE,       "state",       "state",    ENUM,    RO,                    \
      .words = &crm_words_job_state, .value = "queued")                       \
    X(TOTAL,       "total",       "total",    INT,     RO, .max = INT64_MAX)  \
    X(DONE,        "done",        "done",     INT,     RO, .max = INT64_MAX,  \
      .value = "0")                                                           \
    X(FAILED,      "failed",      "failed",   INT,     RO, .max = INT64_MAX,  \
      .value = "0")                                                           \
    X(RESULT,      "result",      "result",   JSON,    RO)                    \
    X(FINISHED_AT, "finished_at", "finished", INSTANT, RO)                    \
    X(UNDO_UNTIL,  "undo_until",  "undo",     INSTANT, RO)                    \
    X(PARAMS,      "params",      "params",   JSON,    HID)                   \
    X(CURSOR,      "cursor",      "cursor",   JSON,    HID)                   \
    X(USER_ID,     "user_id",     "user",     ID,      HID,                   \
      .ref = CRM_KIND_USER)


#define CRM_FIELD_ENUM(entity, list)                                          \
    enum { list(CRM_FIELD_ENUM_##entity) CRM_##entity##_NFIELDS }

#define CRM_FIELD_ENUM_SETTINGS(id, ...)        CRM_SETTINGS_##id,
#define CRM_FIELD_ENUM_USER(id, ...)            CRM_USER_##id,
#define CRM_FIELD_ENUM_TOKEN(id, ...)           CRM_TOKEN_##id,
#define CRM_FIELD_ENUM_TEAM(id, ...)            CRM_TEAM_##id,
#define CRM_FIELD_ENUM_STAGE(id, ...)           CRM_STAGE_##id,
#define CRM_FIELD_ENUM_LOST_REASON(id, ...)     CRM_LOST_REASON_##id,
#define CRM_FIELD_ENUM_TAG(id, ...)             CRM_TAG_##id,
#define CRM_FIELD_ENUM_ACTIVITY_TYPE(id, ...)   CRM_ACTIVITY_TYPE_##id,
#define CRM_FIELD_ENUM_DUPLICATE_RULE(id, ...)  CRM_DUPLICATE_RULE_##id,
#define CRM_FIELD_ENUM_DUP_WAS(id, ...)         CRM_DUP_WAS_##id,
#define CRM_FIELD_ENUM_RULE_TEST(id, ...)       CRM_RULE_TEST_##id,
#define CRM_FIELD_ENUM_PLAN_STEP(id, ...)       CRM_PLAN_STEP_##id,
#define CRM_FIELD_ENUM_ACTIVITY_PLAN(id, ...)   CRM_ACTIVITY_PLAN_##id,
#define CRM_FIELD_ENUM_CONTACT(id, ...)         CRM_CONTACT_##id,
#define CRM_FIELD_ENUM_LEAD(id, ...)            CRM_LEAD_##id,
#define CRM_FIELD_ENUM_ACTIVITY(id, ...)        CRM_ACTIVITY_##id,
#define CRM_FIELD_ENUM_ORDER_LINE(id, ...)      CRM_ORDER_LINE_##id,
#define CRM_FIELD_ENUM_ORDER(id, ...)           CRM_ORDER_##id,
#define CRM_FIELD_ENUM_MESSAGE(id, ...)         CRM_MESSAGE_##id,
#define CRM_FIELD_ENUM_JOB(id, ...)             CRM_JOB_##id,

CRM_FIELD_ENUM(SETTINGS, CRM_SETTINGS_FIELDS);
CRM_FIELD_ENUM(USER, CRM_USER_FIELDS);
CRM_FIELD_ENUM(TOKEN, CRM_TOKEN_FIELDS);
CRM_FIELD_ENUM(TEAM, CRM_TEAM_FIELDS);
CRM_FIELD_ENUM(STAGE, CRM_STAGE_FIELDS);
CRM_FIELD_ENUM(LOST_REASON, CRM_LOST_REASON_FIELDS);
CRM_FIELD_ENUM(TAG, CRM_TAG_FIELDS);
CRM_FIELD_ENUM(ACTIVITY_TYPE, CRM_ACTIVITY_TYPE_FIELDS);
CRM_FIELD_ENUM(DUPLICATE_RULE, CRM_DUPLICATE_RULE_FIELDS);
CRM_FIELD_ENUM(DUP_WAS, CRM_DUP_WAS_FIELDS);
CRM_FIELD_ENUM(RULE_TEST, CRM_RULE_TEST_FIELDS);
CRM_FIELD_ENUM(PLAN_STEP, CRM_PLAN_STEP_FIELDS);
CRM_FIELD_ENUM(ACTIVITY_PLAN, CRM_ACTIVITY_PLAN_FIELDS);
CRM_FIELD_ENUM(CONTACT, CRM_CONTACT_FIELDS);
CRM_FIELD_ENUM(LEAD, CRM_LEAD_FIELDS);
CRM_FIELD_ENUM(ACTIVITY, CRM_ACTIVITY_FIELDS);
CRM_FIELD_ENUM(ORDER_LINE, CRM_ORDER_LINE_FIELDS);
CRM_FIELD_ENUM(ORDER, CRM_ORDER_FIELDS);
CRM_FIELD_ENUM(MESSAGE, CRM_MESSAGE_FIELDS);
CRM_FIELD_ENUM(JOB, CRM_JOB_FIELDS);


/* words of the enumerations, in the order of the constants */

enum { CRM_ROLE_SALESPERSON, CRM_ROLE_MANAGER, CRM_ROLE_ADMIN,
       CRM_ROLE_MAIL_GATEWAY };
enum { CRM_TYPE_LEAD, CRM_TYPE_OPPORTUNITY };
enum { CRM_STATE_OPEN, CRM_STATE_WON, CRM_STATE_LOST };
enum { CRM_MODE_AUTO, CRM_MODE_MANUAL };
/* a lead's activity_state is one of the first three */
enum { CRM_ACT_OVERDUE, CRM_ACT_TODAY, CRM_ACT_PLANNED, CRM_ACT_DONE,
       CRM_ACT_CANCELLED };
enum { CRM_OUTCOME_OPEN, CRM_OUTCOME_DONE, CRM_OUTCOME_CANCELLED };
enum { CRM_CATEGORY_TODO, CRM_CATEGORY_CALL, CRM_CATEGORY_EMAIL,
       CRM_CATEGORY_MEETING };
enum { CRM_UNIT_DAYS, CRM_UNIT_WEEKS, CRM_UNIT_MONTHS };
enum { CRM_DELAY_FROM_COMPLETION, CRM_DELAY_FROM_DEADLINE };
enum { CRM_CHAINING_NONE, CRM_CHAINING_SUGGEST, CRM_CHAINING_TRIGGER };
enum { CRM_CONTACT_PERSON, CRM_CONTACT_COMPANY };
enum { CRM_WHEN_AFTER, CRM_WHEN_BEFORE };
enum { CRM_ORDER_DRAFT, CRM_ORDER_SENT, CRM_ORDER_SALE,
       CRM_ORDER_CANCELLED, CRM_ORDER_STATES };
enum { CRM_ALIAS_EVERYONE, CRM_ALIAS_CONTACTS, CRM_ALIAS_USERS };
enum { CRM_MESSAGE_NOTE, CRM_MESSAGE_EMAIL, CRM_MESSAGE_ACTIVITY,
       CRM_MESSAGE_LOG };
enum { CRM_JOB_QUEUED, CRM_JOB_RUNNING, CRM_JOB_FINISHED, CRM_JOB_BROKEN,
       CRM_JOB_CANCELLED };

extern const crm_words_t  crm_words_role;
extern const crm_words_t  crm_words_alias_policy;
extern const crm_words_t  crm_words_category;
extern const crm_words_t  crm_words_convert;
extern const crm_words_t  crm_words_customer;
extern const crm_words_t  crm_words_bulk_customer;
extern const crm_words_t  crm_words_delay_unit;
extern const crm_words_t  crm_words_delay_from;
extern const crm_words_t  crm_words_chaining;
extern const crm_words_t  crm_words_rule_field;
extern const crm_words_t  crm_words_when;
extern const crm_words_t  crm_words_contact_kind;
extern const crm_words_t  crm_words_lead_type;
extern const crm_words_t  crm_words_lead_state;
extern const crm_words_t  crm_words_probability_mode;
extern const crm_words_t  crm_words_activity_state;
extern const crm_words_t  crm_words_activity_status;
extern const crm_words_t  crm_words_activity_outcome;
extern const crm_words_t  crm_words_order_state;
extern const crm_words_t  crm_words_message_kind;
extern const crm_words_t  crm_words_job_state;

/* items of lists of objects */

extern const crm_entity_t  crm_plan_step;
extern const crm_entity_t  crm_order_line;
extern const crm_entity_t  crm_dup_was;

/* body of POST /duplicate-rules/test */

extern const crm_entity_t  crm_rule_test;


#endif /* CRM_FIELDS_H */
