/* Dynamic programming: the edit distance of two strings, and a knapsack. */
#include "kernel.h"

#define N 5000
#define CAPACITY 20000

static uint8_t a[N], b[N];
static uint32_t row[N + 1], best[CAPACITY + 1];

__attribute__((noinline)) static uint32_t distance(void) {
    for (uint32_t j = 0; j <= N; j++) row[j] = j;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t diagonal = row[0], left = i + 1;
        row[0] = left;
        for (uint32_t j = 0; j < N; j++) {
            uint32_t up = row[j + 1], cost = diagonal + (a[i] != b[j]);
            if (up + 1 < cost) cost = up + 1;
            if (left + 1 < cost) cost = left + 1;
            diagonal = up;
            row[j + 1] = left = cost;
        }
    }
    return row[N];
}

__attribute__((noinline)) static uint32_t knapsack(void) {
    memset(best, 0, sizeof best);
    for (int item = 0; item < 1500; item++) {
        uint32_t weight = 1 + random_u32() % 500, worth = random_u32() % 1000;
        for (uint32_t c = CAPACITY; c >= weight; c--) {
            uint32_t with = best[c - weight] + worth;
            if (with > best[c]) best[c] = with;
        }
    }
    return best[CAPACITY];
}

int main(void) {
    uint64_t hash = HASH_START;
    for (int round = 0; round < 7; round++) {
        for (int i = 0; i < N; i++) {
            a[i] = "acgt"[random_u32() % 4];
            b[i] = random_u32() % 4 ? a[i] : (uint8_t)"acgt"[random_u32() % 4];
        }
        hash = mix(hash, distance());
        hash = mix(hash, knapsack());
    }
    print_result("align", hash);
    return 0;
}
