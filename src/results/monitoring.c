/* Promise: a sample costs no more than copying the row before it as long as nothing has changed;
 * what has changed is looked at, and its text is put in the place of the old one. */
#include "results/monitoring.h"

#include "base/bit_set.h"
#include "base/interrupt.h"
#include "base/vector.h"
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

/* What a row has in one column. */
struct column {
    double value;
    size_t offset, length; /* of its text in the row */
};

/* A file and the row that was written last, without its time. */
struct table {
    struct output output;
    char *row; /* ",0,0.5"; owned */
    size_t length;
    struct column *columns; /* owned */
    size_t num_columns;
};

/* Nodes that something was said of since the last sample. */
struct told {
    VECTOR(uint32_t) nodes;
    uint64_t *set; /* the same */
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
    struct told cpus;
    double *cpu_loads; /* [node]: share of its speed that the port uses */
    /* GPU: */
    uint32_t *gpus_busy;     /* [node] */
    double *gpus_busy_until; /* [node] */
    struct told gpus;
    double gpus_next_idle; /* no GPU becomes idle before that */
    /* The port: */
    size_t *links; /* of the network: those that count */
    size_t num_links;
    double *bandwidths;    /* [link that counts]: at the start */
    uint64_t loads_number; /* resources_loads_number at the last sample */
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

/* A row of zeros. Returns 0, or -1 when out of memory. */
static int begin_row(struct table *table, size_t num_columns)
{
    table->row = malloc(num_columns * OUTPUT_NUMBER_SIZE + 1);
    table->columns = calloc(num_columns + 1, sizeof *table->columns);
    if (!table->row || !table->columns)
        return -1;
    table->num_columns = num_columns;
    for (size_t i = 0; i < num_columns; i++) {
        table->row[table->length++] = ',';
        table->columns[i] = (struct column){.offset = table->length, .length = 1};
        table->row[table->length++] = '0';
    }
    return 0;
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
        if (begin_row(table, i == NETWORK ? 1 : i == PFS ? 4 : monitoring->platform->num_nodes))
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
    monitoring->bandwidths = calloc(count + 1, sizeof *monitoring->bandwidths);
    if (!monitoring->links || !monitoring->bandwidths)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (counts(platform, i)) {
            monitoring->bandwidths[monitoring->num_links] =
                resources_link_bandwidth(platform->resources, i);
            monitoring->links[monitoring->num_links++] = i;
        }
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
    size_t nodes = platform->num_nodes;
    monitoring->computing = calloc(nodes, sizeof *monitoring->computing);
    monitoring->cpu_loads = calloc(nodes, sizeof *monitoring->cpu_loads);
    monitoring->gpus_busy = calloc(nodes, sizeof *monitoring->gpus_busy);
    monitoring->gpus_busy_until = calloc(nodes, sizeof *monitoring->gpus_busy_until);
    monitoring->cpus.set = bit_set_create(nodes);
    monitoring->gpus.set = bit_set_create(nodes);
    bool fits = monitoring->computing && monitoring->cpu_loads && monitoring->gpus_busy &&
                monitoring->gpus_busy_until && monitoring->cpus.set && monitoring->gpus.set &&
                vector_reserve(&monitoring->cpus.nodes, nodes) == 0 &&
                vector_reserve(&monitoring->gpus.nodes, nodes) == 0;
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
        free(monitoring->tables[i].columns);
    }
    free(monitoring->cpus.nodes.items);
    free(monitoring->cpus.set);
    free(monitoring->gpus.nodes.items);
    free(monitoring->gpus.set);
    free(monitoring->bandwidths);
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

/* There is room for all nodes. */
static void tell(struct told *told, uint32_t node)
{
    if (bit_set_has(told->set, node))
        return;
    bit_set_add(told->set, node);
    told->nodes.items[told->nodes.count++] = node;
}

static void forget(struct told *told)
{
    for (size_t i = 0; i < told->nodes.count; i++)
        bit_set_remove(told->set, told->nodes.items[i]);
    told->nodes.count = 0;
}

void monitoring_compute(struct monitoring *monitoring, uint32_t node, int change)
{
    if (!monitoring)
        return;
    monitoring->computing[node] += (uint32_t)change;
    tell(&monitoring->cpus, node);
}

void monitoring_use_gpus(struct monitoring *monitoring, uint32_t node, int change, double until)
{
    if (!monitoring)
        return;
    monitoring->gpus_busy[node] += (uint32_t)change;
    monitoring->gpus_busy_until[node] = until;
    tell(&monitoring->gpus, node);
}

/* --- Rows ---------------------------------------------------------------------------------- */

/* Makes room for a text of another length. */
static void resize_column(struct table *table, size_t i, size_t length)
{
    struct column *column = &table->columns[i];
    size_t end = column->offset + column->length, new_end = column->offset + length;
    memmove(table->row + new_end, table->row + end, table->length - end);
    table->length = table->length - end + new_end;
    column->length = length;
    for (i++; i < table->num_columns; i++)
        table->columns[i].offset = table->columns[i].offset - end + new_end;
}

static void set_value(struct table *table, size_t i, double value)
{
    char text[OUTPUT_NUMBER_SIZE];
    struct column *column = &table->columns[i];
    if (value == column->value)
        return;
    size_t length = output_format_number(text, value);
    if (length != column->length)
        resize_column(table, i, length);
    memcpy(table->row + column->offset, text, length);
    column->value = value;
}

static void renew_cpus(struct monitoring *monitoring)
{
    struct told *told = &monitoring->cpus;
    for (size_t i = 0; i < told->nodes.count; i++) {
        uint32_t node = told->nodes.items[i];
        set_value(&monitoring->tables[CPU], node,
                  fmin(1, monitoring->computing[node] + monitoring->cpu_loads[node]));
    }
    forget(told);
}

static double with_tolerance(double time)
{
    return time + SAMPLE_TOLERANCE * fmax(1, 1e-3 * time);
}

static void renew_gpus_of(struct monitoring *monitoring, uint32_t node, double time)
{
    double until = with_tolerance(monitoring->gpus_busy_until[node]);
    uint32_t busy = until >= time ? monitoring->gpus_busy[node] : 0;
    if (busy > 0)
        monitoring->gpus_next_idle = fmin(monitoring->gpus_next_idle, until);
    set_value(&monitoring->tables[GPU], node,
              busy > 0 ? fmin(1, (double)busy / monitoring->platform->nodes[node].num_gpus) : 0);
}

/* Of the nodes that something was said of; of all when GPUs may have become idle since. */
static void renew_gpus(struct monitoring *monitoring, double time)
{
    struct told *told = &monitoring->gpus;
    if (time > monitoring->gpus_next_idle) {
        monitoring->gpus_next_idle = INFINITY;
        for (uint32_t node = 0; node < monitoring->platform->num_nodes; node++)
            renew_gpus_of(monitoring, node, time);
    }
    for (size_t i = 0; i < told->nodes.count; i++)
        renew_gpus_of(monitoring, told->nodes.items[i], time);
    forget(told);
}

/* --- Loads at the resource port ------------------------------------------------------------ */

static void read_cpus(struct monitoring *monitoring, bool busy)
{
    const struct platform *platform = monitoring->platform;
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        const struct node_description *node = &platform->nodes[i];
        double load = busy ? resources_host_load(platform->resources, node->host) : 0;
        double share = node->speed > 0 ? load / node->speed : 0;
        if (share != monitoring->cpu_loads[i])
            tell(&monitoring->cpus, i);
        monitoring->cpu_loads[i] = share;
    }
}

