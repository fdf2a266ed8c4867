/* Promise: what an operation costs follows from the nodes and steps of the profile that it touches,
 * not from how many jobs or nodes there are. */
#include "policies/books.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "policies/intake.h"
#include "policies/selection.h"
#include "policies/standing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The least correction (seconds), and its relation to the time the job has run. */
#define LEAST_CORRECTION 60.0
#define CORRECTION 0.1

/* --- Opening ------------------------------------------------------------------------------- */

/* As many reservations as the kind of backfilling has. */
static void settle_depth(struct policy_options *options)
{
    if (options->backfill == BACKFILL_CONSERVATIVE)
        options->reservation_depth = UINT32_MAX;
    else if (options->backfill == BACKFILL_EASY)
        options->reservation_depth = 1;
    else if (options->reservation_depth == 0)
        options->reservation_depth = 8;
}

static void settle_orders(struct books *books)
{
    struct policy_options *options = &books->options;
    struct formulas *formulas = &books->estimates.formulas;
    books->ordering =
        ordering_of(options->order, options->order_expression, options, &books->shares, formulas);
    books->backfill_ordering =
        ordering_of(options->backfill_order, options->backfill_order_expression, options,
                    &books->shares, formulas);
    if (options->reservations == RESERVATIONS_BY_ORDER)
        options->reservations =
            books->ordering.follows_time ? RESERVATIONS_RECOMPUTED : RESERVATIONS_PERSISTENT;
}

/* Whether reservations of all jobs are often made anew, and nobody but the backfilling looks at
 * them: not those who grow, sleep, or wait for more than nodes. */
static bool makes_anew(const struct policy_options *options)
{
    bool grow = options->malleable != MALLEABLE_NONE && options->malleable != MALLEABLE_GROW;
    bool ask = options->evolving == EVOLVING_NO_DELAY || options->evolving == EVOLVING_SHRINK;
    return options->backfill == BACKFILL_CONSERVATIVE &&
           (options->reservations == RESERVATIONS_RECOMPUTED || options->predict != PREDICT_NONE) &&
           !grow && !ask && options->power == POWER_ON && options->io == IO_IGNORE;
}

int books_create(struct books *books, const char *spec, struct error *err)
{
    *books = (struct books){0};
    if (policy_options_read(&books->options, spec, err))
        return -1;
    settle_depth(&books->options);
    books->has_profile = options_have_reservations(&books->options);
    books->shares.half_life = books->options.half_life;
    estimates_create(&books->estimates, &books->options);
    histories_create(&books->histories, &books->options);
    settle_orders(books);
    books->forward.is_kept = books->options.backfill == BACKFILL_CONSERVATIVE &&
                             books->options.reservations == RESERVATIONS_PERSISTENT &&
                             books->options.compression_depth == 0;
    books->has_unreserved = makes_anew(&books->options);
    books->next_due = books->sleepers.next_due = INFINITY;
    return 0;
}

void books_release(struct books *books)
{
    for (size_t i = 0; i < books->num_entries; i++)
        entry_destroy(books->entries[i]);
    free(books->entries);
    ids_release(&books->changes.arrivals);
    ids_release(&books->picked);
    free(books->absences.items);
    free(books->sleepers.set);
    free(books->sleepers.booting);
    running_release(&books->running);
    shares_release(&books->shares);
    fair_tree_release(&books->tree);
    forward_release(&books->forward);
    profile_discard(&books->profile);
    profile_discard(&books->unreserved);
    profile_discard(&books->planned);
    free(books->freed.items);
    ids_release(&books->reserved);
    watts_release(&books->watts);
    pool_release(&books->pool);
    estimates_release(&books->estimates);
    histories_release(&books->histories);
    policy_options_release(&books->options);
}

/* What may fail with one job and not with another. */
static bool has_expressions(const struct books *books)
{
    return books->options.estimate_model || books->ordering.expression ||
           books->backfill_ordering.expression;
}

int books_inspect(struct books *books, const struct elastisim_job *job, struct error *err)
{
    struct entry *entry;
    if (estimates_inspect(&books->estimates, job, err))
        return -1;
    if (!has_expressions(books))
        return 0;
    entry = intake_create(NULL, &books->estimates, (struct elastisim_job *)(uintptr_t)job, err);
    if (!entry)
        return err->kind ? -1 : error_no_memory(err);
    int result = order_inspect(&books->ordering, entry, err) ||
                         order_inspect(&books->backfill_ordering, entry, err)
                     ? -1
                     : 0;
    entry_destroy(entry);
    return result;
}

/* Where time 0 is in a week that begins on Monday; without a date, at its beginning. The first of
 * January 1970 was a Thursday. */
static double midnight_of(const struct elastisim_view *view)
{
    const double week = 7 * 86400, thursday = 3 * 86400;
    double date;
    int zone;
    if (!elastisim_start_date(view, &date, &zone))
        return 0;
    double seconds = fmod(date + zone + thursday, week);
    return seconds < 0 ? seconds + week : seconds;
}

static double property_of(const struct books *books, uint32_t node, const char *key)
{
    const char *text = elastisim_node_property(books->view, elastisim_node(books->view, node), key);
    return text ? strtod(text, NULL) : 0;
}

