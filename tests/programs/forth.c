/*
 * forth: a small Forth that reads its source from standard input.
 *
 * Colon definitions are compiled to a flat array of 32-bit cells which an inner
 * interpreter, one large switch, runs. Data space (variables, strings, `allot`)
 * is a separate array of bytes; an address is an offset into it and every
 * access is checked. Words are not case sensitive. Supported besides the usual
 * arithmetic and stack words:
 *
 *   : ; immediate recurse ' execute does>     if else then
 *   begin until while repeat again exit       do ?do loop +loop i j leave unloop
 *   variable constant create , c, allot here  @ ! +! c@ c! cells fill move
 *   ." s" type emit cr space spaces . u. .r   ( comment ) \ comment
 *   decimal hex base char [char] words .s bye
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_BYTES = 1 << 20, CODE_CELLS = 1 << 16, MAX_WORDS = 1024, DEPTH = 1024 };

/* The text of each word and the name of its operation. */
#define PRIMITIVES(X)                                                            \
    X("+", ADD) X("-", SUB) X("*", MUL) X("/", DIV) X("mod", MOD)                \
    X("/mod", DIVMOD) X("*/", MULDIV) X("negate", NEGATE) X("abs", ABS)          \
    X("min", MIN) X("max", MAX) X("1+", INC) X("1-", DEC) X("2*", TWICE)         \
    X("2/", HALF) X("and", AND) X("or", OR) X("xor", XOR) X("invert", INVERT)    \
    X("lshift", LSHIFT) X("rshift", RSHIFT) X("=", EQ) X("<>", NE) X("<", LT)    \
    X(">", GT) X("<=", LE) X(">=", GE) X("u<", ULT) X("0=", ZERO) X("0<", NEG)   \
    X("0>", POS) X("dup", DUP) X("?dup", QDUP) X("drop", DROP) X("swap", SWAP)   \
    X("over", OVER) X("rot", ROT) X("-rot", MROT) X("nip", NIP) X("tuck", TUCK)  \
    X("2dup", DUP2) X("2drop", DROP2) X("2swap", SWAP2) X("2over", OVER2)        \
    X("pick", PICK) X("depth", STACK_DEPTH) X(">r", TO_R) X("r>", FROM_R)        \
    X("r@", COPY_R) X("@", FETCH) X("!", STORE) X("+!", ADD_STORE)               \
    X("c@", CFETCH) X("c!", CSTORE) X("cells", CELLS) X("cell+", CELL_PLUS)      \
    X("here", HERE) X("allot", ALLOT) X(",", COMMA) X("c,", CCOMMA)              \
    X("fill", FILL) X("move", MOVE) X(".", PRINT) X("u.", UPRINT)                \
    X(".r", PRINT_R) X("emit", EMIT) X("cr", CR) X("space", SPACE)               \
    X("spaces", SPACES) X("type", TYPE) X(".s", PRINT_STACK)                     \
    X("execute", EXECUTE) X("i", I) X("j", J) X("unloop", UNLOOP)                \
    X("exit", EXIT) X("create", CREATE) X("variable", VARIABLE)                  \
    X("constant", CONSTANT) X("immediate", IMMEDIATE) X("'", TICK)               \
    X("char", CHAR) X("base", BASE) X("decimal", DECIMAL) X("hex", HEX)          \
    X("words", WORDS) X("bye", BYE)

/* Words that act while the text is compiled; those before ":" only then. */
#define DIRECTIVES(X)                                                            \
    X(";", SEMICOLON) X("recurse", RECURSE) X("if", IF) X("else", ELSE)          \
    X("then", THEN) X("begin", BEGIN) X("until", UNTIL) X("while", WHILE)        \
    X("repeat", REPEAT) X("again", AGAIN) X("do", DO) X("?do", QDO)              \
    X("loop", LOOP) X("+loop", PLUS_LOOP) X("leave", LEAVE) X("does>", DOES)     \
    X("[']", BRACKET_TICK) X("[char]", BRACKET_CHAR) X(":", COLON)               \
    X(".\"", DOT_QUOTE) X("s\"", S_QUOTE) X("(", PAREN) X("\\", BACKSLASH)

