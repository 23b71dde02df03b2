/*
 * lisp: a small Lisp that reads a program from standard input.
 *
 * The evaluator is a machine with two explicit stacks (one of frames that say
 * what to do with the next value, one of argument values), so Lisp recursion
 * never recurses in C and calls in tail position take no space. Memory is a
 * mark and sweep heap. Allocation itself never collects: the machine collects
 * between two applications, when every live object can be reached from the
 * stacks, the registers of the machine and the symbol table.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- objects -- */

typedef enum {
    T_FREE, T_NIL, T_BOOL, T_UNSPECIFIED, T_INT, T_REAL, T_STRING, T_SYMBOL,
    T_PAIR, T_PRIM, T_CLOSURE, T_BINDING
} Type;

typedef struct Cell Cell;
typedef Cell *Val; /* NULL stands for "an error was raised" */

typedef struct {
    const char *name;
    int min, max; /* how many arguments; max < 0 means no limit */
    Val (*fn)(Val *args, int n);
} Prim;

struct Cell {
    uint8_t type, mark, form; /* form: which special form a symbol names */
    Cell *link; /* free list; next binding; next symbol; closure's environment */
    union {
        int64_t i;
        double d;
        struct { Cell *car, *cdr; };       /* pair; closure: params and body */
        struct { Cell *name, *value; };    /* binding */
        struct { char *text; size_t len; } s;
        struct { char *text; Cell *global; } sym;
        const Prim *prim;
    };
};

enum { CHUNK = 4096, MAX_CHUNKS = 512, BUCKETS = 512 };

static Cell *chunks[MAX_CHUNKS];
static int chunk_count;
static Cell *free_list;
static size_t free_count, collections;
static Cell *symbols[BUCKETS];
static Cell nil_cell = {.type = T_NIL}, true_cell = {.type = T_BOOL},
            false_cell = {.type = T_BOOL},
            unspecified_cell = {.type = T_UNSPECIFIED};

#define NIL (&nil_cell)
#define TRUE (&true_cell)
#define FALSE (&false_cell)
#define UNSPECIFIED (&unspecified_cell)

static char error_text[512];

/* Raises an error: the caller returns the NULL that this gives back. */
static Val fail(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(error_text, sizeof error_text, format, ap);
    va_end(ap);
    return NULL;
}

static void die(const char *message)
{
    fflush(stdout);
    fprintf(stderr, "lisp: %s\n", message);
    exit(2);
}

static void add_chunk(void)
{
    if (chunk_count == MAX_CHUNKS)
        die("the heap is full");
    Cell *chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk)
        die("out of memory");
    chunks[chunk_count++] = chunk;
    for (int i = 0; i < CHUNK; i++) {
        chunk[i].link = free_list;
        free_list = &chunk[i];
    }
    free_count += CHUNK;
}

static Val new_cell(Type type)
{
    if (!free_list)
        add_chunk();
    Cell *c = free_list;
    free_list = c->link;
    free_count--;
    c->type = type;
    c->mark = c->form = 0;
    c->link = NULL;
    return c;
}

static Val make_int(int64_t i)
{
    Val v = new_cell(T_INT);
    v->i = i;
    return v;
}

static Val make_real(double d)
{
    Val v = new_cell(T_REAL);
    v->d = d;
    return v;
}

static Val make_bool(bool b) { return b ? TRUE : FALSE; }

static Val cons(Val car, Val cdr)
{
    Val v = new_cell(T_PAIR);
    v->car = car;
    v->cdr = cdr;
    return v;
}

static Val make_string(const char *text, size_t len)
{
    Val v = new_cell(T_STRING);
    v->s.text = malloc(len + 1);
    if (!v->s.text)
        die("out of memory");
    if (len)
        memcpy(v->s.text, text, len);
    v->s.text[len] = '\0';
    v->s.len = len;
    return v;
}

static Val intern(const char *text)
{
    uint32_t hash = 5381;
    for (const char *p = text; *p; p++)
        hash = hash * 33 ^ (unsigned char)*p;
    Cell **bucket = &symbols[hash % BUCKETS];
    for (Val s = *bucket; s; s = s->link)
        if (strcmp(s->sym.text, text) == 0)
            return s;
    Val v = new_cell(T_SYMBOL);
    v->sym.text = strdup(text);
    v->sym.global = NULL;
    v->link = *bucket;
    return *bucket = v;
}

static Val list2(Val a, Val b) { return cons(a, cons(b, NIL)); }

/* ------------------------------------------------------ the two stacks -- */

typedef enum {
    F_STOP, F_CALL, F_IF, F_SEQUENCE, F_DEFINE, F_SET, F_AND, F_OR, F_TRY
} FrameKind;

typedef struct {
    FrameKind kind;
    int base; /* height of the value stack when the frame was made */
    Val x, env;
} Frame;

enum { MAX_FRAMES = 100000, MAX_VALUES = 400000 };

static Frame *frames;
static Val *values;
static int frame_count, value_count;
static Val reg_x, reg_env, reg_val; /* registers, global so that gc sees them */

/* ----------------------------------------------------- mark and sweep -- */

static Cell **mark_stack;
static size_t mark_count, mark_capacity;

static void mark_push(Cell *c)
{
    if (!c || c->mark)
        return;
    if (mark_count == mark_capacity) {
        mark_capacity = mark_capacity ? mark_capacity * 2 : 1024;
        mark_stack = realloc(mark_stack, mark_capacity * sizeof *mark_stack);
        if (!mark_stack)
            die("out of memory");
    }
    c->mark = 1;
    mark_stack[mark_count++] = c;
}

