;; Multiplication by the reciprocal, 32 bits unsigned; 7 takes a bit more.
(module
  (func (export "i32.div_u 3") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 3)))
  (func (export "i32.div_u 10") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 10)))
  (func (export "i32.div_u 7") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 7)))
  (func (export "i32.div_u 641") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 641)))
  (func (export "i32.rem_u 10") (param i32) (result i32)
    (i32.rem_u (local.get 0) (i32.const 10))))

(; code
i32.div_u 3: 17 bytes, frame 0
    mov r15, rdi
    mov eax, -0x55555555
    imul rax, rsi
    shr rax, 0x21
    ret
i32.div_u 10: 17 bytes, frame 0
    mov r15, rdi
    mov eax, -0x33333333
    imul rax, rsi
    shr rax, 0x23
    ret
i32.div_u 7: 26 bytes, frame 0
    mov r15, rdi
    imul rax, rsi, 0x24924925
    shr rax, 0x20
    mov ecx, esi
    sub ecx, eax
    shr ecx, 1
    add eax, ecx
    shr eax, 2
    ret
i32.div_u 641: 28 bytes, frame 0
    mov r15, rdi
    mov eax, -0x6709FC01
    imul rax, rsi
    shr rax, 0x20
    mov ecx, esi
    sub ecx, eax
    shr ecx, 1
    add eax, ecx
    shr eax, 9
    ret
i32.rem_u 10: 24 bytes, frame 0
    mov r15, rdi
    mov eax, -0x33333333
    imul rax, rsi
    shr rax, 0x23
    imul eax, 0xA
    sub esi, eax
    mov eax, esi
    ret
;)
