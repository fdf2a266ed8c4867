/* Members are alike when they do the same on resources alike: the links that several members use
 * have to be the very same for them, those that one member has for itself have to be of the same
 * capacity. Dominated links (dominators.h) need not be alike at all.
 *
 * Where they are left out, classes have bundles as variables. The dominated links fall into sets
 * that are used alike by all classes of the I/O, so that no class splits the cells of another.
 */
#include "resources/flow/classes.h"

#include "resources/flow/dominators.h"
#include "resources/flow/hash.h"
#include "resources/flow/sketches.h"

#include <stdlib.h>

/* Classes from which on it pays to look for links that hold nobody back. */
#define MANY_CLASSES 32

/* A dominated link. */
struct dominated_link {
    uint64_t profile; /* a hash of what the classes put on it */
    double units;     /* of members of the class at hand... */
    uint32_t times;   /* ... so many of them */
    uint32_t first;   /* where its set begins in plan->common */
    uint32_t count;   /* links in its set, if it is the first one; else 0 */
};

struct classes {
    const struct flow *flow;
    const uint32_t *dominators; /* by link, 1 + number; NULL where they do not matter */
    struct dominated_link *links;
    uint32_t *touched; /* links of the class at hand */
    uint32_t num_touched;
    bool irregular; /* members alike do not put the same on a link */
};

/* --- What members have in common ------------------------------------------------------------- */

enum role { SHARED, PRIVATE, DOMINATED };

/* What a link is to the members. */
static enum role role_of(const struct classes *classes, uint32_t link)
{
    if (classes->dominators && classes->dominators[link] > 0)
        return DOMINATED;
    return classes->flow->users[link] == 1 ? PRIVATE : SHARED;
}

static uint32_t count_role(const struct classes *classes, const struct resource_set *set,
                           enum role role)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < set->count; i++)
        sum += role_of(classes, set->resources[i]) == role;
    return sum;
}

/* What makes members alike, as a number. `like` is a transfer of the same kind: it has as many
 * links in each set. */
static uint64_t hash_member(const struct classes *classes, const struct member_sketch *sketch,
                            const struct transfer *like)
{
    const uint32_t *links = sketch->route.links;
    uint64_t hash = hash_mix(hash_double(sketch->route.kind, sketch->amount), sketch->num_flows);
    for (uint32_t s = 0; s < like->num_sets; s++) {
        uint32_t count = like->sets[s].set.count, num_private = 0;
        for (uint32_t i = 0; i < count; i++) {
            enum role role = role_of(classes, links[i]);
            num_private += role == PRIVATE;
            if (role == SHARED)
                hash = hash_mix(hash, links[i]);
        }
        hash = hash_mix(hash, num_private);
        links += count;
    }
    return hash;
}

/* Whether two members do the same on the very same links, but for those that each has for itself.
 */
static bool do_the_same(const struct classes *classes, const struct member_sketch *a,
                        const struct member_sketch *b)
{
    if (a->route.kind != b->route.kind || a->amount != b->amount || a->num_flows != b->num_flows)
        return false;
    for (uint32_t i = 0; i < a->route.num_links; i++) {
        uint32_t first = a->route.links[i], second = b->route.links[i];
        if (first != second &&
            (role_of(classes, first) != PRIVATE || role_of(classes, second) != PRIVATE))
            return false;
    }
    return true;
}

/* Whether that is so of all of them, as it is most often. */
static bool all_do_the_same(const struct classes *classes, const struct class_maker *maker)
{
    uint32_t i = 1;
    while (i < maker->count && do_the_same(classes, &maker->members[0], &maker->members[i]))
        i++;
    return i >= maker->count;
}

/* Sorts members by class. Returns how many classes there are. */
static uint32_t sort_members(const struct classes *classes, const struct class_maker *maker)
{
    struct member_sketch *members = maker->members;
    if (all_do_the_same(classes, maker))
        return maker->count > 0;
    for (uint32_t i = 0, like = 0; i < maker->count; i++) {
        like = members[i].route.kind == members[like].route.kind ? like : i;
        members[i].hash = hash_member(classes, &members[i], members[like].route.transfer);
    }
    sketches_sort(members, maker->count);
    return sketches_num_classes(members, maker->count);
}

/* --- The transfer of a class ----------------------------------------------------------------- */

/* What a class needs of memory: sets, and resources in them. */
struct class_size {
    uint32_t num_sets;
    size_t num_resources;
};

static struct class_size class_size(const struct classes *classes, const struct transfer *transfer,
                                    uint32_t num_members)
{
    struct class_size size = {0};
    for (uint32_t s = 0; s < transfer->num_sets; s++) {
        uint32_t num_private = count_role(classes, &transfer->sets[s].set, PRIVATE);
        uint32_t num_shared = count_role(classes, &transfer->sets[s].set, SHARED);
        size.num_sets += num_private + (num_shared > 0);
        size.num_resources += num_shared + (size_t)num_private * num_members;
    }
    for (uint32_t i = 0; i < classes->num_touched; i++)
        size.num_sets += classes->links[classes->touched[i]].count > 0;
    return size;
}