static void mark_from(Cell *root)
{
    mark_push(root);
    while (mark_count) {
        Cell *c = mark_stack[--mark_count];
        switch (c->type) {
        case T_CLOSURE:
        case T_BINDING:
            mark_push(c->link);
            /* fall through */
        case T_PAIR:
            mark_push(c->car);
            mark_push(c->cdr);
            break;
        case T_SYMBOL:
            mark_push(c->link);
            mark_push(c->sym.global);
            break;
        default:
            break;
        }
    }
}

static void collect(void)
{
    collections++;
    for (int i = 0; i < BUCKETS; i++)
        mark_from(symbols[i]);
    for (int i = 0; i < value_count; i++)
        mark_from(values[i]);
    for (int i = 0; i < frame_count; i++) {
        mark_from(frames[i].x);
        mark_from(frames[i].env);
    }
    mark_from(reg_x);
    mark_from(reg_env);
    mark_from(reg_val);
    free_list = NULL;
    free_count = 0;
    for (int i = 0; i < chunk_count; i++) {
        for (Cell *c = chunks[i]; c < chunks[i] + CHUNK; c++) {
            if (c->mark) {
                c->mark = 0;
                continue;
            }
            if (c->type == T_STRING)
                free(c->s.text);
            c->type = T_FREE;
            c->link = free_list;
            free_list = c;
            free_count++;
        }
    }
    nil_cell.mark = true_cell.mark = false_cell.mark = 0;
    unspecified_cell.mark = 0;
    while (free_count * 2 < (size_t)chunk_count * CHUNK)
        add_chunk();
}

/* -------------------------------------------------------------- printer -- */

typedef struct {
    char *text;
    size_t len, capacity;
} Buffer;

static void put(Buffer *b, const char *text, size_t len)
{
    if (b->len + len + 1 > b->capacity) {
        b->capacity = (b->len + len + 1) * 2;
        b->text = realloc(b->text, b->capacity);
        if (!b->text)
            die("out of memory");
    }
    if (len)
        memcpy(b->text + b->len, text, len);
    b->len += len;
    b->text[b->len] = '\0';
}

static void puts_to(Buffer *b, const char *text) { put(b, text, strlen(text)); }

static void put_real(Buffer *b, double d)
{
    char text[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    puts_to(b, text);
    if (!strpbrk(text, ".einf"))
        puts_to(b, ".0");
}

static void put_string_literal(Buffer *b, const char *text, size_t len)
{
    puts_to(b, "\"");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            puts_to(b, "\\n");
        else {
            if (text[i] == '"' || text[i] == '\\')
                puts_to(b, "\\");
            put(b, text + i, 1);
        }
    }
    puts_to(b, "\"");
}

/* Appends v as `display` shows it, or with quoted strings as `write` does. */
static void print(Buffer *b, Val v, bool quoted, int depth)
{
    char text[32];
    if (depth > 200) {
        puts_to(b, "...");
        return;
    }
    switch ((Type)v->type) {
    case T_NIL: puts_to(b, "()"); break;
    case T_BOOL: puts_to(b, v == TRUE ? "#t" : "#f"); break;
    case T_UNSPECIFIED: puts_to(b, "#<unspecified>"); break;
    case T_INT:
        snprintf(text, sizeof text, "%" PRId64, v->i);
        puts_to(b, text);
        break;
    case T_REAL: put_real(b, v->d); break;
    case T_STRING:
        if (quoted)
            put_string_literal(b, v->s.text, v->s.len);
        else
            put(b, v->s.text, v->s.len);
        break;
    case T_SYMBOL: puts_to(b, v->sym.text); break;
    case T_PRIM:
        puts_to(b, "#<primitive ");
        puts_to(b, v->prim->name);
        puts_to(b, ">");
        break;
    case T_CLOSURE: puts_to(b, "#<procedure>"); break;
    case T_PAIR:
        puts_to(b, "(");
        print(b, v->car, quoted, depth + 1);
        for (v = v->cdr; v->type == T_PAIR; v = v->cdr) {
            puts_to(b, " ");
            print(b, v->car, quoted, depth + 1);
        }
        if (v != NIL) {
            puts_to(b, " . ");
            print(b, v, quoted, depth + 1);
        }
        puts_to(b, ")");
        break;
    case T_FREE:
    case T_BINDING: die("an internal object was printed");
    }
}

static Val wrong_type(const char *who, const char *wanted, Val got)
{
    Buffer b = {0};
    print(&b, got, true, 0);
    fail("%s: expected %s, got %.200s", who, wanted, b.text);
    free(b.text);
    return NULL;
}

/* --------------------------------------------------------------- reader -- */

typedef struct {
    const char *p;
    int line, depth;
} Reader;

static void skip_blanks(Reader *r)
{
    for (;; r->p++) {
        if (*r->p == ';')
            while (r->p[1] && r->p[1] != '\n')
                r->p++;
        else if (*r->p == '\n')
            r->line++;
        else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r')
            return;
    }
}

static Val read_string(Reader *r)
{
    Buffer b = {0};
    int first_line = r->line;
    put(&b, "", 0);
    for (r->p++; *r->p != '"'; r->p++) {
        if (!*r->p) {
            free(b.text);
            return fail("string that starts on line %d is not closed", first_line);
        }
        char c = *r->p;
        if (c == '\n')
            r->line++;
        if (c == '\\' && r->p[1]) {
            c = *++r->p;
            if (c == 'n')
                c = '\n';
            else if (c == 't')
                c = '\t';
        }
        put(&b, &c, 1);
    }
    r->p++;
    Val v = make_string(b.text, b.len);
    free(b.text);
    return v;
}

