/* Promise: a line says nothing that the lines before it contradict, and the line of a change comes
 * before anything that follows from it. */
#include "results/journal.h"

#include "base/json.h"
#include "base/number.h"
#include "resources/log.h"
#include "results/output.h"
#include "simulation/state.h"
#include "version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct journal {
    struct output output; /* not open when only messages are wanted */
    bool talks;           /* messages are wanted */
};

/* The invocations, by their number in the protocol. */
static const char *const invocations[] = {
    "periodic",         "job_submit",       "job_completed",   "job_killed",
    "scheduling_point", "evolving_request", "reconfiguration",
};

/* --- Opening ------------------------------------------------------------------------------- */

/* The configuration as it was given, on one line. */
static int put_configuration(struct output *out, const char *path, struct error *err)
{
    struct json_document document;
    if (json_read(&document, path, err))
        return -1;
    char *text = cJSON_PrintUnformatted(document.root);
    json_close(&document);
    if (!text)
        return error_no_memory(err);
    output_text(out, text);
    cJSON_free(text);
    return 0;
}

static int put_head(struct output *out, const struct configuration *configuration,
                    const struct platform *platform, const char *scheduler, struct error *err)
{
    output_text(out, "{\"time\":0,\"kind\":\"begin\",\"version\":\"" ELASTISIM_VERSION
                     "\",\"scheduler\":");
    output_json(out, scheduler ? scheduler : "");
    output_text(out, ",\"configuration\":");
    if (put_configuration(out, configuration->file, err))
        return -1;
    output_text(out, ",\"nodes\":[");
    for (uint32_t i = 0; i < platform->num_nodes; i++) {
        if (i > 0)
            output_char(out, ',');
        output_json(out, platform->nodes[i].name);
    }
    output_text(out, "]}");
    output_end_row(out);
    return 0;
}

int journal_open(struct journal **result, const struct configuration *configuration,
                 const struct platform *platform, const char *scheduler, struct error *err)
{
    *result = NULL;
    bool talks = log_jobs_enabled();
    if (!configuration->events && !talks)
        return 0;
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return error_no_memory(err);
    journal->talks = talks;
    if (configuration->events &&
        (output_open(&journal->output, configuration->events, configuration->file, "events", err) ||
         put_head(&journal->output, configuration, platform, scheduler, err))) {
        journal_close(journal, err);
        return -1;
    }
    *result = journal;
    return 0;
}

int journal_close(struct journal *journal, struct error *err)
{
    if (!journal)
        return 0;
    int status = output_close(&journal->output, err);
    free(journal);
    return status;
}

int journal_check(struct journal *journal, struct error *err)
{
    return journal ? output_check(&journal->output, err) : 0;
}

/* --- Lines --------------------------------------------------------------------------------- */

static bool writes(const struct journal *journal)
{
    return output_is_open(&journal->output);
}

static void begin_line(struct journal *journal, const struct state *state, const char *kind)
{
    struct output *out = &journal->output;
    output_text(out, "{\"time\":");
    output_number(out, state->now);
    output_text(out, ",\"kind\":\"");
    output_text(out, kind);
    output_char(out, '"');
}

static void end_line(struct journal *journal)
{
    output_char(&journal->output, '}');
    output_end_row(&journal->output);
}

/* `key` with its quotes, e.g. "\"job\"": one copy instead of three. */
static void put_count(struct journal *journal, const char *key, uint64_t value)
{
    output_char(&journal->output, ',');
    output_text(&journal->output, key);
    output_char(&journal->output, ':');
    output_count(&journal->output, value);
}

static void put_job(struct journal *journal, const struct job *job)
{
    put_count(journal, "\"job\"", job->request->id);
}

static void put_nodes(struct journal *journal, const char *key, const uint32_t *nodes,
                      uint32_t count)
{
    struct output *out = &journal->output;
    output_char(out, ',');
    output_text(out, key);
    output_text(out, ":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            output_char(out, ',');
        output_count(out, nodes[i]);
    }
    output_char(out, ']');
}

/* A line about a job and no more. */
static void write_line(struct journal *journal, const struct state *state, const char *kind,
                       const struct job *job)
{
    if (!writes(journal))
        return;
    begin_line(journal, state, kind);
    put_job(journal, job);
    end_line(journal);
}

