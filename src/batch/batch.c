/* Promise: each line that was read is answered by one line, in the order in which the runs end. */
#include "batch/batch.h"

#include "base/interrupt.h"
#include "batch/holder.h"
#include "batch/line.h"
#include "results/output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Processes that hold a platform which no run needs at the moment, at most. */
#define MOST_IDLE_HOLDERS 8
/* A signal that arrives just before a wait is noticed after this, milliseconds. */
#define LONGEST_WAIT 500

/* A run that is under way. */
struct slot {
    char *id; /* owned; NULL for a free slot */
    struct holder *holder;
    bool told;
    struct batch_outcome outcome;
};

struct batch {
    const struct batch_request *request;
    struct slot *slots;
    unsigned running;
    struct holder *holders;
    size_t num_holders;        /* places, of which some may be free */
    struct holder_order order; /* the line that is read */
    unsigned long lines;
    bool too_long; /* the line that is read */
    bool ended;    /* no more lines */
    bool interrupted;
    char input[1 << 16]; /* read, but not looked at */
    size_t at, filled;
    struct output text; /* of an answer */
};

/* --- Answers ------------------------------------------------------------------------------- */

static void put_name(struct output *text, const char *name)
{
    output_text(text, ",\"");
    output_text(text, name);
    output_text(text, "\":");
}

static void put_count(struct output *text, const char *name, uint64_t value)
{
    put_name(text, name);
    output_count(text, value);
}

static void put_number(struct output *text, const char *name, double value)
{
    put_name(text, name);
    output_number(text, value);
}

static void put_summary(struct output *text, const struct summary *summary)
{
    put_count(text, "completed", summary->completed);
    put_count(text, "killed", summary->killed);
    if (summary->cancelled > 0)
        put_count(text, "cancelled", summary->cancelled);
    put_count(text, "unfinished", summary->unfinished);
    put_number(text, "makespan", summary->makespan);
    put_number(text, "mean_wait", summary->mean_wait);
    put_number(text, "mean_turnaround", summary->mean_turnaround);
    put_number(text, "bounded_slowdown", summary->bounded_slowdown);
    put_number(text, "node_utilization", summary->node_utilization);
    put_count(text, "reconfigurations", summary->reconfigurations);
    if (summary->has_energy)
        put_number(text, "energy", summary->joules);
    if (summary->has_cost)
        put_number(text, "energy_cost", summary->cost);
    if (summary->has_emissions)
        put_number(text, "emissions", summary->grams);
}

static void print_answer(struct batch *batch, const char *id, const struct batch_outcome *outcome)
{
    struct output *text = &batch->text;
    output_remove_front(text, text->used);
    output_text(text, "{\"id\":");
    output_json(text, id);
    put_count(text, "status", outcome->err.kind);
    put_number(text, "seconds", outcome->seconds);
    if (outcome->err.kind) {
        put_name(text, "error");
        output_json(text, outcome->err.message);
    } else {
        put_count(text, "nodes", outcome->nodes);
        put_count(text, "jobs", outcome->jobs);
    }
    if (outcome->has_summary)
        put_summary(text, &outcome->summary);
    output_text(text, "}\n");
    fwrite(text->buffer, 1, text->used, stdout);
    fflush(stdout);
}

static void print_refusal(struct batch *batch, const char *id, const struct error *err)
{
    const struct batch_outcome outcome = {.err = *err};
    print_answer(batch, id, &outcome);
}

/* --- Runs that end -------------------------------------------------------------------------- */

static void free_slot(struct batch *batch, struct slot *slot)
{
    slot->holder->running--;
    free(slot->id);
    *slot = (struct slot){.id = NULL};
    batch->running--;
}

