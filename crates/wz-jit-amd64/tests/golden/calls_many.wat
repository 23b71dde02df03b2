;; Arguments and results beyond the registers.
(module
  (func (export "caller") (param i32) (result i32)
    (call $f (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (local.get 0)) i32.add i32.add i32.add i32.add i32.add i32.add i32.add )
  (func $f (param i32 i32 i32 i32 i32 i32 i32 i32 i32 ) (result i32 i32 i32 i32 i32 i32 i32 i32 ) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8)))

(; code
caller: 144 bytes, frame 88
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x58
    mov [rsp], r15
    sub rsp, 0x40
    mov eax, 7
    mov [rsp], rax
    mov eax, 8
    mov [rsp+8], rax
    mov [rsp+0x10], rsi
    mov esi, 1
    mov edx, 2
    mov ecx, 3
    mov r8d, 4
    mov r9d, 5
    mov eax, 6
    call 1
    movsd xmm15, [rsp+0x18]
    movsd [rsp+0x68], xmm15
    movsd xmm15, [rsp+0x20]
    movsd [rsp+0x70], xmm15
    add rsp, 0x28
    mov edi, [rsp+0x40]
    add edi, [rsp+0x48]
    add r9d, edi
    add r8d, r9d
    add esi, r8d
    add ecx, esi
    add edx, ecx
    add eax, edx
    add rsp, 0x58
    ret
1: 116 bytes, frame 144
    mov r15, rdi
    sub rsp, 0x90
    mov [rsp], r15
    movsd xmm15, [rsp+0x98]
    movsd [rsp+0x38], xmm15
    movsd xmm15, [rsp+0xA0]
    movsd [rsp+0x40], xmm15
    movsd xmm15, [rsp+0xA8]
    movsd [rsp+0x48], xmm15
    mov esi, [rsp+0x40]
    mov [rsp+0xC8], rsi
    mov esi, [rsp+0x48]
    mov [rsp+0xD0], rsi
    mov esi, r9d
    xchg rax, r8
    xchg rax, rcx
    xchg rax, rdx
    mov r9d, [rsp+0x38]
    add rsp, 0x90
    ret 0x18
;)
