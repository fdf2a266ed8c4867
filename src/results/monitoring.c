/* Promise: a sample costs no more than copying the row before it as long as nothing has changed. */
#include "results/monitoring.h"

#include "base/interrupt.h"
#include "results/output.h"
#include "results/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An event that comes so little before a sample belongs to the sample's instant: rounding of sums
 * of times is all that keeps it from coming at it (as with walltimes). */
#define SAMPLE_TOLERANCE 1e-9

/* Nobody waits for a run that needs more in one step of the clock. */
#define MOST_SAMPLES 1e9

enum file { CPU, NETWORK, PFS, GPU, NUM_FILES };

/* A file and the row that was written last, without its time. */
struct table {
    struct output output;
    char *row; /* ",0,0.5\n"; owned */
    size_t length, capacity;
};

struct monitoring {
    const char *config; /* borrowed; the file's name */
    const struct platform *platform;
    struct table tables[NUM_FILES];
    double interval;
    uint64_t samples; /* written so far */
    double next;      /* time of the next one */
    double beyond;    /* a time that is more than MOST_SAMPLES ahead; 0: none was */
    bool was_busy;    /* loads were under way at the last sample */
    /* CPU: */
    uint32_t *computing; /* [node]: ranks */
    bool cpus_changed;
    double *cpu_loads; /* [node]: share of its speed that the port uses */
    /* GPU: */
    uint32_t *gpus_busy;     /* [node] */
    double *gpus_busy_until; /* [node] */
    bool gpus_changed;
    double gpus_next_idle; /* the first of these times */
    /* Network: */
    size_t *links; /* those that count */
    size_t num_links;
    double network; /* at the last sample */
    double pfs[2];  /* read, write */
};

static const char *const keys[NUM_FILES] = {
    [CPU] = "cpu_utilization",
    [NETWORK] = "network_activity",
    [PFS] = "pfs_utilization",
    [GPU] = "gpu_utilization",
};

/* --- Opening ------------------------------------------------------------------------------- */

static void write_header(const struct monitoring *monitoring, enum file file, struct output *out)
{
    if (file == NETWORK) {
        output_text(out, "Time,Utilization");
        return;
    }
    if (file == PFS) {
        output_text(out, "Time,Read,Write,Read (rel.),Write (rel.)");
        return;
    }
    output_text(out, "Time");
    for (uint32_t i = 0; i < monitoring->platform->num_nodes; i++) {
        output_char(out, ',');
        output_field(out, monitoring->platform->nodes[i].name);
    }
}

static int open_tables(struct monitoring *monitoring, const struct configuration *configuration,
                       struct error *err)
{
    const char *const paths[NUM_FILES] = {
        [CPU] = configuration->cpu_utilization,
        [NETWORK] = configuration->network_activity,
        [PFS] = configuration->pfs_utilization,
        [GPU] = configuration->gpu_utilization,
    };
    for (size_t i = 0; i < NUM_FILES; i++) {
        struct table *table = &monitoring->tables[i];
        size_t columns = i == NETWORK ? 1 : i == PFS ? 4 : monitoring->platform->num_nodes;
        table->capacity = columns * OUTPUT_NUMBER_SIZE + 1;
        table->row = malloc(table->capacity);
        if (!table->row)
            return error_no_memory(err);
        if (!paths[i])
            continue;
        if (output_open(&table->output, paths[i], configuration->file, keys[i], err))
            return -1;
        write_header(monitoring, (enum file)i, &table->output);
        output_end_row(&table->output);
    }
    return 0;
}

static bool in_set(const struct link_set *set, size_t link)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->links[i] == link)
            return true;
    return false;
}

/* Links inside of hosts and those that only limit what clusters send are no network. */
static bool counts(const struct platform *platform, size_t link)
{
    const char *name = resources_link_name(platform->resources, link);
    return !strstr(name, "loopback") && !strstr(name, "limiter") &&
           !in_set(&platform->pfs_read, link) && !in_set(&platform->pfs_write, link);
}

static int list_links(struct monitoring *monitoring, struct error *err)
{
    const struct platform *platform = monitoring->platform;
    size_t count = resources_num_links(platform->resources);
    monitoring->links = calloc(count + 1, sizeof *monitoring->links);
    if (!monitoring->links)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (counts(platform, i))
            monitoring->links[monitoring->num_links++] = i;
    return 0;
}

