/* Promise: an event costs what changes in it: nodes whose power changes, and those with loads at
 * the resource port that may compute.
 *
 * Between two steps of the clock everything happens at one instant, `now`. What loads at the port
 * draw from there on is known when the clock is about to move; only then is the row of the instant
 * written. */
#include "results/energy.h"

#include "base/heap.h"
#include "results/meter.h"
#include "results/output.h"
#include "results/result.h"
#include "results/tariff.h"
#include "system/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct energy {
    struct output file;
    struct output shares;   /* energy_shares; maybe not open */
    struct run_facts facts; /* what it points to */
    struct energy_totals *totals;
    struct meter_time now;
    struct meter *meters;             /* by node ID; owned */
    struct meter **loaded;            /* those with loads at the port; owned */
    size_t num_loaded;                /* capacity: all nodes */
    struct event_heap gpus_ends;      /* GPUs that are idle before their ranks go on */
    struct meter_time counted;        /* up to here the machine's energy is in the totals */
    double constant[2];               /* watts of network and PFS */
    struct sum watts[NUM_NODE_PARTS]; /* all nodes, now */
    struct sum watts_of_jobs;
    double row[NUM_ENERGY_PARTS + 1]; /* the watts of the last row */
    bool has_row;
    bool changed; /* since the last row */
};

/* --- The machine ----------------------------------------------------------------------------- */

static double node_watts(const struct energy *energy)
{
    double watts = 0;
    for (size_t i = 0; i < NUM_NODE_PARTS; i++)
        watts += sum_value(&energy->watts[i]);
    return watts;
}

/* Counts what the machine has drawn up to now, before that changes. */
static void charge_machine(struct energy *energy)
{
    struct energy_totals *totals = energy->totals;
    if (energy->now.seconds <= energy->counted.seconds)
        return;
    double watts = node_watts(energy);
    for (size_t i = 0; i < 2; i++) {
        meter_count(&totals->parts[NUM_NODE_PARTS + i], energy->constant[i], &energy->counted,
                    &energy->now);
        watts += energy->constant[i];
    }
    meter_count(&totals->machine, watts, &energy->counted, &energy->now);
    energy->counted = energy->now;
}

/* Adds a meter to what the machine draws, or takes it away. */
static void add_meter(struct energy *energy, const struct meter *meter, double sign)
{
    for (size_t i = 0; i < NUM_NODE_PARTS; i++)
        if (meter->watts[i] != 0)
            sum_add(&energy->watts[i], sign * meter->watts[i]);
    if (meter->num_jobs > 0)
        sum_add(&energy->watts_of_jobs, sign * meter->total);
}

/* A meter changes between the two. */
static void begin_change(struct energy *energy, struct meter *meter)
{
    charge_machine(energy);
    meter_charge(meter, &energy->now, energy->totals);
    add_meter(energy, meter, -1);
}

static void end_change(struct energy *energy, struct meter *meter)
{
    meter_settle(meter, energy->now.seconds);
    add_meter(energy, meter, 1);
    energy->changed = true;
}

/* --- Rows ------------------------------------------------------------------------------------ */

static const char header[] =
    "Time,Power (W),Base (W),CPUs (W),GPUs (W),Off (W),Booting (W),Stopping (W),Network (W),"
    "PFS (W),Jobs (W),Energy (J)";

static void put_number(struct output *file, double value)
{
    output_char(file, ',');
    output_number(file, value);
}

/* The parts, and what jobs draw of them. */
static void fill_row(const struct energy *energy, double row[NUM_ENERGY_PARTS + 1])
{
    for (size_t i = 0; i < NUM_NODE_PARTS; i++)
        row[i] = sum_value(&energy->watts[i]);
    memcpy(row + NUM_NODE_PARTS, energy->constant, sizeof energy->constant);
    row[NUM_ENERGY_PARTS] = sum_value(&energy->watts_of_jobs);
}

