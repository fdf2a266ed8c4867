/* Parallel tasks as L07 wants them: a list of hosts, what each entry computes, and what each sends
 * to each other one. A task goes on at the rate of the slowest of all that.
 *
 * An entry computes with one core. A node is to use all of its cores, so a host with c cores and
 * flops to compute is in the list c times, with an even share each time; only the first of these
 * sends and receives.
 */
#ifndef ELASTISIM_RESOURCES_SIMGRID_DRAFT_H
#define ELASTISIM_RESOURCES_SIMGRID_DRAFT_H

#include "base/error.h"
#include "resources/resources.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kept between tasks for its memory; starts out zeroed. */
struct draft {
    size_t size; /* of the list */
    uint32_t *hosts;
    double *flops;
    double *bytes;        /* size * size, row sends to column; only if `sends` */
    bool computes, sends; /* neither: there is nothing to do */
    size_t capacity, bytes_capacity;
};

void draft_release(struct draft *draft);

/* Each drafts the task of a load, or of its i-th member; cores[host] is the number of a host's
 * cores. What is too small to matter is left out (1 / amount must not overflow). Return 0, or -1
 * with err: out of memory, or a matrix that SimGrid could not copy about. */
int draft_computation(struct draft *draft, const struct load *load, uint32_t i,
                      const uint32_t *cores, struct error *err);
int draft_exchange(struct draft *draft, const struct load *load, const uint32_t *cores,
                   struct error *err);
/* Between a member and its PFS hosts, itself excepted. */
int draft_pfs_io(struct draft *draft, const struct load *load, uint32_t i, struct error *err);
/* The part of a striped I/O that is a parallel task: between this member and each other host of the
 * team. */
int draft_striped_io(struct draft *draft, const struct load *load, uint32_t i,
                     const uint32_t *cores, struct error *err);

#endif
