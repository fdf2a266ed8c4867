#include "policies/order.h"

typedef double key_fn(const struct ordering *ordering, const struct entry *entry);

static double by_submission(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    (void)entry;
    return 0;
}

static double by_estimate(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return entry->estimate;
}

static double most_nodes_first(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return -(double)entry->least;
}

static double fewest_nodes_first(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return entry->least;
}

static double by_priority(const struct ordering *ordering, const struct entry *entry)
{
    (void)ordering;
    return -elastisim_job_attribute_number(entry->job, "priority", 0);
}

static double by_share(const struct ordering *ordering, const struct entry *entry)
{
    return ordering->shares->users[entry->user].place;
}

static key_fn *const keys[] = {
    [ORDER_FCFS] = by_submission,       [ORDER_SJF] = by_estimate,
    [ORDER_LARGEST] = most_nodes_first, [ORDER_SMALLEST] = fewest_nodes_first,
    [ORDER_PRIORITY] = by_priority,     [ORDER_FAIR_SHARE] = by_share,
};

double order_key(const void *context, const struct entry *entry)
{
    const struct ordering *ordering = context;
    return keys[ordering->order](ordering, entry);
}
