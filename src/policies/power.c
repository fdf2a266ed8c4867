/* Promise: an invocation costs the nodes that are switched on or off and the waiting jobs for which
 * that is done, not all that are idle or asleep.
 *
 * What sleeps is in the profile as one stay of all sleeping nodes together, from now to when they
 * could be up, which is put off as time passes. */
#include "policies/power.h"

#include "base/bit_set.h"
#include "base/vector.h"
#include "policies/admission.h"

#include <math.h>
#include <string.h>

static bool sleeps_when_idle(const struct books *books)
{
    return books->options.power == POWER_IDLE_TIMEOUT;
}

static bool has_windows(const struct books *books)
{
    return books->options.power == POWER_WINDOWS && books->options.power_share > 0;
}
/* --- The profile --------------------------------------------------------------------------- */

static int pass_window(struct books *books);

int power_begin(struct books *books)
{
    struct sleepers *sleepers = &books->sleepers;
    double until = books->now + sleepers->boot_seconds;
    if (has_windows(books))
        return pass_window(books);
    if (!sleeps_when_idle(books) || until <= sleepers->until)
        return 0;
    double from = fmax(sleepers->until, books->now);
    sleepers->until = until;
    return sleepers->count > 0 ? books_plan(books, from, until, sleepers->by_class, -1) : 0;
}

static int change_sleep(struct books *books, uint32_t node, bool sleeps)
{
    struct sleepers *sleepers = &books->sleepers;
    uint32_t one[MAX_NODE_CLASSES] = {0};
    size_t kind = books->pool.class_of[node];
    one[kind] = 1;
    bit_set_toggle(sleepers->set, node);
    sleepers->count += sleeps ? 1 : UINT32_MAX;
    sleepers->by_class[kind] += sleeps ? 1 : UINT32_MAX;
    return books_plan(books, books->now, sleepers->until, one, sleeps ? -1 : 1);
}

/* --- Windows ------------------------------------------------------------------------------- */

#define DAY 86400.0

/* The window that is under way, or the next one. */
static void find_window(struct books *books)
{
    struct sleepers *sleepers = &books->sleepers;
    double hour = DAY / 24, from = books->options.power_from * hour;
    double length = fmod(books->options.power_until * hour - from + DAY, DAY);
    uint32_t num_nodes = books->pool.num_nodes;
    length = length > 0 ? length : DAY;
    double since = fmod(books->now + books->ordering.midnight - from + DAY, DAY);
    sleepers->begin = books->now - since + (since >= length ? DAY : 0);
    sleepers->end = sleepers->begin + length;
    sleepers->first = num_nodes - (uint32_t)round(books->options.power_share * num_nodes);
}

static double expected_end(const struct books *books, uint32_t node)
{
    const struct elastisim_node *seen = elastisim_node(books->view, node);
    const struct entry *entry =
        elastisim_node_num_jobs(seen) > 0 ? books_entry(books, elastisim_node_job(seen, 0)) : NULL;
    return entry && entry->state == ENTRY_RUNNING ? entry->expected_end : -INFINITY;
}

int power_add_window(const struct books *books, uint32_t node, double end,
                     struct absences *absences, double *leaves)
{
    const struct sleepers *sleepers = &books->sleepers;
    if (!has_windows(books) || node < sleepers->first)
        return 0;
    double from = sleepers->in_window ? -INFINITY : sleepers->begin;
    const struct absence window = {fmax(from, end), sleepers->end + sleepers->boot_seconds};
    *leaves = fmin(*leaves, sleepers->in_window ? INFINITY : sleepers->begin);
    return vector_add(absences, window);
}

static int command_node(struct books *books, uint32_t node)
{
    struct elastisim_node *seen = elastisim_node(books->view, node);
    struct absence boot = {-INFINITY, books->now + books->sleepers.boot_seconds};
    struct absences *absences = &books->absences;
    bool off = books->sleepers.in_window;
    double leaves = INFINITY;
    absences->count = 0;
    if (off ? elastisim_node_switch_off(books->view, seen)
            : elastisim_node_switch_on(books->view, seen))
        return -1;
    if (off)
        books_set_idle(books, node / BITS_PER_WORD, bit_set_bit(node), false);
    else if (elastisim_node_availability(seen) != ELASTISIM_UP && vector_add(absences, boot))
        return -1;
    return power_add_window(books, node, expected_end(books, node), absences, &leaves) ||
                   books_set_absences(books, node, absences, leaves)
               ? -1
               : 0;
}

