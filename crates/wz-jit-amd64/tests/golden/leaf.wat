;; No frame, no probe of the stack.
(module
  (func (export "leaf") (param i32) (result i32)
    local.get 0))

(; code
leaf: 6 bytes, frame 0
    mov r15, rdi
    mov eax, esi
    ret
;)
