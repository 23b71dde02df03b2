;; Conditions as values: cleared before, one byte set after.
(module
  (func (export "i32.eq") (param i32 i32) (result i32)
    (i32.eq (local.get 0) (local.get 1)))
  (func (export "i32.ne") (param i32 i32) (result i32)
    (i32.ne (local.get 0) (local.get 1)))
  (func (export "i32.lt_s") (param i32 i32) (result i32)
    (i32.lt_s (local.get 0) (local.get 1)))
  (func (export "i32.lt_u") (param i32 i32) (result i32)
    (i32.lt_u (local.get 0) (local.get 1)))
  (func (export "i32.gt_s") (param i32 i32) (result i32)
    (i32.gt_s (local.get 0) (local.get 1)))
  (func (export "i32.gt_u") (param i32 i32) (result i32)
    (i32.gt_u (local.get 0) (local.get 1)))
  (func (export "i32.le_s") (param i32 i32) (result i32)
    (i32.le_s (local.get 0) (local.get 1)))
  (func (export "i32.le_u") (param i32 i32) (result i32)
    (i32.le_u (local.get 0) (local.get 1)))
  (func (export "i32.ge_s") (param i32 i32) (result i32)
    (i32.ge_s (local.get 0) (local.get 1)))
  (func (export "i32.ge_u") (param i32 i32) (result i32)
    (i32.ge_u (local.get 0) (local.get 1))))

(; code
i32.eq: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    sete al
    ret
i32.ne: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setne al
    ret
i32.lt_s: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setl al
    ret
i32.lt_u: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setb al
    ret
i32.gt_s: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setg al
    ret
i32.gt_u: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    seta al
    ret
i32.le_s: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setle al
    ret
i32.le_u: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setbe al
    ret
i32.ge_s: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setge al
    ret
i32.ge_u: 11 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp esi, edx
    setae al
    ret
;)
