#include "execution/patterns.h"

double patterns_share(enum vector_pattern pattern, double payload, const double *list,
                      uint32_t rank, uint32_t n)
{
    const uint32_t num_odd = n / 2, num_even = n - num_odd;
    switch (pattern) {
    case VECTOR_ALL_RANKS:
        return payload / n;
    case VECTOR_ROOT_ONLY:
        return rank == 0 ? payload : 0;
    case VECTOR_EVEN_RANKS:
        return rank % 2 == 0 ? payload / num_even : 0;
    case VECTOR_ODD_RANKS:
        return rank % 2 == 1 ? payload / num_odd : 0;
    case VECTOR_UNIFORM:
        return payload;
    case VECTOR_LIST:
        return list[rank];
    case NUM_VECTOR_PATTERNS:
        break;
    }
    return 0;
}

/* A ring over n * g GPUs: the number of times `per_hop` bytes pass between two neighbouring GPUs of
 * one node. On a single node the ring closes inside it, and with two GPUs both neighbours are the
 * same one. */
static double ring_link_bytes(double per_hop, uint32_t directions, uint32_t n, uint32_t g)
{
    double hops = n == 1 && g == 2 ? 2 : 1;
    return per_hop * directions * hops;
}

double patterns_gpu_link_bytes(enum matrix_pattern pattern, double payload, uint32_t node,
                               uint32_t n, uint32_t g)
{
    if (g < 2)
        return 0;
    double gpus = (double)n * g;
    switch (pattern) {
    case MATRIX_ALL_TO_ALL:
        return 2 * payload / (gpus * (gpus - 1));
    case MATRIX_GATHER:
    case MATRIX_SCATTER:
        return node == 0 ? payload / gpus : 0;
    case MATRIX_MASTER_WORKER:
        return node == 0 ? payload / (gpus - 1) : 0;
    case MATRIX_RING:
        return ring_link_bytes(payload / (2 * gpus), 2, n, g);
    case MATRIX_RING_CLOCKWISE:
    case MATRIX_RING_COUNTER_CLOCKWISE:
        return ring_link_bytes(payload / gpus, 1, n, g);
    case MATRIX_LIST:
    case NUM_MATRIX_PATTERNS:
        break;
    }
    return 0;
}

double patterns_gpu_network_payload(enum matrix_pattern pattern, double payload, uint32_t n,
                                    uint32_t g)
{
    double nodes = n, gpus = nodes * g;
    switch (pattern) {
    case MATRIX_ALL_TO_ALL: /* g * g pairs of GPUs per ordered pair of nodes */
        return payload * (nodes * (nodes - 1) * g * g) / (gpus * (gpus - 1));
    case MATRIX_GATHER: /* g GPUs of each other node, S / (n g) each */
    case MATRIX_SCATTER:
        return payload;
    case MATRIX_MASTER_WORKER: /* g GPUs of each other node, S / (2 (n g - 1)) each and way */
        return payload * g * (nodes - 1) / (gpus - 1);
    case MATRIX_RING: /* one hop of the ring crosses from each node to the next */
    case MATRIX_RING_CLOCKWISE:
    case MATRIX_RING_COUNTER_CLOCKWISE:
        return payload / g;
    case MATRIX_LIST:
    case NUM_MATRIX_PATTERNS:
        break;
    }
    return 0;
}
