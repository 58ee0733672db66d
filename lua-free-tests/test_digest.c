/*
 * crm_digest: known answers, tokens, base64url.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "crm_digest.h"


static crm_arena_t  arena;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);

    return crm_digest_init();
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static int
decode(const char *text, crm_str_t *dst)
{
    crm_str_t  s = { strlen(text), (u_char *) text };

    return crm_base64url_decode(&arena, &s, dst);
}


static void
assert_base64(const char *data, size_t len, const char *expected)
{
    crm_str_t  src = { len, (u_char *) data }, dst;

    assert_int_equal(crm_base64url_encode(&arena, &src, &dst), CRM_OK);
    assert_true(crm_str_is(&dst, expected));

    assert_int_equal(decode(expected, &dst), CRM_OK);
    assert_true(crm_str_eq(&src, &dst));
}


/* the digests of FIPS 180-2, as base64url */

static void
test_sha256(void **state)
{
    u_char  p[CRM_SHA256_TEXT + 1];

    (void) state;

    p[CRM_SHA256_TEXT] = '!';

    assert_ptr_equal(crm_sha256_text(p, "abc", 3), p + CRM_SHA256_TEXT);
    assert_memory_equal(p, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0!",
                        CRM_SHA256_TEXT + 1);

    (void) crm_sha256_text(p, "", 0);
    assert_memory_equal(p, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU!",
                        CRM_SHA256_TEXT + 1);
}


static void
test_token(void **state)
{
    int        i;
    u_char     one[CRM_TOKEN_LEN + 1], two[CRM_TOKEN_LEN + 1];
    crm_str_t  s, raw;

    (void) state;

    one[CRM_TOKEN_LEN] = '!';

    assert_ptr_equal(crm_token_make(one), one + CRM_TOKEN_LEN);
    (void) crm_token_make(two);

    assert_int_equal(one[CRM_TOKEN_LEN], '!');
    assert_memory_not_equal(one, two, CRM_TOKEN_LEN);

    s.len = CRM_TOKEN_LEN;
    s.data = one;
    assert_int_equal(crm_base64url_decode(&arena, &s, &raw), CRM_OK);
    assert_int_equal(raw.len, 32);

    /* not all bytes the same; wrong once in 2^248 runs */
    for (i = 1; i < 32 && raw.data[i] == raw.data[0]; i++) {
        /* void */
    }

    assert_true(i < 32);
}


/* must not change: ETags, buckets and cursors of running systems use it */

static void
test_hash64(void **state)
{
    (void) state;

    assert_true(crm_hash64("", 0) == 3994818760533576922ULL);
    assert_true(crm_hash64("lead", 4) == 12016071644211462526ULL);
    assert_true(crm_hash64("lead", 4) != crm_hash64("leae", 4));
}


static void
test_base64url(void **state)
{
    (void) state;

    assert_base64("", 0, "");
    assert_base64("f", 1, "Zg");
    assert_base64("fo", 2, "Zm8");
    assert_base64("foo", 3, "Zm9v");
    assert_base64("foob", 4, "Zm9vYg");
    assert_base64("\xfb\xff\xfe", 3, "-__-");
    assert_base64("\0\0", 2, "AAA");
}


static void
test_base64url_refused(void **state)
{
    size_t     i;
    crm_str_t  dst;

    static const char  *refused[] = {
        "Zg==", "Z", "Zm9vY", "Zm 9v", "Zm9v\n", "+__+", "Zm9/",
        "Zh", "Zm9", "\xd8\xa7", "Zm9v!"
    };

    (void) state;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(decode(refused[i], &dst), CRM_DECLINED);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_hash64),
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_base64url_refused)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
