/* 64-bit arithmetic: modular powers, remainders, greatest common divisors, Miller and Rabin's test. */
#include "kernel.h"

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
    uint64_t result = 1;
    for (base %= modulus; exponent; exponent >>= 1) {
        if (exponent & 1) result = result * base % modulus;
        base = base * base % modulus;
    }
    return result;
}

/* For n < 2^32 the bases 2, 7 and 61 are enough. */
static int prime(uint64_t n) {
    if (n % 2 == 0) return n == 2;
    uint64_t d = n - 1;
    int twos = __builtin_ctzll(d);
    d >>= twos;
    static const uint64_t bases[] = {2, 7, 61};
    for (int i = 0; i < 3; i++) {
        if (n == bases[i]) return 1;
        uint64_t x = power(bases[i], d, n);
        if (x == 1 || x == n - 1) continue;
        int k = 1;
        for (; k < twos; k++) {
            x = x * x % n;
            if (x == n - 1) break;
        }
        if (k == twos) return 0;
    }
    return 1;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int main(void) {
    uint64_t hash = HASH_START, found = 0, last = 1;
    for (uint64_t n = 4000000001u; n < 4000000001u + 1600000; n += 2) {
        if (!prime(n)) continue;
        found++;
        hash = hash * 31 + gcd(n * last, (n - 1) * (last - 1) | 1);
        last = n;
    }
    int64_t sum = 0;
    for (int64_t i = 1; i < 12000000; i++) sum += (i * 0x123456789ll) / (i | 5) - (sum >> 3) % (i + 7);
    print_result("primes", mix(mix(hash, found), (uint64_t)sum));
    return 0;
}
