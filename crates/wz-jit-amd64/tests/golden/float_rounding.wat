;; ROUNDSD; the result is cleared first if it is another register.
(module
  (func (export "f64.ceil") (param f64) (result f64)
    (f64.ceil (local.get 0)))
  (func (export "f64.floor") (param f64) (result f64)
    (f64.floor (local.get 0)))
  (func (export "f64.trunc") (param f64) (result f64)
    (f64.trunc (local.get 0)))
  (func (export "f64.nearest") (param f64) (result f64)
    (f64.nearest (local.get 0)))
  (func (export "f32.floor") (param f32) (result f32)
    (f32.floor (local.get 0)))
  (func (export "kept") (param f64) (result f64 f64)
    (f64.ceil (local.get 0)) local.get 0))

(; code
f64.ceil: 10 bytes, frame 0
    mov r15, rdi
    roundsd xmm0, xmm0, 0xA
    ret
f64.floor: 10 bytes, frame 0
    mov r15, rdi
    roundsd xmm0, xmm0, 9
    ret
f64.trunc: 10 bytes, frame 0
    mov r15, rdi
    roundsd xmm0, xmm0, 0xB
    ret
f64.nearest: 10 bytes, frame 0
    mov r15, rdi
    roundsd xmm0, xmm0, 8
    ret
f32.floor: 10 bytes, frame 0
    mov r15, rdi
    roundss xmm0, xmm0, 9
    ret
kept: 24 bytes, frame 0
    mov r15, rdi
    xorps xmm1, xmm1
    roundsd xmm1, xmm0, 0xA
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
;)
