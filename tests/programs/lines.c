// Traps in a function that is inlined into another one.
static int table[4] = {7, 5, 3, 0};

static inline __attribute__((always_inline)) int divide(int number, int index) {
    return number / table[index];
}

__attribute__((noinline)) int middle(int number, int index) {
    int half = number / 2;
    return divide(half, index) + 1;
}

__attribute__((export_name("run"))) int run(int number, int index) {
    return middle(number, index) * 2;
}
