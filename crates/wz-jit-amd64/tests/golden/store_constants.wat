;; Immediates.
(module
  (memory 1)
  (func (export "i32.store 5") (param i32)
    (i32.store (local.get 0) (i32.const 5)))
  (func (export "i32.store8 -1") (param i32)
    (i32.store8 (local.get 0) (i32.const -1)))
  (func (export "i32.store16 4660") (param i32)
    (i32.store16 (local.get 0) (i32.const 4660)))
  (func (export "i64.store -2") (param i32)
    (i64.store (local.get 0) (i64.const -2)))
  (func (export "i64.store 0x123456789") (param i32)
    (i64.store (local.get 0) (i64.const 0x123456789)))
  (func (export "i64.store32 0x1ffffffff") (param i32)
    (i64.store32 (local.get 0) (i64.const 0x1ffffffff)))
  (func (export "f32.store 1.5") (param i32)
    (f32.store (local.get 0) (f32.const 1.5)))
  (func (export "f64.store 0") (param i32)
    (f64.store (local.get 0) (f64.const 0)))
  (func (export "f64.store 1.5") (param i32)
    (f64.store (local.get 0) (f64.const 1.5))))

(; code
i32.store 5: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov dword ptr [r14+rsi], 5  ; out of bounds memory access
    ret
i32.store8 -1: 16 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov byte ptr [r14+rsi], -1  ; out of bounds memory access
    ret
i32.store16 4660: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov word ptr [r14+rsi], 0x1234  ; out of bounds memory access
    ret
i64.store -2: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov qword ptr [r14+rsi], -2  ; out of bounds memory access
    ret
i64.store 0x123456789: 25 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, 0x123456789
    mov [r14+rsi], rax  ; out of bounds memory access
    ret
i64.store32 0x1ffffffff: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov dword ptr [r14+rsi], -1  ; out of bounds memory access
    ret
f32.store 1.5: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov dword ptr [r14+rsi], 0x3FC00000  ; out of bounds memory access
    ret
f64.store 0: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov qword ptr [r14+rsi], 0  ; out of bounds memory access
    ret
f64.store 1.5: 25 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, 0x3FF8000000000000
    mov [r14+rsi], rax  ; out of bounds memory access
    ret
;)
