/* Quicksort of integers: data-dependent branches, swaps, recursion. */
#include "kernel.h"

#define N 600000

static uint32_t values[N];

__attribute__((noinline)) static void sort(uint32_t *low, uint32_t *high) {
    while (high - low > 16) {
        uint32_t pivot = low[(high - low) / 2];
        uint32_t *i = low, *j = high - 1;
        for (;;) {
            while (*i < pivot) i++;
            while (*j > pivot) j--;
            if (i >= j) break;
            uint32_t t = *i;
            *i++ = *j;
            *j-- = t;
        }
        /* The smaller side by recursion, so that its depth is logarithmic. */
        uint32_t *middle = j + 1;
        if (middle - low < high - middle) {
            sort(low, middle);
            low = middle;
        } else {
            sort(middle, high);
            high = middle;
        }
    }
    for (uint32_t *i = low + 1; i < high; i++) {
        uint32_t value = *i, *j = i;
        for (; j > low && j[-1] > value; j--) *j = j[-1];
        *j = value;
    }
}

int main(void) {
    uint64_t hash = HASH_START;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < N; i++) values[i] = random_u32();
        sort(values, values + N);
        for (int i = 1; i < N; i++) {
            if (values[i - 1] > values[i]) return 1;
        }
        for (int i = 0; i < N; i += 1000) hash = mix(hash, values[i]);
    }
    print_result("quicksort", hash);
    return 0;
}
