;; Of two operands the one that dies gives its register to the result.
(module
  (func (export "second dies") (param i32 i32) (result i32 i32)
    (i32.xor (local.get 0) (local.get 1)) local.get 0)
  (func (export "constant first") (param i32) (result i32)
    (i32.add (i32.const 9) (local.get 0))))

(; code
second dies: 10 bytes, frame 0
    mov r15, rdi
    xor edx, esi
    mov eax, edx
    mov edx, esi
    ret
constant first: 9 bytes, frame 0
    mov r15, rdi
    add esi, 9
    mov eax, esi
    ret
;)
