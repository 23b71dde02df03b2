/* Backtracking: recursion with several live values and bit operations. */
#include "kernel.h"

static uint32_t all;

static uint32_t place(uint32_t columns, uint32_t left, uint32_t right) {
    if (columns == all) return 1;
    uint32_t count = 0;
    uint32_t free = all & ~(columns | left | right);
    while (free) {
        uint32_t bit = free & -free;
        free ^= bit;
        count += place(columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

int main(void) {
    all = (1u << 14) - 1;
    print_result("queens", place(0, 0, 0));
    return 0;
}
