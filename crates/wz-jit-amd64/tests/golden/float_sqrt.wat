;; SQRTSD, as rounding.
(module
  (func (export "f64.sqrt") (param f64) (result f64)
    (f64.sqrt (local.get 0)))
  (func (export "kept") (param f32) (result f32 f32)
    (f32.sqrt (local.get 0)) local.get 0))

(; code
f64.sqrt: 8 bytes, frame 0
    mov r15, rdi
    sqrtsd xmm0, xmm0
    ret
kept: 22 bytes, frame 0
    mov r15, rdi
    xorps xmm1, xmm1
    sqrtss xmm1, xmm0
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
;)
