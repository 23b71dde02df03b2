;; Negative numbers are rounded up.
(module
  (func (export "i32.div_s 2") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 2)))
  (func (export "i32.div_s 16") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 16)))
  (func (export "i32.div_s -16") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const -16)))
  (func (export "i32.div_s 0x80000000") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 0x80000000)))
  (func (export "i32.div_s 1") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 1)))
  (func (export "i32.div_s -1") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const -1)))
  (func (export "i32.rem_s 2") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const 2)))
  (func (export "i32.rem_s 16") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const 16)))
  (func (export "i32.rem_s -16") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const -16)))
  (func (export "i32.rem_s 1") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const 1)))
  (func (export "i32.rem_s -1") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const -1)))
  (func (export "i64.div_s 1024") (param i64) (result i64)
    (i64.div_s (local.get 0) (i64.const 1024))))

(; code
i32.div_s 2: 13 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    shr eax, 0x1F
    add eax, esi
    sar eax, 1
    ret
i32.div_s 16: 17 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sar eax, 0x1F
    shr eax, 0x1C
    add eax, esi
    sar eax, 4
    ret
i32.div_s -16: 19 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sar eax, 0x1F
    shr eax, 0x1C
    add eax, esi
    sar eax, 4
    neg eax
    ret
i32.div_s 0x80000000: 18 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sar eax, 0x1F
    shr eax, 1
    add eax, esi
    sar eax, 0x1F
    neg eax
    ret
i32.div_s 1: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
i32.div_s -1: 16 bytes, frame 0
    mov r15, rdi
    neg esi
    jo L0
    mov eax, esi
    ret
  L0:
    ud2  ; integer overflow
i32.rem_s 2: 18 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    shr eax, 0x1F
    add eax, esi
    and eax, -2
    sub esi, eax
    mov eax, esi
    ret
i32.rem_s 16: 21 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sar eax, 0x1F
    shr eax, 0x1C
    add eax, esi
    and eax, -0x10
    sub esi, eax
    mov eax, esi
    ret
i32.rem_s -16: 21 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    sar eax, 0x1F
    shr eax, 0x1C
    add eax, esi
    and eax, -0x10
    sub esi, eax
    mov eax, esi
    ret
i32.rem_s 1: 11 bytes, frame 0
    mov r15, rdi
    mov esi, 0
    mov eax, esi
    ret
i32.rem_s -1: 8 bytes, frame 0
    mov r15, rdi
    xor esi, esi
    mov eax, esi
    ret
i64.div_s 1024: 22 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    sar rax, 0x3F
    shr rax, 0x36
    add rax, rsi
    sar rax, 0xA
    ret
;)
