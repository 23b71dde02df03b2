;; One comparison with the bound, one with the type.
(module
  (table 10 funcref)
  (func (export "call") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
  (func (export "constant") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 3))))

(; code
call: 141 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov r10, [r15+0x60]
    cmp rdx, [r10+8]
    jae L2
    mov r11, rdx
    shl r11, 5
    add r11, [r10]
    mov r10, [r15+0x18]
    mov r10d, [r10+4]
    cmp [r11+0x10], r10d
    jne L3
  L0:
    mov rdi, [r11+8]
    cmp rdi, r15
    jne L4
    mov r11, [r11]
    add r11, 3
    call r11
  L1:
    add rsp, 0x28
    ret
  L2:
    ud2  ; undefined element
  L3:
    mov [rsp+8], rsi
    mov rdx, rdx
    mov esi, 0
    mov ecx, 1
    mov r11, [r15+0x40]
    call qword ptr [r11+0x68]
    mov r11, rax
    mov esi, [rsp+8]
    jmp L0
  L4:
    call qword ptr [r11]
    mov r15, [rsp]
    jmp L1
constant: 146 bytes, frame 32
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x20
    mov [rsp], r15
    mov eax, 3
    mov r10, [r15+0x60]
    cmp rax, [r10+8]
    jae L2
    mov r11, rax
    shl r11, 5
    add r11, [r10]
    mov r10, [r15+0x18]
    mov r10d, [r10+4]
    cmp [r11+0x10], r10d
    jne L3
  L0:
    mov rdi, [r11+8]
    cmp rdi, r15
    jne L4
    mov r11, [r11]
    add r11, 3
    call r11
  L1:
    add rsp, 0x20
    ret
  L2:
    ud2  ; undefined element
  L3:
    mov [rsp+8], rsi
    mov rdx, rax
    mov esi, 0
    mov ecx, 1
    mov r11, [r15+0x40]
    call qword ptr [r11+0x68]
    mov r11, rax
    mov esi, [rsp+8]
    jmp L0
  L4:
    call qword ptr [r11]
    mov r15, [rsp]
    jmp L1
;)
