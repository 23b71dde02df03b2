;; Traps are an undefined instruction.
(module
  (func (export "trap") (param i32) (result i32)
    (if (local.get 0) (then unreachable)) i32.const 1))

(; code
trap: 19 bytes, frame 0
    mov r15, rdi
    test esi, esi
    je L0
    ud2  ; unreachable
  L0:
    mov eax, 1
    ret
;)
