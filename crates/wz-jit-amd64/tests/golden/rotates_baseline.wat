;; with baseline
;; Rotations without BMI2.
(module
  (func (export "i32.rotl 7") (param i32) (result i32)
    (i32.rotl (local.get 0) (i32.const 7)))
  (func (export "kept") (param i32) (result i32 i32)
    (i32.rotl (local.get 0) (i32.const 7)) local.get 0))

(; code
i32.rotl 7: 9 bytes, frame 0
    mov r15, rdi
    rol esi, 7
    mov eax, esi
    ret
kept: 11 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    rol eax, 7
    mov edx, esi
    ret
;)
