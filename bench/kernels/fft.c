/* Fast Fourier transform in place: strided loads and stores of doubles. */
#include "kernel.h"

#define BITS 15
#define N (1 << BITS)

static double re[N], im[N], wr[N / 2], wi[N / 2];

/* The twiddle factors from half-angle formulas: no library function, the same bits everywhere. */
static void twiddles(void) {
    wr[0] = 1;
    wi[0] = 0;
    double c = -1, s = 0;
    for (int span = N / 2; span > 1; span /= 2) {
        double half_c = __builtin_sqrt((1 + c) / 2), half_s = __builtin_sqrt((1 - c) / 2);
        c = half_c;
        s = half_s;
        int step = span / 2;
        for (int i = 0; i < N / 2; i += span) {
            wr[i + step] = wr[i] * c - wi[i] * s;
            wi[i + step] = wr[i] * s + wi[i] * c;
        }
    }
}

__attribute__((noinline)) static void transform(void) {
    for (uint32_t i = 1, j = 0; i < N; i++) {
        uint32_t bit = N >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            double t = re[i];
            re[i] = re[j];
            re[j] = t;
            t = im[i];
            im[i] = im[j];
            im[j] = t;
        }
    }
    for (int length = 2; length <= N; length *= 2) {
        int half = length / 2, step = N / length;
        for (int start = 0; start < N; start += length) {
            for (int k = 0; k < half; k++) {
                double c = wr[k * step], s = wi[k * step];
                double a = re[start + k + half], b = im[start + k + half];
                double tr = a * c - b * s, ti = a * s + b * c;
                re[start + k + half] = re[start + k] - tr;
                im[start + k + half] = im[start + k] - ti;
                re[start + k] += tr;
                im[start + k] += ti;
            }
        }
    }
}

int main(void) {
    twiddles();
    for (int i = 0; i < N; i++) {
        re[i] = random_unit();
        im[i] = random_unit();
    }
    for (int round = 0; round < 320; round++) {
        transform();
        for (int i = 0; i < N; i++) {
            re[i] *= 1.0 / 256;
            im[i] *= -1.0 / 128;
        }
    }
    uint64_t hash = HASH_START;
    for (int i = 0; i < N; i++) hash = mix_double(mix_double(hash, re[i]), im[i]);
    print_result("fft", hash);
    return 0;
}
