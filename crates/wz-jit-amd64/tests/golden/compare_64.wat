;; The same on 64 bits.
(module
  (func (export "i64.eq") (param i64 i64) (result i32)
    (i64.eq (local.get 0) (local.get 1)))
  (func (export "i64.lt_s") (param i64 i64) (result i32)
    (i64.lt_s (local.get 0) (local.get 1)))
  (func (export "i64.gt_u") (param i64 i64) (result i32)
    (i64.gt_u (local.get 0) (local.get 1)))
  (func (export "i64.eqz") (param i64) (result i32)
    (i64.eqz (local.get 0))))

(; code
i64.eq: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp rsi, rdx
    sete al
    ret
i64.lt_s: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp rsi, rdx
    setl al
    ret
i64.gt_u: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    cmp rsi, rdx
    seta al
    ret
i64.eqz: 12 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    test rsi, rsi
    sete al
    ret
;)
