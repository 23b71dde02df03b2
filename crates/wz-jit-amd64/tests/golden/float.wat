;; AVX: three operands where both sources live on.
(module
  (func (export "f64.add") (param f64 f64) (result f64)
    (f64.add (local.get 0) (local.get 1)))
  (func (export "f64.sub") (param f64 f64) (result f64)
    (f64.sub (local.get 0) (local.get 1)))
  (func (export "f64.mul") (param f64 f64) (result f64)
    (f64.mul (local.get 0) (local.get 1)))
  (func (export "f64.div") (param f64 f64) (result f64)
    (f64.div (local.get 0) (local.get 1)))
  (func (export "f32.add") (param f32 f32) (result f32)
    (f32.add (local.get 0) (local.get 1)))
  (func (export "f64.sub kept") (param f64 f64) (result f64 f64 f64)
    (f64.sub (local.get 0) (local.get 1)) local.get 0 local.get 1))

(; code
f64.add: 8 bytes, frame 0
    mov r15, rdi
    addsd xmm0, xmm1
    ret
f64.sub: 8 bytes, frame 0
    mov r15, rdi
    subsd xmm0, xmm1
    ret
f64.mul: 8 bytes, frame 0
    mov r15, rdi
    mulsd xmm0, xmm1
    ret
f64.div: 8 bytes, frame 0
    mov r15, rdi
    divsd xmm0, xmm1
    ret
f32.add: 8 bytes, frame 0
    mov r15, rdi
    addss xmm0, xmm1
    ret
f64.sub kept: 30 bytes, frame 0
    mov r15, rdi
    vsubsd xmm2, xmm0, xmm1
    movaps xmm15, xmm2
    movaps xmm2, xmm1
    movaps xmm1, xmm15
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
;)