/* A number if all of text is one, otherwise NULL (and no error raised). */
static Val parse_number(const char *text)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (!(*digits >= '0' && *digits <= '9') &&
        !(*digits == '.' && digits[1] >= '0' && digits[1] <= '9'))
        return NULL;
    char *end;
    errno = 0;
    long long i = strtoll(text, &end, 10);
    if (!*end && errno == 0)
        return make_int(i);
    double d = strtod(text, &end);
    return *end ? NULL : make_real(d);
}

static Val read_atom(Reader *r)
{
    char text[128];
    size_t len = strcspn(r->p, " \t\r\n()\";'");
    if (len >= sizeof text)
        return fail("token of %zu bytes is too long", len);
    memcpy(text, r->p, len);
    text[len] = '\0';
    r->p += len;
    if (strcmp(text, "#t") == 0)
        return TRUE;
    if (strcmp(text, "#f") == 0)
        return FALSE;
    Val number = parse_number(text);
    return number ? number : intern(text);
}

static Val read_form(Reader *r)
{
    skip_blanks(r);
    if (!*r->p)
        return fail("unexpected end of input");
    if (*r->p == ')')
        return fail("unexpected ')'");
    if (*r->p == '"')
        return read_string(r);
    if (*r->p != '\'' && *r->p != '(')
        return read_atom(r);
    if (++r->depth > 200)
        return fail("forms are nested too deeply");
    Val result;
    if (*r->p++ == '\'') {
        Val quoted = read_form(r);
        result = quoted ? list2(intern("quote"), quoted) : NULL;
    } else {
        int first_line = r->line;
        result = NIL;
        Val *tail = &result;
        for (skip_blanks(r); *r->p != ')'; skip_blanks(r)) {
            if (!*r->p)
                return fail("'(' on line %d is not closed", first_line);
            if (r->p[0] == '.' && strchr(" \t\r\n", r->p[1]) && result != NIL) {
                r->p++;
                if (!(*tail = read_form(r)))
                    return NULL;
                skip_blanks(r);
                if (*r->p != ')')
                    return fail("expected ')' after the tail of a dotted list");
                break;
            }
            Val item = read_form(r);
            if (!item)
                return NULL;
            *tail = cons(item, NIL);
            tail = &(*tail)->cdr;
        }
        r->p++;
    }
    r->depth--;
    return result;
}

/* ----------------------------------------------------------- primitives -- */

static bool is_number(Val v) { return v->type == T_INT || v->type == T_REAL; }
static double as_double(Val v) { return v->type == T_INT ? (double)v->i : v->d; }

static int length_of(Val list) /* -1 when it is not a proper list */
{
    int n = 0;
    for (; list->type == T_PAIR; list = list->cdr)
        n++;
    return list == NIL ? n : -1;
}

static Val arithmetic(const char *op, Val a, Val b)
{
    if (!is_number(a) || !is_number(b))
        return wrong_type(op, "a number", is_number(a) ? b : a);
    if (a->type == T_REAL || b->type == T_REAL) {
        double x = as_double(a), y = as_double(b);
        return make_real(*op == '+' ? x + y : *op == '-' ? x - y : x * y);
    }
    int64_t result;
    bool overflow = *op == '+' ? __builtin_add_overflow(a->i, b->i, &result)
                  : *op == '-' ? __builtin_sub_overflow(a->i, b->i, &result)
                               : __builtin_mul_overflow(a->i, b->i, &result);
    return overflow ? fail("%s: integer overflow", op) : make_int(result);
}

static Val accumulate(const char *op, Val start, Val *a, int n)
{
    for (int i = 0; i < n && start; i++)
        start = arithmetic(op, start, a[i]);
    return start;
}

static Val p_add(Val *a, int n) { return accumulate("+", make_int(0), a, n); }
static Val p_mul(Val *a, int n) { return accumulate("*", make_int(1), a, n); }

static Val p_sub(Val *a, int n)
{
    return n == 1 ? accumulate("-", make_int(0), a, 1)
                  : accumulate("-", a[0], a + 1, n - 1);
}

static Val p_div(Val *a, int n)
{
    for (int i = 0; i < n; i++)
        if (!is_number(a[i]))
            return wrong_type("/", "a number", a[i]);
    double d = n == 1 ? 1.0 : as_double(a[0]);
    for (int i = n > 1; i < n; i++)
        d /= as_double(a[i]);
    return make_real(d);
}

static Val integer_division(const char *who, Val *a)
{
    for (int i = 0; i < 2; i++)
        if (a[i]->type != T_INT)
            return wrong_type(who, "an integer", a[i]);
    if (a[1]->i == 0)
        return fail("%s: division by zero", who);
    if (a[1]->i == -1)
        return *who == 'q' ? arithmetic("-", make_int(0), a[0]) : make_int(0);
    if (*who == 'q')
        return make_int(a[0]->i / a[1]->i);
    int64_t rest = a[0]->i % a[1]->i;
    if (*who == 'm' && rest && (rest < 0) != (a[1]->i < 0))
        rest += a[1]->i;
    return make_int(rest);
}

static Val p_quotient(Val *a, int n) { return (void)n, integer_division("quotient", a); }
static Val p_remainder(Val *a, int n) { return (void)n, integer_division("remainder", a); }
static Val p_modulo(Val *a, int n) { return (void)n, integer_division("modulo", a); }

