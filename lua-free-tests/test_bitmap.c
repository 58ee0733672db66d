/*
 * crm_bitmap: Redis' order of bits, combination, steps in both directions.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_bitmap.h"


#define LAST  100000


static crm_arena_t  arena;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static crm_bitmap_t
bitmap(const int64_t *ids, size_t n)
{
    size_t        i;
    crm_bitmap_t  b;

    assert_int_equal(crm_bitmap_init(&b, &arena, LAST), CRM_OK);

    for (i = 0; i < n; i++) {
        crm_bitmap_set(&b, ids[i]);
    }

    return b;
}


/* SETBIT key 1 1, SETBIT key 10 1: bytes 0x40 0x20 */

static void
test_order(void **state)
{
    crm_str_t     bits = crm_string("\x40\x20");
    crm_bitmap_t  b;

    (void) state;

    assert_int_equal(crm_bitmap_init(&b, &arena, LAST), CRM_OK);
    assert_int_equal(b.n, 4);

    crm_bitmap_or(&b, 0, &bits);
    crm_bitmap_or(&b, 2, &bits);

    assert_true(crm_bitmap_has(&b, 1));
    assert_true(crm_bitmap_has(&b, 10));
    assert_true(crm_bitmap_has(&b, 65537));
    assert_true(crm_bitmap_has(&b, 65546));
    assert_false(crm_bitmap_has(&b, 2));
    assert_false(crm_bitmap_has(&b, 32769));
    assert_int_equal(crm_bitmap_count(&b), 4);
}


static void
test_bounds(void **state)
{
    u_char         long_one[CRM_BITMAP_BYTES + 9];
    crm_str_t      bits = { sizeof(long_one), long_one };
    crm_bitmap_t   b;
    const int64_t  ids[] = { 1, LAST, 131072, INT64_MAX, -1 };

    (void) state;

    b = bitmap(ids, 5);

    assert_int_equal(crm_bitmap_count(&b), 2);
    assert_false(crm_bitmap_has(&b, 131072));
    assert_false(crm_bitmap_has(&b, INT64_MAX));
    assert_false(crm_bitmap_has(&b, -1));

    memset(long_one, 0xff, sizeof(long_one));
    crm_bitmap_or(&b, 1, &bits);
    crm_bitmap_or(&b, 4, &bits);

    assert_int_equal(crm_bitmap_count(&b), 2 + 32768);
    assert_int_equal(b.failed, 0);
}


static void
test_combine(void **state)
{
    crm_bitmap_t   a, b;
    const int64_t  left[] = { 1, 2, 3, 40000, 70000 };
    const int64_t  right[] = { 2, 3, 4, 40000 };

    (void) state;

    a = bitmap(left, 5);
    b = bitmap(right, 4);

    crm_bitmap_and(&a, &b);

    assert_int_equal(crm_bitmap_count(&a), 3);
    assert_true(crm_bitmap_has(&a, 40000));
    assert_false(crm_bitmap_has(&a, 70000));
    assert_int_equal(crm_bitmap_count(&b), 4);

    crm_bitmap_add(&a, &b);
    assert_int_equal(crm_bitmap_count(&a), 4);

    /* one of fewer ids is empty beyond them */

    assert_int_equal(crm_bitmap_init(&b, &arena, 10), CRM_OK);
    crm_bitmap_set(&b, 3);
    crm_bitmap_and(&a, &b);
    assert_int_equal(crm_bitmap_count(&a), 1);
}


static void
test_next(void **state)
{
    size_t         i;
    int64_t        id;
    crm_bitmap_t   b;
    const int64_t  ids[] = { 1, 63, 64, 127, 32767, 32768, 99999, LAST };

    (void) state;

    b = bitmap(ids, 8);

    for (i = 0, id = 0; i < 8; i++) {
        id = crm_bitmap_next(&b, id, 0);
        assert_int_equal(id, ids[i]);
    }

    assert_int_equal(crm_bitmap_next(&b, id, 0), 0);
    assert_int_equal(crm_bitmap_next(&b, INT64_MAX - 1, 0), 0);

    for (i = 8, id = INT64_MAX; i > 0; i--) {
        id = crm_bitmap_next(&b, id, 1);
        assert_int_equal(id, ids[i - 1]);
    }

    assert_int_equal(crm_bitmap_next(&b, id, 1), 0);
    assert_int_equal(crm_bitmap_next(&b, 0, 1), 0);

    assert_int_equal(crm_bitmap_next(&b, 65, 0), 127);
    assert_int_equal(crm_bitmap_next(&b, 126, 1), 64);
}


/* only the range is narrowed, also where the other has no chunk */

static void
test_range(void **state)
{
    crm_bitmap_t   a, b, none;
    const int64_t  ids[] = { 2047, 2048, 3000, 4095, 4096, 40000 };
    const int64_t  some[] = { 3000 };

    (void) state;

    a = bitmap(ids, 6);
    b = bitmap(some, 1);
    none = bitmap(some, 0);

    crm_bitmap_and_range(&a, &b, 2048, 2048);

    assert_int_equal(crm_bitmap_count(&a), 4);
    assert_true(crm_bitmap_has(&a, 2047));
    assert_false(crm_bitmap_has(&a, 2048));
    assert_true(crm_bitmap_has(&a, 3000));
    assert_false(crm_bitmap_has(&a, 4095));
    assert_true(crm_bitmap_has(&a, 4096));

    crm_bitmap_and_range(&a, &none, 38912, 2048);
    assert_false(crm_bitmap_has(&a, 40000));
    assert_true(crm_bitmap_has(&a, 4096));

    crm_bitmap_and_range(&a, &b, 1 << 24, 2048);
    assert_int_equal(crm_bitmap_count(&a), 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_combine),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_next)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
