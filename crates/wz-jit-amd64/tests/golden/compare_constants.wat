;; Immediates; a constant first swaps the condition; 0 is a test.
(module
  (func (export "i32.lt_s 10") (param i32) (result i32)
    (i32.lt_s (local.get 0) (i32.const 10)))
  (func (export "i32.eq 0") (param i32) (result i32)
    (i32.eq (local.get 0) (i32.const 0)))
  (func (export "i64.gt_u 0x123456789") (param i64) (result i32)
    (i64.gt_u (local.get 0) (i64.const 0x123456789)))
  (func (export "first") (param i32) (result i32)
    (i32.lt_s (i32.const 10) (local.get 0)))
  (func (export "i32.eqz") (param i32) (result i32)
    (i32.eqz (local.get 0))))

(; code
i32.lt_s 10: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, 0xA
    setl al
    ret
i32.eq 0: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    test esi, esi
    sete al
    ret
i64.gt_u 0x123456789: 24 bytes, frame 0
    mov r15, rdi
    mov rax, 0x123456789
    xor ecx, ecx
    cmp rsi, rax
    seta cl
    mov eax, ecx
    ret
first: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, 0xA
    setg al
    ret
i32.eqz: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    test esi, esi
    sete al
    ret
;)
