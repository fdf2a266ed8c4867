/* Finds out which members of a striped I/O are alike by symmetry, so that one variable can stand
 * for those of a class.
 *
 * Members and links are coloured: a link by its capacity and by how many members of each colour put
 * which loads on it, a member by which loads it puts on how many links of each colour; again and
 * again until no more colours come of it. Then all members of a colour are offered the same in each
 * round of the sharing, and all links of a colour are left with the same: nothing tells them apart,
 * whatever the topology. (Each member computes the same on all hosts.)
 */
#include "resources/flow/symmetry.h"

#include "base/vector.h"
#include "resources/flow/hash.h"
#include "resources/flow/members.h"

#include <stdlib.h>
#include <string.h>

/* Tells keys of striped I/O from those of others. */
#define STRIPED_KEY (UINT32_MAX - 1)
/* Loads of all members on links beyond which they are not kept: 64 MB. */
#define MAX_LOADS ((size_t)1 << 23)
/* Of members: a number that is mixed with others to none that is 0. */
#define FIRST_COLOUR UINT64_C(0x5851F42D4C957F2D)
/* Members that a class has on average at least, for it to be worth it. */
#define FEW_MEMBERS 4

/* What a member puts on a link. */
struct link_load {
    uint32_t link, units;
};

struct load_list {
    struct link_load *items;
    size_t count, room;
};

struct survey {
    struct flow *flow;
    const struct load *load;
    enum transfer_shape shape;
    struct load_list loads;            /* member after member, if... */
    bool kept;                         /* ... they are not too many; else of the last member */
    size_t *ends;                      /* of each member's loads, if they are kept */
    double *latencies, *latency_loads; /* by member */
    uint64_t *colours;                 /* of members */
    uint64_t *link_colours;            /* by link; 0 for those that nobody uses */
    uint32_t num_classes;
    bool irregular;
};

/* --- What passes each link ------------------------------------------------------------------- */

/* Appends what a member puts on links. */
static int sum_member(struct survey *survey, uint32_t i, struct error *err)
{
    const struct load *load = survey->load;
    struct link_sum sum;
    if (network_sum(survey->flow->network, survey->shape, load->hosts, load->num_hosts,
                    load->members[i], &sum, err))
        return -1;
    survey->latencies[i] = sum.latency;
    survey->latency_loads[i] = sum.latency_load;
    for (uint32_t k = 0; k < sum.num_links; k++) {
        double units = sum.units[sum.links[k]];
        struct link_load entry = {.link = sum.links[k], .units = (uint32_t)units};
        survey->irregular = survey->irregular || (double)entry.units != units;
        if (vector_add(&survey->loads, entry))
            return error_no_memory(err);
    }
    return 0;
}

/* The loads of a member, from *first on in survey->loads, to *end. */
static int find_loads(struct survey *survey, uint32_t member, size_t *first, size_t *end,
                      struct error *err)
{
    if (!survey->kept) {
        survey->loads.count = 0;
        if (sum_member(survey, member, err))
            return -1;
    }
    *first = survey->kept && member > 0 ? survey->ends[member - 1] : 0;
    *end = survey->kept ? survey->ends[member] : survey->loads.count;
    return 0;
}

/* Mixes what a member puts on links, its loads from `first` on to `end`, into their colours. Sums
 * hang on no order. */
static void colour_links_of(struct survey *survey, uint32_t member, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++) {
        const struct link_load *entry = &survey->loads.items[k];
        survey->link_colours[entry->link] += hash_mix(survey->colours[member], entry->units);
    }
}

/* Notes what a member puts on links, from where its loads begin. */
static int note_member(struct survey *survey, uint32_t i, struct error *err)
{
    size_t first = survey->kept ? survey->loads.count : 0;
    survey->loads.count = first;
    if (sum_member(survey, i, err))
        return -1;
    colour_links_of(survey, i, first, survey->loads.count);
    survey->ends[i] = survey->loads.count;
    survey->kept = survey->kept && survey->loads.count <= MAX_LOADS;
    return 0;
}

/* --- Colours --------------------------------------------------------------------------------- */

