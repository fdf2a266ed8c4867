/* A route is the half that leads up from its source and the half that leads down to its target, no
 * link twice: what passes a link is told by how many hosts have it in which half.
 */
#include "resources/flow/star_pairs.h"

#include <math.h>
#include <stdlib.h>

/* How many hosts of a set have a link in the half of their routes that leads up, down, in both. */
struct link_users {
    uint32_t up, down, both;
};

struct star_pairs {
    struct topology *topology;
    struct stars *stars;
    struct link_users *users; /* by link */
    uint32_t *links;          /* that have users */
    uint32_t num_links;
};

struct star_pairs *star_pairs_create(struct topology *topology, struct stars *stars)
{
    struct star_pairs *pairs = calloc(1, sizeof *pairs);
    if (!pairs)
        return NULL;
    size_t num_links = topology_num_links(topology);
    pairs->topology = topology;
    pairs->stars = stars;
    pairs->users = calloc(num_links + 1, sizeof *pairs->users);
    pairs->links = calloc(num_links + 1, sizeof *pairs->links);
    if (pairs->users && pairs->links)
        return pairs;
    star_pairs_destroy(pairs);
    return NULL;
}

void star_pairs_destroy(struct star_pairs *pairs)
{
    if (!pairs)
        return;
    free(pairs->users);
    free(pairs->links);
    free(pairs);
}

/* The two largest of some values, one per host. */
struct top {
    double first, second;
    uint32_t host; /* of the first */
};

static void top_add(struct top *top, double value, uint32_t host)
{
    if (value > top->first) {
        top->second = top->first;
        top->first = value;
        top->host = host;
    } else if (value > top->second) {
        top->second = value;
    }
}

static struct link_users *users_of(struct star_pairs *pairs, uint32_t link)
{
    struct link_users *users = &pairs->users[link];
    if (users->up + users->down == 0)
        pairs->links[pairs->num_links++] = link;
    return users;
}

/* Counts the links of a host's halves. */
static void count_halves(struct star_pairs *pairs, const struct halves *halves)
{
    for (uint32_t i = 0; i < halves->up.count; i++) {
        struct link_users *users = users_of(pairs, halves->up.links[i]);
        users->up++;
        users->both += half_contains(&halves->down, halves->up.links[i]);
    }
    for (uint32_t i = 0; i < halves->down.count; i++)
        users_of(pairs, halves->down.links[i])->down++;
}

/* Adds what passes each link, by who uses it. A link in both halves has to be in all of them, or to
 * be one host's own. Returns the latency of what is in all. */
static double add_links(struct star_pairs *pairs, struct tally *tally, uint32_t n)
{
    double common = 0;
    for (uint32_t i = 0; i < pairs->num_links; i++) {
        uint32_t link = pairs->links[i];
        struct link_users *users = &pairs->users[link];
        int64_t up = users->up, down = users->down, both = users->both;
        bool everywhere = up == n && down == n;
        if (up > 0 && down > 0 && !everywhere && (up != 1 || down != 1 || both != 1))
            tally->irregular = true;
        if (everywhere)
            common += topology_link_latency(pairs->topology, link);
        tally_add(tally, link, (up + down) * ((int64_t)n - 1) - (up * down - both));
        *users = (struct link_users){0};
    }
    pairs->num_links = 0;
    return common;
}

void star_pairs_add(struct star_pairs *pairs, struct tally *tally, const struct member *members,
                    uint32_t count)
{
    struct top up = {.first = -1, .second = -1}, down = up;
    long star;
    for (uint32_t i = 0; i < count && !tally->irregular; i++)
        tally->irregular = !stars_halves(pairs->stars, members[i].host, &star);
    for (uint32_t i = 0; i < count && !tally->irregular; i++) {
        const struct halves *halves = stars_halves(pairs->stars, members[i].host, &star);
        count_halves(pairs, halves);
        top_add(&up, halves->up.latency, i);
        top_add(&down, halves->down.latency, i);
    }
    if (tally->irregular)
        return;
    double common = add_links(pairs, tally, count);
    double latency = up.host != down.host ? up.first + down.first
                                          : fmax(up.first + down.second, up.second + down.first);
    tally_note_latency(tally, latency - common);
}
