#include "terminal/progress.h"

#include "base/clock.h"
#include "base/number.h"

#define REDRAW_INTERVAL 0.1
#define BAR_WIDTH 24

const char *format_duration(double seconds, char *buffer, size_t size)
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

void progress_bar_start(struct progress_bar *bar, FILE *out)
{
    *bar = (struct progress_bar){.out = out, .started = wall_seconds()};
}

void progress_bar_update(void *context, const struct simulation_progress *progress)
{
    struct progress_bar *bar = context;
    double now = wall_seconds();
    if (now - bar->drawn < REDRAW_INTERVAL)
        return;
    bar->drawn = now;
    bar->visible = true;
    double share = progress->total ? (double)progress->ended / (double)progress->total : 1;
    double elapsed = now - bar->started;
    char simulated[32], left[32], blocks[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        blocks[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    blocks[BAR_WIDTH] = '\0';
    format_duration(progress->now, simulated, sizeof simulated);
    format_duration(share > 0 ? elapsed * (1 - share) / share : -1, left, sizeof left);
    fprintf(bar->out, "\r\033[K[%s] %zu/%zu job%s, %s simulated, %.3g s/s, %s left", blocks,
            progress->ended, progress->total, number_plural(progress->total), simulated,
            elapsed > 0 ? progress->now / elapsed : 0, left);
    fflush(bar->out);
}

void progress_bar_clear(struct progress_bar *bar)
{
    if (!bar->visible)
        return;
    fputs("\r\033[K", bar->out);
    fflush(bar->out);
    bar->visible = false;
}
