/* The configuration file (docs/configuration.md): one table of keys, types and defaults serves
 * reading, checking and the printed reference (--help-configuration). */
#ifndef ELASTISIM_CONFIGURATION_CONFIGURATION_H
#define ELASTISIM_CONFIGURATION_CONFIGURATION_H

#include "base/error.h"
#include "base/node_loss.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct string_list {
    char **items;
    size_t count;
};

/* Strings are owned and NULL when not given. Times are in seconds. */
struct configuration {
    char *file;  /* as given on the command line */
    char *given; /* the configuration as it counts, JSON on one line: the file, and the settings */
    char *jobs_file;
    char *platform_file;
    char *zmq_url;
    char *scheduler;          /* SPEC of a scheduler, or NULL */
    double scheduler_timeout; /* wall clock; 0 for none */
    bool schedule_on_job_submit;
    bool schedule_on_job_finalize;
    bool schedule_on_scheduling_point;
    bool schedule_on_reconfiguration;
    bool schedule_on_node_change;
    double scheduling_interval;     /* 0 for off */
    double min_scheduling_interval; /* 0 for off */
    bool allow_oversubscription;
    bool clip_evolving_requests;
    bool forward_io_information;
    double job_kill_grace_period;
    char *availability;
    enum node_loss on_node_loss;
    uint32_t max_attempts; /* starts of one job; 0 for any number */
    bool show_progress_bar;
    bool sensing;
    double sensing_interval;
    bool log_task_times;
    struct string_list pfs_read_links;
    struct string_list pfs_write_links;
    char *job_statistics;
    char *node_utilization;
    char *cpu_utilization;
    char *network_activity;
    char *pfs_utilization;
    char *gpu_utilization;
    char *task_times;
    char *events;
    char *events_url;
    char *energy;
    char *energy_shares;
    char *energy_price;
    char *carbon_intensity;
    double network_watts;
    double pfs_watts;
    char *power_cap; /* watts as a number, or a file: configuration_power_cap */
    bool power_cap_enforced;
};

/* What the command line says about the configuration. All borrowed. */
struct configuration_request {
    const char *file;
    const char *const *settings; /* KEY=VALUE, in place of the file's; the last of a key counts */
    size_t num_settings;
    const char *output; /* the folder of all results, under their usual names; or NULL */
};

/* Reads and checks a configuration file. Returns 0, or -1 with err (kind ERROR_INPUT). On failure
 * the configuration owns nothing. */
int configuration_read(struct configuration *configuration,
                       const struct configuration_request *request, struct warnings *warnings,
                       struct error *err);
/* Puts the places of the inputs in place of their names, see search_input. Returns 0, or -1 with
 * err. */
int configuration_find_inputs(struct configuration *configuration, struct error *err);
/* The power cap in watts, if it is given as a number. */
bool configuration_power_cap(const struct configuration *configuration, double *watts);
/* Frees what the configuration owns; fine on a zeroed one. */
void configuration_release(struct configuration *configuration);

/* The files that keys name, in the order of the reference: those that are read, or those that are
 * written. */
enum file_use { FILE_READ, FILE_WRITTEN };

struct configured_file {
    const char *key;
    const char *path; /* as given */
    bool used;        /* false for a result that is switched off, such as task_times */
};

/* The next file of that use that is given; *place is 0 to begin with. Returns false when there is
 * none left. */
bool configuration_next_file(const struct configuration *configuration, enum file_use use,
                             size_t *place, struct configured_file *file);

/* Prints the reference of all keys: name, type, default, meaning. */
void configuration_print_reference(FILE *out);

#endif
