;; Arguments that change places.
(module
  (func (export "swap") (param i32 i32 i32) (result i32)
    (call $f (local.get 1) (local.get 2) (local.get 0)))
  (func $f (param i32 i32 i32) (result i32) (i32.sub (local.get 0) (local.get 2))))

(; code
swap: 35 bytes, frame 56
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x38
    mov [rsp], r15
    xchg rsi, rcx
    xchg rsi, rdx
    call 1
    add rsp, 0x38
    ret
1: 8 bytes, frame 0
    mov r15, rdi
    sub esi, ecx
    mov eax, esi
    ret
;)
