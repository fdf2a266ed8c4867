/* Promise: what is asked for is worked out step by step, each step once. */
#include "results/tariff.h"

int tariffs_read(struct tariffs *tariffs, const struct configuration *configuration,
                 struct error *err)
{
    return series_read(&tariffs->price.series, configuration->energy_price, true, err) ||
                   series_read(&tariffs->carbon.series, configuration->carbon_intensity, false, err)
               ? -1
               : 0;
}

void tariffs_release(struct tariffs *tariffs)
{
    series_release(&tariffs->price.series);
    series_release(&tariffs->carbon.series);
    *tariffs = (struct tariffs){.price = {.at = 0}};
}

/* --- Asking ---------------------------------------------------------------------------------- */

bool tariff_is_given(const struct tariff *tariff)
{
    return tariff->series.count > 0;
}

static void pass(struct tariff *tariff, double time)
{
    sum_add(&tariff->passed, tariff->series.items[tariff->at].value * (time - tariff->until));
    tariff->until = time;
}

double tariff_integral(struct tariff *tariff, double time)
{
    if (!tariff_is_given(tariff))
        return 0;
    for (;
         tariff->at + 1 < tariff->series.count && tariff->series.items[tariff->at + 1].time <= time;
         tariff->at++)
        if (tariff->series.items[tariff->at + 1].time > tariff->until)
            pass(tariff, tariff->series.items[tariff->at + 1].time);
    if (time > tariff->until)
        pass(tariff, time);
    return sum_value(&tariff->passed);
}
