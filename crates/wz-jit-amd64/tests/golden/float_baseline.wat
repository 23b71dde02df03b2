;; with baseline
;; A move first where both sources live on.
(module
  (func (export "f64.sub") (param f64 f64) (result f64)
    (f64.sub (local.get 0) (local.get 1)))
  (func (export "f64.sub kept") (param f64 f64) (result f64 f64 f64)
    (f64.sub (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "f32.mul kept") (param f32 f32) (result f32 f32 f32)
    (f32.mul (local.get 0) (local.get 1)) local.get 0 local.get 1))

(; code
f64.sub: 8 bytes, frame 0
    mov r15, rdi
    subsd xmm0, xmm1
    ret
f64.sub kept: 33 bytes, frame 0
    mov r15, rdi
    movaps xmm2, xmm0
    subsd xmm2, xmm1
    movaps xmm15, xmm2
    movaps xmm2, xmm1
    movaps xmm1, xmm15
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
f32.mul kept: 33 bytes, frame 0
    mov r15, rdi
    movaps xmm2, xmm0
    mulss xmm2, xmm1
    movaps xmm15, xmm2
    movaps xmm2, xmm1
    movaps xmm1, xmm15
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
;)
