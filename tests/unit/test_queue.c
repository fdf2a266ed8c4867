/* The queue of the policies: its order, its searches and fair share, against cases worked out by
 * hand. */
#include "policies/order.h"
#include "policies/queue.h"
#include "system/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8, MANY = 1000 };

/* Jobs to put into a queue. */
struct world {
    struct queue queue;
    struct shares shares;
    struct ordering ordering;
    struct entry *entries[MOST]; /* owned */
    struct job jobs[MOST];
    struct job_request requests[MOST];
    struct attribute attributes[MOST];
};

static void set_up(struct world *world, enum order order)
{
    *world = (struct world){.ordering = {.order = order}};
    world->ordering.shares = &world->shares;
    for (uint32_t id = 0; id < MOST; id++) {
        struct entry *entry = calloc(1, sizeof *entry);
        assert_non_null(entry);
        world->jobs[id].request = &world->requests[id];
        world->entries[id] = entry;
        entry->job = (struct elastisim_job *)&world->jobs[id];
        entry->id = id;
        entry->least = 1;
        entry->estimate = entry->shortest = INFINITY;
    }
}

static void tear_down(struct world *world)
{
    shares_release(&world->shares);
    for (size_t id = 0; id < MOST; id++)
        free(world->entries[id]);
}

static void set_attribute(struct world *world, uint32_t id, const char *key, const char *text)
{
    world->attributes[id] = (struct attribute){(char *)(uintptr_t)key, (char *)(uintptr_t)text};
    world->requests[id].attributes = (struct attributes){&world->attributes[id], 1};
}

static void add(struct world *world, const char *ids)
{
    for (; *ids; ids++) {
        struct entry *entry = world->entries[*ids - '0'];
        entry->key = order_key(&world->ordering, entry);
        queue_add(&world->queue, entry);
    }
}

/* The IDs of what is wanted behind an entry, as digits. */
static const char *found(const struct world *world, const struct entry *after,
                         const struct wanted *wanted)
{
    static char ids[MOST + 1];
    size_t count = 0;
    while ((after = queue_next(&world->queue, after, wanted))) {
        assert_true(count < MOST);
        ids[count++] = (char)('0' + after->id);
    }
    ids[count] = '\0';
    return ids;
}

static const char *all(const struct world *world)
{
    return found(world, NULL, &queue_want_all);
}

/* --- Order --------------------------------------------------------------------------------- */

static void test_an_empty_queue_has_nothing(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, ORDER_FCFS);
    assert_string_equal(all(&world), "");
    tear_down(&world);
}

static void test_first_come_first_served_goes_by_id(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, ORDER_FCFS);
    add(&world, "35140");
    assert_string_equal(all(&world), "01345");
    assert_int_equal(world.queue.count, 5);
    tear_down(&world);
}

static void test_the_shortest_goes_first_and_one_without_estimate_last(void **state)
{
    (void)state;
    static const double estimates[] = {INFINITY, 30, 10, 30, 0, INFINITY, 10.5, 1e9};
    struct world world;
    set_up(&world, ORDER_SJF);
    for (size_t id = 0; id < MOST; id++)
        world.entries[id]->estimate = world.entries[id]->shortest = estimates[id];
    add(&world, "01234567");
    assert_string_equal(all(&world), "42613705");
    tear_down(&world);
}

static void test_size_orders_by_the_least_nodes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {4, 1, 16, 4, 2, 16, 1, 8};
    static const struct {
        enum order order;
        const char *ids;
    } cases[] = {{ORDER_SMALLEST, "16403725"}, {ORDER_LARGEST, "25703416"}};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        set_up(&world, cases[i].order);
        for (size_t id = 0; id < MOST; id++)
            world.entries[id]->least = sizes[id];
        add(&world, "76543210");
        assert_string_equal(all(&world), cases[i].ids);
        tear_down(&world);
    }
}

/* What is no number counts as none, which is 0; there is no order among numbers and NaN. */
static void test_priority_goes_by_the_attribute(void **state)
{
    (void)state;
    static const char *const priorities[] = {"1", "-2", "10", "high", "2.5", "nan", "1e1", "inf"};
    struct world world;
    set_up(&world, ORDER_PRIORITY);
    for (uint32_t id = 0; id < MOST; id++)
        set_attribute(&world, id, "priority", priorities[id]);
    add(&world, "01234567");
    assert_string_equal(all(&world), "26403571");
    for (uint32_t id = 0; id < MOST; id++)
        queue_remove(&world.queue, world.entries[id]);
    assert_string_equal(all(&world), "");
    tear_down(&world);
}

