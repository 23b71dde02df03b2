;; Out of line: what does not fit, and what looks so.
(module
  (func (export "i32.trunc_f32_s") (param f32) (result i32)
    (i32.trunc_f32_s (local.get 0)))
  (func (export "i32.trunc_f64_s") (param f64) (result i32)
    (i32.trunc_f64_s (local.get 0))))

(; code
i32.trunc_f32_s: 46 bytes, frame 0
    mov r15, rdi
    cvttss2si eax, xmm0
    cmp eax, 1
    jo L1
  L0:
    ret
  L1:
    cvttss2si rax, xmm0
    cmp rax, -0x80000000
    je L3
    ucomiss xmm0, xmm0
    jnp L2
    ud2  ; invalid conversion to integer
  L2:
    ud2  ; integer overflow
  L3:
    mov eax, eax
    jmp L0
i32.trunc_f64_s: 47 bytes, frame 0
    mov r15, rdi
    cvttsd2si eax, xmm0
    cmp eax, 1
    jo L1
  L0:
    ret
  L1:
    cvttsd2si rax, xmm0
    cmp rax, -0x80000000
    je L3
    ucomisd xmm0, xmm0
    jnp L2
    ud2  ; invalid conversion to integer
  L2:
    ud2  ; integer overflow
  L3:
    mov eax, eax
    jmp L0
;)
