/* A box blur of bytes, 16 at a time: widening additions, averages, saturating arithmetic. */
#include "kernel.h"
#include <wasm_simd128.h>

#define W 1024
#define H 512

static uint8_t image[H][W], other[H][W];

static inline v128_t third(v128_t a, v128_t b, v128_t c) {
    v128_t low = wasm_i16x8_add(wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(a), wasm_u16x8_extend_low_u8x16(b)),
                                wasm_u16x8_extend_low_u8x16(c));
    v128_t high = wasm_i16x8_add(wasm_i16x8_add(wasm_u16x8_extend_high_u8x16(a), wasm_u16x8_extend_high_u8x16(b)),
                                 wasm_u16x8_extend_high_u8x16(c));
    v128_t scale = wasm_i16x8_splat(0x2aab); /* a third, in units of 2^-15 */
    return wasm_u8x16_narrow_i16x8(wasm_i16x8_q15mulr_sat(low, scale), wasm_i16x8_q15mulr_sat(high, scale));
}

__attribute__((noinline)) static void blur(void) {
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x += 16) {
            v128_t before = wasm_v128_load(&image[y][x > 0 ? x - 1 : 0]);
            v128_t after = wasm_v128_load(&image[y][x + 17 <= W ? x + 1 : x]);
            wasm_v128_store(&other[y][x], third(before, wasm_v128_load(&image[y][x]), after));
        }
    }
    for (int y = 0; y < H; y++) {
        const uint8_t *up = other[y > 0 ? y - 1 : 0], *down = other[y + 1 < H ? y + 1 : y];
        for (int x = 0; x < W; x += 16) {
            v128_t middle = wasm_v128_load(&other[y][x]);
            v128_t mean = third(wasm_v128_load(up + x), middle, wasm_v128_load(down + x));
            /* What the blur takes away comes back a little: the picture does not fade. */
            v128_t edge = wasm_u8x16_sub_sat(middle, mean);
            wasm_v128_store(&image[y][x], wasm_u8x16_add_sat(mean, wasm_u8x16_avgr(edge, wasm_u8x16_splat(1))));
        }
    }
}

int main(void) {
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) image[y][x] = (uint8_t)random_u32();
    for (int round = 0; round < 2400; round++) {
        image[round % H][round * 7 % W] = 255;
        blur();
    }
    uint64_t hash = HASH_START;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x += 8) {
            uint64_t eight;
            memcpy(&eight, &image[y][x], 8);
            hash = mix(hash, eight);
        }
    print_result("blur_simd", hash);
    return 0;
}
