/* Lists of hosts with what they compute and send. */
#include "resources/simgrid/draft.h"

#include <stdlib.h>
#include <string.h>

/* Amounts below this are none: their time is far below what any clock can tell. */
#define NEGLIGIBLE 1e-100
/* Entries of the largest matrix: SimGrid makes several copies of it. */
#define MAX_MATRIX ((size_t)1 << 27)

void draft_release(struct draft *draft)
{
    free(draft->hosts);
    free(draft->flops);
    free(draft->bytes);
    *draft = (struct draft){.size = 0};
}

static int reserve(struct draft *draft, size_t size, struct error *err)
{
    if (size <= draft->capacity)
        return 0;
    uint32_t *hosts = realloc(draft->hosts, size * sizeof hosts[0]);
    if (hosts)
        draft->hosts = hosts;
    double *flops = realloc(draft->flops, size * sizeof flops[0]);
    if (flops)
        draft->flops = flops;
    if (!hosts || !flops)
        return error_no_memory(err);
    draft->capacity = size;
    return 0;
}

static double significant(double amount)
{
    return amount >= NEGLIGIBLE ? amount : 0;
}

/* An empty draft with room for that many hosts. */
static int begin(struct draft *draft, size_t room, struct error *err)
{
    draft->size = 0;
    draft->computes = draft->sends = false;
    return reserve(draft, room, err);
}

static void add_host(struct draft *draft, uint32_t host, double flops)
{
    draft->hosts[draft->size] = host;
    draft->flops[draft->size++] = significant(flops);
    draft->computes |= significant(flops) > 0;
}

/* Adds the further cores of the hosts that compute. */
static int spread_over_cores(struct draft *draft, const uint32_t *cores, struct error *err)
{
    size_t num_hosts = draft->size, size = num_hosts;
    for (size_t i = 0; i < num_hosts; i++)
        size += draft->flops[i] > 0 ? cores[draft->hosts[i]] - 1 : 0;
    if (reserve(draft, size, err))
        return -1;
    for (size_t i = 0; i < num_hosts; i++) {
        if (draft->flops[i] <= 0)
            continue;
        uint32_t num_cores = cores[draft->hosts[i]];
        draft->flops[i] /= num_cores;
        for (uint32_t core = 1; core < num_cores; core++)
            add_host(draft, draft->hosts[i], draft->flops[i]);
    }
    return 0;
}

/* A matrix of zeros, once the list is complete. */
static int add_matrix(struct draft *draft, struct error *err)
{
    size_t size = draft->size;
    if (size > MAX_MATRIX / size)
        return error_set(
            err, ERROR_INPUT,
            "a parallel task of %zu cores that exchange data is too large for SimGrid; "
            "a host with several cores can be given as one core of that many times "
            "the speed",
            size);
    if (size * size > draft->bytes_capacity) {
        free(draft->bytes);
        draft->bytes = malloc(size * size * sizeof draft->bytes[0]);
        draft->bytes_capacity = draft->bytes ? size * size : 0;
    }
    if (!draft->bytes)
        return error_no_memory(err);
    memset(draft->bytes, 0, size * size * sizeof draft->bytes[0]);
    return 0;
}

static void add_bytes(struct draft *draft, size_t from, size_t to, double bytes)
{
    draft->bytes[from * draft->size + to] += significant(bytes);
    draft->sends |= significant(bytes) > 0;
}

int draft_computation(struct draft *draft, const struct load *load, uint32_t i,
                      const uint32_t *cores, struct error *err)
{
    if (begin(draft, 1, err))
        return -1;
    add_host(draft, load->hosts[load->members[i]], load->amounts[i]);
    return spread_over_cores(draft, cores, err);
}

/* --- Exchanges ------------------------------------------------------------------------------- */

/* What rank i of n has to do with the others, by pattern. */
static void all_to_all(struct draft *draft, size_t i, size_t n, double payload)
{
    for (size_t j = 0; j < n; j++)
        if (j != i)
            add_bytes(draft, i, j, payload / ((double)n * (double)(n - 1)));
}

static void gather(struct draft *draft, size_t i, size_t n, double payload)
{
    if (i > 0)
        add_bytes(draft, i, 0, payload / (double)n);
}

static void scatter(struct draft *draft, size_t i, size_t n, double payload)
{
    if (i > 0)
        add_bytes(draft, 0, i, payload / (double)n);
}