static void write_row(struct energy *energy)
{
    struct output *file = &energy->file;
    double watts = 0;
    charge_machine(energy);
    for (size_t i = 0; i < NUM_ENERGY_PARTS; i++)
        watts += energy->row[i];
    output_number(file, energy->now.seconds);
    put_number(file, watts);
    for (size_t i = 0; i <= NUM_ENERGY_PARTS; i++)
        put_number(file, energy->row[i]);
    put_number(file, sum_value(&energy->totals->machine.joules));
    output_end_row(file);
    energy->has_row = true;
}

static bool is_same(const double first[NUM_ENERGY_PARTS + 1],
                    const double second[NUM_ENERGY_PARTS + 1])
{
    for (size_t i = 0; i <= NUM_ENERGY_PARTS; i++)
        if (first[i] != second[i])
            return false;
    return true;
}

/* The instant is over: its row, if the power is another than in the row before. */
static void end_instant(struct energy *energy)
{
    double row[NUM_ENERGY_PARTS + 1];
    if (!energy->changed)
        return;
    energy->changed = false;
    fill_row(energy, row);
    if (energy->has_row && is_same(row, energy->row))
        return;
    memcpy(energy->row, row, sizeof row);
    write_row(energy);
}

/* --- The clock ------------------------------------------------------------------------------- */

static void read_loads(struct energy *energy, bool moved)
{
    for (size_t i = 0; i < energy->num_loaded; i++) {
        struct meter *meter = energy->loaded[i];
        const struct node_description *node = meter->node;
        double share = 0;
        if (moved)
            share =
                resources_host_load(energy->facts.platform->resources, node->host) / node->speed;
        if (share == meter->share)
            continue;
        begin_change(energy, meter);
        meter->share = share;
        end_change(energy, meter);
    }
}

static void set_now(struct energy *energy, double time)
{
    struct tariffs *tariffs = energy->facts.tariffs;
    if (time <= energy->now.seconds)
        return;
    end_instant(energy);
    energy->now = (struct meter_time){time, tariff_integral(&tariffs->price, time),
                                      tariff_integral(&tariffs->carbon, time)};
}

/* GPUs that become idle on the way; at `time` itself whoever waits for them goes on, too. */
static void pass_gpus_ends(struct energy *energy, double time)
{
    struct event *event;
    while ((event = event_heap_first(&energy->gpus_ends)) && event->time < time) {
        struct meter *meter = event->owner;
        event_heap_remove(&energy->gpus_ends, event);
        set_now(energy, event->time);
        begin_change(energy, meter);
        meter->gpus_until = -1;
        end_change(energy, meter);
    }
}

static void pass_time(struct energy *energy, double time, bool loads_moved)
{
    if (time <= energy->now.seconds)
        return;
    read_loads(energy, loads_moved);
    pass_gpus_ends(energy, time);
    set_now(energy, time);
}

/* --- Nodes ----------------------------------------------------------------------------------- */

static int note_node(struct energy *energy, const struct node *node, struct error *err)
{
    struct meter *meter = &energy->meters[node->id];
    begin_change(energy, meter);
    meter->availability = node->availability;
    int status = meter_note_jobs(meter, node, err);
    end_change(energy, meter);
    return status;
}

static void note_cpus(struct energy *energy, struct meter *meter, int change)
{
    begin_change(energy, meter);
    meter->computing += (uint32_t)change;
    end_change(energy, meter);
}

static int note_gpus(struct energy *energy, struct meter *meter, int change, double until,
                     struct error *err)
{
    begin_change(energy, meter);
    event_heap_remove(&energy->gpus_ends, &meter->gpus_end);
    meter->gpus_busy += (uint32_t)change;
    meter->gpus_until = until;
    end_change(energy, meter);
    if (isinf(until) || until <= energy->now.seconds)
        return 0;
    meter->gpus_end = (struct event){.time = until, .owner = meter};
    return event_heap_add(&energy->gpus_ends, &meter->gpus_end) ? error_no_memory(err) : 0;
}

