/* Finds out whether the members of a striped I/O are alike by symmetry, so that one variable can
 * stand for all of them.
 *
 * Links are sorted into classes: of one capacity, with the same loads by as many members. If each
 * member puts the same loads on as many links of each class, then all members are offered the same
 * in each round of the sharing, and all links of a class are left with the same: nothing tells the
 * members apart, whatever the topology. (Each member computes the same on all hosts.)
 */
#include "resources/flow/symmetry.h"

#include "resources/flow/hash.h"
#include "resources/flow/members.h"

#include <stdlib.h>
#include <string.h>

/* Tells keys of striped I/O from those of others. */
#define STRIPED_KEY (UINT32_MAX - 1)
/* Different loads that members may put on one link: as the one that all comes from or goes to, and
 * as one of the others. */
#define MAX_LOADS 2

/* What the members put on a link. */
struct link_loads {
    uint32_t link;
    bool known;
    uint32_t count;          /* different loads */
    double units[MAX_LOADS]; /* in increasing order... */
    uint32_t users[MAX_LOADS];
    uint64_t hash; /* of its class */
};

struct survey {
    struct flow *flow;
    const struct load *load;
    enum transfer_shape shape;
    struct link_loads *links; /* by number */
    uint32_t *used;           /* numbers of those that are used */
    uint32_t num_used;
    double latency, latency_load;
    bool irregular;
};

/* --- What passes each link ------------------------------------------------------------------- */

static void note_load(struct survey *survey, uint32_t link, double units)
{
    struct link_loads *loads = &survey->links[link];
    if (!loads->known) {
        *loads = (struct link_loads){.link = link, .known = true};
        survey->used[survey->num_used++] = link;
    }
    uint32_t at = 0;
    while (at < loads->count && loads->units[at] < units)
        at++;
    if (at < loads->count && loads->units[at] == units) {
        loads->users[at]++;
        return;
    }
    if (loads->count == MAX_LOADS) {
        survey->irregular = true;
        return;
    }
    for (uint32_t i = loads->count++; i > at; i--) {
        loads->units[i] = loads->units[i - 1];
        loads->users[i] = loads->users[i - 1];
    }
    loads->units[at] = units;
    loads->users[at] = 1;
}

static int sum_member(struct survey *survey, uint32_t i, struct link_sum *sum, struct error *err)
{
    const struct load *load = survey->load;
    return network_sum(survey->flow->network, survey->shape, load->hosts, load->num_hosts,
                       load->members[i], sum, err);
}

static int note_member(struct survey *survey, uint32_t i, struct error *err)
{
    struct link_sum sum;
    if (sum_member(survey, i, &sum, err))
        return -1;
    if (i == 0) {
        survey->latency = sum.latency;
        survey->latency_load = sum.latency_load;
    }
    survey->irregular = survey->irregular || sum.latency != survey->latency ||
                        sum.latency_load != survey->latency_load;
    for (uint32_t k = 0; k < sum.num_links; k++)
        note_load(survey, sum.links[k], sum.units[sum.links[k]]);
    return 0;
}

/* --- Symmetry -------------------------------------------------------------------------------- */

static void classify_links(struct survey *survey)
{
    for (uint32_t i = 0; i < survey->num_used; i++) {
        struct link_loads *loads = &survey->links[survey->used[i]];
        const struct shared_resource *resource = &survey->flow->sharing.resources[loads->link];
        loads->hash = hash_mix(hash_double(0, resource->capacity), resource->fatpipe);
        for (uint32_t k = 0; k < loads->count; k++)
            loads->hash = hash_mix(hash_double(loads->hash, loads->units[k]), loads->users[k]);
    }
}

/* What a member puts on which classes, as a number that hangs on no order. */
static int sign_member(struct survey *survey, uint32_t i, uint64_t *signature, struct error *err)
{
    struct link_sum sum;
    *signature = 0;
    if (sum_member(survey, i, &sum, err))
        return -1;
    for (uint32_t k = 0; k < sum.num_links; k++)
        *signature += hash_double(survey->links[sum.links[k]].hash, sum.units[sum.links[k]]);
    return 0;
}

