/* How a payload is laid out over ranks and GPUs (docs/application_model.md). */
#ifndef ELASTISIM_EXECUTION_PATTERNS_H
#define ELASTISIM_EXECUTION_PATTERNS_H

#include "application/application.h"

#include <stdint.h>

/* The share of payload S (or element of the list) that rank of n gets. */
double patterns_share(enum vector_pattern pattern, double payload, const double *list,
                      uint32_t rank, uint32_t n);

/* Bytes that the GPU link of the node-th of n nodes carries for an exchange over n * g GPUs: the
 * largest sum of both directions over any pair of its GPUs. */
double patterns_gpu_link_bytes(enum matrix_pattern pattern, double payload, uint32_t node,
                               uint32_t n, uint32_t g);

/* The payload whose layout over the n nodes, by the same pattern, is what an exchange of payload S
 * over n * g GPUs moves between nodes. */
double patterns_gpu_network_payload(enum matrix_pattern pattern, double payload, uint32_t n,
                                    uint32_t g);

#endif
