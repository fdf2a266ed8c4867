/* Promise: what is asked for is worked out step by step, each step once. */
#include "results/tariff.h"

#include "base/number.h"
#include "base/quote.h"
#include "base/vector.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Beyond that, products of times and values are no numbers any more. */
#define MOST_FIGURE 1e100

/* --- Reading --------------------------------------------------------------------------------- */

struct table_reader {
    struct tariff *tariff;
    const char *file;
    size_t line;
    bool may_be_negative;
    struct error *err;
};

static int complain(const struct table_reader *reader, const char *what, const char *text)
{
    char quoted[QUOTE_TEXT];
    return error_set(reader->err, ERROR_INPUT, "%s:%zu: %s, is '%s'", reader->file, reader->line,
                     what, quote(text, quoted));
}

static int add_step(struct table_reader *reader, double time, double value)
{
    struct tariff *tariff = reader->tariff;
    if (array_reserve(tariff->steps, tariff->capacity, tariff->count + 1))
        return error_no_memory(reader->err);
    tariff->steps[tariff->count++] = (struct tariff_step){time, value};
    return 0;
}

/* Cuts the text at its first comma; returns what is behind it, or NULL. */
static char *cut(char *text)
{
    char *comma = strchr(text, ',');
    if (comma)
        *comma++ = '\0';
    return comma;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    text[strcspn(text, "\r\n")] = '\0';
    for (size_t length = strlen(text); length > 0 && strchr(" \t", text[length - 1]);)
        text[--length] = '\0';
    return text;
}

static int read_row(struct table_reader *reader, char *text)
{
    const struct tariff *tariff = reader->tariff;
    double time, value;
    char *second = cut(text);
    text = trim(text);
    if (!second)
        return complain(reader, "must be a time and a value with a comma between them", text);
    second = trim(second);
    if (!number_parse(text, &time))
        /* A header has no numbers at all. */
        return reader->line == 1 && !number_parse(second, &value)
                   ? 0
                   : complain(reader, "the time must be a number of seconds", text);
    if (!number_parse(second, &value))
        return complain(reader, "the value must be a number", second);
    if (fabs(time) > MOST_FIGURE || fabs(value) > MOST_FIGURE)
        return complain(reader, "time and value must be at most 1e100",
                        fabs(time) > MOST_FIGURE ? text : second);
    if (value < 0 && !reader->may_be_negative)
        return complain(reader, "the value must be at least 0", second);
    if (tariff->count == 0 && time > 0)
        return complain(reader, "the first time must be at or before 0, where the run begins",
                        text);
    if (tariff->count > 0 && time <= tariff->steps[tariff->count - 1].time)
        return complain(reader, "the time must be after that of the row before", text);
    return add_step(reader, time, value);
}

static int read_rows(struct table_reader *reader, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;
    while (status == 0 && (length = getline(&line, &size, file)) >= 0) {
        reader->line++;
        if (strlen(line) < (size_t)length)
            status =
                error_set(reader->err, ERROR_INPUT, "%s:%zu: there is a zero byte; is it text?",
                          reader->file, reader->line);
        else if (*trim(line))
            status = read_row(reader, line);
    }
    free(line);
    if (status == 0 && ferror(file))
        return error_set(reader->err, ERROR_INPUT, "%s: cannot read it", reader->file);
    if (status == 0 && reader->tariff->count == 0)
        return error_set(reader->err, ERROR_INPUT,
                         "%s: there is no row; give a time in seconds and a value per row, the "
                         "first at 0",
                         reader->file);
    return status;
}

static int read_file(struct table_reader *reader)
{
    if (!reader->file)
        return 0;
    FILE *file = fopen(reader->file, "r");
    if (!file)
        return error_set(reader->err, ERROR_INPUT, "%s: cannot open it: %s", reader->file,
                         strerror(errno));
    int status = read_rows(reader, file);
    fclose(file);
    return status;
}

int tariffs_read(struct tariffs *tariffs, const struct configuration *configuration,
                 struct error *err)
{
    struct table_reader price = {.tariff = &tariffs->price,
                                 .file = configuration->energy_price,
                                 .may_be_negative = true,
                                 .err = err};
    struct table_reader carbon = {
        .tariff = &tariffs->carbon, .file = configuration->carbon_intensity, .err = err};
    return read_file(&price) || read_file(&carbon) ? -1 : 0;
}

void tariffs_release(struct tariffs *tariffs)
{
    free(tariffs->price.steps);
    free(tariffs->carbon.steps);
    *tariffs = (struct tariffs){{0}, {0}};
}

/* --- Asking ---------------------------------------------------------------------------------- */

bool tariff_is_given(const struct tariff *tariff)
{
    return tariff->count > 0;
}

static void pass(struct tariff *tariff, double time)
{
    sum_add(&tariff->passed, tariff->steps[tariff->at].value * (time - tariff->until));
    tariff->until = time;
}

double tariff_integral(struct tariff *tariff, double time)
{
    if (!tariff_is_given(tariff))
        return 0;
    for (; tariff->at + 1 < tariff->count && tariff->steps[tariff->at + 1].time <= time;
         tariff->at++)
        if (tariff->steps[tariff->at + 1].time > tariff->until)
            pass(tariff, tariff->steps[tariff->at + 1].time);
    if (time > tariff->until)
        pass(tariff, time);
    return sum_value(&tariff->passed);
}
