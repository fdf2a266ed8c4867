/* Promise: an invocation costs what changed since the last one (jobs, nodes), plus what the queue's
 * search for jobs that can start costs. */
#include "policies/policy.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "policies/agreements.h"
#include "policies/backfill.h"
#include "policies/balance.h"
#include "policies/books.h"
#include "policies/evolving.h"
#include "policies/malleable.h"
#include "policies/power.h"
#include "policies/standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct policy {
    struct books books;
    char *spec; /* for messages; owned */
};

/* --- What changed -------------------------------------------------------------------------- */

static int note_submission(struct books *books, struct elastisim_job *job)
{
    struct entry *entry;
    if (books_submit(books, job, &entry))
        return -1;
    books->changes.head_changed = books->changes.head_changed || backfill_is_upset(books, entry);
    return 0;
}

static int note_running(struct books *books, struct entry *entry)
{
    if (books_settle_leaving(books, entry, false) || books_settle_losses(books, entry))
        return -1;
    if (standing_has_agreements(&books->options))
        books_rank_by_state(books, entry);
    return 0;
}

/* What was planned behind a job that no longer waits stays where it is. */
static int note_end(struct books *books, struct entry *entry)
{
    if (entry->state == ENTRY_WAITING && backfill_complete(books))
        return -1;
    return books_forget(books, entry);
}

static int note_job(struct books *books, struct elastisim_job *job)
{
    struct entry *entry = books_entry(books, job);
    switch (elastisim_job_state(job)) {
    case ELASTISIM_PENDING:
        if (entry && entry->state == ENTRY_WAITING)
            return 0;
        /* It ran, lost its nodes and waits again. */
        return (entry && books_forget(books, entry)) || note_submission(books, job) ? -1 : 0;
    case ELASTISIM_COMPLETED:
    case ELASTISIM_KILLED:
        return entry ? note_end(books, entry) : 0;
    default:
        return entry ? note_running(books, entry) : 0;
    }
}

static bool more_comes(const struct books *books)
{
    return books->options.decide == DECIDE_BY_INSTANT && elastisim_instant_continues(books->view);
}

/* When the job on a node is expected to leave it; -INFINITY without one. */
static double expected_end(const struct books *books, const struct elastisim_node *node)
{
    double end = -INFINITY;
    for (uint32_t i = 0; i < elastisim_node_num_jobs(node); i++) {
        const struct entry *entry = books_entry(books, elastisim_node_job(node, i));
        if (entry && entry->state == ENTRY_RUNNING)
            end = fmax(end, entry->expected_end);
    }
    return end;
}

/* Adds the outages announced for a node that take it from its jobs; *leaves is when the first
 * begins. A job that is there then has the node in the profile until its expected end. */
static int add_announced(const struct books *books, const struct elastisim_node *node,
                         struct absences *absences, double *leaves)
{
    double end = expected_end(books, node);
    struct elastisim_outage outage;
    for (uint32_t i = 0; elastisim_node_announced(node, i, &outage); i++) {
        if (outage.kind == ELASTISIM_DRAINING)
            continue;
        *leaves = fmin(*leaves, outage.from);
        if (vector_add(absences, (struct absence){fmax(outage.from, end), outage.until}))
            return -1;
    }
    return 0;
}

/* A node that can't be had is planned with from when it returns on, if that is known, one that will
 * be taken away before that. */
static int note_absences(struct books *books, uint32_t id)
{
    const struct elastisim_node *node = elastisim_node(books->view, id);
    bool is_away = elastisim_node_availability(node) != ELASTISIM_UP;
    bool plans =
        books->options.announced == ANNOUNCED_PLAN && isfinite(elastisim_node_leaves(node));
    struct absences *absences = &books->absences;
    double leaves = INFINITY;
    bool sleeps;
    absences->count = 0;
    if (power_note_node(books, id, &sleeps))
        return -1;
    if (is_away && books_break_promise(books, id))
        return -1;
    if (is_away && !sleeps && elastisim_node_num_jobs(node) == 0 &&
        vector_add(absences, (struct absence){-INFINITY, elastisim_node_returns(node)}))
        return -1;
    if ((plans && add_announced(books, node, absences, &leaves)) ||
        power_add_window(books, id, expected_end(books, node), absences, &leaves))
        return -1;
    return books_set_absences(books, id, absences, leaves);
}

