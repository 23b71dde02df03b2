;; The size is the length in pages; growing is a helper.
(module
  (memory 1)
  (func (export "size") (result i32)
    memory.size)
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0))))

(; code
size: 23 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    mov rax, [rax+8]
    shr rax, 0x10
    ret
grow: 44 bytes, frame 24
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x18
    mov [rsp], r15
    mov edx, esi
    xor esi, esi
    mov r11, [r15+0x40]
    call qword ptr [r11]
    mov eax, eax
    add rsp, 0x18
    ret
;)
