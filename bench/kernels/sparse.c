/* Sparse matrix times vector (compressed rows), repeated: indexed loads of doubles. */
#include "kernel.h"

#define N 20000
#define PER_ROW 24

static uint32_t rows[N + 1], columns[N * PER_ROW];
static double values[N * PER_ROW], x[N], y[N];

__attribute__((noinline)) static void multiply(void) {
    for (uint32_t i = 0; i < N; i++) {
        double sum = 0;
        for (uint32_t k = rows[i]; k < rows[i + 1]; k++) sum += values[k] * x[columns[k]];
        y[i] = sum;
    }
}

int main(void) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < N; i++) {
        rows[i] = at;
        uint32_t n = 1 + random_u32() % PER_ROW;
        for (uint32_t k = 0; k < n; k++, at++) {
            columns[at] = random_u32() % N;
            values[at] = random_unit() / n;
        }
        x[i] = random_unit();
    }
    rows[N] = at;
    for (int round = 0; round < 700; round++) {
        multiply();
        for (uint32_t i = 0; i < N; i++) x[i] = 0.5 + y[i];
    }
    uint64_t hash = HASH_START;
    for (uint32_t i = 0; i < N; i++) hash = mix_double(hash, x[i]);
    print_result("sparse", hash);
    return 0;
}
