/* A few figures of a finished run, for people at a terminal. */
#ifndef ELASTISIM_RESULTS_SUMMARY_H
#define ELASTISIM_RESULTS_SUMMARY_H

#include <stddef.h>
#include <stdio.h>

#include <stdbool.h>

struct energy_totals; /* results/energy.h */
struct state;

/* Times in seconds of simulated time. Means are over the jobs that started and ended; 0 when there
 * are none. */
struct summary {
    size_t completed, killed, cancelled, unfinished;
    double makespan;        /* from the first submission to the last end */
    double mean_wait;       /* start - submission */
    double mean_turnaround; /* end - submission */
    /* Mean of max(1, (wait + run) / max(run, 10 s)): Feitelson and Rudolph, "Metrics and
     * benchmarking for parallel job scheduling", JSSPP 1998. */
    double bounded_slowdown;
    double node_utilization; /* node seconds used over node seconds there were in the makespan */
    size_t reconfigurations;
    size_t requeues;          /* of jobs that lost nodes, or were preempted */
    double lost_node_seconds; /* whose work was in vain for that */
    double suspended_seconds; /* over all jobs */
    bool has_energy;          /* it was measured, and with it what follows */
    double joules;            /* of the machine, from time 0 to the end of the run */
    double joules_of_jobs;
    double joules_unused; /* by nodes that were up and ran no job */
    bool has_cost, has_emissions;
    double cost;  /* of all of it */
    double grams; /* of carbon dioxide */
};

/* Works the figures out from the final state of a run. */
struct summary summary_make(const struct state *state, const struct energy_totals *energy);

/* Prints them, one per line, and the wall-clock time that the run took. */
void summary_print(FILE *out, const struct summary *summary, double wall_seconds);

#endif
