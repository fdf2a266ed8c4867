/* Promise: the same stream gives the same durations on every machine. log, pow, exp, cos and tgamma
 * may differ in their last digit from one library to the next; rounding to EVENT_INSTANT takes that
 * digit away, and sums of such durations are exact for the first 17 years.
 *
 * Exponential and Weibull draws are the inverse of 1 - F at a uniform fraction (the mean of
 * Weibull's law is its scale times Gamma(1 + 1/k)); log-normal ones are exp of a normal draw by Box
 * and Muller
 * ("A note on the generation of random normal deviates", 1958), and their mean is exp(mu +
 * sigma^2/2).
 */
#include "availability/duration.h"

#include "base/heap.h"

#include <math.h>

#define TWO_PI 6.28318530717958647692

void duration_settle(struct duration *duration)
{
    duration->scale = duration->mean;
    if (duration->law == DURATION_WEIBULL)
        duration->scale = duration->mean / tgamma(1 + 1 / duration->shape);
    else if (duration->law == DURATION_LOGNORMAL)
        duration->scale = duration->mean * exp(-duration->shape * duration->shape / 2);
}

static double draw_fixed(const struct duration *duration, struct random *random)
{
    (void)random;
    return duration->mean;
}

static double draw_exponential(const struct duration *duration, struct random *random)
{
    return duration->scale * -log(random_fraction(random));
}

static double draw_weibull(const struct duration *duration, struct random *random)
{
    return duration->scale * pow(-log(random_fraction(random)), 1 / duration->shape);
}

static double draw_lognormal(const struct duration *duration, struct random *random)
{
    double radius = sqrt(-2 * log(random_fraction(random)));
    double normal = radius * cos(TWO_PI * random_fraction(random));

    return duration->scale * exp(duration->shape * normal);
}

double duration_draw(const struct duration *duration, struct random *random)
{
    static double (*const draw[])(const struct duration *, struct random *) = {
        [DURATION_FIXED] = draw_fixed,
        [DURATION_EXPONENTIAL] = draw_exponential,
        [DURATION_WEIBULL] = draw_weibull,
        [DURATION_LOGNORMAL] = draw_lognormal,
    };
    double seconds = draw[duration->law](duration, random);

    if (duration->law == DURATION_FIXED)
        return seconds;
    return fmax(1, nearbyint(seconds / EVENT_INSTANT)) * EVENT_INSTANT;
}