/* What is there of links' colours is mixed with what they are. */
static void finish_link_colours(struct survey *survey)
{
    const struct shared_resource *resources = survey->flow->sharing.resources;
    for (uint32_t link = 0; link < survey->flow->num_links; link++) {
        uint64_t *colour = &survey->link_colours[link];
        if (*colour != 0)
            *colour =
                hash_mix(hash_double(*colour, resources[link].capacity), resources[link].fatpipe);
    }
}

static int colour_links(struct survey *survey, struct error *err)
{
    size_t first, end;
    memset(survey->link_colours, 0, survey->flow->num_links * sizeof *survey->link_colours);
    for (uint32_t i = 0; i < survey->load->num_members; i++) {
        if (find_loads(survey, i, &first, &end, err))
            return -1;
        colour_links_of(survey, i, first, end);
    }
    finish_link_colours(survey);
    return 0;
}

static int colour_members(struct survey *survey, struct error *err)
{
    size_t first, end;
    for (uint32_t i = 0; i < survey->load->num_members; i++) {
        uint64_t sum = hash_double(hash_double(0, survey->latencies[i]), survey->latency_loads[i]);
        if (find_loads(survey, i, &first, &end, err))
            return -1;
        for (size_t k = first; k < end; k++) {
            const struct link_load *entry = &survey->loads.items[k];
            sum += hash_mix(survey->link_colours[entry->link], entry->units);
        }
        survey->colours[i] = hash_mix(survey->colours[i], sum);
    }
    return 0;
}

/* Sorts numbers of members by colour, then number. Returns how many colours there are. */
static uint32_t sort_by_colour(const struct survey *survey)
{
    struct member_sketch *members = survey->flow->members.items;
    uint32_t count = survey->load->num_members;
    for (uint32_t i = 0; i < count; i++)
        members[i] = (struct member_sketch){.hash = survey->colours[i], .index = i};
    sketches_sort(members, count);
    return sketches_num_classes(members, count);
}

/* Notes what all members put on links, which all have one colour. */
static int note_members(struct survey *survey, struct error *err)
{
    survey->kept = true;
    for (uint32_t i = 0; i < survey->load->num_members; i++)
        survey->colours[i] = FIRST_COLOUR;
    for (uint32_t i = 0; !survey->irregular && i < survey->load->num_members; i++)
        if (note_member(survey, i, err))
            return -1;
    finish_link_colours(survey);
    survey->num_classes = 1;
    return 0;
}

/* Whether hardly any members are alike; or too few for asking for all routes again and again. */
static bool is_irregular(const struct survey *survey)
{
    return survey->num_classes > 1 &&
           (!survey->kept || survey->num_classes * FEW_MEMBERS > survey->load->num_members);
}

/* Sets survey->irregular when it is not worth it. */
static int look(struct survey *survey, struct error *err)
{
    if (sketches_need(&survey->flow->members, survey->load->num_members, err) ||
        note_members(survey, err))
        return -1;
    for (uint32_t before = 0; !survey->irregular && survey->num_classes != before;) {
        if (before > 0 && colour_links(survey, err))
            return -1;
        if (colour_members(survey, err))
            return -1;
        before = survey->num_classes;
        survey->num_classes = sort_by_colour(survey);
        survey->irregular = survey->irregular || is_irregular(survey);
    }
    return 0;
}

/* --- Classes of links ------------------------------------------------------------------------ */

/* Links of one colour, in plan->common, and one of them. */
struct link_class {
    uint32_t first, count;
};

/* What members of a class put on each link of a class of links: that many units, so many of them.
 */
struct class_load {
    uint32_t class, link_class, units, users;
};

struct class_loads {
    struct class_load *items;
    size_t count, room;
};

/* Which class of links a link stands for, as 1 + its number; 0 for none. */
struct link_classes {
    struct link_class *items;
    uint32_t num;
    uint32_t *stands_for; /* by link */
};

