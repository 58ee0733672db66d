/*
 * What fuzz targets share.  A target defines crm_fuzz_one(); libFuzzer calls
 * it with what it makes up, replay.c with the files that were kept.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "crm_arena.h"
#include "crm_digest.h"
#include "crm_text.h"


/* what must hold for every input */
#define must(condition)                                                       \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* an arena for each input, its memory poisoned in between: no free list */
void crm_fuzz_one(crm_arena_t *a, const crm_str_t *input);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char       *copy;
    crm_str_t     input;
    crm_arena_t   arena;

    static int  ready;

    if (!ready) {
        must(crm_text_init() == CRM_OK && crm_digest_init() == CRM_OK);
        ready = 1;
    }

    /* its own block of memory, so that one byte too many is seen */

    copy = malloc(size > 0 ? size : 1);
    must(copy != NULL);

    if (size > 0) {
        memcpy(copy, data, size);
    }

    input.data = copy;
    input.len = size;

    crm_arena_init(&arena);
    crm_fuzz_one(&arena, &input);
    crm_arena_reset(&arena);
    crm_arena_release_free();

    free(copy);

    return 0;
}

#endif /* FUZZ_H */
