/* The power cap in a policy's plan: what is left of it from now on, as running jobs end when
 * expected and reservations begin.
 *
 * A profile beside that of the nodes, in small units of watts. A node of a class counts with the
 * most that any of the class draws with a job beyond what it draws without; so the plan is exact
 * where the nodes of a class are alike, and on the safe side elsewhere. What is left now is exact
 * in any case, since what the machine is committed to is known. */
#ifndef ELASTISIM_POLICIES_WATTS_H
#define ELASTISIM_POLICIES_WATTS_H

#include "elastisim/scheduler.h"
#include "policies/pool.h"
#include "policies/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watts {
    bool is_capped;         /* else nothing else is set, and there is room for everything */
    struct profile profile; /* units that are left, of one class */
    double unit;            /* watts */
    int64_t base;           /* units that are drawn without jobs, as planned */
    int64_t running;        /* units that the jobs that run count with */
    size_t num_classes;
    uint32_t cpus[MAX_NODE_CLASSES]; /* units of a node with a job, by class, */
    uint32_t gpus[MAX_NODE_CLASSES]; /* and of each of its GPUs that the job has */
    double now;
    uint32_t cap;     /* units: the cap now */
    double next_step; /* seconds: when the cap is another one next; INFINITY for never */
};

/* Functions that return an int return 0, or -1 when memory ran out. */
int watts_create(struct watts *watts, const struct elastisim_view *view,
                 const struct node_pool *pool);
void watts_release(struct watts *watts); /* fine on a zeroed one */
/* All that changed since the last invocation is noted: the plan follows what the machine is
 * committed to. *more: there may be room where there was none. */
int watts_begin(struct watts *watts, const struct elastisim_view *view, bool *more);
/* Takes what nodes with a job (that has so many of their GPUs) need out of the plan during [from,
 * to) (sign -1), or gives it back (1). */
int watts_plan(struct watts *watts, const struct profile_stay *stay, uint32_t gpus, int sign);
/* A job runs on so many nodes more (1) or less (-1), by class. */
void watts_run(struct watts *watts, const uint32_t *nodes, uint32_t gpus, int sign);
/* Plans with so many watts more that are drawn without jobs from now on, if they are left until
 * then (seconds); returns whether they are. Returns false, too, with *failed, when memory ran out.
 */
bool watts_take(struct watts *watts, double power, double until, bool *failed);
/* How many nodes of the classes a job could have more during [from, to); one's own stay (NULL:
 * none) counts as unused. */
uint32_t watts_room(const struct watts *watts, uint64_t classes, uint32_t gpus, double from,
                    double to, const struct profile_stay *own);
/* How many it could have more now: jobs that are expected to end at this instant may run yet. */
uint32_t watts_room_now(const struct watts *watts, uint64_t classes, uint32_t gpus);
/* The earliest time >= from at which there is power for so many nodes of the classes for
 * `duration`; before one's own stay begins. INFINITY when there is none. */
double watts_find(const struct watts *watts, uint64_t classes, uint32_t gpus,
                  const struct profile_search *search);

#endif