int monitoring_open(struct monitoring **result, const struct configuration *configuration,
                    const struct platform *platform, struct error *err)
{
    *result = NULL;
    if (!configuration->sensing)
        return 0;
    struct monitoring *monitoring = calloc(1, sizeof *monitoring);
    if (!monitoring)
        return error_no_memory(err);
    monitoring->config = configuration->file;
    monitoring->platform = platform;
    monitoring->interval = configuration->sensing_interval;
    monitoring->cpus_changed = monitoring->gpus_changed = true;
    size_t nodes = platform->num_nodes;
    monitoring->computing = calloc(nodes, sizeof *monitoring->computing);
    monitoring->cpu_loads = calloc(nodes, sizeof *monitoring->cpu_loads);
    monitoring->gpus_busy = calloc(nodes, sizeof *monitoring->gpus_busy);
    monitoring->gpus_busy_until = calloc(nodes, sizeof *monitoring->gpus_busy_until);
    bool fits = monitoring->computing && monitoring->cpu_loads && monitoring->gpus_busy &&
                monitoring->gpus_busy_until;
    if (!fits || list_links(monitoring, err) || open_tables(monitoring, configuration, err)) {
        monitoring_close(monitoring, err);
        return fits ? -1 : error_no_memory(err);
    }
    *result = monitoring;
    return 0;
}

int monitoring_close(struct monitoring *monitoring, struct error *err)
{
    int status = 0;
    if (!monitoring)
        return 0;
    for (size_t i = 0; i < NUM_FILES; i++) {
        if (output_close(&monitoring->tables[i].output, err))
            status = -1;
        free(monitoring->tables[i].row);
    }
    free(monitoring->computing);
    free(monitoring->cpu_loads);
    free(monitoring->gpus_busy);
    free(monitoring->gpus_busy_until);
    free(monitoring->links);
    free(monitoring);
    return status;
}

int monitoring_check(struct monitoring *monitoring, struct error *err)
{
    if (monitoring && monitoring->beyond > 0)
        return error_set(
            err, ERROR_INPUT,
            "%s: sensing_interval: the clock moves from %.15g s to %.15g s at once, which "
            "is %.15g samples %.15g s apart; raise the interval, or look for what "
            "takes so long",
            monitoring->config, monitoring->next, monitoring->beyond,
            floor((monitoring->beyond - monitoring->next) / monitoring->interval),
            monitoring->interval);
    for (size_t i = 0; monitoring && i < NUM_FILES; i++)
        if (output_check(&monitoring->tables[i].output, err))
            return -1;
    return 0;
}

/* --- What is said to be busy --------------------------------------------------------------- */

void monitoring_compute(struct monitoring *monitoring, uint32_t node, int change)
{
    if (!monitoring)
        return;
    monitoring->computing[node] += (uint32_t)change;
    monitoring->cpus_changed = true;
}

void monitoring_use_gpus(struct monitoring *monitoring, uint32_t node, int change, double until)
{
    if (!monitoring)
        return;
    monitoring->gpus_busy[node] += (uint32_t)change;
    monitoring->gpus_busy_until[node] = until;
    monitoring->gpus_changed = true;
}

/* --- Rows ---------------------------------------------------------------------------------- */

static void begin_row(struct table *table)
{
    table->length = 0;
}

static void add_value(struct table *table, double value)
{
    table->row[table->length++] = ',';
    table->length += output_format_number(table->row + table->length, value);
}

static void fill_cpus(struct monitoring *monitoring)
{
    struct table *table = &monitoring->tables[CPU];
    begin_row(table);
    for (uint32_t i = 0; i < monitoring->platform->num_nodes; i++)
        add_value(table, fmin(1, monitoring->computing[i] + monitoring->cpu_loads[i]));
    monitoring->cpus_changed = false;
}

static double with_tolerance(double time)
{
    return time + SAMPLE_TOLERANCE * fmax(1, 1e-3 * time);
}

static void fill_gpus(struct monitoring *monitoring, double time)
{
    const struct platform *platform = monitoring->platform;
    struct table *table = &monitoring->tables[GPU];
    begin_row(table);
    monitoring->gpus_next_idle = INFINITY;
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        double until = with_tolerance(monitoring->gpus_busy_until[i]);
        uint32_t busy = until >= time ? monitoring->gpus_busy[i] : 0;
        if (busy > 0)
            monitoring->gpus_next_idle = fmin(monitoring->gpus_next_idle, until);
        add_value(table, busy > 0 ? fmin(1, (double)busy / platform->nodes[i].num_gpus) : 0);
    }
    monitoring->gpus_changed = false;
}

static void fill_network(struct monitoring *monitoring)
{
    struct table *table = &monitoring->tables[NETWORK];
    begin_row(table);
    add_value(table, monitoring->network);
}

static void fill_pfs(struct monitoring *monitoring)
{
    const double bandwidths[] = {monitoring->platform->pfs_read.bandwidth,
                                 monitoring->platform->pfs_write.bandwidth};
    struct table *table = &monitoring->tables[PFS];
    begin_row(table);
    for (size_t i = 0; i < 2; i++)
        add_value(table, monitoring->pfs[i]);
    for (size_t i = 0; i < 2; i++)
        add_value(table, bandwidths[i] > 0 ? monitoring->pfs[i] / bandwidths[i] : 0);
}

/* --- Loads at the resource port ------------------------------------------------------------ */

