/* Any text as a bandwidth or a speed: a finite value that is not negative, or none. */
#include "platform/platform.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int (*read)(const char *text, double *result), const char *text)
{
    double value = -1;
    int status = read(text, &value);
    if (status == 0 ? !isfinite(value) || value < 0 : status != -1 || fabs(value + 1) > 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check(units_bandwidth, text);
    check(units_flops, text);
    free(text);
    return 0;
}
