/* The wall clock, for figures about the run itself; no simulated result depends on it. */
#ifndef ELASTISIM_BASE_CLOCK_H
#define ELASTISIM_BASE_CLOCK_H

#include <stdbool.h>

/* Seconds since some fixed point in the past; never goes back. */
double clock_wall_seconds(void);

/* Adds up how long something takes, once it is turned on: looking at the clock takes time, too. */
struct stopwatch {
    bool on;
    double seconds; /* so far */
};

/* What is measured lies between the two; `start` is what the first one returned. */
static inline double stopwatch_begin(const struct stopwatch *stopwatch)
{
    return stopwatch->on ? clock_wall_seconds() : 0;
}

static inline void stopwatch_end(struct stopwatch *stopwatch, double start)
{
    if (stopwatch->on)
        stopwatch->seconds += clock_wall_seconds() - start;
}

#endif
