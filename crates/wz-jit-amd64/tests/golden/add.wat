;; Two-address where an operand dies, `lea` where both live on, short immediates.
(module
  (func (export "i32.add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "i32.add kept") (param i32 i32) (result i32 i32 i32)
    (i32.add (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "i64.add kept") (param i64 i64) (result i64 i64 i64)
    (i64.add (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "i32.add 7") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 7)))
  (func (export "i32.add 128") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 128)))
  (func (export "i32.add -1") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const -1)))
  (func (export "i32.add 0") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 0)))
  (func (export "i64.add 0x80000000") (param i64) (result i64)
    (i64.add (local.get 0) (i64.const 0x80000000)))
  (func (export "i64.add 0x123456789") (param i64) (result i64)
    (i64.add (local.get 0) (i64.const 0x123456789)))
  (func (export "immediate kept") (param i64) (result i64 i64)
    (i64.add (local.get 0) (i64.const 100)) local.get 0))

(; code
i32.add: 8 bytes, frame 0
    mov r15, rdi
    add esi, edx
    mov eax, esi
    ret
i32.add kept: 11 bytes, frame 0
    mov r15, rdi
    lea eax, [rsi+rdx]
    mov ecx, edx
    mov edx, esi
    ret
i64.add kept: 14 bytes, frame 0
    mov r15, rdi
    lea rax, [rsi+rdx]
    mov rcx, rdx
    mov rdx, rsi
    ret
i32.add 7: 9 bytes, frame 0
    mov r15, rdi
    add esi, 7
    mov eax, esi
    ret
i32.add 128: 9 bytes, frame 0
    mov r15, rdi
    sub esi, -0x80
    mov eax, esi
    ret
i32.add -1: 9 bytes, frame 0
    mov r15, rdi
    add esi, -1
    mov eax, esi
    ret
i32.add 0: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
i64.add 0x80000000: 14 bytes, frame 0
    mov r15, rdi
    sub rsi, -0x80000000
    mov rax, rsi
    ret
i64.add 0x123456789: 20 bytes, frame 0
    mov r15, rdi
    mov rax, 0x123456789
    add rsi, rax
    mov rax, rsi
    ret
immediate kept: 11 bytes, frame 0
    mov r15, rdi
    lea rax, [rsi+0x64]
    mov rdx, rsi
    ret
;)
