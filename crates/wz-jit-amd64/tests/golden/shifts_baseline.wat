;; with baseline
;; The count in cl.
(module
  (func (export "i32.shl") (param i32 i32) (result i32)
    (i32.shl (local.get 0) (local.get 1)))
  (func (export "i32.shr_s") (param i32 i32) (result i32)
    (i32.shr_s (local.get 0) (local.get 1)))
  (func (export "i32.shr_u") (param i32 i32) (result i32)
    (i32.shr_u (local.get 0) (local.get 1)))
  (func (export "i64.shl") (param i64 i64) (result i64)
    (i64.shl (local.get 0) (local.get 1)))
  (func (export "count kept") (param i32 i32) (result i32 i32 i32)
    (i32.shl (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "third parameter shifted") (param i32 i32 i32) (result i32)
    (i32.shl (local.get 2) (local.get 0))))

(; code
i32.shl: 10 bytes, frame 0
    mov r15, rdi
    mov ecx, edx
    shl esi, cl
    mov eax, esi
    ret
i32.shr_s: 10 bytes, frame 0
    mov r15, rdi
    mov ecx, edx
    sar esi, cl
    mov eax, esi
    ret
i32.shr_u: 10 bytes, frame 0
    mov r15, rdi
    mov ecx, edx
    shr esi, cl
    mov eax, esi
    ret
i64.shl: 13 bytes, frame 0
    mov r15, rdi
    mov rcx, rdx
    shl rsi, cl
    mov rax, rsi
    ret
count kept: 14 bytes, frame 0
    mov r15, rdi
    mov ecx, edx
    mov eax, esi
    shl eax, cl
    mov ecx, edx
    mov edx, esi
    ret
third parameter shifted: 10 bytes, frame 0
    mov r15, rdi
    mov eax, ecx
    mov ecx, esi
    shl eax, cl
    ret
;)