static int open_sleepers(struct books *books)
{
    struct sleepers *sleepers = &books->sleepers;
    uint32_t num_nodes = books->pool.num_nodes;
    sleepers->slept_at = -INFINITY;
    if (books->options.power == POWER_ON)
        return 0;
    sleepers->set = bit_set_create(num_nodes);
    sleepers->booting = bit_set_create(num_nodes);
    if (!sleepers->set || !sleepers->booting || idlers_create(&books->pool.idlers, num_nodes))
        return -1;
    for (uint32_t node = 0; node < num_nodes; node++) {
        sleepers->boot_seconds =
            fmax(sleepers->boot_seconds, property_of(books, node, "boot_seconds"));
        double boot = property_of(books, node, "boot_seconds");
        double idle = elastisim_node_idle_watts(elastisim_node(books->view, node));
        double watts = boot > 0 ? property_of(books, node, "boot_joules") / boot : 0;
        sleepers->watts = fmax(sleepers->watts, fmax(watts, idle));
        sleepers->stop_seconds =
            fmax(sleepers->stop_seconds, property_of(books, node, "stop_seconds"));
    }
    return 0;
}

int books_open(struct books *books)
{
    books->ordering.midnight = books->backfill_ordering.midnight = midnight_of(books->view);
    uint32_t counts[MAX_NODE_CLASSES];
    books->ordering.num_nodes = books->backfill_ordering.num_nodes =
        (double)elastisim_num_nodes(books->view);
    if (pool_create(&books->pool, books->view, selection_needs_ranks(books->options.nodes)) ||
        open_sleepers(books))
        return -1;
    for (size_t i = 0; i < books->pool.num_classes; i++)
        counts[i] = books->pool.classes[i].count;
    if (watts_create(&books->watts, books->view, &books->pool))
        return -1;
    /* Power that comes free may let any reservation move. */
    books->forward.is_kept = books->forward.is_kept && !books->watts.is_capped;
    books->has_unreserved = books->has_unreserved && !books->watts.is_capped;
    return profile_create(&books->profile, books->pool.num_classes, counts) ||
                   profile_create(&books->unreserved, books->pool.num_classes, counts) ||
                   profile_create(&books->planned, books->pool.num_classes, counts)
               ? -1
               : 0;
}

/* --- Profile and shares -------------------------------------------------------------------- */

/* The same without reservations. */
static int add_unreserved(struct books *books, double from, double to, const uint32_t *nodes,
                          int sign)
{
    return books->has_unreserved ? profile_add(&books->unreserved, from, to, nodes, sign) : 0;
}

/* What is left of a plan may have to be made yet. */
static bool is_to_complete(const struct books *books)
{
    return books->plan.is_partial && books->options.reservations == RESERVATIONS_PERSISTENT;
}

/* That is done in the profile as it was. */
static int keep_planned(struct books *books)
{
    if (!is_to_complete(books) || books->has_planned)
        return 0;
    books->has_planned = true;
    return profile_copy(&books->planned, &books->profile);
}

/* Nodes are taken during [from, to). */
static int occupy(struct books *books, double from, double to, const uint32_t *nodes)
{
    if (!books->has_profile)
        return 0;
    return keep_planned(books) || profile_add(&books->profile, from, to, nodes, -1) ||
                   add_unreserved(books, from, to, nodes, -1)
               ? -1
               : 0;
}

static int note_freed(struct books *books, double from, double to)
{
    if (is_to_complete(books))
        return vector_add(&books->freed, (struct freed){from, to});
    return forward_note(&books->forward, &books->profile, books->now, fmax(from, books->now), to);
}

/* What was reserved is given back. */
static int free_reserved(struct books *books, double from, double to, const uint32_t *nodes)
{
    return profile_add(&books->profile, from, to, nodes, 1) || note_freed(books, from, to) ? -1 : 0;
}

/* Nodes are given back. */
static int vacate(struct books *books, double from, double to, const uint32_t *nodes)
{
    if (!books->has_profile)
        return 0;
    return keep_planned(books) || free_reserved(books, from, to, nodes) ||
                   add_unreserved(books, from, to, nodes, 1)
               ? -1
               : 0;
}

int books_plan(struct books *books, double from, double to, const uint32_t *nodes, int sign)
{
    return (sign < 0 ? occupy : vacate)(books, from, to, nodes);
}

/* Whether one stay is another that begins earlier, with a part of it in common. */
static bool begins_earlier(const struct books *books, const struct profile_stay *after,
                           const struct profile_stay *before)
{
    size_t size = books->profile.num_classes * sizeof *after->nodes;
    return after->from <= before->from && after->to <= before->to && before->from < after->to &&
           memcmp(before->nodes, after->nodes, size) == 0;
}

/* What a stay gave back in exchange for another one. */
static int note_given(struct books *books, const struct profile_stay *before,
                      const struct profile_stay *after)
{
    /* Of several classes it may have others now. */
    double from = books->profile.num_classes == 1 ? fmax(before->from, after->to) : before->from;
    return note_freed(books, from, before->to);
}

/* The nodes of a job are taken, with their power. */
static int occupy_for(struct books *books, const struct entry *entry, double from, double to,
                      const uint32_t *nodes)
{
    const struct profile_stay stay = {nodes, from, to};
    return occupy(books, from, to, nodes) || watts_plan(&books->watts, &stay, entry->gpus, -1) ? -1
                                                                                               : 0;
}

static int vacate_for(struct books *books, const struct entry *entry, double from, double to,
                      const uint32_t *nodes)
{
    const struct profile_stay stay = {nodes, from, to};
    return vacate(books, from, to, nodes) || watts_plan(&books->watts, &stay, entry->gpus, 1) ? -1
                                                                                              : 0;
}

static int replace_power(struct books *books, const struct entry *entry,
                         const struct profile_stay *before, const struct profile_stay *after)
{
    return watts_plan(&books->watts, before, entry->gpus, 1) ||
                   watts_plan(&books->watts, after, entry->gpus, -1)
               ? -1
               : 0;
}

