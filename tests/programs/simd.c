/*
 * simd: small kernels with 128-bit WebAssembly SIMD intrinsics, each of them
 * checked against the same thing written without them.
 *
 *   simd [ROUNDS]
 *
 * For each kernel it prints a checksum of the result and whether both versions
 * agree. The data are pseudo-random and the same in every run. ROUNDS is how
 * often the kernels that work on the picture run (3 unless told).
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasm_simd128.h>

enum { WIDTH = 512, HEIGHT = 256, PIXELS = WIDTH * HEIGHT, SAMPLES = 4096 };

static uint8_t picture[PIXELS], other[PIXELS], result[PIXELS], wanted[PIXELS];
static int16_t sound_a[SAMPLES], sound_b[SAMPLES];
static float vector_a[SAMPLES], vector_b[SAMPLES];
static int wrong;

static uint32_t seed = 12345;

static uint32_t next_random(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static uint32_t checksum(const void *data, size_t size)
{
    const uint8_t *p = data;
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void report(const char *name, const void *got, const void *expected, size_t size)
{
    bool same = memcmp(got, expected, size) == 0;
    printf("%-16s %08x %s\n", name, (unsigned)checksum(got, size), same ? "ok" : "WRONG");
    wrong += !same;
}

static void fill_data(void)
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            int wave = (x * x + 3 * y * y) / 97 + (x ^ y);
            picture[y * WIDTH + x] = (uint8_t)(wave + (int)(next_random() & 31));
            other[y * WIDTH + x] = (uint8_t)(x / 2 + (int)(next_random() & 63));
        }
    }
    for (int i = 0; i < SAMPLES; i++) {
        sound_a[i] = (int16_t)(next_random() & 0xFFFF);
        sound_b[i] = (int16_t)(next_random() & 0xFFFF);
        vector_a[i] = (float)(next_random() & 0xFFFF) / 65536.0f - 0.5f;
        vector_b[i] = (float)(next_random() & 0xFFFF) / 4096.0f - 8.0f;
    }
}

/* -------------------------------------------------------------- pictures -- */

/* The mean of three by three pixels: sums of 16 bits, then times 7282 / 65536
 * (just above 1/9) in 32 bits. Edges stay as they are. */
static v128_t divide_by_9(v128_t sums)
{
    const v128_t factor = wasm_u16x8_splat(7282);
    v128_t low = wasm_u32x4_shr(wasm_u32x4_extmul_low_u16x8(sums, factor), 16);
    v128_t high = wasm_u32x4_shr(wasm_u32x4_extmul_high_u16x8(sums, factor), 16);
    return wasm_u16x8_narrow_i32x4(low, high);
}

static void blur_simd(const uint8_t *from, uint8_t *to)
{
    memcpy(to, from, PIXELS);
    for (int y = 1; y < HEIGHT - 1; y++) {
        int x = 1;
        for (; x + 16 < WIDTH; x += 16) {
            v128_t low = wasm_i16x8_splat(0), high = low;
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    v128_t p = wasm_v128_load(from + (y + dy) * WIDTH + x + dx);
                    low = wasm_i16x8_add(low, wasm_u16x8_extend_low_u8x16(p));
                    high = wasm_i16x8_add(high, wasm_u16x8_extend_high_u8x16(p));
                }
            }
            wasm_v128_store(to + y * WIDTH + x,
                            wasm_u8x16_narrow_i16x8(divide_by_9(low), divide_by_9(high)));
        }
        for (; x < WIDTH - 1; x++) {
            unsigned sum = 0;
            for (int i = 0; i < 9; i++)
                sum += from[(y + i / 3 - 1) * WIDTH + x + i % 3 - 1];
            to[y * WIDTH + x] = (uint8_t)(sum * 7282 >> 16);
        }
    }
}

static void blur_plain(const uint8_t *from, uint8_t *to)
{
    memcpy(to, from, PIXELS);
    for (int y = 1; y < HEIGHT - 1; y++) {
        for (int x = 1; x < WIDTH - 1; x++) {
            unsigned sum = 0;
            for (int i = 0; i < 9; i++)
                sum += from[(y + i / 3 - 1) * WIDTH + x + i % 3 - 1];
            to[y * WIDTH + x] = (uint8_t)(sum / 9);
        }
    }
}

static int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

/* Mixes two pictures with saturation, and takes the other way where the first
 * one is dark. */
static void mix_simd(void)
{
    for (int i = 0; i < PIXELS; i += 16) {
        v128_t a = wasm_v128_load(picture + i), b = wasm_v128_load(other + i);
        v128_t brighter = wasm_u8x16_add_sat(a, wasm_u8x16_avgr(a, b));
        v128_t difference = wasm_u8x16_sub_sat(wasm_u8x16_max(a, b), wasm_u8x16_min(a, b));
        v128_t dark = wasm_u8x16_lt(a, wasm_u8x16_splat(100));
        wasm_v128_store(result + i, wasm_v128_bitselect(difference, brighter, dark));
    }
}

