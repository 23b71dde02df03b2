;; A back edge that exchanges two locals.
(module
  (func (export "fib") (param i32) (result i32)
    (local i32 i32 i32) (local.set 2 (i32.const 1)) (loop (local.set 3 (i32.add (local.get 1) (local.get 2))) (local.set 1 (local.get 2)) (local.set 2 (local.get 3)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1)
  (func (export "gcd") (param i32 i32) (result i32)
    (local i32) (loop (if (local.get 1) (then (local.set 2 (i32.rem_u (local.get 0) (local.get 1))) (local.set 0 (local.get 1)) (local.set 1 (local.get 2)) (br 1)))) local.get 0))

(; code
fib: 29 bytes, frame 0
    mov r15, rdi
    xor eax, eax
    mov ecx, 1
  L0:
    add eax, ecx
    add esi, -1
    je L1
    xchg rax, rcx
    jmp L0
  L1:
    mov eax, ecx
    ret
gcd: 26 bytes, frame 0
    mov r15, rdi
  L0:
    test edx, edx
    je L1
    mov eax, esi
    mov ecx, edx
    xor edx, edx
    div ecx  ; integer divide by zero
    mov esi, ecx
    jmp L0
  L1:
    mov eax, esi
    ret
;)