/* One stay in the place of another, which has no more nodes. What both have in common is left alone
 * where it can be. */
static int replace(struct books *books, const struct entry *entry,
                   const struct profile_stay *before, const struct profile_stay *after)
{
    bool is_earlier = begins_earlier(books, after, before);
    double given = is_earlier ? after->to : before->from;
    double taken = is_earlier ? before->from : after->to;
    return replace_power(books, entry, before, after) ||
                   profile_add(&books->profile, given, before->to, before->nodes, 1) ||
                   profile_add(&books->profile, after->from, taken, after->nodes, -1) ||
                   note_given(books, before, after)
               ? -1
               : 0;
}

static bool follows_shares(const struct books *books)
{
    return books->ordering.follows_shares || books->backfill_ordering.follows_shares;
}

/* Who belongs to whom matters. */
static bool has_tree(const struct books *books)
{
    return books->options.order == ORDER_MULTIFACTOR ||
           books->options.backfill_order == ORDER_MULTIFACTOR;
}

static double shares_of(const struct elastisim_job *job, const char *name)
{
    double shares = elastisim_job_attribute_number(job, name, 1);
    return shares > 0 ? shares : 0;
}

static void account(struct books *books, const struct entry *entry, int64_t nodes)
{
    if (follows_shares(books))
        shares_account(&books->shares, entry->user, nodes, books->now);
}

static int reorder(struct books *books)
{
    queue_reorder(&books->queue, order_key, &books->ordering);
    return forward_reorder(&books->forward);
}

bool books_have_news(const struct books *books)
{
    const struct changes *changes = &books->changes;
    return changes->freed || changes->early || changes->replan || changes->head_changed ||
           changes->arrivals.count > 0;
}

int books_reorder(struct books *books)
{
    bool changed = books->ordering.follows_time && books->queue.count > 1 && books_have_news(books);
    bool shares_changed = false;
    books->ordering.now = books->backfill_ordering.now = books->now;
    if (follows_shares(books) && shares_settle(&books->shares, books->now, &shares_changed))
        return -1;
    if (has_tree(books) && fair_tree_settle(&books->tree, &books->shares))
        return -1;
    /* With an expression, shares count and not only their order. */
    bool by_share = books->ordering.follows_shares &&
                    (shares_changed || (books->ordering.expression && books_have_news(books)));
    changed = changed || by_share;
    if (changed && reorder(books))
        return -1;
    books->changes.head_changed = books->changes.head_changed || changed;
    return 0;
}

/* With multifactor, a user is another one in each account. */
static int identify_within(struct books *books, struct entry *entry, const char *user,
                           bool *changed)
{
    const char *account = elastisim_job_attribute(entry->job, "account");
    size_t known = books->shares.users.count;
    account = account ? account + strspn(account, "/") : "";
    size_t size = strlen(account) + strlen(user) + 2;
    char *name = malloc(size);
    if (!name)
        return -1;
    snprintf(name, size, "%s\n%s", account, user);
    int result = shares_identify(&books->shares, name, books->now, &entry->user, changed);
    free(name);
    if (result || entry->user < known)
        return result;
    return fair_tree_add(&books->tree, account, shares_of(entry->job, "account_shares"),
                         entry->user, shares_of(entry->job, "user_shares"));
}

static int identify(struct books *books, struct entry *entry)
{
    bool changed;
    if (!follows_shares(books))
        return 0;
    const char *name = elastisim_job_attribute(entry->job, "user");
    name = name ? name : "";
    if (has_tree(books) ? identify_within(books, entry, name, &changed)
                        : shares_identify(&books->shares, name, books->now, &entry->user, &changed))
        return -1;
    return changed && books->ordering.follows_shares ? reorder(books) : 0;
}

uint32_t books_room_until(const struct books *books, const struct entry *entry, double until,
                          double ends, uint32_t *quota)
{
    uint32_t least[MAX_NODE_CLASSES];
    uint32_t available = pool_available_until(&books->pool, entry, ends, quota);
    if (available == 0)
        return 0;
    if (entry->is_bold)
        return books_power_until(books, entry, until, available);
    const struct profile_stay own = entry_stay(entry);
    profile_least(&books->profile, books->now, until, entry->reserved ? &own : NULL, least);
    for (size_t i = 0; i < books->pool.num_classes; i++)
        quota[i] = quota[i] < least[i] ? quota[i] : least[i];
    return books_power_until(books, entry, until, pool_sum(&books->pool, quota));
}

uint32_t books_power_until(const struct books *books, const struct entry *entry, double until,
                           uint32_t count)
{
    const struct profile_stay own = entry_stay(entry);
    uint32_t room = watts_room(&books->watts, entry->classes, entry->gpus, books->now, until,
                               entry->reserved ? &own : NULL);
    uint32_t now = watts_room_now(&books->watts, entry->classes, entry->gpus);
    room = room < now ? room : now;
    return count < room ? count : room;
}

/* --- Reservations -------------------------------------------------------------------------- */

static void update_queue(struct books *books, struct entry *entry)
{
    if (!books->queue_lags)
        queue_update(&books->queue, entry);
}

static int add_forward(struct books *books, struct entry *entry)
{
    return books->queue_lags ? 0 : forward_add(&books->forward, entry);
}

void books_begin_anew(struct books *books)
{
    books->has_planned = books->plan.is_partial = false;
    books->freed.count = 0;
    books->queue_lags = books->has_unreserved;
    books->bounds_hold = books->has_unreserved && books->profile.num_classes == 1;
    bounds_reset(&books->bounds, books->now);
}

