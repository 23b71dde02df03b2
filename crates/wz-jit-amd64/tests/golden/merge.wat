;; The first jump to a label decides where values are.
(module
  (func (export "if") (param i32 i32 i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (local.get 1) (i32.const 1))) (else (i32.mul (local.get 2) (i32.const 7)))))
  (func (export "locals") (param i32 i32 i32) (result i32)
    (if (local.get 0) (then (local.set 1 (i32.add (local.get 1) (local.get 2)))) (else (local.set 2 (i32.sub (local.get 2) (local.get 1))))) (i32.xor (local.get 1) (local.get 2))))

(; code
if: 27 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    add edx, 1
    jmp L1
  L0:
    imul ecx, 7
    mov edx, ecx
  L1:
    mov eax, edx
    ret
locals: 25 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    add edx, ecx
    jmp L1
  L0:
    sub ecx, edx
  L1:
    xor edx, ecx
    mov eax, edx
    ret
;)
