/* Promise: what is noted costs the cells that rise. */
#include "policies/bounds.h"

#include <math.h>
#include <stdbool.h>

/* The last cell that begins at or below a value; *is_exact: at it. The first one begins at 0,
 * others at 1, 2, 4, 8 and so on. */
static int cell_of(double value, int last, bool *is_exact)
{
    int exponent;
    *is_exact = value <= 0;
    if (!(value >= 1))
        return 0;
    double part = isinf(value) ? 1 : frexp(value, &exponent); /* from 0.5 on, below 1 */
    if (part >= 1 || exponent > last)
        return last;
    *is_exact = part <= 0.5;
    return exponent;
}

/* The first cell that begins at or above a value; `count` for none. */
static int cell_above(double value, int count)
{
    bool is_exact;
    int cell = cell_of(value, count - 1, &is_exact);
    return is_exact ? cell : cell + 1;
}

void bounds_reset(struct bounds *bounds, double now)
{
    for (int i = 0; i < BOUNDS_NODES; i++)
        for (int j = 0; j < BOUNDS_SECONDS; j++)
            bounds->times[i][j] = now;
}

double bounds_of(const struct bounds *bounds, uint32_t nodes, double seconds)
{
    bool is_exact;
    return bounds->times[cell_of(nodes, BOUNDS_NODES - 1, &is_exact)]
                        [cell_of(seconds, BOUNDS_SECONDS - 1, &is_exact)];
}

void bounds_note(struct bounds *bounds, uint32_t nodes, double seconds, double time)
{
    int first = cell_above(seconds, BOUNDS_SECONDS);
    for (int i = cell_above(nodes, BOUNDS_NODES); i < BOUNDS_NODES; i++) {
        int j = first;
        for (; j < BOUNDS_SECONDS && bounds->times[i][j] < time; j++)
            bounds->times[i][j] = time;
        if (j == first)
            return;
    }
}