/* What came free is noted when all have their reservations. */
static int note_all_freed(struct books *books)
{
    for (size_t i = 0; i < books->freed.count; i++)
        if (note_freed(books, books->freed.items[i].from, books->freed.items[i].to))
            return -1;
    books->freed.count = 0;
    return 0;
}

int books_end_anew(struct books *books)
{
    bool lagged = books->queue_lags;
    books->queue_lags = books->bounds_hold = books->has_planned = books->plan.is_partial = false;
    if (!lagged)
        return 0;
    queue_refresh(&books->queue);
    struct entry *entry = NULL;
    while (books->forward.is_kept &&
           (entry = queue_next(&books->queue, entry, &queue_want_reserved)))
        if (forward_add(&books->forward, entry))
            return -1;
    return note_all_freed(books);
}

static int drop_one_by_one(struct books *books)
{
    for (struct entry *entry; (entry = queue_next(&books->queue, NULL, &queue_want_reserved));)
        if (books_drop_reservation(books, entry))
            return -1;
    return 0;
}

int books_drop_reservations(struct books *books)
{
    if (!books->has_unreserved)
        return drop_one_by_one(books);
    for (uint32_t i = 0; i < books->reserved.count; i++) {
        struct entry *entry = books->entries[books->reserved.items[i]];
        if (entry)
            entry->reserved = false;
    }
    forward_clear(&books->forward);
    books->reserved.count = 0;
    books->num_reserved = 0;
    return profile_copy(&books->profile, &books->unreserved);
}

/* An entry has no reservation any more; what it had is in the profile still. */
static void unmark(struct books *books, struct entry *entry)
{
    entry->reserved = false;
    books->num_reserved--;
    profile_clear_mark(&books->profile, &entry->reservation);
    forward_forget(&books->forward, entry);
}

int books_drop_reservation(struct books *books, struct entry *entry)
{
    if (!entry->reserved)
        return 0;
    const struct profile_stay stay = entry_stay(entry);
    unmark(books, entry);
    update_queue(books, entry);
    return watts_plan(&books->watts, &stay, entry->gpus, 1) ||
                   free_reserved(books, stay.from, stay.to, stay.nodes)
               ? -1
               : 0;
}

static int move_reservation(struct books *books, struct entry *entry, double start,
                            const uint32_t *counts)
{
    const struct profile_stay before = entry_stay(entry);
    const struct profile_stay after = {counts, start, start + entry->estimate};
    struct profile *profile = &books->profile;
    if (begins_earlier(books, &after, &before))
        return replace_power(books, entry, &before, &after) ||
                       profile_begin_earlier(profile, &entry->reservation, start, counts) ||
                       profile_add(profile, after.to, before.to, counts, 1) ||
                       note_given(books, &before, &after)
                   ? -1
                   : 0;
    profile_clear_mark(profile, &entry->reservation);
    return profile_set_mark(profile, &entry->reservation, start) ||
                   replace(books, entry, &before, &after)
               ? -1
               : 0;
}

static int make_reservation(struct books *books, struct entry *entry, double start,
                            const uint32_t *counts)
{
    double end = start + entry->estimate;
    const struct profile_stay stay = {counts, start, end};
    entry->reserved = true;
    books->num_reserved++;
    if (profile_begin(&books->profile, &entry->reservation, start, end, counts))
        return -1;
    update_queue(books, entry);
    return add_forward(books, entry) || watts_plan(&books->watts, &stay, entry->gpus, -1) ||
                   (books->has_unreserved && ids_append(&books->reserved, entry->id))
               ? -1
               : 0;
}

int books_reserve(struct books *books, struct entry *entry, double start, const uint32_t *counts)
{
    int result = entry->reserved ? move_reservation(books, entry, start, counts)
                                 : make_reservation(books, entry, start, counts);
    memcpy(entry->counts, counts, books->pool.num_classes * sizeof *counts);
    return result;
}

/* --- Standing ------------------------------------------------------------------------------ */

static void put_into_ranks(struct books *books, struct entry *entry)
{
    entry->assigned = elastisim_job_num_assigned(entry->job);
    entry->planned = entry->assigned + entry->kept_nodes.count;
    const struct standing standing = standing_around(&books->options, entry, entry->planned);
    running_rank(&books->running, entry, entry->planned, &standing);
    running_measure(&books->running, entry);
}

/* A running job has other nodes than before, or is promised others. */
static void rank(struct books *books, struct entry *entry)
{
    if (entry->target > 0)
        put_into_ranks(books, entry);
}

/* A job that was started, if it is to be ranked. */
static void note_start(struct books *books, struct entry *entry)
{
    bool is_asked = standing_matters(&books->options) || books->options.evolving == EVOLVING_SHRINK;
    books->started = true;
    if (!is_asked || !entry_is_malleable(entry) || standing_has_agreements(&books->options))
        return;
    entry->next_started = books->just_started;
    books->just_started = entry;
}

void books_rank_started(struct books *books)
{
    for (; books->just_started; books->just_started = books->just_started->next_started)
        put_into_ranks(books, books->just_started);
}

void books_rank_by_state(struct books *books, struct entry *entry)
{
    if (!entry_is_malleable(entry))
        return;
    if (elastisim_job_state(entry->job) == ELASTISIM_RUNNING) {
        put_into_ranks(books, entry);
    } else {
        running_rank(&books->running, entry, 0, NULL);
        running_measure(&books->running, entry);
    }
}

/* --- Promises ------------------------------------------------------------------------------ */

