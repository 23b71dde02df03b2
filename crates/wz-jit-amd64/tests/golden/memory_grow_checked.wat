;; with checked
;; The memory may move.
(module
  (memory 1)
  (func (export "grow") (param i32) (result i32)
    (drop (memory.grow (local.get 0))) (i32.load (i32.const 0))))

(; code
grow: 71 bytes, frame 24
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
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rcx, [r15+0x50]
    cmp qword ptr [rcx+8], 4
    jb L0
    mov eax, [r14]
    add rsp, 0x18
    ret
  L0:
    ud2  ; out of bounds memory access
;)