static int command_all(struct books *books)
{
    for (uint32_t node = books->sleepers.first; node < books->pool.num_nodes; node++)
        if (command_node(books, node))
            return -1;
    return 0;
}

/* Begins and ends the window that is due. */
static int pass_window(struct books *books)
{
    struct sleepers *sleepers = &books->sleepers;
    bool is_first = sleepers->end <= 0, was_in = sleepers->in_window;
    if (is_first)
        find_window(books);
    if (was_in && books->now >= sleepers->end - EARLY) {
        sleepers->begin += DAY;
        sleepers->end += DAY;
    }
    sleepers->in_window = books->now >= sleepers->begin - EARLY;
    sleepers->idle_windows += sleepers->in_window && !was_in;
    if (!is_first && sleepers->in_window == was_in)
        return 0;
    books->changes.freed = true;
    return command_all(books);
}

int power_shrink(struct books *books, struct entry *entry)
{
    const struct sleepers *sleepers = &books->sleepers;
    if (!has_windows(books) || !sleepers->in_window || !entry_is_malleable(entry))
        return 0;
    uint32_t size = elastisim_job_num_assigned(entry->job);
    for (uint32_t rank = size; rank > 0 && size > entry->least; rank--) {
        uint32_t node = (uint32_t)elastisim_node_id(elastisim_job_assigned(entry->job, rank - 1));
        if (node < sleepers->first)
            continue;
        if (books_take(books, entry, node))
            return -1;
        books_set_idle(books, node / BITS_PER_WORD, bit_set_bit(node), false);
        size--;
    }
    return 0;
}

/* Without anything that runs, windows go by in vain only so often: then the run is stuck. */
static double next_edge(struct books *books)
{
    enum { MOST_IDLE_WINDOWS = 3 };
    struct sleepers *sleepers = &books->sleepers;
    if (books->running.count > 0)
        sleepers->idle_windows = 0;
    if (sleepers->idle_windows > MOST_IDLE_WINDOWS)
        return INFINITY;
    return sleepers->in_window ? sleepers->end : sleepers->begin;
}

/* --- Nodes --------------------------------------------------------------------------------- */

static int put_to_sleep(struct books *books, uint32_t node)
{
    if (elastisim_node_switch_off(books->view, elastisim_node(books->view, node)))
        return -1;
    books_set_idle(books, node / BITS_PER_WORD, bit_set_bit(node), false);
    books->sleepers.slept_at = books->now;
    return change_sleep(books, node, true);
}

static void set_boots(struct books *books, uint32_t node, bool boots)
{
    struct sleepers *sleepers = &books->sleepers;
    if (bit_set_has(sleepers->booting, node) == boots)
        return;
    bit_set_toggle(sleepers->booting, node);
    sleepers->num_booting[books->pool.class_of[node]] += boots ? 1 : UINT32_MAX;
}

/* It is planned with from when it is up on. */
static int wake(struct books *books, uint32_t node)
{
    struct absence boot = {-INFINITY, books->now + books->sleepers.boot_seconds};
    const struct absences absences = {.items = &boot, .count = 1};
    if (elastisim_node_switch_on(books->view, elastisim_node(books->view, node)) ||
        change_sleep(books, node, false))
        return -1;
    set_boots(books, node, true);
    return books_set_absences(books, node, &absences, pool_departure(&books->pool, node));
}

int power_note_node(struct books *books, uint32_t node, bool *sleeps)
{
    *sleeps = false;
    if (!sleeps_when_idle(books)) {
        enum elastisim_availability as =
            elastisim_node_availability(elastisim_node(books->view, node));
        *sleeps = has_windows(books) && books->sleepers.in_window &&
                  node >= books->sleepers.first && as != ELASTISIM_UP && as != ELASTISIM_DOWN;
        return 0;
    }
    const struct elastisim_node *seen = elastisim_node(books->view, node);
    enum elastisim_availability is = elastisim_node_availability(seen);
    if (is == ELASTISIM_UP || is == ELASTISIM_DOWN)
        set_boots(books, node, false);
    *sleeps = bit_set_has(books->sleepers.set, node);
    if (!*sleeps || is != ELASTISIM_DOWN)
        return 0;
    /* Whoever repairs it switches it on. */
    *sleeps = false;
    return elastisim_node_switch_on(books->view, elastisim_node(books->view, node)) ||
                   change_sleep(books, node, false)
               ? -1
               : 0;
}

