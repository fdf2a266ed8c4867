/* The flow model's sharing on cases worked out by hand: rates, bounds, fat pipes, members that
 * stand for each other, and how they split. */
#include "resources/flow/bottleneck.h"
#include "resources/flow/cells.h"
#include "resources/flow/solver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_USES 4
#define MAX_RESOURCES 4 /* of a use */

struct world {
    struct sharing sharing;
    struct agenda agenda;
};

static void set_up(struct world *world, uint32_t count, const double *capacities)
{
    memset(world, 0, sizeof *world);
    assert_int_equal(sharing_init(&world->sharing, count, 1e-5, 1e-14, &world->agenda), 0);
    for (uint32_t i = 0; i < count; i++)
        world->sharing.resources[i].capacity = capacities[i];
}

static void tear_down(struct world *world)
{
    sharing_release(&world->sharing);
    agenda_release(&world->agenda);
}

static struct variable *new_variable(uint32_t num_members, double bound)
{
    struct variable *variable = variable_create(MAX_USES);
    struct variable_memory memory;
    assert_non_null(variable);
    assert_int_equal(
        variable_own(variable, MAX_USES, (size_t)MAX_USES * MAX_RESOURCES, num_members, &memory),
        0);
    variable->num_members = num_members;
    variable->members = memory.members;
    for (uint32_t i = 0; i < num_members; i++)
        memory.members[i] = i;
    variable->bound = bound;
    return variable;
}

static void use_set(struct variable *variable, double weight, bool each, struct resource_set *set)
{
    variable->uses[variable->num_uses++] =
        (struct use){.weight = weight, .times = 1, .each = each, .set = set};
}

/* A use of a set of the variable's own. */
static void use(struct variable *variable, double weight, bool each, uint32_t count,
                const uint32_t *resources)
{
    struct resource_set *sets = variable->memory, *set = &sets[variable->num_uses];
    uint32_t *copy =
        (uint32_t *)(void *)(sets + MAX_USES) + (size_t)variable->num_uses * MAX_RESOURCES;
    memcpy(copy, resources, count * sizeof *resources);
    *set = (struct resource_set){.resources = copy, .count = count};
    use_set(variable, weight, each, set);
}

/* A variable of one member that uses each of the resources with weight 1, enabled. */
static struct variable *single(struct world *world, double bound, uint32_t count,
                               const uint32_t *resources)
{
    struct variable *variable = new_variable(1, bound);
    for (uint32_t i = 0; i < count; i++)
        use(variable, 1, false, 1, &resources[i]);
    sharing_enable(&world->sharing, variable, 0);
    return variable;
}

#define SINGLE(world, bound, ...)                                                                  \
    single(world, bound, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                     \
           (uint32_t[]){__VA_ARGS__})

static void check_rate(const struct variable *variable, double rate)
{
    assert_true(fabs(variable->rate - rate) < 1e-9);
}

static void destroy(struct world *world, struct variable *variable)
{
    sharing_destroy(&world->sharing, variable);
}

static void test_equal_variables_get_equal_shares(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 1, (double[]){10});
    struct variable *a = SINGLE(&world, 0, 0), *b = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(a, 5);
    check_rate(b, 5);
    assert_true(sharing_load(&world.sharing, 0) == 10);
    assert_true(fabs(a->entry.time - 0.2) < 1e-12);
    destroy(&world, a);
    sharing_solve(&world.sharing, 0.1);
    check_rate(b, 10);
    assert_true(fabs(b->entry.time - 0.15) < 1e-12); /* half is done at 0.1 */
    destroy(&world, b);
    assert_true(sharing_load(&world.sharing, 0) == 0);
    tear_down(&world);
}

static void test_bound_leaves_the_rest_to_others(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 1, (double[]){10});
    struct variable *a = SINGLE(&world, 2, 0), *b = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(a, 2);
    /* Round 1: 2 and 5 of 10. Round 2: b is offered the 3 that are left. */
    check_rate(b, 8);
    destroy(&world, a);
    destroy(&world, b);
    tear_down(&world);
}

