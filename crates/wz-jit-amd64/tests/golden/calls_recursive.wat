;; Fibonacci.
(module
  (func $fib (export "fib") (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))

(; code
fib: 80 bytes, frame 40
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    sub rsp, 0x28
    mov [rsp], r15
    cmp esi, 2
    jae L0
    jmp L1
  L0:
    lea eax, [rsi-1]
    mov [rsp+8], rsi
    mov esi, eax
    call 0
    mov ecx, [rsp+8]
    add ecx, -2
    mov [rsp+0x10], rax
    mov esi, ecx
    call 0
    add eax, [rsp+0x10]
    mov esi, eax
  L1:
    mov eax, esi
    add rsp, 0x28
    ret
;)