int books_keep(struct books *books, uint32_t node, struct entry *entry)
{
    struct entry *before = books->pool.keeper[node];
    if (pool_keep(&books->pool, node, entry))
        return -1;
    if (before)
        rank(books, before);
    if (entry)
        rank(books, entry);
    return 0;
}

int books_keep_idle(struct books *books, struct entry *entry, uint32_t most)
{
    struct node_pool *pool = &books->pool;
    for (size_t i = 0; i < pool->num_classes; i++) {
        if (!(entry->classes >> i & 1))
            continue;
        const uint64_t *set = pool->classes[i].free;
        size_t end = pool->num_nodes, node = 0;
        for (; most > 0 && (node = bit_set_next(set, end, node)) < end; most--)
            if (books_keep(books, (uint32_t)node, entry))
                return -1;
    }
    return 0;
}

int books_release_promises(struct books *books, struct entry *entry)
{
    while (entry->kept_nodes.count > 0) {
        uint32_t node = entry->kept_nodes.items[entry->kept_nodes.count - 1];
        if (books_keep(books, node, NULL) || books_give_back(books, node))
            return -1;
        books->changes.freed = true;
    }
    return 0;
}

/* --- Expected ends ------------------------------------------------------------------------- */

static int move_end(struct books *books, struct entry *entry, double end)
{
    double before = entry->expected_end;
    running_move(&books->running, entry, end);
    books->changes.early = books->changes.early || end < before;
    books->changes.replan = books->changes.replan || end > before;
    return end < before ? vacate_for(books, entry, end, before, entry->counts)
                        : occupy_for(books, entry, before, end, entry->counts);
}

/* A job whose estimate follows its size goes on faster or slower from now on: what is left of it
 * takes as much longer as all of it would. */
static int retime(struct books *books, struct entry *entry, uint32_t before, uint32_t after)
{
    double on_before, on_after, left = fmax(0, entry->expected_end - books->now);
    if (!entry->follows_size || before == after || after == 0 || isinf(left))
        return 0;
    if (entry_duration(entry, &books->estimates, before, &on_before, books->err) ||
        entry_duration(entry, &books->estimates, after, &on_after, books->err))
        return -1;
    if (on_before <= 0)
        return 0;
    double end = books->now + left * (on_after / on_before);
    if (entry->walltime > 0)
        end = fmin(end, fmax(books->now, entry->start_time + entry->walltime));
    return move_end(books, entry, end);
}

/* A prediction that proved too short is raised in steps, up to the walltime. */
static double raised(const struct books *books, struct entry *entry)
{
    double end = entry->expected_end;
    double limit = entry->walltime > 0 ? entry->start_time + entry->walltime : INFINITY;
    while (end <= books->now && end < limit)
        end += history_correction(entry->corrections++);
    entry->is_predicted = end < limit;
    return fmin(end, limit);
}

/* Of others, the walltime is the next guess, then a bit more again and again (cf. Tsafrir, Etsion,
 * Feitelson 2007). */
static double guessed(const struct books *books, const struct entry *entry)
{
    double elapsed = books->now - entry->start_time;
    double end = entry->start_time + entry->walltime;
    return end > books->now ? end : books->now + fmax(LEAST_CORRECTION, CORRECTION * elapsed);
}

static bool is_late(const struct books *books, const struct entry *entry, bool complete)
{
    if (entry->is_predicted)
        return complete ? entry->expected_end <= books->now : entry->expected_end < books->now;
    return entry->expected_end < books->now - LATE;
}

static struct entry *next_late(const struct books *books, bool complete)
{
    const struct running *running = &books->running;
    for (size_t i = 0; i < running->count && running->items[i]->expected_end <= books->now; i++)
        if (is_late(books, running->items[i], complete))
            return running->items[i];
    return NULL;
}

int books_correct(struct books *books, bool complete)
{
    struct entry *entry;
    while ((books->has_profile || books->watts.is_capped) && (entry = next_late(books, complete))) {
        bool was_predicted = entry->is_predicted;
        double end = was_predicted ? raised(books, entry) : guessed(books, entry);
        books->running.num_predicted -= was_predicted && !entry->is_predicted;
        books->changes.replan = true;
        if (move_end(books, entry, end))
            return -1;
    }
    return 0;
}

double books_next_correction(const struct books *books)
{
    const struct running *running = &books->running;
    for (size_t i = 0; i < running->count && running->num_predicted > 0; i++)
        if (running->items[i]->is_predicted && running->items[i]->expected_end > books->now)
            return running->items[i]->expected_end;
    return INFINITY;
}

/* --- Nodes of jobs ------------------------------------------------------------------------- */

void books_set_idle(struct books *books, size_t word, uint64_t nodes, bool idle)
{
    if (pool_set_idle(&books->pool, word, nodes, idle))
        books->changes.freed = books->changes.freed || idle;
}

/* A job gave a node back: others can have it, unless it is to be taken away. */
static void set_returned(struct books *books, uint32_t node)
{
    if (elastisim_node_availability(elastisim_node(books->view, node)) == ELASTISIM_UP)
        books_set_idle(books, node / BITS_PER_WORD, bit_set_bit(node), true);
}

/* Nodes of a word go to a job. */
static int hand_over(struct books *books, struct entry *entry, size_t word, uint64_t nodes)
{
    struct node_pool *pool = &books->pool;
    for (uint64_t kept = nodes & pool->kept[word]; kept; kept &= kept - 1)
        if (books_keep(books, (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(kept)), NULL))
            return -1;
    books_set_idle(books, word, nodes, false);
    for (size_t kind = 0; kind < pool->num_classes; kind++)
        entry->counts[kind] += bit_set_count(nodes & pool->classes[kind].members[word]);
    return 0;
}