#define OP_NAME(text, name) OP_##name,
#define DIRECTIVE_NAME(text, name) D_##name,
#define TEXT_OF(text, name) text,

enum Op {
    OP_HALT, OP_LITERAL, OP_CALL, OP_BRANCH, OP_BRANCH_IF_ZERO, OP_DO, OP_QDO,
    OP_LOOP, OP_PLUS_LOOP, OP_LEAVE, OP_STRING, OP_DOES,
    PRIMITIVES(OP_NAME)
};
enum { FIRST_PRIMITIVE = OP_ADD };
enum Directive { DIRECTIVES(DIRECTIVE_NAME) };

static const char *const primitive_names[] = {PRIMITIVES(TEXT_OF)};
static const char *const directive_names[] = {DIRECTIVES(TEXT_OF)};

typedef struct {
    char *name;
    enum { W_PRIMITIVE, W_DIRECTIVE, W_COLON, W_CONSTANT, W_DOES } kind;
    bool immediate, hidden;
    int32_t value; /* operation, directive, code address or constant */
    int32_t code;  /* W_DOES: what runs after its data address is pushed */
} Word;

static uint8_t data[DATA_BYTES];
static int32_t here = 16;
static int32_t code[CODE_CELLS];
static int32_t code_end = 3; /* the first three are for running a single word */
static Word words[MAX_WORDS];
static int word_count;
static int32_t stack[DEPTH], returns[DEPTH];
static int sp, rp;
static int32_t compile_stack[DEPTH];
static int csp;
static bool compiling;

static char *source;
static size_t source_len, source_pos;
static int line = 1;

enum { BASE_ADDRESS = 0 };

