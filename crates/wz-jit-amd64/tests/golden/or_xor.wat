;; Bitwise operations; the complement is `not`.
(module
  (func (export "i32.or") (param i32 i32) (result i32)
    (i32.or (local.get 0) (local.get 1)))
  (func (export "i64.xor") (param i64 i64) (result i64)
    (i64.xor (local.get 0) (local.get 1)))
  (func (export "i32.or 0x10000") (param i32) (result i32)
    (i32.or (local.get 0) (i32.const 0x10000)))
  (func (export "i32.xor -1") (param i32) (result i32)
    (i32.xor (local.get 0) (i32.const -1)))
  (func (export "i64.xor -1") (param i64) (result i64)
    (i64.xor (local.get 0) (i64.const -1)))
  (func (export "i64.or 0x100000000") (param i64) (result i64)
    (i64.or (local.get 0) (i64.const 0x100000000))))

(; code
i32.or: 8 bytes, frame 0
    mov r15, rdi
    or esi, edx
    mov eax, esi
    ret
i64.xor: 10 bytes, frame 0
    mov r15, rdi
    xor rsi, rdx
    mov rax, rsi
    ret
i32.or 0x10000: 12 bytes, frame 0
    mov r15, rdi
    or esi, 0x10000
    mov eax, esi
    ret
i32.xor -1: 8 bytes, frame 0
    mov r15, rdi
    not esi
    mov eax, esi
    ret
i64.xor -1: 10 bytes, frame 0
    mov r15, rdi
    not rsi
    mov rax, rsi
    ret
i64.or 0x100000000: 20 bytes, frame 0
    mov r15, rdi
    mov rax, 0x100000000
    or rsi, rax
    mov rax, rsi
    ret
;)
