/*
 * crm_resp: commands and commits as bytes, error replies by class.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_resp.h"


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


/* as many bytes as the bound says, so that ASAN sees one too many */

static void
commit_is(const crm_ops_t *ops, const char *expected)
{
    u_char             *p, *end;
    crm_resp_commit_t   commit;

    assert_int_equal(crm_resp_commit_prepare(&commit, ops, crm_str("f")),
                     CRM_OK);

    p = malloc(commit.size);
    assert_non_null(p);

    end = crm_resp_commit(p, &commit);

    assert_true((size_t) (end - p) <= commit.size);
    assert_int_equal(end - p, strlen(expected));
    assert_memory_equal(p, expected, end - p);

    free(p);
}


static void
test_command(void **state)
{
    u_char     *p, *end;
    size_t      size;
    crm_str_t   argv[3] = { crm_string("SET"), crm_string("k\0\r\n"),
                            crm_null_string };

    (void) state;

    size = crm_resp_command_size(3, argv);
    p = malloc(size);
    assert_non_null(p);

    end = crm_resp_command(p, 3, argv);

    assert_int_equal(end - p, 4 + 9 + 10 + 6);
    assert_memory_equal(p, "*3\r\n$3\r\nSET\r\n$4\r\nk\0\r\n\r\n$0\r\n\r\n",
                        end - p);
    assert_true((size_t) (end - p) <= size);

    free(p);
}


static void
test_long_argument(void **state)
{
    u_char     *p, *end;
    size_t      size;
    crm_str_t   argv[2] = { crm_string("GET"), crm_null_string };

    (void) state;

    argv[1].len = 123456;
    argv[1].data = calloc(1, argv[1].len);
    assert_non_null(argv[1].data);

    size = crm_resp_command_size(2, argv);
    p = malloc(size);
    assert_non_null(p);

    end = crm_resp_command(p, 2, argv);

    assert_int_equal(end - p, 4 + 9 + 9 + 123456 + 2);
    assert_memory_equal(p + 13, "$123456\r\n", 9);

    free(p);
    free(argv[1].data);
}


static void
test_commit_of_nothing(void **state)
{
    crm_ops_t  ops;

    (void) state;

    crm_ops_init(&ops, &arena);

    commit_is(&ops, "*4\r\n$5\r\nFCALL\r\n$1\r\nf\r\n$1\r\n0\r\n$1\r\n0\r\n");
}


static void
test_commit_keys_in_order_of_mention(void **state)
{
    crm_ops_t  ops;

    (void) state;

    crm_ops_init(&ops, &arena);

    crm_ops_check(&ops, CRM_CHECK_FIELD_EQ, crm_str("a"), crm_str("v"),
                  crm_str("7"));
    crm_ops_check(&ops, CRM_CHECK_KEY_FREE, crm_str("b"), none, none);
    crm_ops_put(&ops, "HSET", crm_str("a"), crm_str("v"), crm_str("8"), none);
    crm_ops_put(&ops, "DEL", crm_str("c"), none, none, none);

    commit_is(&ops,
              "*22\r\n$5\r\nFCALL\r\n$1\r\nf\r\n"
              "$1\r\n4\r\n$1\r\na\r\n$1\r\nb\r\n"
              "$1\r\na\r\n$1\r\nc\r\n"
              "$1\r\n2\r\n"
              "$1\r\n0\r\n$1\r\nv\r\n$1\r\n7\r\n"
              "$1\r\n3\r\n$0\r\n\r\n$0\r\n\r\n"
              "$4\r\nHSET\r\n$1\r\n2\r\n$1\r\n1\r\n"
              "$1\r\nv\r\n$1\r\n8\r\n"
              "$3\r\nDEL\r\n$1\r\n0\r\n$1\r\n1\r\n");
}


static void
test_commit_same_writes_are_one_run(void **state)
{
    crm_ops_t  ops;

    (void) state;

    crm_ops_init(&ops, &arena);

    crm_ops_put(&ops, "SADD", crm_str("a"), crm_str("1"), none, none);
    crm_ops_put(&ops, "SADD", crm_str("b"), crm_str("2"), none, none);
    crm_ops_put(&ops, "SADD", crm_str("a"), crm_str("3"), crm_str("4"), none);
    crm_ops_put(&ops, "SREM", crm_str("a"), crm_str("5"), crm_str("6"), none);

    commit_is(&ops,
              "*23\r\n$5\r\nFCALL\r\n$1\r\nf\r\n"
              "$1\r\n4\r\n$1\r\na\r\n$1\r\nb\r\n"
              "$1\r\na\r\n$1\r\na\r\n"
              "$1\r\n0\r\n"
              "$4\r\nSADD\r\n$1\r\n1\r\n$1\r\n2\r\n"
              "$1\r\n1\r\n$1\r\n2\r\n"
              "$4\r\nSADD\r\n$1\r\n2\r\n$1\r\n1\r\n"
              "$1\r\n3\r\n$1\r\n4\r\n"
              "$4\r\nSREM\r\n$1\r\n2\r\n$1\r\n1\r\n"
              "$1\r\n5\r\n$1\r\n6\r\n");
}


