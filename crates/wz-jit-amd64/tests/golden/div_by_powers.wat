;; Shifts and masks.
(module
  (func (export "i32.div_u 8") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 8)))
  (func (export "i64.div_u 0x100000000") (param i64) (result i64)
    (i64.div_u (local.get 0) (i64.const 0x100000000)))
  (func (export "i32.rem_u 8") (param i32) (result i32)
    (i32.rem_u (local.get 0) (i32.const 8)))
  (func (export "i64.rem_u 0x10000000000") (param i64) (result i64)
    (i64.rem_u (local.get 0) (i64.const 0x10000000000)))
  (func (export "i32.div_u 1") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 1)))
  (func (export "i32.rem_u 1") (param i32) (result i32)
    (i32.rem_u (local.get 0) (i32.const 1))))

(; code
i32.div_u 8: 9 bytes, frame 0
    mov r15, rdi
    shr esi, 3
    mov eax, esi
    ret
i64.div_u 0x100000000: 11 bytes, frame 0
    mov r15, rdi
    shr rsi, 0x20
    mov rax, rsi
    ret
i32.rem_u 8: 9 bytes, frame 0
    mov r15, rdi
    and esi, 7
    mov eax, esi
    ret
i64.rem_u 0x10000000000: 20 bytes, frame 0
    mov r15, rdi
    mov rax, 0xFFFFFFFFFF
    and rsi, rax
    mov rax, rsi
    ret
i32.div_u 1: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
i32.rem_u 1: 11 bytes, frame 0
    mov r15, rdi
    mov esi, 0
    mov eax, esi
    ret
;)
