/*
 * wordcount: counts the lines, words, characters and bytes of standard input
 * and prints the words that occur most often.
 *
 *   wordcount [N [--repeat TIMES]]
 *
 * N is how many words to list (10 unless told). The text is UTF-8; a byte that
 * is not part of a valid sequence is counted as such and separates words. A
 * word is a run of letters, digits and apostrophes; letters are compared in
 * lower case, as far as Latin, Greek and Cyrillic go. With --repeat the text
 * is counted as if it had been there so many times.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *text; /* NULL when the slot is free */
    uint32_t len;
    uint32_t hash;
    uint64_t count;
} Entry;

typedef struct {
    Entry *slots;
    size_t capacity; /* a power of two */
    size_t used;
} Table;

typedef struct {
    uint64_t lines, words, characters, bytes, invalid;
    size_t longest;
} Totals;

static void fatal(const char *message)
{
    fprintf(stderr, "wordcount: %s\n", message);
    exit(2);
}

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        fatal("out of memory");
    return p;
}

/* ------------------------------------------------------------- the table -- */

static uint32_t hash_bytes(const char *text, size_t len)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash;
}

/* The slot that has the word, or the free one where it belongs. */
static Entry *find_slot(const Table *t, const char *text, size_t len, uint32_t hash)
{
    for (size_t i = hash & (t->capacity - 1);; i = (i + 1) & (t->capacity - 1)) {
        Entry *e = &t->slots[i];
        if (!e->text)
            return e;
        if (e->hash == hash && e->len == len && memcmp(e->text, text, len) == 0)
            return e;
    }
}

static void grow(Table *t)
{
    Table bigger = {.capacity = t->capacity ? t->capacity * 2 : 256, .used = t->used};
    bigger.slots = allocate(bigger.capacity, sizeof *bigger.slots);
    for (size_t i = 0; i < t->capacity; i++) {
        const Entry *e = &t->slots[i];
        if (e->text)
            *find_slot(&bigger, e->text, e->len, e->hash) = *e;
    }
    free(t->slots);
    *t = bigger;
}

/* Copies of the words are carved from blocks that are never given back. */
static char *keep(const char *text, size_t len)
{
    enum { BLOCK = 1 << 16 };
    static char *block;
    static size_t left;
    if (len > left) {
        left = len > BLOCK ? len : BLOCK;
        block = allocate(left, 1);
    }
    char *copy = block;
    memcpy(copy, text, len);
    block += len;
    left -= len;
    return copy;
}

static void add_word(Table *t, const char *text, size_t len)
{
    if ((t->used + 1) * 4 > t->capacity * 3)
        grow(t);
    uint32_t hash = hash_bytes(text, len);
    Entry *e = find_slot(t, text, len, hash);
    if (!e->text) {
        e->text = keep(text, len);
        e->len = (uint32_t)len;
        e->hash = hash;
        t->used++;
    }
    e->count++;
}

/* ----------------------------------------------------------------- UTF-8 -- */

/* Decodes one character; gives its length, or 0 if the bytes are not valid. */
static int decode(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = *p;
    if (first < 0x80) {
        *out = first;
        return 1;
    }
    int len = first >= 0xF5 ? 0 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (len == 0 || end - p < len)
        return 0;
    uint32_t c = first & (0x7Fu >> len);
    for (int i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < smallest[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *out = c;
    return len;
}

static int encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00 >> len & 0xF0) | c);
    return len;
}

static bool is_word_character(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '\'';
    if (c == 0x2019) /* the typographic apostrophe */
        return true;
    if (c < 0xC0)
        return c == 0xAA || c == 0xB5 || c == 0xBA;
    if (c == 0xD7 || c == 0xF7)
        return false;
    /* general punctuation, arrows, symbols, dingbats; CJK punctuation; forms */
    return !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0x2E00 && c <= 0x2E7F) &&
           !(c >= 0x3000 && c <= 0x303F) && !(c >= 0xFF00 && c <= 0xFF0F) &&
           !(c >= 0xFE00 && c <= 0xFE0F) && !(c >= 0x1F000 && c <= 0x1FAFF) && c != 0xFEFF;
}

