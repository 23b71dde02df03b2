/* A bytecode interpreter: one br_table in a loop, a stack in memory. */
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, SHR, LESS, JUMP_IF_ZERO, JUMP, DUP, SWAP, DROP, HALT };

#define OP(op) (op)

/* i = limit; sum = 1; while (0 < i) { sum = (sum * 31 + i) ^ (sum >> 7); i = i - 1; } */
static const int32_t program[] = {
    /* 0 */ OP(LOAD),  0,           OP(STORE), 1,
    /* 4 */ OP(PUSH),  1,           OP(STORE), 2,
    /* 8 */ OP(PUSH),  0,           OP(LOAD),  1,
    /* 12 */ OP(LESS), OP(JUMP_IF_ZERO), 38,
    /* 15 */ OP(LOAD), 2,           OP(DUP),   OP(PUSH), 31, OP(MUL), OP(LOAD), 1, OP(ADD),
    /* 24 */ OP(SWAP), OP(PUSH),    7,         OP(SHR),  OP(XOR), OP(STORE), 2,
    /* 31 */ OP(LOAD), 1,           OP(PUSH),  1,        OP(SUB),
    /* 36 */ OP(STORE), 1,
    /* 38: replaced below by a jump back or the end */
    OP(JUMP), 8, OP(HALT),
};

__attribute__((noinline)) static uint32_t run(const int32_t *code, uint32_t limit) {
    uint32_t stack[16], variables[4] = {limit}, *sp = stack;
    const int32_t *pc = code;
    for (;;) {
        switch (*pc++) {
        case PUSH: *sp++ = (uint32_t)*pc++; break;
        case LOAD: *sp++ = variables[*pc++ & 3]; break;
        case STORE: variables[*pc++ & 3] = *--sp; break;
        case ADD: sp--, sp[-1] += sp[0]; break;
        case SUB: sp--, sp[-1] -= sp[0]; break;
        case MUL: sp--, sp[-1] *= sp[0]; break;
        case XOR: sp--, sp[-1] ^= sp[0]; break;
        case SHR: sp--, sp[-1] >>= sp[0] & 31; break;
        case LESS: sp--, sp[-1] = sp[-1] < sp[0]; break;
        case JUMP_IF_ZERO: pc = *--sp ? pc + 1 : code + *pc; break;
        case JUMP: pc = code + *pc; break;
        case DUP: *sp = sp[-1], sp++; break;
        case SWAP: {
            uint32_t top = sp[-1];
            sp[-1] = sp[-2], sp[-2] = top;
            break;
        }
        case DROP: sp--; break;
        default: return variables[2];
        }
    }
}

int main(void) {
    int32_t code[sizeof program / sizeof *program];
    memcpy(code, program, sizeof program);
    code[14] = (int32_t)(sizeof program / sizeof *program) - 1;
    print_result("bytecode", run(code, 16000000));
    return 0;
}
