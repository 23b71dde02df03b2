/*
 * sha256: SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104).
 *
 *   sha256               the digest of standard input, in hexadecimal
 *   sha256 --repeat N    then the digest of that digest (its 32 bytes), N times
 *   sha256 --hmac KEY    the HMAC of standard input
 *   sha256 --self-test   the published test vectors
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, DIGEST = 32 };

typedef struct {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[BLOCK];
    size_t used; /* bytes in the block */
} Sha256;

/* The first 32 bits of the fractional parts of the cube roots of the primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static uint32_t load_big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_big(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> (24 - 8 * i));
}

static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = load_big(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t a = s[0], b = s[1], c = s[2], e = s[4], f = s[5], g = s[6];
        uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t choice = (e & f) ^ (~e & g);
        uint32_t t1 = s[7] + sum1 + choice + K[i] + w[i];
        uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + sum0 + majority;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static void sha256_start(Sha256 *h)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(h->state, initial, sizeof initial);
    h->length = 0;
    h->used = 0;
}

static void sha256_add(Sha256 *h, const void *data, size_t size)
{
    const uint8_t *p = data;
    h->length += size;
    while (size > 0) {
        size_t part = BLOCK - h->used < size ? BLOCK - h->used : size;
        if (part == BLOCK)
            compress(h->state, p);
        else {
            memcpy(h->block + h->used, p, part);
            h->used += part;
            if (h->used == BLOCK) {
                compress(h->state, h->block);
                h->used = 0;
            }
        }
        p += part;
        size -= part;
    }
}

static void sha256_finish(Sha256 *h, uint8_t digest[DIGEST])
{
    uint64_t bits = h->length * 8;
    uint8_t tail[BLOCK + 8] = {0x80};
    size_t padding = (h->used < 56 ? 56 : 120) - h->used;
    store_big(tail + padding, (uint32_t)(bits >> 32));
    store_big(tail + padding + 4, (uint32_t)bits);
    sha256_add(h, tail, padding + 8);
    for (int i = 0; i < 8; i++)
        store_big(digest + 4 * i, h->state[i]);
}

static void sha256(const void *data, size_t size, uint8_t digest[DIGEST])
{
    Sha256 h;
    sha256_start(&h);
    sha256_add(&h, data, size);
    sha256_finish(&h, digest);
}

typedef struct {
    Sha256 inner;
    uint8_t key[BLOCK];
} Hmac;

static void hmac_start(Hmac *m, const void *key, size_t size)
{
    uint8_t pad[BLOCK];
    memset(m->key, 0, BLOCK);
    if (size > BLOCK)
        sha256(key, size, m->key);
    else
        memcpy(m->key, key, size);
    for (int i = 0; i < BLOCK; i++)
        pad[i] = m->key[i] ^ 0x36;
    sha256_start(&m->inner);
    sha256_add(&m->inner, pad, BLOCK);
}

static void hmac_finish(Hmac *m, uint8_t digest[DIGEST])
{
    Sha256 outer;
    uint8_t pad[BLOCK], inner_digest[DIGEST];
    sha256_finish(&m->inner, inner_digest);
    for (int i = 0; i < BLOCK; i++)
        pad[i] = m->key[i] ^ 0x5c;
    sha256_start(&outer);
    sha256_add(&outer, pad, BLOCK);
    sha256_add(&outer, inner_digest, DIGEST);
    sha256_finish(&outer, digest);
}

static void to_hex(const uint8_t digest[DIGEST], char out[2 * DIGEST + 1])
{
    for (int i = 0; i < DIGEST; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ------------------------------------------------------------- self-test -- */

typedef struct {
    const char *name, *text, *digest;
    int times; /* how often the text is fed, in pieces */
} Vector;

static const Vector vectors[] = {
    {"empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1},
    {"abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 1},
    {"448 bits", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", 1},
    {"896 bits",
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1", 1},
    {"million a", "aaaaaaaaaa",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 100000},
};

static bool check(const char *name, const uint8_t digest[DIGEST], const char *expected)
{
    char hex[2 * DIGEST + 1];
    to_hex(digest, hex);
    bool same = strcmp(hex, expected) == 0;
    printf("%-10s %s %s\n", name, hex, same ? "ok" : "WRONG");
    return same;
}

static int self_test(void)
{
    uint8_t digest[DIGEST];
    int wrong = 0;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        Sha256 h;
        sha256_start(&h);
        for (int n = 0; n < vectors[i].times; n++)
            sha256_add(&h, vectors[i].text, strlen(vectors[i].text));
        sha256_finish(&h, digest);
        wrong += !check(vectors[i].name, digest, vectors[i].digest);
    }

    Hmac m; /* test cases 2 and 6 of RFC 4231 */
    const char *text = "what do ya want for nothing?";
    hmac_start(&m, "Jefe", 4);
    sha256_add(&m.inner, text, strlen(text));
    hmac_finish(&m, digest);
    wrong += !check("hmac", digest,
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    uint8_t key[131];
    memset(key, 0xaa, sizeof key);
    text = "Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_start(&m, key, sizeof key);
    sha256_add(&m.inner, text, strlen(text));
    hmac_finish(&m, digest);
    wrong += !check("hmac, key", digest,
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

    printf("%d wrong\n", wrong);
    return wrong ? 1 : 0;
}

/* ------------------------------------------------------------------ main -- */

static void add_input(Sha256 *h)
{
    uint8_t buffer[8192];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        sha256_add(h, buffer, got);
}

int main(int argc, char **argv)
{
    uint8_t digest[DIGEST];
    char hex[2 * DIGEST + 1];
    const char *option = argc > 1 ? argv[1] : "";
    if (argc == 2 && strcmp(option, "--self-test") == 0)
        return self_test();

    if (argc == 3 && strcmp(option, "--hmac") == 0) {
        Hmac m;
        hmac_start(&m, argv[2], strlen(argv[2]));
        add_input(&m.inner);
        hmac_finish(&m, digest);
    } else if (argc == 1 || (argc == 3 && strcmp(option, "--repeat") == 0)) {
        Sha256 h;
        sha256_start(&h);
        add_input(&h);
        sha256_finish(&h, digest);
        for (long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0; n > 0; n--)
            sha256(digest, DIGEST, digest);
    } else {
        fputs("usage: sha256 [--repeat N | --hmac KEY | --self-test]\n", stderr);
        return 2;
    }
    to_hex(digest, hex);
    puts(hex);
    return 0;
}