static struct link_set *add_set(struct transfer *transfer, const struct link_set *like,
                                const uint32_t *resources, uint32_t count)
{
    struct link_set *set = &transfer->sets[transfer->num_sets++];
    *set = *like;
    set->set = (struct resource_set){.resources = resources, .count = count};
    return set;
}

/* The i-th private link from there on. */
static uint32_t private_link(const struct classes *classes, const uint32_t *links, uint32_t i)
{
    for (;; links++)
        if (role_of(classes, *links) == PRIVATE && i-- == 0)
            return *links;
}

/* Makes of the s-th set of the members' transfers one set of the links that they share, and one for
 * each link that they have for themselves. Returns where further resources go. */
static uint32_t *add_sets(struct transfer *class, const struct classes *classes,
                          const struct member_sketch *members, uint32_t s, uint32_t *resources)
{
    const struct link_set *like = &members[0].route.transfer->sets[s];
    size_t offset = (size_t)(like->set.resources - members[0].route.links);
    uint32_t num_private = count_role(classes, &like->set, PRIVATE), num_shared = 0;
    for (uint32_t i = 0; i < like->set.count; i++)
        if (role_of(classes, like->set.resources[i]) == SHARED)
            resources[num_shared++] = like->set.resources[i];
    if (num_shared > 0)
        add_set(class, like, resources, num_shared);
    resources += num_shared;
    for (uint32_t i = 0; i < num_private; i++) {
        for (uint32_t m = 0; m < class->num_members; m++)
            resources[m] = private_link(classes, members[m].route.links + offset, i);
        add_set(class, like, resources, class->num_members)->each = true;
        resources += class->num_members;
    }
    return resources;
}

/* --- Dominated links ------------------------------------------------------------------------- */

static void touch_link(struct classes *classes, uint32_t link, double units)
{
    struct dominated_link *dominated = &classes->links[link];
    if (dominated->times++ == 0) {
        classes->touched[classes->num_touched++] = link;
        dominated->units = units;
    }
    classes->irregular = classes->irregular || dominated->units != units;
}

/* Finds what the members of a class put on dominated links. */
static void touch_links(struct classes *classes, const struct member_sketch *members,
                        uint32_t count)
{
    for (uint32_t i = 0; i < classes->num_touched; i++)
        classes->links[classes->touched[i]].times = 0;
    classes->num_touched = 0;
    for (uint32_t m = 0; classes->dominators && m < count; m++) {
        const struct transfer *transfer = members[m].route.transfer;
        for (uint32_t s = 0; s < transfer->num_sets; s++)
            for (uint32_t i = 0; i < transfer->sets[s].set.count; i++) {
                uint32_t link = transfer->sets[s].set.resources[i];
                if (role_of(classes, link) == DOMINATED)
                    touch_link(classes, link, transfer->sets[s].units);
            }
    }
}

static void note_class(struct classes *classes, uint32_t class)
{
    for (uint32_t i = 0; i < classes->num_touched; i++) {
        struct dominated_link *link = &classes->links[classes->touched[i]];
        link->profile = hash_mix(hash_double(link->profile, link->units), class);
        link->profile = hash_mix(link->profile, link->times);
    }
}

/* Lists the links that have a profile, sorted. Returns how many. */
static uint32_t list_profiles(const struct classes *classes, struct link_sketch *sorted)
{
    const struct flow *flow = classes->flow;
    uint32_t count = 0;
    for (uint32_t link = 0; link < flow->num_links; link++) {
        uint64_t profile = classes->links[link].profile;
        if (profile == 0)
            continue;
        profile = hash_double(profile, flow->sharing.resources[link].capacity);
        profile = hash_mix(profile, classes->dominators[link]);
        sorted[count++] = (struct link_sketch){profile, link};
    }
    sketches_sort_links(sorted, count);
    return count;
}

/* Makes sets of links with the same profile, in plan->common. */
static int make_sets(struct classes *classes, struct load_plan *plan, struct error *err)
{
    struct link_sketch *sorted = malloc((classes->flow->num_links + 1) * sizeof *sorted);
    uint32_t count = sorted ? list_profiles(classes, sorted) : 0;
    plan->common = malloc((count + 1) * sizeof *plan->common);
    for (uint32_t i = 0, end; plan->common && i < count; i = end) {
        for (end = i; end < count && sorted[end].hash == sorted[i].hash; end++)
            plan->common[end] = sorted[end].link;
        struct dominated_link *first = &classes->links[sorted[i].link];
        first->first = i;
        first->count = end - i;
    }
    free(sorted);
    return sorted && plan->common ? 0 : error_no_memory(err);
}

/* Finds out what each class puts on dominated links, and makes sets of them. */
static int profile_links(struct classes *classes, const struct class_maker *maker,
                         struct load_plan *plan, struct error *err)
{
    uint32_t class = 0;
    for (uint32_t i = 0, end; i < maker->count; i = end) {
        end = sketches_class_end(maker->members, i, maker->count);
        touch_links(classes, &maker->members[i], end - i);
        note_class(classes, ++class);
    }
    return classes->irregular ? 0 : make_sets(classes, plan, err);
}

