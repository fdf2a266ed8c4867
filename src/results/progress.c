/* The progress bar: one line on a terminal, redrawn in place at most ten times a second. */

#include "base/clock.h"
#include "base/columns.h"
#include "base/number.h"
#include "resources/log.h"
#include "results/result.h"
#include "system/state.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_INTERVAL 0.1
#define BAR_WIDTH 24
#define SMALLEST_BAR 8
#define BRACKETS "[] "

/* "3 d 04:05:06"; returns buffer. */
static const char *format_duration(double seconds, char *buffer, size_t size)
{
    if (!(seconds >= 0 && seconds < 1e15)) {
        snprintf(buffer, size, "?");
        return buffer;
    }
    unsigned long long whole = (unsigned long long)seconds;
    unsigned long long days = whole / 86400;
    unsigned hours = (unsigned)(whole / 3600 % 24), minutes = (unsigned)(whole / 60 % 60);
    unsigned rest = (unsigned)(whole % 60);
    if (days > 0)
        snprintf(buffer, size, "%llu d %02u:%02u:%02u", days, hours, minutes, rest);
    else
        snprintf(buffer, size, "%02u:%02u:%02u", hours, minutes, rest);
    return buffer;
}

/* What is said, as text; "" for what is left out. */
struct parts {
    char jobs[64], simulated[64], rate[32], left[48];
};

static void write_parts(struct parts *parts, const struct state *state, size_t ended, double share,
                        double elapsed)
{
    char simulated[32], left[32];
    format_duration(state->now, simulated, sizeof simulated);
    format_duration(share > 0 ? elapsed * (1 - share) / share : -1, left, sizeof left);
    snprintf(parts->jobs, sizeof parts->jobs, "%zu/%zu job%s", ended, state->num_jobs,
             number_plural(state->num_jobs));
    snprintf(parts->simulated, sizeof parts->simulated, ", %s simulated", simulated);
    snprintf(parts->rate, sizeof parts->rate, ", %.3g s/s", elapsed > 0 ? state->now / elapsed : 0);
    snprintf(parts->left, sizeof parts->left, ", %s left", left);
}

static size_t length_of(const struct parts *parts)
{
    return strlen(parts->jobs) + strlen(parts->simulated) + strlen(parts->rate) +
           strlen(parts->left);
}

/* Leaves out what there is no room for, and the bar before anything but the rate. Returns the
 * width of the bar, 0 for none. */
static size_t fit(struct parts *parts, size_t room)
{
    if (length_of(parts) + BAR_WIDTH + strlen(BRACKETS) <= room)
        return BAR_WIDTH;
    *parts->rate = '\0';
    size_t least = length_of(parts) + strlen(BRACKETS) + SMALLEST_BAR;
    if (least <= room)
        return room - least + SMALLEST_BAR < BAR_WIDTH ? room - least + SMALLEST_BAR : BAR_WIDTH;
    if (length_of(parts) > room)
        *parts->simulated = '\0';
    if (length_of(parts) > room)
        *parts->left = '\0';
    parts->jobs[room < sizeof parts->jobs ? room : sizeof parts->jobs - 1] = '\0';
    return 0;
}

static void draw_blocks(FILE *out, size_t width, double share)
{
    if (width == 0)
        return;
    fputc('[', out);
    for (size_t i = 0; i < width; i++)
        fputc(i < (size_t)(share * (double)width) ? '#' : '.', out);
    fputs("] ", out);
}

/* What a line may hold: the cursor stays in the last column, where it moves no terminal on to the
 * next line. The width is asked for each time, as it changes with the window. */
static size_t room_of(FILE *out)
{
    size_t columns = columns_of_terminal(out);
    return columns > 0 ? columns - 1 : SIZE_MAX;
}

/* Moves of the clock between two looks at what the time is for the user. */
#define MOVES_PER_LOOK 256

struct progress_bar {
    double started; /* wall clock, seconds */
    double drawn;   /* wall clock of the last drawing */
    unsigned moves;
    bool visible;
};

static void draw(struct progress_bar *bar, const struct state *state, double now)
{
    size_t ended = jobs_ended(state);
    double share = state->num_jobs ? (double)ended / (double)state->num_jobs : 1;
    double elapsed = now - bar->started;
    struct parts parts;
    write_parts(&parts, state, ended, share, elapsed);
    size_t width = fit(&parts, room_of(stderr));
    fputs("\r\033[K", stderr);
    draw_blocks(stderr, width, share);
    fprintf(stderr, "%s%s%s%s", parts.jobs, parts.simulated, parts.rate, parts.left);
    fflush(stderr);
    bar->visible = true;
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    (void)err;
    struct progress_bar *bar = self;
    if (++bar->moves % MOVES_PER_LOOK != 0)
        return 0;
    double now = clock_wall_seconds();
    if (now - bar->drawn < REDRAW_INTERVAL)
        return 0;
    bar->drawn = now;
    draw(bar, happening->state, now);
    return 0;
}

static int open_progress(struct observer *observer, const struct run_facts *facts,
                         struct error *err)
{
    bool wanted = facts->configuration->show_progress_bar && isatty(STDERR_FILENO) &&
                  !log_info_enabled() && !log_jobs_enabled();
    if (!wanted)
        return 0;
    struct progress_bar *bar = calloc(1, sizeof *bar);
    if (!bar)
        return error_no_memory(err);
    bar->started = clock_wall_seconds();
    *observer = (struct observer){.hears = HEARS(CLOCK_MOVES), .notice = notice, .self = bar};
    return 0;
}

/* Takes the bar off the screen. */
static int close_progress(void *self, struct error *err)
{
    (void)err;
    struct progress_bar *bar = self;
    if (bar->visible) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    free(bar);
    return 0;
}

const struct result_kind progress_result = {open_progress, NULL, close_progress};
