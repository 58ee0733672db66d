/* what crm_pattern.c (cache) and crm_pattern_run.c (matching) share */

#ifndef CRM_PATTERN_INT_H
#define CRM_PATTERN_INT_H

#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include "crm_pattern.h"


#define CRM_PATTERN_OPTIONS  (PCRE2_UTF|PCRE2_UCP|PCRE2_NEVER_BACKSLASH_C)

/* `$2' of a group that took no part is empty */
#define CRM_PATTERN_EXPAND                                                    \
    (PCRE2_SUBSTITUTE_EXTENDED | PCRE2_SUBSTITUTE_UNSET_EMPTY                 \
     | PCRE2_SUBSTITUTE_REPLACEMENT_ONLY)


struct crm_pattern_s {
    pcre2_code     *code;
    crm_str_t       text;           /* behind the structure */
    uint64_t        hash;
    uint64_t        used;           /* counts up: which was used last */
    unsigned        refs;
    crm_pattern_t  *next;           /* of the same bucket */
};


/* frees the contexts of matching */
void crm_pattern_run_release(void);

#endif /* CRM_PATTERN_INT_H */