static void master_worker(struct draft *draft, size_t i, size_t n, double payload)
{
    if (i > 0) {
        add_bytes(draft, 0, i, payload / (2 * (double)(n - 1)));
        add_bytes(draft, i, 0, payload / (2 * (double)(n - 1)));
    }
}

static void ring_clockwise(struct draft *draft, size_t i, size_t n, double payload)
{
    add_bytes(draft, i, (i + 1) % n, payload / (double)n);
}

static void ring_counter_clockwise(struct draft *draft, size_t i, size_t n, double payload)
{
    add_bytes(draft, i, (i + n - 1) % n, payload / (double)n);
}

static void ring(struct draft *draft, size_t i, size_t n, double payload)
{
    ring_clockwise(draft, i, n, payload / 2);
    ring_counter_clockwise(draft, i, n, payload / 2);
}

static void (*const patterns[])(struct draft *, size_t i, size_t n, double payload) = {
    [MATRIX_ALL_TO_ALL] = all_to_all,
    [MATRIX_GATHER] = gather,
    [MATRIX_SCATTER] = scatter,
    [MATRIX_MASTER_WORKER] = master_worker,
    [MATRIX_RING] = ring,
    [MATRIX_RING_CLOCKWISE] = ring_clockwise,
    [MATRIX_RING_COUNTER_CLOCKWISE] = ring_counter_clockwise,
};

static void lay_out(struct draft *draft, const struct load *load)
{
    size_t n = load->num_hosts;
    for (size_t i = 0; i < n; i++) {
        if (load->pattern != MATRIX_LIST)
            patterns[load->pattern](draft, i, n, load->bytes);
        for (size_t j = 0; load->pattern == MATRIX_LIST && j < n; j++)
            add_bytes(draft, i, j, load->matrix[i * n + j]);
    }
}

int draft_exchange(struct draft *draft, const struct load *load, const uint32_t *cores,
                   struct error *err)
{
    bool has_bytes =
        load->pattern == MATRIX_LIST ? load->matrix != NULL : significant(load->bytes) > 0;
    if (begin(draft, load->num_hosts, err))
        return -1;
    for (uint32_t i = 0; i < load->num_hosts; i++)
        add_host(draft, load->hosts[i], load->flops ? load->flops[i] : 0);
    if (spread_over_cores(draft, cores, err))
        return -1;
    if (load->num_hosts == 1 || !has_bytes)
        return 0;
    if (add_matrix(draft, err))
        return -1;
    lay_out(draft, load);
    return 0;
}

/* --- I/O ------------------------------------------------------------------------------------- */

int draft_pfs_io(struct draft *draft, const struct load *load, uint32_t i, struct error *err)
{
    const struct pfs_targets *targets = load->targets[i];
    uint32_t host = load->hosts[load->members[i]];
    double share = load->amounts[i] / (double)targets->count;
    if (begin(draft, 1 + targets->count, err))
        return -1;
    add_host(draft, host, 0);
    for (size_t k = 0; k < targets->count; k++)
        if (targets->hosts[k] != host)
            add_host(draft, targets->hosts[k], 0);
    if (draft->size == 1)
        return 0;
    if (add_matrix(draft, err))
        return -1;
    for (size_t k = 1; k < draft->size; k++)
        load->kind == LOAD_PFS_WRITE ? add_bytes(draft, 0, k, share)
                                     : add_bytes(draft, k, 0, share);
    return 0;
}

int draft_striped_io(struct draft *draft, const struct load *load, uint32_t i,
                     const uint32_t *cores, struct error *err)
{
    size_t n = load->num_hosts, rank = load->members[i];
    double share = load->amounts[i] / (double)n;
    if (begin(draft, n, err))
        return -1;
    for (size_t k = 0; k < n; k++)
        add_host(draft, load->hosts[k], load->flops_per_byte * share);
    if (spread_over_cores(draft, cores, err))
        return -1;
    if (n == 1)
        return 0;
    if (add_matrix(draft, err))
        return -1;
    for (size_t k = 0; k < n; k++)
        if (k != rank)
            load->kind == LOAD_STRIPED_WRITE ? add_bytes(draft, rank, k, share)
                                             : add_bytes(draft, k, rank, share);
    return 0;
}
