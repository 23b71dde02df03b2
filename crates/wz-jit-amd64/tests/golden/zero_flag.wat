;; The flags of arithmetic serve the branch that follows.
(module
  (func (export "count down") (param i32) (result i32)
    (local i32) (loop (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1)
  (func (export "after a label") (param i32 i32) (result i32)
    (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (block (br_if 0 (local.get 1)) (local.set 0 (i32.add (local.get 0) (i32.const 1)))) (if (local.get 0) (then (return (i32.const 1)))) i32.const 2))

(; code
count down: 14 bytes, frame 0
    mov r15, rdi
    xor eax, eax
  L0:
    add eax, 3
    add esi, -1
    jne L0
    ret
after a label: 41 bytes, frame 0
    mov r15, rdi
    add esi, -1
    test edx, edx
    jne L0
    add esi, 1
  L0:
    test esi, esi
    je L1
    mov eax, 1
    jmp L2
  L1:
    mov eax, 2
  L2:
    ret
;)