static int assign(struct books *books, struct entry *entry, const struct ids *nodes)
{
    size_t word;
    uint64_t bits;
    for (uint32_t i = 0; i < nodes->count;) {
        i += (uint32_t)bit_set_gather(nodes->items + i, nodes->count - i, &word, &bits);
        if (hand_over(books, entry, word, bits))
            return -1;
    }
    return elastisim_assign_nodes(books->view, entry->job, nodes->items, nodes->count);
}

/* Without reservations it does not matter which classes a job takes from, so the choice is among
 * all its nodes; else each class has a quota. */
static int pick(struct books *books, const struct entry *entry, double until, uint32_t *quota,
                uint32_t count, struct ids *picked)
{
    struct node_pool *pool = &books->pool;
    struct selection selection = {books->options.nodes, entry->classes, until};
    if (pool_list_kept(pool, entry, until, quota, count, picked))
        return -1;
    if (!books->has_profile || pool->num_classes == 1)
        return selection_take(pool, books->view, &selection, count - picked->count, picked);
    for (size_t kind = 0; kind < pool->num_classes && picked->count < count; kind++) {
        uint32_t missing = count - picked->count;
        uint32_t share = missing < quota[kind] ? missing : quota[kind];
        selection.classes = UINT64_C(1) << kind;
        if (share > 0 && selection_take(pool, books->view, &selection, share, picked))
            return -1;
    }
    return 0;
}

/* Assigns `count` nodes that the job can use until then, those kept for it first. */
static int assign_all(struct books *books, struct entry *entry, double until, const uint32_t *quota,
                      uint32_t count)
{
    uint32_t left[MAX_NODE_CLASSES];
    memcpy(left, quota, books->pool.num_classes * sizeof *left);
    books->picked.count = 0;
    return pick(books, entry, until, left, count, &books->picked) ||
                   assign(books, entry, &books->picked)
               ? -1
               : 0;
}

/* `reserved` is what it had reserved, or NULL. */
static int run(struct books *books, struct entry *entry, uint32_t count, double duration,
               const struct profile_stay *reserved)
{
    entry->state = ENTRY_RUNNING;
    entry->is_bold = false;
    entry->start_time = entry->last_point = books->now;
    entry->expected_end = books->now + duration;
    account(books, entry, count);
    books->io_rates += entry->io_rate;
    note_start(books, entry);
    books->running.num_predicted += entry->is_predicted;
    if (running_add(&books->running, entry))
        return -1;
    const struct profile_stay stay = {entry->counts, books->now, entry->expected_end};
    watts_run(&books->watts, entry->counts, entry->gpus, 1);
    if (!reserved)
        return occupy_for(books, entry, stay.from, stay.to, stay.nodes);
    return replace(books, entry, reserved, &stay) ||
                   add_unreserved(books, stay.from, stay.to, stay.nodes, -1)
               ? -1
               : 0;
}

int books_start(struct books *books, struct entry *entry, const uint32_t *quota, uint32_t count)
{
    uint32_t counts[MAX_NODE_CLASSES];
    size_t size = books->pool.num_classes * sizeof *counts;
    double duration;
    if (entry_duration(entry, &books->estimates, count, &duration, books->err))
        return -1;
    double until = pool_needed_until(&books->pool, entry, duration);
    struct profile_stay stay = entry_stay(entry);
    stay.nodes = memcpy(counts, entry->counts, size);
    bool had = entry->reserved;
    if (had)
        unmark(books, entry);
    queue_remove(&books->queue, entry);
    memset(entry->counts, 0, size);
    if (entry->type != ELASTISIM_RIGID &&
        elastisim_assign_gpus(books->view, entry->job, entry->gpus))
        return -1;
    return assign_all(books, entry, until, quota, count) || books_release_promises(books, entry) ||
                   run(books, entry, count, duration, had ? &stay : NULL)
               ? -1
               : 0;
}

int books_grow(struct books *books, struct entry *entry, const uint32_t *quota, uint32_t count)
{
    uint32_t more[MAX_NODE_CLASSES];
    size_t classes = books->pool.num_classes;
    memcpy(more, entry->counts, classes * sizeof *more);
    double until = pool_needed_until(&books->pool, entry, 0);
    if (assign_all(books, entry, until, quota, count))
        return -1;
    for (size_t i = 0; i < classes; i++)
        more[i] = entry->counts[i] - more[i];
    account(books, entry, count);
    rank(books, entry);
    uint32_t size = pool_sum(&books->pool, entry->counts);
    watts_run(&books->watts, more, entry->gpus, 1);
    return occupy_for(books, entry, books->now, entry->expected_end, more) ||
                   retime(books, entry, size - count, size)
               ? -1
               : 0;
}

/* A node has left a job. */
static int shrink_by(struct books *books, struct entry *entry, uint32_t node)
{
    uint32_t one[MAX_NODE_CLASSES] = {0};
    size_t class_of_node = books->pool.class_of[node];
    one[class_of_node] = 1;
    entry->counts[class_of_node]--;
    books->changes.early = true;
    account(books, entry, -1);
    uint32_t size = pool_sum(&books->pool, entry->counts);
    watts_run(&books->watts, one, entry->gpus, -1);
    return vacate_for(books, entry, books->now, entry->expected_end, one) ||
                   retime(books, entry, size + 1, size)
               ? -1
               : 0;
}

bool books_at_point(const struct books *books, const struct entry *entry)
{
    enum elastisim_invocation kind = elastisim_invocation(books->view);
    return elastisim_trigger(books->view) == entry->job &&
           (kind == ELASTISIM_SCHEDULING_POINT || kind == ELASTISIM_EVOLVING_REQUEST);
}