static void test_bottleneck_elsewhere(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 2, (double[]){10, 4});
    struct variable *a = SINGLE(&world, 0, 0, 1), *b = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(a, 4);
    check_rate(b, 6);
    destroy(&world, a);
    destroy(&world, b);
    tear_down(&world);
}

/* SimGrid's habit: a's last increment of 1 is charged again in round 2. Shared fairly c would
 * get 59. */
static void test_stopped_variables_are_charged_again_as_in_simgrid(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){100, 1, 40});
    struct variable *a = SINGLE(&world, 0, 0, 1), *b = SINGLE(&world, 0, 0, 2),
                    *c = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(a, 1);
    check_rate(b, 40);
    check_rate(c, 58);
    destroy(&world, a);
    destroy(&world, b);
    destroy(&world, c);
    tear_down(&world);
}

static void test_fat_pipe_is_not_shared(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 1, (double[]){10});
    world.sharing.resources[0].fatpipe = true;
    struct variable *a = SINGLE(&world, 0, 0), *b = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(a, 10);
    check_rate(b, 10);
    assert_true(sharing_load(&world.sharing, 0) == 10);
    destroy(&world, a);
    destroy(&world, b);
    tear_down(&world);
}

/* Three members with a link each (0, 1, 2) and one in common (3). */
static struct variable *trio(struct world *world, bool with_common)
{
    struct variable *variable = new_variable(3, 0);
    use(variable, 1, true, 3, (uint32_t[]){0, 1, 2});
    if (with_common)
        use(variable, 1, false, 1, (uint32_t[]){3});
    sharing_enable(&world->sharing, variable, 0);
    return variable;
}

static void test_members_count_on_what_they_share(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 4, (double[]){5, 5, 5, 12});
    struct variable *members = trio(&world, true), *other = SINGLE(&world, 0, 3);
    sharing_solve(&world.sharing, 0);
    check_rate(members, 3);
    check_rate(other, 3);
    assert_null(members->next_sibling);
    assert_ptr_equal(world.sharing.resources[0].cell, world.sharing.resources[2].cell);
    assert_true(sharing_load(&world.sharing, 3) == 12);
    assert_true(sharing_load(&world.sharing, 1) == 3);
    destroy(&world, members);
    destroy(&world, other);
    tear_down(&world);
}

static void test_members_split_when_one_is_disturbed(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 4, (double[]){6, 6, 6, 100});
    struct variable *members = trio(&world, true);
    sharing_solve(&world.sharing, 0);
    check_rate(members, 6);
    struct variable *other = SINGLE(&world, 0, 1);
    sharing_solve(&world.sharing, 0.05);
    struct variable *part = members->next_sibling;
    assert_non_null(part);
    assert_int_equal(members->num_members + part->num_members, 3);
    struct variable *alone = part->num_members == 1 ? part : members;
    struct variable *pair = part->num_members == 1 ? members : part;
    assert_int_equal(alone->members[0], 1);
    check_rate(alone, 3);
    check_rate(pair, 6);
    check_rate(other, 3);
    assert_true(fabs(alone->remaining - 0.7) < 1e-12);
    assert_true(sharing_load(&world.sharing, 3) == 15);
    destroy(&world, alone);
    destroy(&world, pair);
    destroy(&world, other);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(sharing_load(&world.sharing, i) == 0);
    tear_down(&world);
}

static void test_members_stay_together_when_all_are_used_alike(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){6, 6, 6});
    struct variable *members = trio(&world, false), *exchange = new_variable(1, 0);
    use(exchange, 2, false, 3, (uint32_t[]){2, 0, 1});
    sharing_enable(&world.sharing, exchange, 0);
    sharing_solve(&world.sharing, 0);
    assert_null(members->next_sibling);
    check_rate(members, 3);
    check_rate(exchange, 1.5);
    destroy(&world, members);
    destroy(&world, exchange);
    tear_down(&world);
}

