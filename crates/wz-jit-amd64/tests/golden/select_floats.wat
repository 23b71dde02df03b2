;; A jump over a move.
(module
  (func (export "f64") (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func (export "max") (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.gt (local.get 0) (local.get 1)))))

(; code
f64: 14 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    movaps xmm1, xmm0
  L0:
    movaps xmm0, xmm1
    ret
max: 16 bytes, frame 0
    mov r15, rdi
    ucomisd xmm0, xmm1
    jbe L0
    movaps xmm1, xmm0
  L0:
    movaps xmm0, xmm1
    ret
;)
