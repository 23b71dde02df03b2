/* The Mandelbrot set: a short loop of multiplications and additions with one exit. */
#include "kernel.h"

__attribute__((noinline)) static uint32_t escape(double cx, double cy) {
    double x = 0, y = 0;
    uint32_t n = 0;
    while (n < 600) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0) break;
        y = 2.0 * x * y + cy;
        x = xx - yy + cx;
        n++;
    }
    return n;
}

int main(void) {
    uint64_t hash = HASH_START, sum = 0;
    for (int row = 0; row < 700; row++) {
        for (int column = 0; column < 1000; column++) {
            sum += escape(column * (3.0 / 1000.0) - 2.25, row * (2.0 / 700.0) - 1.0);
        }
        hash = mix(hash, sum);
    }
    print_result("mandelbrot", hash);
    return 0;
}
