/*
 * Ranks: where a record stands in its column (model.md, 4).
 *
 * Integers with wide gaps, so that a move writes one record; only when a gap
 * is used up are a few neighbours relabelled.  All stay far below 2^53,
 * where the scores of sorted sets are exact.
 */

#include "crm_lead.h"


#define CRM_RANK_GAP  16        /* the least mean gap of a relabelled window */


int64_t
crm_rank_top(const crm_column_t *column)
{
    return column->empty ? 0 : column->top - CRM_RANK_STEP;
}


int
crm_rank_between(const int64_t *before, const int64_t *after, int64_t *rank)
{
    if (before == NULL) {
        *rank = after ? *after - CRM_RANK_STEP : 0;
        return CRM_OK;
    }

    if (after == NULL) {
        *rank = *before + CRM_RANK_STEP;
        return CRM_OK;
    }

    if (*after - *before < 2) {
        return CRM_DECLINED;
    }

    *rank = *before + (*after - *before) / 2;

    return CRM_OK;
}


int
crm_rank_spread(const int64_t *low, const int64_t *high, unsigned n,
    int64_t *ranks)
{
    int64_t   first, gap, rest, parts;
    unsigned  i;

    parts = (int64_t) n + 1;
    gap = CRM_RANK_STEP;
    rest = 0;

    if (low != NULL && high != NULL) {
        if (*high - *low < CRM_RANK_GAP * parts) {
            return CRM_DECLINED;
        }

        gap = (*high - *low) / parts;
        rest = (*high - *low) % parts;
    }

    if (low != NULL) {
        first = *low;

    } else {
        first = high ? *high - gap * parts : -gap;
    }

    /* rest < parts: the second product is small where the first is large */

    for (i = 0; i < n; i++) {
        ranks[i] = first + gap * (i + 1) + rest * (i + 1) / parts;
    }

    return CRM_OK;
}
