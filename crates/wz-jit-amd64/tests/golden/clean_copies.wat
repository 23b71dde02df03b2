;; A value that was stored for a call and loaded after it is not stored again for the next one.
(module
  (func $f (import "" "f"))
  (func (export "f") (param f64) (result f64)
    (call $f)
    (f64.store (i32.const 0) (local.get 0))
    (call $f)
    (local.get 0))
  (memory 1))

(; code
f: 98 bytes, frame 32
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x20
    mov [rsp], r15
    mov r11, [r15+0x68]
    movsd [rsp+8], xmm0
    mov rdi, [r11+8]
    call qword ptr [r11]
    mov r15, [rsp]
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsd xmm0, [rsp+8]
    movsd [r14], xmm0  ; out of bounds memory access
    mov r11, [r15+0x68]
    mov rdi, [r11+8]
    call qword ptr [r11]
    mov r15, [rsp]
    mov r14, [r15+0x50]
    mov r14, [r14]
    movsd xmm0, [rsp+8]
    add rsp, 0x20
    ret
;)
