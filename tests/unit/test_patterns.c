/* How payloads are laid out: against the figures of the definitions, and, for GPU exchanges,
 * against a matrix over all GPUs that is summed up by brute force. */
#include "execution/patterns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#define S 840.0

static void assert_close(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b))));
}

static void test_vector_shares_follow_the_definitions(void **state)
{
    (void)state;
    static const double list[] = {5, 6, 7, 8, 9};
    static const struct {
        enum vector_pattern pattern;
        double shares[5];
    } rows[] = {
        {VECTOR_ALL_RANKS, {168, 168, 168, 168, 168}}, {VECTOR_ROOT_ONLY, {840, 0, 0, 0, 0}},
        {VECTOR_EVEN_RANKS, {280, 0, 280, 0, 280}},    {VECTOR_ODD_RANKS, {0, 420, 0, 420, 0}},
        {VECTOR_UNIFORM, {840, 840, 840, 840, 840}},   {VECTOR_LIST, {5, 6, 7, 8, 9}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint32_t rank = 0; rank < 5; rank++)
            assert_close(patterns_share(rows[i].pattern, S, list, rank, 5), rows[i].shares[rank]);
}

static void test_odd_ranks_of_a_single_rank_get_nothing(void **state)
{
    (void)state;
    assert_true(patterns_share(VECTOR_ODD_RANKS, S, NULL, 0, 1) == 0);
    assert_true(patterns_share(VECTOR_EVEN_RANKS, S, NULL, 0, 1) == S);
}

/* The exchange matrix over n ranks by the definitions of docs/application_model.md. */
static double *full_matrix(enum matrix_pattern pattern, double payload, uint32_t n)
{
    double *m = calloc((size_t)n * n, sizeof *m);
    assert_non_null(m);
    for (uint32_t i = 0; i < n && n > 1; i++) {
        uint32_t right = (i + 1) % n, left = (i + n - 1) % n;
        for (uint32_t j = 0; j < n; j++) {
            if (pattern == MATRIX_ALL_TO_ALL && i != j)
                m[i * n + j] = payload / ((double)n * (n - 1));
            if (pattern == MATRIX_MASTER_WORKER && i != j && (i == 0 || j == 0))
                m[i * n + j] = payload / (2.0 * (n - 1));
        }
        if (pattern == MATRIX_GATHER && i > 0)
            m[(size_t)i * n] = payload / n;
        if (pattern == MATRIX_SCATTER && i > 0)
            m[i] = payload / n;
        if (pattern == MATRIX_RING) {
            m[i * n + right] += payload / (2.0 * n);
            m[i * n + left] += payload / (2.0 * n);
        }
        if (pattern == MATRIX_RING_CLOCKWISE)
            m[i * n + right] += payload / n;
        if (pattern == MATRIX_RING_COUNTER_CLOCKWISE)
            m[i * n + left] += payload / n;
    }
    return m;
}

static double busiest_pair(const double *m, uint32_t node, uint32_t n, uint32_t g)
{
    uint32_t gpus = n * g;
    double most = 0;
    for (uint32_t a = node * g; a < (node + 1) * g; a++)
        for (uint32_t b = a + 1; b < (node + 1) * g; b++)
            most = fmax(most, m[a * gpus + b] + m[b * gpus + a]);
    return most;
}

static double between(const double *m, uint32_t from, uint32_t to, uint32_t n, uint32_t g)
{
    double sum = 0;
    for (uint32_t a = from * g; a < (from + 1) * g; a++)
        for (uint32_t b = to * g; b < (to + 1) * g; b++)
            sum += m[a * n * g + b];
    return sum;
}

static void check_gpu_layout(enum matrix_pattern pattern, uint32_t n, uint32_t g)
{
    double *gpus = full_matrix(pattern, S, n * g);
    double *nodes = full_matrix(pattern, patterns_gpu_network_payload(pattern, S, n, g), n);
    for (uint32_t i = 0; i < n; i++) {
        assert_close(patterns_gpu_link_bytes(pattern, S, i, n, g), busiest_pair(gpus, i, n, g));
        for (uint32_t j = 0; n > 1 && j < n; j++)
            if (i != j)
                assert_close(nodes[i * n + j], between(gpus, i, j, n, g));
    }
    free(gpus);
    free(nodes);
}

static void test_gpu_exchanges_add_up_to_the_matrix_over_all_gpus(void **state)
{
    (void)state;
    for (int pattern = 0; pattern < MATRIX_LIST; pattern++)
        for (uint32_t n = 1; n <= 5; n++)
            for (uint32_t g = 1; g <= 4; g++)
                check_gpu_layout((enum matrix_pattern)pattern, n, g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_shares_follow_the_definitions),
        cmocka_unit_test(test_odd_ranks_of_a_single_rank_get_nothing),
        cmocka_unit_test(test_gpu_exchanges_add_up_to_the_matrix_over_all_gpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
