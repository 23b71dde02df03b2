;; The two ways to a label hold two locals in each other's registers.
(module
  (func (export "swap") (param i32 i32 i32) (result i32)
    (local i32) (if (local.get 0) (then (local.set 3 (local.get 1)) (local.set 1 (local.get 2)) (local.set 2 (local.get 3)))) (i32.sub (local.get 1) (local.get 2))))

(; code
swap: 19 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    xchg rcx, rdx
  L0:
    sub edx, ecx
    mov eax, edx
    ret
;)
