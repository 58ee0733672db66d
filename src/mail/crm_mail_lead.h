/*
 * What becomes of a mail: the rules of semantics.md, "Teams, mail", as pure
 * functions.
 */

#ifndef CRM_MAIL_LEAD_H
#define CRM_MAIL_LEAD_H

#include "crm_contact.h"
#include "crm_mail.h"


/* the active team whose alias is the local part of the address; or NULL */
const crm_record_t *crm_mail_team(crm_arena_t *a, const crm_conf_t *conf,
    const crm_str_t *recipient);

/* the active user with the sender's address; or NULL */
const crm_record_t *crm_mail_user(crm_arena_t *a, const crm_conf_t *conf,
    const crm_mail_t *mail);

/* an active contact that has the sender's address */
int crm_mail_is_contact(crm_arena_t *a, const crm_record_t *contact,
    const crm_mail_t *mail);

/* whether the team takes mail of this sender; each may be NULL */
int crm_mail_welcome(const crm_record_t *team, const crm_record_t *user,
    const crm_record_t *contact);

/* the creation of a lead or opportunity; contact 0: none is known */
int crm_mail_input(const crm_rule_t *rule, const crm_mail_t *mail,
    const crm_record_t *team, int64_t contact, crm_input_t *input);

/* the mail as the next message of the lead; author may be NULL.  NULL: out
   of memory. */
crm_record_t *crm_mail_message(const crm_rule_t *rule, crm_record_t *lead,
    const crm_mail_t *mail, const crm_record_t *author);

#endif /* CRM_MAIL_LEAD_H */
