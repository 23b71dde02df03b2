;; Out of line: what does not fit.
(module
  (func (export "i32.trunc_sat_f32_s") (param f32) (result i32)
    (i32.trunc_sat_f32_s (local.get 0)))
  (func (export "i32.trunc_sat_f64_s") (param f64) (result i32)
    (i32.trunc_sat_f64_s (local.get 0))))

(; code
i32.trunc_sat_f32_s: 43 bytes, frame 0
    mov r15, rdi
    cvttss2si eax, xmm0
    cmp eax, 1
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
    mov eax, 0x7FFFFFFF
  L3:
    jmp L0
i32.trunc_sat_f64_s: 44 bytes, frame 0
    mov r15, rdi
    cvttsd2si eax, xmm0
    cmp eax, 1
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
    mov eax, 0x7FFFFFFF
  L3:
    jmp L0
;)
