;; Counts are taken modulo the width.
(module
  (func (export "i32.shl 0") (param i32) (result i32)
    (i32.shl (local.get 0) (i32.const 0)))
  (func (export "i32.shl 1") (param i32) (result i32)
    (i32.shl (local.get 0) (i32.const 1)))
  (func (export "i32.shl 5") (param i32) (result i32)
    (i32.shl (local.get 0) (i32.const 5)))
  (func (export "i32.shl 33") (param i32) (result i32)
    (i32.shl (local.get 0) (i32.const 33)))
  (func (export "i32.shr_s 31") (param i32) (result i32)
    (i32.shr_s (local.get 0) (i32.const 31)))
  (func (export "i64.shr_u 40") (param i64) (result i64)
    (i64.shr_u (local.get 0) (i64.const 40)))
  (func (export "i64.shl 64") (param i64) (result i64)
    (i64.shl (local.get 0) (i64.const 64)))
  (func (export "by 1 kept") (param i32) (result i32 i32)
    (i32.shl (local.get 0) (i32.const 1)) local.get 0))

(; code
i32.shl 0: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
i32.shl 1: 8 bytes, frame 0
    mov r15, rdi
    add esi, esi
    mov eax, esi
    ret
i32.shl 5: 9 bytes, frame 0
    mov r15, rdi
    shl esi, 5
    mov eax, esi
    ret
i32.shl 33: 8 bytes, frame 0
    mov r15, rdi
    add esi, esi
    mov eax, esi
    ret
i32.shr_s 31: 9 bytes, frame 0
    mov r15, rdi
    sar esi, 0x1F
    mov eax, esi
    ret
i64.shr_u 40: 11 bytes, frame 0
    mov r15, rdi
    shr rsi, 0x28
    mov rax, rsi
    ret
i64.shl 64: 7 bytes, frame 0
    mov r15, rdi
    mov rax, rsi
    ret
by 1 kept: 9 bytes, frame 0
    mov r15, rdi
    lea eax, [rsi+rsi]
    mov edx, esi
    ret
;)