/* Sets survey->irregular unless the members are alike. */
static int look(struct survey *survey, struct error *err)
{
    uint32_t num_members = survey->load->num_members;
    uint64_t signature, first = 0;
    for (uint32_t i = 0; !survey->irregular && i < num_members; i++)
        if (note_member(survey, i, err))
            return -1;
    classify_links(survey);
    for (uint32_t i = 0; !survey->irregular && i < num_members; i++) {
        if (sign_member(survey, i, &signature, err))
            return -1;
        first = i == 0 ? signature : first;
        survey->irregular = signature != first;
    }
    return 0;
}

/* --- The plan -------------------------------------------------------------------------------- */

static int compare_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

/* Orders links by class; the same class makes 0. */
static int compare_classes(const struct survey *survey, const struct link_loads *a,
                           const struct link_loads *b)
{
    const struct shared_resource *of_a = &survey->flow->sharing.resources[a->link];
    const struct shared_resource *of_b = &survey->flow->sharing.resources[b->link];
    int order = compare_doubles(of_a->capacity, of_b->capacity);
    order = order ? order : of_a->fatpipe - of_b->fatpipe;
    order = order ? order : (a->count > b->count) - (a->count < b->count);
    for (uint32_t i = 0; order == 0 && i < a->count; i++) {
        order = compare_doubles(a->units[i], b->units[i]);
        order = order ? order : (a->users[i] > b->users[i]) - (a->users[i] < b->users[i]);
    }
    return order;
}

/* Insertion by class keeps links of one class together; there are few classes. Returns how many
 * links the class that begins at `first` has, having swapped them there. */
static uint32_t gather_class(struct survey *survey, uint32_t first)
{
    const struct link_loads *like = &survey->links[survey->used[first]];
    uint32_t end = first + 1;
    for (uint32_t i = end; i < survey->num_used; i++) {
        uint32_t link = survey->used[i];
        if (compare_classes(survey, like, &survey->links[link]) != 0)
            continue;
        survey->used[i] = survey->used[end];
        survey->used[end++] = link;
    }
    return end - first;
}

/* A set for each load that members put on the links of a class. */
static void add_class(struct survey *survey, struct transfer *transfer, const uint32_t *links,
                      uint32_t count)
{
    const struct link_loads *like = &survey->links[links[0]];
    for (uint32_t k = 0; k < like->count; k++)
        transfer->sets[transfer->num_sets++] =
            (struct link_set){.units = like->units[k],
                              .known_unit = 1,
                              .known_weight = like->units[k],
                              .users = like->users[k],
                              .set = {.resources = links, .count = count}};
}

static int fill_transfer(struct survey *survey, struct transfer *transfer, struct error *err)
{
    uint32_t num_members = survey->load->num_members, num_used = survey->num_used;
    size_t num_sets = 0;
    for (uint32_t first = 0; first < num_used; first += gather_class(survey, first))
        num_sets += survey->links[survey->used[first]].count;
    transfer->memory = malloc(num_sets * sizeof(struct link_set) +
                              ((size_t)num_used + num_members) * sizeof(uint32_t));
    if (!transfer->memory)
        return error_no_memory(err);
    transfer->sets = transfer->memory;
    uint32_t *links = (void *)(transfer->sets + num_sets), *members = links + num_used;
    for (uint32_t first = 0, count; first < num_used; first += count) {
        count = gather_class(survey, first);
        memcpy(links + first, survey->used + first, count * sizeof *links);
        add_class(survey, transfer, links + first, count);
    }
    for (uint32_t i = 0; i < num_members; i++)
        members[i] = i;
    transfer->members = members;
    transfer->num_members = num_members;
    transfer->latency = survey->latency;
    transfer->latency_load = survey->latency_load;
    return 0;
}

/* A plan that says that members are not alike has no transfer. */
static struct load_plan *make_plan(struct flow *flow, const struct load *load,
                                   enum transfer_shape shape, struct error *err)
{
    struct survey survey = {.flow = flow, .load = load, .shape = shape};
    struct load_plan *plan = load_plan_create();
    survey.links = calloc(flow->num_links + 1, sizeof *survey.links);
    survey.used = malloc((flow->num_links + 1) * sizeof *survey.used);
    int result = 0;
    if (!plan || !survey.links || !survey.used)
        result = error_no_memory(err);
    else
        result = look(&survey, err);
    if (result == 0 && survey.irregular)
        plan->num_transfers = 0;
    else if (result == 0)
        result = fill_transfer(&survey, plan->transfers, err);
    free(survey.links);
    free(survey.used);
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
