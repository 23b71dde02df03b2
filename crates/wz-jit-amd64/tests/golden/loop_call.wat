;; In a loop that calls, locals stay in callee-saved registers.
(module
  (func (export "loop") (param i32) (result i32)
    (local i32 i32) (loop (local.set 1 (i32.add (local.get 1) (call $f (local.get 2)))) (local.set 2 (i32.add (local.get 2) (i32.const 3))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1)
  (func $f (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))

(; code
loop: 64 bytes, frame 72
    mov r15, rdi
    cmp [rsp-0x12800], rax  ; call stack exhausted
    push rbx
    push rbp
    push r12
    sub rsp, 0x30
    mov [rsp], r15
    xor eax, eax
    xor ecx, ecx
    mov ebx, esi
    mov ebp, ecx
    mov r12d, eax
  L0:
    mov esi, ebp
    call 1
    add r12d, eax
    add ebp, 3
    add ebx, -1
    jne L0
    mov eax, r12d
    add rsp, 0x30
    pop r12
    pop rbp
    pop rbx
    ret
1: 9 bytes, frame 0
    mov r15, rdi
    imul esi, esi
    mov eax, esi
    ret
;)
