;; Out of line: what does not fit.
(module
  (func (export "i32.trunc_sat_f32_u") (param f32) (result i32)
    (i32.trunc_sat_f32_u (local.get 0)))
  (func (export "i32.trunc_sat_f64_u") (param f64) (result i32)
    (i32.trunc_sat_f64_u (local.get 0))))

(; code
i32.trunc_sat_f32_u: 50 bytes, frame 0
    mov r15, rdi
    cvttss2si rax, xmm0
    mov rcx, rax
    shr rcx, 0x20
    jne L1
  L0:
    ret
  L1:
    xor eax, eax
    xorps xmm15, xmm15
    ucomiss xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov eax, -1
  L3:
    jmp L0
i32.trunc_sat_f64_u: 51 bytes, frame 0
    mov r15, rdi
    cvttsd2si rax, xmm0
    mov rcx, rax
    shr rcx, 0x20
    jne L1
  L0:
    ret
  L1:
    xor eax, eax
    xorps xmm15, xmm15
    ucomisd xmm0, xmm15
    jnp L2
    xor eax, eax
    jmp L3
  L2:
    jb L3
    mov eax, -1
  L3:
    jmp L0
;)
