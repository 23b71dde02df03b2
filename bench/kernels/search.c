/* String search (Boyer, Moore, Horspool, and a plain scan): byte loads and unpredictable jumps. */
#include "kernel.h"

#define LENGTH (1 << 20)

static uint8_t text[LENGTH];

__attribute__((noinline)) static uint32_t horspool(const uint8_t *needle, uint32_t n) {
    uint32_t skip[256], found = 0;
    for (int i = 0; i < 256; i++) skip[i] = n;
    for (uint32_t i = 0; i + 1 < n; i++) skip[needle[i]] = n - 1 - i;
    for (uint32_t at = 0; at + n <= LENGTH; at += skip[text[at + n - 1]]) {
        uint32_t i = n;
        while (i > 0 && text[at + i - 1] == needle[i - 1]) i--;
        if (i == 0) found += at;
    }
    return found;
}

__attribute__((noinline)) static uint32_t plain(const uint8_t *needle, uint32_t n) {
    uint32_t found = 0;
    for (uint32_t at = 0; at + n <= LENGTH; at++) {
        uint32_t i = 0;
        while (i < n && text[at + i] == needle[i]) i++;
        if (i == n) found += at;
    }
    return found;
}

int main(void) {
    for (int i = 0; i < LENGTH; i++) text[i] = "etaoinshrdlu"[random_u32() % 12];
    uint64_t hash = HASH_START;
    for (int round = 0; round < 90; round++) {
        uint32_t n = 4 + (uint32_t)round % 9;
        const uint8_t *needle = text + random_u32() % (LENGTH - 16);
        hash = mix(hash, horspool(needle, n));
        hash = mix(hash, plain(needle, n));
    }
    print_result("search", hash);
    return 0;
}
