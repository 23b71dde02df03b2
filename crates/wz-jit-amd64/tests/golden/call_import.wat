;; Through the function's record.
(module
  (import "m" "f" (func $f (param i32) (result i32))) (memory 1)
  (func (export "call") (param i32) (result i32)
    (i32.add (call $f (local.get 0)) (i32.load (i32.const 0)))))

(; code
call: 58 bytes, frame 32
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x20
    mov [rsp], r15
    mov r11, [r15+0x68]
    mov rdi, [r11+8]
    call qword ptr [r11]
    mov r15, [rsp]
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov ecx, [r14]  ; out of bounds memory access
    add eax, ecx
    add rsp, 0x20
    ret
;)
