;; Multiplication by the reciprocal, 32 bits signed.
(module
  (func (export "i32.div_s 3") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 3)))
  (func (export "i32.div_s 10") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 10)))
  (func (export "i32.div_s 7") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 7)))
  (func (export "i32.div_s -7") (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const -7)))
  (func (export "i32.rem_s 10") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const 10))))

(; code
i32.div_s 3: 27 bytes, frame 0
    mov r15, rdi
    movsxd rax, esi
    mov edx, -0x55555555
    imul rax, rdx
    mov ecx, esi
    shr ecx, 0x1F
    sar rax, 0x21
    add eax, ecx
    ret
i32.div_s 10: 25 bytes, frame 0
    mov r15, rdi
    movsxd rax, esi
    imul rax, 0x66666667
    mov ecx, esi
    shr ecx, 0x1F
    sar rax, 0x22
    add eax, ecx
    ret
i32.div_s 7: 27 bytes, frame 0
    mov r15, rdi
    movsxd rax, esi
    mov edx, -0x6DB6DB6D
    imul rax, rdx
    mov ecx, esi
    shr ecx, 0x1F
    sar rax, 0x22
    add eax, ecx
    ret
i32.div_s -7: 29 bytes, frame 0
    mov r15, rdi
    movsxd rax, esi
    mov edx, -0x6DB6DB6D
    imul rax, rdx
    mov ecx, esi
    shr ecx, 0x1F
    sar rax, 0x22
    add eax, ecx
    neg eax
    ret
i32.rem_s 10: 32 bytes, frame 0
    mov r15, rdi
    movsxd rax, esi
    imul rax, 0x66666667
    mov ecx, esi
    shr ecx, 0x1F
    sar rax, 0x22
    add eax, ecx
    imul eax, 0xA
    sub esi, eax
    mov eax, esi
    ret
;)