/* A variable of one member that uses a set, enabled, solved and gone again. Returns the rate. */
static double rate_on(struct world *world, struct resource_set *set)
{
    struct variable *variable = new_variable(1, 0);
    use_set(variable, 1, false, set);
    sharing_enable(&world->sharing, variable, 0);
    sharing_solve(&world->sharing, 0);
    double rate = variable->rate;
    destroy(world, variable);
    return rate;
}

static void test_members_that_use_all_links_are_not_told_apart_by_one_of_them(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 2, (double[]){12, 12});
    struct variable *pair = new_variable(2, 0);
    use(pair, 1, false, 2, (uint32_t[]){0, 1});
    sharing_enable(&world.sharing, pair, 0);
    sharing_solve(&world.sharing, 0);
    check_rate(pair, 6);
    struct variable *later = SINGLE(&world, 0, 1), *other = SINGLE(&world, 0, 0);
    sharing_solve(&world.sharing, 0);
    assert_null(pair->next_sibling);
    check_rate(pair, 4);
    check_rate(other, 4);
    check_rate(later, 4);
    assert_true(fabs(sharing_load(&world.sharing, 1) - 12) < 1e-9);
    destroy(&world, pair);
    destroy(&world, later);
    destroy(&world, other);
    tear_down(&world);
}

static void test_set_finds_its_cell_again(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){6, 6, 6});
    struct resource_set set = {.resources = (uint32_t[]){0, 1, 2}, .count = 3};
    assert_true(rate_on(&world, &set) == 6);
    const struct cell *cell = world.sharing.resources[0].cell;
    uint64_t shape = cell->shape;
    assert_int_equal(cell->count, 3);
    assert_true(rate_on(&world, &set) == 6);
    assert_ptr_equal(world.sharing.resources[2].cell, cell);
    assert_int_equal(cell->shape, shape);
    tear_down(&world);
}

static void test_cells_that_nobody_uses_do_not_tell_members_apart(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){6, 6, 6});
    struct resource_set pair = {.resources = (uint32_t[]){0, 1}, .count = 2},
                        all = {.resources = (uint32_t[]){2, 1, 0}, .count = 3};
    assert_true(rate_on(&world, &pair) == 6);
    struct variable *members = trio(&world, false);
    sharing_solve(&world.sharing, 0);
    assert_null(members->next_sibling);
    assert_int_equal(world.sharing.resources[0].cell->count, 3);
    destroy(&world, members);
    assert_true(rate_on(&world, &all) == 6);
    assert_int_equal(world.sharing.resources[0].cell->count, 3);
    assert_true(rate_on(&world, &pair) == 6); /* carved out of the cell of three */
    assert_int_equal(world.sharing.resources[0].cell->count, 2);
    assert_int_equal(world.sharing.resources[2].cell->count, 1);
    tear_down(&world);
}

/* --- Bottlenecks
 * ---------------------------------------------------------------------------------- */

#define NUM_WRITERS 20

/* Variables that use link 0 with weights 1, 2, 3...; `count` of them, and one link each beside it.
 */
static void start_writers(struct world *world, struct variable **writers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        writers[i] = new_variable(1, 0);
        use(writers[i], i + 1, false, 1, (uint32_t[]){0});
        use(writers[i], i + 1, false, 1, (uint32_t[]){i + 1});
        sharing_enable(&world->sharing, writers[i], 0);
    }
}

static void set_up_bottleneck(struct world *world, struct variable **writers)
{
    double capacities[NUM_WRITERS + 2] = {200};
    for (uint32_t i = 1; i < NUM_WRITERS + 2; i++)
        capacities[i] = 30;
    set_up(world, NUM_WRITERS + 2, capacities);
    start_writers(world, writers, NUM_WRITERS);
    sharing_solve(&world->sharing, 0);
}

static void tear_down_bottleneck(struct world *world, struct variable **writers)
{
    for (uint32_t i = 0; i < NUM_WRITERS; i++)
        if (writers[i])
            destroy(world, writers[i]);
    for (uint32_t i = 0; i < NUM_WRITERS + 2; i++)
        assert_true(sharing_load(&world->sharing, i) == 0);
    assert_null(agenda_first(&world->agenda));
    tear_down(world);
}

