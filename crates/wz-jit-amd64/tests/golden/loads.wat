;; Guarded: base, index and offset in one operand.
(module
  (memory 1)
  (func (export "i32.load") (param i32) (result i32)
    (i32.load  (local.get 0)))
  (func (export "i32.load8_s") (param i32) (result i32)
    (i32.load8_s  (local.get 0)))
  (func (export "i32.load8_u") (param i32) (result i32)
    (i32.load8_u  (local.get 0)))
  (func (export "i32.load16_s") (param i32) (result i32)
    (i32.load16_s  (local.get 0)))
  (func (export "i32.load16_u") (param i32) (result i32)
    (i32.load16_u  (local.get 0)))
  (func (export "i64.load") (param i32) (result i64)
    (i64.load  (local.get 0)))
  (func (export "i64.load8_s") (param i32) (result i64)
    (i64.load8_s  (local.get 0)))
  (func (export "i64.load8_u") (param i32) (result i64)
    (i64.load8_u  (local.get 0)))
  (func (export "i64.load16_s") (param i32) (result i64)
    (i64.load16_s  (local.get 0)))
  (func (export "i64.load16_u") (param i32) (result i64)
    (i64.load16_u  (local.get 0)))
  (func (export "i64.load32_s") (param i32) (result i64)
    (i64.load32_s  (local.get 0)))
  (func (export "i64.load32_u") (param i32) (result i64)
    (i64.load32_u  (local.get 0)))
  (func (export "f32.load") (param i32) (result f32)
    (f32.load  (local.get 0)))
  (func (export "f64.load") (param i32) (result f64)
    (f64.load  (local.get 0))))

(; code
i32.load: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
i32.load8_s: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsx esi, byte ptr [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
i32.load8_u: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx esi, byte ptr [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
i32.load16_s: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsx esi, word ptr [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
i32.load16_u: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx esi, word ptr [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
i64.load: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rsi, [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load8_s: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsx rsi, byte ptr [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load8_u: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx esi, byte ptr [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load16_s: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsx rsi, word ptr [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load16_u: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movzx esi, word ptr [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load32_s: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsxd rsi, [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
i64.load32_u: 18 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, [r14+rsi]  ; out of bounds memory access
    mov rax, rsi
    ret
f32.load: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movss xmm0, [r14+rsi]  ; out of bounds memory access
    ret
f64.load: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsd xmm0, [r14+rsi]  ; out of bounds memory access
    ret
;)
