;; Stack arguments move with the return address.
(module
  (func $f (export "f") (param i32 i32 i32 i32 i32 i32 i32 i32 ) (result i32) (return_call $g (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0) (i32.const 9)))
  (func $g (param i32 i32 i32 i32 i32 i32 i32 i32 i32 ) (result i32) (local.get 8)))

(; code
f: 158 bytes, frame 144
    mov r15, rdi
    sub rsp, 0x90
    mov [rsp], r15
    movsd xmm15, [rsp+0x98]
    movsd [rsp+0x38], xmm15
    movsd xmm15, [rsp+0xA0]
    movsd [rsp+0x40], xmm15
    sub rsp, 0x18
    mov [rsp], rdx
    mov [rsp+8], rsi
    mov edi, 9
    mov [rsp+0x10], rdi
    xchg rcx, rax
    xchg r8, r9
    mov esi, [rsp+0x58]
    mov edx, [rsp+0x50]
    jmp L0
    add rsp, 0x90
    ret 0x10
  L0:
    movsd xmm14, [rsp+0xA8]
    mov r10d, 3
  L1:
    movsd xmm15, [rsp+r10*8-8]
    movsd [rsp+r10*8+0xA0], xmm15
    sub r10d, 1
    jne L1
    lea rsp, [rsp+0xA0]
    movsd [rsp], xmm14
    jmp L2
1: 39 bytes, frame 88
    mov r15, rdi
    sub rsp, 0x58
    mov [rsp], r15
    movsd xmm15, [rsp+0x70]
    movsd [rsp+0x48], xmm15
    mov eax, [rsp+0x48]
    add rsp, 0x58
    ret 0x18
;)
