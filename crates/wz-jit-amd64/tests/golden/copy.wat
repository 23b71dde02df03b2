;; Other lengths are a helper.
(module
  (memory 1)
  (func (export "0") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "65") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 65)))
  (func (export "any") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))))

(; code
0: 51 bytes, frame 48
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x30
    mov [rsp], r15
    mov ecx, esi
    mov r8d, edx
    xor esi, esi
    xor edx, edx
    xor r9d, r9d
    mov r11, [r15+0x40]
    call qword ptr [r11+0x10]
    add rsp, 0x30
    ret
65: 54 bytes, frame 48
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x30
    mov [rsp], r15
    mov ecx, esi
    mov r8d, edx
    xor esi, esi
    xor edx, edx
    mov r9d, 0x41
    mov r11, [r15+0x40]
    call qword ptr [r11+0x10]
    add rsp, 0x30
    ret
any: 51 bytes, frame 56
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
    call qword ptr [r11+0x10]
    add rsp, 0x38
    ret
;)