static void say_crash(struct batch_outcome *outcome, int status)
{
    *outcome = (struct batch_outcome){.err = {.kind = ERROR_NONE}};
    if (WIFSIGNALED(status))
        error_set(&outcome->err, ERROR_FAILURE, "the run was ended by signal %d (%s)",
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        error_set(&outcome->err, ERROR_FAILURE, "the run ended with status %d before it was done",
                  WEXITSTATUS(status));
}

static void take_answer(struct batch *batch, const struct holder_answer *answer)
{
    struct slot *slot = &batch->slots[answer->slot];
    if (!answer->has_ended) {
        slot->outcome = answer->outcome;
        slot->told = true;
        return;
    }
    if (!slot->told)
        say_crash(&slot->outcome, answer->wait_status);
    print_answer(batch, slot->id, &slot->outcome);
    free_slot(batch, slot);
}

/* A holder that is gone takes its runs along, which is told of each. */
static void lose_holder(struct batch *batch, struct holder *holder)
{
    struct error err = {.kind = ERROR_NONE};
    error_set(&err, ERROR_FAILURE, "%s: the process that held the platform is gone",
              holder->platform_file);
    for (unsigned i = 0; i < batch->request->jobs; i++)
        if (batch->slots[i].id && batch->slots[i].holder == holder) {
            print_refusal(batch, batch->slots[i].id, &err);
            free_slot(batch, &batch->slots[i]);
        }
    holder_stop(holder);
}

static void hear(struct batch *batch, struct holder *holder)
{
    static struct holder_answer answer;
    if (holder_answer(holder, &answer))
        lose_holder(batch, holder);
    else
        take_answer(batch, &answer);
}

/* --- Runs that begin ------------------------------------------------------------------------ */

static void stop_idle_holders(struct batch *batch)
{
    struct holder *oldest = NULL;
    size_t idle = 0;
    for (size_t i = 0; i < batch->num_holders; i++) {
        struct holder *holder = &batch->holders[i];
        if (holder->socket < 0 || holder->running > 0)
            continue;
        idle++;
        if (!oldest || holder->used < oldest->used)
            oldest = holder;
    }
    if (idle >= MOST_IDLE_HOLDERS)
        holder_stop(oldest);
}

/* A place for another holder, whose slots keep pointing to it: there are as many from the start as
 * can be at work or idle. */
static struct holder *free_place(struct batch *batch)
{
    for (size_t i = 0; i < batch->num_holders; i++)
        if (batch->holders[i].socket < 0)
            return &batch->holders[i];
    return &batch->holders[batch->num_holders++];
}

/* Takes the name. */
static struct holder *holder_of(struct batch *batch, char *platform_file, struct error *err)
{
    for (size_t i = 0; i < batch->num_holders; i++) {
        struct holder *holder = &batch->holders[i];
        if (holder->socket >= 0 && strcmp(holder->platform_file, platform_file) == 0) {
            free(platform_file);
            return holder;
        }
    }
    stop_idle_holders(batch);
    struct holder *holder = free_place(batch);
    if (holder_start(holder, batch->request, platform_file, batch->holders, batch->num_holders,
                     err)) {
        holder_stop(holder);
        return NULL;
    }
    return holder;
}

static void occupy(struct batch *batch, struct batch_line *line, struct holder *holder)
{
    unsigned i = 0;
    while (batch->slots[i].id)
        i++;
    batch->slots[i] = (struct slot){.id = line->id, .holder = holder};
    line->id = NULL;
    batch->order.slot = i;
    batch->running++;
    holder->running++;
    holder->used = batch->lines;
    if (holder_order(holder, &batch->order))
        lose_holder(batch, holder);
}

static void begin_run(struct batch *batch, struct batch_line *line, struct error *err)
{
    const struct batch_request *request = batch->request;
    const struct holder_order *order = &batch->order;
    if (batch_line_read(line, order->number, order->text, order->length, err))
        return;
    char *platform_file = request->find_platform(request->context, &line->run, err);
    struct holder *holder = platform_file ? holder_of(batch, platform_file, err) : NULL;
    if (holder)
        occupy(batch, line, holder);
}

static bool is_blank(const struct holder_order *order)
{
    for (size_t i = 0; i < order->length; i++)
        if (!strchr(" \t\r", order->text[i]) || order->text[i] == '\0')
            return false;
    return true;
}

static void end_line(struct batch *batch)
{
    struct batch_line line = {.id = NULL};
    struct error err = {.kind = ERROR_NONE};
    batch->order.number = ++batch->lines;
    if (batch->too_long)
        error_set(&err, ERROR_INPUT, "line %lu: is longer than %d bytes", batch->lines,
                  LONGEST_LINE);
    if (batch->too_long)
        batch->order.length = 0;
    if (!batch->too_long && is_blank(&batch->order))
        return;
    begin_run(batch, &line, &err);
    if (err.kind)
        print_refusal(batch, line.id ? line.id : "?", &err);
    batch_line_release(&line);
}

/* --- Standard input ------------------------------------------------------------------------- */

/* Looks at what was read up to the end of a line that can be begun. */
static void look_at_input(struct batch *batch)
{
    while (batch->at < batch->filled && batch->running < batch->request->jobs) {
        char byte = batch->input[batch->at++];
        if (byte == '\n') {
            end_line(batch);
            batch->order.length = 0;
            batch->too_long = false;
        } else if (batch->order.length < LONGEST_LINE) {
            batch->order.text[batch->order.length++] = byte;
        } else {
            batch->too_long = true;
        }
    }
}

static void read_input(struct batch *batch)
{
    ssize_t got = read(STDIN_FILENO, batch->input, sizeof batch->input);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    batch->at = 0;
    batch->filled = got > 0 ? (size_t)got : 0;
    batch->ended = got <= 0;
    if (batch->ended && batch->order.length > 0)
        end_line(batch); /* without a line feed */
}

static void stop_reading(struct batch *batch)
{
    batch->ended = batch->interrupted = true;
    batch->at = batch->filled = 0;
    for (size_t i = 0; i < batch->num_holders; i++)
        if (batch->holders[i].socket >= 0)
            holder_interrupt(&batch->holders[i]);
}

/* --- All of it ------------------------------------------------------------------------------ */

static bool wants_input(const struct batch *batch)
{
    return !batch->ended && batch->at == batch->filled && batch->running < batch->request->jobs;
}

/* Waits until something happens, and handles it. */
static void wait_and_handle(struct batch *batch, struct pollfd *waits)
{
    waits[0] = (struct pollfd){wants_input(batch) ? STDIN_FILENO : -1, POLLIN, 0};
    for (size_t i = 0; i < batch->num_holders; i++)
        waits[i + 1] = (struct pollfd){batch->holders[i].socket, POLLIN, 0};
    size_t count = batch->num_holders;
    if (poll(waits, (nfds_t)count + 1, LONGEST_WAIT) <= 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (waits[i + 1].fd >= 0 && waits[i + 1].revents)
            hear(batch, &batch->holders[i]);
    if (waits[0].fd >= 0 && waits[0].revents)
        read_input(batch);
}

static void run_all(struct batch *batch, struct pollfd *waits)
{
    while (!batch->ended || batch->running > 0 || batch->at < batch->filled) {
        if (!batch->interrupted && (interrupt_signal() || ferror(stdout)))
            stop_reading(batch);
        look_at_input(batch);
        if (!batch->ended || batch->running > 0)
            wait_and_handle(batch, waits);
    }
}

int batch_run_all(const struct batch_request *request, struct error *err)
{
    size_t most = request->jobs + MOST_IDLE_HOLDERS + 1;
    struct batch *batch = calloc(1, sizeof *batch);
    struct pollfd *waits = calloc(most + 1, sizeof *waits);
    if (batch) {
        batch->request = request;
        batch->slots = calloc(request->jobs, sizeof *batch->slots);
        batch->holders = calloc(most, sizeof *batch->holders);
    }
    bool fine = batch && waits && batch->slots && batch->holders;
    int status = fine ? output_open_memory(&batch->text, err) : error_no_memory(err);
    if (status == 0)
        run_all(batch, waits);
    for (size_t i = 0; batch && i < batch->num_holders; i++)
        if (batch->holders[i].socket >= 0)
            holder_stop(&batch->holders[i]);
    if (batch) {
        output_close_memory(&batch->text);
        free(batch->slots);
        free(batch->holders);
    }
    free(waits);
    free(batch);
    return status ? status : interrupt_check(err);
}
