;; Operands that live on are not changed.
(module
  (func (export "i32.div_u kept") (param i32 i32) (result i32 i32 i32)
    (i32.div_u (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "i64.rem_s kept") (param i64 i64) (result i64 i64 i64)
    (i64.rem_s (local.get 0) (local.get 1)) local.get 0 local.get 1))

(; code
i32.div_u kept: 14 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, edx
    xor edx, edx
    div ecx  ; integer divide by zero
    mov edx, esi
    ret
i64.rem_s kept: 31 bytes, frame 0
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
    mov rdx, rsi
    ret
;)
