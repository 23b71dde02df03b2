;; Multiplication by the reciprocal, 64 bits.
(module
  (func (export "i64.div_u 3") (param i64) (result i64)
    (i64.div_u (local.get 0) (i64.const 3)))
  (func (export "i64.div_u 7") (param i64) (result i64)
    (i64.div_u (local.get 0) (i64.const 7)))
  (func (export "i64.rem_u 1000000000") (param i64) (result i64)
    (i64.rem_u (local.get 0) (i64.const 1000000000)))
  (func (export "i64.div_s 3") (param i64) (result i64)
    (i64.div_s (local.get 0) (i64.const 3)))
  (func (export "i64.div_s 7") (param i64) (result i64)
    (i64.div_s (local.get 0) (i64.const 7)))
  (func (export "i64.div_s -10") (param i64) (result i64)
    (i64.div_s (local.get 0) (i64.const -10)))
  (func (export "i64.rem_s 10") (param i64) (result i64)
    (i64.rem_s (local.get 0) (i64.const 10))))

(; code
i64.div_u 3: 23 bytes, frame 0
    mov r15, rdi
    mov rax, -0x5555555555555555
    mul rsi
    shr rdx, 1
    mov rax, rdx
    ret
i64.div_u 7: 33 bytes, frame 0
    mov r15, rdi
    mov rax, 0x2492492492492493
    mul rsi
    mov rax, rsi
    sub rax, rdx
    shr rax, 1
    add rax, rdx
    shr rax, 2
    ret
i64.rem_u 1000000000: 46 bytes, frame 0
    mov r15, rdi
    mov rax, 0x12E0BE826D694B2F
    mul rsi
    mov rax, rsi
    sub rax, rdx
    shr rax, 1
    add rax, rdx
    shr rax, 0x1D
    imul rax, 0x3B9ACA00
    sub rsi, rax
    mov rax, rsi
    ret
i64.div_s 3: 36 bytes, frame 0
    mov r15, rdi
    mov rax, -0x5555555555555555
    imul rsi
    add rdx, rsi
    sar rdx, 1
    mov rax, rsi
    shr rax, 0x3F
    add rdx, rax
    mov rax, rdx
    ret
i64.div_s 7: 33 bytes, frame 0
    mov r15, rdi
    mov rax, 0x4924924924924925
    imul rsi
    sar rdx, 1
    mov rax, rsi
    shr rax, 0x3F
    add rdx, rax
    mov rax, rdx
    ret
i64.div_s -10: 37 bytes, frame 0
    mov r15, rdi
    mov rax, 0x6666666666666667
    imul rsi
    sar rdx, 2
    mov rax, rsi
    shr rax, 0x3F
    add rdx, rax
    neg rdx
    mov rax, rdx
    ret
i64.rem_s 10: 41 bytes, frame 0
    mov r15, rdi
    mov rax, 0x6666666666666667
    imul rsi
    sar rdx, 2
    mov rax, rsi
    shr rax, 0x3F
    add rdx, rax
    imul rdx, 0xA
    sub rsi, rdx
    mov rax, rsi
    ret
;)