static Val compare(const char *op, Val *a, int n)
{
    bool holds = true;
    for (int i = 0; i < n; i++)
        if (!is_number(a[i]))
            return wrong_type(op, "a number", a[i]);
    for (int i = 0; i + 1 < n && holds; i++) {
        int order;
        if (a[i]->type == T_INT && a[i + 1]->type == T_INT)
            order = (a[i]->i > a[i + 1]->i) - (a[i]->i < a[i + 1]->i);
        else {
            double x = as_double(a[i]), y = as_double(a[i + 1]);
            order = (x > y) - (x < y);
        }
        switch (*op) {
        case '=': holds = order == 0; break;
        case '<': holds = order < 0 || (op[1] && order == 0); break;
        default: holds = order > 0 || (op[1] && order == 0); break;
        }
    }
    return make_bool(holds);
}

static Val p_eq(Val *a, int n) { return compare("=", a, n); }
static Val p_lt(Val *a, int n) { return compare("<", a, n); }
static Val p_gt(Val *a, int n) { return compare(">", a, n); }
static Val p_le(Val *a, int n) { return compare("<=", a, n); }
static Val p_ge(Val *a, int n) { return compare(">=", a, n); }

static Val p_sqrt(Val *a, int n)
{
    (void)n;
    return is_number(a[0]) ? make_real(sqrt(as_double(a[0])))
                           : wrong_type("sqrt", "a number", a[0]);
}

static Val p_floor(Val *a, int n)
{
    (void)n;
    if (a[0]->type == T_INT)
        return a[0];
    if (a[0]->type != T_REAL)
        return wrong_type("floor", "a number", a[0]);
    double d = floor(a[0]->d);
    return fabs(d) < 9e18 ? make_int((int64_t)d) : fail("floor: out of range");
}

static bool equal(Val a, Val b)
{
    for (; a->type == T_PAIR && b->type == T_PAIR; a = a->cdr, b = b->cdr)
        if (!equal(a->car, b->car))
            return false;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case T_INT: return a->i == b->i;
    case T_REAL: return a->d == b->d;
    case T_STRING:
        return a->s.len == b->s.len && !memcmp(a->s.text, b->s.text, a->s.len);
    default: return a == b;
    }
}

static Val p_is_eq(Val *a, int n)
{
    (void)n;
    return make_bool(a[0]->type == T_PAIR || a[0]->type == T_STRING
                         ? a[0] == a[1] : equal(a[0], a[1]));
}

static Val p_is_equal(Val *a, int n) { return (void)n, make_bool(equal(a[0], a[1])); }
static Val p_not(Val *a, int n) { return (void)n, make_bool(a[0] == FALSE); }
static Val p_is_null(Val *a, int n) { return (void)n, make_bool(a[0] == NIL); }
static Val p_is_pair(Val *a, int n) { return (void)n, make_bool(a[0]->type == T_PAIR); }
static Val p_is_number(Val *a, int n) { return (void)n, make_bool(is_number(a[0])); }
static Val p_is_integer(Val *a, int n) { return (void)n, make_bool(a[0]->type == T_INT); }
static Val p_is_string(Val *a, int n) { return (void)n, make_bool(a[0]->type == T_STRING); }
static Val p_is_symbol(Val *a, int n) { return (void)n, make_bool(a[0]->type == T_SYMBOL); }

static Val p_is_procedure(Val *a, int n)
{
    (void)n;
    return make_bool(a[0]->type == T_PRIM || a[0]->type == T_CLOSURE);
}

static Val p_cons(Val *a, int n) { return (void)n, cons(a[0], a[1]); }

static Val p_car(Val *a, int n)
{
    (void)n;
    return a[0]->type == T_PAIR ? a[0]->car : wrong_type("car", "a pair", a[0]);
}

static Val p_cdr(Val *a, int n)
{
    (void)n;
    return a[0]->type == T_PAIR ? a[0]->cdr : wrong_type("cdr", "a pair", a[0]);
}

static Val p_set_car(Val *a, int n)
{
    (void)n;
    if (a[0]->type != T_PAIR)
        return wrong_type("set-car!", "a pair", a[0]);
    a[0]->car = a[1];
    return UNSPECIFIED;
}

static Val p_set_cdr(Val *a, int n)
{
    (void)n;
    if (a[0]->type != T_PAIR)
        return wrong_type("set-cdr!", "a pair", a[0]);
    a[0]->cdr = a[1];
    return UNSPECIFIED;
}

static Val p_list(Val *a, int n)
{
    Val list = NIL;
    while (n > 0)
        list = cons(a[--n], list);
    return list;
}

static Val p_length(Val *a, int n)
{
    (void)n;
    int length = length_of(a[0]);
    return length < 0 ? wrong_type("length", "a list", a[0]) : make_int(length);
}

static Val p_append(Val *a, int n)
{
    Val result = NIL, *tail = &result;
    for (int i = 0; i < n; i++) {
        if (i == n - 1) {
            *tail = a[i];
            break;
        }
        if (length_of(a[i]) < 0)
            return wrong_type("append", "a list", a[i]);
        for (Val v = a[i]; v != NIL; v = v->cdr) {
            *tail = cons(v->car, NIL);
            tail = &(*tail)->cdr;
        }
    }
    return result;
}

static Val p_reverse(Val *a, int n)
{
    (void)n;
    if (length_of(a[0]) < 0)
        return wrong_type("reverse", "a list", a[0]);
    Val result = NIL;
    for (Val v = a[0]; v != NIL; v = v->cdr)
        result = cons(v->car, result);
    return result;
}

