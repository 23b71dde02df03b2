;; One local stays in a register.
(module
  (func (export "1 locals") (param i32) (result i32)
    (local i32) (loop (local.set 1 (i32.add (local.get 1) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))

(; code
1 locals: 13 bytes, frame 0
    mov r15, rdi
    xor eax, eax
  L0:
    add eax, eax
    add esi, -1
    jne L0
    ret
;)
