/* Any bytes as a series of prices: an error, or steps in order from 0 or before, whose integral is
 * a finite number at any time. */
#include "results/tariff.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/fuzz-tariff-XXXXXX";

static void clean_up(void)
{
    remove(path);
}

static void write_file(const void *data, size_t size)
{
    static int made;
    FILE *file;

    if (!made) {
        made = mkstemp(path);
        if (made < 0 || close(made) || atexit(clean_up))
            abort();
    }
    file = fopen(path, "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        abort();
}

static void check(struct tariff *tariff)
{
    if (!tariff_is_given(tariff) || tariff->series.items[0].time > 0)
        abort();
    for (size_t i = 1; i < tariff->series.count; i++)
        if (!(tariff->series.items[i].time > tariff->series.items[i - 1].time))
            abort();
    for (double time = 0; time < 20; time += 1.5)
        if (!isfinite(tariff_integral(tariff, time)))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct configuration configuration = {.energy_price = path};
    struct tariffs tariffs = {.price = {.at = 0}};
    struct error err = {.kind = ERROR_NONE};

    write_file(data, size);
    if (tariffs_read(&tariffs, &configuration, &err) == 0)
        check(&tariffs.price);
    else if (err.kind != ERROR_INPUT)
        abort();
    tariffs_release(&tariffs);
    return 0;
}
