;; Two masks.
(module
  (func (export "f64.copysign") (param f64 f64) (result f64)
    (f64.copysign (local.get 0) (local.get 1)))
  (func (export "f32.copysign") (param f32 f32) (result f32)
    (f32.copysign (local.get 0) (local.get 1))))

(; code
f64.copysign: 27 bytes, frame 0
    mov r15, rdi
    movaps xmm15, xmm1
    andps xmm15, [0x80000000000000008000000000000000]
    andps xmm0, [0x7fffffffffffffff7fffffffffffffff]
    orps xmm0, xmm15
    ret
f32.copysign: 27 bytes, frame 0
    mov r15, rdi
    movaps xmm15, xmm1
    andps xmm15, [0x80000000800000008000000080000000]
    andps xmm0, [0x7fffffff7fffffff7fffffff7fffffff]
    orps xmm0, xmm15
    ret
;)
