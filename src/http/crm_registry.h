/*
 * Keys that belong to no tenant (design.md, "Redis"): the registry of tenants
 * and the work that outlives one.  All of them lie in one hash slot: a key
 * without a tag hashes as a whole, the others have that whole as their tag,
 * and no slug has a colon.
 */

#ifndef CRM_REGISTRY_H
#define CRM_REGISTRY_H


/* sorted set, all scores 0: the slugs of the tenants in order */
#define CRM_REGISTRY         "crm:registry"

#define CRM_REGISTRY_PREFIX  "{crm:registry}:"

/* hash: `id:job', the last id of the operator's jobs */
#define CRM_REGISTRY_ROOT    CRM_REGISTRY_PREFIX "root"

/* sorted set of the unfinished jobs of everybody, "slug:id" (the operator's:
   ":id"), by the instant at which somebody should look at them again */
#define CRM_REGISTRY_QUEUE   CRM_REGISTRY_PREFIX "queue"

/* string: written to see that Redis can be written to */
#define CRM_REGISTRY_READY   CRM_REGISTRY_PREFIX "ready"

#endif /* CRM_REGISTRY_H */
