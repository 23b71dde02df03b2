/* What all kernels share: a generator of numbers and a line of output. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marsaglia's xorshift64*: the same numbers everywhere. */
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static inline uint32_t random_u32(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1du) >> 32);
}

/* In [0, 1), a multiple of 2^-24: exact in float and double. */
static inline double random_unit(void) {
    return (double)(random_u32() >> 8) * (1.0 / 16777216.0);
}

/* FNV-1a over the bytes of a value. */
static inline uint64_t mix(uint64_t hash, uint64_t value) {
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ (value & 255)) * 0x100000001b3u;
        value >>= 8;
    }
    return hash;
}

static inline uint64_t mix_double(uint64_t hash, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(hash, bits);
}

#define HASH_START 0xcbf29ce484222325u

static inline void print_result(const char *name, uint64_t value) {
    printf("%s %016llx\n", name, (unsigned long long)value);
}

#endif
