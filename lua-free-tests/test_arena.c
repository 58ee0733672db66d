/*
 * crm_arena: alignment, large blocks, printf across a block's end, reuse.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_arena.h"


static void
test_alloc(void **state)
{
    size_t       size;
    u_char      *p;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);
    assert_null(a.block);

    for (size = 0; size < 9000; size += 13) {
        p = crm_arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t) p % 16, 0);
        memset(p, 0xa5, size);

        p = crm_arena_bytes(&a, 3);
        assert_non_null(p);
        memset(p, 0x5a, 3);
    }

    crm_arena_reset(&a);
    assert_null(a.block);
    assert_int_equal(a.used, 0);
    crm_arena_release_free();
}


static void
test_zeroed(void **state)
{
    size_t       i;
    u_char      *p;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);

    p = crm_arena_alloc(&a, 1000);
    memset(p, 0xff, 1000);
    crm_arena_reset(&a);

    p = crm_arena_calloc(&a, 1000);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }

    crm_arena_reset(&a);
    crm_arena_release_free();
}


static void
test_large_keeps_block(void **state)
{
    u_char      *p, *q;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);

    p = crm_arena_alloc(&a, 1 << 20);
    memset(p, 1, 1 << 20);
    p = crm_arena_alloc(&a, 16);
    memset(p, 2, 16);
    q = crm_arena_alloc(&a, 1 << 20);
    memset(q, 3, 1 << 20);
    q = crm_arena_alloc(&a, 16);
    memset(q, 4, 16);

    assert_int_equal(p[0], 2);
    assert_int_equal(p[15], 2);

    assert_null(crm_arena_alloc(&a, SIZE_MAX));
    assert_null(crm_arena_alloc(&a, SIZE_MAX - 15));
    assert_null(crm_arena_bytes(&a, SIZE_MAX));

    crm_arena_reset(&a);
    crm_arena_release_free();
}


static void
test_dup(void **state)
{
    crm_str_t    s;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);

    assert_int_equal(crm_arena_dup(&a, &s, "lead", 4), CRM_OK);
    assert_true(crm_str_is(&s, "lead"));

    assert_int_equal(crm_arena_dup(&a, &s, NULL, 0), CRM_OK);
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);

    crm_arena_reset(&a);
    crm_arena_release_free();
}


static void
test_printf(void **state)
{
    int          i;
    crm_str_t    s, first;
    crm_arena_t  a;

    (void) state;

    crm_arena_init(&a);

    first = crm_arena_printf(&a, "%s:%d", "lead", 7);
    assert_true(crm_str_is(&first, "lead:7"));

    /* every offset in a block, also where the text meets its end */

    for (i = 0; i < 3000; i++) {
        s = crm_arena_printf(&a, "%05d-%s", i, "abcdefg");
        assert_int_equal(s.len, 13);
        assert_memory_equal(s.data + 5, "-abcdefg", 8);
    }

    assert_true(crm_str_is(&first, "lead:7"));

    s = crm_arena_printf(&a, "%20000d|", 1);
    assert_int_equal(s.len, 20001);
    assert_int_equal(s.data[20000], '|');

    s = crm_arena_printf(&a, "%s", "");
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);

    crm_arena_reset(&a);
    crm_arena_release_free();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_large_keeps_block),
        cmocka_unit_test(test_dup),
        cmocka_unit_test(test_printf)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