static void
test_commit_rename_has_two_keys(void **state)
{
    crm_ops_t  ops;

    (void) state;

    crm_ops_init(&ops, &arena);

    crm_ops_put(&ops, "RENAME", crm_str("x"), crm_str("y"), none, none);
    crm_ops_put(&ops, "RENAME", crm_str("y"), crm_str("z"), none, none);

    commit_is(&ops,
              "*11\r\n$5\r\nFCALL\r\n$1\r\nf\r\n"
              "$1\r\n4\r\n$1\r\nx\r\n$1\r\ny\r\n"
              "$1\r\ny\r\n$1\r\nz\r\n$1\r\n0\r\n"
              "$6\r\nRENAME\r\n$1\r\n0\r\n$1\r\n2\r\n");
}


static void
test_commit_of_thousands(void **state)
{
    int                 i;
    u_char             *p, *end;
    crm_ops_t           ops;
    crm_resp_commit_t   commit;

    (void) state;

    crm_ops_init(&ops, &arena);

    for (i = 0; i < 5000; i++) {
        crm_ops_put(&ops, "SADD", crm_arena_printf(&arena, "k%d", i % 3000),
                    crm_arena_printf(&arena, "m%d", i), none, none);
    }

    assert_int_equal(crm_resp_commit_prepare(&commit, &ops, crm_str("f")),
                     CRM_OK);
    assert_int_equal(commit.nkeys, 5000);
    assert_int_equal(commit.argc, 4 + 5000 + 3 + 5000);

    p = malloc(commit.size);
    assert_non_null(p);

    end = crm_resp_commit(p, &commit);
    assert_true((size_t) (end - p) <= commit.size);
    assert_memory_equal(end - 22, "$5\r\nm4998\r\n$5\r\nm4999\r\n", 22);

    free(p);
}


static void
test_commit_without_key(void **state)
{
    crm_ops_t          ops;
    crm_str_t          argv[1] = { crm_string("DEL") };
    crm_resp_commit_t  commit;

    (void) state;

    crm_ops_init(&ops, &arena);
    crm_ops_write(&ops, 1, argv);

    assert_int_equal(crm_resp_commit_prepare(&commit, &ops, crm_str("f")),
                     CRM_DECLINED);
}


static int
class_of(const char *text)
{
    crm_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return crm_resp_error(&s);
}


static void
test_error_classes(void **state)
{
    (void) state;

    assert_int_equal(class_of("LOADING Redis is loading the dataset"),
                     CRM_RESP_REFUSED);
    assert_int_equal(class_of("BUSY Redis is busy"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("ERR increment or decrement would overflow"),
                     CRM_RESP_OVERFLOW);
    assert_int_equal(class_of("OOM command not allowed"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("MISCONF Redis is configured"),
                     CRM_RESP_REFUSED);
    assert_int_equal(class_of("NOREPLICAS Not enough"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("MASTERDOWN Link"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("TRYAGAIN Multiple keys"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("CLUSTERDOWN"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("MOVED 1 127.0.0.1:1"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("ASK 1 127.0.0.1:1"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("NOPERM this user"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("WRONGPASS invalid"), CRM_RESP_REFUSED);
    assert_int_equal(class_of("EXECABORT Transaction"), CRM_RESP_REFUSED);

    assert_int_equal(class_of("NOAUTH Authentication required."),
                     CRM_RESP_STALE);
    assert_int_equal(class_of("READONLY You can't write"), CRM_RESP_STALE);
    assert_int_equal(class_of("ERR Function not found"), CRM_RESP_STALE);

    assert_int_equal(class_of("ERR Function not foundx"), CRM_RESP_FAULT);
    assert_int_equal(class_of("WRONGTYPE Operation"), CRM_RESP_FAULT);
    assert_int_equal(class_of("ERR syntax error"), CRM_RESP_FAULT);
    assert_int_equal(class_of("CROSSSLOT Keys"), CRM_RESP_FAULT);
    assert_int_equal(class_of("LOADINGS"), CRM_RESP_FAULT);
    assert_int_equal(class_of("LOAD"), CRM_RESP_FAULT);
    assert_int_equal(class_of(""), CRM_RESP_FAULT);
}


static void
test_error_text_hides_arguments(void **state)
{
    u_char     text[300];
    crm_str_t  s, shown;

    (void) state;

    s = crm_str("ERR unknown command 'AUTH', with args beginning with: 's3'");
    shown = crm_resp_error_text(&s);
    assert_true(crm_str_is(&shown, "ERR unknown command 'AUTH'"));

    s = crm_str("ERR syntax error");
    shown = crm_resp_error_text(&s);
    assert_true(crm_str_is(&shown, "ERR syntax error"));

    memset(text, 'x', sizeof(text));
    s.data = text;
    s.len = sizeof(text);
    shown = crm_resp_error_text(&s);
    assert_int_equal(shown.len, 200);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(test_command, teardown),
        cmocka_unit_test(test_long_argument),
        cmocka_unit_test_teardown(test_commit_of_nothing, teardown),
        cmocka_unit_test_teardown(test_commit_keys_in_order_of_mention,
                                  teardown),
        cmocka_unit_test_teardown(test_commit_same_writes_are_one_run,
                                  teardown),
        cmocka_unit_test_teardown(test_commit_rename_has_two_keys, teardown),
        cmocka_unit_test_teardown(test_commit_of_thousands, teardown),
        cmocka_unit_test_teardown(test_commit_without_key, teardown),
        cmocka_unit_test(test_error_classes),
        cmocka_unit_test(test_error_text_hides_arguments),
    };

    return cmocka_run_group_tests_name("resp", tests, NULL, NULL);
}
