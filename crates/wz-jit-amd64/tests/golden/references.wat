;; References are in their slots also while registers hold them.
(module
  (import "m" "f" (func $f))
  (func (export "keep") (param externref externref i32) (result externref)
    (local externref) (local.set 3 (select (result externref) (local.get 0) (local.get 1) (local.get 2))) (call $f) local.get 3))

(; code
keep: 85 bytes, frame 64
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x40
    mov [rsp], r15
    xorps xmm15, xmm15
    movsd [rsp+0x28], xmm15
    movups [rsp+0x30], xmm15
    mov [rsp+0x20], rdx
    mov [rsp+0x18], rsi
    test ecx, ecx
    mov rax, rdx
    cmovne rax, rsi
    mov [rsp+0x28], rax
    mov r11, [r15+0x60]
    mov rdi, [r11+8]
    call qword ptr [r11]
    mov r15, [rsp]
    mov rax, [rsp+0x28]
    add rsp, 0x40
    ret
;)
