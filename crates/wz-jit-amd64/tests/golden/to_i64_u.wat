;; Out of line: what does not fit, and what looks so.
(module
  (func (export "i64.trunc_f32_u") (param f32) (result i64)
    (i64.trunc_f32_u (local.get 0)))
  (func (export "i64.trunc_f64_u") (param f64) (result i64)
    (i64.trunc_f64_u (local.get 0))))

(; code
i64.trunc_f32_u: 68 bytes, frame 0
    mov r15, rdi
    cvttss2si rax, xmm0
    test rax, rax
    js L1
  L0:
    ret
  L1:
    movaps xmm15, xmm0
    subss xmm15, [0x5f000000]
    cvttss2si rax, xmm15
    test rax, rax
    jns L3
    ucomiss xmm0, xmm0
    jnp L2
    ud2  ; invalid conversion to integer
  L2:
    ud2  ; integer overflow
  L3:
    mov rcx, -0x8000000000000000
    xor rax, rcx
    jmp L0
i64.trunc_f64_u: 69 bytes, frame 0
    mov r15, rdi
    cvttsd2si rax, xmm0
    test rax, rax
    js L1
  L0:
    ret
  L1:
    movaps xmm15, xmm0
    subsd xmm15, [0x43e0000000000000]
    cvttsd2si rax, xmm15
    test rax, rax
    jns L3
    ucomisd xmm0, xmm0
    jnp L2
    ud2  ; invalid conversion to integer
  L2:
    ud2  ; integer overflow
  L3:
    mov rcx, -0x8000000000000000
    xor rax, rcx
    jmp L0
;)
