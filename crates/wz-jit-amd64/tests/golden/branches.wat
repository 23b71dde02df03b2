;; A comparison and its branch are two instructions.
(module
  (func (export "lt_s") (param i32 i32) (result i32)
    (block (br_if 0 (i32.lt_s (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "eqz") (param i32) (result i32)
    (block (br_if 0 (i32.eqz (local.get 0))) (return (i32.const 1))) i32.const 2)
  (func (export "value") (param i32) (result i32)
    (block (br_if 0 (local.get 0)) (return (i32.const 1))) i32.const 2)
  (func (export "constant") (param i64) (result i32)
    (block (br_if 0 (i64.ge_u (local.get 0) (i64.const 1000))) (return (i32.const 1))) i32.const 2)
  (func (export "negated") (param i32 i32) (result i32)
    (block (br_if 0 (i32.eqz (i32.gt_u (local.get 0) (local.get 1)))) (return (i32.const 1))) i32.const 2))

(; code
lt_s: 27 bytes, frame 0
    mov r15, rdi
    cmp esi, edx
    jl L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
eqz: 27 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
value: 27 bytes, frame 0
    mov r15, rdi
    test esi, esi
    jne L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
constant: 32 bytes, frame 0
    mov r15, rdi
    cmp rsi, 0x3E8
    jae L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
negated: 27 bytes, frame 0
    mov r15, rdi
    cmp esi, edx
    jbe L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    ret
;)
