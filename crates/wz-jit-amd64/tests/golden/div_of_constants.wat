;; A constant dividend; a divisor of 0.
(module
  (func (export "constant") (param i32) (result i32)
    (i32.div_s (i32.const 1000) (local.get 0)))
  (func (export "smallest") (param i32) (result i32)
    (i32.div_s (i32.const 0x80000000) (local.get 0)))
  (func (export "remainder") (param i32) (result i32)
    (i32.rem_s (i32.const 1000) (local.get 0)))
  (func (export "i32.div_u 0") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 0)))
  (func (export "i32.rem_s 0") (param i32) (result i32)
    (i32.rem_s (local.get 0) (i32.const 0))))

(; code
constant: 12 bytes, frame 0
    mov r15, rdi
    mov eax, 0x3E8
    cdq
    idiv esi  ; integer divide by zero
    ret
smallest: 28 bytes, frame 0
    mov r15, rdi
    mov eax, -0x80000000
    cmp esi, -1
    jne L0
    cmp eax, 1
    jo L1
  L0:
    cdq
    idiv esi  ; integer divide by zero
    ret
  L1:
    ud2  ; integer overflow
remainder: 14 bytes, frame 0
    mov r15, rdi
    mov eax, 0x3E8
    cdq
    idiv esi  ; integer divide by zero
    mov eax, edx
    ret
i32.div_u 0: 15 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, 0
    xor edx, edx
    div ecx  ; integer divide by zero
    ret
i32.rem_s 0: 16 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    mov ecx, 0
    cdq
    idiv ecx  ; integer divide by zero
    mov eax, edx
    ret
;)