static int note_nodes(struct books *books)
{
    size_t first, end;
    const uint64_t *changed_set = elastisim_changed_set(books->view, &first, &end);
    const uint64_t *free_set = elastisim_free_set(books->view);
    const uint64_t *up_set = elastisim_up_set(books->view);
    const uint64_t *announced_set = elastisim_announced_set(books->view);
    uint64_t plans = books->options.announced == ANNOUNCED_PLAN ? ~UINT64_C(0) : 0;
    for (size_t word = first; word < end; word++) {
        uint64_t changed = changed_set[word];
        books_set_idle(books, word, changed & free_set[word], true);
        books_set_idle(books, word, changed & ~free_set[word], false);
        uint64_t away = changed & (~up_set[word] | books->pool.has_absences[word] |
                                   (announced_set[word] & plans));
        for (; away; away &= away - 1)
            if (note_absences(books, (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(away))))
                return -1;
    }
    return 0;
}

static int note_changes(struct books *books)
{
    size_t jobs = elastisim_num_changed_jobs(books->view);
    for (size_t i = 0; i < jobs; i++)
        if (note_job(books, elastisim_changed_job(books->view, i)))
            return -1;
    if (note_nodes(books))
        return -1;
    bool complete = books->options.decide == DECIDE_BY_INSTANT && !more_comes(books);
    return books_correct(books, complete);
}

/* The cap has changed, or what the machine draws without jobs. */
static int note_power(struct books *books)
{
    bool more;
    if (watts_begin(&books->watts, books->view, &more))
        return -1;
    books->changes.freed = books->changes.freed || more;
    books->changes.early = books->changes.early || more;
    return 0;
}

/* --- An invocation ------------------------------------------------------------------------- */

static int handle_trigger(struct books *books)
{
    struct entry *entry = books_entry(books, elastisim_trigger(books->view));
    if (!entry || !books_at_point(books, entry))
        return 0;
    if (books_settle_leaving(books, entry, true))
        return -1;
    if (elastisim_invocation(books->view) != ELASTISIM_EVOLVING_REQUEST)
        return power_shrink(books, entry) || malleable_keep_cap(books, entry) ? -1 : 0;
    return evolving_answer(books, entry, elastisim_request(books->view));
}

static int start_waiting(struct books *books)
{
    return agreements_start(books) || backfill_run(books) ? -1 : 0;
}

/* Starts what can start, makes others shrink for what can't, and starts again when that freed
 * nodes. */
static int serve_waiting(struct books *books)
{
    bool changed = books_have_news(books) || standing_has_agreements(&books->options), more;
    if (start_waiting(books))
        return -1;
    if (!changed || books->queue.count == 0 ||
        power_has_reserve(books, queue_next(&books->queue, NULL, &queue_want_all)))
        return 0;
    if (malleable_shrink(books, &more))
        return -1;
    return more ? start_waiting(books) : 0;
}

/* With no job running, nobody hands over nodes any more: what is kept for some jobs and reserved
 * for others would hold both up for ever. */
static int leave_standstill(struct books *books)
{
    if (books->running.count > 0 || books->queue.count == 0 || !books->pool.first_keeper)
        return 0;
    while (books->pool.last_keeper)
        if (books_release_promises(books, books->pool.last_keeper))
            return -1;
    books->changes.replan = true;
    return backfill_run(books);
}

/* The last time at which an announced outage is over, as far as that is known. */
static double last_return(const struct books *books)
{
    double last = books->now;
    for (uint32_t node = 0; node < books->pool.num_nodes; node++) {
        const struct absences *absences = &books->pool.absences[node];
        for (size_t i = 0; i < absences->count; i++)
            if (isfinite(absences->items[i].until))
                last = fmax(last, absences->items[i].until);
    }
    return last;
}

/* The first job that would fit but for announced outages; while others run, the head of the queue
 * alone counts. NULL without one. */
