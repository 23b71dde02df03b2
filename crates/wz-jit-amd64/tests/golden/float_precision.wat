;; Between the precisions.
(module
  (func (export "f32.demote_f64") (param f64) (result f32)
    (f32.demote_f64 (local.get 0)))
  (func (export "f64.promote_f32") (param f32) (result f64)
    (f64.promote_f32 (local.get 0))))

(; code
f32.demote_f64: 8 bytes, frame 0
    mov r15, rdi
    cvtsd2ss xmm0, xmm0
    ret
f64.promote_f32: 8 bytes, frame 0
    mov r15, rdi
    cvtss2sd xmm0, xmm0
    ret
;)
