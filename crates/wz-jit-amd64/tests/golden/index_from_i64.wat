;; The index is 32 bits of a 64-bit value.
(module
  (memory 1)
  (func (export "load") (param i64) (result i32)
    (i32.load offset=16 (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 8))))))

(; code
load: 24 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    shr rsi, 8
    mov esi, esi
    mov esi, [r14+rsi+0x10]  ; out of bounds memory access
    mov eax, esi
    ret
;)
