/* crm_rank: positions in a column */

#include "domain.h"


#define STEP  (1LL << 24)


static void
test_top(void **state)
{
    crm_column_t  empty = { 1, 1, 1, 0 }, filled = { 1, 1, 0, 5 };

    (void) state;

    assert_int_equal(crm_rank_top(&empty), 0);
    assert_int_equal(crm_rank_top(&filled), 5 - STEP);
}


static void
test_between(void **state)
{
    int64_t  low, high, rank;

    (void) state;

    low = 10;
    high = 15;

    assert_int_equal(crm_rank_between(NULL, NULL, &rank), CRM_OK);
    assert_int_equal(rank, 0);

    assert_int_equal(crm_rank_between(NULL, &high, &rank), CRM_OK);
    assert_int_equal(rank, 15 - STEP);

    assert_int_equal(crm_rank_between(&low, NULL, &rank), CRM_OK);
    assert_int_equal(rank, 10 + STEP);

    assert_int_equal(crm_rank_between(&low, &high, &rank), CRM_OK);
    assert_int_equal(rank, 12);

    low = -3;
    high = -1;
    assert_int_equal(crm_rank_between(&low, &high, &rank), CRM_OK);
    assert_int_equal(rank, -2);
}


static void
test_between_no_gap(void **state)
{
    int64_t  low, high, rank;

    (void) state;

    low = 10;
    high = 11;
    assert_int_equal(crm_rank_between(&low, &high, &rank), CRM_DECLINED);

    high = 10;
    assert_int_equal(crm_rank_between(&low, &high, &rank), CRM_DECLINED);
}


static void
test_spread(void **state)
{
    int64_t  low, high, r[4];

    (void) state;

    low = 100;
    high = 164;
    assert_int_equal(crm_rank_spread(&low, &high, 3, r), CRM_OK);
    assert_int_equal(r[0], 116);
    assert_int_equal(r[1], 132);
    assert_int_equal(r[2], 148);

    high = 163;
    assert_int_equal(crm_rank_spread(&low, &high, 3, r), CRM_DECLINED);

    high = 170;
    assert_int_equal(crm_rank_spread(&low, &high, 3, r), CRM_OK);
    assert_int_equal(r[0], 117);
    assert_int_equal(r[1], 135);
    assert_int_equal(r[2], 152);
}


static void
test_spread_open(void **state)
{
    int64_t  end, r[3];

    (void) state;

    end = 7;

    assert_int_equal(crm_rank_spread(NULL, NULL, 3, r), CRM_OK);
    assert_int_equal(r[0], 0);
    assert_int_equal(r[1], STEP);
    assert_int_equal(r[2], 2 * STEP);

    assert_int_equal(crm_rank_spread(&end, NULL, 2, r), CRM_OK);
    assert_int_equal(r[0], 7 + STEP);
    assert_int_equal(r[1], 7 + 2 * STEP);

    assert_int_equal(crm_rank_spread(NULL, &end, 2, r), CRM_OK);
    assert_int_equal(r[0], 7 - 2 * STEP);
    assert_int_equal(r[1], 7 - STEP);
}


/* the whole range that scores hold exactly */

static void
test_spread_wide(void **state)
{
    int64_t   low, high, r[1000];
    unsigned  i;

    (void) state;

    low = -(1LL << 53);
    high = 1LL << 53;

    assert_int_equal(crm_rank_spread(&low, &high, 1000, r), CRM_OK);
    assert_true(r[0] > low);
    assert_true(r[999] < high);

    for (i = 1; i < 1000; i++) {
        assert_true(r[i] > r[i - 1]);
    }
}


/* always into the same gap: a relabelled window makes room again */

static void
test_same_gap(void **state)
{
    int64_t   low, high, rank, r[8];
    unsigned  i;

    (void) state;

    low = 0;
    high = STEP;

    for (i = 0; crm_rank_between(&low, &high, &rank) == CRM_OK; i++) {
        assert_true(rank > low && rank < high);
        high = rank;
    }

    assert_int_equal(i, 24);

    high = STEP;
    assert_int_equal(crm_rank_spread(&low, &high, 8, r), CRM_OK);
    assert_int_equal(crm_rank_between(&low, &r[0], &rank), CRM_OK);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_between_no_gap),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_spread_open),
        cmocka_unit_test(test_spread_wide),
        cmocka_unit_test(test_same_gap)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
