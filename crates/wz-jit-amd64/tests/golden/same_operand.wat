;; Both operands are one slot.
(module
  (func (export "i32.add") (param i32) (result i32)
    (i32.add (local.get 0) (local.get 0)))
  (func (export "i32.mul") (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func (export "i32.sub") (param i32) (result i32)
    (i32.sub (local.get 0) (local.get 0)))
  (func (export "i32.shl") (param i32) (result i32)
    (i32.shl (local.get 0) (local.get 0)))
  (func (export "i32.div_u") (param i32) (result i32)
    (i32.div_u (local.get 0) (local.get 0)))
  (func (export "i32.rem_s") (param i32) (result i32)
    (i32.rem_s (local.get 0) (local.get 0))))

(; code
i32.add: 8 bytes, frame 0
    mov r15, rdi
    add esi, esi
    mov eax, esi
    ret
i32.mul: 9 bytes, frame 0
    mov r15, rdi
    imul esi, esi
    mov eax, esi
    ret
i32.sub: 8 bytes, frame 0
    mov r15, rdi
    sub esi, esi
    mov eax, esi
    ret
i32.shl: 11 bytes, frame 0
    mov r15, rdi
    shlx esi, esi, esi
    mov eax, esi
    ret
i32.div_u: 10 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    xor edx, edx
    div esi  ; integer divide by zero
    ret
i32.rem_s: 20 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    cmp esi, -1
    jne L0
    xor edx, edx
    jmp L1
  L0:
    cdq
    idiv esi  ; integer divide by zero
  L1:
    mov eax, edx
    ret
;)