bool power_has_reserve(const struct books *books, const struct entry *entry)
{
    const struct sleepers *sleepers = &books->sleepers;
    for (size_t kind = 0; entry && kind < books->pool.num_classes; kind++)
        if ((entry->classes >> kind & 1) &&
            sleepers->by_class[kind] + sleepers->num_booting[kind] > 0)
            return true;
    return false;
}

/* --- What is needed ------------------------------------------------------------------------ */

/* Nodes by class that nobody needs once all that sleeps could be up, the sleeping ones included. */
static void count_usable(const struct books *books, uint32_t *usable)
{
    const struct sleepers *sleepers = &books->sleepers;
    double up = sleepers->until;
    if (books->has_profile) {
        profile_least(&books->profile, up, up + 2 * EARLY, NULL, usable);
        return;
    }
    for (size_t kind = 0; kind < books->pool.num_classes; kind++)
        usable[kind] = books->pool.classes[kind].num_free + sleepers->num_booting[kind] +
                       sleepers->by_class[kind];
}

/* Whether a job that has no reservation could run on its least number of nodes from when they are
 * up on, beside those that do so before it (`used`), to which it is added. */
static bool could_start(const struct books *books, const struct entry *entry,
                        const uint32_t *usable, uint32_t *used)
{
    uint32_t room[MAX_NODE_CLASSES], missing = entry->least;
    if (!admission_allows(books, entry) || (books->plan.unbounded && isinf(entry->estimate)))
        return false;
    double up = books->sleepers.until;
    memcpy(room, usable, books->pool.num_classes * sizeof *room);
    if (books->has_profile)
        profile_least(&books->profile, up, up + entry->estimate, NULL, room);
    for (size_t kind = 0; kind < books->pool.num_classes; kind++)
        room[kind] =
            entry->classes >> kind & 1 && room[kind] > used[kind] ? room[kind] - used[kind] : 0;
    if (pool_sum(&books->pool, room) < entry->least ||
        books_power_until(books, entry, up + entry->estimate, entry->least) < entry->least)
        return false;
    for (size_t kind = 0; kind < books->pool.num_classes; kind++) {
        uint32_t taken = room[kind] < missing ? room[kind] : missing;
        used[kind] += taken;
        missing -= taken;
    }
    return true;
}

/* Adds what waiting jobs without a reservation could use, in the order of the queue. Where none may
 * go before others, the first that could not start ends this. */
static void add_waiting(const struct books *books, const uint32_t *usable, uint32_t *used)
{
    uint32_t depth = books->options.queue_depth, visited = 0, room;
    double up = books->sleepers.until, bottom = up;
    struct wanted wanted = queue_want_unreserved;
    const struct entry *entry = NULL;
    if (books->has_profile) {
        profile_bottom(&books->profile, up, &wanted.extra, &bottom);
        wanted.window = bottom - up;
    }
    do {
        room = pool_sum(&books->pool, usable) - pool_sum(&books->pool, used);
        wanted.nodes = books->options.backfill == BACKFILL_NONE ? UINT32_MAX : room;
        entry = room > 0 ? queue_next(&books->queue, entry, &wanted) : NULL;
    } while (entry && (depth == 0 || visited++ < depth) &&
             (could_start(books, entry, usable, used) || books->options.backfill != BACKFILL_NONE));
}

static int wake_of_class(struct books *books, size_t kind, uint32_t count)
{
    const uint64_t *members = books->pool.classes[kind].members;
    uint64_t *set = books->sleepers.set;
    for (size_t word = 0; count > 0 && word < bit_set_words(books->pool.num_nodes); word++)
        for (uint64_t bits = set[word] & members[word]; bits && count > 0; bits &= bits - 1) {
            bool failed;
            if (!watts_take(&books->watts, books->sleepers.watts, books->sleepers.until, &failed))
                return failed ? -1 : 0;
            if (wake(books, (uint32_t)(word * BITS_PER_WORD + bit_set_lowest(bits))))
                return -1;
            count--;
        }
    return 0;
}

