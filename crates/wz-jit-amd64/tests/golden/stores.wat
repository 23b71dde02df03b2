;; Guarded.
(module
  (memory 1)
  (func (export "i32.store") (param i32 i32)
    (i32.store  (local.get 0) (local.get 1)))
  (func (export "i32.store8") (param i32 i32)
    (i32.store8  (local.get 0) (local.get 1)))
  (func (export "i32.store16") (param i32 i32)
    (i32.store16  (local.get 0) (local.get 1)))
  (func (export "i64.store") (param i32 i64)
    (i64.store  (local.get 0) (local.get 1)))
  (func (export "i64.store8") (param i32 i64)
    (i64.store8  (local.get 0) (local.get 1)))
  (func (export "i64.store16") (param i32 i64)
    (i64.store16  (local.get 0) (local.get 1)))
  (func (export "i64.store32") (param i32 i64)
    (i64.store32  (local.get 0) (local.get 1)))
  (func (export "f32.store") (param i32 f32)
    (f32.store  (local.get 0) (local.get 1)))
  (func (export "f64.store") (param i32 f64)
    (f64.store  (local.get 0) (local.get 1))))

(; code
i32.store: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], edx  ; out of bounds memory access
    ret
i32.store8: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], dl  ; out of bounds memory access
    ret
i32.store16: 16 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], dx  ; out of bounds memory access
    ret
i64.store: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], rdx  ; out of bounds memory access
    ret
i64.store8: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], dl  ; out of bounds memory access
    ret
i64.store16: 16 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], dx  ; out of bounds memory access
    ret
i64.store32: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov [r14+rsi], edx  ; out of bounds memory access
    ret
f32.store: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movss [r14+rsi], xmm0  ; out of bounds memory access
    ret
f64.store: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsd [r14+rsi], xmm0  ; out of bounds memory access
    ret
;)
