/* addresses, each once; see crm_recipients.h */

#include "domain.h"

#include "crm_recipients.h"


static void
add(crm_recipients_t *r, const char *text)
{
    crm_str_t  address = str(text);

    assert_int_equal(crm_recipients_add(r, &address), CRM_OK);
}


static void
test_once(void **state)
{
    crm_recipients_t  r;

    (void) state;

    assert_int_equal(crm_recipients_init(&r, &arena, 5), CRM_OK);

    add(&r, "b@example.com");
    add(&r, "A@example.com");
    add(&r, "a@EXAMPLE.com");
    add(&r, "b@example.com");

    assert_int_equal(r.n, 2);
    assert_true(crm_str_is(&r.address[0], "b@example.com"));
    assert_true(crm_str_is(&r.address[1], "A@example.com"));
    assert_false(r.truncated);
}


static void
test_full(void **state)
{
    crm_recipients_t  r;

    (void) state;

    assert_int_equal(crm_recipients_init(&r, &arena, 2), CRM_OK);

    add(&r, "a@example.com");
    add(&r, "b@example.com");
    add(&r, "B@example.com");
    assert_false(r.truncated);

    add(&r, "c@example.com");
    assert_true(r.truncated);
    assert_int_equal(r.n, 2);
}


static void
test_many(void **state)
{
    int               i, turn;
    char              text[32];
    crm_recipients_t  r;

    (void) state;

    assert_int_equal(crm_recipients_init(&r, &arena, 1000000), CRM_OK);
    assert_int_equal(r.max, CRM_RECIPIENTS_MAX);

    for (turn = 0; turn < 2; turn++) {
        for (i = 0; i < 20000; i++) {
            snprintf(text, sizeof(text), "user%d@example.com", i);
            add(&r, text);
        }
    }

    assert_int_equal(r.n, 20000);
    assert_true(crm_str_is(&r.address[19999], "user19999@example.com"));
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(test_once, teardown),
        cmocka_unit_test_teardown(test_full, teardown),
        cmocka_unit_test_teardown(test_many, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
