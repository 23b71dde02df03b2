;; Floats are in the frame around a call.
(module
  (func (export "loop") (param i32) (result f64)
    (local f64) (loop (local.set 1 (f64.add (local.get 1) (call $f (local.get 1)))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1)
  (func $f (param f64) (result f64) (f64.sqrt (local.get 0))))

(; code
loop: 71 bytes, frame 48
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    push rbx
    sub rsp, 0x28
    mov [rsp], r15
    xorps xmm0, xmm0
    mov ebx, esi
    movsd [rsp+0x10], xmm0
  L0:
    movsd xmm0, [rsp+0x10]
    call 1
    addsd xmm0, [rsp+0x10]
    add ebx, -1
    je L1
    movsd [rsp+0x10], xmm0
    jmp L0
  L1:
    add rsp, 0x28
    pop rbx
    ret
1: 8 bytes, frame 0
    mov r15, rdi
    sqrtsd xmm0, xmm0
    ret
;)
