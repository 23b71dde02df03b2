(module
  (func (export "registers") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "immediate") (param i32) (result i32) local.get 0 i32.const 7 i32.add)
  (func (export "minus_128") (param i32) (result i32) local.get 0 i32.const 128 i32.add)
  (func (export "into_a_third") (param i32 i32) (result i32 i32 i32)
    (i32.add (local.get 0) (local.get 1)) local.get 0 local.get 1)
  (func (export "large") (param i64) (result i64) local.get 0 i64.const 0x123456789 i64.add))

(; code
registers: 8 bytes, frame 0
    mov r15, rdi
    add esi, edx
    mov eax, esi
    ret
immediate: 9 bytes, frame 0
    mov r15, rdi
    add esi, 7
    mov eax, esi
    ret
minus_128: 9 bytes, frame 0
    mov r15, rdi
    sub esi, -0x80
    mov eax, esi
    ret
into_a_third: 11 bytes, frame 0
    mov r15, rdi
    lea eax, [rsi+rdx]
    mov ecx, edx
    mov edx, esi
    ret
large: 20 bytes, frame 0
    mov r15, rdi
    mov rax, 0x123456789
    add rsi, rax
    mov rax, rsi
    ret
;)
