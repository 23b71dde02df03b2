;; Multiplication.
(module
  (func (export "i32.mul") (param i32 i32) (result i32)
    (i32.mul (local.get 0) (local.get 1)))
  (func (export "i64.mul kept") (param i64 i64) (result i64 i64 i64)
    (i64.mul (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "i32.mul 100") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 100)))
  (func (export "i64.mul 0x123456789") (param i64) (result i64)
    (i64.mul (local.get 0) (i64.const 0x123456789))))

(; code
i32.mul: 9 bytes, frame 0
    mov r15, rdi
    imul esi, edx
    mov eax, esi
    ret
i64.mul kept: 17 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    imul rax, rdx
    mov rcx, rdx
    mov rdx, rsi
    ret
i32.mul 100: 9 bytes, frame 0
    mov r15, rdi
    imul esi, 0x64
    mov eax, esi
    ret
i64.mul 0x123456789: 21 bytes, frame 0
    mov r15, rdi
    mov rax, 0x123456789
    imul rsi, rax
    mov rax, rsi
    ret
;)