static void test_priority_is_0_without_the_attribute(void **state)
{
    (void)state;
    struct world world;
    set_up(&world, ORDER_PRIORITY);
    set_attribute(&world, 1, "priority", "1");
    set_attribute(&world, 2, "importance", "9");
    set_attribute(&world, 3, "priority", "-1");
    add(&world, "0123");
    assert_string_equal(all(&world), "1023");
    tear_down(&world);
}

static void test_any_job_can_be_taken_out(void **state)
{
    (void)state;
    for (uint32_t taken = 0; taken < MOST; taken++) {
        static const char ids[] = "01234567";
        char expected[MOST + 1] = "";
        struct world world;
        set_up(&world, ORDER_FCFS);
        add(&world, ids);
        queue_remove(&world.queue, world.entries[taken]);
        memcpy(expected, ids, taken);
        strcpy(expected + taken, ids + taken + 1);
        assert_string_equal(all(&world), expected);
        assert_int_equal(world.queue.count, MOST - 1);
        tear_down(&world);
    }
}

/* Every seventh job is taken out again; 1,000 jobs come in an order without rhyme or reason. */
static void test_many_jobs_keep_their_order(void **state)
{
    (void)state;
    static struct entry *entries[MANY];
    struct queue queue = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t id = i * 387 % MANY; /* 387 and 1,000 have no factor in common */
        entries[id] = calloc(1, sizeof *entries[id]);
        assert_non_null(entries[id]);
        entries[id]->id = id;
        queue_add(&queue, entries[id]);
    }
    for (uint32_t id = 0; id < MANY; id += 7)
        queue_remove(&queue, entries[id]);
    const struct entry *entry = NULL;
    for (uint32_t id = 0; id < MANY; id++) {
        if (id % 7 == 0)
            continue;
        entry = queue_next(&queue, entry, &queue_want_all);
        assert_ptr_equal(entry, entries[id]);
    }
    assert_null(queue_next(&queue, entry, &queue_want_all));
    entry = NULL;
    for (uint32_t id = MANY; id-- > 0;) {
        if (id % 7 == 0)
            continue;
        entry = queue_last(&queue, entry);
        assert_ptr_equal(entry, entries[id]);
    }
    assert_null(queue_last(&queue, entry));
    for (uint32_t id = 0; id < MANY; id++)
        free(entries[id]);
}

static double key_of(const void *context, const struct entry *entry)
{
    const double *keys = context;
    return keys[entry->id];
}

/* Keys that rise but for some, that fall, and that come in any order, many of them twice. */
static void test_many_jobs_follow_new_keys(void **state)
{
    (void)state;
    static struct entry *entries[MANY];
    static double keys[MANY];
    struct queue queue = {0};
    for (uint32_t id = 0; id < MANY; id++) {
        entries[id] = calloc(1, sizeof *entries[id]);
        assert_non_null(entries[id]);
        entries[id]->id = id;
        entries[id]->least = id % 7 + 1;
        queue_add(&queue, entries[id]);
    }
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t id = 0; id < MANY; id++)
            keys[id] = (double[]){id % 9 == 0 ? id + 50 : id, -(double)id, id * 387 % 100}[round];
        queue_reorder(&queue, key_of, keys);
        struct entry *before = queue_at(&queue, 0);
        for (size_t rank = 1; rank < MANY; rank++) {
            struct entry *entry = queue_at(&queue, rank);
            assert_ptr_equal(queue_next(&queue, before, &queue_want_all), entry);
            assert_true(queue_precedes(before, entry) && entry->key == keys[entry->id]);
            before = entry;
        }
        const struct wanted single = {.nodes = 1, .extra = 1, .window = INFINITY};
        size_t count = 0;
        for (before = NULL; (before = queue_next(&queue, before, &single)); count++)
            assert_int_equal(before->least, 1);
        assert_int_equal(count, MANY / 7 + 1);
    }
    for (uint32_t id = 0; id < MANY; id++)
        queue_remove(&queue, entries[id]);
    for (uint32_t id = 0; id < MANY; id++)
        free(entries[id]);
    assert_null(queue.root);
    queue_reorder(&queue, key_of, keys);
    assert_null(queue.root);
}