static void mix_plain(void)
{
    for (int i = 0; i < PIXELS; i++) {
        int a = picture[i], b = other[i];
        wanted[i] = (uint8_t)(a < 100 ? abs(a - b) : clamp(a + (a + b + 1) / 2, 0, 255));
    }
}

/* Mirrors each row: blocks from both ends, with the bytes in reverse. */
static void mirror_simd(void)
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x += 16) {
            v128_t p = wasm_v128_load(picture + y * WIDTH + x);
            p = wasm_i8x16_shuffle(p, p, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
            wasm_v128_store(result + y * WIDTH + WIDTH - 16 - x, p);
        }
    }
}

static void mirror_plain(void)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            wanted[y * WIDTH + WIDTH - 1 - x] = picture[y * WIDTH + x];
}

/* ----------------------------------------------------------------- bytes -- */

/* How many bytes have each value of their high four bits. */
static void histogram_simd(const uint8_t *bytes, uint32_t counts[16])
{
    for (int value = 0; value < 16; value++) {
        v128_t total = wasm_i32x4_splat(0), want = wasm_i8x16_splat((int8_t)value);
        for (int i = 0; i < PIXELS;) {
            v128_t ones = wasm_i8x16_splat(0); /* at most 255 per byte */
            for (int n = 0; n < 255 && i < PIXELS; n++, i += 16) {
                v128_t high = wasm_u8x16_shr(wasm_v128_load(bytes + i), 4);
                ones = wasm_i8x16_sub(ones, wasm_i8x16_eq(high, want));
            }
            v128_t pairs = wasm_u16x8_extadd_pairwise_u8x16(ones);
            total = wasm_i32x4_add(total, wasm_u32x4_extadd_pairwise_u16x8(pairs));
        }
        counts[value] = (uint32_t)wasm_i32x4_extract_lane(total, 0) +
                        (uint32_t)wasm_i32x4_extract_lane(total, 1) +
                        (uint32_t)wasm_i32x4_extract_lane(total, 2) +
                        (uint32_t)wasm_i32x4_extract_lane(total, 3);
    }
}

static uint64_t population_simd(const uint8_t *bytes)
{
    v128_t total = wasm_i64x2_splat(0);
    for (int i = 0; i < PIXELS; i += 16) {
        v128_t bits = wasm_i8x16_popcnt(wasm_v128_load(bytes + i));
        v128_t quads = wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(bits));
        total = wasm_i64x2_add(total, wasm_u64x2_extend_low_u32x4(quads));
        total = wasm_i64x2_add(total, wasm_u64x2_extend_high_u32x4(quads));
    }
    return (uint64_t)wasm_i64x2_extract_lane(total, 0) + (uint64_t)wasm_i64x2_extract_lane(total, 1);
}

/* The text must lie in a buffer with 16 more bytes after its end. */
static size_t length_simd(const char *text)
{
    for (size_t i = 0;; i += 16) {
        v128_t block = wasm_v128_load(text + i);
        if (!wasm_i8x16_all_true(block)) {
            uint32_t zeros = wasm_i8x16_bitmask(wasm_i8x16_eq(block, wasm_i8x16_splat(0)));
            return i + (size_t)__builtin_ctz(zeros);
        }
    }
}

/* Sixteen hexadecimal digits for each eight bytes, from a table of digits. */
static void hex_simd(const uint8_t *bytes, char *out, int count)
{
    const v128_t digits = wasm_v128_load("0123456789abcdef");
    for (int i = 0; i < count; i += 8) {
        v128_t p = wasm_v128_load64_zero(bytes + i);
        v128_t high = wasm_u8x16_shr(p, 4), low = wasm_v128_and(p, wasm_i8x16_splat(15));
        v128_t nibbles = wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19,
                                            4, 20, 5, 21, 6, 22, 7, 23);
        wasm_v128_store(out + 2 * i, wasm_i8x16_swizzle(digits, nibbles));
    }
}

