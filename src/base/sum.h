/* Sums whose rounding does not add up: two doubles that stand for one number of twice the digits.
 * What is added and taken away again leaves nothing behind.
 *
 * Source: D. E. Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B (the error of a
 * sum is a number, too). */
#ifndef ELASTISIM_BASE_SUM_H
#define ELASTISIM_BASE_SUM_H

/* Zeroed, it is 0. */
struct sum {
    double high, low;
};

static inline void sum_add(struct sum *sum, double number)
{
    double high = sum->high + number;
    double part = high - sum->high;
    double error = (sum->high - (high - part)) + (number - part);
    double low = sum->low + error;
    sum->high = high + low;
    sum->low = low - (sum->high - high);
}

static inline double sum_value(const struct sum *sum)
{
    return sum->high + sum->low;
}

#endif
