;; The frame is left before the jump.
(module
  (table 10 funcref)
  (func $even (export "even") (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (i32.const 1)))) (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (i32.const 0)))) (return_call $even (i32.sub (local.get 0) (i32.const 1))))
  (func (export "indirect") (param i32 i32) (result i32)
    (return_call_indirect (param i32) (result i32) (local.get 0) (local.get 1))))

(; code
even: 35 bytes, frame 0
    mov r15, rdi
    test esi, esi
    jne L0
    mov eax, 1
    jmp L1
  L0:
    add esi, -1
    jmp L2
  L1:
    ret
  L2:
    jmp L3
1: 32 bytes, frame 0
    mov r15, rdi
    test esi, esi
    jne L1
    xor eax, eax
    jmp L2
  L1:
    add esi, -1
    jmp L3
  L2:
    ret
  L3:
    jmp L0
indirect: 186 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov r10, [r15+0x60]
    cmp rdx, [r10+8]
    jae L5
    mov r11, rdx
    shl r11, 5
    add r11, [r10]
    mov r10, [r15+0x18]
    mov r10d, [r10]
    cmp [r11+0x10], r10d
    jne L6
  L0:
    mov rdi, [r11+8]
    cmp rdi, r15
    je L2
    cmp dword ptr [rdi], 0x686F737A
    jne L3
    call qword ptr [r11]
    mov r15, [rsp]
    jmp L1
  L1:
    add rsp, 0x28
    ret
  L2:
    add rsp, 0x28
    mov r11, [r11]
    add r11, 3
    jmp r11
  L3:
    add rsp, 0x28
    mov r10, [r15+0x40]
    mov r10, [r10+0x70]
    cmp [rsp], r10
    je L4
    push r14
    push r15
    push r10
  L4:
    mov r11, [r11]
    jmp r11
  L5:
    ud2  ; undefined element
  L6:
    mov [rsp+8], rsi
    mov rdx, rdx
    mov esi, 0
    mov ecx, 0
    mov r11, [r15+0x40]
    call qword ptr [r11+0x68]
    mov r11, rax
    mov esi, [rsp+8]
    jmp L0
;)