static int make_link_classes(struct survey *survey, struct load_plan *plan,
                             struct link_classes *classes, struct error *err)
{
    size_t room = survey->flow->num_links + 1, count = 0;
    struct link_sketch *sorted = malloc(room * sizeof *sorted);
    plan->common = malloc(room * sizeof *plan->common);
    classes->items = malloc(room * sizeof *classes->items);
    classes->stands_for = calloc(room, sizeof *classes->stands_for);
    bool there = sorted && plan->common && classes->items && classes->stands_for;
    for (uint32_t link = 0; there && link < survey->flow->num_links; link++)
        if (survey->link_colours[link] != 0)
            sorted[count++] = (struct link_sketch){survey->link_colours[link], link};
    if (there)
        sketches_sort_links(sorted, count);
    for (uint32_t i = 0; there && i < count; i++) {
        plan->common[i] = sorted[i].link;
        if (i == 0 || sorted[i].hash != sorted[i - 1].hash) {
            classes->items[classes->num++] = (struct link_class){.first = i};
            classes->stands_for[sorted[i].link] = classes->num;
        }
        classes->items[classes->num - 1].count++;
    }
    free(sorted);
    return there ? 0 : error_no_memory(err);
}

static int compare_loads(const void *first, const void *second)
{
    const struct class_load *a = first, *b = second;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->link_class != b->link_class)
        return a->link_class < b->link_class ? -1 : 1;
    return (a->units > b->units) - (a->units < b->units);
}

/* Adds what the member puts on links that stand for a class. */
static int add_loads(struct survey *survey, const struct link_classes *links, uint32_t member,
                     uint32_t class, struct class_loads *loads, struct error *err)
{
    size_t first, end;
    if (find_loads(survey, member, &first, &end, err))
        return -1;
    for (size_t k = first; k < end; k++) {
        const struct link_load *entry = &survey->loads.items[k];
        uint32_t stands_for = links->stands_for[entry->link];
        const struct class_load load = {class, stands_for - 1, entry->units, 1};
        if (stands_for > 0 && vector_add(loads, load))
            return error_no_memory(err);
    }
    return 0;
}

/* Lists what each class of members puts on each class of links, by class. */
static int list_loads(struct survey *survey, const struct link_classes *links,
                      struct class_loads *loads, struct error *err)
{
    const struct member_sketch *members = survey->flow->members.items;
    uint32_t count = survey->load->num_members, class = 0;
    for (uint32_t i = 0; i < count; i++) {
        class += i > 0 && members[i].hash != members[i - 1].hash;
        if (add_loads(survey, links, members[i].index, class, loads, err))
            return -1;
    }
    if (loads->count == 0)
        return 0;
    qsort(loads->items, loads->count, sizeof *loads->items, compare_loads);
    size_t last = 0;
    for (size_t i = 1; i < loads->count; i++)
        if (compare_loads(&loads->items[last], &loads->items[i]) == 0)
            loads->items[last].users++;
        else
            loads->items[++last] = loads->items[i];
    loads->count = last + 1;
    return 0;
}

/* --- The plan -------------------------------------------------------------------------------- */

/* The transfer of members of one class, with those of the loads that are theirs. */
static int fill_transfer(const struct survey *survey, const struct load_plan *plan,
                         struct transfer *transfer, const struct member_sketch *members,
                         const struct link_class *links, const struct class_load *loads,
                         struct error *err)
{
    transfer->memory = malloc(transfer->num_sets * sizeof(struct link_set) +
                              (transfer->num_members + 1) * sizeof(uint32_t));
    if (!transfer->memory)
        return error_no_memory(err);
    transfer->sets = transfer->memory;
    uint32_t *numbers = (void *)(transfer->sets + transfer->num_sets);
    for (uint32_t i = 0; i < transfer->num_sets; i++) {
        const struct link_class *class = &links[loads[i].link_class];
        transfer->sets[i] = (struct link_set){
            .units = loads[i].units,
            .known_unit = 1,
            .known_weight = loads[i].units,
            .users = loads[i].users,
            .set = {.resources = &plan->common[class->first], .count = class->count}};
    }
    for (uint32_t i = 0; i < transfer->num_members; i++)
        numbers[i] = members[i].index;
    transfer->members = numbers;
    transfer->latency = survey->latencies[members[0].index];
    transfer->latency_load = survey->latency_loads[members[0].index];
    return 0;
}