static void read_cpus(struct monitoring *monitoring, bool busy)
{
    const struct platform *platform = monitoring->platform;
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        const struct node_description *node = &platform->nodes[i];
        double load = busy ? resources_host_load(platform->resources, node->host) : 0;
        double share = node->speed > 0 ? load / node->speed : 0;
        if (share != monitoring->cpu_loads[i]) {
            monitoring->cpu_loads[i] = share;
            monitoring->cpus_changed = true;
        }
    }
}

static double mean_of_links(const struct monitoring *monitoring)
{
    struct resources *resources = monitoring->platform->resources;
    double sum = 0;
    for (size_t i = 0; i < monitoring->num_links; i++) {
        double bandwidth = resources_link_bandwidth(resources, monitoring->links[i]);
        if (bandwidth > 0) /* a profile may take all of it away */
            sum += resources_link_load(resources, monitoring->links[i]) / bandwidth;
    }
    return monitoring->num_links > 0 ? sum / (double)monitoring->num_links : 0;
}

static bool is_wanted(const struct monitoring *monitoring, enum file file)
{
    return output_is_open(&monitoring->tables[file].output);
}

/* Reads the port, when there is or was something to read, and renews the rows. */
static void read_port(struct monitoring *monitoring, bool busy)
{
    const struct platform *platform = monitoring->platform;
    bool first = monitoring->samples == 0;
    if (!busy && !monitoring->was_busy && !first)
        return;
    monitoring->was_busy = busy;
    if (is_wanted(monitoring, CPU))
        read_cpus(monitoring, busy);
    if (is_wanted(monitoring, NETWORK)) {
        double network = busy ? mean_of_links(monitoring) : 0;
        bool changed = network != monitoring->network;
        monitoring->network = network;
        if (changed || first)
            fill_network(monitoring);
    }
    if (is_wanted(monitoring, PFS)) {
        const double loads[] = {busy ? platform_load(platform, &platform->pfs_read) : 0,
                                busy ? platform_load(platform, &platform->pfs_write) : 0};
        bool changed = loads[0] != monitoring->pfs[0] || loads[1] != monitoring->pfs[1];
        memcpy(monitoring->pfs, loads, sizeof loads);
        if (changed || first)
            fill_pfs(monitoring);
    }
}

/* --- Samples ------------------------------------------------------------------------------- */

static void write_sample(struct monitoring *monitoring, double time)
{
    char text[OUTPUT_NUMBER_SIZE];
    size_t length = output_format_number(text, time);
    if (is_wanted(monitoring, GPU) &&
        (monitoring->gpus_changed || time > monitoring->gpus_next_idle))
        fill_gpus(monitoring, time);
    for (size_t i = 0; i < NUM_FILES; i++) {
        struct table *table = &monitoring->tables[i];
        if (!output_is_open(&table->output))
            continue;
        output_bytes(&table->output, text, length);
        output_bytes(&table->output, table->row, table->length);
        output_end_row(&table->output);
    }
}

void monitoring_pass(struct monitoring *monitoring, double time, bool busy)
{
    if (!monitoring)
        return;
    time = with_tolerance(time);
    if (monitoring->next > time)
        return;
    read_port(monitoring, busy);
    if (is_wanted(monitoring, CPU) && monitoring->cpus_changed)
        fill_cpus(monitoring);
    if ((time - monitoring->next) / monitoring->interval > MOST_SAMPLES) {
        monitoring->beyond = time;
        return;
    }
    while (monitoring->next <= time) {
        if (interrupt_signal())
            return; /* what is missing is told by who called */
        write_sample(monitoring, monitoring->next);
        /* Multiples of the interval, not sums: no error adds up. */
        monitoring->next = (double)++monitoring->samples * monitoring->interval;
    }
}

/* --- Listening ----------------------------------------------------------------------------- */

static int notice(void *self, const struct happening *happening, struct error *err)
{
    switch (happening->kind) {
    case CPUS_BUSY:
        monitoring_compute(self, happening->busy.node, happening->busy.change);
        return 0;
    case GPUS_BUSY:
        monitoring_use_gpus(self, happening->busy.node, happening->busy.change,
                            happening->busy.until);
        return 0;
    default:
        monitoring_pass(self, happening->clock.time, happening->clock.loads_moved);
        return interrupt_check(err) ? -1 : monitoring_check(self, err);
    }
}

static int open_monitoring(struct observer *observer, const struct run_facts *facts,
                           struct error *err)
{
    struct monitoring *monitoring;
    if (monitoring_open(&monitoring, facts->configuration, facts->platform, err))
        return -1;
    if (!monitoring)
        return 0;
    *observer = (struct observer){.hears = HEARS(CPUS_BUSY) | HEARS(GPUS_BUSY) | HEARS(CLOCK_MOVES),
                                  .notice = notice,
                                  .self = monitoring};
    return 0;
}

static int close_monitoring(void *self, struct error *err)
{
    return monitoring_close(self, err);
}

const struct result_kind monitoring_result = {open_monitoring, NULL, close_monitoring};
