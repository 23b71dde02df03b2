/*
 * json: parses JSON (RFC 8259, strictly) from standard input.
 *
 *   json pretty             print it again, indented by two spaces
 *   json compact            print it again without any blanks
 *   json stats [--repeat N] print how many values of each type it has; parse
 *                           it N times before that
 *
 * Malformed text gives a message with line and column (in characters) on
 * standard error and the exit code 1. Numbers are doubles, and are printed with
 * the fewest digits that read back as the same number.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200 };

typedef enum { NUL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT, TYPES } Type;

typedef struct Value Value;

typedef struct {
    char *text;
    size_t len;
} String;

struct Value {
    Type type;
    bool truth;
    double number;
    String string;
    Value *first; /* items of an array, members of an object */
    Value *next;  /* the next item or member of what this one is in */
    String key;   /* if it is a member */
};

static void fatal(const char *message)
{
    fprintf(stderr, "json: %s\n", message);
    exit(2);
}

/* ----------------------------------------------------------------- arena -- */

/* Values and strings live until the arena is emptied all at once. */
typedef struct Block {
    struct Block *next;
    size_t used, size;
    _Alignas(16) char bytes[];
} Block;

static Block *arena;

static void *arena_alloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (!arena || arena->size - arena->used < size) {
        size_t block_size = size > 65536 ? size : 65536;
        Block *b = malloc(sizeof *b + block_size);
        if (!b)
            fatal("out of memory");
        *b = (Block){.next = arena, .size = block_size};
        arena = b;
    }
    void *p = arena->bytes + arena->used;
    arena->used += size;
    return p;
}

static void arena_empty(void)
{
    while (arena) {
        Block *next = arena->next;
        free(arena);
        arena = next;
    }
}

/* ---------------------------------------------------------------- parser -- */

typedef struct {
    const char *start, *p, *end;
    int depth;
    const char *error, *error_at; /* the first error */
} Parser;

static Value *error(Parser *ps, const char *at, const char *message)
{
    if (!ps->error) {
        ps->error = message;
        ps->error_at = at;
    }
    return NULL;
}

static Value *parse_value(Parser *ps);

static void skip_blanks(Parser *ps)
{
    while (ps->p < ps->end &&
           (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r'))
        ps->p++;
}

static bool at(const Parser *ps, char c) { return ps->p < ps->end && *ps->p == c; }

static bool at_digit(const Parser *ps)
{
    return ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9';
}

static Value *new_value(Type type)
{
    Value *v = arena_alloc(sizeof *v);
    memset(v, 0, sizeof *v);
    v->type = type;
    return v;
}

static Value *parse_literal(Parser *ps, const char *text, Type type, bool truth)
{
    size_t len = strlen(text);
    if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, text, len) != 0)
        return error(ps, ps->p, "expected a value");
    ps->p += len;
    Value *v = new_value(type);
    v->truth = truth;
    return v;
}

static Value *parse_number(Parser *ps)
{
    const char *start = ps->p;
    if (at(ps, '-'))
        ps->p++;
    if (!at_digit(ps))
        return error(ps, ps->p, "expected a digit");
    if (*ps->p++ == '0') {
        if (at_digit(ps))
            return error(ps, ps->p, "a number starts with a superfluous zero");
    } else
        while (at_digit(ps))
            ps->p++;
    if (at(ps, '.')) {
        ps->p++;
        if (!at_digit(ps))
            return error(ps, ps->p, "expected a digit after the decimal point");
        while (at_digit(ps))
            ps->p++;
    }
    if (at(ps, 'e') || at(ps, 'E')) {
        ps->p++;
        if (at(ps, '+') || at(ps, '-'))
            ps->p++;
        if (!at_digit(ps))
            return error(ps, ps->p, "expected a digit in the exponent");
        while (at_digit(ps))
            ps->p++;
    }
    Value *v = new_value(NUMBER);
    v->number = strtod(start, NULL); /* the text ends with a NUL */
    return isfinite(v->number) ? v : error(ps, start, "number is out of range");
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX, or -1. */
static int32_t parse_hex4(Parser *ps)
{
    int32_t unit = 0;
    if (ps->end - ps->p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*ps->p);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
        ps->p++;
    }
    return unit;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80)
        *out++ = (char)c;
    else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* How many bytes the UTF-8 sequence at p has; 0 if it is not valid. */