static int fill_transfers(const struct survey *survey, struct load_plan *plan,
                          const struct link_classes *links, const struct class_loads *loads,
                          struct error *err)
{
    const struct member_sketch *members = survey->flow->members.items;
    size_t first = 0;
    uint32_t count = survey->load->num_members, class = 0;
    struct transfer *transfers = calloc(survey->num_classes, sizeof *transfers);
    if (!transfers)
        return error_no_memory(err);
    free(plan->transfers);
    plan->transfers = transfers;
    plan->num_transfers = survey->num_classes;
    for (uint32_t i = 0, end; i < count; i = end, class ++) {
        struct transfer *transfer = &transfers[class];
        end = sketches_class_end(members, i, count);
        transfer->plan = plan;
        transfer->num_members = end - i;
        while (first + transfer->num_sets < loads->count &&
               loads->items[first + transfer->num_sets].class == class)
            transfer->num_sets++;
        if (fill_transfer(survey, plan, transfer, &members[i], links->items, &loads->items[first],
                          err))
            return -1;
        first += transfer->num_sets;
    }
    return 0;
}

static int fill_plan(struct survey *survey, struct load_plan *plan, struct error *err)
{
    struct link_classes links = {.num = 0};
    struct class_loads loads = {.count = 0};
    int result = make_link_classes(survey, plan, &links, err);
    if (result == 0)
        result = list_loads(survey, &links, &loads, err);
    if (result == 0)
        result = fill_transfers(survey, plan, &links, &loads, err);
    free(links.items);
    free(links.stands_for);
    free(loads.items);
    return result;
}

static int allocate(struct survey *survey, struct error *err)
{
    size_t count = survey->load->num_members + 1;
    survey->ends = calloc(count, sizeof *survey->ends);
    survey->latencies = calloc(count, sizeof *survey->latencies);
    survey->latency_loads = calloc(count, sizeof *survey->latency_loads);
    survey->colours = calloc(count, sizeof *survey->colours);
    survey->link_colours = calloc(survey->flow->num_links + 1, sizeof *survey->link_colours);
    return survey->ends && survey->latencies && survey->latency_loads && survey->colours &&
                   survey->link_colours
               ? 0
               : error_no_memory(err);
}

/* A plan that says that members are not alike has no transfer. */
static struct load_plan *make_plan(struct flow *flow, const struct load *load,
                                   enum transfer_shape shape, struct error *err)
{
    struct survey survey = {.flow = flow, .load = load, .shape = shape};
    struct load_plan *plan = load_plan_create();
    int result = plan ? allocate(&survey, err) : error_no_memory(err);
    if (result == 0)
        result = look(&survey, err);
    if (result == 0 && survey.irregular)
        plan->num_transfers = 0;
    else if (result == 0)
        result = fill_plan(&survey, plan, err);
    free(survey.loads.items);
    free(survey.ends);
    free(survey.latencies);
    free(survey.latency_loads);
    free(survey.colours);
    free(survey.link_colours);
    if (result == 0)
        return plan;
    load_plan_release(plan);
    return NULL;
}

static int make_key(struct flow *flow, const struct load *load, struct error *err)
{
    struct numbers *key = &flow->key;
    key->count = 0;
    int result = numbers_add(key, STRIPED_KEY, err);
    result = result ? result : numbers_add(key, load->kind, err);
    for (uint32_t i = 0; result == 0 && i < load->num_hosts; i++)
        result = numbers_add(key, load->hosts[i], err);
    result = result ? result : numbers_add(key, STRIPED_KEY, err);
    for (uint32_t i = 0; result == 0 && i < load->num_members; i++)
        result = numbers_add(key, load->members[i], err);
    return result;
}

struct load_plan *symmetry_plan(struct flow *flow, const struct load *load,
                                enum transfer_shape shape, struct error *err)
{
    if (make_key(flow, load, err))
        return NULL;
    const struct numbers *key = &flow->key;
    struct load_plan *plan = plans_find(&flow->plans, key->items, (uint32_t)key->count);
    if (plan)
        return plan->num_transfers > 0 ? load_plan_retain(plan) : NULL;
    plan = make_plan(flow, load, shape, err);
    if (plan && plans_keep(&flow->plans, plan, key->items, (uint32_t)key->count))
        error_no_memory(err);
    if (plan && plan->num_transfers > 0 && !err->kind)
        return plan;
    load_plan_release(plan);
    return NULL;
}
