;; A jump table; few targets are comparisons.
(module
  (func (export "table") (param i32) (result i32)
    (block (block (block (block (block (br_table 0 1 2 3 4 (local.get 0))) (return (i32.const 10))) (return (i32.const 11))) (return (i32.const 12))) (return (i32.const 13))) i32.const 14)
  (func (export "few") (param i32) (result i32)
    (block (block (br_table 0 1 0 (local.get 0))) (return (i32.const 10))) i32.const 14))

(; code
table: 74 bytes, frame 0
    mov r15, rdi
    cmp esi, 4
    jae L0
    lea rax, table
    movsxd rcx, [rax+rsi*4]
    add rax, rcx
    jmp rax
    mov eax, 0xA
    jmp L1
    mov eax, 0xB
    jmp L1
    mov eax, 0xC
    jmp L1
    mov eax, 0xD
    jmp L1
  L0:
    mov eax, 0xE
  L1:
    ret
few: 42 bytes, frame 0
    mov r15, rdi
    cmp esi, 0
    je L0
    cmp esi, 1
    je L1
    jmp L0
  L0:
    mov eax, 0xA
    jmp L2
  L1:
    mov eax, 0xE
  L2:
    ret
;)
