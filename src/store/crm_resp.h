/*
 * The Redis protocol, as far as it is only bytes: commands encoded, the
 * commit's FCALL encoded, error replies told apart.
 */

#ifndef CRM_RESP_H
#define CRM_RESP_H

#include "crm_ops.h"


/* an upper bound of what crm_resp_command() writes */
size_t crm_resp_command_size(unsigned argc, const crm_str_t *argv);

/* returns the end */
u_char *crm_resp_command(u_char *p, unsigned argc, const crm_str_t *argv);


/* a commit ready to be written (crm_commit_lua.h) */

typedef struct {
    const crm_ops_t  *ops;
    crm_str_t         function;
    unsigned          nkeys;    /* one for each mention */
    unsigned          argc;
    size_t            size;     /* an upper bound */
} crm_resp_commit_t;

/* CRM_DECLINED: a write without a key */
int crm_resp_commit_prepare(crm_resp_commit_t *commit, const crm_ops_t *ops,
    crm_str_t function);

u_char *crm_resp_commit(u_char *p, const crm_resp_commit_t *commit);


typedef enum {
    CRM_RESP_FAULT = 0,         /* we asked for something wrong */
    CRM_RESP_OVERFLOW,          /* a counter would leave 64 bits: nothing was
                                   done */
    CRM_RESP_REFUSED,           /* nothing was done, later it may be */
    CRM_RESP_STALE              /* refused, and only a new connection with
                                   its handshake can help */
} crm_resp_error_t;

crm_resp_error_t crm_resp_error(const crm_str_t *text);

/* the part of an error that may be logged: no arguments of the command */
crm_str_t crm_resp_error_text(const crm_str_t *text);

#endif /* CRM_RESP_H */