static void note_loads(struct energy *energy, struct meter *meter, int change)
{
    bool was_loaded = meter->loads > 0;
    meter->loads += (uint32_t)change;
    bool is_loaded = meter->loads > 0;
    if (is_loaded && !was_loaded) {
        meter->place = (uint32_t)energy->num_loaded;
        energy->loaded[energy->num_loaded++] = meter;
    } else if (was_loaded && !is_loaded) {
        struct meter *last = energy->loaded[--energy->num_loaded];
        last->place = meter->place;
        energy->loaded[last->place] = last;
        begin_change(energy, meter);
        meter->share = 0;
        end_change(energy, meter);
    }
}

/* --- The end --------------------------------------------------------------------------------- */

static void put_use(struct energy *energy, const char *kind, const char *name,
                    const struct energy_use *use)
{
    struct output *file = &energy->shares;
    output_text(file, kind);
    output_char(file, ',');
    output_field(file, name);
    put_number(file, sum_value(&use->joules));
    if (energy->totals->priced)
        put_number(file, sum_value(&use->cost));
    if (energy->totals->emitted)
        put_number(file, sum_value(&use->grams));
    output_end_row(file);
}

/* Adds one amount to another. */
static void add_use(struct energy_use *use, const struct energy_use *other)
{
    sum_add(&use->joules, sum_value(&other->joules));
    sum_add(&use->cost, sum_value(&other->cost));
    sum_add(&use->grams, sum_value(&other->grams));
}

struct user_use {
    const char *name; /* NULL: jobs of nobody in particular */
    struct energy_use use;
};

static const char *user_of(const struct job_request *job)
{
    for (size_t i = 0; i < job->attributes.count; i++)
        if (!strcmp(job->attributes.items[i].key, "user"))
            return job->attributes.items[i].text;
    return NULL;
}

static int compare_users(const void *first, const void *second)
{
    const struct user_use *a = first, *b = second;
    if (!a->name || !b->name)
        return (a->name != NULL) - (b->name != NULL);
    return strcmp(a->name, b->name);
}

static int put_users(struct energy *energy, struct error *err)
{
    const struct workload *workload = energy->facts.workload;
    size_t num_jobs = energy->totals->num_jobs;
    struct user_use *users = calloc(num_jobs + 1, sizeof *users);
    if (!users)
        return error_no_memory(err);
    for (size_t i = 0; i < num_jobs; i++)
        users[i] = (struct user_use){user_of(workload_job(workload, i)), energy->totals->jobs[i]};
    qsort(users, num_jobs, sizeof *users, compare_users);
    for (size_t i = 0, next; i < num_jobs; i = next) {
        for (next = i + 1; next < num_jobs && !compare_users(&users[i], &users[next]); next++)
            add_use(&users[i].use, &users[next].use);
        put_use(energy, "user", users[i].name, &users[i].use);
    }
    free(users);
    return 0;
}

static int put_shares(struct energy *energy, struct error *err)
{
    const struct energy_totals *totals = energy->totals;
    const struct platform *platform = energy->facts.platform;
    if (!output_is_open(&energy->shares))
        return 0;
    put_use(energy, "machine", NULL, &totals->machine);
    for (size_t i = 0; i < NUM_ENERGY_PARTS; i++)
        put_use(energy, "part", energy_part_name((enum energy_part)i), &totals->parts[i]);
    put_use(energy, "use", "jobs", &totals->of_jobs);
    put_use(energy, "use", "unused", &totals->unused);
    for (uint32_t i = 0; i < platform->num_nodes; i++)
        put_use(energy, "node", platform->nodes[i].name, &energy->meters[i].use);
    if (put_users(energy, err))
        return -1;
    return output_check(&energy->shares, err);
}

static int note_end(struct energy *energy, double time, struct error *err)
{
    pass_time(energy, time, false);
    for (uint32_t i = 0; i < energy->facts.platform->num_nodes; i++)
        meter_charge(&energy->meters[i], &energy->now, energy->totals);
    fill_row(energy, energy->row);
    write_row(energy);
    energy->totals->measured = true;
    return put_shares(energy, err);
}

