;; The remainder by -1 is 0.
(module
  (func (export "i32.rem_s") (param i32 i32) (result i32)
    (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "i32.rem_u") (param i32 i32) (result i32)
    (i32.rem_u (local.get 0) (local.get 1)))
  (func (export "i64.rem_s") (param i64 i64) (result i64)
    (i64.rem_s (local.get 0) (local.get 1)))
  (func (export "i64.rem_u") (param i64 i64) (result i64)
    (i64.rem_u (local.get 0) (local.get 1))))

(; code
i32.rem_s: 22 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, edx
    cmp ecx, -1
    jne L0
    xor edx, edx
    jmp L1
  L0:
    cdq
    idiv ecx  ; integer divide by zero
  L1:
    mov eax, edx
    ret
i32.rem_u: 14 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, edx
    xor edx, edx
    div ecx  ; integer divide by zero
    mov eax, edx
    ret
i64.rem_s: 28 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    mov rcx, rdx
    cmp rcx, -1
    jne L0
    xor edx, edx
    jmp L1
  L0:
    cqo
    idiv rcx  ; integer divide by zero
  L1:
    mov rax, rdx
    ret
i64.rem_u: 18 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    mov rcx, rdx
    xor edx, edx
    div rcx  ; integer divide by zero
    mov rax, rdx
    ret
;)
