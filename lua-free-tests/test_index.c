/*
 * crm_index: what the difference of two lists writes, literally; and on
 * random lists, that applying it leads from the one to the other.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_index.h"
#include "crm_out.h"


#define MODEL_KEYS     6
#define MODEL_MEMBERS  8


static crm_arena_t    arena;
static crm_ops_t      ops;
static crm_ix_list_t  old, new;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);
    crm_ops_init(&ops, &arena);
    crm_ix_init(&old, &arena, crm_str("crm:{t1}:"));
    crm_ix_init(&new, &arena, crm_str("crm:{t1}:"));

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


/* the writes as lines of words, without the prefix of the keys */

static void
assert_writes(const char *expected)
{
    unsigned   i, j;
    crm_str_t  word, text;
    crm_out_t  o;

    crm_out_init(&o, &arena, 100);

    for (i = 0; i < ops.nwrites; i++) {
        for (j = 0; j < ops.writes[i].argc; j++) {
            word = ops.writes[i].argv[j];

            if (j == 1) {
                assert_memory_equal(word.data, "crm:{t1}:", 9);
                word.data += 9;
                word.len -= 9;
            }

            crm_out_bytes(&o, " ", j != 0);
            crm_out_str(&o, &word);
        }

        crm_out_lit(&o, "\n");
    }

    crm_out_char(&o, '\0');
    assert_int_equal(crm_out_join(&o, &text), CRM_OK);
    assert_string_equal((char *) text.data, expected);
    assert_false(ops.failed);
}


static crm_str_t
key(const char *name)
{
    return crm_arena_printf(&arena, "crm:{t1}:%s", name);
}


static crm_str_t
numbered(const char *name, int n)
{
    return crm_arena_printf(&arena, "crm:{t1}:%s%d", name, n);
}


static void
fill(crm_ix_list_t *list)
{
    crm_ix_zset(list, key("s:d"), crm_str("1000000001"), 42);
    crm_ix_bit(list, key("f:stage:3"), 1);
    crm_ix_count(list, key("g:o:3"), crm_str("n"), 1);
    crm_ix_field(list, key("mail"), crm_str("a@b.c"), crm_str("1"));
    crm_ix_zset(list, key("p:ab"), crm_str("1"), 0);
}


static void
test_nothing(void **state)
{
    (void) state;

    crm_ix_diff(&ops, NULL, NULL);
    crm_ix_diff(&ops, &old, &new);
    assert_writes("");

    fill(&old);
    fill(&new);
    crm_ix_diff(&ops, &old, &new);
    assert_writes("");
}


static void
test_create(void **state)
{
    (void) state;

    fill(&new);
    crm_ix_diff(&ops, NULL, &new);

    assert_writes("HINCRBY g:o:3 n 1\n"
                  "SETBIT f:stage:3 1 1\n"
                  "HSET mail a@b.c 1\n"
                  "ZADD p:ab 0 1\n"
                  "ZADD s:d 42 1000000001\n");
}


static void
test_delete(void **state)
{
    (void) state;

    fill(&old);
    crm_ix_diff(&ops, &old, NULL);

    assert_writes("HINCRBY g:o:3 n -1\n"
                  "SETBIT f:stage:3 1 0\n"
                  "HDEL mail a@b.c\n"
                  "ZREM p:ab 1\n"
                  "ZREM s:d 1000000001\n");
}


static void
test_zset(void **state)
{
    (void) state;

    crm_ix_zset(&old, key("z"), crm_str("gone"), 1);
    crm_ix_zset(&old, key("z"), crm_str("gone2"), 1);
    crm_ix_zset(&old, key("z"), crm_str("kept"), 2);
    crm_ix_zset(&old, key("z"), crm_str("moved"), -3);

    crm_ix_zset(&new, key("z"), crm_str("new"), 0);
    crm_ix_zset(&new, key("z"), crm_str("moved"), 4);
    crm_ix_zset(&new, key("z"), crm_str("kept"), 2);

    crm_ix_diff(&ops, &old, &new);

    assert_writes("ZREM z gone gone2\n"
                  "ZADD z 4 moved 0 new\n");
}


