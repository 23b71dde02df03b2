;; Moves between the banks.
(module
  (func (export "i32.reinterpret_f32") (param f32) (result i32)
    (i32.reinterpret_f32 (local.get 0)))
  (func (export "i64.reinterpret_f64") (param f64) (result i64)
    (i64.reinterpret_f64 (local.get 0)))
  (func (export "f32.reinterpret_i32") (param i32) (result f32)
    (f32.reinterpret_i32 (local.get 0)))
  (func (export "f64.reinterpret_i64") (param i64) (result f64)
    (f64.reinterpret_i64 (local.get 0))))

(; code
i32.reinterpret_f32: 8 bytes, frame 0
    mov r15, rdi
    movd eax, xmm0
    ret
i64.reinterpret_f64: 9 bytes, frame 0
    mov r15, rdi
    movq rax, xmm0
    ret
f32.reinterpret_i32: 8 bytes, frame 0
    mov r15, rdi
    movd xmm0, esi
    ret
f64.reinterpret_i64: 9 bytes, frame 0
    mov r15, rdi
    movq xmm0, rsi
    ret
;)
