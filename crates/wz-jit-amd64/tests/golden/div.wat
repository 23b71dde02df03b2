;; The processor divides; only what may overflow is looked at.
(module
  (func (export "i32.div_s") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "i32.div_u") (param i32 i32) (result i32)
    (i32.div_u (local.get 0) (local.get 1)))
  (func (export "i64.div_s") (param i64 i64) (result i64)
    (i64.div_s (local.get 0) (local.get 1)))
  (func (export "i64.div_u") (param i64 i64) (result i64)
    (i64.div_u (local.get 0) (local.get 1))))

(; code
i32.div_s: 27 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, edx
    cmp ecx, -1
    jne L0
    cmp eax, 1
    jo L1
  L0:
    cdq
    idiv ecx  ; integer divide by zero
    ret
  L1:
    ud2  ; integer overflow
i32.div_u: 12 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, edx
    xor edx, edx
    div ecx  ; integer divide by zero
    ret
i64.div_s: 33 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    mov rcx, rdx
    cmp rcx, -1
    jne L0
    cmp rax, 1
    jo L1
  L0:
    cqo
    idiv rcx  ; integer divide by zero
    ret
  L1:
    ud2  ; integer overflow
i64.div_u: 15 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    mov rcx, rdx
    xor edx, edx
    div rcx  ; integer divide by zero
    ret
;)
