;; Arguments and results in registers.
(module
  (func (export "chain") (param i32 i64 f64) (result f64)
    (call $f (local.get 2) (local.get 0) (local.get 1)))
  (func $f (param f64 i32 i64) (result f64) (f64.add (local.get 0) (f64.convert_i32_s (local.get 1))))
  (func (export "live") (param i32 i32) (result i32)
    (i32.add (local.get 0) (call $g (local.get 1))))
  (func $g (param i32) (result i32) local.get 0))

(; code
chain: 29 bytes, frame 56
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x38
    mov [rsp], r15
    call 1
    add rsp, 0x38
    ret
1: 15 bytes, frame 0
    mov r15, rdi
    xorps xmm1, xmm1
    cvtsi2sd xmm1, esi
    addsd xmm0, xmm1
    ret
live: 40 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+8], rsi
    mov esi, edx
    call 3
    add eax, [rsp+8]
    add rsp, 0x28
    ret
3: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
;)
