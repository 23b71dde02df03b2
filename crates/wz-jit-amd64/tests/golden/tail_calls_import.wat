;; A restore frame above the arguments, which are moved three words further down.
(module
  (import "m" "g" (func $g (param i32 i32 i32 i32 i32 i32 i32 i64)))
  (memory 1)
  (func (export "f") (param i32 i32 i32 i32 i32 i32 i64)
    (return_call $g (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (i32.const 7)
      (local.get 6))))

(; code
f: 242 bytes, frame 128
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x80
    mov [rsp], r15
    movsd xmm15, [rsp+0x88]
    movsd [rsp+0x38], xmm15
    mov r11, [r15+0x68]
    sub rsp, 0x28
    mov edi, 7
    mov [rsp], rdi
    mov rdi, [rsp+0x60]
    mov [rsp+8], rdi
    mov rdi, [r11+8]
    cmp dword ptr [rdi], 0x686F737A
    jne L1
    call qword ptr [r11]
    mov r15, [rsp+0x18]
    mov r14, [r15+0x50]
    mov r14, [r14]
    add rsp, 0x18
    jmp L0
  L0:
    add rsp, 0x80
    ret 8
  L1:
    movsd xmm14, [rsp+0xA8]
    mov r10, [r15+0x40]
    mov r10, [r10+0x70]
    cmp [rsp+0xA8], r10
    je L2
    mov [rsp+0xA0], r15
    mov [rsp+0xA8], r14
    movsd [rsp+0xB0], xmm14
    movq xmm14, r10
    lea r14, [rsp+0x90]
    jmp L3
  L2:
    lea r14, [rsp+0xA8]
  L3:
    mov r10d, 2
  L4:
    movsd xmm15, [rsp+r10*8-8]
    movsd [r14+r10*8-8], xmm15
    sub r10d, 1
    jne L4
    lea rsp, [r14-8]
    movsd [rsp], xmm14
    mov r11, [r11]
    jmp r11
;)
