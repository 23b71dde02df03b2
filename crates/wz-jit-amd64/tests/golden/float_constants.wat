;; Constants are memory operands behind the code, 0 is cleared.
(module
  (func (export "f64.mul 0.5") (param f64) (result f64)
    (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "f32.add 1") (param f32) (result f32)
    (f32.add (local.get 0) (f32.const 1)))
  (func (export "zero") (result f64)
    f64.const 0)
  (func (export "minus zero") (result f64)
    f64.const -0)
  (func (export "shared") (param f64) (result f64)
    (f64.add (f64.mul (local.get 0) (f64.const 2.5)) (f64.const 2.5))))

(; code
f64.mul 0.5: 12 bytes, frame 0
    mov r15, rdi
    mulsd xmm0, [0x3fe0000000000000]
    ret
f32.add 1: 12 bytes, frame 0
    mov r15, rdi
    addss xmm0, [0x3f800000]
    ret
zero: 7 bytes, frame 0
    mov r15, rdi
    xorps xmm0, xmm0
    ret
minus zero: 12 bytes, frame 0
    mov r15, rdi
    movsd xmm0, [0x8000000000000000]
    ret
shared: 20 bytes, frame 0
    mov r15, rdi
    mulsd xmm0, [0x4004000000000000]
    addsd xmm0, [0x4004000000000000]
    ret
;)
