/* The progress bar: one line on a terminal, redrawn in place at most ten times a second. */
#ifndef ELASTISIM_TERMINAL_PROGRESS_H
#define ELASTISIM_TERMINAL_PROGRESS_H

#include "simulation/simulation.h"

#include <stdbool.h>
#include <stdio.h>

struct progress_bar {
    FILE *out;
    double started; /* wall clock, seconds */
    double drawn;   /* wall clock of the last drawing */
    bool visible;
};

void progress_bar_start(struct progress_bar *bar, FILE *out);
/* A simulation_progress_fn; the context is the bar. */
void progress_bar_update(void *bar, const struct simulation_progress *progress);
/* Takes the bar off the screen. */
void progress_bar_clear(struct progress_bar *bar);

/* "3 d 04:05:06", for simulated and remaining times; returns buffer. */
const char *format_duration(double seconds, char *buffer, size_t size);

#endif
