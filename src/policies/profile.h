/* The reservation profile: how many nodes are expected to be unused, from now on, by class of
 * nodes.
 *
 * A list of steps in time. Running jobs take nodes until their expected end, reservations take them
 * for a while in the future. Counts per class are enough: jobs that never overlap beyond a class's
 * size can always be given nodes of their own when they start.
 */
#ifndef ELASTISIM_POLICIES_PROFILE_H
#define ELASTISIM_POLICIES_PROFILE_H

#include <stddef.h>
#include <stdint.h>

struct profile {
    size_t num_classes;
    /* Step i lasts from times[i] to times[i + 1]; the last one for ever. Steps before `first` are
     * over. */
    double *times;
    int32_t *counts; /* [i * num_classes + class] */
    size_t first, count, capacity;
};

/* One step of `counts` from the beginning of time. Returns 0, or -1 when out of memory. */
int profile_create(struct profile *profile, size_t num_classes, const uint32_t *counts);
void profile_discard(struct profile *profile);

/* Forgets what was before now. */
void profile_advance(struct profile *profile, double now);
/* Adds sign * nodes[class] during [from, to). Returns 0, or -1 when out of memory. */
int profile_add(struct profile *profile, double from, double to, const uint32_t *nodes, int sign);
/* Least counts during [from, to), by class, 0 at least. */
void profile_least(const struct profile *profile, double from, double to, uint32_t *least);
/* What a search looks for: `need` nodes of the classes in the mask, unused for `duration`, from a
 * time >= from and < before on. `own` nodes that it has in the profile already, during [own_from,
 * own_to), count as unused (NULL: none). */
struct profile_search {
    uint64_t classes;
    uint32_t need;
    double duration, from, before;
    const uint32_t *own;
    double own_from, own_to;
};

/* The earliest such time; INFINITY when there is none. Sets the least counts while it lasts. */
double profile_find(const struct profile *profile, const struct profile_search *search,
                    uint32_t *least);
/* The least number of nodes of all classes together from `from` on, and the first time it is
 * reached. */
void profile_bottom(const struct profile *profile, double from, uint32_t *extra, double *time);

#endif