static void
test_bits(void **state)
{
    (void) state;

    crm_ix_bit(&old, key("f:stage:1"), 9);
    crm_ix_bit(&old, key("f:tag:5"), 9);
    crm_ix_bit(&old, key("f:tag:6"), 9);
    crm_ix_bit(&old, key("f:tag:6"), 10);

    crm_ix_bit(&new, key("f:stage:2"), 9);
    crm_ix_bit(&new, key("f:tag:5"), 9);
    crm_ix_bit(&new, key("f:tag:6"), 4000000000LL);
    crm_ix_bit(&new, key("f:tag:6"), 10);

    crm_ix_diff(&ops, &old, &new);

    assert_writes("SETBIT f:stage:1 9 0\n"
                  "SETBIT f:stage:2 9 1\n"
                  "SETBIT f:tag:6 9 0\n"
                  "SETBIT f:tag:6 4000000000 1\n");
}


static void
test_counts(void **state)
{
    (void) state;

    crm_ix_count(&old, key("g"), crm_str("n"), 1);
    crm_ix_count(&old, key("g"), crm_str("r"), 500);
    crm_ix_count(&old, key("g"), crm_str("r"), 200);
    crm_ix_count(&old, key("h"), crm_str("n"), 1);
    crm_ix_count(&old, key("h"), crm_str("zero"), 0);

    crm_ix_count(&new, key("a"), crm_str("n"), 1);
    crm_ix_count(&new, key("g"), crm_str("n"), 1);
    crm_ix_count(&new, key("g"), crm_str("r"), 1000);
    crm_ix_count(&new, key("h"), crm_str("n"), -2);
    crm_ix_count(&new, key("h"), crm_str("n"), 3);

    assert_int_equal(old.n, 4);
    crm_ix_diff(&ops, &old, &new);

    assert_writes("HINCRBY a n 1\n"
                  "HINCRBY g r 300\n");
}


static void
test_fields(void **state)
{
    (void) state;

    crm_ix_field(&old, key("u"), crm_str("a"), crm_str("1"));
    crm_ix_field(&old, key("u"), crm_str("b"), crm_str("1"));
    crm_ix_field(&old, key("u"), crm_str("c"), crm_str("1"));

    crm_ix_field(&new, key("u"), crm_str("b"), crm_str("2"));
    crm_ix_field(&new, key("u"), crm_str("c"), crm_str("1"));
    crm_ix_field(&new, key("u"), crm_str("d"), crm_str(""));

    crm_ix_diff(&ops, &old, &new);

    assert_writes("HDEL u a\n"
                  "HSET u b 2 d \n");
}


static void
test_sets(void **state)
{
    (void) state;

    crm_ix_zset(&old, key("p"), crm_str("a"), 0);
    crm_ix_zset(&old, key("p"), crm_str("b"), 0);
    crm_ix_zset(&new, key("p"), crm_str("b"), 0);
    crm_ix_zset(&new, key("p"), crm_str("c"), 0);
    crm_ix_zset(&new, key("p"), crm_str("d"), 0);

    crm_ix_diff(&ops, &old, &new);

    assert_writes("ZREM p a\n"
                  "ZADD p 0 c 0 d\n");
}


/* a word twice in a name is one entry */

static void
test_repeated(void **state)
{
    (void) state;

    crm_ix_zset(&old, key("w"), crm_str("x"), 0);
    crm_ix_zset(&old, key("w"), crm_str("x"), 0);
    crm_ix_zset(&old, key("w"), crm_str("y"), 0);
    crm_ix_zset(&old, key("w"), crm_str("y"), 0);

    crm_ix_zset(&new, key("w"), crm_str("x"), 0);
    crm_ix_zset(&new, key("w"), crm_str("z"), 7);
    crm_ix_zset(&new, key("w"), crm_str("z"), 5);

    crm_ix_diff(&ops, &old, &new);

    assert_writes("ZREM w y\n"
                  "ZADD w 5 z\n");
}


/* same bytes, other key: no entry may be taken for its neighbour's */

