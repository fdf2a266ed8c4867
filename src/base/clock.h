/* The wall clock, for figures about the run itself; no simulated result depends on it. */
#ifndef ELASTISIM_BASE_CLOCK_H
#define ELASTISIM_BASE_CLOCK_H

/* Seconds since some fixed point in the past; never goes back. */
double wall_seconds(void);

#endif
