/* What stands behind the resource port: a model that shares the platform among the loads, SimGrid's
 * L07 model (simgrid/) or one of our own (flow/).
 */
#ifndef ELASTISIM_RESOURCES_LOAD_MODEL_H
#define ELASTISIM_RESOURCES_LOAD_MODEL_H

#include "resources/resources.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of resources.h that a model implements, on what its own header creates; they
 * promise what is said there. */
struct load_model {
    const char *name;
    void (*destroy)(void *model); /* cancels what is under way; NULL is fine */
    struct load_group *(*start)(void *model, const struct load *, void *owner, struct error *);
    void (*cancel)(void *model, struct load_group *);
    void (*pause)(void *model, struct load_group *);
    int (*go_on)(void *model, struct load_group *, struct error *);
    bool (*busy)(const void *model);
    int (*advance)(void *model, double until, double *reached, struct error *);
    bool (*next_completion)(void *model, struct completion *);
    void (*observe)(void *model, void (*)(void *context, double time), void *context);
    double (*link_bandwidth)(void *model, size_t link);
    double (*link_load)(void *model, size_t link);
    double (*host_load)(void *model, size_t host);
    uint64_t (*loads_number)(void *model);
    void (*add_disk)(void *model, size_t host, double read_bandwidth, double write_bandwidth);
    void (*measure)(void *model);
    double (*seconds)(const void *model);
};

#ifdef __cplusplus
}
#endif

#endif
