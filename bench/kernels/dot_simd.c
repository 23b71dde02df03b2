/* Dot products with SIMD: four floats, two doubles and eight 16-bit integers at a time. */
#include "kernel.h"
#include <wasm_simd128.h>

#define N 8192

static float fa[N], fb[N];
static double da[N], db[N];
static int16_t ia[N], ib[N];

__attribute__((noinline)) static float dot_f32(void) {
    v128_t s0 = wasm_f32x4_splat(0), s1 = s0;
    for (int i = 0; i < N; i += 8) {
        s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(wasm_v128_load(fa + i), wasm_v128_load(fb + i)));
        s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(wasm_v128_load(fa + i + 4), wasm_v128_load(fb + i + 4)));
    }
    s0 = wasm_f32x4_add(s0, s1);
    return wasm_f32x4_extract_lane(s0, 0) + wasm_f32x4_extract_lane(s0, 1) + wasm_f32x4_extract_lane(s0, 2) +
           wasm_f32x4_extract_lane(s0, 3);
}

__attribute__((noinline)) static double dot_f64(void) {
    v128_t s0 = wasm_f64x2_splat(0), s1 = s0;
    for (int i = 0; i < N; i += 4) {
        s0 = wasm_f64x2_add(s0, wasm_f64x2_mul(wasm_v128_load(da + i), wasm_v128_load(db + i)));
        s1 = wasm_f64x2_add(s1, wasm_f64x2_mul(wasm_v128_load(da + i + 2), wasm_v128_load(db + i + 2)));
    }
    s0 = wasm_f64x2_add(s0, s1);
    return wasm_f64x2_extract_lane(s0, 0) + wasm_f64x2_extract_lane(s0, 1);
}

__attribute__((noinline)) static int32_t dot_i16(void) {
    v128_t s = wasm_i32x4_splat(0);
    for (int i = 0; i < N; i += 8) s = wasm_i32x4_add(s, wasm_i32x4_dot_i16x8(wasm_v128_load(ia + i), wasm_v128_load(ib + i)));
    v128_t swapped = wasm_i32x4_shuffle(s, s, 2, 3, 0, 1);
    s = wasm_i32x4_add(s, swapped);
    return wasm_i32x4_extract_lane(s, 0) + wasm_i32x4_extract_lane(s, 1);
}

int main(void) {
    for (int i = 0; i < N; i++) {
        fa[i] = (float)(random_u32() % 256) / 16, fb[i] = (float)(random_u32() % 256) / 16;
        da[i] = random_unit(), db[i] = random_unit();
        ia[i] = (int16_t)(random_u32() % 512), ib[i] = (int16_t)(random_u32() % 512 - 256);
    }
    uint64_t hash = HASH_START;
    for (int round = 0; round < 120000; round++) {
        hash = mix_double(hash, dot_f32());
        hash = mix_double(hash, dot_f64());
        hash = mix(hash, (uint64_t)(int64_t)dot_i16());
        fa[round % N] += 0.5f, da[round % N] += 0.25, ia[round % N] ^= 3;
    }
    print_result("dot_simd", hash);
    return 0;
}
