/*
 * crm_fold: each rule of the folded form, and that folding twice is folding
 * once, for every character and for random texts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unicode/utf8.h>

#include "crm_text.h"


#define RANDOM_TEXTS  60000


static crm_arena_t  arena;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);

    return crm_text_init();
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();

    return 0;
}


static void
assert_fold(const char *text, const char *expected)
{
    crm_str_t  s = { strlen(text), (u_char *) text }, folded;

    assert_int_equal(crm_text_fold(&arena, &s, &folded), CRM_OK);

    if (!crm_str_is(&folded, expected)) {
        fail_msg("\"%s\" gives \"%.*s\", not \"%s\"", text,
                 (int) folded.len, folded.data, expected);
    }
}


static void
test_ascii(void **state)
{
    (void) state;

    assert_fold("", "");
    assert_fold("lead", "lead");
    assert_fold("ACME Inc.", "acme inc.");
    assert_fold("  a \t\n\v\f\r b  ", "a b");
    assert_fold(" \n", "");
    assert_fold("@[`{~", "@[`{~");
    assert_fold("AZaz09", "azaz09");
}


static void
test_latin(void **state)
{
    (void) state;

    assert_fold("Stra\u00dfe", "strasse");
    assert_fold("STRA\u1e9eE", "strasse");
    assert_fold("M\u00fcller", "muller");
    assert_fold("Mu\u0308ller", "muller");
    assert_fold("\u0130stanbul", "istanbul");
    assert_fold("\u0131", "\u0131");
    assert_fold("Caf\u00e9 \u00c5ngstr\u00f6m", "cafe angstrom");
    assert_fold("\u1ebe\u1ebf", "ee");
    assert_fold("\u00d8re", "\u00f8re");
    assert_fold("\ufb01\ufb03", "fiffi");
    assert_fold("\u2460\u00bd\u00b2", "11\u204422");
    assert_fold("\uff21\uff43\uff4d\uff45\uff11", "acme1");
    assert_fold("\u039f\u03a3 \u03bf\u03c2", "\u03bf\u03c3 \u03bf\u03c3");
    assert_fold("\u0419\u0451", "\u0438\u0435");
}


static void
test_persian_letters(void **state)
{
    (void) state;

    /* yeh: Arabic, alef maksura, Persian, e, with hamza */
    assert_fold("\u064a\u0649\u06cc\u06d0\u0626",
                "\u06cc\u06cc\u06cc\u06cc\u06cc");

    /* kaf */
    assert_fold("\u0643\u06a9", "\u06a9\u06a9");

    /* heh: heh, teh marbuta, goal, goal with hamza, ae, with yeh above,
       doachashmee */
    assert_fold("\u0647\u0629\u06c1\u06c2\u06d5\u06c0\u06be",
                "\u0647\u0647\u0647\u0647\u0647\u0647\u0647");

    /* alef: madda, hamza above and below, wasla */
    assert_fold("\u0622\u0623\u0625\u0671\u0627",
                "\u0627\u0627\u0627\u0627\u0627");

    /* waw with hamza */
    assert_fold("\u0624\u0648", "\u0648\u0648");

    /* short vowels, doubling, hamza above as a mark of its own */
    assert_fold("\u0645\u064f\u062d\u064e\u0645\u0651\u062f",
                "\u0645\u062d\u0645\u062f");
    assert_fold("\u062e\u0627\u0646\u0647\u0654",
                "\u062e\u0627\u0646\u0647");

    /* presentation forms */
    assert_fold("\ufefb", "\u0644\u0627");
    assert_fold("\ufedb\ufef2", "\u06a9\u06cc");
}


static void
test_digits(void **state)
{
    (void) state;

    assert_fold("\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668"
                "\u0669", "0123456789");
    assert_fold("\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8"
                "\u06f9", "0123456789");
}


static void
test_invisible(void **state)
{
    (void) state;

    /* ZWNJ is a blank, also at the ends and beside another */
    assert_fold("\u0645\u06cc\u200c\u0631\u0648\u0645",
                "\u0645\u06cc \u0631\u0648\u0645");
    assert_fold("\u200ca\u200c \u200cb\u200c", "a b");

    /* ZWSP, ZWJ, direction marks, word joiner, BOM, soft hyphen: out */
    assert_fold("a\u200bb\u200dc\u200ed\u200fe", "abcde");
    assert_fold("\u202aa\u202b\u202cb\u202d\u202ec\u2066\u2067\u2068\u2069",
                "abc");
    assert_fold("\ufeffa\u2060b\u00adc\u061cd", "abcd");

    /* tatweel */
    assert_fold("\u0633\u0640\u0640\u0644\u0627\u0645",
                "\u0633\u0644\u0627\u0645");
}


