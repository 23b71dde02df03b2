/* A hash map of strings with open addressing: hashing, comparing, growing, freeing. */
#include "kernel.h"

typedef struct {
    char *key;
    uint32_t hash, count;
} Entry;

static Entry *entries;
static uint32_t capacity, used;

static uint32_t hash_string(const char *s) {
    uint32_t h = 2166136261u;
    while (*s) h = (h ^ (uint8_t)*s++) * 16777619u;
    return h;
}

static Entry *find(Entry *table, uint32_t size, const char *key, uint32_t hash) {
    uint32_t i = hash & (size - 1);
    while (table[i].key && (table[i].hash != hash || strcmp(table[i].key, key) != 0)) i = (i + 1) & (size - 1);
    return &table[i];
}

static void grow(void) {
    uint32_t size = capacity ? capacity * 2 : 64;
    Entry *table = calloc(size, sizeof *table);
    if (!table) abort();
    for (uint32_t i = 0; i < capacity; i++) {
        if (entries[i].key) *find(table, size, entries[i].key, entries[i].hash) = entries[i];
    }
    free(entries);
    entries = table;
    capacity = size;
}

static void count(const char *key) {
    if (used * 4 >= capacity * 3) grow();
    uint32_t hash = hash_string(key);
    Entry *entry = find(entries, capacity, key, hash);
    if (!entry->key) {
        size_t length = strlen(key) + 1;
        entry->key = malloc(length);
        if (!entry->key) abort();
        memcpy(entry->key, key, length);
        entry->hash = hash;
        used++;
    }
    entry->count++;
}

int main(void) {
    uint64_t sum = HASH_START;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 500000; i++) {
            char key[16];
            uint32_t n = random_u32() % 60000 * (random_u32() % 3 + 1);
            int at = 0;
            key[at++] = 'k';
            do key[at++] = (char)('a' + n % 26);
            while ((n /= 26));
            key[at] = 0;
            count(key);
        }
        uint64_t total = 0;
        for (uint32_t i = 0; i < capacity; i++) {
            if (entries[i].key) total += (uint64_t)entries[i].hash * entries[i].count;
            free(entries[i].key);
        }
        sum = mix(mix(sum, total), used);
        free(entries);
        entries = NULL;
        capacity = used = 0;
    }
    print_result("hashmap", sum);
    return 0;
}
