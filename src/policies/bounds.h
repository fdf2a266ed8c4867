/* Before which times no place is, in a profile that only loses nodes.
 *
 * Whoever makes many reservations one after the other looks for the earliest place of each. That
 * there was none for one job before a time holds from then on for all that need no fewer nodes for
 * no less long.
 */
#ifndef ELASTISIM_POLICIES_BOUNDS_H
#define ELASTISIM_POLICIES_BOUNDS_H

#include <stdint.h>

enum { BOUNDS_NODES = 33, BOUNDS_SECONDS = 32 };

/* By steps of nodes and of seconds, which rise by factors; a time rises with both. */
struct bounds {
    double times[BOUNDS_NODES][BOUNDS_SECONDS];
};

/* Nothing is known but that no place is before `now`. */
void bounds_reset(struct bounds *bounds, double now);
/* No place for so many nodes (> 0), for so many seconds, is before that time. */
double bounds_of(const struct bounds *bounds, uint32_t nodes, double seconds);
/* There was none before `time`. */
void bounds_note(struct bounds *bounds, uint32_t nodes, double seconds, double time);

#endif
