/* The meter of a node: what it draws at the moment, by part, and what it has drawn, which is shared
 * out evenly among the jobs that run there. */
#ifndef ELASTISIM_RESULTS_METER_H
#define ELASTISIM_RESULTS_METER_H

#include "base/heap.h"
#include "results/energy.h"
#include "system/state.h"

/* Time, and the integrals of price and carbon intensity up to it. */
struct meter_time {
    double seconds;
    double price;  /* price per kWh × s */
    double carbon; /* g per kWh × s */
};

struct meter {
    const struct node_description *node;
    enum node_availability availability;
    struct meter_time since;      /* it has drawn what it draws now, and it is not yet counted */
    double watts[NUM_NODE_PARTS]; /* now */
    double total;                 /* their sum */
    struct energy_use use;
    uint32_t computing; /* ranks that compute without the resource port */
    uint32_t loads;     /* at the port, that may compute here */
    uint32_t place;     /* with loads: in the list of such nodes */
    double share;       /* of the CPUs' speed that these use */
    uint32_t gpus_busy;
    double gpus_until;     /* at the most */
    struct event gpus_end; /* queued while that is to come */
    uint32_t num_jobs;
    size_t capacity; /* of more */
    uint32_t job;    /* the first that runs here, by ID */
    uint32_t *more;  /* [i] is the (i + 1)-th; owned */
};

void meter_open(struct meter *meter, const struct node_description *node);
void meter_close(struct meter *meter);

/* Energy drawn with constant watts between two times. */
void meter_count(struct energy_use *use, double watts, const struct meter_time *from,
                 const struct meter_time *to);
/* Counts what was drawn up to `now`, in the meter and in the totals. */
void meter_charge(struct meter *meter, const struct meter_time *now, struct energy_totals *totals);
/* Works out what it draws from now on. Whatever that depends on is changed after meter_charge. */
void meter_settle(struct meter *meter, double now);
/* The jobs that run on the node now. Returns 0, or -1 with err. */
int meter_note_jobs(struct meter *meter, const struct node *node, struct error *err);

#endif
