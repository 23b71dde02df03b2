;; Cleared first, so that the old value is not waited for.
(module
  (func (export "f64.convert_i32_s") (param i32) (result f64)
    (f64.convert_i32_s (local.get 0)))
  (func (export "f32.convert_i64_s") (param i64) (result f32)
    (f32.convert_i64_s (local.get 0)))
  (func (export "f64.convert_i32_u") (param i32) (result f64)
    (f64.convert_i32_u (local.get 0)))
  (func (export "f32.convert_i32_u") (param i32) (result f32)
    (f32.convert_i32_u (local.get 0))))

(; code
f64.convert_i32_s: 11 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    cvtsi2sd xmm0, esi
    ret
f32.convert_i64_s: 12 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    cvtsi2ss xmm0, rsi
    ret
f64.convert_i32_u: 12 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rsi
    ret
f32.convert_i32_u: 12 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    cvtsi2ss xmm0, rsi
    ret
;)
