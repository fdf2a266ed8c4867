/* Factors of the Fair Tree, worked out by hand. */
#include "policies/fair_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    struct shares shares;
    struct fair_tree tree;
};

/* Users 0, 1, 2 ... with what they used. */
static void add_user(struct world *world, const char *account, double account_shares, double usage)
{
    char name[16];
    size_t user;
    bool changed;
    snprintf(name, sizeof name, "%zu", world->shares.users.count);
    assert_int_equal(shares_identify(&world->shares, name, 0, &user, &changed), 0);
    world->shares.users.items[user].usage = usage;
    assert_int_equal(fair_tree_add(&world->tree, account, account_shares, user, 1), 0);
}

static void check_factors(struct world *world, const double *factors)
{
    assert_int_equal(fair_tree_settle(&world->tree, &world->shares), 0);
    for (size_t i = 0; i < world->shares.users.count; i++)
        assert_float_equal(world->shares.users.items[i].factor, factors[i], 1e-12);
    shares_release(&world->shares);
    fair_tree_release(&world->tree);
}

/* The root has a share of one third for user 0 and for either account. */
static void test_a_user_beside_an_account_of_its_level_has_the_rank_of_its_first(void **state)
{
    (void)state;
    struct world world = {0};
    add_user(&world, "", 1, 0);
    add_user(&world, "a", 1, 0);
    add_user(&world, "a", 1, 10);
    add_user(&world, "b", 1, 0);
    check_factors(&world, (const double[]){1, 0.5, 0.25, 1});
}

/* Levels of users: 0.5 and infinite in a, 1 in b. */
static void test_accounts_of_one_level_are_one(void **state)
{
    (void)state;
    struct world world = {0};
    add_user(&world, "a", 1, 10);
    add_user(&world, "a", 1, 0);
    add_user(&world, "b", 1, 10);
    check_factors(&world, (const double[]){1. / 3, 1, 2. / 3});
}

/* Of lab's 30, a had 20 with two shares of three, b 10 with one: they are equal. */
static void test_shares_count_within_the_account_above(void **state)
{
    (void)state;
    struct world world = {0};
    add_user(&world, "lab/a", 2, 20);
    add_user(&world, "lab/b", 1, 10);
    add_user(&world, "c", 1, 40);
    add_user(&world, "none", 0, 0);
    check_factors(&world, (const double[]){1, 1, 0.5, 0.25});
}

/* Nobody used anything: all are first. */
static void test_at_first_all_are_equal(void **state)
{
    (void)state;
    struct world world = {0};
    add_user(&world, "a", 1, 0);
    add_user(&world, "b/x/y", 1, 0);
    add_user(&world, "", 1, 0);
    check_factors(&world, (const double[]){1, 1, 1});
}

/* Names of any depth. */
static void test_accounts_may_be_deep(void **state)
{
    (void)state;
    struct world world = {0};
    char deep[2001];
    for (size_t i = 0; i < sizeof deep - 1; i++)
        deep[i] = i % 2 ? '/' : 'a';
    deep[sizeof deep - 1] = '\0';
    add_user(&world, deep, 1, 10);
    add_user(&world, "a", 1, 10);
    check_factors(&world, (const double[]){1, 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_user_beside_an_account_of_its_level_has_the_rank_of_its_first),
        cmocka_unit_test(test_accounts_of_one_level_are_one),
        cmocka_unit_test(test_shares_count_within_the_account_above),
        cmocka_unit_test(test_at_first_all_are_equal),
        cmocka_unit_test(test_accounts_may_be_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