/* A line about a job and some nodes. */
static void write_nodes(struct journal *journal, const struct state *state, const char *kind,
                        const struct job *job, const uint32_t *nodes, uint32_t count)
{
    if (!writes(journal))
        return;
    begin_line(journal, state, kind);
    put_job(journal, job);
    put_nodes(journal, "\"nodes\"", nodes, count);
    end_line(journal);
}

/* --- Messages ------------------------------------------------------------------------------ */

__attribute__((format(printf, 4, 5))) static void say(struct journal *journal,
                                                      const struct state *state,
                                                      const struct job *job, const char *format,
                                                      ...)
{
    char text[512];
    if (!journal->talks)
        return;
    int length =
        snprintf(text, sizeof text, "%12.3f s  job %u%s%.80s%s ", state->now, job->request->id,
                 job->request->name ? " (" : "", job->request->name ? job->request->name : "",
                 job->request->name ? ")" : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    log_job(text);
}

/* --- Jobs and nodes ------------------------------------------------------------------------ */

void journal_submit(struct journal *journal, const struct state *state, const struct job *job)
{
    if (!journal)
        return;
    const struct job_request *request = job->request;
    char nodes[RANGE_TEXT];
    say(journal, state, job, "is submitted: %s, %s node%s", job_type_name(request->type),
        range_text(request->nodes_min, request->nodes_max, nodes),
        number_plural(request->nodes_max));
    if (!writes(journal))
        return;
    begin_line(journal, state, "submit");
    put_job(journal, job);
    output_text(&journal->output, ",\"type\":\"");
    output_text(&journal->output, job_type_name(request->type));
    output_char(&journal->output, '"');
    if (request->name) {
        output_text(&journal->output, ",\"name\":");
        output_json(&journal->output, request->name);
    }
    put_count(journal, "\"num_nodes_min\"", request->nodes_min);
    put_count(journal, "\"num_nodes_max\"", request->nodes_max);
    end_line(journal);
}

/* A line with the nodes that the job executes on. */
static void write_executing(struct journal *journal, const struct state *state, const char *kind,
                            const struct job *job)
{
    if (!writes(journal))
        return;
    begin_line(journal, state, kind);
    put_job(journal, job);
    put_nodes(journal, "\"nodes\"", job->executing.ids, job->executing.count);
    put_count(journal, "\"gpus_per_node\"", job->executing_gpus);
    end_line(journal);
}

void journal_start(struct journal *journal, const struct state *state, const struct job *job)
{
    if (!journal)
        return;
    say(journal, state, job, "starts on %u node%s after a wait of %.3f s", job->executing.count,
        number_plural(job->executing.count), job->start_time - job->request->submit_time);
    write_executing(journal, state, "start", job);
}

void journal_reserve(struct journal *journal, const struct state *state, const struct job *job,
                     const uint32_t *nodes, uint32_t count)
{
    if (!journal)
        return;
    say(journal, state, job, "is to go from %u to %u node%s, %u reserved", job->executing.count,
        job->wanted.count, number_plural(job->wanted.count), count);
    if (!writes(journal))
        return;
    begin_line(journal, state, "reserve");
    put_job(journal, job);
    put_nodes(journal, "\"nodes\"", nodes, count);
    put_nodes(journal, "\"assigned\"", job->wanted.ids, job->wanted.count);
    put_count(journal, "\"gpus_per_node\"", job->wanted_gpus);
    end_line(journal);
}

void journal_withdraw(struct journal *journal, const struct state *state, const struct job *job)
{
    if (!journal)
        return;
    say(journal, state, job, "is to stay on its %u node%s", job->executing.count,
        number_plural(job->executing.count));
    write_line(journal, state, "withdraw", job);
}

void journal_shrink(struct journal *journal, const struct state *state, const struct job *job,
                    const uint32_t *nodes, uint32_t count)
{
    if (!journal)
        return;
    say(journal, state, job, "gives up %u node%s", count, number_plural(count));
    write_nodes(journal, state, "shrink", job, nodes, count);
}

void journal_grow(struct journal *journal, const struct state *state, const struct job *job,
                  const uint32_t *nodes, uint32_t count)
{
    if (!journal)
        return;
    say(journal, state, job, "gets %u node%s more", count, number_plural(count));
    write_nodes(journal, state, "grow", job, nodes, count);
}

void journal_reconfiguration(struct journal *journal, const struct state *state,
                             const struct job *job)
{
    if (!journal)
        return;
    say(journal, state, job, "reconfigures for %u node%s", job->executing.count,
        number_plural(job->executing.count));
    write_executing(journal, state, "reconfiguration_begin", job);
}

void journal_resume(struct journal *journal, const struct state *state, const struct job *job)
{
    if (!journal)
        return;
    say(journal, state, job, "goes on after its reconfiguration");
    write_line(journal, state, "reconfiguration_end", job);
}

void journal_complete(struct journal *journal, const struct state *state, const struct job *job)
{
    if (!journal)
        return;
    say(journal, state, job, "is complete after %.3f s", job->end_time - job->start_time);
    write_line(journal, state, "complete", job);
}

void journal_kill(struct journal *journal, const struct state *state, const struct job *job,
                  const char *reason)
{
    if (!journal)
        return;
    say(journal, state, job, "is killed: %s", reason);
    if (!writes(journal))
        return;
    begin_line(journal, state, "kill");
    put_job(journal, job);
    output_text(&journal->output, ",\"reason\":\"");
    output_text(&journal->output, reason);
    output_char(&journal->output, '"');
    end_line(journal);
}

/* --- Progress ------------------------------------------------------------------------------ */

/* A line about a place in the application. */
static void write_place(struct journal *journal, const struct state *state, const char *kind,
                        const struct job *job, uint64_t phase, const char *key, uint64_t value)
{
    begin_line(journal, state, kind);
    put_job(journal, job);
    put_count(journal, "\"phase\"", phase);
    put_count(journal, key, value);
    end_line(journal);
}

void journal_iteration(struct journal *journal, const struct state *state, const struct job *job,
                       uint64_t phase, uint64_t iteration, uint64_t iterations)
{
    if (!journal || !writes(journal))
        return;
    if (iteration == 0)
        write_place(journal, state, "phase", job, phase, "\"iterations\"", iterations);
    write_place(journal, state, "iteration", job, phase, "\"iteration\"", iteration);
}

void journal_point(struct journal *journal, const struct state *state, const struct job *job,
                   uint64_t phase, uint64_t iteration)
{
    if (journal && writes(journal))
        write_place(journal, state, "scheduling_point", job, phase, "\"iteration\"", iteration);
}

void journal_request(struct journal *journal, const struct state *state, const struct job *job,
                     uint32_t nodes)
{
    if (!journal)
        return;
    say(journal, state, job, "asks for %u instead of %u node%s", nodes, job->executing.count,
        number_plural(job->executing.count));
    if (!writes(journal))
        return;
    begin_line(journal, state, "evolving_request");
    put_job(journal, job);
    put_count(journal, "\"requested\"", nodes);
    end_line(journal);
}

void journal_answer(struct journal *journal, const struct state *state, const struct job *job,
                    uint32_t nodes)
{
    if (!journal)
        return;
    bool accepted = job->executing.count == nodes;
    say(journal, state, job, "%s what it asked for", accepted ? "gets" : "does not get");
    if (!writes(journal))
        return;
    begin_line(journal, state, "evolving_answer");
    put_job(journal, job);
    put_count(journal, "\"requested\"", nodes);
    put_count(journal, "\"num_nodes\"", job->executing.count);
    output_text(&journal->output, accepted ? ",\"accepted\":true" : ",\"accepted\":false");
    end_line(journal);
}

/* --- The scheduler, the end ---------------------------------------------------------------- */

void journal_invocation(struct journal *journal, const struct state *state, int type,
                        const struct job *job, size_t decisions, double wall_seconds)
{
    if (!journal || !writes(journal))
        return;
    begin_line(journal, state, "invocation");
    output_text(&journal->output, ",\"invocation\":\"");
    output_text(&journal->output, invocations[type]);
    output_char(&journal->output, '"');
    if (job)
        put_job(journal, job);
    put_count(journal, "\"decisions\"", decisions);
    char seconds[40];
    snprintf(seconds, sizeof seconds, ",\"wall_seconds\":%.3g", wall_seconds);
    output_text(&journal->output, seconds);
    end_line(journal);
}

void journal_end(struct journal *journal, const struct state *state)
{
    if (!journal || !writes(journal))
        return;
    begin_line(journal, state, "end");
    put_count(journal, "\"completed\"", state->num_completed);
    put_count(journal, "\"killed\"", state->num_killed);
    put_count(journal, "\"unfinished\"",
              state->num_jobs - state->num_completed - state->num_killed);
    end_line(journal);
}
