/* Recursion: calls and returns, and little else. */
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(void) {
    print_result("fib", fib(40));
    return 0;
}
