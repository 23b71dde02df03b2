;; Values that died in the frame are memory operands.
(module
  (func (export "i32.add") (param i32 i32) (result i32)
    (call $c) (i32.add (local.get 0) (local.get 1)))
  (func (export "i32.sub") (param i32 i32) (result i32)
    (call $c) (i32.sub (local.get 0) (local.get 1)))
  (func (export "i32.mul") (param i32 i32) (result i32)
    (call $c) (i32.mul (local.get 0) (local.get 1)))
  (func (export "i32.and") (param i32 i32) (result i32)
    (call $c) (i32.and (local.get 0) (local.get 1)))
  (func (export "i32.div_u") (param i32 i32) (result i32)
    (call $c) (i32.div_u (local.get 0) (local.get 1)))
  (func (export "i32.shl") (param i32 i32) (result i32)
    (call $c) (i32.shl (local.get 0) (local.get 1)))
  (func (export "f64.add") (param f64 f64) (result f64)
    (call $c) (f64.add (local.get 0) (local.get 1)))
  (func (export "f64.sub") (param f64 f64) (result f64)
    (call $c) (f64.sub (local.get 0) (local.get 1)))
  (func (export "f64.copysign") (param f64 f64) (result f64)
    (call $c) (f64.copysign (local.get 0) (local.get 1)))
  (func (export "f64.min") (param f64 f64) (result f64)
    (call $c) (f64.min (local.get 0) (local.get 1)))
  (func $c))

(; code
i32.add: 47 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+8]
    add eax, [rsp+0x10]
    add rsp, 0x28
    ret
i32.sub: 47 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+8]
    sub eax, [rsp+0x10]
    add rsp, 0x28
    ret
i32.mul: 48 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+8]
    imul eax, [rsp+0x10]
    add rsp, 0x28
    ret
i32.and: 47 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+8]
    and eax, [rsp+0x10]
    add rsp, 0x28
    ret
i32.div_u: 49 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+8]
    xor edx, edx
    div dword ptr [rsp+0x10]  ; integer divide by zero
    add rsp, 0x28
    ret
i32.shl: 52 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    mov [rsp+0x10], rdx
    mov [rsp+8], rsi
    call 10
    mov eax, [rsp+0x10]
    shlx ecx, [rsp+8], eax
    mov eax, ecx
    add rsp, 0x28
    ret
f64.add: 53 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    movsd [rsp+8], xmm0
    movsd [rsp+0x10], xmm1
    call 10
    movsd xmm0, [rsp+8]
    addsd xmm0, [rsp+0x10]
    add rsp, 0x28
    ret
f64.sub: 53 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    movsd [rsp+8], xmm0
    movsd [rsp+0x10], xmm1
    call 10
    movsd xmm0, [rsp+8]
    subsd xmm0, [rsp+0x10]
    add rsp, 0x28
    ret
f64.copysign: 73 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    movsd [rsp+8], xmm0
    movsd [rsp+0x10], xmm1
    call 10
    movsd xmm15, [rsp+0x10]
    movsd xmm0, [rsp+8]
    andps xmm15, [0x80000000000000008000000000000000]
    andps xmm0, [0x7fffffffffffffff7fffffffffffffff]
    orps xmm0, xmm15
    add rsp, 0x28
    ret
f64.min: 79 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    movsd [rsp+8], xmm0
    movsd [rsp+0x10], xmm1
    call 10
    movsd xmm0, [rsp+0x10]
    movsd xmm1, [rsp+8]
    ucomisd xmm1, xmm0
    jne L1
    jp L0
    orps xmm1, xmm0
    jmp L2
  L0:
    addsd xmm1, xmm0
    jmp L2
  L1:
    minsd xmm1, xmm0
  L2:
    movaps xmm0, xmm1
    add rsp, 0x28
    ret
10: 4 bytes, frame 0
    mov r15, rdi
    ret
;)