static struct entry *held_back(const struct books *books)
{
    struct wanted fitting = queue_want_all;
    fitting.nodes = books->pool.num_free;
    if (books->queue.count == 0 || books->pool.departures.count == 0)
        return NULL;
    struct entry *entry = queue_next(&books->queue, NULL, &fitting);
    bool is_first = entry == queue_next(&books->queue, NULL, &queue_want_all);
    return is_first || books->running.count == 0 ? entry : NULL;
}

/* A job that is held back waits until all outages that are known by now are over. If another one is
 * announced by then, there may never be a time without, and it starts. What nobody has an estimate
 * of does not wait for nodes that will never return. */
static int defy_announcements(struct books *books)
{
    struct entry *entry = held_back(books);
    if (!entry)
        return 0;
    if (entry->patience <= 0) {
        double last = last_return(books);
        bool waits_in_vain = last <= books->now && isfinite(entry->estimate);
        entry->patience = waits_in_vain ? INFINITY : last;
    }
    if (entry->patience > books->now)
        return 0;
    entry->is_bold = books->has_bold = true;
    books->changes.replan = true;
    return backfill_run(books);
}

/* While more happens at this instant, nobody is started or asked to shrink: what frees nodes and
 * who comes is not known yet. A job at its point may still take what nobody waits for. */
static int wait_for_more(struct books *books)
{
    return books->queue.count == 0 ? malleable_grow(books) : 0;
}

static int schedule(struct books *books)
{
    books->changes.freed = books->changes.freed || books->next_due <= books->now + EARLY;
    if (backfill_complete_late(books))
        return -1;
    profile_advance(&books->profile, books->now);
    profile_advance(&books->unreserved, books->now);
    if (power_begin(books) || note_changes(books) || note_power(books) || handle_trigger(books) ||
        balance_deliver(books))
        return -1;
    if (more_comes(books))
        return wait_for_more(books);
    if (books_reorder(books))
        return -1;
    return serve_waiting(books) || leave_standstill(books) || defy_announcements(books) ||
                   malleable_grow(books) || power_settle(books)
               ? -1
               : 0;
}

/* --- The policy ---------------------------------------------------------------------------- */

struct policy *policy_create(const char *spec, struct error *err)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy)
        policy->spec = strdup(spec);
    if (!policy || !policy->spec)
        error_no_memory(err);
    if (err->kind || books_create(&policy->books, spec, err)) {
        policy_destroy(policy);
        return NULL;
    }
    return policy;
}

void policy_destroy(struct policy *policy)
{
    if (!policy)
        return;
    books_release(&policy->books);
    free(policy->spec);
    free(policy);
}

bool policy_decides_by_instant(const struct policy *policy)
{
    return policy->books.options.decide == DECIDE_BY_INSTANT;
}

int policy_inspect(struct policy *policy, const struct elastisim_job *job, struct error *err)
{
    if (books_inspect(&policy->books, job, err))
        return error_prefix(err, "scheduler builtin:%s", policy->spec);
    return 0;
}

int policy_tell(const struct policy *policy, struct warnings *warnings, struct error *err)
{
    const struct books *books = &policy->books;
    return estimates_tell(&books->estimates, policy->spec, warnings, err) ||
                   order_tell(&books->ordering, policy->spec, "order", warnings, err) ||
                   order_tell(&books->backfill_ordering, policy->spec, "backfill_order", warnings,
                              err)
               ? -1
               : 0;
}

int policy_schedule(struct policy *policy, struct elastisim_view *view, struct error *err)
{
    struct books *books = &policy->books;
    books->view = view;
    books->err = err;
    books->now = elastisim_time(view);
    bool is_first = books->pool.num_nodes == 0;
    books->pool.now = books->now;
    int result = (is_first && books_open(books)) || schedule(books) ? -1 : 0;
    books->next_due = fmin(backfill_next_due(books), books_next_correction(books));
    books->view = NULL;
    books->err = NULL;
    if (result && err->kind == ERROR_INPUT)
        return error_prefix(err, "scheduler builtin:%s", policy->spec);
    return result ? error_no_memory(err) : 0;
}

double policy_wakes(const struct policy *policy)
{
    const struct books *books = &policy->books;
    double step = books->queue.count > 0 ? books->watts.next_step : INFINITY;
    return fmin(step, fmin(books->next_due, books->sleepers.next_due));
}

void policy_print_list(FILE *out)
{
    policy_options_print(out);
}
