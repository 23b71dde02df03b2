;; `and` with no other reader than a branch or selection is `test`.
(module
  (func (export "bit") (param i32) (result i32)
    (block (br_if 0 (i32.and (local.get 0) (i32.const 4))) (return (i32.const 1))) i32.const 2)
  (func (export "no bit") (param i64) (result i32)
    (block (br_if 0 (i64.eqz (i64.and (local.get 0) (i64.const 0x10000)))) (return (i32.const 1))) i32.const 2)
  (func (export "registers") (param i32 i32) (result i32)
    (block (br_if 0 (i32.and (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "large mask") (param i64) (result i32)
    (block (br_if 0 (i64.eqz (i64.and (local.get 0) (i64.const 0x100000000)))) (return (i32.const 1))) i32.const 2)
  (func (export "select") (param i32 i32 i32) (result i32)
    (select (local.get 1) (local.get 2) (i32.and (local.get 0) (i32.const 1))))
  (func (export "also read") (param i32) (result i32)
    (local $t i32) (if (local.tee $t (i32.and (local.get 0) (i32.const 4))) (then (return (local.get $t)))) i32.const 7))

(; code
bit: 29 bytes, frame 0
    mov r15, rdi
    test sil, 4
    jne L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
no bit: 32 bytes, frame 0
    mov r15, rdi
    test rsi, 0x10000
    je L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
registers: 27 bytes, frame 0
    mov r15, rdi
    test esi, edx
    jne L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
large mask: 38 bytes, frame 0
    mov r15, rdi
    mov rax, 0x100000000
    test rsi, rax
    je L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
select: 13 bytes, frame 0
    mov r15, rdi
    test sil, 1
    cmovne ecx, edx
    mov eax, ecx
    ret
also read: 25 bytes, frame 0
    mov r15, rdi
    and esi, 4
    je L0
    mov eax, esi
    jmp L1
  L0:
    mov eax, 7
  L1:
    ret
;)
