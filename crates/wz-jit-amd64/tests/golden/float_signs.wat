;; Masks behind the code.
(module
  (func (export "f64.abs") (param f64) (result f64)
    (f64.abs (local.get 0)))
  (func (export "f64.neg") (param f64) (result f64)
    (f64.neg (local.get 0)))
  (func (export "f32.abs") (param f32) (result f32)
    (f32.abs (local.get 0)))
  (func (export "neg kept") (param f64) (result f64 f64)
    (f64.neg (local.get 0)) local.get 0))

(; code
f64.abs: 11 bytes, frame 0
    mov r15, rdi
    andps xmm0, [0x7fffffffffffffff7fffffffffffffff]
    ret
f64.neg: 11 bytes, frame 0
    mov r15, rdi
    xorps xmm0, [0x80000000000000008000000000000000]
    ret
f32.abs: 11 bytes, frame 0
    mov r15, rdi
    andps xmm0, [0x7fffffff7fffffff7fffffff7fffffff]
    ret
neg kept: 23 bytes, frame 0
    mov r15, rdi
    vxorps xmm1, xmm0, [0x80000000000000008000000000000000]
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    ret
;)
