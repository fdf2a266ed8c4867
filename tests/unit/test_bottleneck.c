/* Bottlenecks: when a cell becomes one, what it gives its users, and when it is given up. */
#include "resources/flow/bottleneck.h"

#include "resources/flow/cells.h"
#include "resources/flow/solver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define USERS 16 /* the least that a bottleneck is made of */
#define LEAST 8  /* below these it is given up */

struct world {
    struct sharing sharing;
    struct agenda agenda;
    struct variable *users[2 * USERS];
    uint32_t count;
};

/* A variable that uses resource 0 with that weight, and the resource `also` (0: none) with 1. */
static struct variable *add_user(struct world *world, double weight, double bound, uint32_t also,
                                 double now)
{
    struct variable *variable = variable_create(2);
    struct variable_memory memory;
    assert_int_equal(variable_own(variable, 2, 2, 1, &memory), 0);
    variable->members = memory.members;
    variable->bound = bound;
    variable->num_uses = also ? 2 : 1;
    for (uint32_t i = 0; i < variable->num_uses; i++) {
        memory.resources[i] = i == 0 ? 0 : also;
        memory.sets[i] = (struct resource_set){.resources = &memory.resources[i], .count = 1};
        variable->uses[i] =
            (struct use){.weight = i == 0 ? weight : 1, .times = 1, .set = &memory.sets[i]};
    }
    variable->entry.order = world->count;
    world->users[world->count++] = variable;
    sharing_enable(&world->sharing, variable, now);
    return variable;
}

static void remove_last(struct world *world)
{
    sharing_destroy(&world->sharing, world->users[--world->count]);
}

static const struct bottleneck *bottleneck_of(const struct world *world)
{
    return world->sharing.resources[0].cell->bottleneck;
}

/* Users of weight 1 on a resource of that capacity, solved at 0; resource 1 has the same. */
static void set_up(struct world *world, uint32_t num_users, double capacity)
{
    *world = (struct world){.count = 0};
    assert_int_equal(sharing_init(&world->sharing, 2, 1e-5, 1e-14, &world->agenda), 0);
    world->sharing.resources[0].capacity = world->sharing.resources[1].capacity = capacity;
    for (uint32_t i = 0; i < num_users; i++)
        add_user(world, 1, 0, 0, 0);
    sharing_solve(&world->sharing, 0);
}

static void tear_down(struct world *world)
{
    while (world->count > 0)
        remove_last(world);
    sharing_release(&world->sharing);
    agenda_release(&world->agenda);
}

static void check_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-12 * fmax(1, fabs(expected)));
}

static void test_enough_users_of_one_cell_make_a_bottleneck(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 32);
    assert_non_null(bottleneck_of(&world));
    for (uint32_t i = 0; i < USERS; i++)
        check_near(variable_rate(world.users[i]), 2);
    check_near(sharing_load(&world.sharing, 0), 32);
    tear_down(&world);
    set_up(&world, USERS - 1, 32);
    assert_null(bottleneck_of(&world));
    tear_down(&world);
}

/* Only the first end is in the sharing's agenda, as the bottleneck's. */
static void test_the_next_end_is_that_of_the_first_user(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 32);
    assert_int_equal(world.agenda.count, 1);
    const struct agenda_entry *first = agenda_first(&world.agenda);
    check_near(first->time, 0.5); /* a whole task at 2 per second */
    assert_ptr_equal(bottleneck_first(first), world.users[0]);
    tear_down(&world);
}

/* 16 users of 16: 1 each. One leaves at 0.25; the others have 0.75 left, and 16/15 each. */
static void test_those_that_stay_share_what_a_user_leaves(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 16);
    world.sharing.now = 0.25;
    remove_last(&world);
    sharing_solve(&world.sharing, 0.25);
    assert_non_null(bottleneck_of(&world));
    check_near(variable_rate(world.users[0]), 16.0 / 15);
    check_near(agenda_first(&world.agenda)->time, 0.25 + 0.75 * 15 / 16);
    tear_down(&world);
}

/* 16 of weight 1 and, from 0.5 on, one of weight 2 share 17: 1 each, which is half a task per
 * second for the newcomer. Until 0.5 they had 17/16. */
static void test_a_newcomer_gets_the_same_share_whatever_its_weight(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 17);
    struct variable *heavy = add_user(&world, 2, 0, 0, 0.5);
    sharing_solve(&world.sharing, 0.5);
    assert_ptr_equal(heavy->bottleneck, bottleneck_of(&world));
    check_near(variable_rate(heavy), 0.5);
    check_near(variable_rate(world.users[0]), 1);
    check_near(agenda_first(&world.agenda)->time, 0.5 + (1 - 0.5 * 17 / 16));
    tear_down(&world);
}

static void test_too_few_users_give_it_up_and_keep_what_they_have_left(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 16);
    world.sharing.now = 0.5;
    while (world.count > LEAST)
        remove_last(&world);
    sharing_solve(&world.sharing, 0.5);
    assert_non_null(bottleneck_of(&world));
    check_near(variable_rate(world.users[0]), 2);
    remove_last(&world);
    sharing_solve(&world.sharing, 0.5);
    assert_null(bottleneck_of(&world));
    check_near(variable_rate(world.users[0]), 16.0 / 7);
    check_near(world.users[0]->remaining, 0.5);
    check_near(agenda_first(&world.agenda)->time, 0.5 + 0.5 * 7 / 16);
    tear_down(&world);
}

/* The bound of 0.5 is below the share of 1. */
static void test_a_newcomer_that_its_bound_holds_back_gives_it_up(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 17);
    struct variable *bounded = add_user(&world, 1, 0.5, 0, 0);
    sharing_solve(&world.sharing, 0);
    assert_null(bottleneck_of(&world));
    check_near(variable_rate(bounded), 0.5);
    tear_down(&world);
}

static void test_a_bound_above_the_share_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 17);
    struct variable *bounded = add_user(&world, 1, 1.5, 0, 0);
    sharing_solve(&world.sharing, 0);
    assert_ptr_equal(bounded->bottleneck, bottleneck_of(&world));
    check_near(variable_rate(bounded), 1);
    tear_down(&world);
}

/* The second user of resource 1 connects two users of the bottleneck elsewhere. */
static void test_users_that_share_something_else_give_it_up(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, USERS, 18);
    add_user(&world, 1, 0, 1, 0);
    sharing_solve(&world.sharing, 0);
    assert_non_null(bottleneck_of(&world));
    add_user(&world, 1, 0, 1, 0);
    sharing_solve(&world.sharing, 0);
    assert_null(bottleneck_of(&world));
    for (uint32_t i = 0; i < world.count; i++)
        check_near(variable_rate(world.users[i]), 1);
    tear_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enough_users_of_one_cell_make_a_bottleneck),
        cmocka_unit_test(test_the_next_end_is_that_of_the_first_user),
        cmocka_unit_test(test_those_that_stay_share_what_a_user_leaves),
        cmocka_unit_test(test_a_newcomer_gets_the_same_share_whatever_its_weight),
        cmocka_unit_test(test_too_few_users_give_it_up_and_keep_what_they_have_left),
        cmocka_unit_test(test_a_newcomer_that_its_bound_holds_back_gives_it_up),
        cmocka_unit_test(test_a_bound_above_the_share_changes_nothing),
        cmocka_unit_test(test_users_that_share_something_else_give_it_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
