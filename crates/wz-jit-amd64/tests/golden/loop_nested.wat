;; The inner loop keeps the registers of the outer one.
(module
  (func (export "nested") (param i32 i32) (result i32)
    (local i32 i32) (loop (local.set 3 (local.get 1)) (loop (local.set 2 (i32.add (local.get 2) (i32.mul (local.get 0) (local.get 3)))) (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1))))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 2))

(; code
nested: 25 bytes, frame 0
    mov r15, rdi
    xor eax, eax
  L0:
    mov ecx, edx
  L1:
    mov edi, esi
    imul edi, ecx
    add eax, edi
    add ecx, -1
    jne L1
    add esi, -1
    jne L0
    ret
;)
