/*
 * Ids of new records that are taken from the counter beforehand.
 *
 * As a rule a worker counts on from the last id that it knows, and the commit
 * proves that nobody was faster (crm_tenant_next_id): that costs nothing and
 * leaves no holes.  Where several workers make records in one tenant at once
 * they count alike, and nearly every commit but one of them would be in vain.
 * So a worker that has lately seen ids of others, or was slower than they,
 * takes one from the counter in the same round trip as its first reads: nobody
 * else can have it then, and the commit asks only that it is still free.
 *
 * The counter is moved by a commit of its own, which proves the snapshot: a
 * tenant that is suspended, being deleted or gone is left as it is.  What
 * comes to nothing afterwards leaves a hole, and so does a token that was
 * revoked since it was seen: the caller is proven in the same round trip.
 * Records that are made at once may become visible in another order than that
 * of their ids.
 */

#ifndef CRM_TAKE_H
#define CRM_TAKE_H

#include "crm_write.h"


/* queues it, where others give ids of this kind at present; returns the
   number of replies that it adds, 0 or 1 */
ngx_uint_t crm_take_ask(crm_flow_t *f, crm_kind_t kind);

/* the id from that reply; 0: none was taken, the commit will say why */
int64_t crm_take_id(crm_flow_t *f, crm_kind_t kind,
    const crm_reply_t *reply);

/* the id of a new record: the one that was taken, or the next above those
   given here and above `seen' */
int64_t crm_take_or_next(crm_flow_t *f, crm_kind_t kind, int64_t taken,
    int64_t seen);

/* what was taken is that of the new record which the rule is about to write;
   id 0: nothing was */
void crm_take_rule(crm_rule_t *rule, crm_kind_t kind, int64_t id);

#endif /* CRM_TAKE_H */
