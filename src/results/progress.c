/* The progress bar: one line on a terminal, redrawn in place at most ten times a second. */

#include "base/clock.h"
#include "base/number.h"
#include "resources/log.h"
#include "results/result.h"
#include "system/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REDRAW_INTERVAL 0.1
#define BAR_WIDTH 24

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
    size_t ended = state->num_completed + state->num_killed;
    double share = state->num_jobs ? (double)ended / (double)state->num_jobs : 1;
    double elapsed = now - bar->started;
    char simulated[32], left[32], blocks[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        blocks[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    blocks[BAR_WIDTH] = '\0';
    format_duration(state->now, simulated, sizeof simulated);
    format_duration(share > 0 ? elapsed * (1 - share) / share : -1, left, sizeof left);
    fprintf(stderr, "\r\033[K[%s] %zu/%zu job%s, %s simulated, %.3g s/s, %s left", blocks, ended,
            state->num_jobs, number_plural(state->num_jobs), simulated,
            elapsed > 0 ? state->now / elapsed : 0, left);
    fflush(stderr);
    bar->visible = true;
}

static int notice(void *self, const struct happening *happening, struct error *err)
{
    (void)err;
    struct progress_bar *bar = self;
    if (++bar->moves % MOVES_PER_LOOK != 0)
        return 0;
    double now = wall_seconds();
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
    bar->started = wall_seconds();
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
