;; Out of line: what does not fit, and what looks so.
(module
  (func (export "i64.trunc_f32_s") (param f32) (result i64)
    (i64.trunc_f32_s (local.get 0)))
  (func (export "i64.trunc_f64_s") (param f64) (result i64)
    (i64.trunc_f64_s (local.get 0))))

(; code
i64.trunc_f32_s: 44 bytes, frame 0
    mov r15, rdi
    cvttss2si rax, xmm0
    cmp rax, 1
    jo L1
  L0:
    ret
  L1:
    ucomiss xmm0, [0xdf000000]
    jne L2
    jnp L4
  L2:
    ucomiss xmm0, xmm0
    jnp L3
    ud2  ; invalid conversion to integer
  L3:
    ud2  ; integer overflow
  L4:
    jmp L0
i64.trunc_f64_s: 46 bytes, frame 0
    mov r15, rdi
    cvttsd2si rax, xmm0
    cmp rax, 1
    jo L1
  L0:
    ret
  L1:
    ucomisd xmm0, [0xc3e0000000000000]
    jne L2
    jnp L4
  L2:
    ucomisd xmm0, xmm0
    jnp L3
    ud2  ; invalid conversion to integer
  L3:
    ud2  ; integer overflow
  L4:
    jmp L0
;)