static void
test_borders(void **state)
{
    (void) state;

    crm_ix_zset(&old, key("ab"), crm_str("c"), 0);
    crm_ix_zset(&old, key("abcdefgh1"), crm_str("m"), 0);
    crm_ix_zset(&new, key("a"), crm_str("bc"), 0);
    crm_ix_zset(&new, key("abcdefgh2"), crm_str("m"), 0);
    crm_ix_zset(&new, key("abcdefgh"), crm_str("m"), 0);
    crm_ix_zset(&new, key(""), crm_str("m"), 0);

    crm_ix_diff(&ops, &old, &new);

    assert_writes("ZADD  0 m\n"
                  "ZADD a 0 bc\n"
                  "ZREM ab c\n"
                  "ZADD abcdefgh 0 m\n"
                  "ZREM abcdefgh1 m\n"
                  "ZADD abcdefgh2 0 m\n");
}


static void
test_lists_stay(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 500; i++) {
        crm_ix_zset(&new, numbered("k:", 499 - i), crm_str("m"), 0);
    }

    crm_ix_diff(&ops, NULL, &new);

    assert_int_equal(ops.nwrites, 500);
    assert_int_equal(new.n, 500);
    assert_true(crm_str_is(&new.ix[0].key, "crm:{t1}:k:499"));
    assert_true(crm_str_is(&ops.writes[0].argv[1], "crm:{t1}:k:0"));
}


static void
test_failure_is_remembered(void **state)
{
    (void) state;

    fill(&new);
    new.failed = 1;
    crm_ix_diff(&ops, NULL, &new);

    assert_true(ops.failed);
}


/* zsets, as a table of scores; 0 is "absent" */

static void
model_fill(crm_ix_list_t *list, int64_t model[MODEL_KEYS][MODEL_MEMBERS])
{
    int          n, k, m;
    static char  letters[] = "abcdefgh";
    crm_str_t    member;

    memset(model, 0, sizeof(int64_t) * MODEL_KEYS * MODEL_MEMBERS);

    for (n = rand() % 40; n > 0; n--) {
        k = rand() % MODEL_KEYS;
        m = rand() % MODEL_MEMBERS;
        model[k][m] = 1 + rand() % 3;

        member.len = 1;
        member.data = (u_char *) &letters[m];
        crm_ix_zset(list, numbered("key:of:model:", k), member,
                    model[k][m]);
    }
}


static void
model_apply(const crm_write_t *write,
    int64_t model[MODEL_KEYS][MODEL_MEMBERS])
{
    int        k;
    unsigned   i;
    crm_str_t  key = write->argv[1];

    k = key.data[key.len - 1] - '0';

    if (crm_str_is(&write->argv[0], "ZREM")) {
        for (i = 2; i < write->argc; i++) {
            assert_true(model[k][write->argv[i].data[0] - 'a'] != 0);
            model[k][write->argv[i].data[0] - 'a'] = 0;
        }

        return;
    }

    assert_true(crm_str_is(&write->argv[0], "ZADD"));

    for (i = 2; i < write->argc; i += 2) {
        model[k][write->argv[i + 1].data[0] - 'a']
            = write->argv[i].data[0] - '0';
    }
}


static void
test_model(void **state)
{
    int       round;
    unsigned  i;
    int64_t   from[MODEL_KEYS][MODEL_MEMBERS], to[MODEL_KEYS][MODEL_MEMBERS];

    srand(1);

    for (round = 0; round < 2000; round++) {
        (void) setup(state);

        model_fill(&old, from);
        model_fill(&new, to);

        crm_ix_diff(&ops, &old, &new);
        assert_true(ops.nwrites <= 2 * MODEL_KEYS);

        for (i = 0; i < ops.nwrites; i++) {
            model_apply(&ops.writes[i], from);
        }

        assert_memory_equal(from, to, sizeof(to));
        (void) teardown(state);
    }
}


#define crm_index_test(name)                                                  \
    cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        crm_index_test(test_nothing),
        crm_index_test(test_create),
        crm_index_test(test_delete),
        crm_index_test(test_zset),
        crm_index_test(test_bits),
        crm_index_test(test_counts),
        crm_index_test(test_fields),
        crm_index_test(test_sets),
        crm_index_test(test_repeated),
        crm_index_test(test_borders),
        crm_index_test(test_lists_stay),
        crm_index_test(test_failure_is_remembered),
        cmocka_unit_test(test_model)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