static void check_share(const struct variable *variable, double weight, double share)
{
    assert_true(fabs(variable_rate(variable) * weight - share) < 1e-9);
}

static void test_one_cell_that_holds_all_back_is_a_bottleneck(void **state)
{
    (void)state;
    struct world world;
    struct variable *writers[NUM_WRITERS];
    set_up_bottleneck(&world, writers);
    assert_non_null(world.sharing.resources[0].cell->bottleneck);
    for (uint32_t i = 0; i < NUM_WRITERS; i++)
        check_share(writers[i], i + 1, 10);
    assert_true(fabs(sharing_load(&world.sharing, 0) - 200) < 1e-9);
    assert_true(fabs(sharing_load(&world.sharing, 5) - 10) < 1e-9);
    assert_true(fabs(agenda_first(&world.agenda)->time - 0.1) < 1e-12); /* 1 at 10 per second */
    tear_down_bottleneck(&world, writers);
}

static void test_bottleneck_goes_on_when_users_come_and_go(void **state)
{
    (void)state;
    struct world world;
    struct variable *writers[NUM_WRITERS], *newcomer = new_variable(1, 0);
    set_up_bottleneck(&world, writers);
    uint64_t solved = world.sharing.num_solved;
    /* At 0.05 half of the first is done; the others of weights 2 to 20 get 200/19 then. */
    sharing_solve(&world.sharing, 0.05);
    destroy(&world, writers[9]);
    writers[9] = NULL;
    sharing_solve(&world.sharing, 0.05);
    check_share(writers[0], 1, 200.0 / 19);
    assert_true(fabs(agenda_first(&world.agenda)->time - (0.05 + 0.5 / (200.0 / 19))) < 1e-12);
    use(newcomer, 4, false, 1, (uint32_t[]){0});
    use(newcomer, 4, false, 1, (uint32_t[]){NUM_WRITERS + 1});
    sharing_enable(&world.sharing, newcomer, 0.06);
    sharing_solve(&world.sharing, 0.06);
    check_share(newcomer, 4, 10);
    check_share(writers[0], 1, 10);
    double left = 0.5 - 0.01 * 200 / 19;
    assert_true(fabs(agenda_first(&world.agenda)->time - (0.06 + left / 10)) < 1e-12);
    assert_int_equal(world.sharing.num_solved, solved);
    destroy(&world, newcomer);
    tear_down_bottleneck(&world, writers);
}

static void test_bottleneck_is_given_up_when_a_user_is_held_back_elsewhere(void **state)
{
    (void)state;
    struct world world;
    struct variable *writers[NUM_WRITERS], *other;
    set_up_bottleneck(&world, writers);
    /* Link 4 is shared by the fourth writer, of weight 4, and five others then: 30/6 for each. */
    struct variable *others[5];
    for (int i = 0; i < 5; i++)
        others[i] = SINGLE(&world, 0, 4);
    sharing_solve(&world.sharing, 0);
    assert_null(world.sharing.resources[0].cell->bottleneck);
    check_share(writers[3], 4, 5);
    check_share(others[0], 1, 5);
    check_share(writers[0], 1, 10 + 5.0 / 19); /* the 5 that it leaves go to 19 others */
    for (int i = 0; i < 5; i++)
        destroy(&world, others[i]);
    sharing_solve(&world.sharing, 0);
    check_share(writers[3], 4, 10);
    assert_non_null(world.sharing.resources[0].cell->bottleneck);
    other = SINGLE(&world, 3, 0); /* a bound below the share of 200/21 */
    sharing_solve(&world.sharing, 0);
    assert_null(world.sharing.resources[0].cell->bottleneck);
    check_share(other, 1, 3);
    destroy(&world, other);
    tear_down_bottleneck(&world, writers);
}

