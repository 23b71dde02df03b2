/* LZ77 with a hash table, compression and decompression: byte copies, short loops, unpredictable lengths. */
#include "kernel.h"

#define SIZE (1 << 20)
#define HASH_BITS 14

static uint8_t plain[SIZE], packed[SIZE + SIZE / 8 + 16], unpacked[SIZE];
static uint32_t heads[1 << HASH_BITS];

static inline uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* Tokens: 0nnnnnnn = n+1 literals follow; 1nnnnnnn dd dd = n+4 bytes from a distance of dd dd. */
__attribute__((noinline)) static uint32_t compress(void) {
    memset(heads, 0, sizeof heads);
    uint32_t out = 0, at = 0, literals = 0;
    while (at < SIZE) {
        uint32_t length = 0, distance = 0;
        if (at + 4 <= SIZE) {
            uint32_t *head = &heads[load32(plain + at) * 2654435761u >> (32 - HASH_BITS)];
            uint32_t candidate = *head;
            *head = at + 1;
            if (candidate && at - (candidate - 1) < 65536) {
                const uint8_t *p = plain + candidate - 1;
                while (length < 131 && at + length < SIZE && p[length] == plain[at + length]) length++;
                distance = at - (candidate - 1);
            }
        }
        if (length < 4) {
            literals++;
            at++;
            if (literals == 128 || at == SIZE) {
                packed[out++] = (uint8_t)(literals - 1);
                memcpy(packed + out, plain + at - literals, literals);
                out += literals;
                literals = 0;
            }
            continue;
        }
        if (literals) {
            packed[out++] = (uint8_t)(literals - 1);
            memcpy(packed + out, plain + at - literals, literals);
            out += literals;
            literals = 0;
        }
        packed[out++] = (uint8_t)(128 + length - 4);
        packed[out++] = (uint8_t)distance;
        packed[out++] = (uint8_t)(distance >> 8);
        at += length;
    }
    return out;
}

__attribute__((noinline)) static uint32_t decompress(uint32_t size) {
    uint32_t in = 0, out = 0;
    while (in < size) {
        uint8_t token = packed[in++];
        if (token < 128) {
            for (uint32_t n = token + 1u; n > 0; n--) unpacked[out++] = packed[in++];
        } else {
            uint32_t distance = packed[in] | (uint32_t)packed[in + 1] << 8;
            in += 2;
            for (uint32_t n = token - 124u; n > 0; n--, out++) unpacked[out] = unpacked[out - distance];
        }
    }
    return out;
}

int main(void) {
    static const char *words[] = {"the ", "runtime ", "compiles ", "a ", "module ", "and ", "calls ", "it ",
                                  "with ", "registers, ", "labels ", "or ", "tables.\n", "of ", "memory ", "pages "};
    uint32_t at = 0;
    while (at < SIZE) {
        for (const char *w = words[random_u32() % 16]; *w && at < SIZE; w++) plain[at++] = (uint8_t)*w;
        if (random_u32() % 8 == 0 && at < SIZE) plain[at++] = (uint8_t)('0' + random_u32() % 10);
    }
    uint64_t hash = HASH_START;
    for (int round = 0; round < 50; round++) {
        uint32_t size = compress();
        if (decompress(size) != SIZE || memcmp(plain, unpacked, SIZE) != 0) return 1;
        hash = mix(hash, size);
        for (int i = 0; i < 1000; i++) plain[random_u32() % SIZE] = (uint8_t)random_u32();
    }
    print_result("lz", hash);
    return 0;
}
