;; with checked
;; Stores, checked.
(module
  (memory 1)
  (func (export "i32.store") (param i32 i32)
    (i32.store  (local.get 0) (local.get 1)))
  (func (export "f32.storeoffset=8") (param i32 f32)
    (f32.store offset=8 (local.get 0) (local.get 1))))

(; code
i32.store: 35 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+4]
    cmp rcx, [rax+8]
    ja L0
    mov [r14+rsi], edx
    ret
  L0:
    ud2  ; out of bounds memory access
f32.storeoffset=8: 38 bytes, frame 0
    mov r15, rdi
    mov r14, [r15+0x50]
    mov r14, [r14]
    mov rax, [r15+0x50]
    lea rcx, [rsi+0xC]
    cmp rcx, [rax+8]
    ja L0
    movss [r14+rsi+8], xmm0
    ret
  L0:
    ud2  ; out of bounds memory access
;)
