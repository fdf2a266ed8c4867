/* How long something takes that is drawn at random: times between failures, and repairs. */
#ifndef ELASTISIM_AVAILABILITY_DURATION_H
#define ELASTISIM_AVAILABILITY_DURATION_H

#include "base/random.h"

enum duration_law { DURATION_FIXED, DURATION_EXPONENTIAL, DURATION_WEIBULL, DURATION_LOGNORMAL };

struct duration {
    enum duration_law law;
    double mean;  /* seconds, above 0 */
    double shape; /* Weibull: its k; log-normal: the standard deviation of the logarithm */
    double scale; /* what the law is scaled by so that the mean is the mean, see duration_settle */
};

/* Works out the scale once the rest is known. */
void duration_settle(struct duration *duration);

/* Draws one. A fixed one draws nothing and is the mean itself; others are multiples of
 * EVENT_INSTANT, one at least. An exponential or Weibull one takes one number of the stream, a
 * log-normal one two, whatever its parameters. */
double duration_draw(const struct duration *duration, struct random *random);

#endif
