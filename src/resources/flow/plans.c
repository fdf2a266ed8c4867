#include "resources/flow/plans.h"

#include "resources/flow/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 1024
/* Flows of a set beyond which their bytes are not added up one by one. */
#define MAX_ADDED 1e7

struct load_plan *load_plan_create(void)
{
    struct load_plan *plan = calloc(1, sizeof *plan);
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!plan || !transfer) {
        free(plan);
        free(transfer);
        return NULL;
    }
    transfer->num_members = 1;
    transfer->plan = plan;
    plan->transfers = transfer;
    plan->num_transfers = plan->refs = 1;
    return plan;
}

struct load_plan *load_plan_retain(struct load_plan *plan)
{
    plan->refs++;
    return plan;
}

static void release_transfer(struct transfer *transfer)
{
    for (uint32_t m = 0; transfer->each && m < transfer->num_members; m++)
        load_plan_release(transfer->each[m]->plan);
    free(transfer->each);
    free(transfer->memory);
}

void load_plan_release(struct load_plan *plan)
{
    if (!plan || --plan->refs > 0)
        return;
    for (uint32_t i = 0; i < plan->num_transfers; i++)
        release_transfer(&plan->transfers[i]);
    free(plan->transfers);
    free(plan->idle);
    free(plan->common);
    free(plan->key);
    free(plan);
}

/* SimGrid adds up flow by flow, which rounds otherwise than a product. It can matter: whether a
 * link is exhausted in one round of the sharing or the next hangs on the last bit. */
double link_set_weight(struct link_set *set, double unit)
{
    if (unit == set->known_unit)
        return set->known_weight;
    double weight = 0;
    if (set->units > MAX_ADDED || set->units != floor(set->units))
        weight = set->units * unit;
    else
        for (double i = 0; i < set->units; i++)
            weight += unit;
    set->known_unit = unit;
    set->known_weight = weight;
    return weight;
}

/* --- What is kept ---------------------------------------------------------------------------- */

/* Four hashes of two numbers at a time, since each step of one waits for the step before. */
static uint64_t hash_of(const uint32_t *key, uint32_t length)
{
    enum { LANES = 4 };
    uint64_t lanes[LANES] = {length}, hash = 0;
    uint32_t i = 0;
    for (; i + 2 * LANES <= length; i += 2 * LANES)
        for (uint32_t lane = 0; lane < LANES; lane++) {
            uint64_t high = key[i + 2 * lane], low = key[i + 2 * lane + 1];
            lanes[lane] = hash_mix(lanes[lane], high << 32 | low);
        }
    for (; i < length; i++)
        lanes[i % LANES] = hash_mix(lanes[i % LANES], key[i]);
    for (uint32_t lane = 0; lane < LANES; lane++)
        hash = hash_mix(hash, lanes[lane]);
    return hash;
}

struct load_plan *plans_find(const struct plans *plans, const uint32_t *key, uint32_t length)
{
    if (plans->num_buckets == 0)
        return NULL;
    uint64_t hash = hash_of(key, length);
    struct load_plan *plan = plans->buckets[hash & (plans->num_buckets - 1)];
    while (plan && (plan->hash != hash || plan->key_length != length ||
                    memcmp(plan->key, key, length * sizeof *key) != 0))
        plan = plan->next;
    return plan;
}

static void enter(struct plans *plans, struct load_plan *plan)
{
    struct load_plan **bucket = &plans->buckets[plan->hash & (plans->num_buckets - 1)];
    plan->next = *bucket;
    *bucket = plan;
}

static int grow_table(struct plans *plans)
{
    if (plans->count < plans->num_buckets)
        return 0;
    struct plans grown = *plans;
    grown.num_buckets = plans->num_buckets ? 2 * plans->num_buckets : FIRST_BUCKETS;
    grown.buckets = calloc(grown.num_buckets, sizeof(struct load_plan *));
    if (!grown.buckets)
        return -1;
    for (size_t i = 0; i < plans->num_buckets; i++)
        while (plans->buckets[i]) {
            struct load_plan *plan = plans->buckets[i];
            plans->buckets[i] = plan->next;
            enter(&grown, plan);
        }
    free(plans->buckets);
    *plans = grown;
    return 0;
}

static size_t size_of(const struct load_plan *plan)
{
    size_t size = plan->key_length + plan->num_idle + 16;
    for (uint32_t i = 0; i < plan->num_transfers; i++) {
        const struct transfer *transfer = &plan->transfers[i];
        size += transfer->num_members + 24;
        for (uint32_t s = 0; s < transfer->num_sets; s++)
            size += (transfer->sets[s].users ? 1 : transfer->sets[s].set.count) + 16;
    }
    return size;
}

int plans_keep(struct plans *plans, struct load_plan *plan, const uint32_t *key, uint32_t length)
{
    uint32_t *copy = malloc((length ? length : 1) * sizeof *copy);
    if (!copy || grow_table(plans)) {
        free(copy);
        return -1;
    }
    memcpy(copy, key, length * sizeof *key);
    plan->key = copy;
    plan->key_length = length;
    plan->hash = hash_of(key, length);
    plan->size = size_of(plan);
    enter(plans, load_plan_retain(plan));
    plans->count++;
    plans->size += plan->size;
    return 0;
}

void plans_forget(struct plans *plans)
{
    for (size_t i = 0; i < plans->num_buckets; i++)
        while (plans->buckets[i]) {
            struct load_plan *plan = plans->buckets[i];
            plans->buckets[i] = plan->next;
            load_plan_release(plan);
        }
    plans->count = plans->size = 0;
}

void plans_release(struct plans *plans)
{
    plans_forget(plans);
    free(plans->buckets);
    *plans = (struct plans){0};
}