static void test_bytes(void)
{
    uint32_t counts[16], plain_counts[16] = {0};
    uint64_t ones = population_simd(picture), plain_ones = 0;
    histogram_simd(picture, counts);
    for (int i = 0; i < PIXELS; i++) {
        plain_counts[picture[i] >> 4]++;
        plain_ones += (uint64_t)__builtin_popcount(picture[i]);
    }
    report("histogram", counts, plain_counts, sizeof counts);
    report("population", &ones, &plain_ones, sizeof ones);

    static char text[1024];
    uint32_t lengths[64], plain_lengths[64];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 64; i++) {
        int length = 900 - i * 13;
        text[length] = '\0';
        lengths[i] = (uint32_t)length_simd(text + i % 5);
        plain_lengths[i] = (uint32_t)strlen(text + i % 5);
    }
    report("length", lengths, plain_lengths, sizeof lengths);

    static char hex[2 * 256 + 1], plain_hex[2 * 256 + 1];
    hex_simd(picture + 1000, hex, 256);
    for (int i = 0; i < 256; i++)
        snprintf(plain_hex + 2 * i, 3, "%02x", picture[1000 + i]);
    report("hex", hex, plain_hex, sizeof hex - 1);
    printf("%.32s\n", hex);
}

/* --------------------------------------------------------------- numbers -- */

static int64_t dot_i16_simd(void)
{
    v128_t total = wasm_i64x2_splat(0);
    for (int i = 0; i < SAMPLES; i += 8) {
        /* halved, so that a sum of two products stays inside of 32 bits */
        v128_t a = wasm_i16x8_shr(wasm_v128_load(sound_a + i), 1);
        v128_t products = wasm_i32x4_dot_i16x8(a, wasm_v128_load(sound_b + i));
        total = wasm_i64x2_add(total, wasm_i64x2_extend_low_i32x4(products));
        total = wasm_i64x2_add(total, wasm_i64x2_extend_high_i32x4(products));
    }
    return wasm_i64x2_extract_lane(total, 0) + wasm_i64x2_extract_lane(total, 1);
}

static float dot_f32_simd(void)
{
    v128_t total = wasm_f32x4_splat(0);
    for (int i = 0; i < SAMPLES; i += 4)
        total = wasm_f32x4_add(total, wasm_f32x4_mul(wasm_v128_load(vector_a + i),
                                                     wasm_v128_load(vector_b + i)));
    return (wasm_f32x4_extract_lane(total, 0) + wasm_f32x4_extract_lane(total, 1)) +
           (wasm_f32x4_extract_lane(total, 2) + wasm_f32x4_extract_lane(total, 3));
}

static float dot_f32_plain(void)
{
    float lane[4] = {0};
    for (int i = 0; i < SAMPLES; i++)
        lane[i % 4] += vector_a[i] * vector_b[i];
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* The length of each (a, b), in doubles, and its sum. */
static double norms_simd(void)
{
    v128_t total = wasm_f64x2_splat(0);
    for (int i = 0; i < SAMPLES; i += 2) {
        v128_t a = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(vector_a + i));
        v128_t b = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(vector_b + i));
        v128_t square = wasm_f64x2_add(wasm_f64x2_mul(a, a), wasm_f64x2_mul(b, b));
        total = wasm_f64x2_add(total, wasm_f64x2_sqrt(square));
    }
    return wasm_f64x2_extract_lane(total, 0) + wasm_f64x2_extract_lane(total, 1);
}

static double norms_plain(void)
{
    double lane[2] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double a = vector_a[i], b = vector_b[i];
        lane[i % 2] += sqrt(a * a + b * b);
    }
    return lane[0] + lane[1];
}

/* Products of two numbers of 15 fractional bits, rounded and saturated. */
static void test_fixed_point(void)
{
    static int16_t got[SAMPLES], expected[SAMPLES];
    for (int i = 0; i < SAMPLES; i += 8) {
        v128_t a = wasm_v128_load(sound_a + i), b = wasm_v128_load(sound_b + i);
        v128_t q = wasm_i16x8_q15mulr_sat(a, b);
        q = wasm_i16x8_add_sat(wasm_i16x8_neg(q), wasm_i16x8_abs(b));
        wasm_v128_store(got + i, q);
    }
    for (int i = 0; i < SAMPLES; i++) {
        int q = clamp((sound_a[i] * sound_b[i] + 0x4000) >> 15, -32768, 32767);
        int size = (int16_t)abs(sound_b[i]); /* -32768 stays what it is */
        expected[i] = (int16_t)clamp((int16_t)-q + size, -32768, 32767);
    }
    report("fixed point", got, expected, sizeof got);
}