static bool runs_on(const struct entry *entry, const struct elastisim_node *node)
{
    for (uint32_t i = 0; i < elastisim_node_num_jobs(node); i++)
        if (elastisim_node_job(node, i) == entry->job)
            return true;
    return false;
}

int books_take(struct books *books, struct entry *entry, uint32_t node)
{
    struct elastisim_node *taken = elastisim_node(books->view, node);
    if (elastisim_remove(books->view, entry->job, taken))
        return -1;
    rank(books, entry);
    if (!books_at_point(books, entry) && runs_on(entry, taken)) {
        books->pool.leaver[node] = entry;
        books->running.num_leaving++;
        return ids_append(&entry->leaving, node);
    }
    set_returned(books, node);
    return shrink_by(books, entry, node);
}

int books_give_back(struct books *books, uint32_t node)
{
    struct entry *entry = books->pool.leaver[node];
    /* It may have left already. */
    if (!entry || !runs_on(entry, elastisim_node(books->view, node)))
        return 0;
    books->pool.leaver[node] = NULL;
    ids_remove(&entry->leaving, node);
    books->running.num_leaving--;
    if (elastisim_assign(books->view, entry->job, elastisim_node(books->view, node)))
        return -1;
    rank(books, entry);
    return 0;
}

int books_settle_leaving(struct books *books, struct entry *entry, bool all)
{
    uint32_t kept = 0;
    if (entry->leaving.count == 0)
        return 0;
    for (uint32_t i = 0; i < entry->leaving.count; i++) {
        uint32_t node = entry->leaving.items[i];
        if (!all && runs_on(entry, elastisim_node(books->view, node))) {
            entry->leaving.items[kept++] = node;
            continue;
        }
        books->pool.leaver[node] = NULL;
        if (all)
            set_returned(books, node);
        if (shrink_by(books, entry, node))
            return -1;
    }
    books->running.num_leaving -= entry->leaving.count - kept;
    entry->leaving.count = kept;
    rank(books, entry);
    return 0;
}

/* --- Nodes that can't be had --------------------------------------------------------------- */

static bool is_assigned(const struct entry *entry, uint32_t node)
{
    uint32_t count = elastisim_job_num_assigned(entry->job);
    for (uint32_t i = 0; i < count; i++)
        if (elastisim_node_id(elastisim_job_assigned(entry->job, i)) == node)
            return true;
    return false;
}

int books_break_promise(struct books *books, uint32_t node)
{
    if (!books->pool.keeper[node])
        return 0;
    books->changes.freed = true;
    return books_keep(books, node, NULL);
}

/* What was asked of the job does not come about: nodes that were to leave it stay. */
static int keep_leaving(struct books *books, struct entry *entry)
{
    while (entry->leaving.count > 0) {
        uint32_t node = entry->leaving.items[--entry->leaving.count];
        books->pool.leaver[node] = NULL;
        if (books_break_promise(books, node))
            return -1;
    }
    books->running.num_changes++;
    books->changes.replan = true;
    return 0;
}

/* The nodes that it has, by class; *lost: those of the books that it has not. */
static uint32_t recount(const struct books *books, struct entry *entry, uint32_t *lost)
{
    size_t classes = books->pool.num_classes;
    uint32_t assigned = elastisim_job_num_assigned(entry->job);
    memcpy(lost, entry->counts, classes * sizeof *lost);
    memset(entry->counts, 0, classes * sizeof *lost);
    for (uint32_t i = 0; i < assigned; i++)
        entry->counts[books->pool
                          .class_of[elastisim_node_id(elastisim_job_assigned(entry->job, i))]]++;
    for (uint32_t i = 0; i < entry->leaving.count; i++)
        entry->counts[books->pool.class_of[entry->leaving.items[i]]]++;
    for (size_t i = 0; i < classes; i++)
        lost[i] -= entry->counts[i];
    return pool_sum(&books->pool, entry->counts);
}

/* Whether what was asked of a job has been dropped: it has the nodes that were to leave it. */
static bool was_dropped(const struct entry *entry)
{
    return entry->leaving.count > 0 &&
           elastisim_job_state(entry->job) != ELASTISIM_PENDING_RECONFIGURATION &&
           is_assigned(entry, entry->leaving.items[0]);
}

int books_settle_losses(struct books *books, struct entry *entry)
{
    if (was_dropped(entry) && keep_leaving(books, entry))
        return -1;
    uint32_t lost[MAX_NODE_CLASSES], had = pool_sum(&books->pool, entry->counts);
    if (elastisim_job_num_assigned(entry->job) + entry->leaving.count == had)
        return 0;
    uint32_t has = recount(books, entry, lost);
    account(books, entry, (int64_t)has - had);
    books->changes.early = true;
    watts_run(&books->watts, lost, entry->gpus, -1);
    if (vacate_for(books, entry, books->now, entry->expected_end, lost) ||
        retime(books, entry, had, has))
        return -1;
    rank(books, entry);
    return 0;
}

/* Whether one of them covers it, as far as it is not over. */
static bool is_covered(const struct absences *absences, struct absence absence, double now)
{
    for (size_t i = 0; i < absences->count; i++)
        if (fmax(absences->items[i].from, now) <= fmax(absence.from, now) &&
            absences->items[i].until >= absence.until)
            return true;
    return false;
}

static bool are_covered(const struct absences *absences, const struct absences *by, double now)
{
    for (size_t i = 0; i < absences->count; i++)
        if (!is_covered(by, absences->items[i], now))
            return false;
    return true;
}

