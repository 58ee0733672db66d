/*
 * crm_ops: checks and writes in order, copies of argument vectors.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_ops.h"


static crm_arena_t      arena;
static const crm_str_t  none = crm_null_string;


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static void
test_checks(void **state)
{
    int           i;
    crm_ops_t     ops;
    crm_check_t  *check;

    (void) state;

    crm_ops_init(&ops, &arena);

    for (i = 0; i < 100; i++) {
        check = crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, crm_str("k"),
                              crm_str("version"), crm_str("3"));
        assert_non_null(check);
        assert_int_equal(check->tag, 0);
        check->tag = i;
    }

    assert_int_equal(ops.nchecks, 100);
    assert_false(ops.failed);

    for (i = 0; i < 100; i++) {
        assert_int_equal(ops.checks[i].tag, i);
        assert_int_equal(ops.checks[i].type, CRM_CHECK_FIELD_EQ);
        assert_true(crm_str_is(&ops.checks[i].key, "k"));
        assert_true(crm_str_is(&ops.checks[i].field, "version"));
        assert_true(crm_str_is(&ops.checks[i].value, "3"));
    }
}


static void
test_writes(void **state)
{
    crm_ops_t  ops;
    crm_str_t  argv[4] = {
        crm_string("HSET"), crm_string("k"), crm_string("f"), crm_string("v")
    };

    (void) state;

    crm_ops_init(&ops, &arena);
    crm_ops_write(&ops, 4, argv);
    argv[3] = crm_str("other");
    crm_ops_write(&ops, 4, argv);

    assert_int_equal(ops.nwrites, 2);
    assert_int_equal(ops.writes[0].argc, 4);
    assert_true(crm_str_is(&ops.writes[0].argv[0], "HSET"));
    assert_true(crm_str_is(&ops.writes[0].argv[3], "v"));
    assert_true(crm_str_is(&ops.writes[1].argv[3], "other"));
}


static void
test_put(void **state)
{
    int        i;
    crm_ops_t  ops;

    (void) state;

    crm_ops_init(&ops, &arena);

    crm_ops_put(&ops, "DEL", crm_str("k"), none, none, none);
    crm_ops_put(&ops, "SADD", crm_str("k"), crm_str("m"), none, none);
    crm_ops_put(&ops, "HSET", crm_str("k"), crm_str("f"), crm_str(""), none);
    crm_ops_put(&ops, "LTRIM", crm_str("k"), crm_str("0"), crm_str("9"),
                crm_str("x"));

    assert_int_equal(ops.nwrites, 4);
    assert_int_equal(ops.writes[0].argc, 2);
    assert_true(crm_str_is(&ops.writes[0].argv[0], "DEL"));
    assert_true(crm_str_is(&ops.writes[0].argv[1], "k"));
    assert_int_equal(ops.writes[1].argc, 3);
    assert_int_equal(ops.writes[2].argc, 4);
    assert_true(crm_str_is(&ops.writes[2].argv[3], ""));
    assert_int_equal(ops.writes[3].argc, 5);
    assert_true(crm_str_is(&ops.writes[3].argv[4], "x"));

    for (i = 0; i < 1000; i++) {
        crm_ops_put(&ops, "DEL", crm_str("k"), none, none, none);
    }

    assert_int_equal(ops.nwrites, 1004);
    assert_true(crm_str_is(&ops.writes[2].argv[0], "HSET"));
    assert_true(crm_str_is(&ops.writes[1003].argv[0], "DEL"));
    assert_false(ops.failed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(test_checks, teardown),
        cmocka_unit_test_teardown(test_writes, teardown),
        cmocka_unit_test_teardown(test_put, teardown)
    };

    crm_arena_init(&arena);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
