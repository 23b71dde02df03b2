;; Conditional moves.
(module
  (func (export "i32") (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (local.get 2)))
  (func (export "min") (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.lt_s (local.get 0) (local.get 1))))
  (func (export "i64 on floats") (param i64 i64 f64 f64) (result i64)
    (select (local.get 0) (local.get 1) (f64.lt (local.get 2) (local.get 3))))
  (func (export "on equal floats") (param i64 i64 f64 f64) (result i64)
    (select (local.get 0) (local.get 1) (f64.eq (local.get 2) (local.get 3))))
  (func (export "constants") (param i32) (result i32)
    (select (i32.const 10) (i32.const 20) (local.get 0))))

(; code
i32: 11 bytes, frame 0
    mov r15, rdi
    test ecx, ecx
    cmovne edx, esi
    mov eax, edx
    ret
min: 11 bytes, frame 0
    mov r15, rdi
    cmp esi, edx
    cmovl edx, esi
    mov eax, edx
    ret
i64 on floats: 15 bytes, frame 0
    mov r15, rdi
    ucomisd xmm1, xmm0
    cmova rdx, rsi
    mov rax, rdx
    ret
on equal floats: 25 bytes, frame 0
    mov r15, rdi
    ucomisd xmm0, xmm1
    mov rax, rdx
    mov rdx, rsi
    cmovne rdx, rax
    cmovp rdx, rax
    mov rax, rdx
    ret
constants: 21 bytes, frame 0
    mov r15, rdi
    mov eax, 0xA
    mov ecx, 0x14
    test esi, esi
    cmovne ecx, eax
    mov eax, ecx
    ret
;)
