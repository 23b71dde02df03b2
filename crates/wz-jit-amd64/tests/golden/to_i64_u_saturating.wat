;; Out of line: what does not fit.
(module
  (func (export "i64.trunc_sat_f32_u") (param f32) (result i64)
    (i64.trunc_sat_f32_u (local.get 0)))
  (func (export "i64.trunc_sat_f64_u") (param f64) (result i64)
    (i64.trunc_sat_f64_u (local.get 0))))

(; code
i64.trunc_sat_f32_u: 89 bytes, frame 0
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
    jns L4
    xor eax, eax
    xorps xmm15, xmm15
    ucomiss xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov rax, -1
  L3:
    jmp L0
  L4:
    mov rcx, -0x8000000000000000
    xor rax, rcx
    jmp L0
i64.trunc_sat_f64_u: 90 bytes, frame 0
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
    jns L4
    xor eax, eax
    xorps xmm15, xmm15
    ucomisd xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov rax, -1
  L3:
    jmp L0
  L4:
    mov rcx, -0x8000000000000000
    xor rax, rcx
    jmp L0
;)
