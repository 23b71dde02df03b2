;; NaN and zeros are apart from the usual case.
(module
  (func (export "f64.min") (param f64 f64) (result f64)
    (f64.min (local.get 0) (local.get 1)))
  (func (export "f64.max") (param f64 f64) (result f64)
    (f64.max (local.get 0) (local.get 1)))
  (func (export "f32.min") (param f32 f32) (result f32)
    (f32.min (local.get 0) (local.get 1))))

(; code
f64.min: 27 bytes, frame 0
    mov r15, rdi
    ucomisd xmm0, xmm1
    jne L1
    jp L0
    orps xmm0, xmm1
    jmp L2
  L0:
    addsd xmm0, xmm1
    jmp L2
  L1:
    minsd xmm0, xmm1
  L2:
    ret
f64.max: 27 bytes, frame 0
    mov r15, rdi
    ucomisd xmm0, xmm1
    jne L1
    jp L0
    andps xmm0, xmm1
    jmp L2
  L0:
    addsd xmm0, xmm1
    jmp L2
  L1:
    maxsd xmm0, xmm1
  L2:
    ret
f32.min: 26 bytes, frame 0
    mov r15, rdi
    ucomiss xmm0, xmm1
    jne L1
    jp L0
    orps xmm0, xmm1
    jmp L2
  L0:
    addss xmm0, xmm1
    jmp L2
  L1:
    minss xmm0, xmm1
  L2:
    ret
;)
