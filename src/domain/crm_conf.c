/* look-ups in a configuration snapshot, and the order of stages and teams */

#include <stdlib.h>
#include "crm_dup.h"
#include "crm_text.h"


crm_record_t *
crm_conf_find(const crm_conf_t *conf, crm_kind_t kind, int64_t id)
{
    int64_t                 found;
    unsigned                low, high, mid;
    const crm_conf_list_t  *list = &conf->list[kind];

    low = 0;
    high = list->n;

    while (low < high) {
        mid = (low + high) / 2;
        found = crm_record_id(list->rec[mid]);

        if (found == id) {
            return list->rec[mid];
        }

        if (found < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return NULL;
}


crm_record_t *
crm_conf_find_folded(crm_arena_t *a, const crm_conf_t *conf, crm_kind_t kind,
    unsigned field, const crm_str_t *folded)
{
    unsigned                i;
    crm_str_t               text;
    const crm_value_t      *v;
    const crm_conf_list_t  *list = &conf->list[kind];

    for (i = 0; i < list->n; i++) {
        v = &list->rec[i]->v[field];

        if (v->set
            && crm_text_fold(a, &v->str, &text) == CRM_OK
            && crm_str_eq(&text, folded))
        {
            return list->rec[i];
        }
    }

    return NULL;
}


/* unset ones last; <0, 0, >0 */

static int
crm_sequence_cmp(const crm_record_t *a, const crm_record_t *b,
    unsigned field)
{
    const crm_value_t  *x = &a->v[field], *y = &b->v[field];

    if (x->set != y->set) {
        return x->set ? -1 : 1;
    }

    if (x->num != y->num) {
        return x->num < y->num ? -1 : 1;
    }

    return crm_record_id(a) < crm_record_id(b) ? -1
           : crm_record_id(a) > crm_record_id(b);
}


static int
crm_stage_cmp(const void *one, const void *two)
{
    return crm_sequence_cmp(*(crm_record_t *const *) one,
                            *(crm_record_t *const *) two,
                            CRM_STAGE_SEQUENCE);
}


int
crm_conf_finish(crm_conf_t *conf)
{
    crm_conf_list_t  *stages = &conf->list[CRM_KIND_STAGE];

    if (conf->list[CRM_KIND_SETTINGS].n != 1) {
        return CRM_DECLINED;
    }

    conf->settings = conf->list[CRM_KIND_SETTINGS].rec[0];
    conf->zone = crm_zone_get(&conf->settings->v[CRM_SETTINGS_TIMEZONE].str);

    if (conf->zone == NULL) {
        return CRM_DECLINED;
    }

    conf->stages = crm_arena_alloc(&conf->arena,
                                   (stages->n + 1) * sizeof(crm_record_t *));
    if (conf->stages == NULL) {
        return CRM_ERROR;
    }

    if (stages->n > 0) {
        memcpy(conf->stages, stages->rec, stages->n * sizeof(crm_record_t *));
        qsort(conf->stages, stages->n, sizeof(crm_record_t *),
              crm_stage_cmp);
    }

    return crm_dup_conf(conf);
}


const crm_zone_t *
crm_conf_user_zone(const crm_conf_t *conf, int64_t user)
{
    const crm_zone_t    *zone;
    const crm_record_t  *rec;

    rec = crm_conf_find(conf, CRM_KIND_USER, user);

    if (rec == NULL || !rec->v[CRM_USER_TIMEZONE].set) {
        return conf->zone;
    }

    zone = crm_zone_get(&rec->v[CRM_USER_TIMEZONE].str);

    return zone ? zone : conf->zone;
}


int
crm_stage_fits(const crm_record_t *stage, int64_t team)
{
    const crm_value_t  *v = &stage->v[CRM_STAGE_TEAM_ID];

    return !v->set || v->num == team;
}


crm_record_t *
crm_stage_first(const crm_conf_t *conf, int64_t team)
{
    unsigned       i, pass;
    crm_record_t  *stage;

    for (pass = 0; pass < 3; pass++) {

        for (i = 0; i < conf->list[CRM_KIND_STAGE].n; i++) {
            stage = conf->stages[i];

            if (!crm_stage_fits(stage, team)
                || (pass < 1 && stage->v[CRM_STAGE_FOLD].num)
                || (pass < 2 && stage->v[CRM_STAGE_IS_WON].num))
            {
                continue;
            }

            return stage;
        }
    }

    return NULL;
}


crm_record_t *
crm_stage_won(const crm_conf_t *conf, int64_t team, const crm_record_t *from)
{
    unsigned       i;
    crm_record_t  *stage, *last;

    last = NULL;

    for (i = 0; i < conf->list[CRM_KIND_STAGE].n; i++) {
        stage = conf->stages[i];

        if (!stage->v[CRM_STAGE_IS_WON].num || !crm_stage_fits(stage, team)) {
            continue;
        }

        last = stage;

        if (from != NULL
            && crm_sequence_cmp(stage, from, CRM_STAGE_SEQUENCE) > 0)
        {
            break;
        }
    }

    return last;
}


int
crm_stage_suits(const crm_record_t *stage, int64_t team, int64_t state)
{
    return crm_stage_fits(stage, team)
           && (state == CRM_STATE_LOST
               || (state == CRM_STATE_WON)
                  == (stage->v[CRM_STAGE_IS_WON].num != 0));
}


crm_record_t *
crm_stage_for(const crm_conf_t *conf, int64_t id, int64_t team, int64_t state)
{
    crm_record_t  *stage, *won;

    stage = crm_conf_find(conf, CRM_KIND_STAGE, id);

    if (stage != NULL && crm_stage_suits(stage, team, state)) {
        return stage;
    }

    won = state == CRM_STATE_WON ? crm_stage_won(conf, team, stage) : NULL;

    return won != NULL ? won : crm_stage_first(conf, team);
}


int64_t
crm_team_default(const crm_conf_t *conf, int64_t user)
{
    int                     mine, best_mine;
    unsigned                i;
    crm_record_t           *team, *best;
    const crm_conf_list_t  *list = &conf->list[CRM_KIND_TEAM];

    best = NULL;
    best_mine = 0;

    for (i = 0; i < list->n; i++) {
        team = list->rec[i];

        if (!team->v[CRM_TEAM_ACTIVE].num) {
            continue;
        }

        mine = user != 0
               && (crm_ids_has(&team->v[CRM_TEAM_MEMBER_IDS].ids, user)
                   || team->v[CRM_TEAM_USER_ID].num == user);

        if (best == NULL || mine > best_mine
            || (mine == best_mine
                && crm_sequence_cmp(team, best, CRM_TEAM_SEQUENCE) < 0))
        {
            best = team;
            best_mine = mine;
        }
    }

    return best ? crm_record_id(best) : 0;
}
