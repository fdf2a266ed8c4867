/* The nodes as machines: what takes them away and brings them back, and what becomes of the jobs
 * that lose one.
 *
 *     UP, DRAINING   a failure or an outage -> DOWN; a drain -> DRAINING, until it is over -> UP
 *                    switched off -> DRAINING while jobs run there, then STOPPING
 *     STOPPING       after stop_seconds -> OFF
 *     OFF            no reason to be off any more -> BOOTING
 *     BOOTING        after boot_seconds -> UP, or DRAINING
 *     DOWN           no outage any more -> UP, DRAINING or, if there is a reason to be off, OFF:
 *                    who repairs a node switches it on; an outage begins from any of the others
 *
 * What is planned (availability/plan.h) and what the scheduler commands are reasons, and a node is
 * what its reasons make of it: they may overlap in any way.
 *
 * Promise: what happens to nodes at one instant is taken together, after what jobs do there and
 * before submissions, and each job reacts once to all of it. No job stays on a node that does not
 * run, none is expected on one that takes nothing new.
 */
#include "simulation/inside.h"

#include "availability/plan.h"
#include "base/vector.h"
#include "elastisim/scheduler.h"

#include <math.h>
#include <stdlib.h>

/* An outage that holds a node, or was announced for it. */
struct cause {
    const struct outage *outage;
    struct cause *next;
};

struct machine_node {
    struct simulation *simulation;
    uint32_t id;
    bool is_touched;                /* in machine->touched */
    bool waits;                     /* it is to stop when its jobs have left */
    bool commanded[OUTAGE_OFF + 1]; /* by kind: the scheduler has, and not taken it back */
    struct cause *causes;           /* owned; so are those that were announced: */
    struct cause *announced;
    struct event power; /* the end of booting or stopping */
};

struct machine {
    struct plan *plan; /* owned; NULL without one */
    struct plan_event next;
    struct event planned;       /* next is due */
    struct event settling;      /* some are touched, at the end of this instant's events */
    struct machine_node *nodes; /* by ID */
    uint32_t *touched;          /* IDs, each once; what they are has to be worked out */
    uint32_t num_touched;
    uint32_t num_waiting; /* nodes that wait */
    uint32_t num_powering;
    VECTOR(struct announcement) announcing; /* scratch */
    VECTOR(const struct job *) losers; /* jobs that lose nodes, one for each node that it loses */
};

/* --- Reasons --------------------------------------------------------------------------------- */

static void touch(struct machine *machine, struct machine_node *node)
{
    if (node->is_touched)
        return;
    node->is_touched = true;
    machine->touched[machine->num_touched++] = node->id;
}

static void add_cause(struct cause **list, const struct outage *outage, struct error *err)
{
    struct cause *cause = malloc(sizeof *cause);
    if (!cause) {
        error_no_memory(err);
        return;
    }
    *cause = (struct cause){outage, *list};
    *list = cause;
}

/* Nothing happens when it is not in the list. */
static void remove_cause(struct cause **list, const struct outage *outage)
{
    struct cause **link = list;
    while (*link && (*link)->outage != outage)
        link = &(*link)->next;
    struct cause *cause = *link;
    if (!cause)
        return;
    *link = cause->next;
    free(cause);
}

static bool has_cause(const struct machine_node *node, enum outage_kind kind)
{
    if (node->commanded[kind])
        return true;
    for (const struct cause *cause = node->causes; cause; cause = cause->next)
        if (cause->outage->kind == kind)
            return true;
    return false;
}

static const enum node_availability kinds[] = {
    [OUTAGE_DOWN] = NODE_DOWN, [OUTAGE_DRAIN] = NODE_DRAINING, [OUTAGE_OFF] = NODE_OFF};

