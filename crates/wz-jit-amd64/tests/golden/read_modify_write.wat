;; A load, an op, a store.
(module
  (memory 1)
  (func (export "count") (param i32)
    (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))))

(; code
count: 22 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov eax, [r14+rsi]  ; out of bounds memory access
    add eax, 1
    mov [r14+rsi], eax  ; out of bounds memory access
    ret
;)
