/*
 * What can go wrong, as data: the stable word, the HTTP status, the title
 * (api.md, "Errors").  Faults are the entries of a validation problem.
 */

#ifndef CRM_PROBLEM_H
#define CRM_PROBLEM_H

#include "crm_arena.h"


#define CRM_PROBLEMS(X)                                                       \
    X(NONE,                   0,   "",                       "")              \
    X(MALFORMED_JSON,         400, "malformed_json",                          \
      "The body is not a well-formed JSON object")                            \
    X(BAD_REQUEST,            400, "bad_request", "Bad request")              \
    X(UNKNOWN_PARAMETER,      400, "unknown_parameter",                       \
      "Unknown query parameter")                                              \
    X(INVALID_PARAMETER,      400, "invalid_parameter",                       \
      "Invalid query parameter")                                              \
    X(INVALID_CURSOR,         400, "invalid_cursor",                          \
      "The cursor does not belong to this query")                             \
    X(UNAUTHORIZED,           401, "unauthorized", "A valid token is needed") \
    X(FORBIDDEN,              403, "forbidden", "The role does not allow it") \
    X(SENDER_REFUSED,         403, "sender_refused",                          \
      "The alias does not take mail of this sender")                          \
    X(TENANT_SUSPENDED,       403, "tenant_suspended",                        \
      "The tenant is suspended")                                              \
    X(NOT_FOUND,              404, "not_found", "Not found")                  \
    X(UNKNOWN_TENANT,         404, "unknown_tenant", "Unknown tenant")        \
    X(UNKNOWN_ALIAS,          404, "unknown_alias",                           \
      "No team has this address")                                             \
    X(METHOD_NOT_ALLOWED,     405, "method_not_allowed",                      \
      "Method not allowed")                                                   \
    X(REQUEST_TIMEOUT,        408, "request_timeout", "Request timed out")    \
    X(CONFLICT,               409, "conflict", "Conflict")                    \
    X(IN_USE,                 409, "in_use", "Still referred to by others")   \
    X(MERGED,                 409, "merged", "Merged into another record")    \
    X(ALREADY_WON,            409, "already_won", "Already won")              \
    X(ALREADY_LOST,           409, "already_lost", "Already lost")            \
    X(ALREADY_ARCHIVED,       409, "already_archived", "Already archived")    \
    X(ALREADY_DONE,           409, "already_done", "Already done")            \
    X(ALREADY_CANCELLED,      409, "already_cancelled", "Already cancelled")  \
    X(IS_WON,                 409, "is_won", "The record is won")             \
    X(IS_LOST,                409, "is_lost", "The record is lost")           \
    X(NOT_LOST,               409, "not_lost",                                \
      "Neither lost nor archived")                                            \
    X(NOT_ACTIVE,             409, "not_active", "The record is archived")    \
    X(ORDER_STATE,            409, "order_state",                             \
      "The order's state does not allow it")                                  \
    X(ORDER_LOCKED,           409, "order_locked",                            \
      "Lines change only while the order is draft or sent")                   \
    X(NO_WON_STAGE,           409, "no_won_stage", "There is no won stage")   \
    X(LAST_ADMIN,             409, "last_admin",                              \
      "The tenant's last active admin")                                       \
    X(TOO_MANY,               409, "too_many",                                \
      "The tenant has as many of these as it may")                            \
    X(SUM_TOO_LARGE,          409, "sum_too_large",                           \
      "The tenant's sums would not fit into 64 bits")                         \
    X(CURRENCY_IN_USE,        409, "currency_in_use",                         \
      "Amounts exist in the present currency")                                \
    X(IDEMPOTENCY_IN_PROGRESS, 409, "idempotency_in_progress",                \
      "A request with this key is still running")                             \
    X(NOT_CANCELLABLE,        409, "not_cancellable", "Not to be cancelled")  \
    X(NOT_UNDOABLE,           409, "not_undoable", "Cannot be undone")        \
    X(CHANGED_SINCE,          409, "changed_since",                           \
      "Changed by somebody else since")                                       \
    X(NOT_CONVERTIBLE,        409, "not_convertible",                         \
      "Not an open, active lead")                                             \
    X(TOO_MANY_MERGED,        409, "too_many_merged",                         \
      "More than one record can hold")                                        \
    X(NOT_UNMERGEABLE,        409, "not_unmergeable",                         \
      "There is no merge that could be taken back")                           \
    X(NO_ADDRESS,             409, "no_address",                              \
      "The record has no e-mail address")                                     \
    X(PRECONDITION_FAILED,    412, "precondition_failed",                     \
      "The record has changed since")                                         \
    X(TOO_LARGE,              413, "too_large", "The body is too large")      \
    X(URI_TOO_LONG,           414, "uri_too_long", "The URI is too long")     \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported_media_type",                  \
      "The body must be application/json")                                    \
    X(MISDIRECTED,            421, "misdirected_request",                     \
      "Not over this connection")                                             \
    X(VALIDATION,             422, "validation", "The body has faults")       \
    X(UNPARSABLE_MAIL,        422, "unparsable_mail",                         \
      "The body is no mail, or one of too many parts")                        \
    X(IDEMPOTENCY_MISMATCH,   422, "idempotency_mismatch",                    \
      "The key was used with another body")                                   \
    X(TOO_MANY_REQUESTS,      429, "too_many_requests", "Too many requests")  \
    X(HEADERS_TOO_LARGE,      431, "headers_too_large",                       \
      "The request's headers are too large")                                  \
    X(INTERNAL,               500, "internal", "Internal error")              \
    X(NOT_IMPLEMENTED,        501, "not_implemented", "Not implemented")      \
    X(BAD_GATEWAY,            502, "bad_gateway", "Bad gateway")              \
    X(STORE_UNAVAILABLE,      503, "store_unavailable",                       \
      "The store is unavailable")                                             \
    X(BUSY,                   503, "busy",                                    \
      "Too many changes to this record at once")                              \
    X(GATEWAY_TIMEOUT,        504, "gateway_timeout", "Timed out")            \
    X(HTTP_VERSION,           505, "http_version",                            \
      "The version of HTTP is not supported")