static void test_bottleneck_is_given_up_when_few_users_are_left(void **state)
{
    (void)state;
    struct world world;
    struct variable *writers[NUM_WRITERS];
    set_up_bottleneck(&world, writers);
    for (uint32_t i = 0; i < NUM_WRITERS - 5; i++) {
        destroy(&world, writers[i]);
        writers[i] = NULL;
    }
    sharing_solve(&world.sharing, 0.05);
    assert_null(world.sharing.resources[0].cell->bottleneck);
    for (uint32_t i = NUM_WRITERS - 5; i < NUM_WRITERS; i++) {
        check_share(writers[i], i + 1, 30); /* held back by their own links */
        assert_true(fabs(writers[i]->remaining - (1 - 0.5 / (i + 1))) < 1e-12);
    }
    tear_down_bottleneck(&world, writers);
}

/* --- Bundles --------------------------------------------------------------------------------- */

/* Of two members on links 0 and 1: each puts 2 on a link of its own and 1 on the other's. */
static struct variable *pair_member(uint32_t own)
{
    struct variable *member = new_variable(1, 0);
    use(member, 2, false, 1, (uint32_t[]){own});
    use(member, 1, false, 1, (uint32_t[]){1 - own});
    return member;
}

static struct variable *parts[2]; /* of the pair, once it was untied */

static struct variable *untie_pair(struct bundle *bundle, struct variable *variable)
{
    (void)bundle;
    for (uint32_t i = 0; i < 2; i++) {
        parts[i] = pair_member(i);
        variable_join(parts[i], variable);
    }
    parts[0]->next_displaced = parts[1];
    return parts[0];
}

static void free_pair(struct bundle *bundle)
{
    free(bundle);
}

static struct variable *pair(struct world *world)
{
    struct variable *variable = new_variable(2, 0);
    use(variable, 2, false, 2, (uint32_t[]){0, 1});
    use(variable, 1, false, 2, (uint32_t[]){0, 1});
    variable->uses[0].total = variable->uses[1].total = true;
    variable->bundle = malloc(sizeof *variable->bundle);
    assert_non_null(variable->bundle);
    *variable->bundle = (struct bundle){.untie = untie_pair, .free = free_pair};
    parts[0] = parts[1] = NULL;
    sharing_enable(&world->sharing, variable, 0);
    return variable;
}

static void test_bundle_stays_while_its_resources_are_used_alike(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 2, (double[]){12, 12});
    struct variable *bundle = pair(&world), *both = new_variable(1, 0);
    sharing_solve(&world.sharing, 0);
    /* On each link two members grow, offered 6 each: 3 for the one that puts 2 on it, which leaves
     * 12 - 6 - 3 for the second round, and so on until less than the precision is left. */
    assert_true(fabs(bundle->rate - 4) < 1e-5);
    assert_true(fabs(sharing_load(&world.sharing, 0) - 12) < 1e-4);
    use(both, 1, false, 2, (uint32_t[]){0, 1});
    sharing_enable(&world.sharing, both, 0);
    sharing_solve(&world.sharing, 0);
    assert_null(parts[0]);
    assert_true(bundle->rate < 4);
    destroy(&world, bundle);
    destroy(&world, both);
    tear_down(&world);
}

static void test_bundle_is_untied_when_a_link_is_used_alone(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 2, (double[]){12, 12});
    pair(&world);
    sharing_solve(&world.sharing, 0);
    struct variable *other = SINGLE(&world, 0, 1);
    sharing_solve(&world.sharing, 0.125);
    assert_non_null(parts[1]);
    assert_true(fabs(parts[0]->remaining - 0.5) < 1e-5);
    assert_true(parts[0]->rate != parts[1]->rate);
    assert_true(fabs(sharing_load(&world.sharing, 1) - 12) < 1e-4);
    destroy(&world, other);
    destroy(&world, parts[0]);
    destroy(&world, parts[1]);
    tear_down(&world);
}

/* Two members on link 2; only one of them comes over link 0, the other one over link 1. Link 2
 * dominates both. */