static int compare_announcements(const void *a, const void *b)
{
    const struct announcement *x = a, *y = b;
    if (x->from < y->from || x->from > y->from)
        return x->from < y->from ? -1 : 1;
    if (x->until < y->until || x->until > y->until)
        return x->until < y->until ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Tells of those that were announced. */
static void announce(struct machine *machine, const struct machine_node *node)
{
    struct simulation *simulation = node->simulation;
    const struct node *seen = &simulation->state.nodes[node->id];
    machine->announcing.count = 0;
    for (const struct cause *cause = node->announced; cause; cause = cause->next) {
        const struct outage *outage = cause->outage;
        const struct announcement one = {kinds[outage->kind], outage->from,
                                         outage->end_is_known ? outage->until : INFINITY};
        if (vector_add(&machine->announcing, one)) {
            error_no_memory(simulation->err);
            return;
        }
    }
    if (machine->announcing.count > 1)
        qsort(machine->announcing.items, machine->announcing.count,
              sizeof *machine->announcing.items, compare_announcements);
    lifecycle_announce(&simulation->state, seen, machine->announcing.items,
                       machine->announcing.count, simulation->err);
}

/* When the last of its reasons is over, as far as schedulers may know. A command's end is theirs to
 * choose. */
static double returns(const struct machine_node *node)
{
    bool commanded = node->commanded[OUTAGE_DRAIN] || node->commanded[OUTAGE_OFF];
    double time = node->causes && !commanded ? 0 : INFINITY;
    for (const struct cause *cause = node->causes; cause; cause = cause->next)
        time = fmax(time, cause->outage->end_is_known ? cause->outage->until : INFINITY);
    return time;
}

/* --- What a node becomes --------------------------------------------------------------------- */

static const struct node *seen(const struct machine_node *node)
{
    return &node->simulation->state.nodes[node->id];
}

static enum node_availability usable(const struct machine_node *node)
{
    return has_cause(node, OUTAGE_DRAIN) ? NODE_DRAINING : NODE_UP;
}

/* What its reasons make of a node, given what it is. */
static enum node_availability target(const struct machine_node *node)
{
    const struct node *now = seen(node);
    bool is_off = has_cause(node, OUTAGE_OFF), is_through = node->power.slot == 0;
    if (has_cause(node, OUTAGE_DOWN))
        return NODE_DOWN;
    switch (now->availability) {
    case NODE_UP:
    case NODE_DRAINING:
        if (is_off)
            return node_num_running(now) > 0 ? NODE_DRAINING : NODE_STOPPING;
        return usable(node);
    case NODE_DOWN:
        return is_off ? NODE_OFF : usable(node);
    case NODE_OFF:
        return is_off ? NODE_OFF : NODE_BOOTING;
    case NODE_BOOTING:
        return !is_through ? NODE_BOOTING : is_off ? NODE_STOPPING : usable(node);
    case NODE_STOPPING:
        return !is_through ? NODE_STOPPING : is_off ? NODE_OFF : NODE_BOOTING;
    }
    return now->availability;
}

static void power_is_over(void *owner);

static void expect_power(struct machine_node *node, double seconds)
{
    struct simulation *simulation = node->simulation;
    simulation->machine->num_powering++;
    simulation_queue(simulation, &node->power,
                     (struct event){.time = simulation->state.now + seconds,
                                    .turn = EVENT_MACHINE,
                                    .handle = power_is_over,
                                    .owner = node});
}

static void forget_power(struct machine_node *node)
{
    if (node->power.slot == 0)
        return;
    node->simulation->machine->num_powering--;
    event_heap_remove(&node->simulation->heap, &node->power);
}

/* A node that is switched on or off is up, or off, after its time. */
static double expected_return(const struct machine_node *node, enum node_availability availability)
{
    const struct node_description *description = seen(node)->description;
    double now = node->simulation->state.now, boot = description->boot_seconds;
    double through = node->power.slot > 0 ? node->power.time : now;
    if (availability == NODE_BOOTING)
        return node->power.slot > 0 ? through : now + boot;
    double time = returns(node);
    if (availability == NODE_STOPPING && !has_cause(node, OUTAGE_OFF)) /* it is wanted again */
        return has_cause(node, OUTAGE_DRAIN) ? fmax(time, through + boot) : through + boot;
    bool boots = availability == NODE_OFF || availability == NODE_STOPPING;
    return boots ? time + boot : time;
}

static void note_waiting(struct machine *machine, struct machine_node *node, bool waits)
{
    machine->num_waiting += waits;
    machine->num_waiting -= node->waits;
    node->waits = waits;
}

/* Makes it that, and tells when something is to change about that by itself. */
static void become(struct machine_node *node, enum node_availability availability)
{
    struct simulation *simulation = node->simulation;
    const struct node *now = seen(node);
    enum node_availability before = now->availability;
    note_waiting(simulation->machine, node,
                 availability == NODE_DRAINING && has_cause(node, OUTAGE_OFF));
    double time = availability == NODE_UP ? INFINITY : expected_return(node, availability);
    bool same_time = time <= now->returns && time >= now->returns;
    if (availability == before && same_time)
        return;
    lifecycle_set_availability(&simulation->state, now, availability, time, simulation->err);
    if (availability == before)
        return;
    forget_power(node);
    if (availability == NODE_STOPPING)
        expect_power(node, now->description->stop_seconds);
    else if (availability == NODE_BOOTING)
        expect_power(node, now->description->boot_seconds);
}

/* --- Jobs that lose nodes -------------------------------------------------------------------- */

static bool is_lost(const struct simulation *simulation, uint32_t id)
{
    const struct machine_node *node = &simulation->machine->nodes[id];
    return has_cause(node, OUTAGE_DOWN);
}

static int remaining_nodes(const struct simulation *simulation, const struct job *job,
                           struct node_list *rest)
{
    if (node_list_copy(rest, job->executing.ids, job->executing.count, simulation->err))
        return -1;
    rest->count = 0;
    for (uint32_t i = 0; i < job->executing.count; i++)
        if (!is_lost(simulation, job->executing.ids[i]))
            rest->ids[rest->count++] = job->executing.ids[i];
    return 0;
}

static void touch_nodes(struct simulation *simulation, const struct node_list *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        touch(simulation->machine, &simulation->machine->nodes[nodes->ids[i]]);
}

static void kill_loser(struct simulation *simulation, const struct job *job, const char *reason)
{
    lifecycle_write_off(&simulation->state, job);
    walltime_end_job(simulation, job, reason);
    if (simulation->configuration->schedule_on_job_finalize)
        asking_follow_up(simulation, ELASTISIM_JOB_KILLED, job);
}

static void requeue_loser(struct simulation *simulation, const struct job *job,
                          bool from_checkpoint)
{
    uint32_t most = simulation->configuration->max_attempts;
    if (most > 0 && job->attempts >= most) {
        kill_loser(simulation, job, "attempts");
        return;
    }
    walltime_requeue_job(simulation, job, from_checkpoint, "node loss");
}

/* Returns whether the job can go on with the nodes that are left, which it then does. */
static bool shrink_loser(struct simulation *simulation, const struct job *job)
{
    const struct job_request *request = job->request;
    struct node_list rest;
    if (request->type != JOB_MALLEABLE && request->type != JOB_ADAPTIVE)
        return false;
    if (remaining_nodes(simulation, job, &rest))
        return true;
    if (rest.count < request->nodes_min) {
        node_list_release(&rest);
        return false;
    }
    if (lifecycle_shrink(&simulation->state, job, rest, simulation->err) == 0)
        execution_shrink(&simulation->executor, job, simulation->err);
    return true;
}

/* What on_node_loss says: whether a job may shrink, and what becomes of it if not. */
static const struct reaction {
    bool shrinks, requeues, from_checkpoint;
} reactions[NUM_NODE_LOSSES] = {
    [LOSS_KILL] = {false, false, false},
    [LOSS_REQUEUE] = {false, true, false},
    [LOSS_RESTART] = {false, true, true},
    [LOSS_SHRINK] = {true, false, false},
    [LOSS_SHRINK_OR_REQUEUE] = {true, true, false},
    [LOSS_SHRINK_OR_RESTART] = {true, true, true},
};

/* What the job says goes before what the configuration says. */
static const struct reaction *reaction_of(const struct simulation *simulation,
                                          const struct job *job)
{
    enum node_loss own = job->request->on_node_loss;
    return &reactions[own < NUM_NODE_LOSSES ? own : simulation->configuration->on_node_loss];
}

static void react(struct simulation *simulation, const struct job *job)
{
    const struct reaction *reaction = reaction_of(simulation, job);
    touch_nodes(simulation, &job->executing);
    if (reaction->shrinks && shrink_loser(simulation, job))
        return;
    if (reaction->requeues)
        requeue_loser(simulation, job, reaction->from_checkpoint);
    else
        kill_loser(simulation, job, "node loss");
}

/* --- All that were touched ------------------------------------------------------------------- */

static int compare_losers(const void *a, const void *b)
{
    uint32_t x = (*(const struct job *const *)a)->request->id;
    uint32_t y = (*(const struct job *const *)b)->request->id;
    return (x > y) - (x < y);
}

/* In the order of their IDs. */
static void find_losers(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    machine->losers.count = 0;
    for (uint32_t i = 0; i < machine->num_touched; i++) {
        const struct node *node = &simulation->state.nodes[machine->touched[i]];
        for (uint32_t j = 0; is_lost(simulation, node->id) && j < node_num_running(node); j++)
            if (vector_add(&machine->losers, node_running_job(node, j))) {
                error_no_memory(simulation->err);
                return;
            }
    }
    if (machine->losers.count > 1)
        qsort(machine->losers.items, machine->losers.count, sizeof *machine->losers.items,
              compare_losers);
}

static void let_losers_react(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    find_losers(simulation);
    const struct job *before = NULL;
    for (size_t i = 0; i < machine->losers.count && !simulation_failed(simulation); i++) {
        if (machine->losers.items[i] != before)
            react(simulation, machine->losers.items[i]);
        before = machine->losers.items[i];
    }
}

/* Changes that wait don't wait for a node that takes nothing new. */
static void drop_expected(struct simulation *simulation, const struct node *node)
{
    while (node_num_expected(node) > 0 && !simulation_failed(simulation))
        lifecycle_withdraw(&simulation->state, node_expected_job(node, 0), simulation->err);
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Returns whether any node can be had that could not. */
static bool make_nodes_what_they_are(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    bool any = false;
    qsort(machine->touched, machine->num_touched, sizeof *machine->touched, compare_ids);
    for (uint32_t i = 0; i < machine->num_touched && !simulation_failed(simulation); i++) {
        struct machine_node *node = &machine->nodes[machine->touched[i]];
        enum node_availability before = seen(node)->availability, next = target(node);
        if (next != NODE_UP)
            drop_expected(simulation, seen(node));
        announce(machine, node);
        become(node, next);
        node->is_touched = false;
        any = any || (next == NODE_UP && before != NODE_UP);
    }
    machine->num_touched = 0;
    return any;
}

/* Works out what is to become of all that were touched. */
static void settle(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    event_heap_remove(&simulation->heap, &machine->settling);
    if (machine->num_touched == 0)
        return;
    let_losers_react(simulation);
    bool has_more = make_nodes_what_they_are(simulation);
    stuck_count_change(simulation);
    if (simulation->configuration->schedule_on_node_change)
        asking_follow_up(simulation, ELASTISIM_NODE_CHANGED, NULL);
    else if (has_more)
        asking_follow_up(simulation, ELASTISIM_PERIODIC, NULL);
}

static void settles(void *owner)
{
    settle(owner);
}

/* --- Events ---------------------------------------------------------------------------------- */

/* Several nodes that are through at one instant are taken together. */
static void expect_settling(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    if (machine->settling.slot == 0)
        simulation_queue(simulation, &machine->settling,
                         (struct event){.time = simulation->state.now,
                                        .turn = EVENT_MACHINE,
                                        .handle = settles,
                                        .owner = simulation});
}

static void power_is_over(void *owner)
{
    struct machine_node *node = owner;
    struct simulation *simulation = node->simulation;
    simulation->machine->num_powering--;
    touch(simulation->machine, node);
    expect_settling(simulation);
}

static void leave(struct simulation *simulation, const struct node_list *nodes)
{
    struct machine *machine = simulation->machine;
    for (uint32_t i = 0; machine->num_waiting > 0 && i < nodes->count; i++) {
        struct machine_node *node = &machine->nodes[nodes->ids[i]];
        if (!node->waits)
            continue;
        touch(machine, node);
        expect_settling(simulation);
    }
}

static void apply_planned(struct simulation *simulation, const struct plan_event *event)
{
    struct machine *machine = simulation->machine;
    const struct outage *outage = event->outage;
    for (uint32_t i = 0; i < outage->num_nodes; i++) {
        struct machine_node *node = &machine->nodes[outage->nodes[i]];
        touch(machine, node);
        switch (event->change) {
        case PLAN_ANNOUNCES:
            add_cause(&node->announced, outage, simulation->err);
            break;
        case PLAN_BEGINS:
            remove_cause(&node->announced, outage);
            add_cause(&node->causes, outage, simulation->err);
            break;
        case PLAN_ENDS:
            remove_cause(&node->causes, outage);
            break;
        }
    }
}

static void planned_is_due(void *owner);

static bool expect_planned(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    if (!plan_next(machine->plan, &machine->next)) {
        plan_check(machine->plan, simulation->err);
        return false;
    }
    simulation_queue(simulation, &machine->planned,
                     (struct event){.time = fmax(machine->next.time, simulation->state.now),
                                    .turn = EVENT_MACHINE,
                                    .handle = planned_is_due,
                                    .owner = simulation});
    return true;
}

/* All that is planned for this instant, and then what comes of it. */
static void planned_is_due(void *owner)
{
    struct simulation *simulation = owner;
    struct machine *machine = simulation->machine;
    do {
        event_heap_remove(&simulation->heap, &machine->planned);
        apply_planned(simulation, &machine->next);
    } while (!simulation_failed(simulation) && expect_planned(simulation) &&
             machine->next.time <= simulation->state.now);
    settle(simulation);
}

/* --- Creation -------------------------------------------------------------------------------- */

/* Without a plan. */
static int create(struct simulation *simulation)
{
    struct machine *machine = simulation->machine = calloc(1, sizeof *machine);
    uint32_t num_nodes = simulation->platform->num_nodes;
    if (!machine || !(machine->nodes = calloc(num_nodes, sizeof *machine->nodes)) ||
        !(machine->touched = calloc(num_nodes, sizeof *machine->touched)))
        return error_no_memory(simulation->err);
    for (uint32_t i = 0; i < num_nodes; i++)
        machine->nodes[i] = (struct machine_node){.simulation = simulation, .id = i};
    simulation->leave = leave;
    return 0;
}

int machine_create(struct simulation *simulation)
{
    const char *file = simulation->configuration->availability;
    if (!file)
        return 0;
    if (create(simulation))
        return -1;
    simulation->machine->plan = plan_read(file, simulation->platform, simulation->err);
    return simulation->machine->plan ? 0 : -1;
}

void machine_begin(struct simulation *simulation)
{
    if (simulation->machine)
        expect_planned(simulation);
}

/* --- Commands -------------------------------------------------------------------------------- */

static const struct {
    enum outage_kind kind;
    bool begins;
} commands[NUM_NODE_COMMANDS] = {
    [COMMAND_DRAIN] = {OUTAGE_DRAIN, true},
    [COMMAND_RESUME] = {OUTAGE_DRAIN, false},
    [COMMAND_SWITCH_OFF] = {OUTAGE_OFF, true},
    [COMMAND_SWITCH_ON] = {OUTAGE_OFF, false},
};

/* All of them together make of the nodes what they become, as outages of one instant do. */
bool machine_command(struct simulation *simulation, const struct node_order *orders, size_t count)
{
    if (count == 0 || (!simulation->machine && create(simulation)))
        return false;
    struct machine *machine = simulation->machine;
    for (size_t i = 0; i < count; i++) {
        struct machine_node *node = &machine->nodes[orders[i].node];
        bool *commanded = &node->commanded[commands[orders[i].command].kind];
        if (*commanded == commands[orders[i].command].begins)
            continue;
        *commanded = !*commanded;
        touch(machine, node);
    }
    bool any = machine->num_touched > 0;
    settle(simulation);
    return any;
}

bool machine_is_commanded(const struct simulation *simulation, uint32_t node)
{
    const struct machine *machine = simulation->machine;
    return machine && (machine->nodes[node].commanded[OUTAGE_DRAIN] ||
                       machine->nodes[node].commanded[OUTAGE_OFF]);
}

static void release_causes(struct machine_node *node)
{
    while (node->causes)
        remove_cause(&node->causes, node->causes->outage);
    while (node->announced)
        remove_cause(&node->announced, node->announced->outage);
}

void machine_release(struct simulation *simulation)
{
    struct machine *machine = simulation->machine;
    if (!machine)
        return;
    for (uint32_t i = 0; machine->nodes && i < simulation->platform->num_nodes; i++)
        release_causes(&machine->nodes[i]);
    plan_release(machine->plan);
    free(machine->nodes);
    free(machine->touched);
    free(machine->losers.items);
    free(machine->announcing.items);
    free(machine);
    simulation->machine = NULL;
}

size_t machine_num_events(const struct simulation *simulation)
{
    const struct machine *machine = simulation->machine;
    if (!machine)
        return 0;
    return machine->num_powering + (machine->planned.slot > 0) + (machine->settling.slot > 0);
}