static int plan_absences(struct books *books, uint32_t node, const struct absences *absences,
                         int (*plan)(struct books *, double, double, const uint32_t *))
{
    uint32_t one[MAX_NODE_CLASSES] = {0};
    one[books->pool.class_of[node]] = 1;
    for (size_t i = 0; i < absences->count; i++) {
        double from = fmax(absences->items[i].from, books->now), until = absences->items[i].until;
        if (from < until && plan(books, from, until, one))
            return -1;
    }
    return 0;
}

static int copy_absences(struct absences *to, const struct absences *from)
{
    if (array_reserve(to->items, to->room, from->count))
        return -1;
    if (from->count > 0)
        memcpy(to->items, from->items, from->count * sizeof *from->items);
    to->count = from->count;
    return 0;
}

/* They are those of a node from now on. */
static int set_absences(struct books *books, uint32_t node, const struct absences *absences)
{
    struct node_pool *pool = &books->pool;
    if ((absences->count > 0) != bit_set_has(pool->has_absences, node))
        bit_set_toggle(pool->has_absences, node);
    return copy_absences(&pool->absences[node], absences);
}

int books_set_absences(struct books *books, uint32_t node, const struct absences *absences,
                       double leaves)
{
    struct absences *before = &books->pool.absences[node];
    if (pool_set_departure(&books->pool, node, leaves))
        return -1;
    bool has_more = !are_covered(absences, before, books->now);
    bool has_less = !are_covered(before, absences, books->now);
    if (!has_more && !has_less)
        return 0;
    books->changes.early = books->changes.early || has_less;
    books->changes.replan = books->changes.replan || has_more;
    return plan_absences(books, node, before, vacate) ||
                   plan_absences(books, node, absences, occupy) ||
                   set_absences(books, node, absences)
               ? -1
               : 0;
}

/* --- Jobs come and go ---------------------------------------------------------------------- */

struct entry *books_entry(const struct books *books, const struct elastisim_job *job)
{
    size_t id = job ? elastisim_job_id(job) : SIZE_MAX;
    return id < books->num_entries ? books->entries[id] : NULL;
}

static int make_room_for_job(struct books *books, size_t id)
{
    if (array_reserve(books->entries, books->entries_room, id + 1))
        return -1;
    while (books->num_entries <= id)
        books->entries[books->num_entries++] = NULL;
    return 0;
}

/* What is known from jobs before it goes before a longer estimate. */
static int predict(struct books *books, struct entry *entry)
{
    if (books->options.predict == PREDICT_NONE)
        return 0;
    if (histories_identify(&books->histories, entry->job, &entry->history))
        return -1;
    double seconds = histories_predict(&books->histories, entry->history);
    entry->is_predicted = seconds < entry->estimate;
    if (entry->is_predicted) {
        entry->unpredicted = entry->estimate;
        entry->estimate = entry->shortest = seconds;
        entry->follows_size = false;
    }
    return 0;
}

int books_submit(struct books *books, struct elastisim_job *job, struct entry **submitted)
{
    size_t id = elastisim_job_id(job);
    if (make_room_for_job(books, id))
        return -1;
    struct entry *entry = intake_create(&books->pool, &books->estimates, job, books->err);
    if (!entry)
        return -1;
    *submitted = books->entries[id] = entry;
    if (identify(books, entry) || predict(books, entry))
        return -1;
    entry->key = order_key(&books->ordering, entry);
    entry->is_new = true;
    queue_add(&books->queue, entry);
    return ids_append(&books->changes.arrivals, entry->id);
}

static bool is_last_blocked(const struct books *books, const struct entry *entry)
{
    return books->plan.has_last && books->plan.last.id == entry->id;
}

static int forget_waiting(struct books *books, struct entry *entry)
{
    if (entry->reserved || is_last_blocked(books, entry))
        books->changes.head_changed = books->changes.early = true;
    books->changes.freed = true; /* those behind may start now */
    if (books_drop_reservation(books, entry))
        return -1;
    queue_remove(&books->queue, entry);
    return 0;
}

static int note_runtime(struct books *books, const struct entry *entry)
{
    if (books->options.predict == PREDICT_NONE)
        return 0;
    double seconds = elastisim_job_end_time(entry->job) - elastisim_job_start_time(entry->job);
    return histories_note(&books->histories, entry->history, seconds);
}

static int forget_running(struct books *books, struct entry *entry)
{
    for (uint32_t i = 0; i < entry->leaving.count; i++)
        books->pool.leaver[entry->leaving.items[i]] = NULL;
    books->running.num_leaving -= entry->leaving.count;
    books->changes.early = books->changes.early || entry->expected_end > books->now + EARLY;
    books->changes.freed = true;
    books->io_rates -= entry->io_rate;
    account(books, entry, -(int64_t)pool_sum(&books->pool, entry->counts));
    books->running.num_predicted -= entry->is_predicted;
    running_remove(&books->running, entry);
    if (note_runtime(books, entry))
        return -1;
    watts_run(&books->watts, entry->counts, entry->gpus, -1);
    return vacate_for(books, entry, books->now, entry->expected_end, entry->counts);
}

int books_forget(struct books *books, struct entry *entry)
{
    bool waits = entry->state == ENTRY_WAITING;
    if ((waits ? forget_waiting(books, entry) : forget_running(books, entry)) ||
        books_release_promises(books, entry))
        return -1;
    if (is_last_blocked(books, entry))
        books->plan.has_last = false;
    books->entries[entry->id] = NULL;
    entry_destroy(entry);
    return 0;
}