static struct variable *dominated_pair(struct world *world, double weight)
{
    struct variable *variable = new_variable(2, 0);
    use(variable, weight, false, 1, (uint32_t[]){2});
    use(variable, weight, false, 2, (uint32_t[]){0, 1});
    variable->uses[1].total = true;
    variable->uses[1].dominator = 2 + 1;
    variable->bundle = malloc(sizeof *variable->bundle);
    assert_non_null(variable->bundle);
    *variable->bundle = (struct bundle){.untie = untie_pair, .free = free_pair};
    parts[0] = parts[1] = NULL;
    sharing_enable(&world->sharing, variable, 0);
    return variable;
}

static void test_dominated_links_connect_nobody_and_have_their_loads(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){12, 12, 12});
    struct variable *a = dominated_pair(&world, 1), *b = dominated_pair(&world, 2);
    sharing_solve(&world.sharing, 0);
    assert_null(parts[0]);
    /* Four members are offered 3 each: 1.5 for those that weigh 2. */
    check_rate(a, 3);
    check_rate(b, 1.5);
    assert_int_equal(world.sharing.cells.count, 1);
    assert_true(fabs(sharing_load(&world.sharing, 0) - 6) < 1e-9);
    assert_true(fabs(sharing_load(&world.sharing, 2) - 12) < 1e-9);
    destroy(&world, a);
    sharing_solve(&world.sharing, 0);
    check_rate(b, 3);
    destroy(&world, b);
    tear_down(&world);
}

static void test_members_are_told_apart_by_who_uses_a_dominated_link_alone(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 3, (double[]){12, 12, 12});
    dominated_pair(&world, 1);
    sharing_solve(&world.sharing, 0);
    struct variable *other = SINGLE(&world, 0, 1);
    assert_non_null(parts[1]);
    destroy(&world, parts[0]);
    destroy(&world, parts[1]);
    dominated_pair(&world, 1); /* while the other one is there */
    assert_non_null(parts[1]);
    destroy(&world, parts[0]);
    destroy(&world, parts[1]);
    destroy(&world, other);
    tear_down(&world);
}

static void test_only_the_changed_component_is_solved(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, 2, (double[]){10, 10});
    struct variable *a = SINGLE(&world, 0, 0), *b = SINGLE(&world, 0, 1);
    sharing_solve(&world.sharing, 0);
    uint64_t solved = world.sharing.num_solved;
    struct variable *c = SINGLE(&world, 0, 1);
    sharing_solve(&world.sharing, 0);
    assert_int_equal(world.sharing.num_solved, solved + 1);
    check_rate(a, 10);
    check_rate(b, 5);
    destroy(&world, a);
    destroy(&world, b);
    destroy(&world, c);
    tear_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_variables_get_equal_shares),
        cmocka_unit_test(test_bound_leaves_the_rest_to_others),
        cmocka_unit_test(test_bottleneck_elsewhere),
        cmocka_unit_test(test_stopped_variables_are_charged_again_as_in_simgrid),
        cmocka_unit_test(test_fat_pipe_is_not_shared),
        cmocka_unit_test(test_members_count_on_what_they_share),
        cmocka_unit_test(test_members_split_when_one_is_disturbed),
        cmocka_unit_test(test_members_stay_together_when_all_are_used_alike),
        cmocka_unit_test(test_members_that_use_all_links_are_not_told_apart_by_one_of_them),
        cmocka_unit_test(test_set_finds_its_cell_again),
        cmocka_unit_test(test_cells_that_nobody_uses_do_not_tell_members_apart),
        cmocka_unit_test(test_one_cell_that_holds_all_back_is_a_bottleneck),
        cmocka_unit_test(test_bottleneck_goes_on_when_users_come_and_go),
        cmocka_unit_test(test_bottleneck_is_given_up_when_a_user_is_held_back_elsewhere),
        cmocka_unit_test(test_bottleneck_is_given_up_when_few_users_are_left),
        cmocka_unit_test(test_bundle_stays_while_its_resources_are_used_alike),
        cmocka_unit_test(test_bundle_is_untied_when_a_link_is_used_alone),
        cmocka_unit_test(test_dominated_links_connect_nobody_and_have_their_loads),
        cmocka_unit_test(test_members_are_told_apart_by_who_uses_a_dominated_link_alone),
        cmocka_unit_test(test_only_the_changed_component_is_solved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
