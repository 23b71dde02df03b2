/* A JSON parser that builds a tree, and a walk over the tree: allocation, recursion, character classes. */
#include "kernel.h"

typedef enum { NIL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT } Kind;

typedef struct Value {
    struct Value *next, *first;
    const char *key, *string;
    uint32_t key_length, length;
    double number;
    Kind kind;
} Value;

#define TEXT (1 << 20)
#define POOL 160000

static char text[TEXT];
static uint32_t length;
static Value pool[POOL];
static uint32_t used;
static const char *at;

static void put(const char *s) {
    while (*s && length < TEXT - 1) text[length++] = *s++;
}

static void put_number(uint32_t n) {
    char digits[12];
    int i = 11;
    digits[i] = 0;
    do digits[--i] = (char)('0' + n % 10);
    while ((n /= 10));
    put(digits + i);
}

static void generate(void) {
    static const char *names[] = {"id", "name", "tags", "position", "children", "value", "on"};
    put("[");
    for (int i = 0; length < TEXT - 400; i++) {
        put(i ? ",\n  {\"" : "\n  {\"");
        put(names[0]), put("\": "), put_number(random_u32());
        put(", \""), put(names[1]), put("\": \"item \\\"");
        put_number(random_u32() % 1000), put("\\\" of \\u00e9t\\u00e9\", \""), put(names[2]), put("\": [");
        for (uint32_t n = random_u32() % 6; n > 0; n--) put("\"tag"), put_number(n), put(n > 1 ? "\", " : "\"");
        put("], \""), put(names[3]), put("\": {\"x\": -"), put_number(random_u32() % 100000);
        put("."), put_number(random_u32() % 1000), put("e-2, \"y\": "), put_number(random_u32() % 10000), put("}");
        put(", \""), put(names[6]), put(random_u32() % 2 ? "\": true" : "\": false");
        put(", \""), put(names[5]), put("\": null}");
    }
    put("\n]");
}

static void space(void) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static void fail(void) {
    puts("syntax error");
    exit(1);
}

static const char *string(uint32_t *size) {
    if (*at++ != '"') fail();
    const char *begin = at;
    while (*at != '"') {
        if (!*at) fail();
        if (*at == '\\') at++;
        at++;
    }
    *size = (uint32_t)(at++ - begin);
    return begin;
}

static double number(void) {
    double value = 0, scale = 1;
    int negative = *at == '-', exponent = 0, sign = 1;
    if (negative) at++;
    if (*at < '0' || *at > '9') fail();
    while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
    if (*at == '.') {
        at++;
        while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0'), scale *= 10;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '-') sign = -1, at++;
        while (*at >= '0' && *at <= '9') exponent = exponent * 10 + (*at++ - '0');
    }
    value /= scale;
    for (; exponent > 0; exponent--) value = sign > 0 ? value * 10 : value / 10;
    return negative ? -value : value;
}

static int word(const char *w) {
    size_t n = strlen(w);
    if (strncmp(at, w, n) != 0) return 0;
    at += n;
    return 1;
}

static Value *value(void) {
    if (used == POOL) fail();
    Value *v = &pool[used++];
    memset(v, 0, sizeof *v);
    space();
    char open = *at;
    if (open == '{' || open == '[') {
        char close = open == '{' ? '}' : ']';
        v->kind = open == '{' ? OBJECT : ARRAY;
        Value **tail = &v->first;
        at++;
        space();
        while (*at != close) {
            const char *key = NULL;
            uint32_t size = 0;
            if (open == '{') {
                key = string(&size);
                space();
                if (*at++ != ':') fail();
            }
            Value *member = value();
            member->key = key, member->key_length = size;
            *tail = member, tail = &member->next;
            v->length++;
            space();
            if (*at == ',') at++, space();
            else if (*at != close) fail();
        }
        at++;
    } else if (open == '"') {
        v->kind = STRING;
        v->string = string(&v->length);
    } else if (word("true")) {
        v->kind = BOOLEAN, v->length = 1;
    } else if (word("false")) {
        v->kind = BOOLEAN;
    } else if (!word("null")) {
        v->kind = NUMBER;
        v->number = number();
    }
    return v;
}

static uint64_t walk(const Value *v, uint64_t hash) {
    hash = hash * 31 + v->kind + v->length;
    for (uint32_t i = 0; i < v->key_length; i++) hash = hash * 31 + (uint8_t)v->key[i];
    if (v->kind == NUMBER) hash = mix_double(hash, v->number);
    if (v->kind == STRING)
        for (uint32_t i = 0; i < v->length; i++) hash = hash * 31 + (uint8_t)v->string[i];
    for (const Value *c = v->first; c; c = c->next) hash = walk(c, hash);
    return hash;
}

int main(void) {
    generate();
    uint64_t hash = HASH_START;
    for (int round = 0; round < 140; round++) {
        used = 0;
        at = text;
        hash = walk(value(), hash);
    }
    print_result("json", mix(hash, used));
    return 0;
}
