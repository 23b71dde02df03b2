;; Filling, initialising and dropping.
(module
  (memory 1) (data $d "abc")
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32)
    (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") 
    (data.drop $d)))

(; code
fill: 48 bytes, frame 56
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x38
    mov [rsp], r15
    mov r8d, ecx
    mov ecx, edx
    mov edx, esi
    xor esi, esi
    mov r11, [r15+0x40]
    call qword ptr [r11+8]
    add rsp, 0x38
    ret
init: 51 bytes, frame 56
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x38
    mov [rsp], r15
    mov r8d, edx
    mov r9d, ecx
    mov ecx, esi
    xor esi, esi
    xor edx, edx
    mov r11, [r15+0x40]
    call qword ptr [r11+0x18]
    add rsp, 0x38
    ret
drop: 41 bytes, frame 8
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 8
    mov [rsp], r15
    xor esi, esi
    mov r11, [r15+0x40]
    call qword ptr [r11+0x20]
    add rsp, 8
    ret
;)
