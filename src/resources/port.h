/* What stands behind the resource port: a model that shares the platform among the loads. SimGrid
 * always reads the platform; the loads go to SimGrid's L07 model (simgrid.cpp) or to ours (flow/).
 */
#ifndef ELASTISIM_RESOURCES_PORT_H
#define ELASTISIM_RESOURCES_PORT_H

#include "resources/resources.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of resources.h that a model implements; they promise what is said there. */
struct load_model {
    struct load_group *(*start)(struct resources *, const struct load *, void *owner,
                                struct error *);
    void (*cancel)(struct resources *, struct load_group *);
    bool (*busy)(const struct resources *);
    int (*advance)(struct resources *, double until, double *reached, struct error *);
    bool (*next_completion)(struct resources *, struct completion *);
    void (*observe)(struct resources *, void (*)(void *context, double time), void *context);
    double (*link_load)(const struct resources *, size_t link);
    double (*host_load)(const struct resources *, size_t host);
    void (*add_disk)(struct resources *, size_t host, double read_bandwidth,
                     double write_bandwidth);
    double (*seconds)(const struct resources *);
};

struct flow;

/* Part of struct resources. */
struct port {
    const struct load_model *model;
    struct flow *flow; /* NULL when the loads go to SimGrid */
    bool measured;     /* wall-clock seconds are counted */
};

#ifdef __cplusplus
}
#endif

#endif
