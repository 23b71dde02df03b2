/* The sieve of Eratosthenes: strided byte stores. */
#include "kernel.h"

#define LIMIT 4000000

static uint8_t composite[LIMIT];

__attribute__((noinline)) static uint32_t sieve(uint32_t limit) {
    uint32_t count = 0;
    memset(composite, 0, limit);
    for (uint32_t i = 2; i < limit; i++) {
        if (composite[i]) continue;
        count++;
        for (uint32_t j = 2 * i; j < limit; j += i) composite[j] = 1;
    }
    return count;
}

int main(void) {
    uint64_t hash = HASH_START;
    for (uint32_t round = 0; round < 22; round++) hash = mix(hash, sieve(LIMIT - round * 1000));
    print_result("sieve", hash);
    return 0;
}
