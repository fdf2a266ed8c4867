/* The reservation profile: how many nodes are expected to be unused, from now on, by class of
 * nodes.
 *
 * Steps in time. Running jobs take nodes until their expected end, reservations take them for a
 * while in the future. Counts per class are enough: jobs that never overlap beyond a class's size
 * can always be given nodes of their own when they start.
 *
 * Whoever plans ahead may leave marks at times; the profile finds them by their time.
 */
#ifndef ELASTISIM_POLICIES_PROFILE_H
#define ELASTISIM_POLICIES_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of two times, neither of which is NaN: fmin and fmax are calls, and these are in inner loops. */
static inline double earlier_of(double a, double b)
{
    return a < b ? a : b;
}

static inline double later_of(double a, double b)
{
    return a > b ? a : b;
}

/* Something that begins at a time; it lives inside whatever does. */
struct profile_mark {
    double time; /* seconds */
    struct profile_mark *previous, *next;
};

struct profile_block;

/* Steps that follow each other, and what is to be known of them without looking at each. */
struct profile_span {
    struct profile_block *block; /* owned */
    double begin;                /* of its first step */
    int32_t least, most;         /* nodes of all classes together */
    uint32_t num_marks;
};

/* Where a step is; of the end, `span` is the number of spans. */
struct profile_place {
    size_t span;
    uint32_t step;
};

struct profile {
    size_t num_classes;
    struct profile_span *spans; /* in the order of time; owned */
    size_t num_spans, room;
    struct profile_mark *past;   /* marks before the first step */
    struct profile_place recent; /* something was done here last: the next thing is often near */
};

/* One step of `counts` from the beginning of time. Returns 0, or -1 when out of memory. */
int profile_create(struct profile *profile, size_t num_classes, const uint32_t *counts);
void profile_discard(struct profile *profile);
/* Has a profile have the steps of another one of as many classes, without its marks, and its own
 * marks no more. Returns 0, or -1 when out of memory. */
int profile_copy(struct profile *profile, const struct profile *from);
size_t profile_num_steps(const struct profile *profile);

/* Forgets what was before now. */
void profile_advance(struct profile *profile, double now);
/* Adds sign * nodes[class] during [from, to). Returns 0, or -1 when out of memory. */
int profile_add(struct profile *profile, double from, double to, const uint32_t *nodes, int sign);
/* Whether there are `need` nodes of all classes together during [from, to). */
bool profile_has(const struct profile *profile, uint32_t need, double from, double to);
/* Nodes, by class, that somebody has in the profile during [from, to). */
struct profile_stay {
    const uint32_t *nodes;
    double from, to;
};

/* Least counts during [from, to), by class, 0 at least; one's own nodes (NULL: none) count as
 * unused. */
void profile_least(const struct profile *profile, double from, double to,
                   const struct profile_stay *own, uint32_t *least);
/* What a search looks for: `need` nodes of the classes in the mask, unused for `duration`, from a
 * time >= from and < before on. One's own nodes (NULL: none) count as unused: at least `need` for
 * at least `duration`, and before <= own->from. */
struct profile_search {
    uint64_t classes;
    uint32_t need;
    double duration, from, before;
    const struct profile_stay *own;
};

/* The earliest such time; INFINITY when there is none. Sets the least counts while it lasts. */
double profile_find(const struct profile *profile, const struct profile_search *search,
                    uint32_t *least);
/* The earliest time >= from from which on `need` nodes of all classes together are unused until
 * `end`, which is that time when there is none. */
double profile_slide(struct profile *profile, uint32_t need, double from, double end);
/* The least number of nodes of all classes together from `from` on, and the first time it is
 * reached. */
void profile_bottom(const struct profile *profile, double from, uint32_t *extra, double *time);

/* --- Marks --------------------------------------------------------------------------------- */

/* Leaves a mark at a time >= the first step's. Returns 0, or -1 when out of memory. */
int profile_set_mark(struct profile *profile, struct profile_mark *mark, double time);
void profile_clear_mark(struct profile *profile, struct profile_mark *mark);
/* Leaves a mark at a time >= the first step's, and takes nodes from then to a later time `end`.
 * Returns 0, or -1 when out of memory. */
int profile_begin(struct profile *profile, struct profile_mark *mark, double time, double end,
                  const uint32_t *nodes);
/* What begins at a mark begins earlier: the nodes are taken from a time >= the first step's on
 * until the mark, which moves there. Returns 0, or -1 when out of memory. */
int profile_begin_earlier(struct profile *profile, struct profile_mark *mark, double time,
                          const uint32_t *nodes);
/* The time of the first mark behind a time, of one that is past with -INFINITY; INFINITY without
 * any. */
double profile_next_mark(const struct profile *profile, double after);
/* The time of the last mark; -INFINITY without any. */
double profile_last_mark(const struct profile *profile);
/* Is told of a mark, and of the nodes that are unused just before it, of all classes together. */
typedef void profile_mark_fn(void *context, struct profile_mark *mark, int32_t before);
/* Tells of all marks in (after, until], in the order of time; with after = -INFINITY of those
 * before the first step as well, whose `before` is 0. They must not be changed meanwhile. */
void profile_visit_marks(const struct profile *profile, double after, double until,
                         profile_mark_fn *visit, void *context);

/* --- Stretches ----------------------------------------------------------------------------- */

enum { PROFILE_LEVELS = 32 };

/* The level of a number of nodes > 0: level i has from 2^i on. */
unsigned profile_level(uint32_t nodes);
/* From `low` on, below `high`. */
struct profile_levels {
    unsigned low, high;
};

/* Raises longest[level], for each of these levels, to the length of the longest stretch of time
 * that touches [from, to) and throughout which at least 2^level nodes are unused, of all classes
 * together; what is before `earliest` or behind `latest` does not count. Returns where a stretch of
 * the lowest of the levels ends that lasts to `to`, or `to`. */
double profile_measure(const struct profile *profile, double from, double to, double earliest,
                       double latest, struct profile_levels levels, double *longest);

#endif
