/* Reading a platform: what its parts share. Internal to the platform. */
#ifndef ELASTISIM_PLATFORM_READER_H
#define ELASTISIM_PLATFORM_READER_H

#include "platform/platform.h"

enum role { ROLE_NODE, ROLE_BATCH_SYSTEM, ROLE_PFS_HOST };

/* Something to warn of that may hold for many hosts. */
struct remark {
    const char *key;        /* the property */
    const char *suggestion; /* the property that is meant; NULL: it has no effect */
    size_t host;            /* the first one */
    size_t count;
};

/* What the property wattage_per_state came to that was read last: mostly all hosts have the same.
 */
struct known_wattage {
    const char *text; /* borrowed; NULL for none */
    size_t num_states, state;
    struct node_power power; /* the CPUs' part of it */
};

struct reader {
    struct platform *platform;
    const char *file; /* of the platform, for messages */
    const struct configuration *configuration;
    struct warnings *warnings;
    struct error *err;
    enum role *roles; /* by host */
    struct remark *remarks;
    size_t num_remarks, remarks_capacity;
    struct known_wattage known;
};

/* --- Properties (properties.c). A function that fails returns -1 with reader->err. ----------- */
/* NULL when the host has no such property. */
const char *property_of_host(const struct reader *reader, size_t host, const char *key);
const char *property_host_name(const struct reader *reader, size_t host);
/* "FILE: host 'NAME': property 'KEY': ..." Returns -1. */
int property_error(struct reader *reader, size_t host, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* false, 0 and 0 when the host lacks the property. */
int property_read_bool(struct reader *reader, size_t host, const char *key, bool *result);
int property_read_flops_per_byte(struct reader *reader, size_t host, double *result);
int property_read_num_gpus(struct reader *reader, size_t host, uint32_t *result);

/* A property that must be there and be positive. */
struct wanted {
    const char *key;
    int (*read)(const char *text, double *result);
    const char *what;  /* "a bandwidth, like '4GBps'" */
    const char *cause; /* what makes it mandatory */
};
int property_read_wanted(struct reader *reader, size_t host, const struct wanted *wanted,
                         double *result);

/* A number of at least 0, in a unit that messages name; *result stays when the host lacks the
 * property. */
int property_read_amount(struct reader *reader, size_t host, const char *key, const char *unit,
                         double *result);

/* Notes that a property has no effect (suggestion NULL), or that another one is meant. */
int remark(struct reader *reader, size_t host, const char *key, const char *suggestion);
/* Notes the properties of a host that look like ours and are not. */
int property_look_for_slips(struct reader *reader, size_t host);
/* Warns of what was noted, once for all hosts that it holds for. */
int remarks_say(struct reader *reader);

/* --- Power (power.c) ------------------------------------------------------------------------- */
/* What a node draws, and how long it takes to switch it. */
int power_read(struct reader *reader, struct node_description *node);

/* --- PFS targets (targets.c) ----------------------------------------------------------------- */
/* Gives the nodes that have the property pfs_targets their PFS hosts. */
int targets_read_all(struct reader *reader);

#endif
