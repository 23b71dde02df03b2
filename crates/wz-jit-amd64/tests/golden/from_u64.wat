;; Large numbers are halved, out of line.
(module
  (func (export "f64.convert_i64_u") (param i64) (result f64)
    (f64.convert_i64_u (local.get 0)))
  (func (export "f32.convert_i64_u") (param i64) (result f32)
    (f32.convert_i64_u (local.get 0))))

(; code
f64.convert_i64_u: 52 bytes, frame 0
    mov r15, rdi
    test rsi, rsi
    js L1
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rsi
  L0:
    ret
  L1:
    mov rax, rsi
    shr rax, 1
    mov ecx, esi
    and ecx, 1
    or rax, rcx
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rax
    addsd xmm0, xmm0
    jmp L0
f32.convert_i64_u: 52 bytes, frame 0
    mov r15, rdi
    test rsi, rsi
    js L1
    xorps xmm0, xmm0
    cvtsi2ss xmm0, rsi
  L0:
    ret
  L1:
    mov rax, rsi
    shr rax, 1
    mov ecx, esi
    and ecx, 1
    or rax, rcx
    xorps xmm0, xmm0
    cvtsi2ss xmm0, rax
    addss xmm0, xmm0
    jmp L0
;)