static Val p_string_append(Val *a, int n)
{
    Buffer b = {0};
    put(&b, "", 0);
    for (int i = 0; i < n; i++) {
        if (a[i]->type != T_STRING) {
            free(b.text);
            return wrong_type("string-append", "a string", a[i]);
        }
        put(&b, a[i]->s.text, a[i]->s.len);
    }
    Val v = make_string(b.text, b.len);
    free(b.text);
    return v;
}

static Val p_string_length(Val *a, int n)
{
    (void)n;
    return a[0]->type == T_STRING ? make_int((int64_t)a[0]->s.len)
                                  : wrong_type("string-length", "a string", a[0]);
}

static Val p_substring(Val *a, int n)
{
    (void)n;
    if (a[0]->type != T_STRING)
        return wrong_type("substring", "a string", a[0]);
    for (int i = 1; i < 3; i++)
        if (a[i]->type != T_INT)
            return wrong_type("substring", "an integer", a[i]);
    if (a[1]->i < 0 || a[1]->i > a[2]->i || a[2]->i > (int64_t)a[0]->s.len)
        return fail("substring: %" PRId64 "..%" PRId64 " is outside a string of %zu",
                    a[1]->i, a[2]->i, a[0]->s.len);
    return make_string(a[0]->s.text + a[1]->i, (size_t)(a[2]->i - a[1]->i));
}

static Val p_string_less(Val *a, int n)
{
    (void)n;
    for (int i = 0; i < 2; i++)
        if (a[i]->type != T_STRING)
            return wrong_type("string<?", "a string", a[i]);
    return make_bool(strcmp(a[0]->s.text, a[1]->s.text) < 0);
}

static Val p_number_to_string(Val *a, int n)
{
    (void)n;
    if (!is_number(a[0]))
        return wrong_type("number->string", "a number", a[0]);
    Buffer b = {0};
    print(&b, a[0], false, 0);
    Val v = make_string(b.text, b.len);
    free(b.text);
    return v;
}

static Val p_string_to_number(Val *a, int n)
{
    (void)n;
    if (a[0]->type != T_STRING)
        return wrong_type("string->number", "a string", a[0]);
    Val v = parse_number(a[0]->s.text);
    return v ? v : FALSE;
}

static Val p_symbol_to_string(Val *a, int n)
{
    (void)n;
    if (a[0]->type != T_SYMBOL)
        return wrong_type("symbol->string", "a symbol", a[0]);
    return make_string(a[0]->sym.text, strlen(a[0]->sym.text));
}

static Val p_string_to_symbol(Val *a, int n)
{
    (void)n;
    return a[0]->type == T_STRING ? intern(a[0]->s.text)
                                  : wrong_type("string->symbol", "a string", a[0]);
}

static Val show(Val v, bool quoted)
{
    Buffer b = {0};
    print(&b, v, quoted, 0);
    fwrite(b.text, 1, b.len, stdout);
    free(b.text);
    return UNSPECIFIED;
}

static Val p_display(Val *a, int n) { return (void)n, show(a[0], false); }
static Val p_write(Val *a, int n) { return (void)n, show(a[0], true); }

static Val p_newline(Val *a, int n)
{
    (void)a, (void)n;
    putchar('\n');
    return UNSPECIFIED;
}

static Val p_error(Val *a, int n)
{
    Buffer b = {0};
    for (int i = 0; i < n; i++) {
        if (i)
            puts_to(&b, " ");
        print(&b, a[i], i > 0, 0);
    }
    fail("%.400s", b.text);
    free(b.text);
    return NULL;
}

static Val p_live_cells(Val *a, int n)
{
    (void)a, (void)n;
    collect();
    return make_int((int64_t)((size_t)chunk_count * CHUNK - free_count));
}

static Val p_collections(Val *a, int n)
{
    (void)a, (void)n;
    return make_int((int64_t)collections);
}

static const Prim primitives[] = {
    {"+", 0, -1, p_add}, {"*", 0, -1, p_mul}, {"-", 1, -1, p_sub},
    {"/", 1, -1, p_div}, {"quotient", 2, 2, p_quotient},
    {"remainder", 2, 2, p_remainder}, {"modulo", 2, 2, p_modulo},
    {"=", 2, -1, p_eq}, {"<", 2, -1, p_lt}, {">", 2, -1, p_gt},
    {"<=", 2, -1, p_le}, {">=", 2, -1, p_ge}, {"sqrt", 1, 1, p_sqrt},
    {"floor", 1, 1, p_floor}, {"eq?", 2, 2, p_is_eq},
    {"equal?", 2, 2, p_is_equal}, {"not", 1, 1, p_not},
    {"null?", 1, 1, p_is_null}, {"pair?", 1, 1, p_is_pair},
    {"number?", 1, 1, p_is_number}, {"integer?", 1, 1, p_is_integer},
    {"string?", 1, 1, p_is_string}, {"symbol?", 1, 1, p_is_symbol},
    {"procedure?", 1, 1, p_is_procedure}, {"cons", 2, 2, p_cons},
    {"car", 1, 1, p_car}, {"cdr", 1, 1, p_cdr}, {"set-car!", 2, 2, p_set_car},
    {"set-cdr!", 2, 2, p_set_cdr}, {"list", 0, -1, p_list},
    {"length", 1, 1, p_length}, {"append", 0, -1, p_append},
    {"reverse", 1, 1, p_reverse}, {"string-append", 0, -1, p_string_append},
    {"string-length", 1, 1, p_string_length}, {"substring", 3, 3, p_substring},
    {"string<?", 2, 2, p_string_less},
    {"number->string", 1, 1, p_number_to_string},
    {"string->number", 1, 1, p_string_to_number},
    {"symbol->string", 1, 1, p_symbol_to_string},
    {"string->symbol", 1, 1, p_string_to_symbol}, {"display", 1, 1, p_display},
    {"write", 1, 1, p_write}, {"newline", 0, 0, p_newline},
    {"error", 1, -1, p_error}, {"live-cells", 0, 0, p_live_cells},
    {"collections", 0, 0, p_collections},
    {"apply", 2, 2, NULL}, /* the machine does this one itself */
};

