/* Matrix multiplication, three loops, in the element type that -DELEMENT says; -DNAME names the line of output. */
#include "kernel.h"

#define N 320

static ELEMENT a[N][N], b[N][N], c[N][N];

__attribute__((noinline)) static void multiply(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            ELEMENT sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    }
}

int main(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = (ELEMENT)(random_u32() % 64);
            b[i][j] = (ELEMENT)(random_u32() % 64);
        }
    }
    uint64_t hash = HASH_START;
    for (int round = 0; round < ROUNDS; round++) {
        multiply();
        for (int i = 0; i < N; i++) {
            hash = mix(hash, (uint64_t)(int64_t)c[i][(i * 7 + round) % N]);
            a[i][(i + round) % N] += 1;
        }
    }
    print_result(NAME, hash);
    return 0;
}