static void add_dominated_sets(struct transfer *class, const struct classes *classes,
                               const struct load_plan *plan)
{
    for (uint32_t i = 0; i < classes->num_touched; i++) {
        uint32_t number = classes->touched[i];
        const struct dominated_link *link = &classes->links[number];
        const struct link_set like = {.units = link->units,
                                      .known_unit = 1,
                                      .known_weight = link->units,
                                      .users = link->times,
                                      .dominator = classes->dominators[number]};
        if (link->count > 0)
            add_set(class, &like, &plan->common[link->first], link->count);
    }
}

/* Keeps the transfers of the members. */
static int keep_each(struct transfer *class, const struct member_sketch *members, struct error *err)
{
    class->each = malloc((class->num_members + 1) * sizeof *class->each);
    if (!class->each)
        return error_no_memory(err);
    for (uint32_t m = 0; m < class->num_members; m++) {
        load_plan_retain(members[m].route.transfer->plan);
        class->each[m] = members[m].route.transfer;
    }
    return 0;
}

/* --- Classes --------------------------------------------------------------------------------- */

static int fill_class(struct transfer *class, const struct classes *classes,
                      const struct load_plan *plan, const struct member_sketch *members,
                      uint32_t count, struct error *err)
{
    const struct transfer *like = members[0].route.transfer;
    struct class_size size = class_size(classes, like, count);
    class->memory = calloc(1, size.num_sets * sizeof(struct link_set) +
                                  (size.num_resources + count) * sizeof(uint32_t));
    if (!class->memory)
        return error_no_memory(err);
    class->sets = class->memory;
    class->latency = like->latency;
    class->latency_load = like->latency_load;
    class->num_members = count;
    class->num_flows = members[0].num_flows;
    uint32_t *numbers = (void *)(class->sets + size.num_sets);
    class->members = numbers;
    for (uint32_t m = 0; m < count; m++)
        *numbers++ = members[m].index;
    for (uint32_t s = 0; s < like->num_sets; s++)
        numbers = add_sets(class, classes, members, s, numbers);
    add_dominated_sets(class, classes, plan);
    return classes->num_touched > 0 ? keep_each(class, members, err) : 0;
}

static int compare_classes(const void *first, const void *second)
{
    uint32_t a = ((const struct transfer *)first)->members[0];
    uint32_t b = ((const struct transfer *)second)->members[0];
    return (a > b) - (a < b);
}

/* A new plan has room for one transfer. */
static int make_room(struct load_plan *plan, uint32_t num_transfers, struct error *err)
{
    plan->num_transfers = 0;
    if (num_transfers <= 1)
        return 0;
    free(plan->transfers);
    plan->transfers = calloc(num_transfers, sizeof *plan->transfers);
    return plan->transfers ? 0 : error_no_memory(err);
}

static int fill_classes(struct classes *classes, const struct class_maker *maker,
                        struct load_plan *plan, struct error *err)
{
    for (uint32_t i = 0, end; i < maker->count; i = end) {
        struct transfer *class = &plan->transfers[plan->num_transfers++];
        end = sketches_class_end(maker->members, i, maker->count);
        class->plan = plan;
        touch_links(classes, &maker->members[i], end - i);
        if (fill_class(class, classes, plan, &maker->members[i], end - i, err))
            return -1;
    }
    if (plan->num_transfers > 1)
        qsort(plan->transfers, plan->num_transfers, sizeof *plan->transfers, compare_classes);
    return 0;
}

static int allocate(struct classes *classes)
{
    size_t room = (size_t)classes->flow->num_links + 1;
    classes->links = calloc(room, sizeof *classes->links);
    classes->touched = malloc(room * sizeof *classes->touched);
    return classes->links && classes->touched ? 0 : -1;
}

/* Makes fewer classes by leaving out dominated links, if that makes a difference. */
static int leave_out_dominated(struct classes *classes, const struct class_maker *maker,
                               struct load_plan *plan, uint32_t *num_classes, struct error *err)
{
    const struct flow *flow = classes->flow;
    if (dominators_find(maker->routes, flow->topology, flow->sharing.resources) ||
        allocate(classes))
        return error_no_memory(err);
    classes->dominators = maker->routes->dominators;
    uint32_t before = *num_classes;
    *num_classes = sort_members(classes, maker);
    if (*num_classes > before / 2)
        classes->irregular = true;
    else if (profile_links(classes, maker, plan, err))
        return -1;
    if (classes->irregular) {
        classes->dominators = NULL;
        *num_classes = sort_members(classes, maker);
    }
    return 0;
}

int classes_make(const struct class_maker *maker, struct load_plan *plan, struct error *err)
{
    struct classes classes = {.flow = maker->flow};
    uint32_t num_classes = sort_members(&classes, maker);
    int result = 0;
    if (num_classes >= MANY_CLASSES && maker->routes)
        result = leave_out_dominated(&classes, maker, plan, &num_classes, err);
    if (result == 0)
        result = make_room(plan, num_classes, err);
    if (result == 0)
        result = fill_classes(&classes, maker, plan, err);
    free(classes.links);
    free(classes.touched);
    return result;
}