/* -------------------------------------------------------- special forms -- */

enum {
    NO_FORM, QUOTE, IF, DEFINE, SET, LAMBDA, BEGIN, AND, OR, TRY, LET, LET_STAR,
    LETREC, COND, WHEN, UNLESS
};

static const char *const form_names[] = {
    NULL, "quote", "if", "define", "set!", "lambda", "begin", "and", "or", "try",
    "let", "let*", "letrec", "cond", "when", "unless"
};

static Val sym(const char *name) { return intern(name); }

/* (let ((a x) ...) body ...) is ((lambda (a ...) body ...) x ...). A named let
 * gives its lambda a name in a scope of its own first. */
static Val expand_let(Val x)
{
    Val rest = x->cdr, name = NULL, names = NIL, inits = NIL;
    if (rest->type == T_PAIR && rest->car->type == T_SYMBOL) {
        name = rest->car;
        rest = rest->cdr;
    }
    if (rest->type != T_PAIR || rest->cdr->type != T_PAIR)
        return fail("let: expected bindings and a body");
    Val *names_tail = &names, *inits_tail = &inits;
    for (Val b = rest->car; b != NIL; b = b->cdr) {
        if (b->type != T_PAIR || length_of(b->car) != 2 ||
            b->car->car->type != T_SYMBOL)
            return fail("let: a binding is not (name value)");
        *names_tail = cons(b->car->car, NIL);
        names_tail = &(*names_tail)->cdr;
        *inits_tail = cons(b->car->cdr->car, NIL);
        inits_tail = &(*inits_tail)->cdr;
    }
    Val lambda = cons(sym("lambda"), cons(names, rest->cdr));
    if (!name)
        return cons(lambda, inits);
    Val define = cons(sym("define"), list2(name, lambda));
    Val scope = cons(sym("lambda"), cons(NIL, list2(define, name)));
    return cons(cons(scope, NIL), inits);
}

/* (let* (b more ...) body ...) is (let (b) (let* (more ...) body ...)). */
static Val expand_let_star(Val x)
{
    if (length_of(x) < 3 || length_of(x->cdr->car) < 0)
        return fail("let*: expected bindings and a body");
    Val bindings = x->cdr->car, body = x->cdr->cdr;
    if (length_of(bindings) <= 1)
        return cons(sym("let"), cons(bindings, body));
    Val inner = cons(sym("let*"), cons(bindings->cdr, body));
    return cons(sym("let"), list2(cons(bindings->car, NIL), inner));
}

static Val expand_letrec(Val x)
{
    if (length_of(x) < 3 || length_of(x->cdr->car) < 0)
        return fail("letrec: expected bindings and a body");
    Val body = x->cdr->cdr;
    for (Val b = p_reverse(&x->cdr->car, 1); b != NIL; b = b->cdr)
        body = cons(cons(sym("define"), b->car), body);
    return cons(sym("let"), cons(NIL, body));
}

static Val expand_cond(Val x)
{
    if (x->cdr == NIL)
        return list2(sym("quote"), UNSPECIFIED);
    Val clause = x->cdr->type == T_PAIR ? x->cdr->car : NIL;
    if (length_of(clause) < 1)
        return fail("cond: a clause is not a list");
    Val more = cons(sym("cond"), x->cdr->cdr);
    if (clause->car == sym("else"))
        return cons(sym("begin"), clause->cdr);
    if (clause->cdr == NIL)
        return cons(sym("or"), list2(clause->car, more));
    Val then = cons(sym("begin"), clause->cdr);
    return cons(sym("if"), cons(clause->car, list2(then, more)));
}

static Val expand_when(Val x, bool wanted)
{
    if (length_of(x) < 3)
        return fail("%s: expected a test and a body", x->car->sym.text);
    Val test = x->cdr->car, body = cons(sym("begin"), x->cdr->cdr);
    return cons(sym("if"), cons(wanted ? test : list2(sym("not"), test),
                                cons(body, NIL)));
}

/* ---------------------------------------------------------- the machine -- */

typedef enum { EVAL, BODY, VALUE, APPLY, ERROR, STOP } State;

static int reg_base;

static State push_frame(FrameKind kind, Val x, State next)
{
    if (frame_count == MAX_FRAMES) {
        fail("recursion is too deep");
        return ERROR;
    }
    frames[frame_count++] = (Frame){kind, value_count, x, reg_env};
    return next;
}

static State push_value(Val v, State next)
{
    if (value_count == MAX_VALUES) {
        fail("recursion is too deep");
        return ERROR;
    }
    values[value_count++] = v;
    return next;
}

static Val bind(Val name, Val value, Val next)
{
    Val b = new_cell(T_BINDING);
    b->name = name;
    b->value = value;
    b->link = next;
    return b;
}

static Val *find_variable(Val name)
{
    for (Val b = reg_env; b; b = b->link)
        if (b->name == name)
            return &b->value;
    return name->sym.global ? &name->sym.global : NULL;
}

/* Every scope starts with a binding without a name, so that a `define` can put
 * new ones behind it and closures made earlier in that scope see them too. */