typedef enum {
#define CRM_PROBLEM_ENUM(id, status, code, title)  CRM_P_##id,
    CRM_PROBLEMS(CRM_PROBLEM_ENUM)
#undef CRM_PROBLEM_ENUM
    CRM_P_MAX
} crm_problem_t;

typedef struct {
    int          status;
    crm_str_t    code;
    crm_str_t    title;
} crm_problem_info_t;

extern const crm_problem_info_t  crm_problems[CRM_P_MAX];


typedef enum {
    CRM_FAULT_UNKNOWN_FIELD = 0,
    CRM_FAULT_INVALID,
    CRM_FAULT_REQUIRED,
    CRM_FAULT_TOO_LONG,
    CRM_FAULT_NOT_FOUND,
    CRM_FAULT_TAKEN,
    CRM_FAULT_READ_ONLY,
    CRM_FAULT_MAX
} crm_fault_code_t;

typedef struct crm_fault_s  crm_fault_t;

struct crm_fault_s {
    crm_fault_t       *next;
    crm_str_t          field;       /* e.g. "email", "lines[2].quantity" */
    crm_fault_code_t   code;
    crm_str_t          message;
};

typedef struct {
    crm_arena_t       *arena;
    crm_fault_t       *first;
    crm_fault_t      **last;
    unsigned           n;
    unsigned           failed:1;    /* out of memory */
} crm_faults_t;


extern const crm_str_t  crm_fault_codes[CRM_FAULT_MAX];

void crm_faults_init(crm_faults_t *faults, crm_arena_t *arena);

/* copies; at most 100 faults are kept, and 256 bytes of a field's name */
void crm_fault(crm_faults_t *faults, const crm_str_t *field,
    crm_fault_code_t code, const char *message);

#endif /* CRM_PROBLEM_H */