static int utf8_length(const char *p, const char *end)
{
    const uint8_t *b = (const uint8_t *)p;
    int len = b[0] < 0x80 ? 1 : b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3
            : b[0] < 0xF5 ? 4 : 0;
    if (len == 0 || end - p < len)
        return 0;
    for (int i = 1; i < len; i++)
        if ((b[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xF0 && b[1] < 0x90);
    bool surrogate = b[0] == 0xED && b[1] >= 0xA0;
    bool too_large = b[0] == 0xF4 && b[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : len;
}

/* After a backslash. */
static bool parse_escape(Parser *ps, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *start = ps->p - 1;
    char c = ps->p < ps->end ? *ps->p++ : '\0';
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        *(*out)++ = to[simple - from];
        return true;
    }
    if (c != 'u')
        return error(ps, start, "unknown escape in a string"), false;
    int32_t unit = parse_hex4(ps);
    if (unit < 0)
        return error(ps, start, "expected four hexadecimal digits after \\u"), false;
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return error(ps, start, "low surrogate without a high one"), false;
    uint32_t code = (uint32_t)unit;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        int32_t low = -1;
        if (ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u') {
            ps->p += 2;
            low = parse_hex4(ps);
        }
        if (low < 0xDC00 || low > 0xDFFF)
            return error(ps, start, "high surrogate without a low one"), false;
        code = 0x10000 + ((code - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    }
    *out = put_utf8(*out, code);
    return true;
}

static bool parse_string(Parser *ps, String *out)
{
    const char *start = ps->p++;
    const char *close = ps->p;
    while (close < ps->end && *close != '"')
        close += 1 + (*close == '\\');
    if (close >= ps->end)
        close = ps->end;
    /* no escape becomes longer than it was */
    char *to = out->text = arena_alloc((size_t)(close - ps->p) + 1);
    for (;;) {
        if (ps->p >= ps->end)
            return error(ps, start, "string is not closed"), false;
        char c = *ps->p;
        if (c == '"')
            break;
        if (c == '\\') {
            ps->p++;
            if (!parse_escape(ps, &to))
                return false;
            continue;
        }
        if ((uint8_t)c < 0x20)
            return error(ps, ps->p, "control character in a string"), false;
        int len = utf8_length(ps->p, ps->end);
        if (len == 0)
            return error(ps, ps->p, "string is not valid UTF-8"), false;
        while (len-- > 0)
            *to++ = *ps->p++;
    }
    ps->p++;
    *to = '\0';
    out->len = (size_t)(to - out->text);
    return true;
}

/* An array or an object; they differ in the brackets and in the keys. */
static Value *parse_container(Parser *ps, Type type)
{
    char close = type == ARRAY ? ']' : '}';
    const char *start = ps->p++;
    Value *container = new_value(type), **tail = &container->first;
    if (++ps->depth > MAX_DEPTH)
        return error(ps, start, "nested too deeply");
    skip_blanks(ps);
    while (!at(ps, close)) {
        String key = {0};
        if (container->first) {
            if (!at(ps, ','))
                return error(ps, ps->p, type == ARRAY ? "expected ',' or ']'"
                                                      : "expected ',' or '}'");
            ps->p++;
            skip_blanks(ps);
        }
        if (type == OBJECT) {
            if (!at(ps, '"'))
                return error(ps, ps->p, "expected a string as the key");
            if (!parse_string(ps, &key))
                return NULL;
            skip_blanks(ps);
            if (!at(ps, ':'))
                return error(ps, ps->p, "expected ':'");
            ps->p++;
        }
        Value *item = parse_value(ps);
        if (!item)
            return NULL;
        item->key = key;
        *tail = item;
        tail = &item->next;
        skip_blanks(ps);
    }
    ps->p++;
    ps->depth--;
    return container;
}

static Value *parse_value(Parser *ps)
{
    skip_blanks(ps);
    if (ps->p >= ps->end)
        return error(ps, ps->p, "unexpected end of the text");
    switch (*ps->p) {
    case '{': return parse_container(ps, OBJECT);
    case '[': return parse_container(ps, ARRAY);
    case 't': return parse_literal(ps, "true", BOOLEAN, true);
    case 'f': return parse_literal(ps, "false", BOOLEAN, false);
    case 'n': return parse_literal(ps, "null", NUL, false);
    case '"': {
        Value *v = new_value(STRING);
        return parse_string(ps, &v->string) ? v : NULL;
    }
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return parse_number(ps);
    default: return error(ps, ps->p, "expected a value");
    }
}

/* The one value that the text is. The byte after its end must be a NUL. */
static Value *parse_document(Parser *ps, const char *text, size_t len)
{
    *ps = (Parser){.start = text, .p = text, .end = text + len};
    Value *v = parse_value(ps);
    skip_blanks(ps);
    if (v && ps->p < ps->end)
        return error(ps, ps->p, "unexpected text after the value");
    return v;
}

static void report(const Parser *ps)
{
    int line = 1, column = 1;
    for (const char *p = ps->start; p < ps->error_at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if ((*p & 0xC0) != 0x80)
            column++;
    }
    fprintf(stderr, "json: %d:%d: %s\n", line, column, ps->error);
}

/* --------------------------------------------------------------- printer -- */

static void print_number(double d)
{
    char text[40];
    if (d == floor(d) && fabs(d) < 9007199254740992.0 && !(d == 0 && signbit(d))) {
        printf("%" PRId64, (int64_t)d);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    fputs(text, stdout);
}

static void print_string(String s)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.text[i];
        const char *simple = c ? strchr(from, c) : NULL;
        if (simple) {
            putchar('\\');
            putchar(to[simple - from]);
        } else if ((uint8_t)c < 0x20 || c == 0x7F)
            printf("\\u%04x", (unsigned)c);
        else
            putchar(c);
    }
    putchar('"');
}

static void new_line(bool pretty, int depth)
{
    if (pretty)
        printf("\n%*s", depth * 2, "");
}

static void print_value(const Value *v, bool pretty, int depth)
{
    switch (v->type) {
    case NUL: fputs("null", stdout); break;
    case BOOLEAN: fputs(v->truth ? "true" : "false", stdout); break;
    case NUMBER: print_number(v->number); break;
    case STRING: print_string(v->string); break;
    case ARRAY:
    case OBJECT:
    case TYPES:
        putchar(v->type == ARRAY ? '[' : '{');
        for (const Value *item = v->first; item; item = item->next) {
            if (item != v->first)
                putchar(',');
            new_line(pretty, depth + 1);
            if (v->type == OBJECT) {
                print_string(item->key);
                fputs(pretty ? ": " : ":", stdout);
            }
            print_value(item, pretty, depth + 1);
        }
        if (v->first)
            new_line(pretty, depth);
        putchar(v->type == ARRAY ? ']' : '}');
        break;
    }
}

/* ----------------------------------------------------------------- stats -- */

typedef struct {
    int count[TYPES];
    int members, duplicates, deepest;
    size_t string_bytes, widest;
    double sum, smallest, largest;
} Stats;

static void gather(const Value *v, int depth, Stats *s)
{
    s->count[v->type]++;
    if (depth > s->deepest)
        s->deepest = depth;
    if (v->type == STRING)
        s->string_bytes += v->string.len;
    if (v->type == NUMBER) {
        if (s->count[NUMBER] == 1)
            s->smallest = s->largest = v->number;
        s->smallest = fmin(s->smallest, v->number);
        s->largest = fmax(s->largest, v->number);
        s->sum += v->number;
    }
    size_t width = 0;
    for (const Value *item = v->first; item; item = item->next, width++) {
        gather(item, depth + 1, s);
        if (v->type != OBJECT)
            continue;
        s->members++;
        for (const Value *other = v->first; other != item; other = other->next) {
            if (other->key.len == item->key.len &&
                memcmp(other->key.text, item->key.text, item->key.len) == 0) {
                s->duplicates++;
                break;
            }
        }
    }
    if (width > s->widest)
        s->widest = width;
}

static void print_stats(const Value *v)
{
    static const char *const names[TYPES] = {"null", "boolean", "number", "string",
                                             "array", "object"};
    Stats s = {0};
    gather(v, 1, &s);
    for (int i = 0; i < TYPES; i++)
        printf("%-14s %d\n", names[i], s.count[i]);
    printf("%-14s %d\n", "members", s.members);
    printf("%-14s %d\n", "duplicate keys", s.duplicates);
    printf("%-14s %d\n", "deepest", s.deepest);
    printf("%-14s %zu\n", "widest", s.widest);
    printf("%-14s %zu\n", "string bytes", s.string_bytes);
    if (s.count[NUMBER])
        printf("%-14s sum %.6g, from %.17g to %.17g\n", "numbers", s.sum, s.smallest, s.largest);
}

/* ------------------------------------------------------------------ main -- */

static char *read_input(size_t *len)
{
    size_t capacity = 1 << 14, used = 0, got;
    char *text = malloc(capacity);
    while (text && (got = fread(text + used, 1, capacity - used - 1, stdin)) > 0) {
        used += got;
        if (used == capacity - 1)
            text = realloc(text, capacity *= 2);
    }
    if (!text)
        fatal("out of memory");
    text[used] = '\0';
    *len = used;
    return text;
}

int main(int argc, char **argv)
{
    const char *action = argc > 1 ? argv[1] : "";
    bool pretty = strcmp(action, "pretty") == 0, stats = strcmp(action, "stats") == 0;
    long repeat = 1;
    if (argc == 4 && stats && strcmp(argv[2], "--repeat") == 0)
        repeat = strtol(argv[3], NULL, 10);
    else if (argc != 2 || !(pretty || stats || strcmp(action, "compact") == 0))
        fatal("usage: json pretty|compact|stats [--repeat N]");

    size_t len;
    char *text = read_input(&len);
    Parser parser;
    Value *document;
    do {
        arena_empty();
        document = parse_document(&parser, text, len);
    } while (document && --repeat > 0);
    if (!document) {
        report(&parser);
        return 1;
    }
    if (stats)
        print_stats(document);
    else {
        print_value(document, pretty, 0);
        putchar('\n');
    }
    arena_empty();
    free(text);
    return 0;
}
