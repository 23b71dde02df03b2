;; Comparisons with memory.
(module
  (func (export "i32.lt_s") (param i32 i32) (result i32)
    (call $c) (block (br_if 0 (i32.lt_s (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "i64.eq") (param i64 i64) (result i32)
    (call $c) (block (br_if 0 (i64.eq (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "f64.gt") (param f64 f64) (result i32)
    (call $c) (block (br_if 0 (f64.gt (local.get 0) (local.get 1))) (return (i32.const 1))) i32.const 2)
  (func (export "zero") (param i32) (result i32)
    (call $c) (block (br_if 0 (local.get 0)) (return (i32.const 1))) i32.const 2)
  (func (export "constant") (param i64) (result i32)
    (call $c) (block (br_if 0 (i64.lt_u (local.get 0) (i64.const 10))) (return (i32.const 1))) i32.const 2)
  (func $c))

(; code
i32.lt_s: 68 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 5
    mov eax, [rsp+8]
    cmp eax, [rsp+0x10]
    jl L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    add rsp, 0x28
    ret
i64.eq: 70 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 5
    mov rax, [rsp+8]
    cmp rax, [rsp+0x10]
    je L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    add rsp, 0x28
    ret
f64.gt: 74 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    movsd [rsp+8], xmm0
    movsd [rsp+0x10], xmm1
    call 5
    movsd xmm0, [rsp+8]
    ucomisd xmm0, [rsp+0x10]
    ja L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    add rsp, 0x28
    ret
zero: 60 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov [rsp+8], rsi
    call 5
    cmp dword ptr [rsp+8], 0
    jne L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    add rsp, 0x18
    ret
constant: 61 bytes, frame 32
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x20
    mov [rsp], r15
    mov [rsp+8], rsi
    call 5
    cmp qword ptr [rsp+8], 0xA
    jb L0
    mov eax, 1
    jmp L1
  L0:
    mov eax, 2
  L1:
    add rsp, 0x20
    ret
5: 4 bytes, frame 0
    mov r15, rdi
    ret
;)
