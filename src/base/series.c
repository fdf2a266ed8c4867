/* Promise: a series that was read has a value for every time from 0 on. */
#include "base/series.h"

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

struct table_reader {
    struct series *series;
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
    if (vector_add(reader->series, (struct series_step){time, value}))
        return error_no_memory(reader->err);
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
    const struct series *series = reader->series;
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
    if (series->count == 0 && time > 0)
        return complain(reader, "the first time must be at or before 0, where the run begins",
                        text);
    if (series->count > 0 && time <= series->items[series->count - 1].time)
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
    if (status == 0 && reader->series->count == 0)
        return error_set(reader->err, ERROR_INPUT,
                         "%s: there is no row; give a time in seconds and a value per row, the "
                         "first at 0",
                         reader->file);
    return status;
}

int series_read(struct series *series, const char *file, bool may_be_negative, struct error *err)
{
    struct table_reader reader = {
        .series = series, .file = file, .may_be_negative = may_be_negative, .err = err};
    if (!file)
        return 0;
    FILE *stream = fopen(file, "r");
    if (!stream)
        return error_set(err, ERROR_INPUT, "%s: cannot open it: %s", file, strerror(errno));
    int status = read_rows(&reader, stream);
    fclose(stream);
    return status;
}

int series_set(struct series *series, double value, struct error *err)
{
    return vector_add(series, (struct series_step){0, value}) ? error_no_memory(err) : 0;
}

void series_release(struct series *series)
{
    free(series->items);
    *series = (struct series){.count = 0};
}