static double mean_of_links(const struct monitoring *monitoring)
{
    struct resources *resources = monitoring->platform->resources;
    bool constant = !resources_have_profiles(resources);
    double sum = 0;
    for (size_t i = 0; i < monitoring->num_links; i++) {
        double bandwidth = constant ? monitoring->bandwidths[i]
                                    : resources_link_bandwidth(resources, monitoring->links[i]);
        if (bandwidth > 0) /* a profile may take all of it away */
            sum += resources_link_load(resources, monitoring->links[i]) / bandwidth;
    }
    return monitoring->num_links > 0 ? sum / (double)monitoring->num_links : 0;
}

static void read_pfs(struct monitoring *monitoring, bool busy)
{
    const struct platform *platform = monitoring->platform;
    const struct link_set *const sets[] = {&platform->pfs_read, &platform->pfs_write};
    struct table *table = &monitoring->tables[PFS];
    for (size_t i = 0; i < 2; i++) {
        double load = busy ? platform_load(platform, sets[i]) : 0;
        set_value(table, i, load);
        set_value(table, 2 + i, sets[i]->bandwidth > 0 ? load / sets[i]->bandwidth : 0);
    }
}

static bool is_wanted(const struct monitoring *monitoring, enum file file)
{
    return output_is_open(&monitoring->tables[file].output);
}

/* Reads the port, when there is or was something to read and it is something else than before. */
static void read_port(struct monitoring *monitoring, bool busy)
{
    if (!busy && !monitoring->was_busy)
        return;
    uint64_t number = resources_loads_number(monitoring->platform->resources);
    if (busy && monitoring->was_busy && number == monitoring->loads_number)
        return;
    monitoring->loads_number = number;
    monitoring->was_busy = busy;
    if (is_wanted(monitoring, CPU))
        read_cpus(monitoring, busy);
    if (is_wanted(monitoring, NETWORK))
        set_value(&monitoring->tables[NETWORK], 0, busy ? mean_of_links(monitoring) : 0);
    if (is_wanted(monitoring, PFS))
        read_pfs(monitoring, busy);
}

/* --- Samples ------------------------------------------------------------------------------- */

static void write_sample(struct monitoring *monitoring, double time)
{
    char text[OUTPUT_NUMBER_SIZE];
    size_t length = output_format_number(text, time);
    if (is_wanted(monitoring, GPU))
        renew_gpus(monitoring, time);
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
    if (is_wanted(monitoring, CPU))
        renew_cpus(monitoring);
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
