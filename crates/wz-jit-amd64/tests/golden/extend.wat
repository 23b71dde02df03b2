;; Sign extensions.
(module
  (func (export "i32.extend8_s") (param i32) (result i32)
    (i32.extend8_s (local.get 0)))
  (func (export "i32.extend16_s") (param i32) (result i32)
    (i32.extend16_s (local.get 0)))
  (func (export "i64.extend8_s") (param i64) (result i64)
    (i64.extend8_s (local.get 0)))
  (func (export "i64.extend16_s") (param i64) (result i64)
    (i64.extend16_s (local.get 0)))
  (func (export "i64.extend32_s") (param i64) (result i64)
    (i64.extend32_s (local.get 0))))

(; code
i32.extend8_s: 10 bytes, frame 0
    mov r15, rdi
    movsx esi, sil
    mov eax, esi
    ret
i32.extend16_s: 9 bytes, frame 0
    mov r15, rdi
    movsx esi, si
    mov eax, esi
    ret
i64.extend8_s: 11 bytes, frame 0
    mov r15, rdi
    movsx rsi, sil
    mov rax, rsi
    ret
i64.extend16_s: 11 bytes, frame 0
    mov r15, rdi
    movsx rsi, si
    mov rax, rsi
    ret
i64.extend32_s: 10 bytes, frame 0
    mov r15, rdi
    movsxd rsi, esi
    mov rax, rsi
    ret
;)
