/* Routes to one place, or from there, make a tree as a rule: sorted by how many use them, the links
 * of a route are those of the tree from the root on, and each link has the same one before it, its
 * parent, in all routes. All who use a link use its parent, then. Where a link has different
 * parents, nothing is said of it. Links with the same users are in the order of their depth, which
 * is the same whatever routes are known.
 */
#include "resources/flow/dominators.h"

#include <stdlib.h>

#define NO_PARENT UINT32_MAX
#define MANY_LINKS 32 /* of a route, from which on insertion takes too long */

/* What is known of a link while the tree is made. */
struct tree_link {
    uint32_t users;
    uint32_t parent;
    bool seen;
    bool cut_off; /* parents differ, or some user puts less on the parent */
};

/* A link of a route while that is sorted. */
struct step {
    uint32_t link, users, depth;
    double capacity, units;
};

struct tree {
    struct tree_link *links; /* by number */
    struct step *steps;      /* of the route that is looked at */
    const struct shared_resource *resources;
    const uint32_t *depths;
};

static void count_users(struct tree *tree, const struct pfs_route *route)
{
    for (uint32_t i = 0; i < route->num_links; i++)
        tree->links[route->links[i]].users++;
}

/* --- Depths ---------------------------------------------------------------------------------- */

/* Notes where the links stand on the way from the first PFS host to the host, or back. */
static void note_depths(struct pfs_routes *routes, struct topology *topology, uint32_t host,
                        struct route *route)
{
    bool writes = routes->kind == LOAD_PFS_WRITE;
    uint32_t target = routes->targets[0];
    struct error ignored = {.kind = ERROR_NONE};
    routes->of_host[host].has_depths = true;
    if (topology_route(topology, writes ? host : target, writes ? target : host, route, &ignored))
        return;
    for (size_t i = 0; i < route->count; i++) {
        uint32_t *depth = &routes->depths[route->links[i]];
        if (*depth == 0)
            *depth = (uint32_t)(writes ? route->count - i : i + 1);
    }
}

static void find_depths(struct pfs_routes *routes, struct topology *topology)
{
    struct route route = {0};
    for (uint32_t host = 0; host < routes->num_hosts; host++)
        if (routes->of_host[host].transfer && !routes->of_host[host].has_depths)
            note_depths(routes, topology, host, &route);
    topology_route_release(&route);
}

/* --- Sorting a route ------------------------------------------------------------------------- */

static int compare_steps(const void *first, const void *second)
{
    const struct step *a = first, *b = second;
    if (a->users != b->users)
        return a->users > b->users ? -1 : 1;
    if (a->capacity != b->capacity)
        return a->capacity < b->capacity ? -1 : 1;
    if (a->depth != b->depth)
        return a->depth < b->depth ? -1 : 1;
    return (a->link > b->link) - (a->link < b->link);
}

static void sort_steps(struct step *steps, uint32_t count)
{
    if (count >= MANY_LINKS) {
        qsort(steps, count, sizeof *steps, compare_steps);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        struct step step = steps[i];
        uint32_t at = i;
        for (; at > 0 && compare_steps(&step, &steps[at - 1]) < 0; at--)
            steps[at] = steps[at - 1];
        steps[at] = step;
    }
}

/* The shared links of the route, from the root on. Returns how many. */
static uint32_t list_steps(struct tree *tree, const struct transfer *transfer)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < transfer->num_sets; s++) {
        const struct link_set *set = &transfer->sets[s];
        const struct shared_resource *like = &tree->resources[set->set.resources[0]];
        for (uint32_t i = 0; !like->fatpipe && i < set->set.count; i++) {
            uint32_t link = set->set.resources[i];
            tree->steps[count++] = (struct step){.link = link,
                                                 .users = tree->links[link].users,
                                                 .depth = tree->depths[link],
                                                 .capacity = like->capacity,
                                                 .units = set->units};
        }
    }
    sort_steps(tree->steps, count);
    return count;
}

/* --- The tree -------------------------------------------------------------------------------- */

static void add_route(struct tree *tree, const struct pfs_route *route)
{
    uint32_t count = list_steps(tree, route->transfer);
    for (uint32_t i = 0; i < count; i++) {
        const struct step *step = &tree->steps[i];
        struct tree_link *link = &tree->links[step->link];
        uint32_t parent = i > 0 ? tree->steps[i - 1].link : NO_PARENT;
        if (!link->seen)
            link->parent = parent;
        if (link->parent != parent || (i > 0 && tree->steps[i - 1].units < step->units))
            link->cut_off = true;
        link->seen = true;
    }
}

/* The link nearest to the root that dominates this one, as 1 + its number; 0 without one. Nothing
 * is gained by one that a single host uses. */
static uint32_t dominator_of(const struct tree *tree, uint32_t link)
{
    double capacity = tree->resources[link].capacity;
    uint32_t found = 0;
    for (uint32_t at = link; !tree->links[at].cut_off && tree->links[at].parent != NO_PARENT;) {
        at = tree->links[at].parent;
        if (tree->resources[at].capacity <= capacity && tree->links[at].users > 1)
            found = at + 1;
    }
    return found;
}

static int prepare(struct tree *tree, struct pfs_routes *routes, size_t num_links)
{
    tree->links = calloc(num_links + 1, sizeof *tree->links);
    tree->steps = malloc((num_links + 1) * sizeof *tree->steps);
    if (!routes->dominators)
        routes->dominators = malloc((num_links + 1) * sizeof *routes->dominators);
    if (!routes->depths)
        routes->depths = calloc(num_links + 1, sizeof *routes->depths);
    tree->depths = routes->depths;
    return tree->links && tree->steps && routes->dominators && routes->depths ? 0 : -1;
}

int dominators_find(struct pfs_routes *routes, struct topology *topology,
                    const struct shared_resource *resources)
{
    size_t num_links = topology_num_links(topology);
    struct tree tree = {.resources = resources};
    if (routes->num_looked_at == routes->num_known)
        return 0;
    int result = prepare(&tree, routes, num_links);
    if (result == 0)
        find_depths(routes, topology);
    for (uint32_t host = 0; result == 0 && host < routes->num_hosts; host++)
        if (routes->of_host[host].transfer)
            count_users(&tree, &routes->of_host[host]);
    for (uint32_t host = 0; result == 0 && host < routes->num_hosts; host++)
        if (routes->of_host[host].transfer)
            add_route(&tree, &routes->of_host[host]);
    for (uint32_t link = 0; result == 0 && link < num_links; link++)
        routes->dominators[link] = tree.links[link].seen ? dominator_of(&tree, link) : 0;
    if (result == 0)
        routes->num_looked_at = routes->num_known;
    free(tree.links);
    free(tree.steps);
    return result;
}