/* --- Searching ----------------------------------------------------------------------------- */

/* Jobs 0 to 5 in the order of their IDs: nodes and estimates. */
static void set_up_sizes(struct world *world)
{
    static const struct {
        uint32_t least;
        double estimate;
    } jobs[] = {{8, 100}, {2, 100}, {4, 10}, {2, 20}, {1, INFINITY}, {8, 5}};
    set_up(world, ORDER_FCFS);
    for (size_t id = 0; id < sizeof jobs / sizeof *jobs; id++) {
        world->entries[id]->least = jobs[id].least;
        world->entries[id]->estimate = world->entries[id]->shortest = jobs[id].estimate;
    }
    add(world, "012345");
}

static void test_jobs_that_need_too_many_nodes_are_passed_over(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    struct wanted wanted = queue_want_all;
    static const struct {
        uint32_t nodes;
        const char *ids;
    } cases[] = {{8, "012345"}, {7, "1234"}, {4, "1234"}, {3, "134"}, {1, "4"}, {0, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanted.nodes = cases[i].nodes;
        assert_string_equal(found(&world, NULL, &wanted), cases[i].ids);
    }
    tear_down(&world);
}

/* What EASY asks for: at most `nodes`, and either no more than the extra nodes or over before the
 * shadow time. */
static void test_backfilling_takes_small_or_short_jobs(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    static const struct {
        uint32_t nodes, extra;
        double window;
        const char *ids;
    } cases[] = {
        {8, 0, 10, "25"},   {8, 0, 20, "235"}, {8, 1, 10, "245"}, {8, 2, 5, "1345"},
        {4, 2, 10, "1234"}, {4, 0, 4, ""},     {2, 1, 20, "34"},  {8, 0, INFINITY, "012345"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct wanted wanted = {
            .nodes = cases[i].nodes, .extra = cases[i].extra, .window = cases[i].window};
        assert_string_equal(found(&world, NULL, &wanted), cases[i].ids);
    }
    tear_down(&world);
}

/* For 1 node any length, for 2 and 3 nodes 50 s, for 4 and more 10 s. */
static void test_jobs_that_run_too_long_for_their_nodes_are_passed_over(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    double lengths[PROFILE_LEVELS];
    for (size_t level = 0; level < PROFILE_LEVELS; level++)
        lengths[level] = level == 0 ? INFINITY : level == 1 ? 50 : 10;
    struct wanted wanted = queue_want_all;
    wanted.lengths = lengths;
    assert_string_equal(found(&world, NULL, &wanted), "2345");
    lengths[1] = 200;
    assert_string_equal(found(&world, NULL, &wanted), "12345");
    lengths[2] = lengths[3] = 5;
    assert_string_equal(found(&world, NULL, &wanted), "1345");
    tear_down(&world);
}

static void test_a_search_goes_on_behind_any_job(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    const struct wanted small = {.nodes = 2, .extra = UINT32_MAX, .window = INFINITY};
    assert_string_equal(found(&world, world.entries[1], &small), "34");
    assert_string_equal(found(&world, world.entries[2], &small), "34");
    assert_string_equal(found(&world, world.entries[4], &small), "");
    queue_remove(&world.queue, world.entries[2]); /* it still has its place in the order */
    assert_string_equal(found(&world, world.entries[2], &queue_want_all), "345");
    tear_down(&world);
}

static void test_jobs_are_found_by_whether_they_have_a_reservation(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    struct wanted reserved = queue_want_all, unreserved = queue_want_all;
    reserved.kind = WANT_RESERVED;
    unreserved.kind = WANT_UNRESERVED;
    assert_string_equal(found(&world, NULL, &reserved), "");
    for (uint32_t id = 1; id < 6; id += 2) {
        world.entries[id]->reserved = true;
        queue_update(&world.queue, world.entries[id]);
    }
    assert_string_equal(found(&world, NULL, &reserved), "135");
    assert_string_equal(found(&world, NULL, &unreserved), "024");
    world.entries[3]->reserved = false;
    queue_update(&world.queue, world.entries[3]);
    assert_string_equal(found(&world, NULL, &reserved), "15");
    assert_string_equal(found(&world, NULL, &unreserved), "0234");
    world.entries[0]->reserved = world.entries[2]->reserved = true;
    world.entries[5]->reserved = false;
    queue_refresh(&world.queue);
    assert_string_equal(found(&world, NULL, &reserved), "012");
    assert_string_equal(found(&world, NULL, &unreserved), "345");
    tear_down(&world);
}

static void test_a_job_is_found_by_how_many_are_before_it(void **state)
{
    (void)state;
    struct world world;
    set_up_sizes(&world);
    queue_remove(&world.queue, world.entries[2]);
    assert_ptr_equal(queue_at(&world.queue, 0), world.entries[0]);
    assert_ptr_equal(queue_at(&world.queue, 2), world.entries[3]);
    assert_ptr_equal(queue_at(&world.queue, 4), world.entries[5]);
    assert_null(queue_at(&world.queue, 5));
    tear_down(&world);
}

/* --- Standing ------------------------------------------------------------------------------ */

static bool is_not(const void *context, const struct entry *entry)
{
    return entry != context;
}

static bool is_any(const void *context, const struct entry *entry)
{
    (void)context;
    return entry != NULL;
}

/* Jobs 0 to 5: how they would stand with a node less and a node more. */
static void set_up_standings(struct world *world)
{
    static const struct {
        double key, less, more;
    } jobs[] = {{1, -INFINITY, 2}, {0.5, 0, 1},          {0.9, 0.8, 0.95},
                {0.9, 0.8, 1.5},   {0.2, 0.1, INFINITY}, {0.3, 0.25, 0.95}};
    set_up(world, ORDER_FCFS);
    for (uint32_t id = 0; id < sizeof jobs / sizeof *jobs; id++) {
        struct entry *entry = world->entries[id];
        entry->key = jobs[id].key;
        entry->less = jobs[id].less;
        entry->more = jobs[id].more;
        queue_add(&world->queue, entry);
    }
}

static void test_who_would_stand_highest_with_less_is_found(void **state)
{
    (void)state;
    struct world world;
    set_up_standings(&world);
    const struct queue *queue = &world.queue;
    assert_ptr_equal(queue_highest_with_less(queue, is_any, NULL), world.entries[3]);
    assert_ptr_equal(queue_highest_with_less(queue, is_not, world.entries[3]), world.entries[2]);
    queue_remove(&world.queue, world.entries[3]);
    assert_ptr_equal(queue_highest_with_less(queue, is_not, world.entries[2]), world.entries[5]);
    for (uint32_t id = 1; id < 6; id++)
        if (id != 3)
            queue_remove(&world.queue, world.entries[id]);
    assert_null(queue_highest_with_less(queue, is_any, NULL)); /* it can't give */
    tear_down(&world);
}

static void test_who_would_stand_lowest_with_more_is_found_up_to_a_limit(void **state)
{
    (void)state;
    struct world world;
    set_up_standings(&world);
    const struct queue *queue = &world.queue;
    assert_ptr_equal(queue_lowest_with_more(queue, 3, is_any, NULL), world.entries[5]);
    assert_ptr_equal(queue_lowest_with_more(queue, 0.95, is_any, NULL), world.entries[5]);
    assert_ptr_equal(queue_lowest_with_more(queue, 3, is_not, world.entries[5]), world.entries[2]);
    assert_null(queue_lowest_with_more(queue, 0.9, is_any, NULL));
    queue_remove(&world.queue, world.entries[2]);
    queue_remove(&world.queue, world.entries[5]);
    assert_ptr_equal(queue_lowest_with_more(queue, 3, is_any, NULL), world.entries[1]);
    assert_ptr_equal(queue_lowest_with_more(queue, 3, is_not, world.entries[1]), world.entries[3]);
    tear_down(&world);
}

/* --- Fair share ---------------------------------------------------------------------------- */

/* Jobs 0, 2 of ann, 1, 3 of bob, 4 of nobody. */
static void set_up_users(struct world *world, double half_life)
{
    static const char *const users[] = {"ann", "bob", "ann", "bob"};
    set_up(world, ORDER_FAIR_SHARE);
    world->shares.half_life = half_life;
    for (uint32_t id = 0; id < 4; id++)
        set_attribute(world, id, "user", users[id]);
    for (uint32_t id = 0; id < 5; id++) {
        struct entry *entry = world->entries[id];
        const char *name = elastisim_job_attribute(entry->job, "user");
        bool changed;
        assert_int_equal(
            shares_identify(&world->shares, name ? name : "", 0, &entry->user, &changed), 0);
        entry->key = order_key(&world->ordering, entry);
        queue_add(&world->queue, entry);
    }
    assert_int_equal(world->shares.users.count, 3);
}

static bool reorder_at(struct world *world, double now)
{
    bool changed;
    assert_int_equal(shares_settle(&world->shares, now, &changed), 0);
    queue_reorder(&world->queue, order_key, &world->ordering);
    return changed;
}

static void account_at(struct world *world, double now, uint32_t id, int64_t nodes)
{
    shares_account(&world->shares, world->entries[id]->user, nodes, now);
}

static double usage(const struct world *world, uint32_t id)
{
    return world->shares.users.items[world->entries[id]->user].usage;
}

/* ann uses 4 nodes for 100 s, bob 1 node for 50 s, the jobs of nobody none. */
static void test_who_used_less_goes_first(void **state)
{
    (void)state;
    struct world world;
    set_up_users(&world, 0);
    assert_string_equal(all(&world), "02134"); /* all equal: who came first */
    assert_false(reorder_at(&world, 0));
    account_at(&world, 0, 0, 4);
    account_at(&world, 50, 1, 1);
    assert_true(reorder_at(&world, 100));
    assert_string_equal(all(&world), "41302");
    assert_true(usage(&world, 0) == 400 && usage(&world, 1) == 50 && usage(&world, 4) == 0);
    account_at(&world, 100, 0, -4); /* bob has caught up at 450 s */
    assert_true(reorder_at(&world, 450));
    assert_true(usage(&world, 0) == 400 && usage(&world, 1) == 400);
    assert_string_equal(all(&world), "40213");
    tear_down(&world);
}

/* 4 nodes over a half-life of 100 s are 4 * 100 / ln 2 * (1 - 1/2) = 288.54 node-seconds at its
 * end, and half of that another half-life later. */
static void test_usage_fades_with_the_half_life(void **state)
{
    (void)state;
    struct world world;
    set_up_users(&world, 100);
    account_at(&world, 0, 0, 4);
    account_at(&world, 100, 0, -4);
    assert_true(fabs(usage(&world, 0) - 288.53900817779268) < 1e-9);
    reorder_at(&world, 200);
    assert_true(fabs(usage(&world, 0) - 144.26950408889634) < 1e-9);
    tear_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_queue_has_nothing),
        cmocka_unit_test(test_first_come_first_served_goes_by_id),
        cmocka_unit_test(test_the_shortest_goes_first_and_one_without_estimate_last),
        cmocka_unit_test(test_size_orders_by_the_least_nodes),
        cmocka_unit_test(test_priority_goes_by_the_attribute),
        cmocka_unit_test(test_priority_is_0_without_the_attribute),
        cmocka_unit_test(test_any_job_can_be_taken_out),
        cmocka_unit_test(test_many_jobs_keep_their_order),
        cmocka_unit_test(test_many_jobs_follow_new_keys),
        cmocka_unit_test(test_jobs_that_need_too_many_nodes_are_passed_over),
        cmocka_unit_test(test_backfilling_takes_small_or_short_jobs),
        cmocka_unit_test(test_jobs_that_run_too_long_for_their_nodes_are_passed_over),
        cmocka_unit_test(test_a_search_goes_on_behind_any_job),
        cmocka_unit_test(test_jobs_are_found_by_whether_they_have_a_reservation),
        cmocka_unit_test(test_a_job_is_found_by_how_many_are_before_it),
        cmocka_unit_test(test_who_would_stand_highest_with_less_is_found),
        cmocka_unit_test(test_who_would_stand_lowest_with_more_is_found_up_to_a_limit),
        cmocka_unit_test(test_who_used_less_goes_first),
        cmocka_unit_test(test_usage_fades_with_the_half_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
