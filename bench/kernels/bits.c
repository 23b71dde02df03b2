/* Bit counting and moving: clz, ctz, popcnt, rotations, in both widths. */
#include "kernel.h"

int main(void) {
    uint64_t sum = 0, x = 0x0123456789abcdefu;
    uint32_t y = 0x89abcdefu;
    for (uint32_t i = 1; i < 150000000; i++) {
        x = (x << 13 | x >> 51) + i;
        y = (y >> (i & 31) | y << (-i & 31)) ^ (uint32_t)x;
        sum += (uint64_t)__builtin_popcountll(x) * (uint32_t)__builtin_popcount(y);
        sum += (uint64_t)(__builtin_clzll(x | 1) + __builtin_ctz(y | 0x80000000u));
        sum ^= (uint64_t)__builtin_ctzll(x | 1ull << 63) << (i & 15);
        if (y & 1) sum += (uint32_t)__builtin_clz(y);
    }
    print_result("bits", sum);
    return 0;
}