static void
test_blanks(void **state)
{
    (void) state;

    assert_fold("\u00a0a\u00a0\u2003 b\u3000", "a b");
    assert_fold("a\u2028b\u2029c\xc2\x85 d\u1680e", "a b c d e");
    assert_fold("a \u0640 b", "a b");
    assert_fold("\u00a0\u2003", "");

    /* a diaeresis alone is a blank and an accent */
    assert_fold("a\u00a8b", "a b");
}


/* what NFD takes apart and is no accent is put together again */

static void
test_composed(void **state)
{
    (void) state;

    assert_fold("\ud55c\uae00", "\ud55c\uae00");
    assert_fold("\u1112\u1161\u11ab", "\ud55c");
    assert_fold("\u1112\u0301\u1161\u11ab", "\ud55c");
    assert_fold("\u4e2d\u6587 \U0001f600", "\u4e2d\u6587 \U0001f600");
    assert_fold("\U00010400", "\U00010428");
}


static void
test_expansion(void **state)
{
    int        i;
    u_char     text[3 * 500];
    crm_str_t  s = { sizeof(text), text }, folded;

    (void) state;

    /* U+FDFA is 18 characters in NFKC */

    for (i = 0; i < 500; i++) {
        memcpy(text + 3 * i, "\ufdfa", 3);
    }

    assert_int_equal(crm_text_fold(&arena, &s, &folded), CRM_OK);
    assert_int_equal(crm_utf8_length(&folded), 500 * 18);
}


static void
assert_stable(const u_char *text, size_t len)
{
    crm_str_t  s = { len, (u_char *) text }, once, twice;

    assert_int_equal(crm_text_fold(&arena, &s, &once), CRM_OK);
    assert_int_equal(crm_text_fold(&arena, &once, &twice), CRM_OK);

    if (!crm_str_eq(&once, &twice) || !crm_utf8_valid(&once)) {
        fail_msg("not stable: \"%.*s\"", (int) len, text);
    }

    crm_arena_reset(&arena);
}


static void
test_idempotent_each(void **state)
{
    int32_t  n;
    u_char   text[8];
    UChar32  c;

    (void) state;

    for (c = 1; c <= 0x10ffff; c++) {
        if (c == 0xd800) {
            c = 0xe000;
        }

        /* no character there, now or then: private use planes, plane 4 ff */

        if (c == 0x32000) {
            c = 0xe0000;
        }

        if (c == 0xf0000) {
            c = 0x10fff0;
        }

        n = 0;
        U8_APPEND_UNSAFE(text, n, c);
        assert_stable(text, (size_t) n);
    }
}


static UChar32
random_char(void)
{
    static const UChar32  blocks[][2] = {
        { 0x20, 0x7f }, { 0xa0, 0x250 }, { 0x300, 0x370 },
        { 0x370, 0x530 }, { 0x591, 0x700 }, { 0x900, 0xe00 },
        { 0x1100, 0x1200 }, { 0x1e00, 0x2070 }, { 0x2100, 0x2190 },
        { 0x3000, 0x3100 }, { 0xac00, 0xac40 }, { 0xfb00, 0xfdff },
        { 0xfe00, 0xffff }, { 0x10400, 0x10450 }, { 0x1d400, 0x1d7ff },
        { 0xe0000, 0xe0200 }
    };
    size_t  i;

    i = (size_t) rand() % (sizeof(blocks) / sizeof(blocks[0]));

    return blocks[i][0] + rand() % (blocks[i][1] - blocks[i][0]);
}


static void
test_idempotent_random(void **state)
{
    int      i, len;
    int32_t  n;
    u_char   text[64];

    (void) state;

    srand(3);

    for (i = 0; i < RANDOM_TEXTS; i++) {
        n = 0;

        for (len = 1 + rand() % 10; len > 0; len--) {
            U8_APPEND_UNSAFE(text, n, random_char());
        }

        assert_stable(text, (size_t) n);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_latin),
        cmocka_unit_test(test_persian_letters),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_invisible),
        cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_composed),
        cmocka_unit_test(test_expansion),
        cmocka_unit_test(test_idempotent_each),
        cmocka_unit_test(test_idempotent_random)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
