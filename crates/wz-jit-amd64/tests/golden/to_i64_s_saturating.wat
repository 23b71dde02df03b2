;; Out of line: what does not fit.
(module
  (func (export "i64.trunc_sat_f32_s") (param f32) (result i64)
    (i64.trunc_sat_f32_s (local.get 0)))
  (func (export "i64.trunc_sat_f64_s") (param f64) (result i64)
    (i64.trunc_sat_f64_s (local.get 0))))

(; code
i64.trunc_sat_f32_s: 50 bytes, frame 0
    mov r15, rdi
    cvttss2si rax, xmm0
    cmp rax, 1
    jo L1
  L0:
    ret
  L1:
    xorps xmm15, xmm15
    ucomiss xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov rax, 0x7FFFFFFFFFFFFFFF
  L3:
    jmp L0
i64.trunc_sat_f64_s: 51 bytes, frame 0
    mov r15, rdi
    cvttsd2si rax, xmm0
    cmp rax, 1
    jo L1
  L0:
    ret
  L1:
    xorps xmm15, xmm15
    ucomisd xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov rax, 0x7FFFFFFFFFFFFFFF
  L3:
    jmp L0
;)