/* --- Listening ------------------------------------------------------------------------------- */

static int notice(void *self, const struct happening *happening, struct error *err)
{
    struct energy *energy = self;
    switch (happening->kind) {
    case NODE_CHANGED:
        return note_node(energy, happening->node, err);
    case CPUS_BUSY:
        note_cpus(energy, &energy->meters[happening->busy.node], happening->busy.change);
        return 0;
    case CPUS_LOADED:
        note_loads(energy, &energy->meters[happening->busy.node], happening->busy.change);
        return 0;
    case GPUS_BUSY:
        return note_gpus(energy, &energy->meters[happening->busy.node], happening->busy.change,
                         happening->busy.until, err);
    case CLOCK_MOVES:
        pass_time(energy, happening->clock.time, happening->clock.loads_moved);
        break;
    default:
        if (note_end(energy, happening->state->now, err))
            return -1;
    }
    return output_check(&energy->file, err);
}

static int open_files(struct energy *energy, const struct configuration *configuration,
                      struct error *err)
{
    const struct energy_totals *totals = energy->totals;
    if (output_open(&energy->file, configuration->energy, configuration->file, "energy", err))
        return -1;
    output_text(&energy->file, header);
    output_end_row(&energy->file);
    if (!configuration->energy_shares)
        return 0;
    if (output_open(&energy->shares, configuration->energy_shares, configuration->file,
                    "energy_shares", err))
        return -1;
    output_text(&energy->shares, "Share,Name,Energy (J)");
    output_text(&energy->shares, totals->priced ? ",Energy Cost" : "");
    output_text(&energy->shares, totals->emitted ? ",Emissions (g)" : "");
    output_end_row(&energy->shares);
    return 0;
}

static int open_energy(struct observer *observer, const struct run_facts *facts, struct error *err)
{
    const struct configuration *configuration = facts->configuration;
    const struct platform *platform = facts->platform;
    if (!configuration->energy)
        return 0;
    struct energy *energy = calloc(1, sizeof *energy);
    if (!energy)
        return error_no_memory(err);
    *observer =
        (struct observer){.hears = HEARS(NODE_CHANGED) | HEARS(CPUS_BUSY) | HEARS(CPUS_LOADED) |
                                   HEARS(GPUS_BUSY) | HEARS(CLOCK_MOVES) | HEARS(RUN_ENDED),
                          .notice = notice,
                          .self = energy};
    energy->facts = *facts;
    energy->totals = facts->energy;
    energy->totals->priced = tariff_is_given(&facts->tariffs->price);
    energy->totals->emitted = tariff_is_given(&facts->tariffs->carbon);
    energy->constant[0] = configuration->network_watts;
    energy->constant[1] = configuration->pfs_watts;
    energy->meters = calloc(platform->num_nodes, sizeof *energy->meters);
    energy->loaded = calloc(platform->num_nodes, sizeof *energy->loaded);
    if (!energy->meters || !energy->loaded)
        return error_no_memory(err);
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        meter_open(&energy->meters[i], &platform->nodes[i]);
        meter_settle(&energy->meters[i], 0);
        add_meter(energy, &energy->meters[i], 1);
    }
    energy->changed = true;
    return energy_totals_create(energy->totals, workload_num_jobs(facts->workload), err) ||
                   open_files(energy, configuration, err)
               ? -1
               : 0;
}

static int close_energy(void *self, struct error *err)
{
    struct energy *energy = self;
    int status = output_close(&energy->file, err);
    if (output_close(&energy->shares, err))
        status = -1;
    for (uint32_t i = 0; energy->meters && i < energy->facts.platform->num_nodes; i++)
        meter_close(&energy->meters[i]);
    event_heap_release(&energy->gpus_ends);
    free(energy->meters);
    free(energy->loaded);
    free(energy);
    return status;
}

const struct result_kind energy_result = {open_energy, NULL, close_energy};
