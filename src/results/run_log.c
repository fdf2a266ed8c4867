/* What happens to jobs, in words, as --log=elastisim.thresh:info shows it: the journal's events for
 * people. */
#include "base/number.h"
#include "resources/log.h"
#include "results/result.h"
#include "system/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of this moment, with two spaces behind it; nothing where the workload has no dates. */
static const char *date_of(const struct state *state, char text[DATE_TEXT + 2])
{
    const struct date *start = workload_start_date(state->workload);
    text[0] = '\0';
    if (start->known && *date_text(start, state->now, text))
        strcat(text, "  ");
    return text;
}

__attribute__((format(printf, 2, 3))) static void say(const struct happening *happening,
                                                      const char *format, ...)
{
    char text[512], date[DATE_TEXT + 2];
    const struct job_request *request = happening->job->request;
    int length = snprintf(text, sizeof text, "%12.3f s  %sjob %u%s%.80s%s ", happening->state->now,
                          date_of(happening->state, date), request->id, request->name ? " (" : "",
                          request->name ? request->name : "", request->name ? ")" : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    log_job(text);
}

static void say_submitted(const struct happening *happening)
{
    const struct job_request *request = happening->job->request;
    char nodes[RANGE_TEXT];
    say(happening, "is submitted: %s, %s node%s", job_type_name(request->type),
        number_range_text(request->nodes_min, request->nodes_max, nodes),
        number_plural(request->nodes_max));
}

static void say_started(const struct happening *happening)
{
    const struct job *job = happening->job;
    say(happening, "starts on %u node%s after a wait of %.3f s", job->executing.count,
        number_plural(job->executing.count), job->start_time - job->request->submit_time);
}

static void say_wants(const struct happening *happening)
{
    const struct job *job = happening->job;
    say(happening, "is to go from %u to %u node%s, %u reserved", job->executing.count,
        job->wanted.count, number_plural(job->wanted.count), happening->nodes.count);
}

static void say_withdrew(const struct happening *happening)
{
    uint32_t count = happening->job->executing.count;
    say(happening, "is to stay on its %u node%s", count, number_plural(count));
}

static void say_gave_up(const struct happening *happening)
{
    uint32_t count = happening->nodes.count;
    say(happening, "gives up %u node%s", count, number_plural(count));
}

static void say_took(const struct happening *happening)
{
    uint32_t count = happening->nodes.count;
    say(happening, "gets %u node%s more", count, number_plural(count));
}

static void say_reconfigures(const struct happening *happening)
{
    uint32_t count = happening->job->executing.count;
    say(happening, "reconfigures for %u node%s", count, number_plural(count));
}

static void say_resumed(const struct happening *happening)
{
    say(happening, "goes on after its reconfiguration");
}

static void say_suspended(const struct happening *happening)
{
    say(happening, "is suspended");
}

static void say_continued(const struct happening *happening)
{
    const struct job *job = happening->job;
    say(happening, "goes on; it was suspended for %.3f s",
        happening->state->now - job->suspended_since);
}

static void say_asks(const struct happening *happening)
{
    uint32_t count = happening->job->executing.count;
    say(happening, "asks for %u instead of %u node%s", happening->request, count,
        number_plural(count));
}

static void say_answered(const struct happening *happening)
{
    bool accepted = happening->job->executing.count == happening->request;
    say(happening, "%s what it asked for", accepted ? "gets" : "does not get");
}

static void say_ended(const struct happening *happening)
{
    const struct job *job = happening->job;
    if (job->state == JOB_CANCELLED)
        say(happening, "is cancelled: %s", happening->reason);
    else if (happening->reason)
        say(happening, "is killed: %s", happening->reason);
    else
        say(happening, "is complete after %.3f s", job->end_time - job->start_time);
}

static void (*const sayings[NUM_HAPPENINGS])(const struct happening *) = {
    [JOB_SUBMITTED] = say_submitted,
    [JOB_STARTED] = say_started,
    [JOB_WANTS] = say_wants,
    [JOB_WITHDREW] = say_withdrew,
    [JOB_GAVE_UP] = say_gave_up,
    [JOB_TOOK] = say_took,
    [JOB_RECONFIGURES] = say_reconfigures,
    [JOB_RESUMED] = say_resumed,
    [JOB_ASKS] = say_asks,
    [JOB_SUSPENDED] = say_suspended,
    [JOB_CONTINUED] = say_continued,
    [JOB_ANSWERED] = say_answered,
    [JOB_ENDED] = say_ended,
};

static int notice(void *self, const struct happening *happening, struct error *err)
{
    (void)self;
    (void)err;
    sayings[happening->kind](happening);
    return 0;
}

static int open_log(struct observer *observer, const struct run_facts *facts, struct error *err)
{
    (void)facts;
    (void)err;
    if (!log_jobs_enabled())
        return 0;
    for (unsigned kind = 0; kind < NUM_HAPPENINGS; kind++)
        if (sayings[kind])
            observer->hears |= HEARS(kind);
    observer->notice = notice;
    return 0;
}

const struct result_kind run_log_result = {open_log, NULL, NULL};