static void define(Val name, Val value)
{
    if (!reg_env) {
        name->sym.global = value;
        return;
    }
    for (Val b = reg_env->link; b && b->name; b = b->link) {
        if (b->name == name) {
            b->value = value;
            return;
        }
    }
    reg_env->link = bind(name, value, reg_env->link);
}

static State value(Val v)
{
    reg_val = v;
    return v ? VALUE : ERROR;
}

static State eval_as(Val x)
{
    reg_x = x;
    return EVAL;
}

/* Puts an expansion in the place of the form it came from, for good. */
static State expand(Val expansion)
{
    if (!expansion)
        return ERROR;
    reg_x->car = expansion->car;
    reg_x->cdr = expansion->cdr;
    return EVAL;
}

static Val make_closure(Val params, Val body)
{
    Val p = params;
    while (p->type == T_PAIR && p->car->type == T_SYMBOL)
        p = p->cdr;
    if (p != NIL && p->type != T_SYMBOL)
        return wrong_type("lambda", "a list of names", params);
    if (body->type != T_PAIR)
        return fail("lambda: the body is empty");
    Val v = new_cell(T_CLOSURE);
    v->car = params;
    v->cdr = body;
    v->link = reg_env;
    return v;
}

static State eval_form(Val x)
{
    static const uint8_t shortest[] = {[QUOTE] = 2, [IF] = 3, [DEFINE] = 3,
        [SET] = 3, [LAMBDA] = 3, [BEGIN] = 2, [TRY] = 3, [UNLESS] = 0};
    Val args = x->cdr, probe = x;
    for (int i = 0; i < shortest[x->car->form]; i++, probe = probe->cdr) {
        if (probe->type != T_PAIR) {
            fail("%s: malformed", x->car->sym.text);
            return ERROR;
        }
    }
    switch (x->car->form) {
    case QUOTE: return value(args->car);
    case IF: return push_frame(F_IF, args->cdr, eval_as(args->car));
    case LAMBDA: return value(make_closure(args->car, args->cdr));
    case BEGIN: reg_x = args; return BODY;
    case DEFINE:
        if (args->car->type == T_PAIR) { /* (define (name . params) body ...) */
            Val lambda = cons(sym("lambda"), cons(args->car->cdr, args->cdr));
            return expand(cons(x->car, list2(args->car->car, lambda)));
        }
        /* fall through */
    case SET:
        if (args->car->type != T_SYMBOL)
            return value(wrong_type(x->car->sym.text, "a name", args->car));
        return push_frame(x->car->form == SET ? F_SET : F_DEFINE, args->car,
                          eval_as(args->cdr->car));
    case AND:
    case OR:
        if (args->type != T_PAIR)
            return value(make_bool(x->car->form == AND));
        if (args->cdr->type != T_PAIR)
            return eval_as(args->car);
        return push_frame(x->car->form == AND ? F_AND : F_OR, args->cdr,
                          eval_as(args->car));
    case TRY: return push_frame(F_TRY, args->cdr->car, eval_as(args->car));
    case LET: return expand(expand_let(x));
    case LET_STAR: return expand(expand_let_star(x));
    case LETREC: return expand(expand_letrec(x));
    case COND: return expand(expand_cond(x));
    case WHEN: return expand(expand_when(x, true));
    case UNLESS: return expand(expand_when(x, false));
    default: return ERROR;
    }
}

static State eval(Val x)
{
    switch (x->type) {
    case T_SYMBOL: {
        Val *variable = find_variable(x);
        return value(variable ? *variable : fail("unbound variable: %s", x->sym.text));
    }
    case T_PAIR:
        if (x->car->type == T_SYMBOL && x->car->form)
            return eval_form(x);
        return push_frame(F_CALL, x->cdr, eval_as(x->car));
    case T_NIL:
        fail("() has no value");
        return ERROR;
    default: return value(x);
    }
}

/* Evaluates the list of expressions in reg_x for the value of the last one. */
static State eval_body(Val body)
{
    if (body->cdr->type == T_PAIR)
        return push_frame(F_SEQUENCE, body->cdr, eval_as(body->car));
    return eval_as(body->car);
}

static Val bind_arguments(Val f, Val *args, int n)
{
    int required = 0;
    Val rest = f->car;
    for (; rest->type == T_PAIR; rest = rest->cdr)
        required++;
    if (n < required || (rest == NIL && n > required))
        return fail("expected %s%d arguments, got %d",
                    rest == NIL ? "" : "at least ", required, n);
    Val scope = bind(NULL, NULL, f->link), params = f->car;
    for (int i = 0; i < required; i++, params = params->cdr)
        scope->link = bind(params->car, args[i], scope->link);
    if (rest != NIL)
        scope->link = bind(rest, p_list(args + required, n - required), scope->link);
    return scope;
}

/* Calls values[reg_base] with the values above it. */
static State apply(void)
{
    if (free_count < 128)
        collect();
    Val f = values[reg_base], *args = &values[reg_base + 1];
    int n = value_count - reg_base - 1;
    if (f->type == T_CLOSURE) {
        if (!(reg_env = bind_arguments(f, args, n)))
            return ERROR;
        value_count = reg_base;
        reg_x = f->cdr;
        return BODY;
    }
    if (f->type != T_PRIM)
        return value(wrong_type("call", "a procedure", f));
    if (n < f->prim->min || (f->prim->max >= 0 && n > f->prim->max))
        return value(fail("%s: wrong number of arguments: %d", f->prim->name, n));
    if (f->prim->fn) {
        Val result = f->prim->fn(args, n);
        value_count = reg_base;
        return value(result);
    }
    Val list = args[1];
    if (length_of(list) < 0)
        return value(wrong_type("apply", "a list", list));
    values[reg_base] = args[0];
    value_count = reg_base + 1;
    for (; list != NIL; list = list->cdr)
        if (push_value(list->car, APPLY) == ERROR)
            return ERROR;
    return APPLY;
}