static uint32_t lower(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c < 0xC0)
        return c;
    if (c <= 0xDE && c != 0xD7)
        return c + 32;
    if (c == 0x2019)
        return '\'';
    /* Latin Extended-A has pairs, the capital first: at even places or odd */
    if (c == 0x130 || c == 0x178)
        return c == 0x130 ? 'i' : 0xFF;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    if (c >= 0x100 && c <= 0x177 && c != 0x138)
        return c | 1;
    /* Greek, those with an accent first */
    if (c == 0x386 || (c >= 0x388 && c <= 0x38A))
        return c + (c == 0x386 ? 38 : 37);
    if (c == 0x38C || c == 0x38E || c == 0x38F)
        return c + (c == 0x38C ? 64 : 63);
    if (c >= 0x391 && c <= 0x3AB)
        return c + 32;
    /* Cyrillic */
    if (c >= 0x410 && c <= 0x42F)
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c;
}

/* -------------------------------------------------------------- counting -- */

enum { LONGEST_WORD = 1024 }; /* in bytes; the rest of a longer one is dropped */

static void count_text(const uint8_t *text, size_t size, Table *table, Totals *totals)
{
    char word[LONGEST_WORD + 4];
    /* letters is len less the apostrophes at the end, which do not belong */
    size_t len = 0, letters = 0;
    const uint8_t *end = text + size;
    totals->bytes += size;
    for (const uint8_t *p = text;;) {
        uint32_t c = ' ';
        if (p < end) {
            int step = decode(p, end, &c);
            if (step == 0) {
                totals->invalid++;
                step = 1;
                c = ' ';
            } else {
                totals->characters++;
                totals->lines += c == '\n';
            }
            p += step;
            if (is_word_character(c)) {
                bool apostrophe = c == '\'' || c == 0x2019;
                if (len < LONGEST_WORD && (letters || !apostrophe)) {
                    len += (size_t)encode(lower(c), word + len);
                    if (!apostrophe)
                        letters = len;
                }
                continue;
            }
        }
        if (letters) {
            totals->words++;
            if (letters > totals->longest)
                totals->longest = letters;
            add_word(table, word, letters);
        }
        len = letters = 0;
        if (p >= end)
            break;
    }
}

static int by_count(const void *left, const void *right)
{
    const Entry *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* All the words, those that occur most first. */
static Entry *sorted(const Table *t)
{
    Entry *list = allocate(t->used + 1, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->slots[i].text)
            list[n++] = t->slots[i];
    qsort(list, n, sizeof *list, by_count);
    return list;
}

/* ------------------------------------------------------------------ main -- */

static uint8_t *read_input(size_t *size)
{
    size_t capacity = 1 << 14, used = 0;
    uint8_t *text = allocate(capacity, 1);
    for (size_t got; (got = fread(text + used, 1, capacity - used, stdin)) > 0;) {
        used += got;
        if (used == capacity) {
            capacity *= 2;
            text = realloc(text, capacity);
            if (!text)
                fatal("out of memory");
        }
    }
    if (ferror(stdin))
        fatal("cannot read the input");
    *size = used;
    return text;
}

static long parse_count(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0)
        fatal("a count is not a number");
    return n;
}

int main(int argc, char **argv)
{
    long wanted = argc > 1 ? parse_count(argv[1]) : 10, repeat = 1;
    if (argc == 4 && strcmp(argv[2], "--repeat") == 0)
        repeat = parse_count(argv[3]);
    else if (argc > 2)
        fatal("usage: wordcount [N [--repeat TIMES]]");

    size_t size;
    uint8_t *text = read_input(&size);
    Table table = {0};
    Totals totals = {0};
    for (long i = 0; i < repeat; i++)
        count_text(text, size, &table, &totals);

    printf("lines      %10llu\n", (unsigned long long)totals.lines);
    printf("words      %10llu\n", (unsigned long long)totals.words);
    printf("characters %10llu\n", (unsigned long long)totals.characters);
    printf("bytes      %10llu\n", (unsigned long long)totals.bytes);
    printf("invalid    %10llu\n", (unsigned long long)totals.invalid);
    printf("distinct   %10zu\n", table.used);
    printf("longest    %10zu\n", totals.longest);

    Entry *list = sorted(&table);
    for (size_t i = 0; i < table.used && i < (size_t)wanted; i++)
        printf("%7llu %.*s\n", (unsigned long long)list[i].count, (int)list[i].len, list[i].text);
    free(list);
    free(table.slots);
    free(text);
    return 0;
}