/* Nodes by class that could go on sleeping, or sleep: what is reserved by the time they could be up
 * and what waiting jobs could use is taken off. */
static void count_left(const struct books *books, uint32_t *left)
{
    uint32_t used[MAX_NODE_CLASSES] = {0};
    count_usable(books, left);
    if (books->sleepers.count > 0 || books->pool.num_free > 0)
        add_waiting(books, left, used);
    for (size_t kind = 0; kind < books->pool.num_classes; kind++)
        left[kind] -= used[kind];
}

static int wake_needed(struct books *books, const uint32_t *left)
{
    for (size_t kind = 0; kind < books->pool.num_classes; kind++) {
        uint32_t asleep = books->sleepers.by_class[kind];
        if (asleep > left[kind] && wake_of_class(books, kind, asleep - left[kind]))
            return -1;
    }
    return 0;
}

static int wake_spare(struct books *books)
{
    const struct sleepers *sleepers = &books->sleepers;
    for (size_t kind = 0; kind < books->pool.num_classes && sleepers->count > 0; kind++) {
        uint32_t awake = books->pool.num_free + pool_sum(&books->pool, sleepers->num_booting);
        uint32_t spare = books->options.spare_nodes;
        if (awake < spare && wake_of_class(books, kind, spare - awake))
            return -1;
    }
    return 0;
}

/* --- What is not --------------------------------------------------------------------------- */

/* Without a plan, nobody knows for how long waiting jobs don't need what is idle. */
static bool may_sleep(const struct books *books)
{
    return books->pool.num_free > books->options.spare_nodes &&
           (books->has_profile || books->queue.count == 0);
}

static double sleeps_at(const struct books *books, uint32_t node)
{
    return books->pool.idlers.since[node] + books->options.idle_timeout;
}

/* Whether nobody needs it before it could be up again. */
static bool is_unneeded(const struct books *books, uint32_t node)
{
    uint32_t least[MAX_NODE_CLASSES];
    const struct sleepers *sleepers = &books->sleepers;
    if (!books->has_profile || books->num_reserved == 0)
        return true;
    double again = books->now + sleepers->stop_seconds + sleepers->boot_seconds;
    profile_least(&books->profile, books->now, again + 2 * EARLY, NULL, least);
    return least[books->pool.class_of[node]] > 0;
}

static int let_sleep(struct books *books, const uint32_t *left)
{
    const struct idlers *idlers = &books->pool.idlers;
    for (uint32_t node = idlers->first, next; node != NO_IDLER && may_sleep(books); node = next) {
        next = idlers->next[node];
        if (sleeps_at(books, node) > books->now + EARLY)
            return 0;
        size_t kind = books->pool.class_of[node];
        if (books->sleepers.by_class[kind] < left[kind] && is_unneeded(books, node) &&
            put_to_sleep(books, node))
            return -1;
    }
    return 0;
}

/* --- All ----------------------------------------------------------------------------------- */

/* When the next node may be put to sleep, or has to be woken for a reservation. */
static double next_due(const struct books *books)
{
    const struct sleepers *sleepers = &books->sleepers;
    double due = INFINITY;
    uint32_t first = books->pool.idlers.first;
    if (first != NO_IDLER && may_sleep(books) && sleeps_at(books, first) > books->now)
        due = sleeps_at(books, first);
    /* Power that is not drawn any more may let others start. */
    if (books->watts.is_capped && books->queue.count > 0 && sleepers->slept_at >= books->now)
        due = fmin(due, books->now + fmax(sleepers->stop_seconds, EARLY));
    if (sleepers->count > 0 && books->num_reserved > 0)
        due = fmin(due, profile_next_mark(&books->profile, sleepers->until + EARLY) -
                            sleepers->boot_seconds);
    return due;
}

int power_settle(struct books *books)
{
    uint32_t left[MAX_NODE_CLASSES];
    if (has_windows(books))
        books->sleepers.next_due = next_edge(books);
    if (!sleeps_when_idle(books))
        return 0;
    count_left(books, left);
    if (wake_needed(books, left) || wake_spare(books) || let_sleep(books, left))
        return -1;
    books->sleepers.next_due = next_due(books);
    return 0;
}