/* Rounding in all ways, and numbers too large for an integer. */
static void test_rounding(void)
{
    static int32_t got[SAMPLES], expected[SAMPLES];
    for (int i = 0; i < SAMPLES; i += 4) {
        v128_t b = wasm_v128_load(vector_b + i);
        v128_t r = wasm_f32x4_add(wasm_f32x4_nearest(b), wasm_f32x4_mul(wasm_f32x4_floor(b),
                                  wasm_f32x4_ceil(wasm_v128_load(vector_a + i))));
        v128_t large = wasm_f32x4_gt(wasm_f32x4_abs(b), wasm_f32x4_splat(7.5f));
        r = wasm_v128_bitselect(wasm_f32x4_mul(b, wasm_f32x4_splat(1e9f)), r, large);
        wasm_v128_store(got + i, wasm_i32x4_trunc_sat_f32x4(r));
    }
    for (int i = 0; i < SAMPLES; i++) {
        float b = vector_b[i];
        float r = rintf(b) + floorf(b) * ceilf(vector_a[i]);
        if (fabsf(b) > 7.5f)
            r = b * 1e9f;
        expected[i] = r >= 2147483648.0f ? INT32_MAX : r < -2147483648.0f ? INT32_MIN : (int32_t)r;
    }
    report("rounding", got, expected, sizeof got);
}

/* Products of matrices of four by four; the columns of b are transposed rows. */
static v128_t row_times(v128_t row, const float *b)
{
    v128_t sum = wasm_f32x4_mul(wasm_i32x4_shuffle(row, row, 0, 0, 0, 0), wasm_v128_load(b));
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_i32x4_shuffle(row, row, 1, 1, 1, 1),
                                             wasm_v128_load(b + 4)));
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_i32x4_shuffle(row, row, 2, 2, 2, 2),
                                             wasm_v128_load(b + 8)));
    return wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_i32x4_shuffle(row, row, 3, 3, 3, 3),
                                              wasm_v128_load(b + 12)));
}

static void test_matrices(void)
{
    static float got[SAMPLES], expected[SAMPLES];
    for (int m = 0; m < SAMPLES; m += 16)
        for (int row = 0; row < 16; row += 4)
            wasm_v128_store(got + m + row, row_times(wasm_v128_load(vector_a + m + row),
                                                     vector_b + m));
    for (int i = 0; i < SAMPLES; i++) {
        const float *a = vector_a + i / 4 * 4, *b = vector_b + i / 16 * 16 + i % 4;
        expected[i] = ((a[0] * b[0] + a[1] * b[4]) + a[2] * b[8]) + a[3] * b[12];
    }
    report("matrices", got, expected, sizeof got);
}

/* Two xorshift generators of 64 bits next to each other. */
static void test_generators(void)
{
    uint64_t got[2], expected[2] = {0x9E3779B97F4A7C15, 88172645463325252};
    v128_t state = wasm_u64x2_make(expected[0], expected[1]), sum = wasm_i64x2_splat(0);
    uint64_t sums[2] = {0};
    for (int i = 0; i < 20000; i++) {
        state = wasm_v128_xor(state, wasm_i64x2_shl(state, 13));
        state = wasm_v128_xor(state, wasm_u64x2_shr(state, 7));
        state = wasm_v128_xor(state, wasm_i64x2_shl(state, 17));
        sum = wasm_i64x2_add(sum, wasm_i64x2_mul(state, wasm_v128_not(sum)));
        for (int lane = 0; lane < 2; lane++) {
            expected[lane] ^= expected[lane] << 13;
            expected[lane] ^= expected[lane] >> 7;
            expected[lane] ^= expected[lane] << 17;
            sums[lane] += expected[lane] * ~sums[lane];
        }
    }
    wasm_v128_store64_lane(&got[0], sum, 0);
    wasm_v128_store64_lane(&got[1], sum, 1);
    report("generators", got, sums, sizeof got);
}

static void test_numbers(void)
{
    int64_t sum = dot_i16_simd(), plain_sum = 0;
    for (int i = 0; i < SAMPLES; i++)
        plain_sum += (sound_a[i] >> 1) * sound_b[i];
    report("dot, i16", &sum, &plain_sum, sizeof sum);

    float dot = dot_f32_simd(), plain_dot = dot_f32_plain();
    report("dot, f32", &dot, &plain_dot, sizeof dot);
    double norms = norms_simd(), plain_norms = norms_plain();
    report("norms, f64", &norms, &plain_norms, sizeof norms);
    printf("%lld %.6f %.9f\n", (long long)sum, (double)dot, norms);

    test_fixed_point();
    test_rounding();
    test_matrices();
    test_generators();
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 3;
    fill_data();
    for (int i = 0; i < rounds; i++) {
        blur_simd(picture, result);
        blur_plain(picture, wanted);
        report("blur", result, wanted, PIXELS);
        mix_simd();
        mix_plain();
        report("mix", result, wanted, PIXELS);
        mirror_simd();
        mirror_plain();
        report("mirror", result, wanted, PIXELS);
        for (int p = 0; p < PIXELS; p++) /* so that the next round differs */
            picture[p] = (uint8_t)(picture[p] ^ wanted[p] >> 1);
    }
    test_bytes();
    test_numbers();
    printf("%d wrong\n", wrong);
    return wrong ? 1 : 0;
}
