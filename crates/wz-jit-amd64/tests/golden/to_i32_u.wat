;; Out of line: what does not fit, and what looks so.
(module
  (func (export "i32.trunc_f32_u") (param f32) (result i32)
    (i32.trunc_f32_u (local.get 0)))
  (func (export "i32.trunc_f64_u") (param f64) (result i32)
    (i32.trunc_f64_u (local.get 0))))

(; code
i32.trunc_f32_u: 31 bytes, frame 0
    mov r15, rdi
    cvttss2si rax, xmm0
    mov rcx, rax
    shr rcx, 0x20
    jne L0
    ret
  L0:
    ucomiss xmm0, xmm0
    jnp L1
    ud2  ; invalid conversion to integer
  L1:
    ud2  ; integer overflow
i32.trunc_f64_u: 32 bytes, frame 0
    mov r15, rdi
    cvttsd2si rax, xmm0
    mov rcx, rax
    shr rcx, 0x20
    jne L0
    ret
  L0:
    ucomisd xmm0, xmm0
    jnp L1
    ud2  ; invalid conversion to integer
  L1:
    ud2  ; integer overflow
;)
