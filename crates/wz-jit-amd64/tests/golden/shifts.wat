;; BMI2: the count in any register, three operands.
(module
  (func (export "i32.shl") (param i32 i32) (result i32)
    (i32.shl (local.get 0) (local.get 1)))
  (func (export "i32.shr_s") (param i32 i32) (result i32)
    (i32.shr_s (local.get 0) (local.get 1)))
  (func (export "i32.shr_u") (param i32 i32) (result i32)
    (i32.shr_u (local.get 0) (local.get 1)))
  (func (export "i64.shl") (param i64 i64) (result i64)
    (i64.shl (local.get 0) (local.get 1)))
  (func (export "i64.shr_s") (param i64 i64) (result i64)
    (i64.shr_s (local.get 0) (local.get 1)))
  (func (export "i64.shr_u") (param i64 i64) (result i64)
    (i64.shr_u (local.get 0) (local.get 1)))
  (func (export "constant shifted") (param i32) (result i32)
    (i32.shl (i32.const 1) (local.get 0))))

(; code
i32.shl: 11 bytes, frame 0
    mov r15, rdi
    shlx esi, esi, edx
    mov eax, esi
    ret
i32.shr_s: 11 bytes, frame 0
    mov r15, rdi
    sarx esi, esi, edx
    mov eax, esi
    ret
i32.shr_u: 11 bytes, frame 0
    mov r15, rdi
    shrx esi, esi, edx
    mov eax, esi
    ret
i64.shl: 12 bytes, frame 0
    mov r15, rdi
    shlx rsi, rsi, rdx
    mov rax, rsi
    ret
i64.shr_s: 12 bytes, frame 0
    mov r15, rdi
    sarx rsi, rsi, rdx
    mov rax, rsi
    ret
i64.shr_u: 12 bytes, frame 0
    mov r15, rdi
    shrx rsi, rsi, rdx
    mov rax, rsi
    ret
constant shifted: 14 bytes, frame 0
    mov r15, rdi
    mov eax, 1
    shlx eax, eax, esi
    ret
;)
