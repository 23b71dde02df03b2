;; Results of blocks.
(module
  (func (export "br") (param i32 i32) (result i32)
    (block (result i32) (br_if 0 (i32.const 5) (local.get 0)) (drop) (local.get 1)))
  (func (export "two") (param i32) (result i32 i64)
    (block (result i32 i64) (i32.const 1) (i64.const 2) (br_if 0 (local.get 0)) (drop) (drop) (i32.const 3) (i64.const 4))))

(; code
br: 24 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    mov eax, 5
    jmp L1
  L0:
    mov eax, edx
  L1:
    ret
two: 40 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    mov eax, 1
    mov ecx, 2
    jmp L1
  L0:
    mov eax, 3
    mov ecx, 4
  L1:
    mov rdx, rcx
    ret
;)