static _Noreturn void fail(const char *format, ...)
{
    va_list ap;
    fflush(stdout);
    fprintf(stderr, "forth: line %d: ", line);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

/* --------------------------------------------------- stacks and memory -- */

static void push(int32_t v)
{
    if (sp == DEPTH)
        fail("stack overflow");
    stack[sp++] = v;
}

static int32_t pop(void)
{
    if (sp == 0)
        fail("stack underflow");
    return stack[--sp];
}

static void need(int n)
{
    if (sp < n)
        fail("stack underflow");
}

static void rpush(int32_t v)
{
    if (rp == DEPTH)
        fail("return stack overflow");
    returns[rp++] = v;
}

static int32_t rpop(void)
{
    if (rp == 0)
        fail("return stack underflow");
    return returns[--rp];
}

static uint8_t *at(int32_t address, int32_t size)
{
    if (address < 0 || size < 0 || address > DATA_BYTES - size)
        fail("address %" PRId32 " is outside of the data space", address);
    return data + address;
}

static int32_t load(int32_t address)
{
    int32_t v;
    memcpy(&v, at(address, 4), 4);
    return v;
}

static void store(int32_t address, int32_t v) { memcpy(at(address, 4), &v, 4); }

static void align_here(void) { here = (here + 3) & ~3; }

static void comma(int32_t v)
{
    align_here();
    store(here, v);
    here += 4;
}

static int32_t emit(int32_t cell)
{
    if (code_end == CODE_CELLS)
        fail("code space is full");
    code[code_end] = cell;
    return code_end++;
}

/* ----------------------------------------------------------- arithmetic -- */

static void print_number(uint32_t magnitude, bool negative, int width)
{
    char text[40];
    int32_t base = load(BASE_ADDRESS);
    int at_digit = sizeof text;
    if (base < 2 || base > 36)
        fail("base %" PRId32 " is not between 2 and 36", base);
    do {
        text[--at_digit] = "0123456789abcdefghijklmnopqrstuvwxyz"[magnitude % (uint32_t)base];
        magnitude /= (uint32_t)base;
    } while (magnitude);
    if (negative)
        text[--at_digit] = '-';
    int len = (int)sizeof text - at_digit;
    printf("%*s%.*s", width > len ? width - len : 0, "", len, text + at_digit);
}

static void print_signed(int32_t v, int width)
{
    print_number(v < 0 ? 0u - (uint32_t)v : (uint32_t)v, v < 0, width);
}

/* Division rounds towards negative infinity, as in most Forths. */
static int32_t floor_div(int64_t a, int64_t b, int32_t *rest)
{
    if (b == 0)
        fail("division by zero");
    int64_t q = a / b, r = a % b;
    if (r && (r < 0) != (b < 0)) {
        q--;
        r += b;
    }
    if (rest)
        *rest = (int32_t)r;
    return (int32_t)q;
}

static int32_t flag(bool b) { return b ? -1 : 0; }

/* ------------------------------------------------------ reading the text -- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The next blank-delimited token, lower-cased; NULL at the end of the text. */
static char *next_token(void)
{
    static char token[64];
    size_t n = 0;
    for (; source_pos < source_len && is_blank(source[source_pos]); source_pos++)
        line += source[source_pos] == '\n';
    for (; source_pos < source_len && !is_blank(source[source_pos]); source_pos++) {
        if (n == sizeof token - 1)
            fail("word is too long");
        char c = source[source_pos];
        token[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    token[n] = '\0';
    return n ? token : NULL;
}

static char *need_token(const char *after)
{
    char *token = next_token();
    if (!token)
        fail("%s: the text ends", after);
    return token;
}

/* The text up to a delimiter, which is skipped; its place and length. */
static const char *parse_until(char delimiter, int32_t *len)
{
    size_t start = source_pos;
    if (start < source_len)
        line += source[start++] == '\n';
    size_t end = start;
    while (end < source_len && source[end] != delimiter)
        line += source[end++] == '\n';
    if (end >= source_len)
        fail("missing %c", delimiter);
    source_pos = end + 1;
    *len = (int32_t)(end - start);
    return source + start;
}

static int find_word(const char *name)
{
    for (int i = word_count - 1; i >= 0; i--)
        if (!words[i].hidden && strcmp(words[i].name, name) == 0)
            return i;
    return -1;
}

static Word *add_word(const char *name, int kind, int32_t value)
{
    if (word_count == MAX_WORDS)
        fail("the dictionary is full");
    Word *w = &words[word_count++];
    *w = (Word){.name = strdup(name), .kind = kind, .value = value};
    return w;
}

static bool parse_number(const char *token, int32_t *out)
{
    int base = *token == '$' ? 16 : load(BASE_ADDRESS);
    char *end;
    token += *token == '$';
    if (is_blank(*token) || *token == '+' || !*token || base < 2 || base > 36)
        return false;
    long long v = strtoll(token, &end, base);
    *out = (int32_t)(uint32_t)v;
    return !*end && v >= INT32_MIN && v <= UINT32_MAX;
}

/* ------------------------------------- words that make or look for words -- */

static void create(const char *after, int32_t value)
{
    add_word(need_token(after), W_CONSTANT, value);
}

static int32_t tick(void)
{
    const char *name = need_token("'");
    int xt = find_word(name);
    if (xt < 0)
        fail("unknown word: %s", name);
    if (words[xt].kind == W_DIRECTIVE)
        fail("%s has no execution token", name);
    return xt;
}

static void list_words(void)
{
    for (int i = word_count - 1; i >= 0 && words[i].kind > W_DIRECTIVE; i--)
        printf("%s ", words[i].name);
}

/* ---------------------------------------------------- inner interpreter -- */

static const Word *word_of(int32_t xt)
{
    if (xt < 0 || xt >= word_count || words[xt].kind == W_DIRECTIVE)
        fail("%" PRId32 " is not an execution token", xt);
    return &words[xt];
}

static void multiply_divide(void)
{
    int32_t divisor = pop(), b = pop(), a = pop();
    push(floor_div((int64_t)a * b, divisor, NULL));
}

static void print_stack(void)
{
    printf("<%d> ", sp);
    for (int i = 0; i < sp; i++) {
        print_signed(stack[i], 0);
        putchar(' ');
    }
}

/* Operands, for after the stack pointer has moved below the second one. */
#define A stack[sp - 1]
#define B stack[sp]
#define UA ((uint32_t)A)
#define UB ((uint32_t)B)
#define UNARY(result) need(1); A = (int32_t)(result); break
#define BINARY(result) need(2); sp--; A = (int32_t)(result); break

/* Runs the code at ip until it comes to OP_HALT. */
static void run(int32_t ip)
{
    for (;;) {
        int32_t op = code[ip++], xt, a, b;
        const Word *w;
    again:
        switch ((enum Op)op) {
        case OP_HALT: return;
        case OP_LITERAL: push(code[ip++]); break;
        case OP_STRING: push(code[ip++]); push(code[ip++]); break;
        case OP_CALL:
            xt = code[ip++];
        call:
            w = &words[xt];
            if (w->kind != W_COLON)
                push(w->value);
            if (w->kind != W_CONSTANT) {
                rpush(ip);
                ip = w->kind == W_DOES ? w->code : w->value;
            }
            break;
        case OP_EXECUTE:
            xt = pop();
            w = word_of(xt);
            if (w->kind != W_PRIMITIVE)
                goto call;
            op = w->value;
            goto again;
        case OP_EXIT: ip = rpop(); break;
        case OP_DOES: /* the word made last runs the rest of this definition */
            words[word_count - 1].kind = W_DOES;
            words[word_count - 1].code = ip;
            ip = rpop();
            break;

        case OP_BRANCH: ip = code[ip]; break;
        case OP_BRANCH_IF_ZERO: ip = pop() ? ip + 1 : code[ip]; break;
        case OP_DO:
        case OP_QDO: /* ?do is followed by where to go when there is nothing to do */
            b = pop(), a = pop();
            if (op == OP_QDO && a == b) {
                ip = code[ip];
                break;
            }
            ip += op == OP_QDO;
            rpush(a);
            rpush(b);
            break;
        case OP_LOOP:
        case OP_PLUS_LOOP: {
            int32_t step = op == OP_LOOP ? 1 : pop();
            if (rp < 2)
                fail("return stack underflow");
            int32_t old = (int32_t)((uint32_t)returns[rp - 1] - (uint32_t)returns[rp - 2]);
            int32_t new = (int32_t)((uint32_t)old + (uint32_t)step);
            returns[rp - 1] = (int32_t)((uint32_t)returns[rp - 1] + (uint32_t)step);
            if (((old ^ new) & (old ^ step)) < 0) {
                rp -= 2; /* the index has crossed the limit */
                ip++;
            } else
                ip = code[ip];
            break;
        }
        case OP_LEAVE: rpop(); rpop(); ip = code[ip]; break;
        case OP_UNLOOP: rpop(); rpop(); break;
        case OP_I:
        case OP_J:
            a = op == OP_I ? 1 : 3;
            if (rp < a)
                fail("return stack underflow");
            push(returns[rp - a]);
            break;

        case OP_ADD: BINARY(UA + UB);
        case OP_SUB: BINARY(UA - UB);
        case OP_MUL: BINARY(UA * UB);
        case OP_DIV: BINARY(floor_div(A, B, NULL));
        case OP_MOD: need(2); sp--; floor_div(A, B, &A); break;
        case OP_DIVMOD: need(2); a = floor_div(stack[sp - 2], A, &stack[sp - 2]); A = a; break;
        case OP_MULDIV: multiply_divide(); break;
        case OP_MIN: BINARY(A < B ? A : B);
        case OP_MAX: BINARY(A > B ? A : B);
        case OP_AND: BINARY(A & B);
        case OP_OR: BINARY(A | B);
        case OP_XOR: BINARY(A ^ B);
        case OP_LSHIFT: BINARY(UB > 31 ? 0 : UA << UB);
        case OP_RSHIFT: BINARY(UB > 31 ? 0 : UA >> UB);
        case OP_EQ: BINARY(flag(A == B));
        case OP_NE: BINARY(flag(A != B));
        case OP_LT: BINARY(flag(A < B));
        case OP_GT: BINARY(flag(A > B));
        case OP_LE: BINARY(flag(A <= B));
        case OP_GE: BINARY(flag(A >= B));
        case OP_ULT: BINARY(flag(UA < UB));
        case OP_NEGATE: UNARY(0u - UA);
        case OP_ABS: UNARY(A < 0 ? 0u - UA : UA);
        case OP_INC: UNARY(UA + 1);
        case OP_DEC: UNARY(UA - 1);
        case OP_TWICE: UNARY(UA << 1);
        case OP_HALF: UNARY(A >> 1);
        case OP_INVERT: UNARY(~A);
        case OP_ZERO: UNARY(flag(A == 0));
        case OP_NEG: UNARY(flag(A < 0));
        case OP_POS: UNARY(flag(A > 0));
        case OP_CELLS: UNARY(UA * 4);
        case OP_CELL_PLUS: UNARY(UA + 4);

        case OP_DUP: need(1); push(A); break;
        case OP_QDUP: need(1); if (A) push(A); break;
        case OP_DROP: pop(); break;
        case OP_SWAP: b = pop(), a = pop(); push(b); push(a); break;
        case OP_OVER: need(2); push(stack[sp - 2]); break;
        case OP_NIP: b = pop(); pop(); push(b); break;
        case OP_TUCK: b = pop(), a = pop(); push(b); push(a); push(b); break;
        case OP_ROT: need(3); a = stack[sp - 3];
            stack[sp - 3] = stack[sp - 2], stack[sp - 2] = A, A = a; break;
        case OP_MROT: need(3); a = A;
            A = stack[sp - 2], stack[sp - 2] = stack[sp - 3], stack[sp - 3] = a; break;
        case OP_DUP2: need(2); push(stack[sp - 2]); push(stack[sp - 2]); break;
        case OP_DROP2: need(2); sp -= 2; break;
        case OP_OVER2: need(4); push(stack[sp - 4]); push(stack[sp - 4]); break;
        case OP_SWAP2: need(4);
            for (int i = 1; i <= 2; i++)
                a = stack[sp - i], stack[sp - i] = stack[sp - i - 2], stack[sp - i - 2] = a;
            break;
        case OP_PICK: a = pop(); if (a < 0) fail("pick: negative index");
            need(a + 1); push(stack[sp - 1 - a]); break;
        case OP_STACK_DEPTH: push(sp); break;
        case OP_TO_R: rpush(pop()); break;
        case OP_FROM_R: push(rpop()); break;
        case OP_COPY_R: a = rpop(); rpush(a); push(a); break;

        case OP_FETCH: UNARY(load(A));
        case OP_STORE: a = pop(); store(a, pop()); break;
        case OP_ADD_STORE: a = pop(), b = pop();
            store(a, (int32_t)((uint32_t)load(a) + (uint32_t)b)); break;
        case OP_CFETCH: UNARY(*at(A, 1));
        case OP_CSTORE: a = pop(); *at(a, 1) = (uint8_t)pop(); break;
        case OP_FILL: b = pop(), a = pop(); memset(at(pop(), a), b, (size_t)a); break;
        case OP_MOVE: a = pop(), b = pop(); memmove(at(b, a), at(pop(), a), (size_t)a); break;
        case OP_HERE: push(here); break;
        case OP_ALLOT: a = pop(); at(here, a); here += a; break;
        case OP_COMMA: comma(pop()); break;
        case OP_CCOMMA: *at(here, 1) = (uint8_t)pop(); here++; break;
        case OP_BASE: push(BASE_ADDRESS); break;

        case OP_PRINT: print_signed(pop(), 0); putchar(' '); break;
        case OP_UPRINT: print_number((uint32_t)pop(), false, 0); putchar(' '); break;
        case OP_PRINT_R: a = pop(); print_signed(pop(), a); break;
        case OP_PRINT_STACK: print_stack(); break;
        case OP_EMIT: putchar(pop() & 255); break;
        case OP_CR: putchar('\n'); break;
        case OP_SPACE: putchar(' '); break;
        case OP_SPACES: a = pop(); printf("%*s", a > 0 ? a : 0, ""); break;
        case OP_TYPE: a = pop(); fwrite(at(pop(), a), 1, (size_t)a, stdout); break;

        case OP_CREATE: align_here(); create("create", here); break;
        case OP_VARIABLE: align_here(); create("variable", here); comma(0); break;
        case OP_CONSTANT: create("constant", pop()); break;
        case OP_IMMEDIATE: words[word_count - 1].immediate = true; break;
        case OP_TICK: push(tick()); break;
        case OP_CHAR: push((uint8_t)*need_token("char")); break;
        case OP_DECIMAL: store(BASE_ADDRESS, 10); break;
        case OP_HEX: store(BASE_ADDRESS, 16); break;
        case OP_WORDS: list_words(); break;
        case OP_BYE: fflush(stdout); exit(0);
        }
    }
}

/* Runs one word from the text. */
static void execute(int32_t xt)
{
    const Word *w = word_of(xt);
    code[0] = w->kind == W_PRIMITIVE ? w->value : OP_CALL;
    code[1] = w->kind == W_PRIMITIVE ? OP_HALT : xt;
    code[2] = OP_HALT;
    rp = 0;
    run(0);
}

/* ----------------------------------------------------------- directives -- */

/* The compile stack has pairs: an address to go to or to patch, and what for. */
enum { FOR_IF, FOR_BEGIN, FOR_WHILE, FOR_DO };
static int32_t leaves; /* chain of `leave` branches that the next loop patches */

static void open_control(int32_t address, int32_t what)
{
    if (csp + 2 > DEPTH)
        fail("control structures are nested too deeply");
    compile_stack[csp++] = address;
    compile_stack[csp++] = what;
}

static int32_t close_control(const char *name, int32_t what)
{
    if (csp < 2 || compile_stack[csp - 1] != what)
        fail("%s without its beginning", name);
    csp -= 2;
    return compile_stack[csp];
}

static int32_t emit_branch(int32_t op, int32_t target)
{
    emit(op);
    return emit(target);
}

static void close_loop(const char *name, int32_t op)
{
    int32_t start = close_control(name, FOR_DO);
    emit_branch(op, start);
    while (leaves) {
        int32_t next = code[leaves];
        code[leaves] = code_end;
        leaves = next;
    }
    leaves = compile_stack[--csp];
}

static void string_literal(bool print)
{
    int32_t len;
    const char *text = parse_until('"', &len);
    if (print && !compiling) {
        fwrite(text, 1, (size_t)len, stdout);
        return;
    }
    memcpy(at(here, len), text, (size_t)len);
    if (compiling) {
        emit(OP_STRING);
        emit(here);
        emit(len);
        if (print)
            emit(OP_TYPE);
    } else {
        push(here);
        push(len);
    }
    here += len;
}

static void literal(int32_t v)
{
    if (compiling) {
        emit(OP_LITERAL);
        emit(v);
    } else
        push(v);
}

static void direct(enum Directive d)
{
    const char *name = directive_names[d];
    int32_t address, len;
    if (!compiling && d < D_COLON)
        fail("%s: only inside of a definition", name);
    switch (d) {
    case D_COLON:
        if (compiling)
            fail(": inside of a definition");
        add_word(need_token(":"), W_COLON, code_end)->hidden = true;
        compiling = true;
        csp = leaves = 0;
        break;
    case D_SEMICOLON:
        if (csp)
            fail("; inside of a control structure");
        emit(OP_EXIT);
        words[word_count - 1].hidden = compiling = false;
        break;
    case D_RECURSE: emit(OP_CALL); emit(word_count - 1); break;

    case D_IF: open_control(emit_branch(OP_BRANCH_IF_ZERO, 0), FOR_IF); break;
    case D_ELSE:
        address = close_control(name, FOR_IF);
        open_control(emit_branch(OP_BRANCH, 0), FOR_IF);
        code[address] = code_end;
        break;
    case D_THEN: code[close_control(name, FOR_IF)] = code_end; break;
    case D_BEGIN: open_control(code_end, FOR_BEGIN); break;
    case D_UNTIL: emit_branch(OP_BRANCH_IF_ZERO, close_control(name, FOR_BEGIN)); break;
    case D_AGAIN: emit_branch(OP_BRANCH, close_control(name, FOR_BEGIN)); break;
    case D_WHILE: open_control(emit_branch(OP_BRANCH_IF_ZERO, 0), FOR_WHILE); break;
    case D_REPEAT:
        address = close_control(name, FOR_WHILE);
        emit_branch(OP_BRANCH, close_control(name, FOR_BEGIN));
        code[address] = code_end;
        break;
    case D_DO:
    case D_QDO:
        if (csp == DEPTH)
            fail("control structures are nested too deeply");
        compile_stack[csp++] = leaves;
        leaves = d == D_QDO ? emit_branch(OP_QDO, 0) : (emit(OP_DO), 0);
        open_control(code_end, FOR_DO);
        break;
    case D_LOOP: close_loop(name, OP_LOOP); break;
    case D_PLUS_LOOP: close_loop(name, OP_PLUS_LOOP); break;
    case D_LEAVE: leaves = emit_branch(OP_LEAVE, leaves); break;

    case D_DOT_QUOTE: string_literal(true); break;
    case D_S_QUOTE: string_literal(false); break;
    case D_PAREN: parse_until(')', &len); break;
    case D_BACKSLASH:
        while (source_pos < source_len && source[source_pos] != '\n')
            source_pos++;
        break;

    case D_DOES: emit(OP_DOES); break;
    case D_BRACKET_TICK: literal(tick()); break;
    case D_BRACKET_CHAR: literal((uint8_t)*need_token(name)); break;
    }
}

/* ----------------------------------------------------------------- main -- */

static void interpret(const char *token)
{
    int32_t number;
    int xt = find_word(token);
    if (xt >= 0) {
        const Word *w = &words[xt];
        if (w->kind == W_DIRECTIVE)
            direct((enum Directive)w->value);
        else if (!compiling || w->immediate)
            execute(xt);
        else if (w->kind == W_PRIMITIVE)
            emit(w->value);
        else
            emit_branch(OP_CALL, xt);
    } else if (parse_number(token, &number)) {
        literal(number);
    } else {
        fail("unknown word: %s", token);
    }
}

static void read_source(void)
{
    size_t capacity = 0, got = 0;
    do {
        source_len += got;
        if (source_len == capacity) {
            capacity = capacity ? capacity * 2 : 4096;
            source = realloc(source, capacity);
            if (!source)
                fail("out of memory");
        }
        got = fread(source + source_len, 1, capacity - source_len, stdin);
    } while (got > 0);
}

int main(void)
{
    store(BASE_ADDRESS, 10);
    for (size_t i = 0; i < sizeof primitive_names / sizeof *primitive_names; i++)
        add_word(primitive_names[i], W_PRIMITIVE, FIRST_PRIMITIVE + (int32_t)i);
    for (size_t i = 0; i < sizeof directive_names / sizeof *directive_names; i++)
        add_word(directive_names[i], W_DIRECTIVE, (int32_t)i);

    read_source();
    for (char *token; (token = next_token());)
        interpret(token);
    if (compiling)
        fail("the text ends inside of a definition");
    return 0;
}