/* Gives reg_val to the topmost frame. */
static State resume(void)
{
    Frame *f = &frames[frame_count - 1];
    reg_env = f->env;
    if (f->kind == F_CALL) { /* it stays until all arguments are there */
        if (push_value(reg_val, VALUE) == ERROR)
            return ERROR;
        if (f->x->type == T_PAIR) {
            Val next = f->x->car;
            f->x = f->x->cdr;
            return eval_as(next);
        }
        frame_count--;
        reg_base = f->base;
        return APPLY;
    }
    frame_count--;
    switch (f->kind) {
    case F_IF:
        if (reg_val != FALSE)
            return eval_as(f->x->car);
        return f->x->cdr->type == T_PAIR ? eval_as(f->x->cdr->car) : value(UNSPECIFIED);
    case F_SEQUENCE: reg_x = f->x; return BODY;
    case F_DEFINE: define(f->x, reg_val); return value(UNSPECIFIED);
    case F_SET: {
        Val *variable = find_variable(f->x);
        if (!variable)
            return value(fail("set!: unbound variable: %s", f->x->sym.text));
        *variable = reg_val;
        return value(UNSPECIFIED);
    }
    case F_AND:
    case F_OR:
        if ((reg_val == FALSE) == (f->kind == F_AND))
            return VALUE;
        if (f->x->cdr->type == T_PAIR)
            return push_frame(f->kind, f->x->cdr, eval_as(f->x->car));
        return eval_as(f->x->car);
    case F_TRY: return VALUE;
    default: return STOP;
    }
}

/* After an error: gives the message to the handler of the innermost `try`. */
static State unwind(void)
{
    while (frame_count > 0) {
        Frame *f = &frames[--frame_count];
        if (f->kind == F_TRY) {
            value_count = f->base;
            reg_env = f->env;
            Val message = make_string(error_text, strlen(error_text));
            return eval_as(list2(f->x, message));
        }
    }
    return STOP;
}

/* Evaluates x at the top level; NULL is an error that nothing caught. */
static Val run(Val x)
{
    frame_count = value_count = 0;
    reg_env = NULL;
    State state = push_frame(F_STOP, NIL, eval_as(x));
    for (;;) {
        switch (state) {
        case EVAL: state = eval(reg_x); break;
        case BODY: state = eval_body(reg_x); break;
        case VALUE: state = resume(); break;
        case APPLY: state = apply(); break;
        case ERROR:
            state = unwind();
            if (state == STOP)
                return NULL;
            break;
        case STOP: return reg_val;
        }
    }
}

/* ----------------------------------------------------------------- main -- */

static const char prelude[] =
    "(define (cadr x) (car (cdr x)))"
    "(define (cddr x) (cdr (cdr x)))"
    "(define (abs x) (if (< x 0) (- x) x))"
    "(define (max a b) (if (< a b) b a))"
    "(define (min a b) (if (< b a) b a))"
    "(define (fold f acc xs)"
    "  (if (null? xs) acc (fold f (f acc (car xs)) (cdr xs))))"
    "(define (map f xs)"
    "  (if (null? xs) '() (cons (f (car xs)) (map f (cdr xs)))))"
    "(define (for-each f xs)"
    "  (when (pair? xs) (f (car xs)) (for-each f (cdr xs))))"
    "(define (filter keep? xs)"
    "  (cond ((null? xs) '())"
    "        ((keep? (car xs)) (cons (car xs) (filter keep? (cdr xs))))"
    "        (else (filter keep? (cdr xs)))))"
    "(define (assoc key pairs)"
    "  (cond ((null? pairs) #f)"
    "        ((equal? key (car (car pairs))) (car pairs))"
    "        (else (assoc key (cdr pairs)))))"
    "(define (iota n)"
    "  (let loop ((i (- n 1)) (acc '()))"
    "    (if (< i 0) acc (loop (- i 1) (cons i acc)))))";

/* Runs every form of the text; false after an error, which it prints. */
static bool run_all(const char *text)
{
    Reader reader = {text, 1, 0};
    for (;;) {
        skip_blanks(&reader);
        if (!*reader.p)
            return true;
        int line = reader.line;
        reader.depth = 0;
        Val form = read_form(&reader);
        if (!form)
            line = reader.line;
        if (!form || !run(form)) {
            fflush(stdout);
            fprintf(stderr, "lisp: line %d: %s\n", line, error_text);
            return false;
        }
    }
}

int main(void)
{
    Buffer input = {0};
    char block[4096];
    size_t got;
    put(&input, "", 0);
    while ((got = fread(block, 1, sizeof block, stdin)) > 0)
        put(&input, block, got);

    frames = malloc(MAX_FRAMES * sizeof *frames);
    values = malloc(MAX_VALUES * sizeof *values);
    if (!frames || !values)
        die("out of memory");
    for (int i = QUOTE; i <= UNLESS; i++)
        intern(form_names[i])->form = (uint8_t)i;
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++) {
        Val v = new_cell(T_PRIM);
        v->prim = &primitives[i];
        intern(primitives[i].name)->sym.global = v;
    }
    return run_all(prelude) && run_all(input.text) ? 0 : 1;
}
