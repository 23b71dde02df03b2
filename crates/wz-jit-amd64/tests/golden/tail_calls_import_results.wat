;; A restore frame in the free words of the result area.
(module
  (type $t (func (param i64) (result i64 i64 i64 i64 i64 i64 i64)))
  (import "m" "g" (func $g (type $t)))
  (func (export "f") (type $t) (return_call $g (local.get 0))))

(; code
f: 147 bytes, frame 24
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov r11, [r15+0x60]
    sub rsp, 0x20
    mov rdi, [r11+8]
    cmp dword ptr [rdi], 0x686F737A
    jne L1
    call qword ptr [r11]
    mov r15, [rsp+0x20]
    movsd xmm15, [rsp+0x18]
    movsd [rsp+0x58], xmm15
    add rsp, 0x20
    jmp L0
  L0:
    add rsp, 0x18
    ret
  L1:
    movsd xmm14, [rsp+0x38]
    mov r10, [r15+0x40]
    mov r10, [r10+0x78]
    cmp [rsp+0x38], r10
    je L2
    mov [rsp+0x40], r15
    mov [rsp+0x48], r14
    movsd [rsp+0x50], xmm14
    movq xmm14, r10
  L2:
    lea r14, [rsp+0x40]
    lea rsp, [r14-8]
    movsd [rsp], xmm14
    mov r11, [r11]
    jmp r11
;)
