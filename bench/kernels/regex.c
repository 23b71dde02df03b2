/* A regular expression compiled to a nondeterministic automaton (Thompson), simulated with sets of states. */
#include "kernel.h"

enum { CHAR, ANY, CLASS, SPLIT, MATCH };

typedef struct {
    uint8_t kind, from, to;
    int16_t next, other;
} State;

#define MAX_STATES 128
#define LENGTH 1600000

static State states[MAX_STATES];
static int count;
static int16_t current[MAX_STATES], following[MAX_STATES];
static uint32_t marks[MAX_STATES], mark;
static char text[LENGTH];

static int add(uint8_t kind, int from, int to, int next, int other) {
    if (count == MAX_STATES) abort();
    states[count] = (State){kind, (uint8_t)from, (uint8_t)to, (int16_t)next, (int16_t)other};
    return count++;
}

/* Compiles from the end to the beginning: `next` is where the automaton goes on after the pattern.
   Atoms: a letter, `.`, `[x-y]`; each may be followed by `*`, `+` or `?`; `|` at the top level. */
static int sequence(const char *begin, const char *end, int next) {
    while (end > begin) {
        char suffix = 0;
        if (end[-1] == '*' || end[-1] == '+' || end[-1] == '?') suffix = *--end;
        int kind = CHAR, from = end[-1], to = end[-1];
        if (end[-1] == ']') {
            end -= 5;
            kind = CLASS, from = end[1], to = end[3];
        } else {
            end--;
            if (from == '.') kind = ANY;
        }
        if (suffix == '*' || suffix == '+') {
            int split = add(SPLIT, 0, 0, -1, next);
            int atom = add((uint8_t)kind, from, to, split, -1);
            states[split].next = (int16_t)atom;
            next = suffix == '*' ? split : atom;
        } else {
            int atom = add((uint8_t)kind, from, to, next, -1);
            next = suffix ? add(SPLIT, 0, 0, atom, next) : atom;
        }
    }
    return next;
}

static int compile(const char *pattern) {
    count = 0;
    int match = add(MATCH, 0, 0, -1, -1), start = -1;
    const char *begin = pattern;
    for (const char *p = pattern;; p++) {
        if (*p && *p != '|') continue;
        int branch = sequence(begin, p, match);
        start = start < 0 ? branch : add(SPLIT, 0, 0, start, branch);
        begin = p + 1;
        if (!*p) return start;
    }
}

/* Adds a state and what it reaches without a character, with a stack instead of recursion. */
static int reach(int16_t *set, int size, int state) {
    int16_t stack[MAX_STATES * 2];
    int top = 0;
    stack[top++] = (int16_t)state;
    while (top) {
        int s = stack[--top];
        if (marks[s] == mark) continue;
        marks[s] = mark;
        if (states[s].kind == SPLIT) {
            stack[top++] = states[s].other;
            stack[top++] = states[s].next;
        } else {
            set[size++] = (int16_t)s;
        }
    }
    return size;
}

/* The number of positions at which some match ends, for a search that may start anywhere. */
__attribute__((noinline)) static uint32_t search(int start) {
    uint32_t found = 0;
    int size = 0;
    for (int i = 0; i < LENGTH; i++) {
        uint8_t c = (uint8_t)text[i];
        mark++;
        /* The sets are built with the marks of this step: first where the search may start, then the rest. */
        int16_t *from = current, *to = following;
        int reached = 0;
        if (i == 0) size = reach(from, 0, start), mark++;
        for (int k = 0; k < size; k++) {
            const State *s = &states[from[k]];
            if (s->kind == ANY || (s->kind != MATCH && c >= s->from && c <= s->to))
                reached = reach(to, reached, s->next);
        }
        for (int k = 0; k < reached; k++) found += states[to[k]].kind == MATCH;
        size = reach(to, reached, start);
        memcpy(current, following, (size_t)size * sizeof *current);
    }
    return found;
}

int main(void) {
    static const char *patterns[] = {
        "a.*b", "[a-f]+g?h", "ab*c|bc*d|cd*e", "x[0-9]+y", "aa*aa*aab", "[a-m]*n[o-z]*q?r", "h.llo|w.rld",
        "a?a?a?a?a?a?aaaaaa",
    };
    for (int i = 0; i < LENGTH; i++) {
        uint32_t n = random_u32() % 40;
        text[i] = (char)(n < 26 ? 'a' + n : n < 36 ? '0' + (n - 26) : 'a');
    }
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) hash = mix(hash, search(compile(patterns[i])));
    print_result("regex", hash);
    return 0;
}
