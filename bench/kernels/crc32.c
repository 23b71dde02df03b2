/* CRC-32, one table, a byte at a time: a chain of dependent loads. */
#include "kernel.h"

static uint32_t table[256];
static uint8_t data[1 << 20];

__attribute__((noinline)) static uint32_t crc(uint32_t c) {
    c = ~c;
    for (size_t i = 0; i < sizeof data; i++) c = table[(c ^ data[i]) & 255] ^ c >> 8;
    return ~c;
}

int main(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;
        for (int i = 0; i < 8; i++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[n] = c;
    }
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)random_u32();
    uint32_t c = 0;
    for (int round = 0; round < 110; round++) c = crc(c);
    print_result("crc32", c);
    return 0;
}
