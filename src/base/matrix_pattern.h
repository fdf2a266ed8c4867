/* Who sends how much to whom. Applications name the patterns, the resource port carries them out;
 * the formulas are in docs/application_model.md.
 */
#ifndef ELASTISIM_BASE_MATRIX_PATTERN_H
#define ELASTISIM_BASE_MATRIX_PATTERN_H

/* How a payload is laid out over pairs of ranks. */
enum matrix_pattern {
    MATRIX_ALL_TO_ALL,
    MATRIX_GATHER,
    MATRIX_SCATTER,
    MATRIX_MASTER_WORKER,
    MATRIX_RING,
    MATRIX_RING_CLOCKWISE,
    MATRIX_RING_COUNTER_CLOCKWISE,
    MATRIX_LIST,
    NUM_MATRIX_PATTERNS
};

#endif
