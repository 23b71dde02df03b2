;; An i32 in a register is zero-extended: wrapping clears, extending with zeros does nothing.
(module
  (memory 1)
  (func (export "i32.wrap_i64") (param i64) (result i32)
    (i32.wrap_i64 (local.get 0)))
  (func (export "i64.extend_i32_u") (param i32) (result i64)
    (i64.extend_i32_u (local.get 0)))
  (func (export "i64.extend_i32_s") (param i32) (result i64)
    (i64.extend_i32_s (local.get 0)))
  (func (export "wrap and index") (param i64) (result i32)
    (i32.load (i32.wrap_i64 (local.get 0)))))

(; code
i32.wrap_i64: 15 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, esi
    mov eax, esi
    ret
i64.extend_i32_u: 14 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, rsi
    ret
i64.extend_i32_s: 17 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsxd rsi, esi
    mov rax, rsi
    ret
wrap and index: 19 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov esi, esi
    mov esi, [r14+rsi]  ; out of bounds memory access
    mov eax, esi
    ret
;)
